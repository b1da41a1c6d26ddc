//! A whole mailing is judged in a few reads, and each address gets the same verdict as in a request
//! of its own.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain_auth::claims::ClaimRegister;
use domain_auth::diagnosis::{Diagnosis, DmarcDiscovery, dmarc_name};
use domain_auth::dns::{Data, DnsLook, Lookup, ZoneOutcome};
use domain_auth::domain::{Domain, Fate, RecordsSeen};
use domain_auth::email_auth::Dmarc;
use domain_auth::history::{Actor, HistoryEntry};
use domain_auth::identity::{AxisStatus, SesLook, SesStatus};
use domain_auth::names::{ClientId, DomainName, Eligibility};
use domain_auth::ports::{Clock, CommitChanges, ReadSenders, StoreError};
use domain_auth::state::{DisplacedBy, State, Trigger};
use domain_auth::use_cases::sender_policies::NamesBelow;
use domain_auth::use_cases::sender_warnings::{RefusedByDmarc, SenderWarning, When};
use domain_auth::use_cases::senders::{SenderStanding, Verdict, judge, judge_all};
use domain_auth_testkit::{
    FakeDns, MemoryStore, SequentialIds, TestClock, client, domain_name, identity, new_domain,
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

    async fn newest_lines(
        &self,
        client: &ClientId,
        names: &BTreeSet<DomainName>,
    ) -> Result<BTreeMap<DomainName, HistoryEntry>, StoreError> {
        self.count(names.len());
        self.store.newest_lines(client, names).await
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
    added(&counting.store, "cedar", "held-homes.com");
    counting
}

#[test]
fn a_hundred_addresses_are_judged_in_a_few_reads() {
    let counting = counting();
    let domains = [
        "waiting.example",
        "news.waiting.example",
        "a.lost.example",
        "held-homes.com",
    ];
    let address = |number: usize| format!("\"N {number}\" <{number}@{}>", domains[number % 4]);
    let addresses: Vec<String> = (0..100).map(address).collect();
    let asked: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let (eligibility, maple) = (Eligibility::parse("").unwrap(), client("maple"));
    // Lasso sends for none of them, so nothing is asked of a DNS that would never answer.
    let (dns, clock) = (FakeDns::default(), TestClock::default());
    dns.never_answer("example");
    let below = NamesBelow {
        dns: &dns,
        clock: &clock,
    };
    let verdicts = judge_all(&counting, &below, &eligibility, &maple, &asked);
    let verdicts = verdicts.now_or_never().unwrap().unwrap();
    assert_eq!(verdicts.len(), 100);
    assert_eq!(
        counting.calls.load(Ordering::SeqCst),
        4,
        "claims, domains, names above, history"
    );
    let keys = counting.keys.load(Ordering::SeqCst);
    assert!(keys <= 10, "{keys} keys for four domains");
    for (address, verdict) in asked.iter().zip(&verdicts) {
        let alone = judge(&counting, &below, &eligibility, &maple, address);
        assert_eq!(
            alone.now_or_never().unwrap().unwrap(),
            *verdict,
            "{address}"
        );
    }
    let standing = |verdict: &Verdict| match verdict {
        Verdict::Covered { by, standing, .. } => Some((by.to_string(), standing.clone())),
        Verdict::InvalidAddress | Verdict::NotYourDomain | Verdict::NotInitiated(_) => None,
        Verdict::RemovedBySupport { .. } => None,
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
        Verdict::NotInitiated(domain_name("held-homes.com"))
    );
}

fn judged(store: &MemoryStore, asked: &[&str]) -> Vec<Verdict> {
    let below = NamesBelow {
        dns: &FakeDns::default(),
        clock: &TestClock::default(),
    };
    let (eligibility, maple) = (Eligibility::parse("").unwrap(), client("maple"));
    let verdicts = judge_all(store, &below, &eligibility, &maple, asked);
    verdicts.now_or_never().unwrap().unwrap()
}

/// The history of a domain stays when it is removed.
#[test]
fn a_name_that_lasso_support_removed_is_reported_and_one_that_its_client_removed_is_not() {
    let store = MemoryStore::default();
    let (ids, now) = (SequentialIds::default(), TestClock::default().now());
    for (name, actor) in [
        ("support-homes.com", Actor::lasso_support("sam")),
        ("client-homes.com", Actor::client_admin("jo")),
    ] {
        let domain = added(&store, "maple", name);
        let removed = domain.transition(Trigger::Removed, actor, None, now, &ids);
        let mut removed = removed.unwrap();
        removed.fate = Fate::Deleted;
        store.put_claims(&ClaimRegister::empty(name));
        store.commit(&removed).now_or_never().unwrap().unwrap();
    }
    let asked = [
        "a@support-homes.com",
        "a@client-homes.com",
        "a@never-homes.com",
    ];
    assert_eq!(
        judged(&store, &asked),
        [
            Verdict::RemovedBySupport {
                name: domain_name("support-homes.com"),
                at: now
            },
            Verdict::NotInitiated(domain_name("client-homes.com")),
            Verdict::NotInitiated(domain_name("never-homes.com")),
        ]
    );
}

#[test]
fn the_verdict_about_a_domain_that_cannot_be_added_never_asks_to_add_it() {
    let store = MemoryStore::default();
    let verdict = |address: &str| judged(&store, &[address]).remove(0);
    let refused = "oak.con sub.example.net oak.lan foo.internal x.test foo.onion home.arpa ☃.com ab\u{2011}c.com";
    for domain in refused.split(' ') {
        let verdict = verdict(&format!("a@{domain}"));
        assert_eq!(verdict, Verdict::NotYourDomain, "{domain}");
    }
    let to_be_added = Verdict::NotInitiated(domain_name("oakz.com"));
    for address in ["a@oakz.com", "a@www.oakz.com", "a@www.www.oakz.com"] {
        assert_eq!(verdict(address), to_be_added, "{address}");
    }
    // A domain that was added before a rule can still be used.
    added(&store, "maple", "held.test");
    assert!(matches!(verdict("a@held.test"), Verdict::Covered { .. }));
}

#[test]
fn ineligible_domains_are_judged_without_a_read() {
    let counting = counting();
    let asked = ["nonsense", "a@gmail.com", "a@b@c", "Jane <jane@yahoo.com>"];
    let (eligibility, maple) = (Eligibility::parse("").unwrap(), client("maple"));
    // Lasso sends for none of them, so nothing is asked of a DNS that would never answer.
    let (dns, clock) = (FakeDns::default(), TestClock::default());
    dns.never_answer("example");
    let below = NamesBelow {
        dns: &dns,
        clock: &clock,
    };
    let verdicts = judge_all(&counting, &below, &eligibility, &maple, &asked);
    let verdicts = verdicts.now_or_never().unwrap().unwrap();
    assert_eq!(verdicts[0], Verdict::InvalidAddress);
    assert_eq!(verdicts[1], Verdict::NotYourDomain);
    assert_eq!(verdicts[3], Verdict::NotYourDomain);
    assert_eq!(counting.calls.load(Ordering::SeqCst), 0);
}

/// `maple` sends for `sending.example`, whose DMARC record is `policy`.
fn sending(policy: &str) -> MemoryStore {
    let store = MemoryStore::default();
    let added = added(&store, "maple", "sending.example");
    let verified = moved(&store, &added, Trigger::SesVerified);
    let (ids, now) = (SequentialIds::default(), TestClock::default().now());
    let completed = verified.transition(Trigger::Completed, Actor::Service, None, now, &ids);
    let mut change = completed.unwrap();
    let domain = &mut change.domain;
    domain.dns_looked_at = Some(now);
    domain.ses = Some(SesLook {
        status: SesStatus {
            verification: AxisStatus::Success,
            dkim: AxisStatus::Success,
            mail_from: AxisStatus::Success,
        },
        looked_at: now,
        details_at: None,
    });
    let dmarc = Dmarc::parse(policy).unwrap();
    let diagnosis = Diagnosis {
        records: Vec::new(),
        domain: Vec::new(),
        dmarc: DmarcDiscovery::Published {
            at: dmarc_name("sending.example"),
            text: policy.to_owned(),
            policy: dmarc.policy,
            dmarc,
        },
        dmarc_above: Vec::new(),
    };
    let zone = ZoneOutcome::Unknown { failure: None };
    change.look = Some(DnsLook::new(zone, diagnosis, Vec::new(), &[]));
    store.commit(&change).now_or_never().unwrap().unwrap();
    store
}

/// The policy by which mail from an address would be refused, and on what that depends. `allowed` is the same
/// whatever DNS says.
fn refused_by(
    store: &MemoryStore,
    dns: &impl Lookup,
    clock: &TestClock,
    address: &str,
) -> Option<(String, When)> {
    let below = NamesBelow { dns, clock };
    let (eligibility, maple) = (Eligibility::parse("").unwrap(), client("maple"));
    let judged = judge(store, &below, &eligibility, &maple, address);
    // Functions run on a runtime that asks for this.
    let judged: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(judged);
    let verdict = judged.now_or_never().unwrap().unwrap();
    let Verdict::Covered {
        by,
        standing,
        warnings,
    } = verdict
    else {
        panic!("{address}: {verdict:?}");
    };
    assert_eq!(by.as_str(), "sending.example");
    assert_eq!(standing, SenderStanding::Authenticated);
    warnings.into_iter().find_map(|warning| match warning {
        SenderWarning::RefusedByDmarc(RefusedByDmarc {
            policy_of, when, ..
        }) => Some((policy_of, when)),
        SenderWarning::ShowsVia(_) | SenderWarning::BulkRulesUnmet(_) => None,
    })
}

fn text(text: &str) -> Data {
    Data::Txt {
        text: text.to_owned(),
    }
}

#[test]
fn the_policy_at_a_name_below_the_domain_is_looked_up_for_an_address_there() {
    let store = sending("v=DMARC1; p=none; np=reject");
    let (dns, clock) = (FakeDns::default(), TestClock::default());
    let strict = text("v=DMARC1; p=reject; adkim=s; aspf=s");
    dns.put("_dmarc.strict.sending.example", strict.clone());
    dns.put(
        "_dmarc.alone.sending.example",
        text("v=DMARC1; p=reject; psd=n"),
    );
    dns.put(
        "_dmarc.vendor.sending.example",
        Data::Cname {
            target: "policy.vendor.example".to_owned(),
        },
    );
    dns.put("policy.vendor.example", strict);
    dns.put("plain.sending.example", text("hello"));
    let of = |address| refused_by(&store, &dns, &clock, address);
    let always = |name: &str| Some((name.to_owned(), When::Always));
    assert_eq!(
        of("a@strict.sending.example"),
        always("strict.sending.example")
    );
    assert_eq!(
        of("a@alone.sending.example"),
        always("alone.sending.example")
    );
    assert_eq!(
        of("a@x.alone.sending.example"),
        always("alone.sending.example")
    );
    assert_eq!(
        of("a@vendor.sending.example"),
        always("vendor.sending.example")
    );
    assert_eq!(of("a@plain.sending.example"), None);
    assert_eq!(of("a@sending.example"), None);
    let np = sending("v=DMARC1; p=none; np=reject; adkim=s; aspf=s");
    let of = |address| refused_by(&np, &dns, &clock, address);
    assert_eq!(of("a@plain.sending.example"), None, "np is for other names");
    assert_eq!(of("a@nothing.sending.example"), always("sending.example"));
}

#[test]
fn a_sender_request_is_answered_within_a_second_if_dns_does_not_answer() {
    let (dns, clock) = (FakeDns::default(), TestClock::default());
    dns.never_answer("sending.example");
    let begun = clock.now();
    let above = sending("v=DMARC1; p=reject; adkim=s; aspf=s");
    let by_the_policy_above = Some(("sending.example".to_owned(), When::Always));
    let address = "a@news.sending.example";
    assert_eq!(
        refused_by(&above, &dns, &clock, address),
        by_the_policy_above
    );
    let relaxed = sending("v=DMARC1; p=none");
    assert_eq!(refused_by(&relaxed, &dns, &clock, address), None);
    let took = clock.now().duration_since(begun);
    assert!(took.as_secs() <= 8, "each wait moves the clock: {took:?}");
}
