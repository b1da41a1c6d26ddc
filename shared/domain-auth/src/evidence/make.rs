//! Constructors of evidence, one for each action.

use jiff::Timestamp;

use super::facts::{
    Addition, Adoption, Broken, Call, CommunitiesChange, ContactChange, Decision, Details, Expired,
    Failure, FinalStepTaken, Identity, Letter, LinkTold, Look, Loss, MailRefused, Nothing,
    OwnershipSeen, RecordSeen, Refusal, Removal, Restart, Stuck,
};
use super::reasons::{AdoptedIdentity, Decided, Expiry, LossReason, SesCall};
use super::{Evidence, Facts, Internal};
use crate::diagnosis::RecordDiagnosis;
use crate::dns::DnsLook;
use crate::domain::{Challenger, Domain, NewDomain};
use crate::event::MissingPiece;
use crate::final_step::FinalStep;
use crate::identity::{ConfigurationSet, SesIdentity, SesStatus};
use crate::links::Link;
use crate::mail_refusal::MailRefusal;
use crate::names::{ClientId, DomainName, EmailAddress, Note};
use crate::state::{DisplacedBy, FailureReason};

/// What SES and DNS returned; `null` for a source that did not answer or was not asked.
pub fn of_look(ses: Option<SesStatus>, dns: Option<&DnsLook>) -> Evidence {
    Evidence::new(Facts::Look(look(ses, dns)))
}

fn look(ses: Option<SesStatus>, dns: Option<&DnsLook>) -> Look {
    let record = |record: &RecordDiagnosis| RecordSeen {
        id: record.id,
        state: record.state,
        code: record.code,
    };
    Look {
        ses,
        records: dns.map(|dns| dns.diagnosis.records.iter().map(record).collect()),
    }
}

/// What SES and DNS returned when records were missing for the second time, and when they were
/// first missing.
pub(crate) fn of_broken(
    ses: Option<SesStatus>,
    dns: Option<&DnsLook>,
    first_seen_at: Option<Timestamp>,
) -> Evidence {
    let look = look(ses, dns);
    Evidence::new(Facts::Broken(Broken {
        look,
        first_seen_at,
    }))
}

/// The data that the client gave when it added a domain.
pub fn of_addition(new: &NewDomain) -> Evidence {
    Evidence::new(Facts::Addition(Addition {
        domain: new.name.to_unicode(),
        community: new.community.clone(),
        contact_email: new.contact_email.as_ref().map(EmailAddress::masked),
    }))
}

/// The details of a domain that the client has changed. `None` if nothing differs.
pub(crate) fn of_details(before: &Domain, after: &Domain) -> Option<Evidence> {
    let communities = |domain: &Domain| domain.communities().cloned().collect();
    let contact = |domain: &Domain| domain.contact_email.as_ref().map(EmailAddress::masked);
    let communities = CommunitiesChange {
        from: communities(before),
        to: communities(after),
    };
    let has_other_contact = before.contact_email != after.contact_email;
    let details = Details {
        communities: Some(communities).filter(|change| change.from != change.to),
        contact_email: has_other_contact.then(|| ContactChange {
            from: contact(before),
            to: contact(after),
        }),
    };
    (details != Details::default()).then(|| Evidence::new(Facts::Details(details)))
}

/// The identity that SES returned when a domain was registered or adopted.
pub fn of_identity(name: &DomainName, identity: &SesIdentity) -> Evidence {
    let dkim = identity.dkim.as_ref();
    Evidence::new(Facts::Identity(Identity {
        region: identity.region.clone(),
        verification_token: identity.verification_token.clone(),
        dkim_tokens: dkim.map(|dkim| dkim.tokens.clone()),
        signing_hosted_zone: dkim.map(|dkim| dkim.signing_hosted_zone.clone()),
        mail_from: identity.mail_from.as_ref().map(|label| label.below(name)),
        adopted: identity.adopted.is_some(),
    }))
}

/// Why a domain failed, if no look found the failure.
pub(crate) fn of_failure(reason: FailureReason) -> Evidence {
    Evidence::new(Facts::Failure(Failure { reason }))
}

/// Why the domain had failed before its verification was restarted for 72 hours, and which calls
/// SES accepted.
pub(crate) fn of_restart(failed_by: FailureReason, asked_of_ses: &[SesCall]) -> Evidence {
    Evidence::new(Facts::Restart(Restart {
        failed_by,
        asked_of_ses: asked_of_ses.to_vec(),
    }))
}

