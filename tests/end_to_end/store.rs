//! The table, on the emulator's DynamoDB, in a copy of the deployed table that no poller changes.
//! The store in memory, with which the use cases are tested, runs the same scenarios: it must not
//! guarantee more than the table does.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{BillingMode, GlobalSecondaryIndex, TableDescription};
use domain_auth::audience::EmailId;
use domain_auth::claims::{ClaimRegister, Reservation};
use domain_auth::domain::{Change, Domain, Fate};
use domain_auth::event::EventType;
use domain_auth::history::{Action, Actor};
use domain_auth::names::Community;
use domain_auth::ports::{
    Clock, CommitChanges, CommitError, Due, DueDomains, EmailLedger, Ids, Lease, ListFilter,
    Outbox, ReadClaims, ReadDomains, StaffQueue,
};
use domain_auth::state::{QueuePart, State, Status, Trigger};
use domain_auth_aws::{SystemIds, Table};
use domain_auth_testkit::{MemoryStore, TestClock, client, domain_name, identity, new_domain};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use crate::Suite;
use crate::store_keys as keys;
use crate::store_limits as limits;
use crate::store_lives as lives;
use crate::store_runs as poller;
use crate::store_senders as senders;
use crate::store_turns as turns;
use crate::world::Shared;

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "the_table_refuses_a_change_based_on_an_old_version",
        async |world: Shared| {
            Box::pin(versions(&table(&world, "versions").await)).await;
            versions(&MemoryStore::default()).await;
        },
    );
    suite.shared(
        "the_table_gives_a_contested_name_to_one_of_two_that_race",
        async |world: Shared| {
            races(&table(&world, "races").await).await;
            races(&MemoryStore::default()).await;
        },
    );
    suite.shared(
        "the_table_finds_what_is_due_oldest_first",
        async |world: Shared| {
            due(&table(&world, "due").await).await;
            due(&MemoryStore::default()).await;
        },
    );
    suite.shared(
        "the_table_keeps_events_until_they_are_published",
        async |world: Shared| {
            outbox(&table(&world, "outbox").await).await;
            outbox(&MemoryStore::default()).await;
        },
    );
    suite.shared(
        "the_table_lists_by_page_state_and_community",
        async |world: Shared| {
            lists(&table(&world, "lists").await).await;
            lists(&MemoryStore::default()).await;
        },
    );
    suite.shared(
        "the_table_shows_history_and_the_staff_queue_in_order",
        async |world: Shared| {
            history_and_queue(&table(&world, "history").await).await;
            history_and_queue(&MemoryStore::default()).await;
        },
    );
    suite.shared(
        "the_table_writes_several_domains_or_none_and_deletes",
        async |world: Shared| {
            Box::pin(several(&table(&world, "several").await)).await;
            Box::pin(several(&MemoryStore::default())).await;
        },
    );
    suite.shared(
        "the_table_grants_one_lease_for_an_email",
        async |world: Shared| {
            ledger(&table(&world, "ledger").await).await;
            ledger(&MemoryStore::default()).await;
        },
    );
}

