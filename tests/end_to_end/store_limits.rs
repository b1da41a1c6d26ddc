//! Scenarios of the number of a client's domains and of its alerts, for the table and the store in
//! memory.

use domain_auth::alerts::{Alert, AlertCounts, Place, PlaceAlerts, ReadAlertCounts, Said};
use domain_auth::audience::EmailId;
use domain_auth::domain::Change;
use domain_auth::history::Actor;
use domain_auth::instructions::Day;
use domain_auth::limits::{AdditionLimits, OwnLimits, ReadClientRecord, SetLimits};
use domain_auth::mail_limits::{CountEmails, MailWindow, Mailbox, Minute};
use domain_auth::names::{EmailAddress, EventId};
use domain_auth::ports::{CommitChanges, CommitError, EmailLedger, Ids, Lease};
use domain_auth::state::Trigger;
use domain_auth_aws::SystemIds;
use domain_auth_testkit::{client, domain_name};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use crate::store::{added, now};

fn limits(domains: u32, added_per_day: u32) -> AdditionLimits {
    AdditionLimits {
        domains,
        added_per_day,
    }
}

fn adding(client_id: &str, name: &str, at: Timestamp, limits: AdditionLimits) -> Change {
    added(client_id, name, at, at).within(limits)
}

fn removing(added: &Change) -> Change {
    let domain = &added.domain;
    let removed = domain.transition(Trigger::Removed, Actor::Service, None, now(), &SystemIds);
    removed.unwrap()
}

pub(crate) async fn numbers<S>(store: &S)
where
    S: CommitChanges + ReadClientRecord + SetLimits,
{
    let maple = client("maple");
    let held = async || store.client_record(&maple).await.unwrap().held;
    // Domains of the previous release are not in a number.
    let mut old = Vec::new();
    for n in 0..4 {
        let mut change = added("maple", &format!("old{n}.com"), now(), now());
        change.client_count = None;
        store.commit(&change).await.unwrap();
        old.push(change);
    }
    let mut gone = removing(&old[3]);
    gone.client_count = None;
    store.commit(&gone).await.unwrap();
    assert_eq!(held().await, None);
    assert_eq!(store.count_domains(&maple).await.unwrap(), 3);

    // The first changes that count are simultaneous: 3 + 8 - 1.
    let mut changes: Vec<Change> = (0..8)
        .map(|n| adding("maple", &format!("new{n}.com"), now(), limits(500, 50)))
        .collect();
    changes.push(removing(&old[0]));
    let outcomes = join_all(changes.iter().map(|change| store.commit(change))).await;
    for outcome in &outcomes {
        assert!(outcome.is_ok(), "{outcome:?}");
    }
    assert_eq!(held().await, Some(10));
    let record = store.client_record(&maple).await.unwrap();
    assert_eq!(record.added, Some((Day::of(now()), 8)));

    // A change that loses a conflict does not count.
    let again = adding("maple", "new0.com", now(), limits(500, 50));
    let lost = store.commit(&again).await;
    assert!(matches!(lost, Err(CommitError::Conflict)), "{lost:?}");
    assert_eq!(held().await, Some(10));

    let own = OwnLimits {
        domains: Some(12),
        added_per_day: None,
        support_emails_per_day: Some(0),
        reason: "Many communities".to_owned(),
        by: Actor::lasso_support("1"),
        at: now(),
    };
    store.set_limits(&maple, &own).await.unwrap();
    let record = store.client_record(&maple).await.unwrap();
    assert_eq!(record.own, Some(own));
    assert_eq!(record.held, None, "it is counted again");
    assert_eq!(store.count_domains(&maple).await.unwrap(), 10);
    store.commit(&removing(&changes[0])).await.unwrap();
    assert_eq!(held().await, Some(9));

    // Two changes of one client in one transaction.
    let two = [&removing(&changes[1]), &removing(&changes[2])];
    store.commit_all(&two).await.unwrap();
    assert_eq!(held().await, Some(7));
    let empty = store.client_record(&client("cedar")).await.unwrap();
    assert_eq!((empty.held, empty.added, empty.own), (None, None, None));
}

pub(crate) async fn limits_at_once<S: CommitChanges + ReadClientRecord>(store: &S) {
    for (client_id, limits, fit) in [
        ("held", limits(5, 50), 5),
        ("day", limits(500, 7), 7),
        ("none", limits(0, 50), 0),
        ("none-today", limits(500, 0), 0),
    ] {
        let names = (0..16).map(|n| format!("{client_id}{n}.com"));
        let changes: Vec<Change> = names
            .map(|name| adding(client_id, &name, now(), limits))
            .collect();
        let outcomes = join_all(changes.iter().map(|change| store.commit(change))).await;
        let written = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(written, fit, "{client_id} {outcomes:?}");
        for outcome in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert!(matches!(outcome, CommitError::Conflict), "{outcome:?}");
        }
        let record = store.client_record(&client(client_id)).await.unwrap();
        let (held, day) = (record.held.unwrap_or(0), Day::of(now()));
        assert_eq!(usize::try_from(held).unwrap(), fit, "{client_id}");
        assert_eq!(usize::try_from(record.added_on(day)).unwrap(), fit);
    }
    // The next day starts from zero, and a late clock does not go back to the earlier day.
    let limits = limits(500, 8);
    let tomorrow = now() + SignedDuration::from_hours(24);
    let day = "day";
    for (name, at) in [("a.com", tomorrow), ("b.com", now()), ("c.com", tomorrow)] {
        store.commit(&adding(day, name, at, limits)).await.unwrap();
    }
    let record = store.client_record(&client(day)).await.unwrap();
    assert_eq!(record.held, Some(10));
    assert_eq!(record.added, Some((Day::of(tomorrow), 3)));
}

