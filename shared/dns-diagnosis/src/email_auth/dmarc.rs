//! DMARC policy records (RFC 7489 section 6).

use serde::{Deserialize, Serialize};

/// What the domain owner asks receivers to do with mail that fails (RFC 7489 section 6.3, `p`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// How closely an authenticated domain must match the one in From (RFC 7489 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Alignment {
    /// The same organizational domain.
    Relaxed,
    /// The same domain.
    Strict,
}

/// A policy record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Dmarc {
    /// For the domain itself: `p`.
    pub policy: Policy,
    /// For the names below it, where it differs: `sp`.
    pub subdomain_policy: Option<Policy>,
    /// For DKIM: `adkim`.
    pub dkim: Alignment,
    /// For SPF: `aspf`.
    pub spf: Alignment,
}

/// Why a record gives no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DmarcError {
    /// `v=DMARC1` is not the first tag, in just this case.
    #[error("does not begin with v=DMARC1")]
    NotDmarc,
    /// No `p`.
    #[error("has no policy: the tag p is missing")]
    NoPolicy,
    /// A `p` or `sp` that is no policy.
    #[error("has the policy {0:?}, which DMARC does not know")]
    UnknownPolicy(String),
    /// Something between semicolons that is no `tag=value`.
    #[error("has the part {0:?}, which is no tag=value")]
    NotATag(String),
    /// A tag twice.
    #[error("has the tag {0:?} twice")]
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

    fn parse(text: &str) -> Result<Self, DmarcError> {
        [Self::None, Self::Quarantine, Self::Reject]
            .into_iter()
            .find(|policy| policy.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| DmarcError::UnknownPolicy(text.to_owned()))
    }
}

/// Whether a receiver keeps `text` as a DMARC record at all (RFC 7489 section 6.6.3, step 2): its
/// first tag is the version, with its value in just this case.
pub fn is_dmarc(text: &str) -> bool {
    let first = text.split(';').next().unwrap_or_default();
    first
        .split_once('=')
        .is_some_and(|(tag, value)| trim(tag) == "v" && trim(value) == "DMARC1")
}

impl Dmarc {
    /// Reads a record. Unknown tags are ignored, as section 6.3 wants; what leaves it to a
    /// receiver's mercy whether there is a policy is an error.
    pub fn parse(text: &str) -> Result<Self, DmarcError> {
        if !is_dmarc(text) {
            return Err(DmarcError::NotDmarc);
        }
        let mut tags: Vec<(&str, &str)> = Vec::new();
        for part in text.split(';').skip(1).map(trim) {
            if part.is_empty() {
                continue;
            }
            let (tag, value) = part
                .split_once('=')
                .ok_or_else(|| DmarcError::NotATag(part.to_owned()))?;
            let (tag, value) = (trim(tag), trim(value));
            if tags.iter().any(|(seen, _)| *seen == tag) {
                return Err(DmarcError::Repeated(tag.to_owned()));
            }
            tags.push((tag, value));
        }
        let value_of = |name| tags.iter().find(|(tag, _)| *tag == name).map(|(_, v)| *v);
        Ok(Self {
            policy: Policy::parse(value_of("p").ok_or(DmarcError::NoPolicy)?)?,
            subdomain_policy: value_of("sp").map(Policy::parse).transpose()?,
            dkim: alignment(value_of("adkim")),
            spf: alignment(value_of("aspf")),
        })
    }

    /// The policy for a name below the one that the record is published for.
    pub fn policy_below(&self) -> Policy {
        self.subdomain_policy.unwrap_or(self.policy)
    }
}

/// Anything but `s` is the default (RFC 7489 section 6.3).
fn alignment(value: Option<&str>) -> Alignment {
    match value {
        Some("s" | "S") => Alignment::Strict,
        Some(_) | None => Alignment::Relaxed,
    }
}

/// Without the white space that RFC 7489 section 6.4 allows around tags, values and semicolons.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_rfc_7489_parse() {
        for (text, policy) in [
            // Appendix B.2.
            (
                "v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com",
                Policy::None,
            ),
            (
                "v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com; ruf=mailto:auth-reports@example.com",
                Policy::None,
            ),
            (
                "v=DMARC1; p=none; ruf=mailto:auth-reports@thirdparty.example.net",
                Policy::None,
            ),
            (
                "v=DMARC1; p=quarantine; rua=mailto:dmarc-feedback@example.com,mailto:tld-test@thirdparty.example.net!10m; pct=25",
                Policy::Quarantine,
            ),
            ("v=DMARC1;p=reject", Policy::Reject),
            ("v = DMARC1 ; p = Reject ; x-unknown=1;", Policy::Reject),
        ] {
            assert_eq!(Dmarc::parse(text).unwrap().policy, policy, "{text}");
        }
    }

    #[test]
    fn tags_that_are_left_out_have_their_defaults() {
        let dmarc = Dmarc::parse("v=DMARC1; p=reject").unwrap();
        assert_eq!(
            (dmarc.dkim, dmarc.spf),
            (Alignment::Relaxed, Alignment::Relaxed)
        );
        assert_eq!(dmarc.policy_below(), Policy::Reject);
        let dmarc = Dmarc::parse("v=DMARC1; p=reject; sp=none; adkim=s; aspf=s").unwrap();
        assert_eq!(
            (dmarc.dkim, dmarc.spf),
            (Alignment::Strict, Alignment::Strict)
        );
        assert_eq!(dmarc.policy_below(), Policy::None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, error) in [
            ("v=dmarc1; p=none", DmarcError::NotDmarc),
            ("p=none; v=DMARC1", DmarcError::NotDmarc),
            ("v=DMARC1 p=none", DmarcError::NotDmarc),
            ("", DmarcError::NotDmarc),
            ("v=DMARC1", DmarcError::NoPolicy),
            ("v=DMARC1; rua=mailto:a@example.com", DmarcError::NoPolicy),
            ("v=DMARC1; p=", DmarcError::UnknownPolicy(String::new())),
            (
                "v=DMARC1; p=block",
                DmarcError::UnknownPolicy("block".to_owned()),
            ),
            (
                "v=DMARC1; p=none; sp=all",
                DmarcError::UnknownPolicy("all".to_owned()),
            ),
            ("v=DMARC1; none", DmarcError::NotATag("none".to_owned())),
            (
                "v=DMARC1; p=none; p=reject",
                DmarcError::Repeated("p".to_owned()),
            ),
        ] {
            assert_eq!(Dmarc::parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let text = String::from_utf8_lossy(&bytes);
            let _ = Dmarc::parse(&text);
            let _ = Dmarc::parse(&format!("v=DMARC1;{text}"));
        }
    }
}
