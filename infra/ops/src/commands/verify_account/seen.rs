//! What has been seen so far, and its file.

use std::path::Path;

use domain_auth::names::DomainName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::questions::Answers;
use crate::outcome::Error;

/// The results so far: the content of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The domain that the operator owns.
    pub domain: String,
    /// What the identities are tagged with.
    pub tag: String,
    /// Tokens of the first life of the verified identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_tokens: Option<Vec<String>>,
    /// Tokens of its second life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_tokens: Option<Vec<String>>,
    /// When the identity without records was made, and its DKIM tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpublished: Option<(Timestamp, Vec<String>)>,
    /// The answers.
    pub answers: Answers,
    /// Everything that was made has been deleted.
    pub cleaned_up: bool,
}

impl Seen {
    /// Nothing yet.
    pub(super) fn begun(domain: &DomainName, now: Timestamp) -> Self {
        Self {
            domain: domain.to_string(),
            tag: format!("verify-account-{}", now.as_second()),
            first_tokens: None,
            second_tokens: None,
            unpublished: None,
            answers: Answers::default(),
            cleaned_up: false,
        }
    }
}

/// The results of an earlier run; none if there was none.
pub(super) fn read(path: &Path) -> Result<Option<Seen>, Error> {
    let file = |source| Error::File {
        path: path.display().to_string(),
        source,
    };
    match std::fs::read(path) {
        Ok(text) => {
            let seen = serde_json::from_slice(&text);
            seen.map(Some)
                .map_err(|error| Error::failed(path.display().to_string(), error))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(file(error)),
    }
}

/// Notes what has been seen so far.
pub(super) fn write(path: &Path, seen: &Seen) -> Result<(), Error> {
    let json = serde_json::to_string_pretty(seen);
    let json = json.map_err(|error| Error::failed("writing what was seen", error))?;
    put(path, &(json + "\n"))
}

/// Writes a file as a whole or not at all.
pub(super) fn put(path: &Path, text: &str) -> Result<(), Error> {
    let file = |source| Error::File {
        path: path.display().to_string(),
        source,
    };
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).map_err(file)?;
    std::fs::rename(&beside, path).map_err(file)
}
