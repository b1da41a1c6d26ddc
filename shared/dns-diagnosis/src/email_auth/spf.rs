//! SPF records (RFC 7208): their terms, their number of look-ups, and how to add our term to one.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::spf_macro::{is_domain_spec, is_macro_string};

/// Terms that cause DNS queries, for one whole evaluation (RFC 7208 section 4.6.4).
pub const MAX_SPF_LOOKUPS: usize = 10;

/// A parsed record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spf {
    /// The terms, in order.
    pub terms: Vec<SpfTerm>,
}

/// A term of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpfTerm {
    /// A mechanism with its qualifier.
    Directive(Qualifier, Mechanism),
    /// A modifier.
    Modifier(Modifier),
}

/// What a matching mechanism results in (RFC 7208 section 4.6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Qualifier {
    /// `+`, also when left out.
    Pass,
    /// `-`
    Fail,
    /// `~`
    SoftFail,
    /// `?`
    Neutral,
}

/// The mechanisms of RFC 7208 section 5. Names are kept as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the mechanism of that name")]
pub enum Mechanism {
    All,
    Include(String),
    A(Option<String>, Prefix),
    Mx(Option<String>, Prefix),
    Ptr(Option<String>),
    Ip4(Prefix),
    Ip6,
    Exists(String),
}

/// How much of an IPv4 address a mechanism compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    /// Some of it.
    Some,
    /// Nothing: the prefix length is 0, so that every IPv4 address matches.
    Zero,
}

/// The modifiers of RFC 7208 section 6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Modifier {
    /// The record that takes over if nothing matched.
    Redirect(String),
    /// Where the explanation of a failure is.
    Exp(String),
    /// A modifier that is ignored, by its name.
    Unknown(String),
}

/// Why a record results in `permerror`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpfError {
    /// It does not begin with the version.
    #[error("does not begin with v=spf1")]
    NotSpf,
    /// A term that is neither a known mechanism nor a modifier.
    #[error("has the term \"{0}\", which SPF does not know")]
    Term(String),
    /// `redirect=` or `exp=` more than once.
    #[error("has the modifier \"{0}\" twice")]
    Repeated(String),
}

/// Whether a receiver takes `text` for an SPF record (RFC 7208 section 4.5): the version, then a
/// space or the end.
pub fn is_spf(text: &str) -> bool {
    terms_of(text).is_some()
}

fn terms_of(text: &str) -> Option<&str> {
    let (version, rest) = text.split_at_checked(6)?;
    let ends = rest.is_empty() || rest.starts_with(' ');
    (version.eq_ignore_ascii_case("v=spf1") && ends).then_some(rest)
}

impl Spf {
    /// Parses a record. Returns an error for a record that a receiver would refuse.
    pub fn parse(text: &str) -> Result<Self, SpfError> {
        let rest = terms_of(text).ok_or(SpfError::NotSpf)?;
        let terms = rest
            .split(' ')
            .filter(|term| !term.is_empty())
            .map(|term| parse_term(term).ok_or_else(|| SpfError::Term(term.to_owned())))
            .collect::<Result<Vec<_>, _>>()?;
        for name in ["redirect", "exp"] {
            let count = terms.iter().filter(|term| term.is_modifier(name)).count();
            if count > 1 {
                return Err(SpfError::Repeated(name.to_owned()));
            }
        }
        Ok(Self { terms })
    }

    /// Whether mail from the servers of `domain`'s own record passes by an `include` that is
    /// reached: what follows `all` is not (RFC 7208 section 5.1).
    pub fn includes(&self, domain: &str) -> bool {
        self.reached().any(|term| {
            matches!(term, SpfTerm::Directive(Qualifier::Pass, Mechanism::Include(name))
                if name.trim_end_matches('.').eq_ignore_ascii_case(domain))
        })
    }

    /// How many of the ten look-ups the record's own terms use up (RFC 7208 section 4.6.4). What they
    /// include or redirect to may use up more.
    pub fn lookup_cost(&self) -> usize {
        self.reached().filter(|term| term.costs_a_lookup()).count()
    }

    /// The terms that are evaluated: none after `all`, and no `redirect` beside one
    /// (RFC 7208 sections 5.1 and 6.1).
    fn reached(&self) -> impl Iterator<Item = &SpfTerm> {
        let all = |term: &SpfTerm| matches!(term, SpfTerm::Directive(_, Mechanism::All));
        let end = self.terms.iter().position(all);
        let reached = self.terms.get(..end.unwrap_or(self.terms.len()));
        reached
            .unwrap_or_default()
            .iter()
            .filter(move |term| end.is_none() || !term.is_modifier("redirect"))
    }
}

impl SpfTerm {
    fn is_modifier(&self, name: &str) -> bool {
        match self {
            Self::Directive(..) => false,
            Self::Modifier(Modifier::Redirect(_)) => name == "redirect",
            Self::Modifier(Modifier::Exp(_)) => name == "exp",
            Self::Modifier(Modifier::Unknown(own)) => own == name,
        }
    }

    fn costs_a_lookup(&self) -> bool {
        match self {
            Self::Directive(_, mechanism) => match mechanism {
                Mechanism::Include(_)
                | Mechanism::A(..)
                | Mechanism::Mx(..)
                | Mechanism::Ptr(_)
                | Mechanism::Exists(_) => true,
                Mechanism::All | Mechanism::Ip4(_) | Mechanism::Ip6 => false,
            },
            Self::Modifier(Modifier::Redirect(_)) => true,
            Self::Modifier(Modifier::Exp(_) | Modifier::Unknown(_)) => false,
        }
    }
}

