//! Scenarios of domains that are removed and added again, for the table and the store in memory.

use domain_auth::domain::{Domain, Fate};
use domain_auth::history::Actor;
use domain_auth::ports::{CommitChanges, CommitError, ReadDomains};
use domain_auth::state::{Status, Trigger};
use domain_auth_aws::SystemIds;
use domain_auth_testkit::{client, domain_name, new_domain};
use jiff::{SignedDuration, Timestamp};

use crate::store::{added, now};

const NAME: &str = "lives.com";

async fn stored<S: ReadDomains>(store: &S) -> Option<Domain> {
    let (client, name) = (client("maple"), domain_name(NAME));
    store.domain(&client, &name).await.unwrap()
}

fn later(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

/// A change that is based on a read in one life is not written in the next, although the version
/// follows.
pub(crate) async fn another_life<S: CommitChanges + ReadDomains>(store: &S) {
    let first = added("maple", NAME, now(), now());
    store.commit(&first).await.unwrap();
    let old = first.domain;
    let late = old.looked_at(|_| {}, later(1));
    let mut gone = old.looked_at(|_| {}, later(1));
    gone.fate = Fate::Deleted;
    store.commit(&gone).await.unwrap();
    assert_eq!(stored(store).await, None);

    let mut second = added("maple", NAME, later(2), later(2));
    second.claims = None;
    store.commit(&second).await.unwrap();
    assert_eq!(second.domain.version + 1, late.domain.version);
    let mut deleted_late = late.clone();
    deleted_late.fate = Fate::Deleted;
    for late in [late, deleted_late] {
        let outcome = store.commit(&late).await;
        assert!(matches!(outcome, Err(CommitError::Conflict)), "{outcome:?}");
    }
    assert_eq!(stored(store).await, Some(second.domain.clone()));

    // A domain that is added again while it is being removed continues its versions.
    let (service, at) = (Actor::Service, later(3));
    let removed = Trigger::Removed;
    let removing = second
        .domain
        .transition(removed, service, None, at, &SystemIds);
    let removing = removing.unwrap();
    store.commit(&removing).await.unwrap();
    let late = removing.domain.looked_at(|_| {}, later(5));
    let (new, at) = (new_domain("maple", NAME), later(4));
    let again = removing
        .domain
        .readded(new, None, Actor::Service, at, &SystemIds);
    let again = again.unwrap();
    assert!(again.begins_a_life());
    store.commit(&again).await.unwrap();
    let outcome = store.commit(&late).await;
    assert!(matches!(outcome, Err(CommitError::Conflict)), "{outcome:?}");
    let read = stored(store).await.unwrap();
    assert_eq!(read.added_at, later(4));
    assert_eq!(read.state.status(), Status::Provisioning);
    let next = read.looked_at(|_| {}, later(6));
    store.commit(&next).await.unwrap();
}
