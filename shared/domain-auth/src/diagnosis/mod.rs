//! From what DNS answered to what a person has to do, record by record.
//!
//! Three steps, all pure: [`questions_for`] names the look-ups of the first round, [`probes_for`]
//! those of the next ones, which explain records that are not right, and [`diagnose`] judges.
//! A record's state comes from its own look-up only. What Amazon SES says adds a code and never
//! changes a state; no answer from DNS is `unknown`, and never `missing` or `wrong`.

use serde::{Deserialize, Serialize};

use crate::dns::{Observation, RecordType, ZoneOutcome};
use crate::identity::{AxisStatus, SesIdentity, SesStatus};
use crate::names::DomainName;
use crate::providers::Panel;
use crate::records::{Record, RecordId};

mod code;
mod dmarc;
mod domain;
mod fix;
mod judge;
mod likeness;
mod message;
mod questions;
mod record;
mod show;
pub(crate) mod view;
mod wording;

pub use code::DiagnosisCode;
pub use dmarc::{DmarcDiscovery, discover_dmarc, dmarc_name};
pub use domain::DomainDiagnosis;
pub use questions::{Probes, probes_for, questions_for};
pub use show::show;

pub(crate) use judge::SES_SPF_DOMAIN;
pub(crate) use questions::{NOBODYS_LABEL, Questions};

use dmarc::Protection;
use view::{Observations, Standing};

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

/// The most earlier registrations of a domain that are remembered. Each costs questions in a look, and
/// room in the domain's item.
const REGISTRATIONS: usize = 10;
/// Easy DKIM tokens of an identity.
const DKIM_TOKENS: usize = 3;

/// Tokens that an earlier registration of the same domain had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FormerTokens {
    /// Values of the TXT record.
    pub verification: Vec<String>,
    /// DKIM tokens, three for each registration.
    pub dkim: Vec<String>,
}

impl FormerTokens {
    /// Adds the tokens of an identity that is given up. Those of the oldest registrations are
    /// forgotten.
    pub fn remember(&mut self, identity: &SesIdentity) {
        let dkim = identity.dkim.iter().flat_map(|dkim| &dkim.tokens);
        self.dkim
            .extend(dkim.map(|token| token.as_str().to_owned()));
        let verification = identity.verification_token.iter();
        self.verification
            .extend(verification.map(|token| token.as_str().to_owned()));
        forget_first(&mut self.dkim, REGISTRATIONS * DKIM_TOKENS);
        forget_first(&mut self.verification, REGISTRATIONS);
    }
}

fn forget_first(tokens: &mut Vec<String>, kept: usize) {
    tokens.drain(..tokens.len().saturating_sub(kept));
}

/// What DNS says of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecordState {
    /// Published, and right at the source.
    Found,
    /// Nothing is published.
    Missing,
    /// Something else is published, or it is published elsewhere.
    Wrong,
    /// DNS did not answer.
    Unknown,
}

impl RecordState {
    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Missing => "missing",
            Self::Wrong => "wrong",
            Self::Unknown => "unknown",
        }
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Fix {
    /// A sentence or two, naming the field and the value.
    pub text: String,
    /// The field to change, as the provider's panel labels it, where it is one field.
    pub field: Option<String>,
    /// What to put there, ready to be copied.
    pub value: Option<String>,
}

/// A further diagnosis of the same record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Also {
    /// Which.
    pub code: DiagnosisCode,
    /// What it means here.
    pub message: String,
    /// What to do about it.
    pub fix: Option<Fix>,
}

/// How one record stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct RecordDiagnosis {
    /// Which record.
    pub id: RecordId,
    /// What DNS says.
    pub state: RecordState,
    /// The diagnosis that leads; none where there is nothing to say.
    pub code: Option<DiagnosisCode>,
    /// For the person, with the actual values. Plain text: a page has to escape it.
    pub message: String,
    /// The value to publish.
    pub expected: String,
    /// The values that are published, made fit to be read.
    pub observed: Vec<String>,
    /// What to do, if anything.
    pub fix: Option<Fix>,
    /// How long caches may still hold the old answer, in minutes.
    pub wait_minutes: Option<u32>,
    /// What else there is to say.
    pub also: Vec<Also>,
}

/// How a domain stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Diagnosis {
    /// Every record, in the order of the record set.
    pub records: Vec<RecordDiagnosis>,
    /// What concerns the domain as a whole.
    pub domain: Vec<DomainDiagnosis>,
    /// The DMARC policy that applies to it.
    pub dmarc: DmarcDiscovery,
}

impl RecordDiagnosis {
    /// Every code, the leading one first.
    pub fn codes(&self) -> impl Iterator<Item = DiagnosisCode> {
        let others = self.also.iter().map(|also| also.code);
        self.code.into_iter().chain(others)
    }
}

/// Judges the records by the observations of both rounds.
pub fn diagnose(
    context: &Context<'_>,
    records: &[Record],
    observations: &[Observation],
) -> Diagnosis {
    let look = Look::new(*context, records, observations);
    let protection = look.protection();
    let records: Vec<RecordDiagnosis> = records
        .iter()
        .map(|record| look.diagnose(record, protection))
        .collect();
    Diagnosis {
        domain: domain::diagnose(&look, &records),
        records,
        dmarc: discover_dmarc(context.domain, observations),
    }
}

/// Whether the DMARC record of the set is to be proposed: not where a policy, even a void one, is
/// published at the domain or its organizational domain, because an existing one is never to be
/// replaced and a second one voids both.
pub fn proposes_dmarc(domain: &DomainName, observations: &[Observation]) -> bool {
    match discover_dmarc(domain, observations) {
        DmarcDiscovery::Published { .. } | DmarcDiscovery::Void { .. } => false,
        DmarcDiscovery::Absent | DmarcDiscovery::Unknown => true,
    }
}

/// Everything that one judgement needs.
struct Look<'a> {
    context: Context<'a>,
    panel: Panel,
    records: &'a [Record],
    observations: Observations<'a>,
}

impl<'a> Look<'a> {
    fn new(context: Context<'a>, records: &'a [Record], observations: &'a [Observation]) -> Self {
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
    fn protection(&self) -> Protection {
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
    fn own_name_servers(&self) -> Vec<String> {
        self.context
            .found_zone()
            .map(|zone| self.observations.values(&zone.apex, RecordType::Ns))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod combination_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod mistakes_in_mail;
#[cfg(test)]
pub(crate) mod scene;
#[cfg(test)]
mod tests;
