//! Reads for many addresses in one call, on the table and on the store in memory.

use std::collections::BTreeSet;

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::Domain;
use domain_auth::history::Actor;
use domain_auth::names::DomainName;
use domain_auth::ports::{CommitChanges, ReadSenders};
use domain_auth::state::State;
use domain_auth_testkit::{SequentialIds, client, domain_name, new_domain};
use jiff::Timestamp;

/// More than one call of `BatchGetItem` takes.
const NAMES: usize = 130;

/// Every third domain exists.
pub(crate) async fn many<S: CommitChanges + ReadSenders>(store: &S) {
    let names: BTreeSet<DomainName> = (0..NAMES)
        .map(|number| domain_name(&format!("homes{number}.example")))
        .collect();
    let there: BTreeSet<DomainName> = names.iter().step_by(3).cloned().collect();
    let ids = SequentialIds::default();
    for name in &there {
        let new = new_domain("maple-homes", name.as_str());
        let now = Timestamp::UNIX_EPOCH;
        let claims = ClaimRegister::empty(name.organizational()).taken(name, &new.client, now);
        let state = State::provisioning();
        let change = Domain::add(new, state, Some(claims), Actor::Service, now, &ids);
        store.commit(&change).await.unwrap();
    }
    let maple = client("maple-homes");
    let domains = store.domains_named(&maple, &names).await.unwrap();
    assert!(domains.keys().eq(&there));
    assert!(domains.iter().all(|(name, domain)| domain.name == *name));
    let others = store.domains_named(&client("cedar-homes"), &names).await;
    assert!(
        others.unwrap().is_empty(),
        "domains are those of one client"
    );
    let organizational = names.iter().map(|name| name.organizational().to_owned());
    let registers = store.registers(&organizational.collect()).await.unwrap();
    assert_eq!(registers.len(), there.len());
    for (organizational, register) in &registers {
        assert_eq!(register.holder(&domain_name(organizational)), Some(&maple));
    }
    assert!(store.looks_at(&maple, &names).await.unwrap().is_empty());
    let lines = store.newest_lines(&maple, &names).await.unwrap();
    assert!(lines.keys().eq(&there));
    assert!(store.registers(&BTreeSet::new()).await.unwrap().is_empty());
}
