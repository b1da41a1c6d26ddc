//! How a record stands, and what to do about it.

use serde::{Deserialize, Serialize};

use super::code::DiagnosisCode;
use crate::records::RecordId;

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

impl RecordDiagnosis {
    /// Every code, the leading one first.
    pub fn codes(&self) -> impl Iterator<Item = DiagnosisCode> {
        let others = self.also.iter().map(|also| also.code);
        self.code.into_iter().chain(others)
    }
}
