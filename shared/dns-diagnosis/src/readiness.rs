//! Combines three facts: whether SES has verified the domain, whether recipients will see "via",
//! and whether the mail meets the mailbox providers' rules for bulk senders.
//!
//! The rules: Google, "Email sender guidelines"; Yahoo, "Sender best practices"; Microsoft,
//! "Outlook's requirements for high-volume senders". All three want SPF and DKIM to pass, one of
//! them aligned with From, and a DMARC policy of at least `p=none`.

use serde::{Deserialize, Serialize};

use crate::delivery::{SendingDomain, delivery_from, dkim_passes, state_of};
use crate::diagnosis::{Diagnosis, DmarcDiscovery, RecordDiagnosis, RecordState, is_of_registry};
use crate::identity::{AxisStatus, MailFromLabel, SesStatus};
use crate::names::DomainName;
use crate::records::RecordId;

pub(crate) mod dkim;
mod past;

pub use crate::email_auth::Verdict;
pub use past::AskedAt;

use dkim::{Cnames, is_bogus};
use past::{Past, on};

/// One rule for bulk senders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BulkRule {
    /// SPF passes for the MAIL FROM domain (RFC 7208).
    Spf,
    /// DKIM passes with a signature of the domain itself (RFC 6376).
    Dkim,
    /// The domain of SPF or of DKIM is aligned with the domain in From (RFC 9989 section 4.4).
    Alignment,
    /// A DMARC policy is published that receivers can read (RFC 9989 section 4.10.1).
    Dmarc,
}

/// Whether a rule is met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct RuleCheck {
    /// The rule.
    pub rule: BulkRule,
    /// Whether the rule is met.
    pub met: Verdict,
    /// Why, and what is missing.
    pub message: String,
}

/// The mailbox provider whose rules are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MailboxProvider {
    /// Gmail.
    Google,
    /// Yahoo and AOL.
    Yahoo,
    /// Outlook.com and Hotmail.
    Microsoft,
}

/// Whether a provider's rules are met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ProviderCheck {
    /// The provider whose rules are checked.
    pub provider: MailboxProvider,
    /// Whether the rules are met.
    pub met: Verdict,
}

/// What DNS and Amazon SES mean for mail from the domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Readiness {
    /// Whether Amazon SES has verified the domain. This is not a permission: the state of the domain decides
    /// whether Lasso sends.
    pub ses_verified: Verdict,
    /// Whether recipients can see "via amazonses.com".
    pub shows_via: Verdict,
    /// Whether all rules for bulk senders are met.
    pub bulk_ready: Verdict,
    /// Rule by rule.
    pub rules: Vec<RuleCheck>,
    /// Provider by provider.
    pub providers: Vec<ProviderCheck>,
    /// Required records that are not in place.
    pub missing_required: Vec<RecordId>,
    /// Recommended records that are not in place.
    pub missing_recommended: Vec<RecordId>,
}

/// Derives it from what SES said, if it was asked, and from the look at DNS. Where DNS no longer has what
/// SES had seen, mail servers see what DNS has: SES notices later.
pub fn readiness(
    ses: Option<SesStatus>,
    diagnosis: &Diagnosis,
    asked_at: AskedAt<'_>,
    domain: &DomainName,
) -> Readiness {
    let axis = |status: fn(SesStatus) -> AxisStatus| {
        ses.map_or(Verdict::Unknown, |ses| Verdict::of(status(ses).is_in_use()))
    };
    let verified = axis(|ses| ses.verification);
    let mail_from = axis(|ses| ses.mail_from);
    let has = |id: RecordId| diagnosis.records.iter().any(|record| record.id == id);
    let has_cnames = has(RecordId::Dkim1);
    let only_cnames = has_cnames && !has(RecordId::Verification);
    let cnames = Cnames::of(diagnosis);
    let dkim = dkim_passes(ses, diagnosis);
    let rules = vec![
        spf_rule(mail_from, diagnosis, asked_at),
        RuleCheck {
            rule: BulkRule::Dkim,
            met: dkim,
            message: dkim::message(ses, cnames, asked_at),
        },
        alignment_rule(ses, diagnosis, domain),
        dmarc_rule(diagnosis, domain),
    ];
    let bulk_ready = Verdict::all(rules.iter().map(|check| check.met));
    let providers = [
        MailboxProvider::Google,
        MailboxProvider::Yahoo,
        MailboxProvider::Microsoft,
    ];
    // The missing records, without those that are needless because the domain is verified in the other way.
    let missing = |required: bool| {
        diagnosis
            .records
            .iter()
            .filter(|record| {
                is_required(record.id, only_cnames) == required && lacks(record, verified, dkim)
            })
            .map(|record| record.id)
            .collect()
    };
    Readiness {
        ses_verified: verified,
        shows_via: match dkim {
            Verdict::Yes => Verdict::No,
            Verdict::No => Verdict::Yes,
            Verdict::Unknown => Verdict::Unknown,
        },
        bulk_ready,
        rules,
        providers: providers
            .map(|provider| ProviderCheck {
                provider,
                met: bulk_ready,
            })
            .to_vec(),
        missing_required: missing(true),
        missing_recommended: missing(false),
    }
}

