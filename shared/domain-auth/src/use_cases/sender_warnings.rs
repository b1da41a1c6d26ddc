//! Warnings about mail from an address although Lasso sends it: mail servers would refuse it
//! because of the domain's own DMARC policy, recipients see "via amazonses.com", or it does not
//! meet the mailbox providers' rules for bulk senders.

use crate::delivery::{SendingDomain, delivery_from};
use crate::diagnosis::{Diagnosis, DiagnosisCode, RecordState};
use crate::dns::Observation;
use crate::dns_look::DnsLook;
use crate::domain::Domain;
use crate::email_auth::{Applicable, Delivery, Dmarc, Owner, Policy, Reach, Verdict};
use crate::identity::SesStatus;
use crate::names::DomainName;
use crate::readiness::{AskedAt, BulkRule, readiness};
use crate::records::RecordId;

/// A warning about mail from an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SenderWarning {
    /// Mail servers would refuse it, or treat it as spam.
    RefusedByDmarc(RefusedByDmarc),
    /// Recipients can see "via amazonses.com": mail has no DKIM signature of the domain, or none that mail servers
    /// can check.
    ShowsVia(Unsigned),
    /// Rules for bulk senders are not met.
    BulkRulesUnmet(BulkRulesUnmet),
}

/// The DKIM state of a domain whose mail does not count as signed for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsigned {
    /// The last look did not find all three CNAME records.
    LacksCnames,
    /// The last look had no answer for some of the CNAME records, and found the others.
    CnamesUnknown,
    /// The last look found the CNAME records, and Amazon SES has not seen them yet.
    NotSeenBySes,
    /// There are no CNAME records: the domain has a key of its owner (BYODKIM).
    OwnersKey,
    /// Amazon SES signs, and mail servers cannot check that: DNS has none of the CNAME records any more.
    NotCheckable,
    /// Amazon SES signs, and mail servers cannot check that: DNSSEC of the domain is broken.
    BrokenDnssec,
}

impl Unsigned {
    fn of(ses: Option<SesStatus>, diagnosis: &Diagnosis) -> Self {
        if ses.is_some_and(|ses| ses.dkim.is_in_use()) {
            let mut codes = diagnosis.domain.iter().map(|it| it.code);
            if codes.any(|code| code == DiagnosisCode::DnssecFailure) {
                return Self::BrokenDnssec;
            }
            return Self::NotCheckable;
        }
        let cnames = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];
        let records = diagnosis.records.iter();
        let states = records
            .filter(|record| cnames.contains(&record.id))
            .map(|record| record.state);
        let states: Vec<RecordState> = states.collect();
        let lacks = |state: &RecordState| match state {
            RecordState::Missing | RecordState::Wrong => true,
            RecordState::Found | RecordState::Unknown | RecordState::NotLookedYet => false,
        };
        if states.is_empty() {
            Self::OwnersKey
        } else if states.iter().any(lacks) {
            Self::LacksCnames
        } else if states.iter().all(|state| *state == RecordState::Found) {
            Self::NotSeenBySes
        } else {
            Self::CnamesUnknown
        }
    }
}

/// Why mail would be refused (RFC 9989).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedByDmarc {
    /// The domain of the address.
    pub author: DomainName,
    /// The name whose policy it is, without `_dmarc`.
    pub policy_of: String,
    /// The policy.
    pub policy: Policy,
    /// The condition under which the policy applies.
    pub when: When,
    /// The percentage of mail to which older mail servers apply it (`pct`), if it is not 100.
    pub percent: Option<u8>,
    /// Whether the mail is signed, but the signature is not aligned with the domain of the address:
    /// because of strict alignment, or because that domain is an organization of its own.
    pub is_signed: bool,
}

/// The condition of a policy for names below a domain (RFC 9989 section 4.10.1, `sp` and `np`), if
/// DNS did not tell whether the name exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// No unknown condition.
    Always,
    /// It applies if the domain of the address does not exist in DNS.
    Nonexistent,
    /// It applies if the domain of the address exists in DNS.
    Exists,
}

/// The rules for bulk senders that are not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRulesUnmet {
    /// The domain of the address.
    pub author: DomainName,
    /// Why, with a sentence for each rule.
    pub why: Vec<String>,
}

/// Whether the warnings about the domain need its last look: if Lasso sends for it and a look is
/// stored. A change of the records discards the look.
pub(super) fn wants_look(domain: &Domain) -> bool {
    domain.state.status().sends() && domain.dns_looked_at.is_some()
}

