//! Parses a domain name that a person entered, or that is stored.

use std::net::IpAddr;
use std::str::FromStr;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use super::{DomainName, MAX_NAME};
use crate::public_suffix::registrable;
use crate::refusal::{DomainNameError, InvalidReason};

/// Longest label, in octets (RFC 1035 section 2.3.4).
const MAX_LABEL: usize = 63;

impl DomainName {
    /// Parses a name that a person entered: trimmed, lower-cased, one trailing dot removed,
    /// internationalized names mapped to A-labels by UTS #46.
    pub fn parse(typed: &str) -> Result<Self, DomainNameError> {
        let typed = typed.trim();
        if let Some((reason, inner)) = wrapped_domain(typed) {
            let Some(inner) = inner else {
                return Err(DomainNameError::new(reason, None));
            };
            return Err(match Self::parse(&inner) {
                Ok(name) => DomainNameError::new(reason, Some(name)),
                // To give this part alone would not help.
                Err(error) if error.reason == InvalidReason::PublicSuffix => error,
                Err(error) => DomainNameError::new(reason, error.suggestion),
            });
        }
        let name = check(typed).map_err(|reason| DomainNameError::new(reason, None))?;
        if let Some(rest) = name.strip_prefix("www.") {
            // `www.com` is a registrable name like any other.
            if let Ok(inner) = Self::parse(rest) {
                return Err(DomainNameError::new(InvalidReason::WwwHost, Some(inner)));
            }
        }
        if registrable(&name).is_none() {
            return Err(DomainNameError::new(InvalidReason::PublicSuffix, None));
        }
        Ok(Self(name))
    }

    /// Parses a name that may have been added before it became a public suffix.
    pub fn parse_held(typed: &str) -> Result<Self, DomainNameError> {
        Self::parse(typed).or_else(|error| {
            if error.reason == InvalidReason::PublicSuffix {
                check(typed.trim()).map(Self).map_err(|_| error)
            } else {
                Err(error)
            }
        })
    }
}

/// A domain inside another text that people paste: a URL or an email address.
fn wrapped_domain(typed: &str) -> Option<(InvalidReason, Option<String>)> {
    if let Some((_, rest)) = typed.split_once("://") {
        return Some((InvalidReason::Url, Some(authority_host(rest))));
    }
    if typed.contains('/') || typed.contains('?') {
        return Some((InvalidReason::Url, Some(authority_host(typed))));
    }
    if let Some((_, domain)) = typed.rsplit_once('@') {
        let domain = domain.trim_end_matches('>').trim();
        return Some((InvalidReason::EmailAddress, Some(domain.to_owned())));
    }
    if let Some((host, port)) = typed.rsplit_once(':')
        && !port.is_empty()
        && port.bytes().all(|b| b.is_ascii_digit())
        && !host.contains(':')
    {
        return Some((InvalidReason::Url, Some(host.to_owned())));
    }
    None
}

/// The host of a URL's authority (RFC 3986 section 3.2), without user information and port.
fn authority_host(rest: &str) -> String {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    host.rsplit_once(':')
        .map_or(host, |(host, _)| host)
        .to_owned()
}

/// The syntax rules, in the order in which their messages are most helpful.
fn check(typed: &str) -> Result<String, InvalidReason> {
    let bare = typed.strip_suffix('.').unwrap_or(typed);
    if bare.is_empty() {
        return Err(if typed.is_empty() {
            InvalidReason::Empty
        } else {
            InvalidReason::EmptyLabel
        });
    }
    if looks_like_address(bare) {
        return Err(InvalidReason::IpAddress);
    }
    if bare.contains('*') {
        return Err(InvalidReason::Wildcard);
    }
    if bare.contains('_') {
        return Err(InvalidReason::Underscore);
    }
    let ascii = Uts46::new()
        .to_ascii(
            bare.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::Allow,
            DnsLength::Ignore,
        )
        .map_err(|_| undecodable(bare))?
        .into_owned();
    // UTS #46 maps the ideographic full stops to dots, so the labels, and such a trailing dot, are
    // known only now.
    let name = match ascii.strip_suffix('.') {
        Some(name) if bare.len() == typed.len() => name,
        _ => &ascii,
    };
    for label in name.split('.') {
        if label.is_empty() {
            return Err(InvalidReason::EmptyLabel);
        }
        if label.len() > MAX_LABEL {
            return Err(InvalidReason::LabelTooLong);
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(InvalidReason::Hyphen);
        }
    }
    if name.len() > MAX_NAME {
        return Err(InvalidReason::NameTooLong);
    }
    if looks_like_address(name) {
        return Err(InvalidReason::IpAddress);
    }
    if !name.contains('.') {
        return Err(InvalidReason::SingleLabel);
    }
    Ok(name.to_owned())
}

fn looks_like_address(name: &str) -> bool {
    let unbracketed = name.trim_start_matches('[').trim_end_matches(']');
    // No top-level domain is all digits, so `10.0.0.256` is a mistyped address (RFC 3696 section 2).
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    IpAddr::from_str(unbracketed).is_ok() || (name.contains('.') && name.split('.').all(is_number))
}

fn undecodable(name: &str) -> InvalidReason {
    let has_a_label = name.split('.').any(|label| {
        label
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("xn--"))
    });
    if has_a_label {
        InvalidReason::Punycode
    } else {
        match name.chars().find(|c| !may_be_in_a_name(*c)) {
            Some(c) => InvalidReason::Character(c),
            None => InvalidReason::International,
        }
    }
}

/// Whether UTS #46 allows the character, or maps it to allowed characters.
fn may_be_in_a_name(c: char) -> bool {
    let label = format!("a{c}a");
    let mapped = Uts46::new().to_ascii(
        label.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::Allow,
        DnsLength::Ignore,
    );
    // The rule for right-to-left text refuses Hebrew and Arabic letters between Latin ones.
    mapped.is_ok() || c.is_alphanumeric()
}

/// For stored names. The syntax is checked again, but not the public suffix list, because a longer
/// list must not make a stored domain unreadable.
impl TryFrom<String> for DomainName {
    type Error = InvalidReason;

    fn try_from(stored: String) -> Result<Self, Self::Error> {
        check(&stored).map(Self)
    }
}

#[cfg(test)]
#[path = "../domain_name_tests.rs"]
mod tests;
