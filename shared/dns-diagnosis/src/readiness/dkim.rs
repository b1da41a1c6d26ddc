//! Whether mail servers can check the signatures of Amazon SES. This depends on the present data in
//! DNS: SES notices missing records only later.

use super::past::{AskedAt, Past, on};
use crate::diagnosis::{Diagnosis, DiagnosisCode, RecordDiagnosis, RecordState};
use crate::email_auth::Verdict;
use crate::identity::{AxisStatus, SesStatus};
use crate::records::RecordId;

/// What DNS has of the CNAME records of Easy DKIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cnames {
    /// The domain has none: SES signs with a key of its owner (BYODKIM).
    NotOurs,
    /// Nothing speaks against them: each was found, or DNS did not answer.
    Present,
    /// Some lead to no key. SES signs with one of three keys at a time, and which one is not known.
    Partly,
    /// None leads to a key.
    Gone,
    /// The signatures of the zone are broken (DNSSEC), so mail servers take no key from it.
    Bogus,
}

impl Cnames {
    pub(crate) fn of(diagnosis: &Diagnosis) -> Self {
        let is_cname = |record: &&RecordDiagnosis| match record.id {
            RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => true,
            RecordId::Verification
            | RecordId::MailFromMx
            | RecordId::MailFromSpf
            | RecordId::Dmarc
            | RecordId::Ownership => false,
        };
        let leads: Vec<Verdict> = diagnosis
            .records
            .iter()
            .filter(is_cname)
            .map(leads_to_key)
            .collect();
        if is_bogus(diagnosis) && leads.iter().all(|leads| *leads == Verdict::No) {
            Self::Bogus
        } else if leads.is_empty() {
            Self::NotOurs
        } else if leads.iter().all(|leads| *leads == Verdict::Yes) {
            Self::Present
        } else if leads.iter().all(|leads| *leads == Verdict::No) {
            Self::Gone
        } else {
            Self::Partly
        }
    }

    /// Whether mail servers can check what SES signs.
    pub(crate) fn verdict(self) -> Verdict {
        match self {
            Self::NotOurs | Self::Present => Verdict::Yes,
            Self::Partly => Verdict::Unknown,
            Self::Gone | Self::Bogus => Verdict::No,
        }
    }
}

/// Whether the domain's own zone fails DNSSEC validation (RFC 4035 section 4.3, "bogus").
pub(crate) fn is_bogus(diagnosis: &Diagnosis) -> bool {
    let mut codes = diagnosis.domain.iter().map(|it| it.code);
    codes.any(|code| code == DiagnosisCode::DnssecFailure)
}

/// Whether the record is there, and mail servers that validate get no answer for it (RFC 4035 section 5.5).
pub(crate) fn is_untrusted(record: &RecordDiagnosis) -> bool {
    record.state == RecordState::Unknown
        && record
            .codes()
            .any(|code| code == DiagnosisCode::DnssecFailure)
}

/// Whether mail servers find a key by a record. If DNS does not answer, the status at SES is not doubted.
fn leads_to_key(record: &RecordDiagnosis) -> Verdict {
    match record.state {
        RecordState::Unknown if is_untrusted(record) => Verdict::No,
        RecordState::Found | RecordState::Unknown | RecordState::NotLookedYet => Verdict::Yes,
        RecordState::Missing => Verdict::No,
        // Some servers have it, or the key itself is published in its place.
        RecordState::Wrong => {
            let may_lead = record.codes().any(|code| {
                matches!(
                    code,
                    DiagnosisCode::NameserversDisagree
                        | DiagnosisCode::CnameAndOther
                        | DiagnosisCode::WrongType
                )
            });
            if may_lead {
                Verdict::Unknown
            } else {
                Verdict::No
            }
        }
    }
}

/// What was seen, when, and what happens next.
pub(super) fn message(ses: Option<SesStatus>, cnames: Cnames, asked_at: AskedAt<'_>) -> String {
    let (ses_asked_at, dns_asked_at) = (asked_at.ses, asked_at.dns);
    let Some(ses) = ses else {
        return "It is not known yet whether Amazon SES signs for your domain.".to_owned();
    };
    match (ses.dkim, cnames) {
        (AxisStatus::Success | AxisStatus::TemporaryFailure, Cnames::Gone) => format!(
            "Amazon SES signs mail for your domain, but mail servers cannot check the signatures: DNS \
             had none of the three CNAME records{}. Publish them again. Until then mail counts as \
             unsigned, and Amazon SES stops signing once it has noticed.",
            on(dns_asked_at)
        ),
        (AxisStatus::Success | AxisStatus::TemporaryFailure, Cnames::Bogus) => format!(
            "Amazon SES signs mail for your domain, but mail servers cannot check the signatures: DNSSEC of \
             your domain was broken{}. Until it is repaired, mail counts as unsigned, and Amazon SES \
             stops signing once it has noticed.",
            on(dns_asked_at)
        ),
        (AxisStatus::Success | AxisStatus::TemporaryFailure, Cnames::Partly) => format!(
            "Amazon SES signs mail for your domain, but mail servers may not be able to check the \
             signatures: DNS did not have all three CNAME records as they should be{}. Amazon SES changes \
             from one of the three keys to the next automatically, so all three are needed.",
            on(dns_asked_at)
        ),
        (AxisStatus::TemporaryFailure, Cnames::Present | Cnames::NotOurs) => format!(
            "Mail is signed with DKIM for your domain. Amazon SES could not see the records the last \
             time{}; it asks again automatically, and stops signing if it never sees them.",
            on(ses_asked_at)
        ),
        (AxisStatus::Success, Cnames::Present | Cnames::NotOurs) => {
            "Mail is signed with DKIM for your domain.".to_owned()
        }
        (AxisStatus::NotStarted | AxisStatus::Pending | AxisStatus::Failed, Cnames::NotOurs) => {
            "Mail is not signed for your domain: Amazon SES has not seen its DKIM key.".to_owned()
        }
        (
            AxisStatus::NotStarted | AxisStatus::Pending | AxisStatus::Failed,
            Cnames::Present | Cnames::Partly | Cnames::Gone | Cnames::Bogus,
        ) => unsigned(cnames, asked_at),
    }
}

/// Mail that is not signed although the domain has CNAME records: whether they were there once.
fn unsigned(cnames: Cnames, asked_at: AskedAt<'_>) -> String {
    let now = on(asked_at.dns);
    match asked_at.past_of(&[RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3]) {
        Past::Plain => {
            "Mail is not signed for your domain: Amazon SES has not seen all three CNAME records."
                .to_owned()
        }
        Past::Gone(at) => {
            let of_three = if cnames == Cnames::Gone {
                "none of the three CNAME records"
            } else {
                "not all three CNAME records"
            };
            format!(
                "Mail is not signed for your domain: DNS had {of_three}{now}. What is missing was there \
                 last{}. Publish it again: Amazon SES is then asked by itself to look for the records, and \
                 signs once it has seen all three.",
                on(Some(at))
            )
        }
        Past::Back => format!(
            "Mail is not signed for your domain yet. The CNAME records had vanished and are back: DNS had \
             them{now}. Amazon SES is asked by itself to look for them, and signs once it has seen all \
             three."
        ),
    }
}
