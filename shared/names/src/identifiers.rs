//! Identifiers that come from tokens, requests and the id source.

use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::plain_text::{one_line, quotable};

/// Longest client identifier and community name, in characters.
const MAX_LENGTH: usize = 128;
/// Longest note, in characters.
const MAX_NOTE: usize = 1_000;
/// Longest address (RFC 5321 section 4.5.3.1.3: a path of 256 octets with its brackets).
const MAX_ADDRESS: usize = 254;
/// Longest local part of an address (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL_PART: usize = 64;

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

/// The identifier of an event; every copy and every delivery has the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(Uuid);

/// Why an identifier is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant's message says what it means")]
pub enum IdentifierError {
    #[error("must not be empty")]
    Empty,
    #[error("must have at most {} characters", thousands(*.most))]
    TooLong { most: usize },
    #[error("may have only letters, digits and the characters -_.:@/+=")]
    Character,
    #[error("must be one line without control characters")]
    NotOneLine,
    #[error("must not have control characters other than line breaks")]
    ControlCharacter,
    #[error("is not an email address such as name@example.com")]
    NotAnAddress,
    #[error("must have at most {MAX_LOCAL_PART} characters before the @")]
    LocalPartTooLong,
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

    /// The identifier as one segment of a path of the API. Letters, digits and `-_.` are unchanged.
    /// Every other character is `~` and two hexadecimal digits, and so is each dot of an identifier
    /// that has only dots, which a path would lose.
    ///
    /// Percent encoding does not work: API Gateway decodes the path of an HTTP API before it
    /// selects the route, so `%2F` ends the segment. No identifier has a `~`, and `~` is unreserved
    /// in RFC 3986 (section 2.3).
    pub fn to_path_segment(&self) -> String {
        let dots = self.0.bytes().all(|byte| byte == b'.');
        let mut segment = String::with_capacity(self.0.len());
        for c in self.0.chars() {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || (c == '.' && !dots) {
                segment.push(c);
            } else {
                let _infallible = write!(segment, "~{:02X}", u32::from(c));
            }
        }
        segment
    }

    /// Parses a segment of a path. Characters that do not need the `~` form are also accepted
    /// without it.
    pub fn from_path_segment(segment: &str) -> Result<Self, IdentifierError> {
        let mut parts = segment.split('~');
        let mut identifier = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let code = part
                .get(..2)
                .and_then(|code| u8::from_str_radix(code, 16).ok());
            let (Some(code), Some(rest)) = (code, part.get(2..)) else {
                return Err(IdentifierError::Character);
            };
            identifier.push(char::from(code));
            identifier.push_str(rest);
        }
        Self::parse(&identifier)
    }
}

impl Community {
    /// Parses any text of at most 128 characters without control characters. It becomes one line,
    /// and invisible characters are removed.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let text = bounded(text, MAX_LENGTH)?;
        if text.chars().any(char::is_control) {
            return Err(IdentifierError::NotOneLine);
        }
        let shown = one_line(text);
        if shown.is_empty() {
            return Err(IdentifierError::Empty);
        }
        Ok(Self(shown))
    }

    /// The name, in one line.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Note {
    /// Any text of at most 1,000 characters without control characters but line ends, which become line
    /// feeds. Characters that do not show are taken out.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        // The line ends that the text fields of browsers send (HTML, "multipart form data").
        let text = text.replace("\r\n", "\n");
        let text = bounded(&text, MAX_NOTE)?;
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(IdentifierError::ControlCharacter);
        }
        let shown = quotable(text).join("\n");
        let shown = shown.trim();
        if shown.is_empty() {
            return Err(IdentifierError::Empty);
        }
        Ok(Self(shown.to_owned()))
    }

    /// The text as it was written, without invisible characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl EmailAddress {
    /// Parses a `local-part@domain` of RFC 5321 in ASCII, without quoting, comments and encoded
    /// words (RFC 2047), which some programs decode in addresses: safe in a header. The domain is no
    /// IP address: no top-level domain is a number (RFC 3696 section 2).
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let address = Self::of_stored(text)?;
        let top = address.0.rsplit('.').next().unwrap_or_default();
        if top.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(IdentifierError::NotAnAddress);
        }
        Ok(address)
    }

    /// Parses a stored address. Earlier versions accepted a number as the top-level domain, and such an
    /// address must not make its domain unreadable.
    fn of_stored(text: &str) -> Result<Self, IdentifierError> {
        let text = bounded(text, MAX_ADDRESS)?;
        let (local, domain) = text.rsplit_once('@').ok_or(IdentifierError::NotAnAddress)?;
        let atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let dot_atom = !local.is_empty()
            && local.chars().all(atext)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !["..", "=?"].iter().any(|it| local.contains(it));
        let host = domain.contains('.')
            && domain.split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            });
        if !dot_atom || !host {
            Err(IdentifierError::NotAnAddress)
        } else if local.len() > MAX_LOCAL_PART {
            Err(IdentifierError::LocalPartTooLong)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A form that the person who typed the address recognizes, but that is not an address:
    /// `k…@example.com`.
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

/// An address is personal, so no log line shows it.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

impl EventId {
    /// Wraps an identifier from the id source.
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
        Err(IdentifierError::TooLong { most: max })
    } else {
        Ok(text)
    }
}

