//! DMARC policy records (RFC 9989 section 4.7, which replaces RFC 7489).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What the domain owner asks receivers to do with mail that fails (RFC 9989 section 4.7, `p`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Deliver, and report.
    None,
    /// Treat with suspicion.
    Quarantine,
    /// Refuse.
    Reject,
}

/// How closely an authenticated domain must match the domain in From (RFC 9989 section 4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Alignment {
    /// The same organizational domain.
    Relaxed,
    /// The same domain.
    Strict,
}

/// Where an organization ends (RFC 9989 section 4.7, `psd`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Psd {
    /// `y`: the record is of a public suffix, such as a registry's.
    Yes,
    /// `n`: the record is of an organizational domain.
    No,
    /// `u`, also when left out: the tree walk determines it.
    #[default]
    Unsaid,
}

/// A policy record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Dmarc {
    /// For the domain itself: `p`. `none` if it is left out or cannot be read, and the record asks for
    /// reports (RFC 9989 section 4.10.1).
    pub policy: Policy,
    /// For names below it that exist, if it differs: `sp`.
    pub subdomain_policy: Option<Policy>,
    /// For DKIM: `adkim`.
    pub dkim: Alignment,
    /// For SPF: `aspf`.
    pub spf: Alignment,
    /// For names below it that do not exist, if it differs: `np`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nonexistent_policy: Option<Policy>,
    /// Whether the record is of a public suffix: `psd`.
    #[serde(skip_serializing_if = "is_default", default)]
    pub psd: Psd,
    /// `t=y`: each policy is applied one step lower. Receivers by RFC 7489 do not know the tag.
    #[serde(skip_serializing_if = "is_default", default)]
    pub testing: bool,
    /// `pct`, below 100: to how much of the mail receivers by RFC 7489 apply the policy, in percent.
    /// Receivers by RFC 9989 apply it to all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub percent: Option<u8>,
    /// Tags with a value that receivers cannot read, or written so that they do not see the tag
    /// (`p:reject`), in their order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub void_tags: Vec<String>,
}

/// Which names a policy is wanted for (RFC 9989 section 4.10.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The name that the record is published for.
    Itself,
    /// A name below it that exists.
    Below,
    /// A name below it that does not exist in DNS (NXDOMAIN).
    BelowNonexistent,
}

/// Why a record gives no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DmarcError {
    /// `v=DMARC1` is not the first tag, in just this case and with nothing before it.
    #[error("does not begin with v=DMARC1")]
    NotDmarc,
    /// No `p`, and no address for reports.
    #[error("has no policy: the tag p is missing")]
    NoPolicy,
    /// A `p`, `sp` or `np` that is not a policy, in a record without an address for reports.
    #[error("has the policy \"{0}\", which DMARC does not know")]
    UnknownPolicy(String),
    /// A tag twice, with the same value or another one (RFC 6376 section 3.2, whose syntax RFC 9989
    /// section 4.7 adopts): the whole record is invalid.
    #[error("has the tag \"{0}\" twice")]
    Repeated(String),
}

impl Policy {
    /// As it is written in a record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }

    /// Whether mail that fails is kept from the inbox.
    pub fn blocks(self) -> bool {
        match self {
            Self::None => false,
            Self::Quarantine | Self::Reject => true,
        }
    }

    /// One step lower, for a record with `t=y` (RFC 9989 section 4.7).
    #[must_use]
    pub fn lowered(self) -> Self {
        match self {
            Self::Reject => Self::Quarantine,
            Self::Quarantine | Self::None => Self::None,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Quarantine, Self::Reject]
            .into_iter()
            .find(|policy| policy.as_str().eq_ignore_ascii_case(text))
    }
}

/// Whether a receiver keeps `text` as a DMARC record at all (RFC 9989 section 4.8): it begins with
/// the version, with its value in just this case.
pub fn is_dmarc(text: &str) -> bool {
    let text = &with_tabs(text);
    let first = text.split(';').next().unwrap_or_default();
    first
        .split_once('=')
        .is_some_and(|(tag, value)| tag.trim_end_matches(WSP) == "v" && trim(value) == "DMARC1")
}

impl Dmarc {
    /// Parses a record. Ignores everything that receivers ignore: unknown tags, and what is no `tag=value`
    /// (RFC 9989 section 4.7). A repeated tag is an error, unless the tag is unknown.
    pub fn parse(text: &str) -> Result<Self, DmarcError> {
        if !is_dmarc(text) {
            return Err(DmarcError::NotDmarc);
        }
        let text = &with_tabs(text);
        let mut tags: Vec<(&str, &str)> = Vec::new();
        let parts = text.split(';').filter_map(|part| part.split_once('='));
        for (tag, value) in parts.map(|(tag, value)| (trim(tag), trim(value))) {
            if tags.iter().all(|(seen, _)| *seen != tag) {
                tags.push((tag, value));
            } else if KNOWN.contains(&tag) {
                return Err(DmarcError::Repeated(tag.to_owned()));
            }
        }
        let value_of = |name| tags.iter().find(|(tag, _)| *tag == name).map(|(_, v)| *v);
        let policy_of = |name| value_of(name).and_then(Policy::parse);
        let mut dmarc = Self {
            policy: policy_of("p").unwrap_or(Policy::None),
            subdomain_policy: policy_of("sp"),
            dkim: alignment(value_of("adkim")),
            spf: alignment(value_of("aspf")),
            nonexistent_policy: policy_of("np"),
            psd: psd(value_of("psd")),
            testing: value_of("t").is_some_and(|t| t.eq_ignore_ascii_case("y")),
            percent: value_of("pct").and_then(percent).filter(|of| *of < 100),
            void_tags: Vec::new(),
        };
        for part in text.split(';') {
            let void = match part.split_once('=').map(|(tag, v)| (trim(tag), trim(v))) {
                Some((tag, value)) if KNOWN.contains(&tag) => is_void(tag, value).then_some(tag),
                Some(_) | None => meant_tag(part).filter(|tag| value_of(tag).is_none()),
            };
            let new = void.filter(|tag| dmarc.void_tags.iter().all(|seen| seen != tag));
            dmarc.void_tags.extend(new.map(str::to_owned));
        }
        let unread = ["p", "sp", "np"]
            .into_iter()
            .find_map(|tag| value_of(tag).filter(|value| is_void(tag, value)));
        if unread.is_none() && value_of("p").is_some() {
            return Ok(dmarc);
        }
        // A record without a readable policy counts as p=none, without sp and np, if it has an address
        // for reports (rua). Otherwise it is an error.
        match (value_of("rua").is_some_and(has_address), unread) {
            (true, _) => {
                dmarc.policy = Policy::None;
                dmarc.subdomain_policy = None;
                dmarc.nonexistent_policy = None;
                Ok(dmarc)
            }
            (false, Some(value)) => Err(DmarcError::UnknownPolicy(value.to_owned())),
            (false, None) => Err(DmarcError::NoPolicy),
        }
    }