/// The same record with `include:<domain>` where it is reached: before `all` or `redirect`, and
/// at the end if there is neither. A record that has it stays as it is.
pub fn with_include(text: &str, domain: &str) -> Result<String, SpfError> {
    let spf = Spf::parse(text)?;
    if spf.includes(domain) {
        return Ok(text.to_owned());
    }
    let include = format!("include:{domain}");
    let mut words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    // One word per term after the version, so the places of both lists agree.
    let stop = spf.terms.iter().position(|term| {
        matches!(term, SpfTerm::Directive(_, Mechanism::All)) || term.is_modifier("redirect")
    });
    words.insert(stop.map_or(words.len(), |at| at + 1), &include);
    Ok(words.join(" "))
}

fn parse_term(term: &str) -> Option<SpfTerm> {
    if let Some((name, value)) = modifier_parts(term) {
        let modifier = match name.to_ascii_lowercase().as_str() {
            "redirect" => Modifier::Redirect(domain_spec(value)?),
            "exp" => Modifier::Exp(domain_spec(value)?),
            other => {
                is_macro_string(value).then_some(())?;
                Modifier::Unknown(other.to_owned())
            }
        };
        return Some(SpfTerm::Modifier(modifier));
    }
    let (qualifier, mechanism) = match term.split_at_checked(1)? {
        ("+", rest) => (Qualifier::Pass, rest),
        ("-", rest) => (Qualifier::Fail, rest),
        ("~", rest) => (Qualifier::SoftFail, rest),
        ("?", rest) => (Qualifier::Neutral, rest),
        _ => (Qualifier::Pass, term),
    };
    parse_mechanism(mechanism).map(|mechanism| SpfTerm::Directive(qualifier, mechanism))
}

/// `name "=" macro-string`, where a name begins with a letter (RFC 7208 section 4.6.1). An `=`
/// after `:` or `/` belongs to a mechanism's value.
fn modifier_parts(term: &str) -> Option<(&str, &str)> {
    let (name, value) = term.split_once('=')?;
    let (first, rest) = name.as_bytes().split_first()?;
    let in_name = |b: &u8| b.is_ascii_alphanumeric() || b"-_.".contains(b);
    (first.is_ascii_alphabetic() && rest.iter().all(in_name)).then_some((name, value))
}

fn parse_mechanism(text: &str) -> Option<Mechanism> {
    let end = text.find([':', '/']).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let value = rest.strip_prefix(':');
    match name.to_ascii_lowercase().as_str() {
        "all" => rest.is_empty().then_some(Mechanism::All),
        "include" => domain_spec(value?).map(Mechanism::Include),
        "exists" => domain_spec(value?).map(Mechanism::Exists),
        "ptr" if rest.is_empty() => Some(Mechanism::Ptr(None)),
        "ptr" => domain_spec(value?).map(|name| Mechanism::Ptr(Some(name))),
        "a" => with_optional_domain(rest, Mechanism::A),
        "mx" => with_optional_domain(rest, Mechanism::Mx),
        "ip4" => ip4(value?).map(Mechanism::Ip4),
        "ip6" => ip6(value?).then_some(Mechanism::Ip6),
        _ => None,
    }
}

fn domain_spec(text: &str) -> Option<String> {
    is_domain_spec(text).then(|| text.to_owned())
}

/// `[ ":" domain-spec ] [ "/" ip4-cidr ] [ "//" ip6-cidr ]`. A domain-spec may hold slashes, though
/// not in its last label.
fn with_optional_domain(
    rest: &str,
    mechanism: fn(Option<String>, Prefix) -> Mechanism,
) -> Option<Mechanism> {
    let (rest, six) = split_length(rest, "//");
    let (domain, four) = split_length(rest, "/");
    let prefix = ip4_prefix(four)?;
    six.is_none_or(|length| prefix_length(length, 128))
        .then_some(())?;
    match domain.strip_prefix(':') {
        Some(domain) => domain_spec(domain).map(|domain| mechanism(Some(domain), prefix)),
        None => domain.is_empty().then(|| mechanism(None, prefix)),
    }
}

/// Takes a number after `slashes` off the end.
fn split_length<'t>(text: &'t str, slashes: &str) -> (&'t str, Option<&'t str>) {
    let front = text.trim_end_matches(|c: char| c.is_ascii_digit());
    match (text.strip_prefix(front), front.strip_suffix(slashes)) {
        (Some(length), Some(front)) if !length.is_empty() => (front, Some(length)),
        (Some(_) | None, _) => (text, None),
    }
}

fn ip4(value: &str) -> Option<Prefix> {
    let (address, length) = split_prefix(value);
    address.parse::<Ipv4Addr>().ok()?;
    ip4_prefix(length)
}

/// A prefix length of IPv4, which is 32 if it is left out (RFC 7208 section 5.6).
fn ip4_prefix(length: Option<&str>) -> Option<Prefix> {
    match length {
        Some("0") => Some(Prefix::Zero),
        Some(length) => prefix_length(length, 32).then_some(Prefix::Some),
        None => Some(Prefix::Some),
    }
}

fn ip6(value: &str) -> bool {
    let (address, length) = split_prefix(value);
    address.parse::<Ipv6Addr>().is_ok() && length.is_none_or(|length| prefix_length(length, 128))
}

fn split_prefix(value: &str) -> (&str, Option<&str>) {
    match value.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (value, None),
    }
}

/// Digits without a leading zero, at most `max`.
fn prefix_length(text: &str, max: u8) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let plain = text == "0" || !text.starts_with('0');
    digits && plain && text.parse::<u8>().is_ok_and(|length| length <= max)
}

#[cfg(test)]
#[path = "spf_tests.rs"]
mod tests;
