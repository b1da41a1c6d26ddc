//! Cursors of lists: opaque, and valid only for the list that returned them.
//!
//! A cursor is a position in the list, encrypted and authenticated with AES-SIV (RFC 5297), with
//! the list as associated data. So a cursor is refused if it was altered, invented, or returned for
//! another client, another filter or another kind of list. The same position always gives the same
//! cursor, so no randomness is needed. The entry at the position need not exist any more: a cursor
//! stays valid while entries are added and removed.

use std::fmt;

use aes_siv::KeyInit;
use aes_siv::siv::Aes128Siv;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{ListFilter, PageStart};
use domain_auth::state::QueuePart;
use sha2::{Digest, Sha256};

use crate::problem::{ApiError, FieldError};

/// The longest cursor that is read: room for the longest sort key, 1,024 octets.
const MAX_CURSOR: usize = 1_500;

/// Creates cursors, and reads those that callers send back.
#[derive(Clone)]
pub struct Cursors {
    /// For AES-SIV with AES-128: one half authenticates, the other encrypts.
    key: [u8; 32],
}

/// A list with pages: everything that distinguishes it from other lists. The length of its pages
/// does not.
#[derive(Debug, Clone, Copy)]
pub enum List<'a> {
    /// A client's domains.
    Domains(&'a ClientId, &'a ListFilter),
    /// The history of a domain, as its client sees it.
    History(&'a ClientId, &'a DomainName),
    /// These parts of the queue of Lasso support.
    Queue(&'a [QueuePart]),
    /// The history of a domain, as Lasso support sees it.
    ClientHistory(&'a ClientId, &'a DomainName),
    /// A client's domains, as Lasso support sees them.
    ClientDomains(&'a ClientId, &'a ListFilter),
    /// The domains at, above and below a name, of all clients.
    Named(&'a DomainName),
}

impl Cursors {
    /// Cursors under a secret, which is the same for all functions of a stack.
    pub fn new(secret: &str) -> Self {
        Self {
            key: Sha256::digest(secret).into(),
        }
    }

    /// The cursor of the page of `list` that starts there.
    pub fn cursor_of(&self, list: List<'_>, start: &PageStart) -> String {
        let sealed = self
            .cipher()
            .encrypt(list.words(), start.0.as_bytes())
            .expect("fewer words than the 126 that AES-SIV takes");
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// Where a cursor's page starts. A cursor that was not issued for exactly this list is refused.
    pub fn page_start(&self, list: List<'_>, cursor: &str) -> Result<PageStart, ApiError> {
        let sealed = (cursor.len() <= MAX_CURSOR).then(|| URL_SAFE_NO_PAD.decode(cursor).ok());
        sealed
            .flatten()
            .and_then(|sealed| self.cipher().decrypt(list.words(), &sealed).ok())
            .and_then(|opened| String::from_utf8(opened).ok())
            .map(PageStart)
            .ok_or_else(|| {
                ApiError::invalid(FieldError::parameter(
                    "cursor",
                    "must be a “next_cursor” that this list returned",
                ))
            })
    }

    fn cipher(&self) -> Aes128Siv {
        Aes128Siv::new(&self.key.into())
    }
}

/// The key must not be in a log line.
impl fmt::Debug for Cursors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursors(…)")
    }
}

impl<'a> List<'a> {
    /// The associated data. AES-SIV keeps these parts separate, so no two lists have the same
    /// associated data.
    fn words(self) -> Vec<&'a str> {
        match self {
            Self::Domains(client, filter) => filtered("domains", client, filter),
            Self::ClientDomains(client, filter) => filtered("client-domains", client, filter),
            Self::Named(name) => vec!["named", name.as_str()],
            Self::History(client, name) => vec!["history", client.as_str(), name.as_str()],
            Self::Queue(parts) => {
                let parts = parts.iter().flat_map(|part| {
                    let waits = match part {
                        QueuePart::InState(_) => "in",
                        QueuePart::ForLasso(_) => "for-lasso",
                        QueuePart::ForClient(_) => "for-client",
                    };
                    [waits, part.status().as_str()]
                });
                ["queue"].into_iter().chain(parts).collect()
            }
            Self::ClientHistory(client, name) => {
                vec!["client-history", client.as_str(), name.as_str()]
            }
        }
    }
}

