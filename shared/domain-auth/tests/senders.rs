//! A whole mailing is judged in a few reads, and each address gets the same verdict as in a request
//! of its own.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use domain_auth::claims::ClaimRegister;
use domain_auth::dns::DnsLook;
use domain_auth::domain::{Domain, RecordsSeen};
use domain_auth::history::Actor;
use domain_auth::names::{ClientId, DomainName, Eligibility};
use domain_auth::ports::{Clock, CommitChanges, ReadSenders, StoreError};
use domain_auth::state::{DisplacedBy, State, Trigger};
use domain_auth::use_cases::senders::{SenderStanding, Verdict, judge, judge_all};
use domain_auth_testkit::{
    MemoryStore, SequentialIds, TestClock, client, domain_name, identity, new_domain,
};
use futures::FutureExt;

/// Counts the reads.
#[derive(Default)]
struct Counting {
    store: MemoryStore,
    calls: AtomicUsize,
    keys: AtomicUsize,
}

impl Counting {
    fn count(&self, keys: usize) {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.keys.fetch_add(keys, Ordering::SeqCst);
    }
}

impl ReadSenders for Counting {
    async fn registers(
        &self,
        organizational: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, ClaimRegister>, StoreError> {
        self.count(organizational.len());
        self.store.registers(organizational).await
    }

    async fn domains_named(
        &self,
        client: &ClientId,
        names: &BTreeSet<DomainName>,
    ) -> Result<BTreeMap<DomainName, Domain>, StoreError> {
        self.count(names.len());
        self.store.domains_named(client, names).await
    }

    async fn looks_at(
        &self,
        client: &ClientId,
        names: &BTreeSet<DomainName>,
    ) -> Result<BTreeMap<DomainName, DnsLook>, StoreError> {
        self.count(names.len());
        self.store.looks_at(client, names).await
    }
}

fn added(store: &MemoryStore, client_id: &str, name: &str) -> Domain {
    let (ids, now) = (SequentialIds::default(), TestClock::default().now());
    let new = new_domain(client_id, name);
    let register = ClaimRegister::empty(new.name.organizational());
    let claims = Some(register.taken(&new.name, &new.client, now));
    let change = Domain::add(
        new,
        State::provisioning(),
        claims,
        Actor::Service,
        now,
        &ids,
    );
    let provisioned = Trigger::Provisioned(identity(&change.domain.name));
    store.commit(&change).now_or_never().unwrap().unwrap();
    moved(store, &change.domain, provisioned)
}

fn moved(store: &MemoryStore, domain: &Domain, trigger: Trigger) -> Domain {
    let (ids, now) = (SequentialIds::default(), TestClock::default().now());
    let change = domain.transition(trigger, Actor::Service, None, now, &ids);
    let change = change.unwrap();
    store.commit(&change).now_or_never().unwrap().unwrap();
    change.domain
}

/// `maple` has one waiting domain and has lost one, which `cedar` has.
fn counting() -> Counting {
    let counting = Counting::default();
    added(&counting.store, "maple", "waiting.example");
    let lost = added(&counting.store, "maple", "lost.example");
    let displaced = Trigger::Displaced {
        ownership_secret: "5e".repeat(32),
        why: DisplacedBy::ProvenByAnotherClient,
    };
    moved(&counting.store, &lost, displaced);
    // The claims after a takeover.
    counting
        .store
        .put_claims(&ClaimRegister::empty("lost.example"));
    added(&counting.store, "cedar", "held.example");
    counting
}

#[test]
fn a_hundred_addresses_are_judged_in_a_few_reads() {
    let counting = counting();
    let domains = [
        "waiting.example",
        "news.waiting.example",
        "a.lost.example",
        "held.example",
    ];
    let address = |number: usize| format!("\"N {number}\" <{number}@{}>", domains[number % 4]);
    let addresses: Vec<String> = (0..100).map(address).collect();
    let asked: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let (eligibility, maple) = (Eligibility::parse("").unwrap(), client("maple"));
    let verdicts = judge_all(&counting, &eligibility, &maple, &asked);
    let verdicts = verdicts.now_or_never().unwrap().unwrap();
    assert_eq!(verdicts.len(), 100);
    assert_eq!(
        counting.calls.load(Ordering::SeqCst),
        3,
        "claims, domains, names above"
    );
    let keys = counting.keys.load(Ordering::SeqCst);
    assert!(keys <= 10, "{keys} keys for four domains");
    for (address, verdict) in asked.iter().zip(&verdicts) {
        let alone = judge(&counting, &eligibility, &maple, address);
        assert_eq!(
            alone.now_or_never().unwrap().unwrap(),
            *verdict,
            "{address}"
        );
    }
    let standing = |verdict: &Verdict| match verdict {
        Verdict::Covered { by, standing, .. } => Some((by.to_string(), standing.clone())),
        Verdict::InvalidAddress | Verdict::NotYourDomain | Verdict::NotInitiated(_) => None,
    };
    let waiting = Some((
        "waiting.example".to_owned(),
        SenderStanding::WaitingForDns(RecordsSeen::NotLooked),
    ));
    assert_eq!(standing(&verdicts[0]), waiting);
    assert_eq!(standing(&verdicts[1]), waiting, "it covers what is below");
    let (by, lost) = standing(&verdicts[2]).unwrap();
    assert_eq!(by, "lost.example");
    assert!(matches!(lost, SenderStanding::Displaced(_)), "{lost:?}");
    assert_eq!(
        verdicts[3],
        Verdict::NotInitiated(domain_name("held.example"))
    );
}

#[test]
fn ineligible_domains_are_judged_without_a_read() {
    let counting = counting();
    let asked = ["nonsense", "a@gmail.com", "a@b@c", "Jane <jane@yahoo.com>"];
    let (eligibility, maple) = (Eligibility::parse("").unwrap(), client("maple"));
    let verdicts = judge_all(&counting, &eligibility, &maple, &asked);
    let verdicts = verdicts.now_or_never().unwrap().unwrap();
    assert_eq!(verdicts[0], Verdict::InvalidAddress);
    assert_eq!(verdicts[1], Verdict::NotYourDomain);
    assert_eq!(verdicts[3], Verdict::NotYourDomain);
    assert_eq!(counting.calls.load(Ordering::SeqCst), 0);
}
