//! Scenarios of the data that the poller's runs leave for each other, for the table and the store
//! in memory.

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::{Change, Domain};
use domain_auth::history::Actor;
use domain_auth::listing::{Listing, Seen, SweepSoFar, Unheld};
use domain_auth::ports::{
    Clock, CommitChanges, DomainKey, DomainsByState, Outbox, Reconciliations, Runs,
};
use domain_auth::reconciliation::Reconciliation;
use domain_auth::run_memory::{RunMemory, Sample};
use domain_auth::state::{State, Status, Trigger};
use domain_auth_aws::SystemIds;
use domain_auth_testkit::{TestClock, client, domain_name, identity, new_domain};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

fn minutes(minutes: i64) -> Timestamp {
    TestClock::default().now() + SignedDuration::from_mins(minutes)
}

pub(crate) async fn runs<S: Runs>(store: &S) {
    let attempts = (1..=5).map(|n| store.begin_run(minutes(0), minutes(n)));
    let begun: Vec<_> = join_all(attempts).await;
    let begun: Vec<_> = begun.into_iter().map(Result::unwrap).collect();
    let winner = begun.iter().position(Option::is_some).unwrap();
    assert_eq!(begun.iter().flatten().count(), 1, "one runs at a time");
    let until = minutes(i64::try_from(winner).unwrap() + 1);

    let memory = RunMemory {
        samples: vec![Sample {
            at: minutes(0),
            looks: 7,
            bad: 1,
        }],
        next_listing: Some(minutes(5)),
        next_sweep: Some(minutes(60)),
        next_reconciliation: None,
        // The largest possible one: it has to fit into an item.
        listing: Some(Listing {
            begun: minutes(0),
            next: "token".to_owned(),
            pages: 25,
            identities: 25_000,
            others: 7,
            sweep: Some(SweepSoFar {
                seen: Seen::with_room_for(1_000_000, 1),
                asked: 1,
                again: true,
                unheld: Some(Unheld::default()),
            }),
        }),
        list_pages: Some(100),
    };
    store.end_run(until, &memory).await.unwrap();
    let second = store.begin_run(minutes(0), minutes(10)).await.unwrap();
    assert_eq!(second, Some(memory.clone()));

    // The run crashed. Its lease expires, and then it cannot return it.
    assert_eq!(
        store.begin_run(minutes(9), minutes(20)).await.unwrap(),
        None
    );
    let third = store.begin_run(minutes(10), minutes(20)).await.unwrap();
    assert_eq!(third, Some(memory.clone()));
    store
        .end_run(minutes(10), &RunMemory::default())
        .await
        .unwrap();
    assert_eq!(
        store.begin_run(minutes(11), minutes(21)).await.unwrap(),
        None
    );
    store.end_run(minutes(20), &memory).await.unwrap();
    let fourth = store.begin_run(minutes(11), minutes(21)).await.unwrap();
    assert_eq!(fourth, Some(memory));
}

pub(crate) async fn reconciliations<S: Reconciliations>(store: &S) {
    assert_eq!(store.reconciliation().await.unwrap(), None);
    let mut seen = Reconciliation {
        checked_at: minutes(0),
        identities: 3,
        orphans: 0,
        missing: 0,
        orphan_identities: Vec::new(),
        missing_identities: Vec::new(),
    };
    for identities in [3, 4] {
        seen.identities = identities;
        store.write_reconciliation(&seen).await.unwrap();
        assert_eq!(store.reconciliation().await.unwrap(), Some(seen.clone()));
    }
}

pub(crate) async fn domains_by_state<S: CommitChanges + DomainsByState>(store: &S) {
    let key = |n: usize| DomainKey {
        client: client("maple"),
        name: domain_name(&format!("d{n:03}.com")),
    };
    let mut pending = Vec::new();
    for n in 0..130 {
        let added = added(&key(n).name.to_string());
        store.commit(&added).await.unwrap();
        if n % 2 == 0 {
            let provisioned = Trigger::Provisioned(identity(&added.domain.name));
            let moved =
                added
                    .domain
                    .transition(provisioned, Actor::Service, None, minutes(1), &SystemIds);
            let moved = moved.unwrap();
            store.commit(&moved).await.unwrap();
            pending.push(moved.domain);
        }
    }
    let mut keys = store.keys_in(Status::Pending).await.unwrap();
    keys.sort();
    let expected: Vec<DomainKey> = (0..130).step_by(2).map(key).collect();
    assert_eq!(keys, expected);
    assert_eq!(store.keys_in(Status::Verified).await.unwrap(), []);
    keys.insert(3, key(999));
    let domains = store.domains_at(&keys).await.unwrap();
    assert_eq!(
        domains, pending,
        "in order, without the one that is not there"
    );
}

pub(crate) async fn outbox_in_pages<S: CommitChanges + Outbox>(store: &S) {
    for n in 0..7 {
        store.commit(&added(&format!("d{n}.com"))).await.unwrap();
    }
    let all = store.unpublished_after(None, 100).await.unwrap();
    let mut paged = Vec::new();
    loop {
        let page = store.unpublished_after(paged.last(), 3).await.unwrap();
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged.len(), 7);
    assert_eq!(paged, all);
}

fn added(name: &str) -> Change {
    let new = new_domain("maple", name);
    let now = minutes(0);
    let claims = ClaimRegister::empty(new.name.organizational()).taken(&new.name, &new.client, now);
    let state = State::provisioning();
    Domain::add(new, state, Some(claims), Actor::Service, now, &SystemIds)
}
