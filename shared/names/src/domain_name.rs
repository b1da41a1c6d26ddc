//! A domain name in the only form that DNS and SES compare. `domain_name/parse.rs` parses it.

mod parse;

use std::borrow::Borrow;
use std::fmt;

use idna::AsciiDenyList;
use idna::uts46::{Hyphens, Uts46};
use serde::{Deserialize, Serialize};

use crate::plain_text::one_line;
use crate::public_suffix::registrable;

/// Longest name, in characters of its textual form: 255 octets on the wire (RFC 1035 section 2.3.4).
pub(crate) const MAX_NAME: usize = 253;
/// The longest prefix that a record's name has before the domain: a DKIM token of Amazon SES, which
/// has 32 characters, and `_domainkey`. All other records, including MAIL FROM, have shorter names.
const LONGEST_BELOW: usize = 32 + "._domainkey.".len();
/// Longest name of a sending domain: the names of its records have to be valid, too. Amazon SES
/// documents no limit of its own.
pub const MAX_SENDING_DOMAIN: usize = MAX_NAME - LONGEST_BELOW;

/// A registrable domain name, or a name below one, in lower-case A-labels (RFC 5890 section
/// 2.3.2.1) without a trailing dot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DomainName(String);

impl DomainName {
    /// The name itself, or the nearest name above it that is short enough to be authenticated.
    #[must_use]
    pub fn nearest_for_sending(self) -> Self {
        if self.0.len() <= MAX_SENDING_DOMAIN {
            return self;
        }
        let mut above = self.ancestors().into_iter();
        above
            .find(|name| name.0.len() <= MAX_SENDING_DOMAIN)
            .unwrap_or(self)
    }

    /// The name in A-labels: `xn--bcher-kva.example`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name for display: `bücher.example`. A-labels that do not decode are not changed. The
    /// whole name is not changed if some of its characters would be invisible.
    pub fn to_unicode(&self) -> String {
        unicode_of(&self.0)
    }

    /// The organizational domain (RFC 7489 section 3.2): the public suffix and one label more.
    pub fn organizational(&self) -> &str {
        registrable(&self.0).unwrap_or(&self.0)
    }

    /// Whether `self` is strictly below `other` in the tree of names.
    pub fn is_below(&self, other: &Self) -> bool {
        self.0
            .strip_suffix(other.as_str())
            .is_some_and(|rest| rest.ends_with('.'))
    }

    /// The names above this one down to its organizational domain, nearest first.
    pub fn ancestors(&self) -> Vec<DomainName> {
        let organizational = self.organizational();
        let mut ancestors = Vec::new();
        let mut rest = self.as_str();
        while rest != organizational {
            let Some((_, parent)) = rest.split_once('.') else {
                break;
            };
            ancestors.push(Self(parent.to_owned()));
            rest = parent;
        }
        ancestors
    }

    /// Whether a label mixes scripts as names made to imitate others do (Unicode Technical Standard
    /// #39, below the level "highly restrictive").
    pub fn mixes_scripts(&self) -> bool {
        use unicode_security::RestrictionLevel;
        use unicode_security::RestrictionLevelDetection;
        self.to_unicode().split('.').any(|label| {
            !label.is_ascii() && !label.check_restriction_level(RestrictionLevel::HighlyRestrictive)
        })
    }
}

/// A name or a label in A-labels, as people read it; unchanged where that would not be safe to show.
pub(crate) fn unicode_of(name: &str) -> String {
    let uts46 = Uts46::new();
    let (unicode, _) = uts46.to_unicode(
        name.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::CheckFirstLast,
    );
    if one_line(&unicode) == unicode {
        unicode.into_owned()
    } else {
        name.to_owned()
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DomainName({})", self.0)
    }
}

/// Compares and hashes as its text does.
impl Borrow<str> for DomainName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<DomainName> for String {
    fn from(name: DomainName) -> Self {
        name.0
    }
}
