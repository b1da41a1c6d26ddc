//! One effect and one response for a repeated request. Callers identify the request with the header
//! `Idempotency-Key` (IETF draft-ietf-httpapi-idempotency-key-header).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::names::ClientId;
use crate::ports::StoreError;

/// How long a response is stored for its key.
pub const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// How long a first attempt blocks later ones. Longer than any function that answers requests may
/// run (28 s), so two attempts never work on one request. Shorter than API Gateway waits (30 s), so
/// a caller that timed out can try again immediately.
pub const ATTEMPT_LEASE: SignedDuration = SignedDuration::from_secs(29);

/// Longest key, in characters.
const MAX_KEY: usize = 255;

/// The key that a caller has chosen for a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(String);

/// Why a header has no valid key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant's message says what it means")]
pub enum KeyError {
    #[error("is empty")]
    Empty,
    #[error("has more than 255 characters")]
    TooLong,
    #[error("must be printable ASCII characters, without quotation marks or as one quoted string")]
    Character,
}

/// The owner of a key: keys of different owners are different, even with the same text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyOwner {
    /// A client, with all of its people.
    Client(ClientId),
    /// A person at Lasso support, by the token's subject.
    Supporter(String),
}

/// Identifies the request: a digest of method, path and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(pub String);

/// A response as it was returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Names and values of the headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// One attempt at a request that has a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The owner of the key.
    pub owner: KeyOwner,
    /// The key.
    pub key: IdempotencyKey,
    /// The digest of the request.
    pub fingerprint: Fingerprint,
    /// When it began.
    pub at: Timestamp,
    /// The client whose data the response may contain: the client that the request is about.
    pub client: Option<ClientId>,
}

/// The state of a key when a request arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Unused, or the earlier attempt crashed: this attempt continues.
    Go,
    /// Another attempt at the same request is running.
    InProgress,
    /// The same request was answered.
    Answered(StoredAnswer),
    /// The key belongs to another request.
    OtherRequest,
}

/// Stores keys. An entry expires after [`KEPT`], even if it is not deleted yet.
pub trait IdempotencyLedger: Send + Sync {
    /// Begins an attempt. Of several simultaneous attempts, one continues.
    fn begin(&self, attempt: &Attempt) -> impl Future<Output = Result<Begun, StoreError>> + Send;

    /// Stores the response of an attempt. If a later attempt has begun meanwhile, its response
    /// counts.
    fn keep(
        &self,
        attempt: &Attempt,
        answer: &StoredAnswer,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes the key: the attempt had no effect, and the request may be sent again, changed or
    /// not.
    fn forget(&self, attempt: &Attempt) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl Attempt {
    /// Until when it blocks other attempts. With the key, it identifies this attempt.
    pub fn lease_until(&self) -> Timestamp {
        self.at + ATTEMPT_LEASE
    }

    /// Until when its response is stored.
    pub fn expires_at(&self) -> Timestamp {
        self.at + KEPT
    }
}

impl IdempotencyKey {
    /// Reads the header's value: a string of RFC 8941 (section 3.3.3), as the draft specifies, or
    /// the same text without quotation marks, as many callers send it.
    pub fn parse(header: &str) -> Result<Self, KeyError> {
        let header = header.trim();
        let key = match header.strip_prefix('"') {
            Some(quoted) => unquoted(quoted)?,
            None if header.contains(['"', '\\']) => return Err(KeyError::Character),
            None => header.to_owned(),
        };
        if key.is_empty() {
            Err(KeyError::Empty)
        } else if key.len() > MAX_KEY {
            Err(KeyError::TooLong)
        } else if key.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
            Ok(Self(key))
        } else {
            Err(KeyError::Character)
        }
    }

    /// The key without quotation marks and escapes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text up to the closing quotation mark, which must be the end of the header.
fn unquoted(quoted: &str) -> Result<String, KeyError> {
    let mut key = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next().ok_or(KeyError::Character)? {
            '"' if characters.as_str().is_empty() => return Ok(key),
            '"' => return Err(KeyError::Character),
            '\\' => match characters.next() {
                Some(escaped @ ('"' | '\\')) => key.push(escaped),
                Some(_) | None => return Err(KeyError::Character),
            },
            other => key.push(other),
        }
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idempotency_key_is_the_same_with_and_without_quotation_marks() {
        let quoted = IdempotencyKey::parse(" \"8e03978e-40d5\" ").unwrap();
        assert_eq!(quoted, IdempotencyKey::parse("8e03978e-40d5").unwrap());
        let escaped = IdempotencyKey::parse(r#""a\"b\\c d""#).unwrap();
        assert_eq!(escaped.as_str(), r#"a"b\c d"#);
    }

    #[test]
    fn invalid_idempotency_keys_are_refused() {
        for (bad, expected) in [
            ("", KeyError::Empty),
            ("  ", KeyError::Empty),
            ("\"\"", KeyError::Empty),
            ("\"", KeyError::Character),
            ("\"a", KeyError::Character),
            ("\"a\"b", KeyError::Character),
            ("\"a\";p=1", KeyError::Character),
            (r#""a\b""#, KeyError::Character),
            ("a\"b", KeyError::Character),
            ("a\u{7}", KeyError::Character),
            ("schlüssel", KeyError::Character),
        ] {
            assert_eq!(IdempotencyKey::parse(bad), Err(expected), "{bad}");
        }
        assert!(IdempotencyKey::parse(&"k".repeat(255)).is_ok());
        assert_eq!(
            IdempotencyKey::parse(&"k".repeat(256)),
            Err(KeyError::TooLong)
        );
    }
}
