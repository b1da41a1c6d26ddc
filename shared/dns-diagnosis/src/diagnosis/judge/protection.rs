//! What protects mail from a DMARC policy.

use super::case::Case;
use super::finding::Standing;
use crate::identity::AxisStatus;
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
    /// Whether DKIM and MAIL FROM are in place: what SES says where it was asked, and otherwise
    /// what DNS says. Not knowing is no reason to warn.
    pub(super) fn protection(&self) -> Protection {
        let all = |wanted: &[RecordId]| {
            self.records
                .iter()
                .filter(|record| wanted.contains(&record.id))
                .all(|record| {
                    let standing = self.own(record).standing;
                    matches!(standing, Standing::Right | Standing::Unknown)
                })
        };
        match self.context.ses {
            Some(ses) => Protection {
                dkim: ses.dkim == AxisStatus::Success,
                mail_from: ses.mail_from == AxisStatus::Success,
            },
            None => Protection {
                dkim: all(&[RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3]),
                mail_from: all(&[RecordId::MailFromMx, RecordId::MailFromSpf]),
            },
        }
    }
}
