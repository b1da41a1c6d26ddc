//! The emails of this function: `domain-auth-emails` says what is in them.

use domain_auth::email_thread::EmailThread;
use domain_auth::event::Event;
use domain_auth::instructions::Day;
use domain_auth::ports::Email;
use domain_auth::use_cases::email_support::RenderError;
use domain_auth_emails::{Console, alert, summary};

/// Renders the email of an event.
pub fn email_of(event: &Event, console: &Console) -> Result<Email, RenderError> {
    let thread = EmailThread::of(&event.client, &event.domain);
    let reply_to = event.contact_email.clone();
    Ok(alert(event, console).email(event.event_id, Some(thread), reply_to)?)
}

/// Renders the email that says that a client has had more alerts on a day than its limit; `event` is
/// the first one beyond it.
pub fn summary_of(
    event: &Event,
    day: Day,
    limit: u32,
    console: &Console,
) -> Result<Email, RenderError> {
    let draft = summary(event, day, limit, console);
    Ok(draft.email(event.event_id, None, None)?)
}
