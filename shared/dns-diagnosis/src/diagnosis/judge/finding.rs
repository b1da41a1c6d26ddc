//! The state of a record and the facts behind it, before they become sentences.

use serde::{Deserialize, Serialize};

use crate::diagnosis::DiagnosisCode;
use crate::records::RecordId;

/// The state of a record in DNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecordState {
    /// Published, and right at the authoritative servers.
    Found,
    /// Nothing is published.
    Missing,
    /// Another value is published, or the record is published at another name.
    Wrong,
    /// DNS did not answer.
    Unknown,
    /// No look has queried the record yet.
    NotLookedYet,
}

impl RecordState {
    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Missing => "missing",
            Self::Wrong => "wrong",
            Self::Unknown => "unknown",
            Self::NotLookedYet => "not_looked_yet",
        }
    }
}

/// How one record stands, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedRecord {
    /// Which record.
    pub id: RecordId,
    /// The name that it is about: the record's own, or that of the organizational domain's DMARC record.
    pub place: String,
    /// The state of the record in DNS.
    pub state: RecordState,
    /// Why, the leading one first, and each code once. Empty if there is nothing to say.
    pub findings: Vec<Finding>,
    /// What is published, as DNS has it.
    pub observed: Vec<String>,
}

/// How one record stands, before anything but its own look-up is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// What is published does what the expected record does.
    Right,
    /// Something else is published.
    Wrong,
    /// Nothing is published.
    Absent,
    /// No server answered.
    Unknown,
}

/// One fact that a person may have to know, with what the sentence about it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The kind of fact.
    pub code: DiagnosisCode,
    /// The name where it was seen, if that is not the record's own.
    pub at: Option<String>,
    /// What was seen, as DNS has it.
    pub value: Option<String>,
    /// How long to wait, in minutes.
    pub minutes: Option<u32>,
}

/// The judgement of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) standing: Standing,
    pub(crate) findings: Vec<Finding>,
    /// What is published, as DNS has it.
    pub(crate) observed: Vec<String>,
}

impl From<&Judgement> for RecordState {
    fn from(judged: &Judgement) -> Self {
        match judged.standing {
            Standing::Right => Self::Found,
            Standing::Wrong => Self::Wrong,
            Standing::Absent => Self::Missing,
            // Every question that got no answer has a finding that says why.
            Standing::Unknown if judged.findings.is_empty() => Self::NotLookedYet,
            Standing::Unknown => Self::Unknown,
        }
    }
}

impl Finding {
    /// A code by itself.
    pub fn new(code: DiagnosisCode) -> Self {
        Self {
            code,
            at: None,
            value: None,
            minutes: None,
        }
    }

    pub(crate) fn of(code: DiagnosisCode, value: impl Into<String>) -> Self {
        Self {
            value: Some(value.into()),
            ..Self::new(code)
        }
    }

    pub(crate) fn at(mut self, name: impl Into<String>) -> Self {
        self.at = Some(name.into());
        self
    }
}

impl Judgement {
    pub(crate) fn right(observed: Vec<String>) -> Self {
        Self {
            standing: Standing::Right,
            findings: Vec::new(),
            observed,
        }
    }

    pub(crate) fn wrong(findings: Vec<Finding>, observed: Vec<String>) -> Self {
        Self {
            standing: Standing::Wrong,
            findings,
            observed,
        }
    }

    pub(crate) fn absent() -> Self {
        Self {
            standing: Standing::Absent,
            findings: vec![Finding::new(DiagnosisCode::NotFound)],
            observed: Vec::new(),
        }
    }

    /// Nothing of its own at the name, for which a wildcard answers this.
    pub(super) fn wildcard(answered: impl Into<String>) -> Self {
        Self {
            findings: vec![Finding::of(DiagnosisCode::WildcardAnswers, answered)],
            ..Self::absent()
        }
    }

    pub(super) fn unknown(code: Option<DiagnosisCode>) -> Self {
        Self {
            standing: Standing::Unknown,
            findings: code.map(Finding::new).into_iter().collect(),
            observed: Vec::new(),
        }
    }

    /// Says that the data that cannot be seen is at this name, rather than in the zone of the record itself.
    pub(super) fn blame(&mut self, name: &str) {
        let silences = [
            DiagnosisCode::DnsUnavailable,
            DiagnosisCode::ZoneNotLive,
            DiagnosisCode::DnssecFailure,
        ];
        for finding in &mut self.findings {
            if silences.contains(&finding.code) && finding.at.is_none() {
                finding.at = Some(name.to_owned());
            }
        }
    }

    pub(crate) fn has(&self, code: DiagnosisCode) -> bool {
        self.findings.iter().any(|finding| finding.code == code)
    }
}
