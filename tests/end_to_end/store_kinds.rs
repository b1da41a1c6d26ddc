//! One item of every kind in the table, in every possible state: a release has written them, and a
//! later release has to read them.
//!
//! `shared/aws/fixtures/table-1.json` is the output of [`every_kind`] in the first release. Before
//! a release changes the schema of an item, write such a table of the previous release:
//! `WRITE_TABLE=shared/aws/fixtures/table-2.json cargo test -p end-to-end-tests -- the_table_has_the_version`.

use std::collections::BTreeSet;

use domain_auth::audience::EmailId;
use domain_auth::claims::{ClaimRegister, Reservation};
use domain_auth::dns::DnsLook;
use domain_auth::domain::{Challenger, Change, Domain};
use domain_auth::evidence::{self, Evidence};
use domain_auth::final_step::FinalStep;
use domain_auth::history::{Action, Actor};
use domain_auth::idempotency::{
    Attempt, Fingerprint, IdempotencyKey, IdempotencyLedger, KeyOwner, StoredAnswer,
};
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::instructions::{CountInstructions, Day, Recipient};
use domain_auth::links::{Link, LinkId, LinkTarget, LinkToken, MOST_DAYS, NewLink, end_of};
use domain_auth::mail_limits::{CountEmails, MailWindow, Mailbox, Minute};
use domain_auth::names::{Community, DomainName, EmailAddress};
use domain_auth::ports::{
    Clock, CommitChanges, EmailLedger, Ids, Outbox, ReadDomains, Reconciliations, Runs,
};
use domain_auth::reconciliation::{Missing, Orphan, Reconciliation};
use domain_auth::run_memory::{RunMemory, Sample};
use domain_auth::state::{DisplacedBy, FailureReason, State, Status, Trigger};
use domain_auth::use_cases::look::{after_look, look_at_dns};
use domain_auth_testkit::{
    FakeDns, SequentialIds, TestClock, client, domain_name, identity, new_domain,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// A store to which every kind of item is written.
pub(crate) trait EveryStore:
    CommitChanges
    + ReadDomains
    + Outbox
    + EmailLedger
    + CountEmails
    + IdempotencyLedger
    + CountInstructions
    + Runs
    + Reconciliations
{
}

impl<S> EveryStore for S where
    S: CommitChanges
        + ReadDomains
        + Outbox
        + EmailLedger
        + CountEmails
        + IdempotencyLedger
        + CountInstructions
        + Runs
        + Reconciliations
{
}

/// The client of the items.
pub(crate) const CLIENT: &str = "maple-homes";
/// The domain with all actions in its history.
pub(crate) const LONG_LIFE: &str = "every-action.example.com";

const SUBJECT: &str = "6f1f2b0e-3c6f-4a55-9d0e-1a2b3c4d5e6f";
const SUPPORTER: &str = "7a2f2b0e-3c6f-4a55-9d0e-1a2b3c4d5e6f";
/// Texts in these items that name a person, or that a person wrote.
pub(crate) const PERSONS: [&str; 7] = [
    SUPPORTER,
    SUBJECT,
    "dana@example.com",
    "d…@example.com",
    "Maple Ridge",
    "We have published all.",
    "The contract has ended.",
];

/// A proof by a client, if no other client had the name.
const PROVEN: Trigger = Trigger::ProofFound { displaced: None };

struct Writer<'a, S> {
    store: &'a S,
    clock: TestClock,
    ids: SequentialIds,
    dns: FakeDns,
}

/// Writes the items.
pub(crate) async fn every_kind(store: &impl EveryStore) {
    let writer = Writer {
        store,
        clock: TestClock::default(),
        ids: SequentialIds::default(),
        dns: FakeDns::default(),
    };
    for status in Status::ALL {
        Box::pin(writer.domain_in(status)).await;
    }
    Box::pin(writer.every_action()).await;
    writer.publish_one().await;
    writer.emails().await;
    writer.requests().await;
    writer.instructions().await;
    writer.runs().await;
}

