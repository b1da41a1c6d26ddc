//! Identifiers that come from tokens, requests and the id source.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest client identifier and community name, in characters.
const MAX_LENGTH: usize = 128;
/// Longest note, in characters.
const MAX_NOTE: usize = 1_000;
/// Longest address (RFC 5321 section 4.5.3.1.3: a path of 256 octets with its brackets).
const MAX_ADDRESS: usize = 254;

/// A client of Lasso, as the identity provider names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(extend("minLength" = 1, "maxLength" = 128))
)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

/// A community (building project) of a client, as the client calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(extend("minLength" = 1, "maxLength" = 128))
)]
#[serde(try_from = "String", into = "String")]
pub struct Community(String);

/// An address of a person at the client, shown to Lasso support and used as Reply-To.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(extend("format" = "email", "maxLength" = 254))
)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// What one person writes to another: plain text of at most 1,000 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(extend("minLength" = 1, "maxLength" = 1000))
)]
pub struct Note(String);

/// One event; the same for every copy and every delivery of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(Uuid);

/// Why an identifier is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant's message says what it means")]
pub enum IdentifierError {
    #[error("must not be empty")]
    Empty,
    #[error("is too long")]
    TooLong,
    #[error("contains a character that is not allowed")]
    Character,
    #[error("is not an email address such as name@example.com")]
    NotAnAddress,
}

impl ClientId {
    /// Letters, digits and `-_.:@/+=`, at most 128 characters.
    pub fn parse(claim: &str) -> Result<Self, IdentifierError> {
        let claim = bounded(claim, MAX_LENGTH)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:@/+=".contains(c);
        if !claim.chars().all(allowed) {
            return Err(IdentifierError::Character);
        }
        Ok(Self(claim.to_owned()))
    }

    /// The identifier as the token carries it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Community {
    /// Any text of at most 128 characters without control characters.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let text = bounded(text, MAX_LENGTH)?;
        if text.chars().any(char::is_control) {
            return Err(IdentifierError::Character);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as the client typed it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Note {
    /// Any text of at most 1,000 characters without control characters but line feeds.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let text = bounded(text, MAX_NOTE)?;
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(IdentifierError::Character);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl EmailAddress {
    /// A `local-part@domain` of RFC 5321 in ASCII, without quoting and comments: safe in a header.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let text = bounded(text, MAX_ADDRESS)?;
        let (local, domain) = text.rsplit_once('@').ok_or(IdentifierError::NotAnAddress)?;
        let atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let dot_atom = !local.is_empty()
            && local.len() <= 64
            && local.chars().all(atext)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        let host = domain.contains('.')
            && domain.split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            });
        if dot_atom && host {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdentifierError::NotAnAddress)
        }
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl EmailAddress {
    /// Enough to be known again by who typed it, and no address: `k…@example.com`.
    pub fn masked(&self) -> String {
        match self.0.rsplit_once('@') {
            Some((local, host)) => {
                let first = local.chars().next().map(String::from);
                format!("{}…@{host}", first.unwrap_or_default())
            }
            None => "…".to_owned(),
        }
    }
}

/// An address is personal: it shows in no log line.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

impl EventId {
    /// Wraps what the id source made.
    pub fn new(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

fn bounded(text: &str, max: usize) -> Result<&str, IdentifierError> {
    let text = text.trim();
    if text.is_empty() {
        Err(IdentifierError::Empty)
    } else if text.chars().count() > max {
        Err(IdentifierError::TooLong)
    } else {
        Ok(text)
    }
}

macro_rules! text_newtype {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdentifierError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }
    )*};
}

text_newtype!(ClientId, Community, EmailAddress);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_cannot_reach_into_another_key() {
        assert!(ClientId::parse("maple-homes").is_ok());
        assert_eq!(ClientId::parse("a#b"), Err(IdentifierError::Character));
        assert_eq!(ClientId::parse("  "), Err(IdentifierError::Empty));
        assert_eq!(
            ClientId::parse(&"a".repeat(129)),
            Err(IdentifierError::TooLong)
        );
    }

    #[test]
    fn an_address_cannot_carry_a_header() {
        assert!(EmailAddress::parse("o'neil+x@example.com").is_ok());
        for bad in [
            "a@b@c",
            "a",
            "@example.com",
            "a@localhost",
            "a b@example.com",
            "a@example.com\r\nBcc: x@y.z",
            "a..b@example.com",
        ] {
            assert_eq!(
                EmailAddress::parse(bad),
                Err(IdentifierError::NotAnAddress),
                "{bad}"
            );
        }
    }
}
