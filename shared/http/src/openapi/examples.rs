//! Examples of answers, made by the code that makes the answers.

use domain_auth::alerts::AlertCounts;
use domain_auth::claims::ClaimRegister;
use domain_auth::diagnosis::{Context, diagnose, questions_for};
use domain_auth::dns::{
    AuthorityAnswer, Data, DnsLook, NameServer, Observation, Outcome, Question, RecordType, Zone,
    ZoneOutcome,
};
use domain_auth::domain::{Change, Domain, NewDomain};
use domain_auth::evidence;
use domain_auth::final_step::FinalStep;
use domain_auth::handoff::{Handoff, HandoffFormat, render};
use domain_auth::history::{Actor, HistoryEntry};
use domain_auth::identity::{
    AxisStatus, Dkim, DkimToken, MailFromLabel, SesIdentity, SesLook, SesStatus, VerificationToken,
};
use domain_auth::instructions::{Day, Left, Letter};
use domain_auth::limits::{ClientRecord, Limits, OwnLimits};
use domain_auth::missing::missing_pieces;
use domain_auth::names::{ClientId, Community, DomainName, EmailAddress, EventId};
use domain_auth::ports::{Ids, ListFilter, Page, PageStart};
use domain_auth::reconciliation::{Orphan, Reconciliation};
use domain_auth::state::{DisplacedBy, Displacement, QueuePart, State, Status, Trigger};
use domain_auth::use_cases::client_limits::ClientLimits;
use domain_auth::use_cases::notify::Notified;
use domain_auth::use_cases::send_instructions::{Order, Sent};
use domain_auth::use_cases::senders::{SenderStanding, Verdict};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use crate::cursor::{Cursors, List};
use crate::history_view::{ClientHistory, HistoryView};
use crate::instructions_view::InstructionsView;
use crate::limits_view::ClientLimitsView;
use crate::notified_view::NotifiedView;
use crate::sender_view::SenderView;
use crate::staff_view::{StaffDomainView, StaffListView};
use crate::view::{DomainListView, DomainView};

const NAME: &str = "maplehomes.com";

/// Nothing in an example is random.
struct ExampleIds;

impl Ids for ExampleIds {
    fn event_id(&self, _: Timestamp) -> EventId {
        let id = json!("0198f3a2-6d5e-7c41-9a37-2f1d8c5b6e70");
        serde_json::from_value(id).expect("a UUID")
    }

    fn secret(&self) -> String {
        "3f9c1e7a5b2d4860a1c8e6f4b7d92035".to_owned()
    }
}

fn at(minutes: i64) -> Timestamp {
    let added: Timestamp = "2026-06-01T14:03:21Z".parse().expect("a time");
    added + SignedDuration::from_mins(minutes)
}

fn name() -> DomainName {
    DomainName::parse(NAME).expect("a domain name")
}

fn client() -> ClientId {
    ClientId::parse("maple-homes").expect("a client")
}

fn jo() -> Actor {
    Actor::ClientAdmin {
        subject: "d2f5c7a0-93c1-4f0e-8a55-6a1c0d7e4b12".to_owned(),
    }
}

fn sam() -> Actor {
    Actor::LassoSupport {
        subject: "7b1e0a94-2c7d-4d0a-b0c3-51f2e8a6d934".to_owned(),
    }
}

fn identity() -> SesIdentity {
    let token = |text| DkimToken::parse(text).expect("a DKIM token");
    SesIdentity {
        verification_token: Some(
            VerificationToken::parse("fTR7rJ3ckq0wYdVnZ2uX8mQ5bPsE1aHgLtCiKo9Nx4w=")
                .expect("a token"),
        ),
        dkim: Some(Dkim {
            tokens: [
                token("hirjd4exampled5477y22yd23ettobi"),
                token("v3rnz522czcl46quexamplek3efo5o6x"),
                token("y4examplexbhyhnsjcmtvzotfvqjmdqo"),
            ],
            signing_hosted_zone: "dkim.amazonses.com".to_owned(),
        }),
        mail_from: Some(MailFromLabel::default_label()),
        region: "us-east-1".to_owned(),
        adopted: None,
    }
}