    /// What the record asks receivers to do with mail that fails.
    pub fn asks(&self, reach: Reach) -> Policy {
        let below = self.subdomain_policy.unwrap_or(self.policy);
        let policy = match reach {
            Reach::Itself => self.policy,
            Reach::Below => below,
            Reach::BelowNonexistent => self.nonexistent_policy.unwrap_or(below),
        };
        if self.testing {
            policy.lowered()
        } else {
            policy
        }
    }
}

/// The registered tags (RFC 9989 section 9, with those of RFC 7489 that it has made historic).
const KNOWN: [&str; 14] = [
    "v", "p", "sp", "np", "t", "psd", "pct", "adkim", "aspf", "rua", "ruf", "fo", "rf", "ri",
];

/// The tag that a part is meant to have, in another case or with another sign than `=` behind it.
/// Receivers ignore such a part. Only tags that change what is done with mail, or who gets reports.
fn meant_tag(part: &str) -> Option<&'static str> {
    let part = trim(part);
    let end = part.find(|c: char| !c.is_ascii_alphabetic())?;
    let (tag, rest) = part.split_at_checked(end)?;
    let is_sign = rest.starts_with([':', '=', ' ', '\t']);
    let mut known = KNOWN.into_iter().filter(|_| is_sign);
    let known = known.find(|known| known.eq_ignore_ascii_case(tag))?;
    (!["v", "fo", "rf", "ri"].contains(&known)).then_some(known)
}

/// Whether a known tag has a value that it cannot have.
pub(crate) fn is_void(tag: &str, value: &str) -> bool {
    let one_of = |values: &[&str]| values.iter().any(|one| one.eq_ignore_ascii_case(value));
    match tag {
        "p" | "sp" | "np" => Policy::parse(value).is_none(),
        "adkim" | "aspf" => !one_of(&["r", "s"]),
        "psd" => !one_of(&["y", "n", "u"]),
        "t" => !one_of(&["y", "n"]),
        "pct" => percent(value).is_none(),
        "rua" | "ruf" => {
            let mut uris = value.split(',').filter(|uri| !trim(uri).is_empty());
            uris.any(|uri| !is_address(uri))
        }
        _ => false,
    }
}

/// Anything but `s` is the default (RFC 9989 section 4.7).
fn alignment(value: Option<&str>) -> Alignment {
    match value {
        Some("s" | "S") => Alignment::Strict,
        Some(_) | None => Alignment::Relaxed,
    }
}

fn psd(value: Option<&str>) -> Psd {
    match value {
        Some("y" | "Y") => Psd::Yes,
        Some("n" | "N") => Psd::No,
        Some(_) | None => Psd::Unsaid,
    }
}

/// 0 to 100 (RFC 7489 section 6.3).
fn percent(value: &str) -> Option<u8> {
    let digits = value.bytes().all(|b| b.is_ascii_digit());
    let percent = value.parse().ok().filter(|percent| *percent <= 100)?;
    digits.then_some(percent)
}

/// Whether `rua` has a URI, at least one (RFC 9989 section 4.7). A size limit of RFC 7489 may follow
/// it.
fn has_address(rua: &str) -> bool {
    rua.split(',').any(is_address)
}

fn is_address(uri: &str) -> bool {
    let uri = trim(uri).split('!').next().unwrap_or_default();
    let Some((scheme, rest)) = uri.split_once(':') else {
        return false;
    };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let plain = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic());
    let mailbox = |rest: &str| {
        rest.split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
    };
    is_scheme && plain && (!scheme.eq_ignore_ascii_case("mailto") || mailbox(rest))
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The text with the tabs that DNS writes as `\009` (RFC 1035 section 5.1).
fn with_tabs(text: &str) -> Cow<'_, str> {
    if text.contains("\\009") {
        text.replace("\\009", "\t").into()
    } else {
        text.into()
    }
}

const WSP: [char; 2] = [' ', '\t'];

/// Without the white space that RFC 9989 section 4.8 allows around tags, values and semicolons.
fn trim(text: &str) -> &str {
    text.trim_matches(WSP)
}

#[cfg(test)]
#[path = "dmarc_tests.rs"]
mod tests;
