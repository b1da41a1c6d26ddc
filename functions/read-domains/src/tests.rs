//! Every file in `events/read-domains`, through the handler, on a store with seven domains.
//! `maple-homes` has lost the names of two of them, and has proven one of these again.

use domain_auth::claims::ClaimRegister;
use domain_auth::diagnosis::{Diagnosis, DmarcDiscovery, dmarc_name};
use domain_auth::dns::{Data, DnsLook, ZoneOutcome};
use domain_auth::domain::{Change, Domain, NewDomain};
use domain_auth::email_auth::Dmarc;
use domain_auth::evidence;
use domain_auth::history::Actor;
use domain_auth::identity::{AxisStatus, SesLook, SesStatus};
use domain_auth::names::{ClientId, Eligibility};
use domain_auth::ports::{Clock, CommitChanges};
use domain_auth::state::{Authenticated, DisplacedBy, State, Status, Trigger};
use domain_auth_http::Cursors;
use domain_auth_testkit::{
    FakeDns, MemoryStore, SequentialIds, TestClock, TestPorts, answer_of, identity, new_domain,
    request_in,
};

use super::App;

#[expect(clippy::too_many_lines, reason = "one scene, which all events share")]
async fn app() -> App<TestPorts> {
    let (store, clock, ids) = (
        MemoryStore::default(),
        TestClock::default(),
        SequentialIds::default(),
    );
    let now = clock.now();
    let add = |new: NewDomain, state: State| {
        let register = ClaimRegister::empty(new.name.organizational());
        let claims = (state.status() != Status::Contested)
            .then(|| register.taken(&new.name, &new.client, now));
        Domain::add(new, state, claims, Actor::Service, now, &ids)
    };
    let pending = add(
        new_domain("maple-homes", "example.com"),
        State::provisioning(),
    );
    store.commit(&pending).await.unwrap();
    let provisioned = Trigger::Provisioned(identity(&pending.domain.name));
    let provisioned = pending
        .domain
        .transition(provisioned, Actor::Service, None, now, &ids);
    store.commit(&provisioned.unwrap()).await.unwrap();
    let contested = State::contested("5e".repeat(32), now);
    let contested = add(new_domain("maple-homes", "mail.example.org"), contested);
    store.commit(&contested).await.unwrap();
    let other = add(
        new_domain("oak-homes", "held-homes.com"),
        State::provisioning(),
    );
    store.commit(&other).await.unwrap();
    let registered = add(
        new_domain("maple-homes", "oakridge.example"),
        State::provisioning(),
    );
    let mut authenticated = registered.clone();
    authenticated.domain.state = State::Authenticated(Authenticated {
        identity: identity(&registered.domain.name),
    });
    store.commit(&authenticated).await.unwrap();
    let registered = add(
        new_domain("maple-homes", "strict.example"),
        State::provisioning(),
    );
    store.commit(&strict(registered, &clock)).await.unwrap();
    for (name, then, why) in [
        (
            "river.example",
            vec![Trigger::SesVerified, Trigger::Completed],
            DisplacedBy::ReleasedByLassoSupport {
                reason: "The community was sold to another builder.".to_owned(),
            },
        ),
        (
            "summit.example",
            Vec::new(),
            DisplacedBy::ProvenByAnotherClient,
        ),
    ] {
        let new = new_domain("maple-homes", name);
        let mut change = add(new, State::provisioning());
        store.commit(&change).await.unwrap();
        let cedar = ClientId::parse("cedar-homes").unwrap();
        let evidence = evidence::of_takeover(&why, &cedar, &change.domain.name);
        let provisioned = Trigger::Provisioned(identity(&change.domain.name));
        let displaced = Trigger::Displaced {
            ownership_secret: "d1".repeat(32),
            why,
        };
        for trigger in [provisioned].into_iter().chain(then).chain([displaced]) {
            let lost = matches!(trigger, Trigger::Displaced { .. });
            let (actor, evidence) = (Actor::Service, lost.then(|| evidence.clone()));
            let moved = change
                .domain
                .transition(trigger, actor, evidence, now, &ids);
            change = moved.unwrap();
            if let ("summit.example", State::Contested(contested)) =
                (name, &mut change.domain.state)
            {
                contested.proven_at = Some(now);
            }
            store.commit(&change).await.unwrap();
        }
    }
    let dns = FakeDns::default();
    for text in ["news.strict.example", "own.strict.example"] {
        dns.put(
            text,
            Data::Txt {
                text: "hello".to_owned(),
            },
        );
    }
    let own = "v=DMARC1; p=none; adkim=r; aspf=r".to_owned();
    dns.put("_dmarc.own.strict.example", Data::Txt { text: own });
    App {
        store,
        dns,
        clock,
        eligibility: Eligibility::parse("lassocrm.com").unwrap(),
        cursors: Cursors::new("secret"),
    }
}

/// An authenticated domain with a DMARC policy that requires strict alignment.
fn strict(mut change: Change, clock: &TestClock) -> Change {
    const POLICY: &str = "v=DMARC1; p=reject; adkim=s; aspf=s";
    let now = clock.now();
    let domain = &mut change.domain;
    domain.dns_looked_at = Some(now);
    domain.state = State::Authenticated(Authenticated {
        identity: identity(&domain.name),
    });
    domain.ses = Some(SesLook {
        status: SesStatus {
            verification: AxisStatus::Success,
            dkim: AxisStatus::Success,
            mail_from: AxisStatus::Success,
        },
        looked_at: now,
        details_at: None,
    });
    let dmarc = Dmarc::parse(POLICY).unwrap();
    let diagnosis = Diagnosis {
        records: Vec::new(),
        domain: Vec::new(),
        dmarc: DmarcDiscovery::Published {
            at: dmarc_name(domain.name.as_str()),
            text: POLICY.to_owned(),
            policy: dmarc.policy,
            dmarc,
        },
        dmarc_above: Vec::new(),
    };
    let zone = ZoneOutcome::Unknown { failure: None };
    change.look = Some(DnsLook::new(zone, diagnosis, Vec::new(), &[]));
    change
}

#[test]
fn every_event_is_answered_as_its_snapshot_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    insta::glob!("../../../events/read-domains", "*.json", |file| {
        let app = runtime.block_on(app());
        let reply = runtime.block_on(app.handle(request_in(file)));
        insta::assert_json_snapshot!(answer_of(&reply));
    });
}