fn added(state: State) -> Change {
    let new = NewDomain {
        name: name(),
        client: client(),
        community: Some(Community::parse("Maple Ridge").expect("a community")),
        contact_email: Some(EmailAddress::parse("jo.miller@maplehomes.com").expect("an address")),
    };
    Domain::add(new, state, None, jo(), at(0), &ExampleIds)
}

fn moved(domain: &Domain, trigger: Trigger, actor: Actor, minutes: i64) -> Change {
    let ses = Some(verified_status());
    let evidence = match &trigger {
        Trigger::Provisioned(identity) => Some(evidence::of_identity(&name(), identity)),
        Trigger::SesVerified => Some(evidence::of_look(ses, None)),
        Trigger::Completed => Some(evidence::of_final_step(FinalStep::Manual, None, ses, None)),
        Trigger::Refused { reason } => Some(evidence::of_refusal(reason)),
        Trigger::Displaced { why, .. } => Some(evidence::of_displacement(why)),
        _ => None,
    };
    domain
        .transition(trigger, actor, evidence, at(minutes), &ExampleIds)
        .expect("a transition that there is")
}

fn verified_status() -> SesStatus {
    SesStatus {
        verification: AxisStatus::Success,
        dkim: AxisStatus::Success,
        mail_from: AxisStatus::Pending,
    }
}

/// The changes of a domain that was added, verified, and then decided about.
fn story(decision: Trigger) -> [Change; 4] {
    let added = added(State::provisioning());
    let provisioned = Trigger::Provisioned(identity());
    let provisioned = moved(&added.domain, provisioned, Actor::Service, 0);
    let verified = moved(
        &provisioned.domain,
        Trigger::SesVerified,
        Actor::Service,
        94,
    );
    let decided = moved(&verified.domain, decision, sam(), 151);
    [added, provisioned, verified, decided]
}

fn pending_domain() -> Domain {
    let [_, provisioned, ..] = story(Trigger::Completed);
    provisioned.domain
}

fn value(view: &impl Serialize) -> Value {
    serde_json::to_value(view).expect("a view in JSON")
}

pub(super) fn pending() -> Value {
    value(&DomainView::new(&pending_domain(), None))
}

pub(super) fn provisioning() -> Value {
    value(&DomainView::new(&added(State::provisioning()).domain, None))
}

pub(super) fn contested() -> Value {
    let state = State::contested(ExampleIds.secret(), at(0));
    value(&DomainView::new(&added(state).domain, None))
}

/// Looked at, with the TXT record at a doubled name.
pub(super) fn diagnosed() -> Value {
    let (domain, look) = looked_at();
    value(&DomainView::new(&domain, Some(&look)))
}

/// The same, said to be ready.
pub(super) fn notified() -> Value {
    let (mut domain, look) = looked_at();
    domain.say_ready(at(20));
    domain.hurry(at(20));
    let notified = Notified {
        missing: missing_pieces(&domain, Some(&look)),
        domain,
        look: Some(look),
        event: None,
    };
    value(&NotifiedView::from(&notified))
}

pub(super) fn instructions() -> Value {
    let domain = pending_domain();
    let address = |text: &str| EmailAddress::parse(text).expect("an address");
    let order = Order {
        to: address("dns@it-partner.example"),
        note: None,
    };
    let sent = Sent {
        letter: Letter {
            subject: format!("DNS records to add for {NAME}"),
            text: String::new(),
            html: String::new(),
            reply_to: domain.contact_email.clone(),
            records: domain.records().iter().map(|record| record.id).collect(),
        },
        left: Left {
            domain: 4,
            client: 49,
        },
    };
    value(&InstructionsView::new(&domain.name, &order, &sent))
}

