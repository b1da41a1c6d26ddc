//! Reads a table of the first release as this release does, up to the output of the API.

use std::collections::BTreeSet;

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::Domain;
use domain_auth::event::Event;
use domain_auth::history::{Action, HistoryEntry};
use domain_auth::idempotency::Begun;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{Page, StoreFailure};
use domain_auth::state::{State, Status};
use domain_auth_http::{Cursors, DomainView, HistoryView, List, StaffDomainView, StaffSummaryView};
use domain_auth_testkit::{SequentialIds, new_domain};
use jiff::{SignedDuration, Timestamp};

use super::idempotency::state_of;
use super::keys::Key;
use super::reads::look_of;
use super::runs::{memory_of, reconciliation_of};
use super::schema::{SCHEMA, SCHEMA_VERSION, from_item};
use super::{Item, number};

const TABLE: &str = include_str!("../../fixtures/table-1.json");
const ACTION: &str = "test";

fn items() -> Vec<Item> {
    let items: Vec<serde_dynamo::Item> = serde_json::from_str(TABLE).unwrap();
    items.into_iter().map(Item::from).collect()
}

fn items_of(sort_key: &str) -> Vec<Item> {
    let of_kind = |item: &Item| Key::of_item(item).unwrap().sk.starts_with(sort_key);
    let items: Vec<Item> = items().into_iter().filter(of_kind).collect();
    assert!(!items.is_empty(), "{sort_key}");
    items
}

fn with_schema(mut item: Item, version: u32) -> Item {
    item.insert(SCHEMA.to_owned(), number(version));
    item
}

#[test]
fn items_of_the_first_release_have_no_version() {
    assert!(items().iter().all(|item| !item.contains_key(SCHEMA)));
}

#[test]
fn domains_of_the_first_release_are_read_and_shown_in_every_state() {
    let looks: Vec<_> = items_of("LOOK#")
        .into_iter()
        .map(|item| (Key::of_item(&item).unwrap(), look_of(ACTION, item).unwrap()))
        .collect();
    let claims = items_of("CLAIMS");
    let claims: Vec<ClaimRegister> = claims
        .into_iter()
        .map(|item| from_item(ACTION, item).unwrap())
        .collect();
    let mut seen = BTreeSet::new();
    let mut shown = 0;
    for item in items_of("DOMAIN#") {
        let status = item["status"].as_s().unwrap().clone();
        let domain: Domain = from_item(ACTION, item).unwrap();
        assert_eq!(domain.state.status().as_str(), status);
        seen.insert(status.clone());
        let key = Key::look(&domain.client, &domain.name);
        let look = looks.iter().find(|(of, _)| *of == key);
        let look = look.map(|(_, look)| look.clone().unwrap());
        let view = serde_json::to_value(DomainView::new(&domain, look.as_ref())).unwrap();
        assert_eq!(view["status"], *status);
        let records = view["records"].as_array().unwrap();
        let known = records
            .iter()
            .filter(|record| record["state"] != "not_looked_yet");
        shown += known.count();
        let organizational = domain.name.organizational();
        let register = claims
            .iter()
            .find(|claims| claims.organizational == organizational);
        let register = register.cloned();
        let register = register.unwrap_or_else(|| ClaimRegister::empty(organizational));
        let staff = StaffDomainView::new(&domain, look, &register, Timestamp::UNIX_EPOCH);
        assert_eq!(serde_json::to_value(staff).unwrap()["status"], *status);
        let summary = StaffSummaryView::new(&domain, None, None);
        assert_eq!(serde_json::to_value(summary).unwrap()["status"], *status);
    }
    assert_eq!(seen.len(), Status::ALL.len(), "{seen:?}");
    assert!(shown > 20, "{shown} records with what DNS said of them");
}

#[test]
fn claims_of_the_first_release_have_the_current_and_former_holders() {
    let claims = items_of("CLAIMS").into_iter();
    let claims = claims.map(|item| from_item::<ClaimRegister>(ACTION, item).unwrap());
    let register = claims
        .into_iter()
        .find(|claims| claims.organizational == "example.com")
        .unwrap();
    let name = |label: &str| DomainName::parse(&format!("{label}.example.com")).unwrap();
    let held = register.holder(&name("every-action")).unwrap();
    assert_eq!(held.as_str(), "maple-homes");
    for tombstone in ["given-up", "lost"] {
        assert_eq!(register.holder(&name(tombstone)), None);
        let last = register.last_holder(&name(tombstone)).unwrap();
        assert_eq!(last.as_str(), "cedar-homes");
    }
}