/// `only_cnames`: SES verifies the domain by the CNAME records alone (`records_of`).
fn is_required(id: RecordId, only_cnames: bool) -> bool {
    match id {
        RecordId::Verification | RecordId::Ownership => true,
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => only_cnames,
        RecordId::MailFromMx | RecordId::MailFromSpf | RecordId::Dmarc => false,
    }
}

/// The TXT record is needless if DKIM verifies the domain.
fn lacks(record: &RecordDiagnosis, verified: Verdict, dkim: Verdict) -> bool {
    let needless =
        record.id == RecordId::Verification && verified == Verdict::Yes && dkim == Verdict::Yes;
    match record.state {
        RecordState::Missing | RecordState::Wrong => !needless,
        RecordState::Found | RecordState::Unknown | RecordState::NotLookedYet => false,
    }
}

/// Whether DNS was asked for the record. For a claim that needs proof, it is asked only for the
/// ownership record.
fn is_asked(diagnosis: &Diagnosis, id: RecordId) -> bool {
    let mut records = diagnosis.records.iter();
    records.any(|record| record.id == id && record.state != RecordState::NotLookedYet)
}

fn spf_rule(mail_from: Verdict, diagnosis: &Diagnosis, asked_at: AskedAt<'_>) -> RuleCheck {
    let past = asked_at.past_of(&[RecordId::MailFromMx, RecordId::MailFromSpf]);
    let (met, message) = match mail_from {
        Verdict::Yes => match state_of(diagnosis, RecordId::MailFromSpf) {
            Verdict::Yes => (Verdict::Yes, "SPF passes for your own MAIL FROM domain."),
            Verdict::No if is_bogus(diagnosis) => (
                Verdict::No,
                "SPF does not pass for your own MAIL FROM domain: mail servers do not trust its records, \
                 because DNSSEC of your domain is broken.",
            ),
            Verdict::No => (
                Verdict::No,
                "SPF does not pass: the TXT record of the MAIL FROM domain is missing or wrong.",
            ),
            Verdict::Unknown if is_asked(diagnosis, RecordId::MailFromSpf) => (
                Verdict::Unknown,
                "It is not known whether SPF passes: DNS did not answer.",
            ),
            Verdict::Unknown => (
                Verdict::Unknown,
                "It is not known whether SPF passes: the record has not been looked up yet.",
            ),
        },
        // Then SES sends with its own MAIL FROM domain, for which SPF passes.
        Verdict::No => (
            Verdict::Yes,
            "SPF passes with the MAIL FROM domain of Amazon SES.",
        ),
        Verdict::Unknown => (
            Verdict::Unknown,
            "It is not known yet which MAIL FROM domain Amazon SES uses.",
        ),
    };
    let more = match (mail_from, met, past) {
        (Verdict::Yes, Verdict::No, Past::Gone(at)) => format!(
            " DNS had it last{}. Publish it again; it counts as soon as DNS has it.",
            on(Some(at))
        ),
        (Verdict::No, _, Past::Gone(at)) => format!(
            " Your own MAIL FROM domain is not used: not all of its records are there any more, which DNS \
             had last{}. Once they are published again, Amazon SES is asked by itself to use it.",
            on(Some(at))
        ),
        (Verdict::No, _, Past::Back) => {
            " The records of your own MAIL FROM domain are back; Amazon SES \
             is asked by itself to use it."
                .to_owned()
        }
        (Verdict::Yes | Verdict::No | Verdict::Unknown, _, _) => String::new(),
    };
    check(BulkRule::Spf, met, &[message, &more].concat())
}
fn alignment_rule(ses: Option<SesStatus>, diagnosis: &Diagnosis, domain: &DomainName) -> RuleCheck {
    // The label makes no difference to mail from the domain itself, unless there is a DMARC record at it.
    let mut others = diagnosis.dmarc_above.iter();
    let own = others.find(|other| is_below(&other.name, domain));
    let default = MailFromLabel::default_label().below(domain);
    let through = SendingDomain {
        name: domain,
        mail_from: Some(own.map_or(&default, |own| &own.name)),
        ses,
        diagnosis,
        below: &[],
    };
    let met = delivery_from(domain.as_str(), &through).passes();
    let message = match met {
        Verdict::Yes => "DKIM or SPF is aligned with the domain in the From address.",
        Verdict::No if is_bogus(diagnosis) => {
            "Neither DKIM nor SPF is aligned with the domain in the From address: repair DNSSEC of the domain."
        }
        Verdict::No if lacks_a_cname(diagnosis) => {
            "Neither DKIM nor SPF is aligned with the domain in the From address: publish the CNAME \
             records."
        }
        Verdict::No => "Neither DKIM nor SPF is aligned with the domain in the From address.",
        Verdict::Unknown => {
            "It is not known yet whether DKIM or SPF is aligned with the domain in the From address."
        }
    };
    check(BulkRule::Alignment, met, message)
}