/// Keys and counts, which are updates of single items.
pub(crate) fn more_tests(suite: &mut Suite) {
    suite.shared(
        "in_the_table_a_change_read_before_a_domain_was_added_again_is_refused",
        async |world: Shared| {
            Box::pin(lives::another_life(&table(&world, "lives").await)).await;
            Box::pin(lives::another_life(&MemoryStore::default())).await;
        },
    );
    suite.shared(
        "the_table_reads_the_records_for_many_senders_at_once",
        async |world: Shared| {
            Box::pin(senders::many(&table(&world, "senders").await)).await;
            Box::pin(senders::many(&MemoryStore::default())).await;
        },
    );
    suite.shared(
        "the_table_lets_only_one_run_of_the_poller_continue",
        async |world: Shared| {
            poller::runs(&table(&world, "runs").await).await;
            poller::runs(&MemoryStore::default()).await;
        },
    );
    suite.shared(
        "the_table_keeps_the_last_reconciliation",
        async |world: Shared| {
            poller::reconciliations(&table(&world, "reconciliations").await).await;
            poller::reconciliations(&MemoryStore::default()).await;
        },
    );
    suite.shared(
        "the_table_lists_all_domains_in_a_state",
        async |world: Shared| {
            poller::domains_by_state(&table(&world, "by-state").await).await;
            poller::domains_by_state(&MemoryStore::default()).await;
        },
    );
    suite.shared(
        "the_table_gives_the_outbox_in_pages",
        async |world: Shared| {
            poller::outbox_in_pages(&table(&world, "outbox-pages").await).await;
            poller::outbox_in_pages(&MemoryStore::default()).await;
        },
    );
    suite.shared(
        "the_table_lets_only_one_attempt_at_a_request_continue",
        async |world: Shared| {
            keys::requests(&table(&world, "requests").await).await;
            keys::requests(&MemoryStore::default()).await;
        },
    );
    suite.shared(
        "the_table_counts_no_more_emails_than_the_daily_limit",
        async |world: Shared| {
            keys::emails(&table(&world, "emails").await).await;
            keys::emails(&MemoryStore::default()).await;
        },
    );
    suite.shared(
        "the_table_lets_clients_take_turns_at_what_is_due",
        async |world: Shared| {
            turns::due(&table(&world, "due-turns").await).await;
            turns::due(&MemoryStore::default()).await;
        },
    );
    suite.shared(
        "the_table_gives_requests_turns_for_ses_calls",
        async |world: Shared| {
            turns::at_ses(&table(&world, "turns").await).await;
            turns::at_ses(&MemoryStore::default()).await;
        },
    );
    counters(suite);
}

/// Scenarios of counters.
fn counters(suite: &mut Suite) {
    suite.shared(
        "the_table_counts_the_checks_per_minute",
        async |world: Shared| {
            turns::checks(&table(&world, "checks").await).await;
            turns::checks(&MemoryStore::default()).await;
        },
    );
    suite.shared(
        "the_table_counts_no_more_emails_to_one_address_than_the_daily_limit",
        async |world: Shared| {
            keys::recipients(&table(&world, "recipients").await).await;
            keys::recipients(&MemoryStore::default()).await;
        },
    );
    suite.shared(
        "the_table_counts_a_clients_domains",
        async |world: Shared| {
            Box::pin(limits::numbers(&table(&world, "numbers").await)).await;
            Box::pin(limits::numbers(&MemoryStore::default())).await;
        },
    );
    suite.shared(
        "in_the_table_simultaneous_additions_exceed_no_limit",
        async |world: Shared| {
            limits::limits_at_once(&table(&world, "limits").await).await;
            limits::limits_at_once(&MemoryStore::default()).await;
        },
    );
    suite.shared("the_table_counts_each_alert_once", async |world: Shared| {
        Box::pin(limits::alerts(&table(&world, "alerts").await)).await;
        Box::pin(limits::alerts(&MemoryStore::default())).await;
        Box::pin(limits::mailboxes(&table(&world, "mailboxes").await)).await;
        Box::pin(limits::mailboxes(&MemoryStore::default())).await;
    });
}

/// An empty table with the keys and indexes of the template's table.
async fn table(world: &Shared, name: &str) -> Table {
    let name = copy_of_table(world, name).await;
    Table::new(Client::new(&world.aws().await), name)
}

/// Creates an empty table with the keys and indexes of the template's table. Returns its name.
pub(crate) async fn copy_of_table(world: &Shared, name: &str) -> String {
    let client = Client::new(&world.aws().await);
    let deployed = client
        .describe_table()
        .table_name(&world.info.table)
        .send()
        .await;
    let deployed: TableDescription = deployed.unwrap().table.unwrap();
    let name = format!("store-tests-{name}");
    let indexes = deployed.global_secondary_indexes().iter().map(|index| {
        GlobalSecondaryIndex::builder()
            .set_index_name(index.index_name.clone())
            .set_key_schema(index.key_schema.clone())
            .set_projection(index.projection.clone())
            .build()
            .unwrap()
    });
    client
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(deployed.attribute_definitions.clone())
        .set_key_schema(deployed.key_schema.clone())
        .set_global_secondary_indexes(Some(indexes.collect()))
        .send()
        .await
        .unwrap();
    name
}