/// The client's note when it said that it is ready, and what was missing.
pub(crate) fn of_call(note: Option<&Note>, missing: &[MissingPiece]) -> Evidence {
    let missing = missing.iter().map(|piece| piece.message.clone());
    Evidence::new(Facts::Call(Call {
        note: text_of(note),
        missing: missing.collect(),
    }))
}

/// The state of a domain when the final step was taken, and what its identity was given.
pub fn of_final_step(
    taken_by: FinalStep,
    configuration_set: Option<&ConfigurationSet>,
    ses: Option<SesStatus>,
    dns: Option<&DnsLook>,
) -> Evidence {
    Evidence::new(Facts::FinalStep(FinalStepTaken {
        look: look(ses, dns),
        final_step: taken_by,
        configuration_set: configuration_set.map(|set| set.as_str().to_owned()),
    }))
}

/// Why Lasso support refused the final step.
pub fn of_refusal(reason: &str) -> Evidence {
    let reason = reason.to_owned();
    Evidence::new(Facts::Refusal(Refusal { reason }))
}

/// The ownership record of a contested claim was seen.
pub(crate) fn of_ownership(seen: &OwnershipSeen) -> Evidence {
    Evidence::new(Facts::Ownership(seen.clone()))
}

/// Lasso support has decided for a claim. The reason is for Lasso support only.
pub(crate) fn of_decision(reason: &str) -> Evidence {
    let decided = Facts::Decision(Decision {
        reason: Decided::DecidedByLassoSupport,
    });
    let explanation = reason.to_owned();
    Evidence::new(decided).with_internal(Internal::Explanation { explanation })
}

/// No facts; any data is for Lasso support only.
pub(crate) fn of_nothing() -> Evidence {
    Evidence::new(Facts::Nothing(Nothing {}))
}

/// Another client has proven the name of a holder. Only Lasso support sees which client.
pub fn of_challenge(challenger: Challenger) -> Evidence {
    of_nothing().with_internal(Internal::Challenged { challenger })
}

/// Lasso support has given the client the identity that SES had. The reason is for Lasso support
/// only.
pub(crate) fn of_adoption(reason: &Note) -> Evidence {
    let adoption = Facts::Adoption(Adoption {
        identity: AdoptedIdentity::Existing,
    });
    let reason = reason.as_str().to_owned();
    Evidence::new(adoption).with_internal(Internal::Reason { reason })
}

/// Why a holder lost its name, as the client may read it: a code, and the text of Lasso support.
pub fn of_displacement(why: &DisplacedBy) -> Evidence {
    Evidence::new(Facts::Loss(Loss {
        reason: LossReason::of(why),
        explanation: why.explanation().map(str::to_owned),
    }))
}

/// Why a holder lost its name to a claimant. The claimant is for Lasso support only.
pub fn of_takeover(why: &DisplacedBy, client: &ClientId, name: &DomainName) -> Evidence {
    let (client, name) = (client.clone(), name.clone());
    of_displacement(why).with_internal(Internal::Claimant(Challenger { client, name }))
}

/// The name is contested because of the identity that SES has.
pub(crate) fn of_contest(reason: LossReason) -> Evidence {
    Evidence::new(Facts::Loss(Loss {
        reason,
        explanation: None,
    }))
}

/// The masked address to which the records were emailed, and the client's note.
pub(crate) fn of_letter(to: &EmailAddress, note: Option<&Note>) -> Evidence {
    Evidence::new(Facts::Letter(Letter {
        to: to.masked(),
        note: text_of(note),
    }))
}

/// Which email was not delivered or was reported as spam, and why.
pub(crate) fn of_mail_refusal(refusal: &MailRefusal) -> Evidence {
    Evidence::new(Facts::MailRefusal(MailRefused {
        to: refusal.to.clone(),
        email: refusal.email,
        reason: refusal.reason,
        status: refusal.status.clone(),
    }))
}

/// Which link was made or withdrawn.
pub(crate) fn of_link(link: &Link) -> Evidence {
    Evidence::new(Facts::Link(LinkTold {
        link: link.id.clone(),
        ends_at: link.ends_at,
    }))
}

/// Since when a domain has been in its state.
pub(crate) fn of_stuck(since: Timestamp) -> Evidence {
    Evidence::new(Facts::Stuck(Stuck { since }))
}

/// Whether the client named the domain that it removed.
pub(crate) fn of_removal(confirmed: bool) -> Evidence {
    Evidence::new(Facts::Removal(Removal { confirmed }))
}

/// Why a domain was removed automatically.
pub(crate) fn of_expiry(reason: Expiry) -> Evidence {
    Evidence::new(Facts::Expired(Expired { reason }))
}

fn text_of(note: Option<&Note>) -> Option<String> {
    note.map(|note| note.as_str().to_owned())
}
