//! The state of a domain's records, and what to do about them.

use serde::{Deserialize, Serialize};

use crate::diagnosis::DiagnosisCode;
use crate::diagnosis::judge::{DmarcAt, DmarcDiscovery, RecordState};
use crate::records::RecordId;

/// The diagnosis of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Diagnosis {
    /// Every record, in the order of the record set.
    pub records: Vec<RecordDiagnosis>,
    /// Diagnoses of the domain as a whole.
    pub domain: Vec<DomainDiagnosis>,
    /// The DMARC policy that applies to it.
    pub dmarc: DmarcDiscovery,
    /// Further DMARC records: at the domain and above it, which may apply to names below the domain, and at
    /// its MAIL FROM name.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub dmarc_above: Vec<DmarcAt>,
}

impl Diagnosis {
    /// Every record with its state.
    pub fn states(&self) -> impl Iterator<Item = (RecordId, RecordState)> + '_ {
        self.records.iter().map(|record| (record.id, record.state))
    }
}

/// One diagnosis of the domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DomainDiagnosis {
    /// The code of the diagnosis.
    pub code: DiagnosisCode,
    /// For the person, with the actual values.
    pub message: String,
    /// What to do, if anything.
    pub fix: Option<Fix>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Fix {
    /// A sentence or two, naming the field and the value.
    pub text: String,
    /// The field to change, as the DNS provider labels it, if it is a single field.
    pub field: Option<String>,
    /// What to put there, ready to be copied.
    pub value: Option<String>,
}

/// A further diagnosis of the same record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "FurtherDiagnosis")
)]
pub struct Also {
    /// The code of the diagnosis.
    pub code: DiagnosisCode,
    /// What the code means in this case.
    pub message: String,
    /// What to do about it.
    pub fix: Option<Fix>,
}

/// The diagnosis of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct RecordDiagnosis {
    /// Which record.
    pub id: RecordId,
    /// The state of the record in DNS.
    pub state: RecordState,
    /// The main diagnosis; `null` if there is nothing to report.
    pub code: Option<DiagnosisCode>,
    /// For the person, with the actual values. Plain text: a page has to escape it.
    pub message: String,
    /// The value to publish.
    pub expected: String,
    /// The published values, made readable.
    pub observed: Vec<String>,
    /// What to do, if anything.
    pub fix: Option<Fix>,
    /// How long caches may still hold the old answer, in minutes.
    pub wait_minutes: Option<u32>,
    /// Further diagnoses of the record.
    pub also: Vec<Also>,
}

impl RecordDiagnosis {
    /// Every code, the leading one first.
    pub fn codes(&self) -> impl Iterator<Item = DiagnosisCode> {
        let others = self.also.iter().map(|also| also.code);
        self.code.into_iter().chain(others)
    }
}
