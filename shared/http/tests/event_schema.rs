//! `docs/event.schema.json` accepts every event, and refuses data that is not an event.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

use std::collections::BTreeSet;

use domain_auth::event::{Event, EventType, Severity};
use domain_auth::state::Status;
use jsonschema::Validator;
use serde_json::{Value, json};

const EVENTS: &str = include_str!("../../../docs/events.md");
const SCHEMA: &str = include_str!("../../../docs/event.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&schema()).unwrap()
}

/// The event in a file of `events/`, as this release writes it.
fn event(case: &str) -> Event {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/support-notifier");
    let delivery = std::fs::read_to_string(format!("{folder}/{case}.json")).unwrap();
    let delivery: Value = serde_json::from_str(&delivery).unwrap();
    serde_json::from_str(delivery["Records"][0]["body"].as_str().unwrap()).unwrap()
}

fn words_of(member: &str) -> BTreeSet<String> {
    let words = schema()["properties"][member]["enum"].clone();
    serde_json::from_value(words).unwrap()
}

#[test]
fn every_event_has_the_shape_of_the_schema() {
    let validator = validator();
    for case in [
        "at-risk",
        "displaced-sending",
        "failed",
        "ready-pending",
        "stuck",
        "verified",
    ] {
        for event_type in EventType::ALL {
            let mut event = event(case);
            event.event_type = event_type;
            let event = serde_json::to_value(&event).unwrap();
            let errors: Vec<String> = validator
                .iter_errors(&event)
                .map(|error| error.to_string())
                .collect();
            assert!(errors.is_empty(), "{case}: {errors:?}");
        }
    }
}

#[test]
fn the_schema_has_every_member_type_severity_and_state() {
    // The table of members, which a test of `domain-auth` holds to the type.
    let (_, rest) = EVENTS.split_once("## Members").unwrap();
    let (table, _) = rest.split_once("An absent member").unwrap();
    let rows = table.lines().filter_map(|row| row.strip_prefix("| `"));
    let members: BTreeSet<&str> = rows.map(|row| row.split('`').next().unwrap()).collect();
    let schema = schema();
    let properties = schema["properties"].as_object().unwrap();
    let named: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
    assert_eq!(named, members);
    let types = EventType::ALL.map(|event_type| event_type.as_str().to_owned());
    assert_eq!(words_of("event_type"), BTreeSet::from(types));
    let severities = [
        Severity::Info,
        Severity::Action,
        Severity::Warning,
        Severity::Resolved,
    ];
    let severities = severities.map(|severity| severity.as_str().to_owned());
    assert_eq!(words_of("severity"), BTreeSet::from(severities));
    let states: BTreeSet<String> = Status::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(words_of("status"), states);
}

#[test]
fn the_schema_rejects_invalid_events() {
    let validator = validator();
    let event = serde_json::to_value(event("verified")).unwrap();
    assert!(validator.is_valid(&event));
    for (member, value) in [
        ("version", json!(2)),
        ("event_type", json!("domain.unknown")),
        ("sequence", json!("3")),
        ("links", json!({})),
        ("event_id", Value::Null),
    ] {
        let mut other = event.clone();
        other[member] = value;
        assert!(!validator.is_valid(&other), "{member}");
        other.as_object_mut().unwrap().remove(member);
        assert!(!validator.is_valid(&other), "without {member}");
    }
    for (member, value) in [
        ("domain", ""),
        ("domain", "EXAMPLE.com"),
        ("domain", "example.com."),
        ("contact_email", "notanaddress"),
        ("note", ""),
        ("event_id", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    ] {
        let mut other = event.clone();
        other[member] = json!(value);
        assert!(!validator.is_valid(&other), "{member}: {value}");
    }
}
