//! The domain of the examples, from its addition to the decision about it.

use domain_auth::domain::{Change, Domain, NewDomain};
use domain_auth::evidence;
use domain_auth::final_step::FinalStep;
use domain_auth::history::{Actor, Person};
use domain_auth::identity::{
    AxisStatus, Dkim, DkimToken, MailFromLabel, SesIdentity, SesStatus, VerificationToken,
};
use domain_auth::names::{ClientId, Community, DisplayName, DomainName, EmailAddress, EventId};
use domain_auth::ports::Ids;
use domain_auth::state::{State, Trigger};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

pub(crate) const NAME: &str = "maplehomes.com";

/// Nothing in an example is random.
pub(crate) struct ExampleIds;

impl Ids for ExampleIds {
    fn event_id(&self, _: Timestamp) -> EventId {
        let id = json!("0198f3a2-6d5e-7c41-9a37-2f1d8c5b6e70");
        serde_json::from_value(id).expect("a UUID")
    }

    fn secret(&self) -> String {
        "3f9c1e7a5b2d4860a1c8e6f4b7d92035".to_owned()
    }

    fn bits(&self) -> [u8; 32] {
        [0x5a; 32]
    }
}

pub(crate) fn at(minutes: i64) -> Timestamp {
    let added: Timestamp = "2026-06-01T14:03:21Z".parse().expect("a time");
    added + SignedDuration::from_mins(minutes)
}

pub(crate) fn name() -> DomainName {
    DomainName::parse(NAME).expect("a domain name")
}

pub(crate) fn below() -> DomainName {
    DomainName::parse(&format!("news.{NAME}")).expect("a domain name")
}

pub(crate) fn client() -> ClientId {
    ClientId::parse("maple-homes").expect("a client")
}

fn jo() -> Actor {
    Actor::ClientAdmin {
        subject: "d2f5c7a0-93c1-4f0e-8a55-6a1c0d7e4b12".to_owned(),
        person: Person::new(
            DisplayName::of_claim("Jo Miller"),
            DisplayName::of_claim("Maple Homes"),
        ),
    }
}

pub(crate) fn sam() -> Actor {
    Actor::LassoSupport {
        subject: "7b1e0a94-2c7d-4d0a-b0c3-51f2e8a6d934".to_owned(),
        person: Person::new(DisplayName::of_claim("Sam Field"), None),
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

pub(crate) fn added(state: State) -> Change {
    let new = NewDomain {
        name: name(),
        client: client(),
        community: Some(Community::parse("Maple Ridge").expect("a community")),
        contact_email: Some(EmailAddress::parse("jo.miller@maplehomes.com").expect("an address")),
    };
    Domain::add(new, state, None, jo(), at(0), &ExampleIds)
}

pub(crate) fn moved(domain: &Domain, trigger: Trigger, actor: Actor, minutes: i64) -> Change {
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
pub(crate) fn story(decision: Trigger) -> [Change; 4] {
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

pub(crate) fn pending_domain() -> Domain {
    let [_, provisioned, ..] = story(Trigger::Completed);
    provisioned.domain
}

pub(crate) fn verified_domain() -> Domain {
    let [_, _, verified, _] = story(Trigger::Completed);
    verified.domain
}
