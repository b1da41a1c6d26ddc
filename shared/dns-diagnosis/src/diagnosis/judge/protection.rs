//! What protects mail from a DMARC policy.

use super::case::Case;
use super::finding::{Judgement, Standing};
use crate::diagnosis::DiagnosisCode as Code;
use crate::records::RecordId;

/// What protects mail from a policy that has unaligned mail refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Protection {
    /// Whether SES signs with the domain, or may do so.
    pub(super) dkim: bool,
    /// Whether the MAIL FROM domain is below the domain, or may be.
    pub(super) mail_from: bool,
}

impl Case<'_> {
    /// Whether DKIM and MAIL FROM are in place: by what DNS says and, where SES was asked, by what SES
    /// says. Not knowing is no reason to warn.
    pub(super) fn protection(&self) -> Protection {
        const DKIM: [RecordId; 3] = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];
        match self.context.ses {
            // SES goes on signing for days after the keys have vanished.
            Some(ses) => {
                let mut keys = self.judged(&DKIM).peekable();
                let gone = keys.peek().is_some() && keys.all(|judged| leads_nowhere(&judged));
                Protection {
                    dkim: ses.dkim.is_in_use() && !gone,
                    mail_from: ses.mail_from.is_in_use() && self.holds(&[RecordId::MailFromSpf]),
                }
            }
            None => Protection {
                dkim: self.holds(&DKIM),
                mail_from: self.holds(&[RecordId::MailFromMx, RecordId::MailFromSpf]),
            },
        }
    }

    fn holds(&self, wanted: &[RecordId]) -> bool {
        self.judged(wanted)
            .all(|judged| matches!(judged.standing, Standing::Right | Standing::Unknown))
    }

    fn judged(&self, wanted: &[RecordId]) -> impl Iterator<Item = Judgement> {
        let records = self.records.iter();
        let wanted = records.filter(|record| wanted.contains(&record.id));
        wanted.map(|record| self.own(record))
    }
}

/// Whether mail servers find no key by a DKIM record.
fn leads_nowhere(judged: &Judgement) -> bool {
    let may_lead = [
        Code::NameserversDisagree,
        Code::CnameAndOther,
        Code::WrongType,
    ];
    match judged.standing {
        Standing::Right | Standing::Unknown => false,
        Standing::Absent => true,
        Standing::Wrong => !may_lead.iter().any(|code| judged.has(*code)),
    }
}