fn alert<'a>(
    event_id: EventId,
    whose: (
        &'a domain_auth::names::ClientId,
        &'a domain_auth::names::DomainName,
    ),
    added_at: Timestamp,
    said: Option<Said>,
) -> Alert<'a> {
    Alert {
        event_id,
        client: whose.0,
        name: whose.1,
        added_at,
        said,
    }
}

/// As in the use case: repeated while other events are counted at the same time.
async fn placed<S: PlaceAlerts>(store: &S, alert: &Alert<'_>, limit: u32, at: Timestamp) -> Place {
    for attempt in 1..=50_u64 {
        if let Some(place) = store.place(alert, limit, at).await.unwrap() {
            return place;
        }
        tokio::time::sleep(std::time::Duration::from_millis(attempt)).await;
    }
    panic!("never placed");
}

pub(crate) async fn alerts<S: PlaceAlerts + ReadAlertCounts + EmailLedger>(store: &S) {
    let (maple, name) = (client("maple"), domain_name("example.com"));
    let (whose, day) = ((&maple, &name), Day::of(now()));
    let until = now() + SignedDuration::from_secs(30);
    let ids: Vec<EventId> = (0..12).map(|_| SystemIds.event_id(now())).collect();
    for id in &ids {
        store
            .lease(EmailId::support(*id), now(), until)
            .await
            .unwrap();
    }
    let alerts: Vec<Alert<'_>> = ids
        .iter()
        .map(|id| alert(*id, whose, now(), None))
        .collect();
    let once = join_all(alerts.iter().map(|alert| placed(store, alert, 4, now()))).await;
    let of = |place: Place| once.iter().filter(|found| **found == place).count();
    assert_eq!(of(Place::Own), 4, "{once:?}");
    assert_eq!(of(Place::Summary { day, limit: 4 }), 1, "{once:?}");
    assert_eq!(of(Place::InSummary), 7, "{once:?}");
    let counts = AlertCounts {
        own: 4,
        summarized: 8,
    };
    assert_eq!(store.alerts_on(&maple, day).await.unwrap(), counts);

    // Again, on another day and with another limit: the same places and the same counts.
    let later = now() + SignedDuration::from_hours(30);
    let again = join_all(alerts.iter().map(|alert| placed(store, alert, 99, later))).await;
    assert_eq!(again, once);
    assert_eq!(store.alerts_on(&maple, day).await.unwrap(), counts);
    let then = store.alerts_on(&maple, Day::of(later)).await.unwrap();
    assert_eq!(then, AlertCounts::default());

    // An event without an email is settled; an event with an email waits for its lease.
    for (id, place) in ids.iter().zip(&once) {
        let lease = store
            .lease(EmailId::support(*id), now(), until)
            .await
            .unwrap();
        let expected = match place {
            Place::Own | Place::Summary { .. } => Lease::InFlight,
            Place::InSummary | Place::Repeated => Lease::Sent,
        };
        assert_eq!(lease, expected, "{place:?}");
    }

    // The same alert about a domain that its client has removed and added again.
    let cedar = client("cedar");
    let whose = (&cedar, &name);
    let said = async |life: i64, said: Said, hours: i64| {
        let added_at = now() + SignedDuration::from_secs(life);
        let at = now() + SignedDuration::from_hours(hours);
        let alert = alert(SystemIds.event_id(at), whose, added_at, Some(said));
        placed(store, &alert, 50, at).await
    };
    assert_eq!(said(1, Said::ReadyAndNotVerified, 0).await, Place::Own);
    let again = said(1, Said::ReadyAndNotVerified, 1).await;
    assert_eq!(again, Place::Own, "in the same life");
    let next = said(2, Said::ReadyAndNotVerified, 2).await;
    assert_eq!(next, Place::Repeated);
    assert_eq!(said(2, Said::ReadyAndVerified, 2).await, Place::Own);
    let a_day_later = said(3, Said::ReadyAndNotVerified, 26).await;
    assert_eq!(a_day_later, Place::Own);
    let first_day = store.alerts_on(&cedar, day).await.unwrap();
    assert_eq!(first_day.own, 3, "repetitions are not counted");
    for kind in [Said::Verified, Said::ProvenAndContested] {
        assert_eq!(said(4, kind, 27).await, Place::Own, "{kind:?}");
        assert_eq!(said(5, kind, 50).await, Place::Repeated, "{kind:?}");
        assert_eq!(said(6, kind, 51).await, Place::Own, "{kind:?}");
    }
}

/// Emails to a mailbox: of many simultaneous ones at most the limit is counted, separately for each
/// window.
pub(crate) async fn mailboxes<S: CountEmails>(store: &S) {
    let contact = EmailAddress::parse("kim@mailbox.example").unwrap();
    for to in [Mailbox::Support, Mailbox::of(&contact)] {
        let minute = MailWindow::Minute(Minute::of(now()));
        let counted = join_all((0..9).map(|_| store.count_email(&to, minute, 4))).await;
        let counted = counted
            .into_iter()
            .filter(|counted| *counted.as_ref().unwrap());
        assert_eq!(counted.count(), 4, "{to:?}");
        assert_eq!(store.emails_counted(&to, minute).await.unwrap(), 4);
        let day = MailWindow::Day(Day::of(now()));
        assert_eq!(store.emails_counted(&to, day).await.unwrap(), 0);
        assert!(store.count_email(&to, day, 1).await.unwrap());
        assert!(!store.count_email(&to, day, 1).await.unwrap());
        // Never below zero.
        for left in [0, 0] {
            store.uncount_email(&to, day).await.unwrap();
            assert_eq!(store.emails_counted(&to, day).await.unwrap(), left);
        }
        assert!(store.count_email(&to, day, 1).await.unwrap());
    }
}