fn looked_at() -> (Domain, DnsLook) {
    let mut domain = pending_domain();
    let ses = SesStatus {
        verification: AxisStatus::Pending,
        dkim: AxisStatus::Pending,
        mail_from: AxisStatus::Pending,
    };
    domain.ses = Some(SesLook {
        status: ses,
        looked_at: at(12),
        details_at: Some(at(12)),
    });
    domain.dns_looked_at = Some(at(12));
    domain.next_check = at(13);
    let zone = Zone {
        apex: NAME.to_owned(),
        name_servers: vec![
            "ns31.domaincontrol.com".to_owned(),
            "ns32.domaincontrol.com".to_owned(),
        ],
    };
    let records = domain.records();
    let found = ZoneOutcome::Found(zone.clone());
    let mut questions = questions_for(&domain.name, &records, Some(&zone));
    questions.push(Question {
        name: format!("_amazonses.{NAME}.{NAME}"),
        record_type: RecordType::Txt,
    });
    let observations: Vec<Observation> = questions
        .into_iter()
        .map(|question| observed(question, &domain, &zone))
        .collect();
    let context = Context {
        domain: &domain.name,
        zone: &found,
        former: &domain.former_tokens,
        ses: Some(ses),
    };
    let diagnosis = diagnose(&context, &records, &observations);
    let look = DnsLook::new(found, diagnosis, observations, &records);
    (domain, look)
}

/// What DNS answers: the three CNAMEs are right, the TXT record has the zone twice in its name.
fn observed(question: Question, domain: &Domain, zone: &Zone) -> Observation {
    let records = domain.records();
    let txt = records[0].data.value();
    let target = records
        .iter()
        .find(|record| record.name == question.name && question.record_type == RecordType::Cname);
    let data = if let Some(record) = target {
        Some(Data::Cname {
            target: record.data.value(),
        })
    } else if question.name.starts_with("_amazonses.")
        && question.name.ends_with(".com.maplehomes.com")
    {
        Some(Data::Txt { text: txt })
    } else {
        None
    };
    let outcome = match data {
        Some(data) => Outcome::Found {
            data: vec![data],
            ttl: 300,
        },
        None => Outcome::NoSuchName { negative_ttl: 600 },
    };
    let server = NameServer {
        host: zone.name_servers[0].clone(),
        address: [97, 74, 105, 16].into(),
    };
    Observation {
        question,
        authoritative: vec![AuthorityAnswer {
            server,
            outcome: outcome.clone(),
        }],
        recursive: outcome,
    }
}

fn cursors() -> Cursors {
    Cursors::new("an example")
}

fn page_of(domain: Domain) -> Page<Domain> {
    let next = Some(PageStart(domain.name.to_string()));
    Page {
        items: vec![domain],
        next,
    }
}

pub(super) fn list() -> Value {
    let (client, filter) = (client(), ListFilter::default());
    let page = page_of(pending_domain());
    let list = List::Domains(&client, &filter);
    value(&DomainListView::new(&page, &cursors(), list))
}

pub(super) fn queue() -> Value {
    let [_, _, verified, _] = story(Trigger::Completed);
    let page = page_of(verified.domain);
    let list = List::Queue(&[QueuePart::InState(Status::Verified)]);
    let compared = Reconciliation {
        checked_at: at(30),
        identities: 1_204,
        orphans: 1,
        missing: 0,
        orphan_identities: vec![Orphan {
            identity: DomainName::parse("cedarhomes.com").expect("a domain name"),
            verified: false,
            ours: true,
            tagged_client: Some("cedar-homes".to_owned()),
            first_seen: at(30),
        }],
        missing_identities: Vec::new(),
    };
    value(&StaffListView::new(&page, Some(compared), &cursors(), list))
}

fn entries() -> Page<HistoryEntry> {
    let changes = story(Trigger::Completed);
    Page {
        items: changes
            .into_iter()
            .rev()
            .flat_map(|change| change.history)
            .collect(),
        next: None,
    }
}

pub(super) fn history() -> Value {
    let (client, name) = (client(), name());
    let list = List::History(&client, &name);
    let entries = entries();
    let mut history = ClientHistory::new(entries.items.len(), None);
    history.add(entries.map(HistoryEntry::for_client));
    value(&history.view(&cursors(), list))
}

pub(super) fn client_history() -> Value {
    let (client, name) = (client(), name());
    let list = List::ClientHistory(&client, &name);
    value(&HistoryView::for_support(entries(), &cursors(), list))
}

