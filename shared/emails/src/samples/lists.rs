//! Emails about several events.

use domain_auth::audience::Audience;
use domain_auth::event::Event;
use domain_auth::names::DomainName;

use crate::Reader;

/// A list's identifier, its reader, and what it lists.
type List = (&'static str, Reader, Vec<Event>);

/// One list of each kind.
pub(super) fn lists(events: &[(&'static str, Event)]) -> Vec<List> {
    let of = |names: &[&str]| -> Vec<Event> {
        let named = |name: &&str| events.iter().find(|(known, _)| known == name);
        let found = names.iter().filter_map(named);
        found.map(|(_, event)| event.clone()).collect()
    };
    let failed = || at_names(&of(&["failed-waiting"; 3]));
    let waits = of(&[
        "verified",
        "verified-imitation",
        "ready-failed",
        "contested",
    ]);
    let of_client = events.iter().map(|(_, event)| event);
    let mixed = of_client.filter(|event| Audience::Client.is_told_of(event));
    let mixed = mixed.filter(|event| event.previous_status.is_some_and(|before| !before.sends()));
    let mixed: Vec<Event> = mixed.cloned().collect();
    vec![
        ("support-digest", Reader::Support, failed()),
        ("client-digest", Reader::Client, failed()),
        ("support-digest-mixed", Reader::Support, waits),
        ("client-digest-mixed", Reader::Client, at_names(&mixed)),
        (
            "support-digest-one-domain",
            Reader::Support,
            of(&["failed-waiting", "failed-waiting"]),
        ),
        (
            "client-digest-one-domain",
            Reader::Client,
            of(&["records-ready", "expiring", "failed-waiting"]),
        ),
    ]
}

/// The events, with other names in turn.
fn at_names(events: &[Event]) -> Vec<Event> {
    let names = [
        "maplehomes.com",
        "cedarhomes.net",
        "news.birchhomes.example",
    ];
    let event = |(event, name): (&Event, &str)| {
        let mut event = event.clone();
        if let Ok(name) = DomainName::parse(name) {
            event.links.domain = format!("/domains/{name}");
            event.links.staff = format!("/staff/clients/{}/domains/{name}", event.client);
            event.domain = name;
        }
        event
    };
    let names = names.into_iter().cycle();
    events.iter().zip(names).map(event).collect()
}
