//! The email of an event. Whatever came from a client is cleaned ([`domain_auth::plain_text`]) and
//! escaped in HTML; but for its note, which is quoted line by line, it is kept to one line. So a text
//! of a client is no line of the email, and nothing in it becomes a link.

use askama::Template;
use domain_auth::event::{Event, EventType, limits_path};
use domain_auth::instructions::Day;
use domain_auth::names::listed;
use domain_auth::plain_text::{quoted, shown, shown_about};
use domain_auth::ports::Email;
use domain_auth::records::Requirement;
use domain_auth::state::Status;

#[derive(Template)]
#[template(path = "alert.txt", escape = "none")]
struct Text<'a> {
    heading: &'a str,
    event: &'a Event,
    told: &'a Told,
    lines: &'a [(&'static str, String)],
    note: &'a [String],
}

#[derive(Template)]
#[template(path = "alert.html")]
struct Html<'a> {
    heading: &'a str,
    subject: &'a str,
    event: &'a Event,
    told: &'a Told,
    lines: &'a [(&'static str, String)],
    note: &'a [String],
}

/// The sentences of an event, fit to be shown.
struct Told {
    summary: String,
    wanted: Option<String>,
    /// What is still missing, with whether it is only recommended.
    missing: Vec<(String, bool)>,
}

/// Renders the email of an event.
pub fn email_of(event: &Event) -> Result<Email, askama::Error> {
    let heading = heading(event);
    let client = shown(event.client.as_str());
    let subject = format!("{heading}: {} ({client})", event.domain.to_unicode());
    let lines = lines(event);
    let note: Vec<String> = event.note.iter().flat_map(|note| quoted(note)).collect();
    let about = |text: &String| shown_about(&event.domain, text);
    let missing = event.missing.iter().map(|piece| {
        let recommended = piece.requirement == Requirement::Recommended;
        (about(&piece.message), recommended)
    });
    let told = Told {
        summary: about(&event.summary),
        wanted: event.wanted.as_ref().map(about),
        missing: missing.collect(),
    };
    Ok(Email {
        text: Text {
            heading,
            event,
            told: &told,
            lines: &lines,
            note: &note,
        }
        .render()?,
        html: Html {
            heading,
            subject: &subject,
            event,
            told: &told,
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
    client: &'a str,
    day: Day,
    limit: u32,
    limits: &'a str,
}

#[derive(Template)]
#[template(path = "summary.html")]
struct SummaryHtml<'a> {
    heading: &'a str,
    event: &'a Event,
    client: &'a str,
    day: Day,
    limit: u32,
    limits: &'a str,
}

/// Renders the email that says that a client has had more alerts on a day than its limit; `event` is
/// the first one beyond it.
pub fn summary_of(event: &Event, day: Day, limit: u32) -> Result<Email, askama::Error> {
    let client = shown(event.client.as_str());
    let heading = format!("More than {limit} alerts of {client} today");
    let limits = limits_path(&event.client);
    Ok(Email {
        text: SummaryText {
            heading: &heading,
            event,
            client: &client,
            day,
            limit,
            limits: &limits,
        }
        .render()?,
        html: SummaryHtml {
            heading: &heading,
            event,
            client: &client,
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
        EventType::Displaced if event.previous_status.is_some_and(Status::sends) => {
            "SENDING STOPPED, domain lost"
        }
        EventType::Displaced => "Domain lost",
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
    let unicode = event.domain.to_unicode();
    let mut lines = vec![("Domain", unicode.clone())];
    if unicode != event.domain.as_str() {
        lines.push(("In DNS", event.domain.to_string()));
    }
    lines.push(("Client", shown(event.client.as_str())));
    let communities = event.community.iter().chain(&event.other_communities);
    if let Some(communities) = listed(communities, shown) {
        lines.push(("Community", communities));
    }
    if let Some(contact) = &event.contact_email {
        lines.push(("Contact", shown(contact.as_str())));
    }
    if event.event_type == EventType::Displaced {
        lines.push(("Tell", whom_to_tell(event)));
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

/// Who at the client has to know that it lost the domain.
fn whom_to_tell(event: &Event) -> String {
    let client = shown(event.client.as_str());
    match &event.contact_email {
        Some(contact) => format!("{}, the contact of {client}", shown(contact.as_str())),
        None => format!("an administrator of {client}, which left no contact"),
    }
}