impl<S: EveryStore> Writer<'_, S> {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn commit(&self, change: Change) -> Domain {
        self.clock.advance(SignedDuration::from_mins(1));
        self.store.commit(&change).await.unwrap();
        change.domain
    }

    /// A domain with all data that a client can give.
    async fn added(&self, name: &str, contested: bool) -> Domain {
        let mut new = new_domain(CLIENT, name);
        new.community = Some(Community::parse("Maple Ridge").unwrap());
        new.contact_email = Some(EmailAddress::parse("dana@example.com").unwrap());
        let now = self.now();
        let (state, claims) = if contested {
            (State::contested("secret of a claim".to_owned(), now), None)
        } else {
            let claims = ClaimRegister::empty(new.name.organizational());
            let claims = claims.taken(&new.name, &new.client, now);
            (State::provisioning(), Some(claims))
        };
        let change = Domain::add(new, state, claims, admin(), now, &self.ids);
        self.commit(change).await
    }

    fn moved(&self, domain: &Domain, trigger: Trigger, evidence: Evidence) -> Change {
        let (now, ids) = (self.now(), &self.ids);
        domain
            .transition(trigger, Actor::Service, Some(evidence), now, ids)
            .unwrap()
    }

    async fn provisioned(&self, domain: &Domain) -> Domain {
        let identity = identity(&domain.name);
        let evidence = evidence::of_identity(&domain.name, &identity);
        let change = self.moved(domain, Trigger::Provisioned(identity), evidence);
        self.commit(change).await
    }

    /// The change of the domain after a look at SES and DNS.
    async fn looked(&self, domain: &Domain, verification: AxisStatus) -> Change {
        let ses = SesStatus {
            verification,
            dkim: AxisStatus::Pending,
            mail_from: AxisStatus::Pending,
        };
        let look = look_at_dns(&self.dns, &self.clock, domain, Some(ses)).await;
        after_look(domain, Some(ses), look, self.now(), &self.ids)
    }

    fn publish(&self, domain: &Domain) {
        for record in domain.records() {
            self.dns.publish(&record);
        }
    }

    async fn verified(&self, domain: &Domain) -> Domain {
        self.publish(domain);
        let change = self.looked(domain, AxisStatus::Success).await;
        assert_eq!(change.domain.state.status(), Status::Verified);
        self.commit(change).await
    }

    fn seen(look: Option<&DnsLook>) -> Evidence {
        evidence::of_look(None, look)
    }

    async fn completed(&self, domain: &Domain) -> Domain {
        let evidence = evidence::of_final_step(FinalStep::Manual, None, None, None);
        let change = self.moved(domain, Trigger::Completed, evidence);
        self.commit(change).await
    }

    async fn at_risk(&self, domain: &Domain) -> Domain {
        let reason = "The three DKIM records are gone.".to_owned();
        let change = self.moved(domain, Trigger::RecordsBroken { reason }, Self::seen(None));
        self.commit(change).await
    }

    async fn domain_in(&self, status: Status) {
        let name = format!("{}.example", status.as_str().replace('_', "-"));
        let domain = self.added(&name, status == Status::Contested).await;
        if matches!(status, Status::Contested | Status::Provisioning) {
            return;
        }
        let domain = self.provisioned(&domain).await;
        match status {
            Status::Contested | Status::Provisioning => {}
            Status::Pending => {
                let change = self.looked(&domain, AxisStatus::Pending).await;
                self.commit(change).await;
            }
            Status::Verified => {
                let domain = self.verified(&domain).await;
                let now = self.now();
                let change = domain.acted(Action::Ready, admin(), None, now, |domain| {
                    domain.say_ready(now, None, true);
                });
                self.commit(change).await;
            }
            Status::Authenticated => {
                let domain = self.verified(&domain).await;
                self.completed(&domain).await;
            }
            Status::AtRisk => {
                let domain = self.verified(&domain).await;
                let domain = self.completed(&domain).await;
                self.at_risk(&domain).await;
            }
            Status::Failed => {
                let trigger = Trigger::SesFailed(FailureReason::DeadlinePassed);
                let change = self.moved(&domain, trigger, Self::seen(None));
                self.commit(change).await;
            }
            Status::Rejected => {
                let domain = self.verified(&domain).await;
                self.refused(&domain).await;
            }
            Status::Removing => {
                self.removed(&domain).await;
            }
        }
    }

    async fn refused(&self, domain: &Domain) -> Domain {
        let reason = "The contract has ended.".to_owned();
        let evidence = evidence::of_refusal(&reason);
        let trigger = Trigger::Refused { reason };
        let now = self.now();
        let change = domain.transition(trigger, supporter(), Some(evidence), now, &self.ids);
        self.commit(change.unwrap()).await
    }

    async fn removed(&self, domain: &Domain) -> Domain {
        let evidence = stored(Action::Removed, json!({ "confirmed": true }));
        let mut change = self.moved(domain, Trigger::Removed, evidence);
        let (name, now) = (&domain.name, self.now());
        // As in `remove`: the register with which the domain was added.
        let claims = ClaimRegister::empty(name.organizational());
        let claims = claims.taken(name, &domain.client, domain.added_at);
        change.claims = Some(claims.leaving(name, &domain.client, Reservation::Full, now));
        let domain = self.commit(change).await;
        let mut deleting = domain.updated(|domain| {
            if let State::Removing(removing) = &mut domain.state {
                removing.deleting_until = Some(now + SignedDuration::from_mins(1));
            }
        });
        deleting.domain.next_check = now + SignedDuration::from_mins(1);
        self.commit(deleting).await
    }

    /// A life with every action, its end, and the beginning of the next life.
    async fn every_action(&self) {
        let domain = self.added(LONG_LIFE, true).await;
        self.publish(&domain);
        let found = json!({ "record": "_lasso-challenge.every-action.example.com", "servers": ["ns1.example"] });
        let found = stored(Action::ProofFound, found);
        let domain = self.next(&domain, PROVEN, found).await;
        let domain = self.provisioned(&domain).await;
        let failed = Trigger::SesFailed(FailureReason::SesGaveUp);
        let domain = self.next(&domain, failed, Self::seen(None)).await;
        let restarted =
            json!({ "failed_by": "ses_gave_up", "asked_of_ses": ["VerifyDomainIdentity"] });
        let restarted = stored(Action::Restarted, restarted);
        let domain = self.next(&domain, Trigger::Restarted, restarted).await;
        let asked = domain.updated(|domain| {
            domain.checked_at = Some(self.clock.now());
            domain.check_asked_by = Some(admin());
        });
        let domain = self.commit(asked).await;
        let change = self.looked(&domain, AxisStatus::Pending).await;
        let domain = self.commit(change).await;
        let note = json!({ "note": "We have published all.", "missing": ["Nothing yet."] });
        let domain = self.act(&domain, Action::Ready, note).await;
        let sent = json!({ "to": "d…@example.com", "note": null });
        let domain = self.act(&domain, Action::InstructionsSent, sent).await;
        let refused = json!({
            "to": "d…@example.com", "email": "instructions", "reason": "bounced", "status": "5.1.1"
        });
        let domain = self.act(&domain, Action::EmailRefused, refused).await;
        let domain = self.verified(&domain).await;
        let domain = self.refused(&domain).await;
        let note = stored(Action::Reopened, json!({ "note": null }));
        let domain = self.next(&domain, Trigger::Reopened, note).await;
        let domain = self.completed(&domain).await;
        let domain = self.at_risk(&domain).await;
        let seen = Self::seen(None);
        let domain = self.next(&domain, Trigger::RecordsRecovered, seen).await;
        let domain = self.challenged(&domain).await;
        let domain = self.commit(domain.stuck(self.now(), &self.ids)).await;
        let ownership_secret = "another secret".to_owned();
        let lost = json!({ "reason": "contested", "internal": { "reason": "proven", "to": "cedar-homes" } });
        let displaced = Trigger::Displaced {
            ownership_secret,
            why: DisplacedBy::ProvenByAnotherClient,
        };
        let lost = stored(Action::Displaced, lost);
        let domain = self.next(&domain, displaced, lost).await;
        let adopted = json!({ "reason": "They made the identity before they came to us." });
        let adopted = stored(Action::Adopted, adopted);
        let domain = self.next(&domain, Trigger::Adopted, adopted).await;
        let changed = json!({ "communities": { "from": [], "to": ["Maple Ridge"] } });
        let domain = self.act(&domain, Action::Changed, changed).await;
        let domain = self.linked(&domain).await;
        let removed = stored(Action::Removed, json!({ "confirmed": false }));
        let domain = self.next(&domain, Trigger::Removed, removed).await;
        let new = new_domain(CLIENT, LONG_LIFE);
        let change = domain.readded(new, None, admin(), self.now(), &self.ids);
        let mut change = change.unwrap();
        // A name that is held, one that was given up, one that was lost and one that was proven.
        let (name, maple, now) = (&domain.name, &domain.client, self.now());
        let below = |label: &str| -> DomainName { domain_name(&format!("{label}.example.com")) };
        let cedar = client("cedar-homes");
        let mut claims = ClaimRegister::empty("example.com")
            .taken(&below("given-up"), &cedar, now)
            .released(&below("given-up"), &cedar, Reservation::Full, now)
            .taken(&below("lost"), &cedar, now)
            .lost(&[below("lost")], now)
            .taken(name, maple, now);
        claims.version = 1;
        change.claims = Some(claims);
        let domain = self.commit(change).await;
        let (client, name) = (&domain.client, &domain.name);
        let history = self.store.history(client, name, 100, None).await.unwrap();
        let actions: BTreeSet<String> = history
            .items
            .iter()
            .map(|line| serde_json::to_string(&line.action).unwrap())
            .collect();
        assert_eq!(actions.len(), Action::ALL.len(), "{actions:?}");
    }

    /// A competing claim of another client, and its end.
    async fn challenged(&self, domain: &Domain) -> Domain {
        let rival = Challenger {
            client: client("cedar-homes"),
            name: domain_name("example.com"),
        };
        let evidence = Some(evidence::of_challenge(rival.clone()));
        let change = domain.acted(
            Action::Challenged,
            Actor::Service,
            evidence,
            self.now(),
            |domain| {
                domain.challengers.push(rival.clone());
            },
        );
        let domain = self.commit(change).await;
        let evidence = Some(evidence::of_challenge(rival));
        let change = domain.acted(
            Action::Unchallenged,
            Actor::Service,
            evidence,
            self.now(),
            |domain| domain.challengers.clear(),
        );
        self.commit(change).await
    }

    /// A link that is made, and withdrawn.
    async fn linked(&self, domain: &Domain) -> Domain {
        let now = self.now();
        let link = Link {
            id: LinkId::parse(&self.ids.event_id(now).to_string()).unwrap(),
            made_at: now,
            ends_at: end_of(now, MOST_DAYS),
            emailed: false,
        };
        let told = json!({ "link": link.id.as_str(), "ends_at": link.ends_at });
        let evidence = Some(stored(Action::LinkMade, told.clone()));
        let mut made = domain.acted(Action::LinkMade, admin(), evidence, now, |domain| {
            domain.links.push(link.clone());
        });
        made.link = Some(NewLink {
            token: LinkToken::of_bits(&self.ids.bits()),
            target: LinkTarget {
                client: domain.client.clone(),
                name: domain.name.clone(),
                id: link.id,
                ends_at: link.ends_at,
            },
        });
        let domain = self.commit(made).await;
        let evidence = Some(stored(Action::LinkWithdrawn, told));
        let now = self.now();
        let withdrawn = domain.acted(Action::LinkWithdrawn, admin(), evidence, now, |domain| {
            domain.links.clear();
        });
        self.commit(withdrawn).await
    }

    async fn next(&self, domain: &Domain, trigger: Trigger, evidence: Evidence) -> Domain {
        let change = self.moved(domain, trigger, evidence);
        self.commit(change).await
    }

    async fn act(&self, domain: &Domain, action: Action, evidence: Value) -> Domain {
        let evidence = Some(stored(action, evidence));
        let change = domain.acted(action, admin(), evidence, self.now(), |_| {});
        self.commit(change).await
    }

    /// The others stay in the outbox.
    async fn publish_one(&self) {
        let events = self.store.unpublished_after(None, 1).await.unwrap();
        let published = self.store.mark_published(&events[0], self.now()).await;
        published.unwrap();
    }

    async fn emails(&self) {
        let events = self.store.unpublished_after(None, 3).await.unwrap();
        let now = self.now();
        for event in &events {
            let until = now + SignedDuration::from_secs(30);
            for id in [EmailId::support, EmailId::client] {
                let lease = self.store.lease(id(event.event_id), now, until);
                lease.await.unwrap();
            }
        }
        let sent = [EmailId::support(events[0].event_id)];
        self.store.sent(&sent, "0100-abc", now).await.unwrap();
        let support = EmailId::support(events[1].event_id);
        self.store.release(support).await.unwrap();
        let contact = Mailbox::of(&EmailAddress::parse("dana@example.com").unwrap());
        for window in [
            MailWindow::Minute(Minute::of(now)),
            MailWindow::Day(Day::of(now)),
        ] {
            let counted = self.store.count_email(&contact, window, 9).await;
            counted.unwrap();
        }
    }

    async fn requests(&self) {
        let owners = [
            KeyOwner::Client(client(CLIENT)),
            KeyOwner::Supporter(SUBJECT.to_owned()),
        ];
        for owner in owners {
            for key in ["answered", "at work"] {
                let attempt = Attempt {
                    owner: owner.clone(),
                    key: IdempotencyKey::parse(&format!("\"{key}\"")).unwrap(),
                    fingerprint: Fingerprint("0f".repeat(32)),
                    at: self.now(),
                    client: Some(client(CLIENT)),
                };
                self.store.begin(&attempt).await.unwrap();
                if key == "answered" {
                    let answer = StoredAnswer {
                        status: 201,
                        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                        body: json!({ "domain": "example.com" }).to_string(),
                    };
                    self.store.keep(&attempt, &answer).await.unwrap();
                }
            }
        }
    }

    async fn instructions(&self) {
        let (client, name) = (client(CLIENT), domain_name(LONG_LIFE));
        let day = Day::of(self.now());
        let to = EmailAddress::parse("dana@example.com").unwrap();
        let to = Recipient::of(&to);
        self.store.count(&client, &name, &to, day).await.unwrap();
    }

    async fn runs(&self) {
        let now = self.now();
        let until = now + SignedDuration::from_secs(59);
        self.store.begin_run(now, until).await.unwrap();
        let memory = RunMemory {
            samples: vec![Sample {
                at: now,
                looks: 12,
                bad: 1,
            }],
            next_listing: Some(until),
            next_sweep: Some(until),
            next_reconciliation: Some(until),
            listing: None,
            list_pages: None,
        };
        self.store.end_run(until, &memory).await.unwrap();
        let reconciliation = Reconciliation {
            checked_at: now,
            identities: 3,
            orphans: 1,
            missing: 1,
            orphan_identities: vec![Orphan {
                identity: domain_name("orphan.example"),
                verified: true,
                ours: true,
                tagged_client: Some(CLIENT.to_owned()),
                first_seen: now,
            }],
            missing_identities: vec![Missing {
                client: CLIENT.to_owned(),
                domain: domain_name("verified.example"),
                status: Status::Verified,
            }],
        };
        let written = self.store.write_reconciliation(&reconciliation).await;
        written.unwrap();
    }
}

/// As the first release wrote it.
fn stored(action: Action, evidence: Value) -> Evidence {
    Evidence::stored(action, evidence)
}

fn admin() -> Actor {
    Actor::client_admin(SUBJECT)
}

fn supporter() -> Actor {
    Actor::lasso_support(SUPPORTER)
}
