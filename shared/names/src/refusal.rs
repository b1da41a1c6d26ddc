//! Why a name that a person entered is refused, in words for a person who has never heard of DNS.

use std::fmt;

use crate::domain_name::{DomainName, MAX_NAME, MAX_SENDING_DOMAIN, unicode_of};
use crate::ineligible::IneligibleReason;
use crate::plain_text::is_hidden;

/// Why a name that a person entered is refused, with the domain that the person probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainNameError {
    /// The rule that the name breaks.
    pub reason: InvalidReason,
    /// A domain that would be accepted, if one can be found in the input.
    pub suggestion: Option<DomainName>,
    /// The domain in the input and why it is not suggested, if it is the only one.
    pub ineligible: Option<(DomainName, IneligibleReason)>,
    /// The name itself, if only its ending is refused: it may be one of the deployment's own names.
    pub name: Option<DomainName>,
}

impl DomainNameError {
    pub(crate) fn new(reason: InvalidReason, suggestion: Option<DomainName>) -> Self {
        Self {
            reason,
            suggestion,
            ineligible: None,
            name: None,
        }
    }
}

impl std::error::Error for DomainNameError {}

/// The reason and, if the domain in the input cannot be added either, why. Then the advice of the reason, which
/// begins after a semicolon and may ask for that domain, is left out.
impl fmt::Display for DomainNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((name, why)) = &self.ineligible else {
            return self.reason.fmt(f);
        };
        let reason = self.reason.to_string();
        let (fault, _advice) = reason.split_once("; ").unwrap_or((&reason, ""));
        write!(
            f,
            "{fault}, and {} cannot be added: {why}",
            name.to_unicode()
        )
    }
}

/// The rules for names, one variant each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant's message says what it means")]
pub enum InvalidReason {
    #[error("the domain is empty")]
    Empty,
    #[error("this is a web address; give only the domain in it")]
    Url,
    #[error("this is an email address; give only the domain after the @")]
    EmailAddress,
    #[error("this is the name of a web site; give the domain without its www")]
    WwwHost,
    #[error("this is an IP address, not a domain")]
    IpAddress,
    #[error("a wildcard cannot be a sending domain")]
    Wildcard,
    #[error("a domain has at least two parts, such as example.com")]
    SingleLabel,
    #[error("a part of the domain contains an underscore, which a sending domain cannot have")]
    Underscore,
    #[error("two dots follow each other, or the domain starts with a dot")]
    EmptyLabel,
    #[error("a part of the domain is longer than 63 characters")]
    LabelTooLong,
    #[error("the domain is longer than 253 characters")]
    NameTooLong,
    #[error(
        "the domain is longer than {MAX_SENDING_DOMAIN} characters; the names of its DKIM records \
         would be longer than the {MAX_NAME} that DNS allows"
    )]
    NoRoomForRecords,
    #[error("a part of the domain starts or ends with a hyphen")]
    Hyphen,
    #[error("the domain contains {}", not_allowed(*.0))]
    Character(char),
    #[error("the domain is not valid in IDNA, the rules for internationalized domain names")]
    International,
    #[error(
        "the part that starts with xn-- is misspelt; give the name in its own letters, such as bücher.de"
    )]
    Punycode,
    #[error(
        "this name is a public suffix: it has no single owner, and others register their domains under it; give the \
         domain that your company has registered"
    )]
    PublicSuffix,
    #[error(
        "{} separates several domains here: {}; add them one at a time",
        called(*.separator),
        listed(.names)
    )]
    SeveralNames {
        separator: char,
        names: Vec<DomainName>,
    },
    #[error(
        "{0} is reserved for examples in documentation; give the domain that your company has \
         registered"
    )]
    ForExamples(String),
    #[error(
        "names that end in .{0} exist only inside private networks; give the domain that your \
         company has registered on the Internet"
    )]
    PrivateEnding(String),
    #[error(
        "names that end in .{0} are reserved, and no company can register one; give the domain that your \
         company has registered"
    )]
    ReservedEnding(String),
    #[error(
        "no domain on the Internet ends in .{}; check how the end of the domain is spelled",
        unicode_of(.0)
    )]
    UnknownEnding(String),
}

/// A character in words that a person finds on the keyboard.
fn called(c: char) -> String {
    match c {
        ',' => "a comma (,)".to_owned(),
        ';' => "a semicolon (;)".to_owned(),
        '\t' => "a tab".to_owned(),
        '\n' | '\r' | '\u{2028}' | '\u{2029}' => "a line break".to_owned(),
        '&' => "an ampersand (&)".to_owned(),
        '+' => "a plus sign (+)".to_owned(),
        '=' => "an equals sign (=)".to_owned(),
        '%' => "a percent sign (%)".to_owned(),
        c if c.is_whitespace() => "a space".to_owned(),
        '"' | '\'' | '`' | '´' | '«' | '»' | '‘'..='‟' => format!("a quotation mark ({c})"),
        c if is_dash(c) => format!("a special dash (U+{:04X})", u32::from(c)),
        c if is_hidden(c) => format!("a character that does not show (U+{:04X})", u32::from(c)),
        c => format!("the character {c}"),
    }
}

/// Whether it looks like the hyphen of the keyboard.
fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// That a character is not allowed, and what to type instead.
fn not_allowed(c: char) -> String {
    let name = called(c);
    if is_dash(c) {
        format!("{name}, which is not allowed; type the hyphen (-) of your keyboard instead")
    } else {
        format!("{name}, which is not allowed in domain names")
    }
}

fn listed(names: &[DomainName]) -> String {
    let names: Vec<String> = names.iter().map(DomainName::to_unicode).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
