//! One email about several events: a table with a row for each.

use std::collections::BTreeSet;

use domain_auth::event::{Event, EventType};
use domain_auth::plain_text::shown_about;

use crate::alert;
use crate::console::Console;
use crate::draft::{Draft, Part, Tone};
use crate::notice;
use crate::parts::stops_mail;
use crate::words::{self, moment};

/// The reader of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Lasso support.
    Support,
    /// The contact of one client; all events are about its domains.
    Client,
}

/// The digest of events, in their order; `None` without events.
pub fn digest(events: &[&Event], reader: Reader, console: &Console) -> Option<Draft> {
    let first = events.first()?;
    let domains: BTreeSet<&str> = events.iter().map(|event| event.domain.as_str()).collect();
    let count = domains.len();
    let heading = heading(events, reader);
    let stopped = events.iter().filter(|event| stops_mail(event)).count();
    let subject = format!(
        "{}: {heading}",
        match count {
            1 => first.domain.to_unicode(),
            count => format!("{} and {} more", first.domain.to_unicode(), count - 1),
        }
    );
    let rows = events.iter().map(|event| row(event, reader)).collect();
    let said = match count {
        1 => format!("{} events of one domain.", events.len()),
        count => format!(
            "{} events of {count} domains, the oldest first.",
            events.len()
        ),
    };
    let mut parts = vec![Part::Sentence(said.clone())];
    if stopped > 0 {
        parts.push(Part::Callout {
            label: "Sending stopped",
            text: format!("Lasso has stopped sending for {stopped} of them."),
            warns: true,
        });
    }
    parts.push(Part::Table {
        title: "What has happened".to_owned(),
        columns: columns(reader),
        rows,
    });
    let (label, path) = match reader {
        Reader::Support if console.page("").is_some() => ("Open the queue", "/staff"),
        Reader::Support => ("Read the queue", "/staff/domains"),
        Reader::Client if console.page("").is_some() => ("Open the domains", "/"),
        Reader::Client => ("Read the domains", "/domains"),
    };
    Some(Draft {
        subject: if stopped > 0 {
            format!("SENDING STOPPED: {subject}")
        } else {
            subject
        },
        preheader: said,
        tone: if stopped > 0 {
            Tone::Urgent
        } else {
            Tone::Wanted
        },
        heading: format!("{count} domains: {heading}"),
        parts,
        button: Some(console.button(label, path, "GET")),
        small_print: small_print(events, reader),
    })
}

/// The common heading of all events, or one that says that they differ.
fn heading(events: &[&Event], reader: Reader) -> &'static str {
    let heading = |event: &&Event| match reader {
        Reader::Support => alert::heading(event),
        Reader::Client => notice::heading(event),
    };
    let headings: BTreeSet<&str> = events.iter().map(heading).collect();
    match headings.first() {
        Some(heading) if headings.len() == 1 => heading,
        Some(_) | None => "several things have happened",
    }
}

fn columns(reader: Reader) -> Vec<&'static str> {
    match reader {
        Reader::Support => vec![
            "Domain", "Client", "What", "Why", "State", "Since", "Contact",
        ],
        Reader::Client => vec![
            "Domain",
            "What",
            "Why",
            "What to do",
            "What happens",
            "State",
            "Since",
        ],
    }
}

fn row(event: &Event, reader: Reader) -> Vec<String> {
    let name = event.domain.to_unicode();
    let why = if event.event_type == EventType::Stuck {
        alert::stuck_on(event.status).to_owned()
    } else {
        shown_about(&event.domain, &event.summary)
    };
    let state = words::state_word(event.status).to_owned();
    let since = moment(event.state_since.unwrap_or(event.occurred_at));
    match reader {
        Reader::Support => vec![
            name,
            alert::client_in_full(event),
            alert::heading(event).to_owned(),
            why,
            state,
            since,
            alert::contact(event.contact_email.as_ref()),
        ],
        Reader::Client => {
            let (todo, by_itself) = notice::ahead(event);
            let heading = notice::heading(event).to_owned();
            vec![name, heading, why, todo, by_itself, state, since]
        }
    }
}

fn small_print(events: &[&Event], reader: Reader) -> Vec<String> {
    match reader {
        Reader::Support => {
            let ids = events.iter().map(|event| format!("{} {}", event.domain, event.event_id));
            ["Events:".to_owned()].into_iter().chain(ids).collect()
        }
        Reader::Client => vec![
            "Lasso sends this because your address is the contact of these domains. It can be changed on the \
             page of each domain."
                .to_owned(),
            "Questions: reply to this email, and it reaches Lasso support.".to_owned(),
        ],
    }
}
