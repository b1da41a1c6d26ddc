//! The email of an event. Whatever came from a client is escaped in HTML and kept to one line.

use askama::Template;
use domain_auth::event::{Event, EventType};
use domain_auth::ports::Email;

#[derive(Template)]
#[template(path = "alert.txt", escape = "none")]
struct Text<'a> {
    heading: &'a str,
    event: &'a Event,
    lines: &'a [(&'static str, String)],
}

#[derive(Template)]
#[template(path = "alert.html")]
struct Html<'a> {
    heading: &'a str,
    subject: &'a str,
    event: &'a Event,
    lines: &'a [(&'static str, String)],
}

/// Renders the email of an event.
pub fn email_of(event: &Event) -> Result<Email, askama::Error> {
    let heading = heading(event.event_type);
    let subject = format!("{heading}: {} ({})", event.domain_unicode, event.client);
    let lines = lines(event);
    Ok(Email {
        text: Text {
            heading,
            event,
            lines: &lines,
        }
        .render()?,
        html: Html {
            heading,
            subject: &subject,
            event,
            lines: &lines,
        }
        .render()?,
        subject,
        reply_to: event.contact_email.clone(),
        event_id: event.event_id,
    })
}

/// What is wanted, or what has happened, in a few words.
fn heading(event_type: EventType) -> &'static str {
    match event_type {
        EventType::Added => "Domain added",
        EventType::Contested => "Domain contested",
        EventType::Ready => "Final step wanted",
        EventType::Verified => "Verified, final step wanted",
        EventType::Authenticated => "Domain authenticated",
        EventType::AtRisk => "Records broken",
        EventType::Recovered => "Records repaired",
        EventType::Failed => "Verification failed",
        EventType::Rejected => "Final step rejected",
        EventType::Removed => "Domain removed",
        EventType::Stuck => "Domain stuck",
    }
}

fn lines(event: &Event) -> Vec<(&'static str, String)> {
    let mut lines = vec![("Domain", event.domain_unicode.clone())];
    if event.domain_unicode != event.domain.as_str() {
        lines.push(("In DNS", event.domain.to_string()));
    }
    lines.push(("Client", event.client.to_string()));
    if let Some(community) = &event.community {
        lines.push(("Community", community.to_string()));
    }
    if let Some(contact) = &event.contact_email {
        lines.push(("Contact", contact.to_string()));
    }
    let status = match event.previous_status {
        Some(previous) => format!("{} (was {previous})", event.status),
        None => event.status.to_string(),
    };
    lines.push(("Status", status));
    lines.push((
        "When",
        event
            .occurred_at
            .strftime("%-d %B %Y, %H:%M UTC")
            .to_string(),
    ));
    lines
}
