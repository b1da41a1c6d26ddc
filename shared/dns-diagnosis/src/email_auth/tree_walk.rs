//! The DNS tree walk of RFC 9989 section 4.10: which policy record applies to mail from a name, and
//! which organizational domain the name belongs to. It replaces the public suffix list of RFC 7489.

use super::dmarc::{Dmarc, Psd};

/// The maximum number of names of one walk.
const MAX_NAMES: usize = 8;

/// What is known of the DMARC records at names.
pub trait DmarcRecords {
    /// What is at `_dmarc` below a name.
    fn record(&self, name: &str) -> DmarcAnswer;
}

/// What is at `_dmarc` below a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DmarcAnswer {
    /// One record.
    Record(Dmarc),
    /// One record that gives no policy: receivers apply none (RFC 9989 section 4.10.1).
    Unreadable,
    /// No record, or more than one, which are all discarded.
    Nothing,
    /// DNS did not answer.
    Unknown,
}

/// Which record applies to mail from a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applicable {
    /// This one.
    Record {
        /// The name that it is published for, without `_dmarc`.
        at: String,
        /// The owner of the record.
        owner: Owner,
        /// The parsed record.
        dmarc: Dmarc,
    },
    /// One that gives no policy, so that none applies.
    Unreadable {
        /// The name that it is published for, without `_dmarc`.
        at: String,
    },
    /// There is none: DMARC does not apply.
    Nothing,
    /// DNS did not answer.
    Unknown,
}

/// Whose record applies (RFC 9989 section 4.10.1), in the order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The domain in From itself.
    Author,
    /// Its organizational domain.
    Organization,
    /// A public suffix above it.
    PublicSuffix,
}

/// The names of a walk that begins at `domain`, which is the first: at most eight.
///
/// # Examples
///
/// ```
/// use dns_diagnosis::email_auth::tree_walk;
///
/// let names: Vec<&str> = tree_walk("a.mail.example.com").collect();
/// assert_eq!(names, ["a.mail.example.com", "mail.example.com", "example.com", "com"]);
/// ```
pub fn tree_walk(domain: &str) -> impl Iterator<Item = &str> {
    let labels = domain.split('.').count();
    let skipped = labels.saturating_sub(MAX_NAMES - 1).max(1);
    let above = std::iter::successors(Some(domain), |name| Some(name.split_once('.')?.1));
    let above = above.skip(skipped);
    std::iter::once(domain).chain(above)
}

/// Finds the record that applies to mail from `author` (RFC 9989 section 4.10.1).
pub fn applicable(author: &str, records: &dyn DmarcRecords) -> Applicable {
    match records.record(author) {
        DmarcAnswer::Record(dmarc) => {
            return Applicable::Record {
                at: author.to_owned(),
                owner: Owner::Author,
                dmarc,
            };
        }
        DmarcAnswer::Unreadable => {
            let at = author.to_owned();
            return Applicable::Unreadable { at };
        }
        DmarcAnswer::Unknown => return Applicable::Unknown,
        DmarcAnswer::Nothing => {}
    }
    let Some(walk) = Walk::from(author, records) else {
        return Applicable::Unknown;
    };
    let organization = walk.organizational();
    let of_it = walk.found.iter().find(|(name, _)| *name == organization);
    let of_suffix = || {
        walk.found
            .iter()
            .find(|(_, found)| is_suffix(found.as_ref()))
    };
    let Some((name, found)) = of_it.or_else(of_suffix) else {
        return Applicable::Nothing;
    };
    let at = (*name).to_owned();
    match found {
        Some(dmarc) => Applicable::Record {
            at,
            owner: if dmarc.psd == Psd::Yes {
                Owner::PublicSuffix
            } else {
                Owner::Organization
            },
            dmarc: dmarc.clone(),
        },
        None => Applicable::Unreadable { at },
    }
}

/// The organizational domain of a name (RFC 9989 section 4.10.2); none if DNS did not answer.
pub fn organizational<'d>(domain: &'d str, records: &dyn DmarcRecords) -> Option<&'d str> {
    Walk::from(domain, records).map(|walk| walk.organizational())
}

/// The records of a walk.
struct Walk<'d> {
    domain: &'d str,
    /// From the longest name to the shortest; none for a record that cannot be read.
    found: Vec<(&'d str, Option<Dmarc>)>,
}

impl<'d> Walk<'d> {
    fn from(domain: &'d str, records: &dyn DmarcRecords) -> Option<Self> {
        let mut found = Vec::new();
        for name in tree_walk(domain) {
            match records.record(name) {
                DmarcAnswer::Record(dmarc) => {
                    let ends = dmarc.psd != Psd::Unsaid;
                    found.push((name, Some(dmarc)));
                    if ends {
                        break;
                    }
                }
                DmarcAnswer::Unreadable => found.push((name, None)),
                DmarcAnswer::Nothing => {}
                DmarcAnswer::Unknown => return None,
            }
        }
        Some(Self { domain, found })
    }

    fn organizational(&self) -> &'d str {
        // Only the last record can have said where the organization ends: the walk ends there.
        match self.found.last() {
            Some((name, found)) if is_suffix(found.as_ref()) && *name != self.domain => {
                child(self.domain, name)
            }
            Some((name, _)) => name,
            None => self.domain,
        }
    }
}

fn is_suffix(found: Option<&Dmarc>) -> bool {
    found.is_some_and(|dmarc| dmarc.psd == Psd::Yes)
}

/// The name right below `above` that leads to `domain`.
fn child<'d>(domain: &'d str, above: &str) -> &'d str {
    let front = domain.len().saturating_sub(above.len() + 1);
    let label = domain.get(..front).and_then(|front| front.rfind('.'));
    let start = label.map_or(0, |dot| dot + 1);
    domain.get(start..).unwrap_or(domain)
}

#[cfg(test)]
#[path = "tree_walk_tests.rs"]
pub(crate) mod tests;