/// The warnings about mail from an address at `author`, which `domain` covers. `below` is what DNS answered
/// about `author`, where that is below the domain.
pub(super) fn warnings(
    author: &DomainName,
    domain: &Domain,
    look: Option<&DnsLook>,
    below: &[Observation],
) -> Vec<SenderWarning> {
    let Some(look) = look.filter(|_| wants_look(domain)) else {
        return Vec::new();
    };
    let records = domain.records();
    let mut records = records.iter();
    let mail_from = records.find(|record| record.id == RecordId::MailFromMx);
    let through = SendingDomain {
        name: &domain.name,
        mail_from: mail_from.map(|record| record.name.as_str()),
        ses: domain.ses.map(|ses| ses.status),
        diagnosis: &look.diagnosis,
        below,
    };
    let ready = readiness(
        through.ses,
        through.diagnosis,
        AskedAt {
            ses: domain
                .ses
                .map(|ses| ses.details_at.unwrap_or(ses.looked_at)),
            dns: domain.dns_looked_at,
            sightings: Some(&domain.sightings),
        },
        &domain.name,
    );
    let refused = refused(author, &through).map(SenderWarning::RefusedByDmarc);
    let unsigned = Unsigned::of(through.ses, &look.diagnosis);
    let via = (ready.shows_via == Verdict::Yes).then_some(SenderWarning::ShowsVia(unsigned));
    let aligned = delivery_from(author.as_str(), &through).passes();
    let unmet = ready.rules.into_iter().filter_map(|check| {
        // Alignment is checked for the domain of the address, which may be below the domain.
        let met = match check.rule {
            BulkRule::Alignment => aligned,
            BulkRule::Spf | BulkRule::Dkim | BulkRule::Dmarc => check.met,
        };
        let message = if met == check.met {
            check.message
        } else {
            format!(
                "Neither DKIM nor SPF passes with a domain that is aligned with {}.",
                author.to_unicode()
            )
        };
        (met == Verdict::No).then_some(message)
    });
    let why: Vec<String> = unmet.collect();
    let author = author.clone();
    let bulk = (!why.is_empty()).then_some(SenderWarning::BulkRulesUnmet(BulkRulesUnmet {
        author,
        why,
    }));
    [refused, via, bulk].into_iter().flatten().collect()
}

fn refused(author: &DomainName, through: &SendingDomain<'_>) -> Option<RefusedByDmarc> {
    let delivery = delivery_from(author.as_str(), through);
    let own = delivery_from(through.name.as_str(), through);
    let Applicable::Record { at, owner, dmarc } = &delivery.applicable else {
        return None;
    };
    let when = match delivery.refused {
        Verdict::Yes => When::Always,
        Verdict::Unknown if delivery.passes() == Verdict::No => depends_on(*owner, dmarc)?,
        Verdict::Unknown | Verdict::No => return None,
    };
    Some(RefusedByDmarc {
        author: author.clone(),
        policy_of: at.clone(),
        policy: policy_when(when, &delivery, dmarc)?,
        when,
        percent: dmarc.percent,
        is_signed: own.dkim == Verdict::Yes,
    })
}

/// Whether the policy keeps mail from the inbox only for names that exist, or only for names that
/// do not.
fn depends_on(owner: Owner, dmarc: &Dmarc) -> Option<When> {
    let blocks = |reach| dmarc.asks(reach).blocks();
    match owner {
        Owner::Author => None,
        Owner::Organization | Owner::PublicSuffix => {
            match (blocks(Reach::Below), blocks(Reach::BelowNonexistent)) {
                (false, true) => Some(When::Nonexistent),
                (true, false) => Some(When::Exists),
                (true, true) | (false, false) => None,
            }
        }
    }
}

fn policy_when(when: When, delivery: &Delivery, dmarc: &Dmarc) -> Option<Policy> {
    match when {
        When::Always => delivery.policy,
        When::Nonexistent => Some(dmarc.asks(Reach::BelowNonexistent)),
        When::Exists => Some(dmarc.asks(Reach::Below)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(text: &str) -> Option<When> {
        depends_on(Owner::Organization, &Dmarc::parse(text).unwrap())
    }

    #[test]
    fn the_warning_says_if_refusal_depends_on_whether_the_name_exists() {
        for (text, depends) in [
            ("v=DMARC1; p=none; np=reject", Some(When::Nonexistent)),
            (
                "v=DMARC1; p=reject; sp=none; np=quarantine",
                Some(When::Nonexistent),
            ),
            ("v=DMARC1; p=reject; np=none", Some(When::Exists)),
            ("v=DMARC1; p=reject", None),
            ("v=DMARC1; p=none", None),
            ("v=DMARC1; p=reject; sp=quarantine; np=reject", None),
            ("v=DMARC1; p=none; np=quarantine; t=y", None),
        ] {
            assert_eq!(when(text), depends, "{text}");
        }
        let own = Dmarc::parse("v=DMARC1; p=none; np=reject").unwrap();
        assert_eq!(depends_on(Owner::Author, &own), None);
    }
}