pub(crate) fn now() -> Timestamp {
    TestClock::default().now()
}

fn hours(hours: i64) -> Timestamp {
    now() + SignedDuration::from_hours(hours)
}

pub(crate) fn added(client_id: &str, name: &str, at: Timestamp, next_check: Timestamp) -> Change {
    let new = new_domain(client_id, name);
    let claims = ClaimRegister::empty(new.name.organizational()).taken(&new.name, &new.client, at);
    let mut change = Domain::add(
        new,
        State::provisioning(),
        Some(claims),
        Actor::Service,
        at,
        &SystemIds,
    );
    change.domain.next_check = next_check;
    change
}

fn moved(domain: &Domain, trigger: Trigger, at: Timestamp) -> Change {
    domain
        .transition(trigger, Actor::Service, None, at, &SystemIds)
        .unwrap()
}

fn provisioned(domain: &Domain, at: Timestamp) -> Change {
    moved(domain, Trigger::Provisioned(identity(&domain.name)), at)
}

async fn versions<S: CommitChanges + ReadDomains + ReadClaims + Outbox>(store: &S) {
    let first = added("maple", "example.com", now(), now());
    store.commit(&first).await.unwrap();
    let read = store
        .domain(&client("maple"), &domain_name("example.com"))
        .await
        .unwrap();
    assert_eq!(read.as_ref(), Some(&first.domain));
    let claims = store.claims("example.com").await.unwrap();
    assert_eq!(Some(&claims), first.claims.as_ref());

    let again = store
        .commit(&added("maple", "example.com", now(), now()))
        .await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");

    let change = provisioned(&first.domain, now());
    store.commit(&change).await.unwrap();
    let stale = provisioned(&first.domain, hours(1));
    assert!(matches!(
        store.commit(&stale).await,
        Err(CommitError::Conflict)
    ));
    let quiet = first.domain.looked_at(|_| {}, hours(1));
    assert!(matches!(
        store.commit(&quiet).await,
        Err(CommitError::Conflict)
    ));

    let read = store
        .domain(&client("maple"), &domain_name("example.com"))
        .await
        .unwrap();
    assert_eq!(
        read,
        Some(change.domain),
        "a refused change leaves nothing behind"
    );
    let history = store
        .history(&client("maple"), &domain_name("example.com"), 10, None)
        .await;
    assert_eq!(history.unwrap().items.len(), 2);
    assert_eq!(store.unpublished_after(None, 10).await.unwrap().len(), 1);
}

async fn races<S: CommitChanges + ReadDomains + ReadClaims>(store: &S) {
    for round in 0..10 {
        let name = format!("round{round}.com");
        let changes: Vec<Change> = ["maple", "cedar", "oak"]
            .map(|client_id| added(client_id, &name, now(), now()))
            .into();
        let outcomes = join_all(changes.iter().map(|change| store.commit(change))).await;
        let won: Vec<usize> = (0..3).filter(|n| outcomes[*n].is_ok()).collect();
        assert_eq!(won.len(), 1, "{outcomes:?}");
        let holder = store.claims(&name).await.unwrap();
        let winner = &changes[won[0]].domain;
        assert_eq!(holder.holder(&winner.name), Some(&winner.client));
        for change in &changes {
            let (client, name) = (&change.domain.client, &change.domain.name);
            let stored = store.domain(client, name).await.unwrap();
            assert_eq!(stored.is_some(), *client == winner.client);
        }
    }
}

