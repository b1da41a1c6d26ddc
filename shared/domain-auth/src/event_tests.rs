//! Subscribers rely on `docs/events.md`: it must have every type with its severity and every member
//! of the message, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use domain_auth_testkit::documents::{code, members_of, table};
use serde_json::Value;

use super::*;

const DOCUMENT: &str = include_str!("../../../docs/events.md");

/// The next type; a new type does not compile until it is in this list.
fn next(event_type: EventType) -> Option<EventType> {
    match event_type {
        EventType::Added => Some(EventType::RecordsReady),
        EventType::RecordsReady => Some(EventType::Contested),
        EventType::Contested => Some(EventType::Displaced),
        EventType::Displaced => Some(EventType::Ready),
        EventType::Ready => Some(EventType::Verified),
        EventType::Verified => Some(EventType::Authenticated),
        EventType::Authenticated => Some(EventType::AtRisk),
        EventType::AtRisk => Some(EventType::Recovered),
        EventType::Recovered => Some(EventType::Failed),
        EventType::Failed => Some(EventType::Rejected),
        EventType::Rejected => Some(EventType::Expiring),
        EventType::Expiring => Some(EventType::Removed),
        EventType::Removed => Some(EventType::Stuck),
        EventType::Stuck => None,
    }
}

fn next_severity(severity: Severity) -> Option<Severity> {
    match severity {
        Severity::Info => Some(Severity::Action),
        Severity::Action => Some(Severity::Warning),
        Severity::Warning => Some(Severity::Resolved),
        Severity::Resolved => None,
    }
}

/// The severities that an event of a type can have, the usual one first.
fn severities(event_type: EventType) -> Vec<&'static str> {
    // Lasso support has to decide about a claim that is proven against a verified holder
    // (`use_cases/claim.rs`).
    let wanted = (event_type == EventType::Contested).then_some(Severity::Action);
    // A contested claim that Lasso support has ended (`use_cases/release.rs`).
    let ended = (event_type == EventType::Removed).then_some(Severity::Warning);
    let besides = wanted.or(ended);
    let all = [event_type.severity()].into_iter().chain(besides);
    all.map(Severity::as_str).collect()
}

#[test]
fn every_type_is_documented_with_its_severity() {
    let documented: BTreeMap<&str, Vec<&str>> = table(DOCUMENT, "## Types")
        .into_iter()
        .map(|row| (code(row[0]).next().unwrap(), code(row[1]).collect()))
        .collect();
    let all = std::iter::successors(Some(EventType::Added), |last| next(*last));
    let in_code = all.map(|event_type| (event_type.as_str(), severities(event_type)));
    assert_eq!(documented, in_code.collect());
}

#[test]
fn every_severity_is_documented() {
    let documented = table(DOCUMENT, "| `severity` | who should care |");
    let documented: Vec<&str> = documented.iter().flat_map(|row| code(row[0])).collect();
    let all = std::iter::successors(Some(Severity::Info), |last| next_severity(*last));
    assert_eq!(documented, all.map(Severity::as_str).collect::<Vec<_>>());
}

#[test]
fn the_names_of_types_and_severities_equal_their_serialized_form() {
    for event_type in std::iter::successors(Some(EventType::Added), |last| next(*last)) {
        let serialized = serde_json::to_value(event_type).unwrap();
        assert_eq!(serialized, event_type.as_str());
    }
    for severity in std::iter::successors(Some(Severity::Info), |last| next_severity(*last)) {
        assert_eq!(serde_json::to_value(severity).unwrap(), severity.as_str());
    }
}

fn example() -> Value {
    let (_, rest) = DOCUMENT.split_once("```json\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    serde_json::from_str(example).unwrap()
}

#[test]
fn the_documented_example_is_a_valid_event() {
    let event: Event = serde_json::from_value(example()).unwrap();
    assert_eq!(serde_json::to_value(&event).unwrap(), example());
    assert_eq!(event.version, SCHEMA_VERSION);
    assert_eq!(event.severity, event.event_type.severity());
    assert_eq!(
        event.wanted.as_deref(),
        event.event_type.wanted(event.status)
    );
}

#[test]
fn every_member_is_documented_and_marked_if_it_may_be_absent() {
    let least = Event {
        client_name: None,
        community: None,
        contact_email: None,
        previous_status: None,
        wanted: None,
        note: None,
        note_by: None,
        ready_by: None,
        missing: Vec::new(),
        records: Vec::new(),
        state_since: None,
        deadline: None,
        other_sides: Vec::new(),
        ..serde_json::from_value(example()).unwrap()
    };
    let least = serde_json::to_value(least).unwrap();
    let rows = table(DOCUMENT, "## Members");
    let documented: Vec<&str> = rows.iter().flat_map(|row| code(row[0])).collect();
    assert_eq!(documented, members_of::<Event>());
    for row in &rows {
        let member = code(row[0]).next().unwrap();
        let may_be_absent = row[1].ends_with("may be absent");
        assert_eq!(least.get(member).is_none(), may_be_absent, "{member}");
    }
    let within = |member: &str| -> BTreeSet<&str> {
        let row = rows.iter().find(|row| row[0] == format!("`{member}`"));
        code(row.unwrap()[2]).collect()
    };
    for (member, inner) in [
        ("missing", members_of::<MissingPiece>()),
        ("records", members_of::<RecordStanding>()),
        ("other_sides", members_of::<Side>()),
        ("links", members_of::<Links>()),
    ] {
        let named = within(member);
        assert!(
            inner.iter().all(|name| named.contains(name)),
            "{member}: {inner:?}"
        );
    }
    let version = rows.iter().find(|row| row[0] == "`version`").unwrap();
    assert!(version[2].contains(&format!("now {SCHEMA_VERSION}")));
}
