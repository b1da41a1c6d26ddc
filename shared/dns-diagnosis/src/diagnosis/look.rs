//! Everything that one judgement needs.

use super::former::FormerTokens;
use super::view::{Observations, Standing};
use crate::dns::{Observation, RecordType, ZoneOutcome};
use crate::identity::{AxisStatus, SesStatus};
use crate::names::DomainName;
use crate::providers::Panel;
use crate::records::{Record, RecordId};

/// What is known beside the answers themselves.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The domain.
    pub domain: &'a DomainName,
    /// The zone that holds it, which also tells the provider.
    pub zone: &'a ZoneOutcome,
    /// Tokens of earlier registrations.
    pub former: &'a FormerTokens,
    /// What Amazon SES last said, if it was asked.
    pub ses: Option<SesStatus>,
}

/// Everything that one judgement needs.
pub(super) struct Look<'a> {
    pub(super) context: Context<'a>,
    pub(super) panel: Panel,
    pub(super) records: &'a [Record],
    pub(super) observations: Observations<'a>,
}

/// What protects mail from a policy that has unaligned mail refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Protection {
    /// Whether SES signs with the domain, or may do so.
    pub(super) dkim: bool,
    /// Whether the MAIL FROM domain is below the domain, or may be.
    pub(super) mail_from: bool,
}

impl<'a> Look<'a> {
    pub(super) fn new(
        context: Context<'a>,
        records: &'a [Record],
        observations: &'a [Observation],
    ) -> Self {
        // Most zones are cut at the organizational domain, so that is the guess.
        let panel = Panel::of(context.found_zone(), context.domain.organizational());
        Self {
            context,
            panel,
            records,
            observations: Observations::new(observations),
        }
    }

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

    /// The zone's name servers as the zone itself lists them.
    pub(super) fn own_name_servers(&self) -> Vec<String> {
        self.context
            .found_zone()
            .map(|zone| self.observations.values(&zone.apex, RecordType::Ns))
            .unwrap_or_default()
    }
}
