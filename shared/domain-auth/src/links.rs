//! Links for the email administrator, who has no login. A person with a link sees the records of
//! one domain and their states, and may start a check.
//!
//! The domain stores which links are live ([`Domain::links`]). So a link ends in the same
//! transaction in which its client loses or removes the domain. The token is not stored: the store
//! finds the domain by a digest of it ([`ReadLinks`]).
//!
//! [`Domain::links`]: crate::domain::Domain::links

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::names::{ClientId, DomainName, EventId};
use crate::ports::StoreError;

/// The longest life of a link, in days. Also the default.
pub const MOST_DAYS: u32 = 14;

/// Live links of a domain that people have made.
pub const MOST_LINKS: usize = 10;

/// Live links of a domain that were sent in emails. A new one ends the oldest, because no person
/// could be told to withdraw one first.
pub const MOST_EMAILED: usize = 10;

/// Characters of a token: 256 bits in base64url without padding (RFC 4648, section 5).
const TOKEN_LENGTH: usize = 43;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LONGEST_ID: usize = 36;

/// The secret part of a link's address: 256 random bits. Its knowledge gives access, so it is not
/// in any log, item or `Debug` output.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LinkToken(String);

/// Identifies a link for its client. It gives no access.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkId(String);

/// A link as its domain has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its name.
    pub id: LinkId,
    /// When it was made.
    pub made_at: Timestamp,
    /// When the link ends automatically.
    pub ends_at: Timestamp,
    /// It was sent in an email; a person has made the other links.
    #[serde(skip_serializing_if = "is_false", default)]
    pub emailed: bool,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkTarget {
    /// The client of the domain.
    pub client: ClientId,
    /// The domain.
    pub name: DomainName,
    /// The link.
    pub id: LinkId,
    /// When the link ends automatically.
    pub ends_at: Timestamp,
}

/// A link that a change makes: its token, and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    /// The token. The store keeps only a digest of it.
    pub token: LinkToken,
    /// Where the link leads.
    pub target: LinkTarget,
}

/// Finds links by their tokens.
pub trait ReadLinks: Send + Sync {
    /// The target of the link with this token, even if it was withdrawn. `None` for an unknown
    /// token, and possibly for an expired link.
    fn link(
        &self,
        token: &LinkToken,
    ) -> impl Future<Output = Result<Option<LinkTarget>, StoreError>> + Send;
}

/// A text is not a token, or the link does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no link")]
pub struct NoLink;

impl LinkToken {
    /// The token with these bits.
    pub fn of_bits(bits: &[u8; 32]) -> Self {
        let mut text = String::with_capacity(TOKEN_LENGTH);
        for octets in bits.chunks(3) {
            let padded = octets.iter().chain([&0, &0]).take(3);
            let group = padded.fold(0_usize, |group, octet| group << 8 | usize::from(*octet));
            for place in 0..=octets.len() {
                let index = group >> (18 - 6 * place) & 0x3f;
                text.push(char::from(ALPHABET[index]));
            }
        }
        Self(text)
    }

    /// Reads a token as it is in a path.
    pub fn parse(text: &str) -> Result<Self, NoLink> {
        let is_token =
            text.len() == TOKEN_LENGTH && text.bytes().all(|octet| ALPHABET.contains(&octet));
        is_token.then(|| Self(text.to_owned())).ok_or(NoLink)
    }

    /// The token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken")
    }
}

impl LinkId {
    /// Reads an identifier: at most 36 letters, digits and hyphens.
    pub fn parse(text: &str) -> Result<Self, NoLink> {
        let is_id = (1..=LONGEST_ID).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        is_id.then(|| Self(text.to_owned())).ok_or(NoLink)
    }

    /// The identifier for a link made with this event id: unique, and in the order of time.
    pub(crate) fn of_event(id: EventId) -> Self {
        Self(id.to_string())
    }

    /// The identifier.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for LinkId {
    type Error = NoLink;

    fn try_from(text: String) -> Result<Self, NoLink> {
        Self::parse(&text)
    }
}

impl From<LinkId> for String {
    fn from(id: LinkId) -> Self {
        id.0
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Link {
    /// Whether it has not expired.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.ends_at
    }
}

/// When a link expires that is made now for `days` days.
pub fn end_of(now: Timestamp, days: u32) -> Timestamp {
    now + SignedDuration::from_hours(24 * i64::from(days.clamp(1, MOST_DAYS)))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_token_is_its_bits_in_base64url() {
        // The alphabet of RFC 4648 with `-` and `_`.
        assert_eq!(LinkToken::of_bits(&[0; 32]).as_str(), "A".repeat(43));
        assert_eq!(
            LinkToken::of_bits(&[0xff; 32]).as_str(),
            format!("{}8", "_".repeat(42))
        );
        let mut bits = [0; 32];
        (bits[0], bits[31]) = (0b1111_1011, 0b0000_0001);
        let token = LinkToken::of_bits(&bits);
        assert_eq!(
            token.as_str(),
            format!("-{}E", "w".to_owned() + &"A".repeat(40))
        );
        assert_eq!(LinkToken::parse(token.as_str()), Ok(token));
    }

    #[test]
    fn invalid_link_tokens_are_refused_and_tokens_are_never_shown() {
        let (token, long) = ("a".repeat(43), "a".repeat(44));
        for bad in [
            "",
            "a",
            &token[1..],
            &long,
            &token.replacen('a', "+", 1),
            &"ä".repeat(21),
        ] {
            assert_eq!(LinkToken::parse(bad), Err(NoLink), "{bad}");
        }
        let token = LinkToken::parse(&token).unwrap();
        assert_eq!(format!("{token:?}"), "LinkToken");
    }

    #[test]
    fn invalid_link_identifiers_are_refused() {
        for bad in ["", "a b", "a#b", "../x", &"a".repeat(37)] {
            assert_eq!(LinkId::parse(bad), Err(NoLink), "{bad}");
        }
        assert!(LinkId::parse("0198f3a2-6d5e-7c41-9a37-2f1d8c5b6e70").is_ok());
    }

    #[test]
    fn a_link_is_valid_for_one_to_fourteen_days() {
        let now = Timestamp::UNIX_EPOCH;
        let days = |days| end_of(now, days).duration_since(now).as_hours() / 24;
        assert_eq!((days(0), days(3), days(100)), (1, 3, 14));
    }
}