#[test]
fn every_action_in_the_history_of_the_first_release_is_shown() {
    let lines: Vec<HistoryEntry> = items()
        .into_iter()
        .filter(|item| Key::of_item(item).unwrap().pk.starts_with("HISTORY#"))
        .map(|item| from_item(ACTION, item).unwrap())
        .collect();
    let actions: BTreeSet<String> = lines
        .iter()
        .map(|line| serde_json::to_string(&line.action).unwrap())
        .collect();
    // Actions that later releases added: adopting, making and withdrawing links, changing details,
    // and the end of a challenge.
    let later = [
        Action::Adopted,
        Action::LinkMade,
        Action::LinkWithdrawn,
        Action::Changed,
        Action::Unchallenged,
        Action::EmailRefused,
    ];
    assert_eq!(
        actions.len(),
        Action::ALL.len() - later.len(),
        "{actions:?}"
    );
    let count = lines.len();
    let page = Page {
        items: lines,
        next: None,
    };
    let client = ClientId::parse("maple-homes").unwrap();
    let name = DomainName::parse("every-action.example.com").unwrap();
    let list = List::ClientHistory(&client, &name);
    let view = HistoryView::for_support(page, &Cursors::new("secret"), list);
    assert_eq!(view.items.len(), count);
}

#[test]
fn history_lines_of_the_first_release_are_rewritten_unchanged() {
    let lines = items().into_iter();
    let lines = lines.filter(|item| Key::of_item(item).unwrap().pk.starts_with("HISTORY#"));
    for item in lines {
        let read: HistoryEntry = from_item(ACTION, item.clone()).unwrap();
        let mut stored: serde_json::Value =
            serde_dynamo::from_item(serde_dynamo::Item::from(item)).unwrap();
        let members = stored.as_object_mut().unwrap();
        members.retain(|member, _| !["pk", "sk"].contains(&member.as_str()));
        assert_eq!(serde_json::to_value(&read).unwrap(), stored);
        let written: HistoryEntry = serde_json::from_value(stored).unwrap();
        assert_eq!(written, read);
    }
}

#[test]
fn events_requests_and_run_memories_of_the_first_release_are_read() {
    for item in items_of("EVENT") {
        let event: Event = from_item(ACTION, item).unwrap();
        assert_eq!(event.client.as_str(), "maple-homes");
    }
    let fingerprint = "0f".repeat(32);
    let begun: Vec<Begun> = items_of("KEY#")
        .iter()
        .map(|item| state_of(item, &fingerprint).unwrap())
        .collect();
    let answered = begun
        .iter()
        .filter(|begun| matches!(begun, Begun::Answered(answer) if answer.status == 201));
    let under_way = begun.iter().filter(|begun| **begun == Begun::InProgress);
    assert_eq!((answered.count(), under_way.count()), (2, 2));
    let memory = memory_of(ACTION, &items_of("RUNS")[0]);
    assert_eq!(memory.samples.len(), 1);
    let seen = reconciliation_of(ACTION, &items_of("RECONCILIATION")[0]).unwrap();
    assert_eq!(seen.unwrap().orphan_identities.len(), 1);
}

#[test]
fn an_item_with_a_later_schema_version_is_unreadable() {
    let unreadable = |outcome: Result<(), domain_auth::ports::StoreError>| {
        assert_eq!(outcome.unwrap_err().failure, StoreFailure::Unreadable);
    };
    let first = |sort_key| items_of(sort_key).swap_remove(0);
    let later = |sort_key| with_schema(first(sort_key), SCHEMA_VERSION + 1);
    unreadable(from_item::<Domain>(ACTION, later("DOMAIN#")).map(drop));
    unreadable(from_item::<ClaimRegister>(ACTION, later("CLAIMS")).map(drop));
    unreadable(from_item::<Event>(ACTION, later("EVENT")).map(drop));
    unreadable(look_of(ACTION, later("LOOK#")).map(drop));
    unreadable(state_of(&later("KEY#"), "").map(drop));
    unreadable(reconciliation_of(ACTION, &later("RECONCILIATION")).map(drop));
    from_item::<Domain>(ACTION, with_schema(first("DOMAIN#"), SCHEMA_VERSION)).unwrap();

    let mut damaged = first("DOMAIN#");
    damaged.remove("state");
    unreadable(from_item::<Domain>(ACTION, damaged).map(drop));
    let mut nonsense = first("DOMAIN#");
    nonsense.insert(SCHEMA.to_owned(), super::string("2"));
    unreadable(from_item::<Domain>(ACTION, nonsense).map(drop));
}

#[test]
fn new_history_lines_sort_after_old_ones_by_domain_life_and_version() {
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365 * 400);
    let added = domain_auth::domain::Domain::add(
        new_domain("maple", "example.com"),
        State::provisioning(),
        None,
        domain_auth::history::Actor::Service,
        now,
        &SequentialIds::default(),
    );
    let (mut domain, mut line) = (added.domain, added.history[0].clone());
    let mut sort_keys: Vec<String> = items()
        .iter()
        .map(|item| Key::of_item(item).unwrap())
        .filter(|key| key.pk == "HISTORY#maple-homes#every-action.example.com")
        .map(|key| key.sk)
        .collect();
    assert!(sort_keys.is_sorted());
    // The clocks of the functions are earlier with each line.
    for (life, sequence, hours) in [(0, 1, 9), (0, 2, 8), (0, 10, 7), (1, 1, 6), (1, 2, 5)] {
        domain.added_at = now + SignedDuration::from_secs(life);
        line.sequence = sequence;
        line.at = now + SignedDuration::from_hours(hours);
        sort_keys.extend([0, 1].map(|part| Key::history(&domain, &line, part).sk));
    }
    assert!(sort_keys.is_sorted(), "{sort_keys:#?}");
}