pub(super) fn staff() -> Value {
    staff_view(Trigger::Completed)
}

pub(super) fn rejected() -> Value {
    let reason = "This is the domain of another builder. Please add your own.";
    staff_view(Trigger::Refused {
        reason: reason.to_owned(),
    })
}

pub(super) fn released() -> Value {
    staff_view(Trigger::Displaced {
        ownership_secret: ExampleIds.secret(),
        why: DisplacedBy::ReleasedByLassoSupport {
            reason: "The domain was sold to another builder, who has proven it.".to_owned(),
        },
    })
}

/// A claim that Lasso support has granted, while those of others give way to it.
pub(super) fn granted() -> Value {
    let mut state = State::contested(ExampleIds.secret(), at(0));
    if let State::Contested(contested) = &mut state {
        contested.proven_at = Some(at(100));
        contested.taking_over_since = Some(at(150));
    }
    let other = ClientId::parse("cedar-homes").expect("a client");
    let below = DomainName::parse(&format!("mail.{NAME}")).expect("a domain name");
    let claims = ClaimRegister::empty(NAME).taken(&below, &other, at(0));
    let domain = added(state).domain;
    value(&StaffDomainView::new(&domain, None, &claims, at(151)))
}

pub(super) fn adopted() -> Value {
    let state = State::contested(ExampleIds.secret(), at(0));
    let adopted = moved(&added(state).domain, Trigger::Adopted, sam(), 150);
    let claims = ClaimRegister::empty(NAME).taken(&name(), &client(), at(150));
    value(&StaffDomainView::new(
        &adopted.domain,
        None,
        &claims,
        at(151),
    ))
}

fn staff_view(decision: Trigger) -> Value {
    let [.., decided] = story(decision);
    let claims = ClaimRegister::empty(NAME).taken(&name(), &client(), at(0));
    let (_, look) = looked_at();
    let view = StaffDomainView::new(&decided.domain, Some(look), &claims, at(151));
    value(&view)
}

pub(super) fn limits() -> Value {
    let defaults = Limits {
        domains: 500,
        added_per_day: 50,
        support_emails_per_day: 50,
    };
    let day = Day::of(at(0));
    let own = OwnLimits {
        domains: Some(1_200),
        added_per_day: Some(300),
        support_emails_per_day: None,
        reason: "Moves all its communities to Lasso this week.".to_owned(),
        by: Actor::LassoSupport {
            subject: "4f6c1b1e-0000-4000-8000-000000000009".to_owned(),
        },
        at: at(0),
    };
    let limits = ClientLimits {
        record: ClientRecord {
            held: Some(412),
            added: Some((day, 61)),
            own: Some(own),
        },
        alerts: AlertCounts {
            own: 4,
            summarized: 0,
        },
        day,
    };
    value(&ClientLimitsView::new(&client(), &limits, defaults))
}

pub(super) fn senders() -> Value {
    let covered = |standing| Verdict::Covered {
        by: name(),
        standing,
    };
    let example = |verdict| json!({ "value": SenderView::from(verdict) });
    json!({
        "authenticated": example(covered(SenderStanding::Authenticated)),
        "waiting_for_dns": example(covered(SenderStanding::WaitingForDns)),
        "displaced": example(covered(SenderStanding::Displaced(lost()))),
        "proof_wanted": example(covered(SenderStanding::ProofWanted)),
        "not_initiated": example(Verdict::NotInitiated(name())),
        "invalid_address": example(Verdict::InvalidAddress),
    })
}

/// What happened to a client that lost the domain.
fn lost() -> String {
    let why = DisplacedBy::ProvenByAnotherClient;
    let displacement = Displacement {
        at: at(151),
        why,
        was_sending: true,
    };
    displacement.sentences(&name())
}

pub(super) fn handed_off(format: HandoffFormat) -> String {
    let (domain, look) = looked_at();
    let records = domain.records();
    let handoff = Handoff {
        domain: &domain.name,
        zone: look.zone(),
        records: &records,
        observations: &look.observations,
        client: &domain.client,
    };
    let document = render(format, &handoff).expect("records that can be rendered");
    document.body
}