async fn due<S: CommitChanges + DueDomains>(store: &S) {
    let mut expected = Vec::new();
    for n in 0..12 {
        // Backwards, so that neither the order of names nor of writes is the order of time.
        let change = added("maple", &format!("d{n:02}.com"), now(), hours(12 - n));
        store.commit(&change).await.unwrap();
        if n % 2 == 0 {
            let mut look = provisioned(&change.domain, now());
            look.domain.next_check = hours(12 - n);
            store.commit(&look).await.unwrap();
            expected.insert(0, look.domain);
        }
    }
    let looks = store.due(Due::Look, hours(12), 100).await.unwrap();
    assert_eq!(looks, expected);
    let first = store.due(Due::Look, hours(12), 2).await.unwrap();
    assert_eq!(first, expected[..2]);
    let early: Vec<Domain> = expected
        .iter()
        .filter(|domain| domain.next_check <= hours(6))
        .cloned()
        .collect();
    assert_eq!(store.due(Due::Look, hours(6), 100).await.unwrap(), early);
    assert_eq!(
        store
            .due(Due::Provisioning, hours(12), 100)
            .await
            .unwrap()
            .len(),
        6
    );

    let later = expected[0].looked_at(|_| {}, hours(100));
    store.commit(&later).await.unwrap();
    assert_eq!(
        store.due(Due::Look, hours(12), 100).await.unwrap(),
        expected[1..]
    );
}

async fn outbox<S: CommitChanges + Outbox>(store: &S) {
    let mut domain = added("maple", "example.com", now(), now());
    store.commit(&domain).await.unwrap();
    for (hour, trigger) in [
        (0, Trigger::Provisioned(identity(&domain.domain.name))),
        (2, Trigger::SesVerified),
        (3, Trigger::Completed),
    ] {
        domain = moved(&domain.domain, trigger, hours(hour));
        store.commit(&domain).await.unwrap();
    }
    let events = store.unpublished_after(None, 10).await.unwrap();
    let types: Vec<EventType> = events.iter().map(|event| event.event_type).collect();
    assert_eq!(
        types,
        [
            EventType::Added,
            EventType::Verified,
            EventType::Authenticated
        ]
    );
    assert_eq!(events[2], domain.event.unwrap());
    assert_eq!(store.unpublished_after(None, 2).await.unwrap(), events[..2]);

    for _ in 0..2 {
        store.mark_published(&events[0], hours(4)).await.unwrap();
    }
    assert_eq!(
        store.unpublished_after(None, 10).await.unwrap(),
        events[1..]
    );
}

async fn lists<S: CommitChanges + ReadDomains>(store: &S) {
    let ridge = Community::parse("Maple Ridge").unwrap();
    for n in 0..9 {
        let mut change = added("maple", &format!("d{n}.com"), now(), now());
        change.domain.community = (n % 3 == 0).then(|| ridge.clone());
        if n == 6 {
            // A domain has several communities, in any order.
            let elm = Community::parse("Elm Court").unwrap();
            change.domain.set_communities(vec![elm, ridge.clone()]);
        }
        store.commit(&change).await.unwrap();
        if n % 2 == 0 {
            store
                .commit(&provisioned(&change.domain, now()))
                .await
                .unwrap();
        }
    }
    store
        .commit(&added("cedar", "other.com", now(), now()))
        .await
        .unwrap();
    let named = async |filter: ListFilter, limit: usize| {
        let mut names = Vec::new();
        let mut start = None;
        loop {
            let page = store
                .domains(&client("maple"), &filter, limit, start.as_ref())
                .await;
            let page = page.unwrap();
            assert!(page.items.len() <= limit);
            names.extend(page.items.into_iter().map(|domain| domain.name.to_string()));
            start = page.next;
            if start.is_none() {
                return names;
            }
        }
    };
    let all: Vec<String> = (0..9).map(|n| format!("d{n}.com")).collect();
    for limit in [1, 4, 9, 100] {
        assert_eq!(named(ListFilter::default(), limit).await, all);
    }
    let pending = ListFilter {
        status: Some(Status::Pending),
        community: None,
    };
    assert_eq!(
        named(pending, 2).await,
        ["d0.com", "d2.com", "d4.com", "d6.com", "d8.com"]
    );
    let both = ListFilter {
        status: Some(Status::Pending),
        community: Some(ridge),
    };
    assert_eq!(named(both, 2).await, ["d0.com", "d6.com"]);
}

