//! Checks the API's answers about a domain after each change: their parts must agree.

use answer_rules::{Answer, broken};
use domain_auth::domain::Domain;
use domain_auth_testkit::MemoryStore;
use futures::FutureExt;
use jiff::Timestamp;

/// The problems in the answers about a stored domain. `None` if it is gone.
pub(super) fn wrong(store: &MemoryStore, domain: &Domain, now: Timestamp) -> Option<Vec<String>> {
    let whose = (&domain.client, &domain.name);
    // The store in memory never waits.
    let read = Box::pin(Answer::read(store, whose, now)).now_or_never();
    match read {
        Some(Ok(answer)) => answer.map(|answer| broken(&answer)),
        Some(Err(error)) => Some(vec![format!("no answer about {}: {error}", domain.name)]),
        None => Some(vec![format!("no answer about {} at once", domain.name)]),
    }
}
