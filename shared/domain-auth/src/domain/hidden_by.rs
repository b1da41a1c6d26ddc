//! Why no record of a domain can be seen.

use serde::{Deserialize, Serialize};

use crate::diagnosis::{Diagnosis, DiagnosisCode};

/// Why no record of a domain can be seen, if waiting for DNS does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HiddenBy {
    /// The domain does not exist.
    NoSuchDomain,
    /// Its registrar has suspended it, or it has expired.
    Suspended,
    /// Its name servers do not serve it.
    NotLive,
    /// Its DNSSEC signatures are broken.
    Bogus,
}

impl HiddenBy {
    /// The cause, from the diagnosis of the domain as a whole.
    pub(super) fn of(diagnosis: &Diagnosis) -> Option<Self> {
        let said = |code| diagnosis.domain.iter().any(|it| it.code == code);
        let mut causes = [
            (DiagnosisCode::DomainDoesNotExist, Self::NoSuchDomain),
            (DiagnosisCode::DomainSuspended, Self::Suspended),
            (DiagnosisCode::ZoneNotLive, Self::NotLive),
            (DiagnosisCode::DnssecFailure, Self::Bogus),
        ]
        .into_iter();
        causes.find(|(code, _)| said(*code)).map(|(_, by)| by)
    }
}
