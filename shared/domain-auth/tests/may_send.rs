//! The subscriber in docs/events.md that keeps a list of the domains that may send, checked against
//! the state machine: every change that begins or ends sending has an event that passes its filter.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

use std::collections::{BTreeSet, VecDeque};

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::{Change, Domain};
use domain_auth::event::EventType;
use domain_auth::history::Actor;
use domain_auth::state::{DisplacedBy, FailureReason, State, Status, Trigger};
use domain_auth_testkit::{SequentialIds, domain_name, identity, new_domain};
use jiff::Timestamp;

const DOCS: &str = include_str!("../../../docs/events.md");
const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const NAME: &str = "example.com";

/// The event types in the filter of the example.
fn filter() -> BTreeSet<String> {
    let (_, after) = DOCS
        .split_once("keeps a list of domains that may send")
        .unwrap();
    let policy = after.split("```").nth(1).unwrap();
    let policy = policy.strip_prefix("json").unwrap();
    let policy: serde_json::Value = serde_json::from_str(policy).unwrap();
    serde_json::from_value(policy["event_type"].clone()).unwrap()
}

/// The next trigger, with each of its reasons; a new trigger does not compile until it is in this
/// list.
fn next(trigger: &Trigger) -> Option<Trigger> {
    let secret = || "secret".to_owned();
    let lost = |why| Trigger::Displaced {
        ownership_secret: secret(),
        why,
    };
    let released = DisplacedBy::ReleasedByLassoSupport {
        reason: "sold".to_owned(),
    };
    Some(match trigger {
        Trigger::ProofFound { .. } => Trigger::Adopted,
        Trigger::Adopted => Trigger::Provisioned(identity(&domain_name(NAME))),
        Trigger::Provisioned(_) => Trigger::SesVerified,
        Trigger::SesVerified => Trigger::SesFailed(FailureReason::DeadlinePassed),
        Trigger::SesFailed(FailureReason::DeadlinePassed) => {
            Trigger::SesFailed(FailureReason::SesGaveUp)
        }
        Trigger::SesFailed(FailureReason::SesGaveUp) => {
            Trigger::SesFailed(FailureReason::SesRevoked)
        }
        Trigger::SesFailed(FailureReason::SesRevoked) => {
            Trigger::SesFailed(FailureReason::IdentityGone)
        }
        Trigger::SesFailed(FailureReason::IdentityGone) => {
            Trigger::SesFailed(FailureReason::RefusedBySes)
        }
        Trigger::SesFailed(FailureReason::RefusedBySes) => Trigger::Restarted,
        Trigger::Restarted => Trigger::Completed,
        Trigger::Completed => Trigger::Refused {
            reason: "no".to_owned(),
        },
        Trigger::Refused { .. } => Trigger::Reopened,
        Trigger::Reopened => Trigger::RecordsBroken {
            reason: "gone".to_owned(),
        },
        Trigger::RecordsBroken { .. } => Trigger::RecordsRecovered,
        Trigger::RecordsRecovered => lost(DisplacedBy::ProvenByAnotherClient),
        Trigger::Displaced { why, .. } => match why {
            DisplacedBy::ProvenByAnotherClient => lost(released),
            DisplacedBy::ReleasedByLassoSupport { .. } => lost(DisplacedBy::IdentityNotOurs),
            DisplacedBy::IdentityNotOurs => Trigger::Removed,
        },
        Trigger::Removed => Trigger::Readded,
        Trigger::Readded => Trigger::ReaddedContested {
            ownership_secret: secret(),
        },
        Trigger::ReaddedContested { .. } => return None,
    })
}

fn triggers() -> impl Iterator<Item = Trigger> {
    std::iter::successors(Some(Trigger::ProofFound { displaced: None }), next)
}

fn transition(domain: &Domain, trigger: Trigger) -> Option<Change> {
    let ids = SequentialIds::default();
    let change = domain.transition(trigger, Actor::Service, None, NOW, &ids);
    change.ok()
}

/// Every change that one trigger makes in any reachable state of a domain, and the only change with
/// two triggers: SES verifies a domain, and the service takes the final step.
fn changes() -> Vec<(Domain, Change)> {
    let mut changes = Vec::new();
    let mut known = BTreeSet::new();
    let mut unseen: VecDeque<Domain> = VecDeque::new();
    for state in [
        State::provisioning(),
        State::contested("secret".to_owned(), NOW),
    ] {
        let claims = Some(ClaimRegister::empty(NAME));
        let ids = SequentialIds::default();
        let new = new_domain("maple", NAME);
        let added = Domain::add(new, state, claims, Actor::Service, NOW, &ids);
        unseen.push_back(added.domain);
    }
    while let Some(domain) = unseen.pop_front() {
        if !known.insert(serde_json::to_string(&domain.state).unwrap()) {
            continue;
        }
        for trigger in triggers() {
            let verifies = trigger == Trigger::SesVerified;
            let Some(change) = transition(&domain, trigger) else {
                continue;
            };
            if verifies {
                let (actor, ids) = (Actor::Service, SequentialIds::default());
                let both = change.clone();
                let both = both.then(Trigger::Completed, actor, None, NOW, &ids);
                changes.push((domain.clone(), both.unwrap()));
            }
            unseen.push_back(change.domain.clone());
            changes.push((domain.clone(), change));
        }
    }
    changes
}

fn sends(domain: &Domain) -> bool {
    domain.state.status().sends()
}

#[test]
fn the_documented_filter_passes_every_start_and_end_of_sending() {
    let (filter, mut seen) = (filter(), BTreeSet::new());
    for (before, change) in changes() {
        let after = &change.domain;
        seen.insert(after.state.status());
        if sends(&before) == sends(after) {
            continue;
        }
        let way = format!("{} to {}", before.state.status(), after.state.status());
        let event = change.event.unwrap_or_else(|| panic!("{way}: no event"));
        let event_type = event.event_type.as_str();
        assert!(filter.contains(event_type), "{way}: {event_type}");
    }
    let all: BTreeSet<Status> = Status::ALL.into_iter().collect();
    assert_eq!(seen, all, "every state was seen");
}

#[test]
fn the_type_of_a_filtered_event_tells_whether_lasso_sends() {
    let (filter, mut heard) = (filter(), BTreeSet::new());
    for (_, change) in changes() {
        let event = change.event.as_ref();
        let event = event.filter(|event| filter.contains(event.event_type.as_str()));
        if let Some(event) = event {
            heard.insert(event.event_type.as_str().to_owned());
            let adds = event.event_type == EventType::Authenticated;
            assert_eq!(adds, sends(&change.domain), "{event:?}");
        }
    }
    assert_eq!(heard, filter, "it filters for nothing that never comes");
}
