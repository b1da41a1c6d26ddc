//! The records that make mail pass a DMARC policy.

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
    /// Whether DKIM and MAIL FROM are in place: by what DNS says and, if SES was asked, by what SES
    /// says. If either is unknown, there is no warning.
    ///
    /// `own` is what the records' own look-ups say, in the order of the record set.
    pub(super) fn protection(&self, own: &[Judgement]) -> Protection {
        const DKIM: [RecordId; 3] = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];
        let judged = |wanted: &'static [RecordId]| {
            let records = self.records.iter().zip(own);
            let wanted = records.filter(|(record, _)| wanted.contains(&record.id));
            wanted.map(|(_, judged)| judged)
        };
        let holds = |wanted| {
            judged(wanted)
                .all(|judged| matches!(judged.standing, Standing::Right | Standing::Unknown))
        };
        match self.context.ses {
            // SES goes on signing for days after the keys have vanished.
            Some(ses) => {
                let mut keys = judged(&DKIM).peekable();
                let gone = keys.peek().is_some() && keys.all(leads_nowhere);
                Protection {
                    dkim: ses.dkim.is_in_use() && !gone,
                    mail_from: ses.mail_from.is_in_use() && holds(&[RecordId::MailFromSpf]),
                }
            }
            None => Protection {
                dkim: holds(&DKIM),
                mail_from: holds(&[RecordId::MailFromMx, RecordId::MailFromSpf]),
            },
        }
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
