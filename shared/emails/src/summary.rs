//! The email that says that a client has had more alerts on a day than its limit.

use domain_auth::event::{Event, limits_path};
use domain_auth::instructions::Day;

use crate::alert::heading;
use crate::console::Console;
use crate::draft::{Draft, Part, Tone};
use crate::names::client_in_full;
use crate::words;

/// The summary of a day; `event` is the first one beyond the limit.
pub fn summary(event: &Event, day: Day, limit: u32, console: &Console) -> Draft {
    let client = client_in_full(event);
    let many = if limit == 1 { "" } else { "s" };
    let title = format!("{client}: more than {limit} alert{many} today");
    let said = format!(
        "On {} (UTC) Lasso support was emailed about {limit} event{many} of domains of {client}, which is the daily limit.",
        words::date(day)
    );
    Draft {
        subject: title.clone(),
        preheader: said.clone(),
        tone: Tone::Wanted,
        heading: title,
        parts: vec![
            Part::Sentence(said),
            Part::Sentence(
                "Further events of this day are not emailed. What waits for Lasso support is in the queue, and the rest \
                 is on the pages of the domains. If Lasso stops sending mail from a domain, you still get an email for each."
                    .to_owned(),
            ),
            Part::Facts(vec![
                ("First", event.domain.to_unicode()),
                ("What", heading(event).to_owned()),
            ]),
        ],
        button: Some(console.button("Open the queue", queue_path(console), "GET")),
        small_print: vec![
            "API, the queue: /staff/domains".to_owned(),
            format!("API, the first: {}", event.links.staff),
            format!("API, the limits: {}", limits_path(&event.client)),
            format!("Event: {}", event.event_id),
        ],
    }
}

/// The queue: its page and its call of the API have different addresses.
fn queue_path(console: &Console) -> &'static str {
    if console.page("").is_some() {
        "/staff"
    } else {
        "/staff/domains"
    }
}

#[cfg(test)]
mod tests {
    use domain_auth::event::EventType;

    use super::*;
    use crate::tests::event_with;

    #[test]
    fn a_limit_of_one_is_in_the_singular() {
        let event = event_with(EventType::Verified, "plain");
        let of = |limit| {
            summary(
                &event,
                Day::of(event.occurred_at),
                limit,
                &Console::at(None),
            )
        };
        let one = of(1);
        assert!(
            one.subject.ends_with("more than 1 alert today"),
            "{}",
            one.subject
        );
        assert!(one.preheader.contains(" 1 event of "), "{}", one.preheader);
        assert!(of(2).subject.ends_with("more than 2 alerts today"));
    }
}