fn is_below(name: &str, domain: &DomainName) -> bool {
    let front = name.strip_suffix(domain.as_str());
    front.is_some_and(|front| front.ends_with('.'))
}

/// Whether the last look did not find one of the CNAME records of DKIM.
fn lacks_a_cname(diagnosis: &Diagnosis) -> bool {
    let cnames = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];
    let mut records = diagnosis.records.iter();
    records.any(|record| cnames.contains(&record.id) && record.state != RecordState::Found)
}

fn dmarc_rule(diagnosis: &Diagnosis, domain: &DomainName) -> RuleCheck {
    match &diagnosis.dmarc {
        // Providers that do not walk up the tree see no policy for the domain.
        DmarcDiscovery::Published { at, .. } if is_of_registry(at, domain) => RuleCheck {
            rule: BulkRule::Dmarc,
            met: Verdict::No,
            message: format!(
                "There is no DMARC record at the domain or its organizational domain; only the \
                 registry above has one, at {at}."
            ),
        },
        DmarcDiscovery::Published { at, policy, .. } => RuleCheck {
            rule: BulkRule::Dmarc,
            met: Verdict::Yes,
            message: format!("A DMARC policy is published at {at}: {}.", policy.as_str()),
        },
        DmarcDiscovery::Void { at, multiple } => RuleCheck {
            rule: BulkRule::Dmarc,
            met: Verdict::No,
            message: if *multiple {
                format!("There is more than one DMARC record at {at}, so none counts.")
            } else {
                format!("The DMARC record at {at} cannot be read.")
            },
        },
        DmarcDiscovery::Absent => check(
            BulkRule::Dmarc,
            Verdict::No,
            "There is no DMARC record for the domain, and none for the domain above it.",
        ),
        DmarcDiscovery::Unknown => check(
            BulkRule::Dmarc,
            Verdict::Unknown,
            if is_bogus(diagnosis) {
                "It is not known whether there is a DMARC record: DNSSEC of the domain is broken."
            } else if is_asked(diagnosis, RecordId::Dmarc) {
                "It is not known whether there is a DMARC record: DNS did not answer."
            } else {
                "It is not known whether there is a DMARC record: it has not been looked up yet."
            },
        ),
    }
}

fn check(rule: BulkRule, met: Verdict, message: &str) -> RuleCheck {
    RuleCheck {
        rule,
        met,
        message: message.to_owned(),
    }
}

#[cfg(test)]
#[path = "readiness_tests.rs"]
mod tests;
