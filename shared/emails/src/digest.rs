//! One email about several events: a table with a row for each.

use std::collections::BTreeSet;

use domain_auth::event::{Event, EventType, Side};
use domain_auth::plain_text::{shown, shown_about};

use crate::alert;
use crate::console::Console;
use crate::draft::{Draft, Part, Tone};
use crate::names::{client_in_full, contact};
use crate::notice;
use crate::parts::{IMITATES, ready, stops_mail};
use crate::waiting;
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
    let rows = events.iter().map(|event| row(event, reader, console));
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
            text: match count {
                1 => "Lasso has stopped sending for it.".to_owned(),
                _ => format!("Lasso has stopped sending for {stopped} of them."),
            },
            warns: true,
        });
    }
    parts.push(Part::Table {
        title: "What has happened".to_owned(),
        columns: columns(reader),
        rows: rows.collect(),
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
        heading: match count {
            1 => format!("{}: {heading}", first.domain.to_unicode()),
            count => format!("{count} domains: {heading}"),
        },
        parts,
        button: Some(console.button(label, path, "GET")),
        small_print: small_print(events, reader, count),
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
            "Domain",
            "Careful",
            "Client",
            "What",
            "Why",
            "Wanted",
            "Still missing",
            "What happens",
            "Ready",
            "Note",
            "State",
            "Since",
            "Contact",
            "Against",
            "Page",
        ],
        Reader::Client => vec![
            "Domain",
            "What",
            "Why",
            "What to do",
            "What happens",
            "State",
            "Since",
            "Page",
        ],
    }
}

/// The cells of an event: all that its own email says, but for the records and the communities. An empty cell is not
/// shown.
fn row(event: &Event, reader: Reader, console: &Console) -> Vec<String> {
    let name = event.domain.to_unicode();
    let why = if event.event_type == EventType::Stuck {
        waiting::stuck_on(event).to_owned()
    } else {
        shown_about(&event.domain, &event.summary)
    };
    let state = if reader == Reader::Support && waiting::waits_for_decision(event) {
        if waiting::has_holder(event) {
            "waits for a decision".to_owned()
        } else {
            "waits for Lasso support".to_owned()
        }
    } else {
        words::state_word(event.status).to_owned()
    };
    let since = moment(event.state_since.unwrap_or(event.occurred_at));
    match reader {
        Reader::Support => {
            let careful = if event.imitates { IMITATES } else { "" };
            let wanted = event.wanted.as_ref();
            let wanted = wanted.map(|wanted| shown_about(&event.domain, wanted));
            let note = event.note.as_ref();
            let by = event.note_by.as_deref().map(shown);
            let by = by.map_or_else(String::new, |by| format!(" ({by})"));
            let note = note.map(|note| format!("“{}”{by}", shown(note)));
            let by_itself = alert::by_itself(event);
            let by_itself = Some(by_itself).filter(|what| !what.starts_with("nothing"));
            let sides: Vec<String> = event.other_sides.iter().map(other_side).collect();
            vec![
                name,
                careful.to_owned(),
                client_in_full(event),
                alert::heading(event).to_owned(),
                why,
                wanted.unwrap_or_default(),
                alert::missing_pieces(event, false).join(" "),
                by_itself.unwrap_or_default(),
                ready(event).unwrap_or_default(),
                note.unwrap_or_default(),
                state,
                format!("{since} (added {})", moment(event.added_at)),
                contact(event.contact_email.as_ref()),
                sides.join("; "),
                console.page(&event.links.staff).unwrap_or_default(),
            ]
        }
        Reader::Client => {
            let (todo, by_itself) = notice::ahead(event);
            let heading = notice::heading(event).to_owned();
            let page = console.page(notice::path(event)).unwrap_or_default();
            let state = notice::state(event).to_owned();
            vec![name, heading, why, todo, by_itself, state, since, page]
        }
    }
}

/// A client that has the name which another one has proven.
fn other_side(side: &Side) -> String {
    format!(
        "{} has {}: {}, since {}, contact {}",
        shown(side.client.as_str()),
        side.domain.to_unicode(),
        words::state_word(side.status),
        moment(side.state_since),
        contact(side.contact_email.as_ref()),
    )
}

fn small_print(events: &[&Event], reader: Reader, domains: usize) -> Vec<String> {
    match reader {
        Reader::Support => {
            let ids = events.iter().map(|event| format!("{} {}", event.domain, event.event_id));
            ["Events:".to_owned()].into_iter().chain(ids).collect()
        }
        Reader::Client => vec![
            if domains == 1 {
                "Lasso sends this because your address is the contact of this domain. It can be changed on the \
                 domain's page."
            } else {
                "Lasso sends this because your address is the contact of these domains. It can be changed on the \
                 page of each domain."
            }
            .to_owned(),
            "Questions: reply to this email, and it reaches Lasso support.".to_owned(),
        ],
    }
}