async fn history_and_queue<S: CommitChanges + ReadDomains + StaffQueue>(store: &S) {
    for (n, name) in ["late.com", "early.com", "middle.com"]
        .into_iter()
        .enumerate()
    {
        let since = hours([3, 1, 2][n]);
        let change = added("maple", name, now(), now());
        store.commit(&change).await.unwrap();
        let pending = provisioned(&change.domain, now());
        store.commit(&pending).await.unwrap();
        store
            .commit(&moved(&pending.domain, Trigger::SesVerified, since))
            .await
            .unwrap();
    }
    let first = store
        .waiting(&[QueuePart::InState(Status::Verified)], 2, None)
        .await
        .unwrap();
    let names = |domains: &[Domain]| -> Vec<String> {
        domains
            .iter()
            .map(|domain| domain.name.to_string())
            .collect()
    };
    assert_eq!(names(&first.items), ["early.com", "middle.com"]);
    let rest = store
        .waiting(
            &[QueuePart::InState(Status::Verified)],
            2,
            first.next.as_ref(),
        )
        .await
        .unwrap();
    assert_eq!(names(&rest.items), ["late.com"]);
    assert_eq!(rest.next, None);
    let both = [Status::Pending, Status::Verified].map(QueuePart::InState);
    let mixed = store.waiting(&both, 2, None).await.unwrap();
    assert_eq!(names(&mixed.items), ["early.com", "middle.com"]);
    assert!(
        store
            .waiting(&[QueuePart::InState(Status::Pending)], 9, None)
            .await
            .unwrap()
            .items
            .is_empty()
    );

    let name = domain_name("late.com");
    let newest = store
        .history(&client("maple"), &name, 2, None)
        .await
        .unwrap();
    let actions: Vec<Action> = newest.items.iter().map(|entry| entry.action).collect();
    assert_eq!(actions, [Action::Verified, Action::Provisioned]);
    let oldest = store
        .history(&client("maple"), &name, 2, newest.next.as_ref())
        .await
        .unwrap();
    assert_eq!(oldest.items.len(), 1);
    assert_eq!(oldest.items[0].action, Action::Added);
}

