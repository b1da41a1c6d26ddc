use std::collections::BTreeSet;

use domain_auth::domain::Domain;
use domain_auth::event::{Event, MissingPiece, RecordStanding, Side};
use domain_auth::history::Actor;
use domain_auth::names::{Community, DisplayName, EmailAddress};
use domain_auth::records::{RecordId, Requirement};
use domain_auth::state::State;
use domain_auth_testkit::{SequentialIds, new_domain};
use serde_json::Value;

use super::*;

/// An event with all possible members.
fn event() -> Event {
    let mut new = new_domain("maple-homes", "example.com");
    new.community = Some(Community::parse("Maple Ridge").unwrap());
    new.contact_email = Some(EmailAddress::parse("dana@example.com").unwrap());
    let (actor, at) = (Actor::Service, Timestamp::UNIX_EPOCH);
    let ids = SequentialIds::default();
    let added = Domain::add(new, State::provisioning(), None, actor, at, &ids);
    let mut event = added.event.unwrap();
    event.other_communities = vec![Community::parse("Maple Hills").unwrap()];
    event.client_name = DisplayName::of_claim("Maple Homes");
    event.note = Some("Dana wrote this.".to_owned());
    event.note_by = Some("Dana".to_owned());
    event.ready_by = Some("Dana".to_owned());
    event.missing = vec![MissingPiece {
        record: None,
        requirement: Requirement::Required,
        message: "Missing.".to_owned(),
    }];
    event.records = vec![RecordStanding {
        id: RecordId::Verification,
        state: domain_auth::diagnosis::RecordState::Missing,
        code: None,
        message: "Missing.".to_owned(),
        record: None,
        fix: None,
        fix_value: None,
    }];
    event.other_sides = vec![Side {
        client: event.client.clone(),
        domain: event.domain.clone(),
        status: event.status,
        state_since: at,
        contact_email: event.contact_email.clone(),
        path: "/staff".to_owned(),
    }];
    event
}

#[test]
fn an_erasure_removes_the_personal_members_of_an_event() {
    let members = |event: &Event| -> serde_json::Map<String, Value> {
        serde_json::to_value(event)
            .unwrap()
            .as_object()
            .unwrap()
            .clone()
    };
    let (before, after) = (members(&event()), members(&event().without_persons()));
    let taken: BTreeSet<&str> = before
        .keys()
        .map(String::as_str)
        .filter(|name| !after.contains_key(*name))
        .collect();
    assert_eq!(taken, BTreeSet::from(OF_PERSONS));
    let changed: Vec<&str> = after
        .iter()
        .filter(|(name, value)| before[*name] != **value)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(changed, ["summary"]);
    assert_eq!(after["summary"], ERASED_SUMMARY);
}