fn filtered<'a>(list: &'a str, client: &'a ClientId, filter: &'a ListFilter) -> Vec<&'a str> {
    vec![
        list,
        client.as_str(),
        filter.status.map_or("", |status| status.as_str()),
        filter.community.as_ref().map_or("", |name| name.as_str()),
    ]
}

#[cfg(test)]
mod tests {
    use domain_auth::names::Community;
    use domain_auth::state::Status;

    use super::*;

    fn client(id: &str) -> ClientId {
        ClientId::parse(id).unwrap()
    }

    fn name(name: &str) -> DomainName {
        DomainName::parse(name).unwrap()
    }

    #[test]
    fn a_cursor_is_read_back_as_its_page_and_reveals_nothing() {
        let (cursors, client) = (Cursors::new("secret"), client("maple"));
        let filter = ListFilter::default();
        let list = List::Domains(&client, &filter);
        let start = PageStart("example.com".to_owned());
        let cursor = cursors.cursor_of(list, &start);
        assert_eq!(cursors.page_start(list, &cursor).unwrap(), start);
        assert_eq!(cursor, cursors.cursor_of(list, &start), "the same again");
        let bytes = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
        assert!(!bytes.windows(7).any(|part| part == b"example"));
        assert_eq!(format!("{cursors:?}"), "Cursors(…)");
    }

    #[test]
    fn a_cursor_is_valid_only_for_its_own_list() {
        let cursors = Cursors::new("secret");
        let (maple, cedar) = (client("maple"), client("cedar"));
        let (one, other) = (name("example.com"), name("example.org"));
        let all = ListFilter::default();
        let pending = ListFilter {
            status: Some(Status::Pending),
            community: None,
        };
        let named_pending = ListFilter {
            status: None,
            community: Some(Community::parse("pending").unwrap()),
        };
        let lists = [
            List::Domains(&maple, &all),
            List::Domains(&cedar, &all),
            List::Domains(&maple, &pending),
            List::Domains(&maple, &named_pending),
            List::History(&maple, &one),
            List::History(&maple, &other),
            List::History(&cedar, &one),
            List::ClientHistory(&maple, &one),
            List::ClientDomains(&maple, &all),
            List::ClientDomains(&cedar, &all),
            List::Named(&one),
            List::Named(&other),
            List::Queue(&[QueuePart::InState(Status::Verified)]),
            List::Queue(&[QueuePart::ForLasso(Status::Pending)]),
            List::Queue(&[QueuePart::InState(Status::Pending)]),
            List::Queue(&[
                QueuePart::InState(Status::Verified),
                QueuePart::InState(Status::Pending),
            ]),
        ];
        let start = PageStart("example.com".to_owned());
        for (given_for, list) in lists.iter().enumerate() {
            let cursor = cursors.cursor_of(*list, &start);
            for (used_for, list) in lists.iter().enumerate() {
                let taken = cursors.page_start(*list, &cursor).is_ok();
                assert_eq!(taken, given_for == used_for, "{given_for} for {used_for}");
            }
            let of_another_stack = Cursors::new("another");
            assert!(of_another_stack.page_start(*list, &cursor).is_err());
        }
    }

    #[test]
    fn altered_and_invented_cursors_are_refused() {
        let (cursors, client) = (Cursors::new("secret"), client("maple"));
        let filter = ListFilter::default();
        let list = List::Domains(&client, &filter);
        let cursor = cursors.cursor_of(list, &PageStart("example.com".to_owned()));
        let sealed = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
        for place in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[place] ^= 1;
            let altered = URL_SAFE_NO_PAD.encode(altered);
            assert!(cursors.page_start(list, &altered).is_err(), "{place}");
        }
        for bad in [
            "",
            "0",
            "é",
            "example.com",
            &cursor[1..],
            &"A".repeat(9_999),
        ] {
            assert!(cursors.page_start(list, bad).is_err(), "{bad}");
        }
        assert!(cursors.page_start(list, &format!("{cursor}A")).is_err());
    }
}
