//! One effect and one answer for a request that is sent again: what callers name with the header
//! `Idempotency-Key` (IETF draft-ietf-httpapi-idempotency-key-header).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::names::ClientId;
use crate::ports::StoreError;

/// How long an answer is kept for its key.
pub const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// How long a first attempt keeps later ones away. Longer than any function that answers requests
/// may run (28 s), so that two never work on one request; shorter than API Gateway waits (30 s), so
/// that a caller who gives up on a dead one can ask again at once.
pub const ATTEMPT_LEASE: SignedDuration = SignedDuration::from_secs(29);

/// Longest key, in characters.
const MAX_KEY: usize = 255;

/// What a caller named a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(String);

/// Why a header names no key.
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

/// Whose key it is: keys of different callers differ, even if their text is the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyOwner {
    /// A client, with all of its people.
    Client(ClientId),
    /// A person at Lasso support, by the token's subject.
    Supporter(String),
}

/// What tells two requests apart: a digest of method, path and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(pub String);

/// An answer as it was given.
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
    /// Whose key.
    pub owner: KeyOwner,
    /// The key.
    pub key: IdempotencyKey,
    /// What the request is.
    pub fingerprint: Fingerprint,
    /// When it began.
    pub at: Timestamp,
    /// The client whose data its answer may have: the one that the request is about.
    pub client: Option<ClientId>,
}

/// What is known of a key when a request comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nothing, or an attempt that died: this one goes on.
    Go,
    /// Another attempt at the same request is under way.
    InProgress,
    /// The same request was answered.
    Answered(StoredAnswer),
    /// The key names another request.
    OtherRequest,
}

/// Remembers keys. What is over is over when [`KEPT`] has passed, whether it is deleted or not.
pub trait IdempotencyLedger: Send + Sync {
    /// Begins an attempt. Of several at once, one goes on.
    fn begin(&self, attempt: &Attempt) -> impl Future<Output = Result<Begun, StoreError>> + Send;

    /// Keeps the answer of an attempt. Where a later attempt has begun meanwhile, its answer counts.
    fn keep(
        &self,
        attempt: &Attempt,
        answer: &StoredAnswer,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Forgets the key: the attempt has come to nothing, and may be made again, changed or not.
    fn forget(&self, attempt: &Attempt) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl Attempt {
    /// Until when it keeps others away. With the key, it tells this attempt from all others.
    pub fn lease_until(&self) -> Timestamp {
        self.at + ATTEMPT_LEASE
    }

    /// Until when its answer is kept.
    pub fn expires_at(&self) -> Timestamp {
        self.at + KEPT
    }
}

impl IdempotencyKey {
    /// Reads the header's value: a string of RFC 8941 (section 3.3.3), as the draft has it, or the
    /// same without its quotation marks, as many send it.
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

    /// The key as it was meant.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text up to the closing quotation mark, which has to end the header.
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
    fn a_key_is_the_same_with_and_without_its_quotation_marks() {
        let quoted = IdempotencyKey::parse(" \"8e03978e-40d5\" ").unwrap();
        assert_eq!(quoted, IdempotencyKey::parse("8e03978e-40d5").unwrap());
        let escaped = IdempotencyKey::parse(r#""a\"b\\c d""#).unwrap();
        assert_eq!(escaped.as_str(), r#"a"b\c d"#);
    }

    #[test]
    fn what_is_no_key_is_refused() {
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
