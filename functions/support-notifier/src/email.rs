//! The emails of this function. `domain-auth-emails` has their content.

use domain_auth::audience::Audience;
use domain_auth::email_thread::EmailThread;
use domain_auth::event::Event;
use domain_auth::mail_refusal::AboutDomain;
use domain_auth::ports::Email;
use domain_auth::use_cases::email_events::{Form, RenderError};
use domain_auth_emails::{Console, Reader, alert, digest, notice, summary};

/// Renders an email.
pub fn rendered(form: Form<'_>, console: &Console) -> Result<Email, RenderError> {
    match form {
        Form::Single { event, audience } => single(event, audience, console),
        Form::List { events, audience } => {
            let reader = match audience {
                Audience::Support => Reader::Support,
                Audience::Client => Reader::Client,
            };
            let empty = "a list without events";
            let first = events.first().ok_or(empty)?;
            let draft = digest(events, reader, console).ok_or(empty)?;
            Ok(about(first, draft.email(first.event_id, None, None)?))
        }
        Form::Summary { event, day, limit } => {
            Ok(summary(event, day, limit, console).email(event.event_id, None, None)?)
        }
    }
}

fn single(event: &Event, audience: Audience, console: &Console) -> Result<Email, RenderError> {
    let thread = Some(EmailThread::of(&event.client, &event.domain));
    let (draft, reply_to) = match audience {
        Audience::Support => (alert(event, console), event.contact_email.clone()),
        Audience::Client => (notice(event, console), None),
    };
    Ok(about(event, draft.email(event.event_id, thread, reply_to)?))
}

/// The email, with the domain whose client is told if the email is not delivered or is reported as
/// spam.
fn about(event: &Event, email: Email) -> Email {
    let about = AboutDomain {
        client: event.client.clone(),
        domain: event.domain.clone(),
    };
    Email {
        about: Some(about),
        ..email
    }
}
