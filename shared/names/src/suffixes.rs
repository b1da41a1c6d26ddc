//! The public suffix list (publicsuffix.org), which lists the names under which others register
//! names.

use super::DomainName;
use crate::public_suffix::registrable;

/// The maximum number of labels of a name under which claims are searched. The longest rules of the
/// list have five labels, an organizational domain has one more, and lists grow.
const MOST_LABELS: usize = 8;

/// A version of the public suffix list.
#[derive(Debug, Clone, Copy)]
pub struct SuffixList(fn(&str) -> Option<&str>);

impl Default for SuffixList {
    /// The built-in version.
    fn default() -> Self {
        Self(registrable)
    }
}

impl SuffixList {
    /// A list as a function of a name. It returns the public suffix with one more label, or `None`
    /// if the name is a public suffix itself.
    pub fn new(organizational: fn(&str) -> Option<&str>) -> Self {
        Self(organizational)
    }

    /// The organizational domain of a name (RFC 7489 section 3.2); of a public suffix, itself.
    pub fn organizational<'a>(&self, name: &'a DomainName) -> &'a str {
        (self.0)(name.as_str()).unwrap_or(name.as_str())
    }
}

impl DomainName {
    /// The possible organizational domains of the name by any version of the public suffix list,
    /// the topmost first: its names with two or more labels.
    pub fn possible_organizational(&self) -> Vec<&str> {
        let dots = self.as_str().rmatch_indices('.').skip(1);
        let above = dots.map(|(at, _)| &self.as_str()[at + 1..]);
        above.chain([self.as_str()]).take(MOST_LABELS - 1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ancestor_with_two_or_more_labels_may_be_organizational() {
        let possible = |name: &str| -> Vec<String> {
            let name = DomainName::parse(name).unwrap();
            let possible = name.possible_organizational();
            possible.into_iter().map(str::to_owned).collect()
        };
        assert_eq!(possible("example.com"), ["example.com"]);
        assert_eq!(
            possible("a.mail.example.com"),
            ["example.com", "mail.example.com", "a.mail.example.com"]
        );
        assert_eq!(possible("a.b.c.d.e.f.g.h.i.example.com").len(), 7);
    }
}