async fn several<S: CommitChanges + ReadDomains + ReadClaims + DueDomains + Outbox>(store: &S) {
    let name = domain_name("example.com");
    let stored = async |client_id: &str| {
        let read = store.domain(&client(client_id), &name).await;
        read.unwrap().map(|domain| domain.version)
    };
    let maple = added("maple", "example.com", now(), now());
    let mut cedar = added("cedar", "example.com", now(), now());
    cedar.claims = None;
    store.commit_all(&[&maple, &cedar]).await.unwrap();
    assert_eq!(stored("maple").await, Some(1));
    assert_eq!(stored("cedar").await, Some(1));

    // One of the two is based on an old version, so neither is written.
    let mut loses = moved(&maple.domain, Trigger::Removed, hours(1));
    let claims = store.claims("example.com").await.unwrap();
    loses.claims = Some(claims.leaving(&name, &client("maple"), Reservation::Full, hours(1)));
    let stale = provisioned(&cedar.domain, now());
    store.commit(&stale).await.unwrap();
    let both = store.commit_all(&[&loses, &stale]).await;
    assert!(matches!(both, Err(CommitError::Conflict)), "{both:?}");
    assert_eq!(stored("maple").await, Some(1));
    assert_eq!(store.unpublished_after(None, 10).await.unwrap().len(), 2);

    store.commit(&loses).await.unwrap();
    let removing = store.due(Due::Provisioning, hours(2), 10).await.unwrap();
    assert_eq!(removing, std::slice::from_ref(&loses.domain));

    let gone = |domain: &Domain, claims: ClaimRegister| {
        let mut change = domain.updated(|_| {});
        change.fate = Fate::Deleted;
        change.claims = Some(claims.released(&name, &client("maple"), Reservation::Full, hours(2)));
        change
    };
    let claims = store.claims("example.com").await.unwrap();
    let stale = gone(&maple.domain, claims.clone());
    let refused = store.commit(&stale).await;
    assert!(matches!(refused, Err(CommitError::Conflict)), "{refused:?}");
    assert_eq!(store.claims("example.com").await.unwrap(), claims);
    store.commit(&gone(&loses.domain, claims)).await.unwrap();
    assert_eq!(stored("maple").await, None);
    assert_eq!(stored("cedar").await, Some(2));
    let claims = store.claims("example.com").await.unwrap();
    assert_eq!(claims.holder(&name), None);
    let due = store.due(Due::Provisioning, hours(9), 10).await.unwrap();
    assert_eq!(due, []);
    let history = store.history(&client("maple"), &name, 10, None).await;
    assert_eq!(history.unwrap().items.len(), 2, "its history stays");

    // Its next life begins at version 1, and its history continues.
    let mut again = added("maple", "example.com", hours(3), hours(3));
    again.claims = Some(claims.taken(&name, &client("maple"), hours(3)));
    store.commit(&again).await.unwrap();
    let history = store.history(&client("maple"), &name, 10, None).await;
    assert_eq!(history.unwrap().items.len(), 3);
}

async fn ledger<S: EmailLedger>(store: &S) {
    let event_id = SystemIds.event_id(now());
    let (id, of_client) = (EmailId::support(event_id), EmailId::client(event_id));
    let attempts = (0..5).map(|_| store.lease(id, now(), hours(1)));
    let outcomes = join_all(attempts).await;
    let granted = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Lease::Granted)));
    assert_eq!(granted.count(), 1, "{outcomes:?}");

    assert_eq!(
        store.lease(id, now(), hours(1)).await.unwrap(),
        Lease::InFlight
    );
    store.release(id).await.unwrap();
    assert_eq!(
        store.lease(id, now(), hours(1)).await.unwrap(),
        Lease::Granted
    );
    assert_eq!(
        store.lease(id, hours(1), hours(2)).await.unwrap(),
        Lease::Granted
    );
    store.hold_back(id, hours(3), "rejected").await.unwrap();
    let held_back = store.lease(id, hours(2), hours(4)).await.unwrap();
    assert!(matches!(held_back, Lease::HeldBack { reason } if reason == "rejected"));
    let granted = store.lease(id, hours(3), hours(4)).await.unwrap();
    assert_eq!(granted, Lease::Granted);
    let in_flight = store.lease(id, hours(3), hours(4)).await.unwrap();
    assert_eq!(in_flight, Lease::InFlight, "no longer held back");
    // The email about the same event to another reader is a different email, and so is the email
    // about another event.
    let other = EmailId::support(SystemIds.event_id(now()));
    let granted = store.lease(of_client, hours(3), hours(4)).await.unwrap();
    assert_eq!(granted, Lease::Granted);
    store.lease(other, hours(3), hours(4)).await.unwrap();
    let listed = [id, other];
    store.sent(&listed, "message-id", hours(1)).await.unwrap();
    for id in listed {
        let lease = store.lease(id, hours(9), hours(10)).await.unwrap();
        assert_eq!(lease, Lease::Sent);
    }
    let granted = store.lease(of_client, hours(4), hours(5)).await.unwrap();
    assert_eq!(granted, Lease::Granted);
    store.settle(of_client, hours(4)).await.unwrap();
    let settled = store.lease(of_client, hours(9), hours(10)).await.unwrap();
    assert_eq!(settled, Lease::Sent, "there is no email");
    assert_eq!(
        store.lease(id, hours(9), hours(10)).await.unwrap(),
        Lease::Sent
    );
}
