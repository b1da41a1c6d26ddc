//! The email that lists several events, in a table. Its rows say what emails about one event say in their
//! subjects.

use domain_auth::event::Event;
use domain_auth::plain_text::shown;

use crate::alert;
use crate::console::Console;
use crate::draft::{Draft, Part, Tone};
use crate::notice;
use crate::summary::queue_path;
use crate::words::moment;

/// Who reads an email.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Lasso support, about domains of any client.
    Support,
    /// The contact of the one client that all events are about.
    Client,
}

/// The list of `events`, in their order.
pub fn list(events: &[&Event], reader: Reader, console: &Console) -> Draft {
    let said: Vec<&'static str> = events.iter().map(|event| said(event, reader)).collect();
    let what = match said.as_slice() {
        [first, rest @ ..] if rest.iter().all(|other| other == first) => first,
        _ => "news",
    };
    let heading = format!("{} domains: {what}", events.len());
    let names = events.iter().take(3).map(|event| event.domain.to_unicode());
    let names: Vec<String> = names.collect();
    let rows = events.iter().zip(&said).map(|(event, said)| {
        let mut row = vec![event.domain.to_unicode()];
        if reader == Reader::Support {
            row.push(shown(event.client.as_str()));
        }
        row.push((*said).to_owned());
        row.push(moment(event.occurred_at));
        row
    });
    let (columns, path, small_print) = match reader {
        Reader::Support => (
            vec!["Domain", "Client", "What", "When"],
            queue_path(console),
            events
                .iter()
                .map(|event| format!("Event: {}", event.event_id))
                .collect(),
        ),
        Reader::Client => (
            vec!["Domain", "What", "When"],
            "/domains",
            vec![
                "Lasso sends this because your address is the contact of these domains.".to_owned(),
            ],
        ),
    };
    Draft {
        subject: heading.clone(),
        preheader: names.join(", "),
        tone: Tone::Wanted,
        heading,
        parts: vec![
            Part::Sentence(
                "Several things happened within a minute, so this email lists them. None of them is in \
                 another email to you."
                    .to_owned(),
            ),
            Part::Table {
                title: "What happened".to_owned(),
                columns,
                rows: rows.collect(),
            },
        ],
        button: Some(console.button("Open the domains", path, "GET")),
        small_print,
    }
}

fn said(event: &Event, reader: Reader) -> &'static str {
    match reader {
        Reader::Support => alert::heading(event),
        Reader::Client => notice::heading(event),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events() -> Vec<Event> {
        let samples = crate::samples::events().unwrap();
        samples.into_iter().map(|(_, event)| event).collect()
    }

    #[test]
    fn a_list_names_every_domain_and_the_client_alone_to_support() {
        let events = events();
        let listed: Vec<&Event> = events.iter().collect();
        for reader in [Reader::Support, Reader::Client] {
            let draft = list(&listed, reader, &Console::default());
            let text = draft.text();
            for event in &events {
                assert!(text.contains(&event.domain.to_unicode()), "{text}");
                let names_client = text.contains(event.client.as_str());
                assert_eq!(names_client, reader == Reader::Support, "{text}");
                let id = event.event_id.to_string();
                assert_eq!(text.contains(&id), reader == Reader::Support, "{text}");
            }
        }
    }

    #[test]
    fn events_of_one_kind_are_named_in_the_subject() {
        let events = events();
        let twice = [&events[0], &events[0]];
        let draft = list(&twice, Reader::Support, &Console::default());
        assert_eq!(
            draft.subject,
            format!("2 domains: {}", alert::heading(&events[0]))
        );
    }
}