/// A number below a million as people write it.
fn thousands(number: usize) -> String {
    match (number / 1_000, number % 1_000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
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
    )*};
}

text_newtype!(ClientId, Community, EmailAddress);

impl TryFrom<String> for ClientId {
    type Error = IdentifierError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = IdentifierError;

    fn try_from(stored: String) -> Result<Self, Self::Error> {
        Self::of_stored(&stored)
    }
}

/// For stored names: earlier versions did not remove invisible characters, and a name that has only
/// such characters must not make its domain unreadable.
impl TryFrom<String> for Community {
    type Error = IdentifierError;

    fn try_from(stored: String) -> Result<Self, Self::Error> {
        match Self::parse(&stored) {
            Err(IdentifierError::Empty) if !stored.trim().is_empty() => Ok(Self("-".to_owned())),
            parsed => parsed,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_client_id_cannot_contain_a_key_separator() {
        assert!(ClientId::parse("maple-homes").is_ok());
        assert_eq!(ClientId::parse("a#b"), Err(IdentifierError::Character));
        assert_eq!(ClientId::parse("  "), Err(IdentifierError::Empty));
        assert_eq!(
            ClientId::parse(&"a".repeat(129)),
            Err(IdentifierError::TooLong { most: 128 })
        );
    }

    #[test]
    fn an_identifier_is_one_unchanged_path_segment() {
        for (identifier, segment) in [
            ("maple-homes", "maple-homes"),
            ("maple.homes_1", "maple.homes_1"),
            ("a/b", "a~2Fb"),
            ("../..", "..~2F.."),
            (".", "~2E"),
            ("..", "~2E~2E"),
            ("auth0:7+1@x=", "auth0~3A7~2B1~40x~3D"),
        ] {
            let client = ClientId::parse(identifier).unwrap();
            assert_eq!(client.to_path_segment(), segment);
            assert_eq!(ClientId::from_path_segment(segment), Ok(client));
        }
        // The form in the paths of earlier versions.
        assert_eq!(
            ClientId::from_path_segment("auth0:7").unwrap().as_str(),
            "auth0:7"
        );
        for wrong in ["a~", "a~2", "a~GG", "~00", "a~23b", "a~+1", "a~é"] {
            assert_eq!(
                ClientId::from_path_segment(wrong),
                Err(IdentifierError::Character),
                "{wrong}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_identifier_is_read_back_from_its_path_segment(text in "[a-zA-Z0-9_.:@/+=-]{1,128}") {
            let client = ClientId::parse(&text).unwrap();
            let segment = client.to_path_segment();
            let unreserved = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
            prop_assert!(segment.chars().all(unreserved), "{}", segment);
            prop_assert!(segment != "." && segment != "..");
            prop_assert_eq!(ClientId::from_path_segment(&segment), Ok(client));
        }
    }

    #[test]
    fn communities_and_notes_lose_hidden_characters() {
        let community = Community::parse("Maple\u{202e}\u{2066} Ridge\u{200b}\u{2028}Status  ok");
        assert_eq!(community.unwrap().as_str(), "Maple Ridge Status ok");
        assert_eq!(Community::parse("\u{200b}"), Err(IdentifierError::Empty));
        assert_eq!(Community::parse("a\nb"), Err(IdentifierError::NotOneLine));
        assert_eq!(
            Note::parse("a\u{7}"),
            Err(IdentifierError::ControlCharacter)
        );
        let note = Note::parse("one\u{2028}two\nthree\u{e0041}").unwrap();
        assert_eq!(note.as_str(), "one\ntwo\nthree");
        assert_eq!(Note::parse("\u{2066}"), Err(IdentifierError::Empty));
    }

    #[test]
    fn a_community_that_an_earlier_version_stored_is_read() {
        let read = |text: &str| Community::try_from(text.to_owned());
        assert_eq!(read("a\u{202e}b").unwrap().as_str(), "ab");
        assert_eq!(read("\u{200b}").unwrap().as_str(), "-");
        assert_eq!(read(""), Err(IdentifierError::Empty));
    }

    #[test]
    fn an_email_address_cannot_inject_a_header() {
        assert!(EmailAddress::parse("o'neil+x@example.com").is_ok());
        for bad in [
            "a@b@c",
            "a",
            "@example.com",
            "a@localhost",
            "a b@example.com",
            "a@example.com\r\nBcc: x@y.z",
            "a..b@example.com",
            "=?utf-8?q?x?=@example.com",
        ] {
            assert_eq!(
                EmailAddress::parse(bad),
                Err(IdentifierError::NotAnAddress),
                "{bad}"
            );
        }
    }

    #[test]
    fn an_address_at_an_ip_address_is_refused_and_can_still_be_read() {
        for at_number in ["kim@192.0.2.1", "kim@example.12"] {
            assert_eq!(
                EmailAddress::parse(at_number),
                Err(IdentifierError::NotAnAddress)
            );
            let stored = EmailAddress::try_from(at_number.to_owned()).unwrap();
            assert_eq!(stored.as_str(), at_number);
        }
    }
}
