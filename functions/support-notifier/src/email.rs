//! The email of an event. Whatever came from a client is escaped in HTML; but for its note, which is
//! quoted line by line, it is kept to one line.

use askama::Template;
use domain_auth::event::{Event, EventType, limits_path};
use domain_auth::instructions::Day;
use domain_auth::plain_text::quotable;
use domain_auth::ports::Email;
use domain_auth::records::Requirement;
use domain_auth::state::Status;

#[derive(Template)]
#[template(path = "alert.txt", escape = "none")]
struct Text<'a> {
    heading: &'a str,
    event: &'a Event,
    lines: &'a [(&'static str, String)],
    note: &'a [String],
}

#[derive(Template)]
#[template(path = "alert.html")]
struct Html<'a> {
    heading: &'a str,
    subject: &'a str,
    event: &'a Event,
    lines: &'a [(&'static str, String)],
    note: &'a [String],
}

/// Renders the email of an event.
pub fn email_of(event: &Event) -> Result<Email, askama::Error> {
    let heading = heading(event);
    let subject = format!("{heading}: {} ({})", event.domain_unicode, event.client);
    let lines = lines(event);
    let note: Vec<String> = event.note.iter().flat_map(|note| quotable(note)).collect();
    Ok(Email {
        text: Text {
            heading,
            event,
            lines: &lines,
            note: &note,
        }
        .render()?,
        html: Html {
            heading,
            subject: &subject,
            event,
            lines: &lines,
            note: &note,
        }
        .render()?,
        subject,
        reply_to: event.contact_email.clone(),
        event_id: event.event_id,
    })
}

#[derive(Template)]
#[template(path = "summary.txt", escape = "none")]
struct SummaryText<'a> {
    heading: &'a str,
    event: &'a Event,
    day: Day,
    limit: u32,
    limits: &'a str,
}

#[derive(Template)]
#[template(path = "summary.html")]
struct SummaryHtml<'a> {
    heading: &'a str,
    event: &'a Event,
    day: Day,
    limit: u32,
    limits: &'a str,
}

/// Renders the email that says that a client has had more alerts on a day than its limit; `event` is
/// the first one beyond it.
pub fn summary_of(event: &Event, day: Day, limit: u32) -> Result<Email, askama::Error> {
    let heading = format!("More than {limit} alerts of {} today", event.client);
    let limits = limits_path(&event.client);
    Ok(Email {
        text: SummaryText {
            heading: &heading,
            event,
            day,
            limit,
            limits: &limits,
        }
        .render()?,
        html: SummaryHtml {
            heading: &heading,
            event,
            day,
            limit,
            limits: &limits,
        }
        .render()?,
        subject: heading,
        reply_to: None,
        event_id: event.event_id,
    })
}

/// What is wanted, or what has happened, in a few words.
fn heading(event: &Event) -> &'static str {
    match event.event_type {
        EventType::Added => "Domain added",
        EventType::Contested => "Domain contested",
        EventType::Ready if event.status == Status::Verified => "Final step wanted",
        EventType::Ready => "Client is ready, records are not",
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
    let moved = event
        .previous_status
        .filter(|before| *before != event.status);
    let status = match moved {
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
