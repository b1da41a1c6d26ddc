//! The email that says that a client has had more alerts on a day than its limit.

use domain_auth::event::{Event, limits_path};
use domain_auth::instructions::Day;

use crate::alert::client_in_full;
use crate::console::Console;
use crate::draft::{Draft, Part, Tone};

/// The summary of a day; `event` is the first one beyond the limit.
pub fn summary(event: &Event, day: Day, limit: u32, console: &Console) -> Draft {
    let client = client_in_full(event);
    let heading = format!("{client}: more than {limit} alerts today");
    let said = format!(
        "On {day} (UTC) Lasso support has had {limit} emails about domains of {client}, which is the limit of a day."
    );
    Draft {
        subject: heading.clone(),
        preheader: said.clone(),
        tone: Tone::Wanted,
        heading,
        parts: vec![
            Part::Sentence(said),
            Part::Sentence(
                "Further alerts of this day are not emailed. What they are about waits in the queue. Domains \
                 that Lasso sends for and whose mail stops are still emailed, one by one."
                    .to_owned(),
            ),
            Part::Facts(vec![
                ("First", event.domain.to_unicode()),
                ("Event", event.event_type.as_str().to_owned()),
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
