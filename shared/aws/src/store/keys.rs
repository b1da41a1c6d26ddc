//! Keys of the table and of its two sparse indexes.
//!
//! No part of a key has a `#`: client identifiers, names and other identifiers are parsed types
//! that exclude it.

use aws_sdk_dynamodb::types::AttributeValue;
use domain_auth::alerts::Said;
use domain_auth::audience::{Audience, EmailId};
use domain_auth::domain::Domain;
use domain_auth::event::Event;
use domain_auth::fnv::fnv1a_32;
use domain_auth::history::HistoryEntry;
use domain_auth::idempotency::{IdempotencyKey, KeyOwner};
use domain_auth::instructions::{Day, Recipient};
use domain_auth::links::LinkToken;
use domain_auth::mail_limits::{MailWindow, Mailbox};
use domain_auth::names::{ClientId, DomainName, EventId};
use domain_auth::ports::{DomainKey, Due};
use domain_auth::ses_share::CallGroup;
use domain_auth::state::{QueuePart, Status};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{Item, string};

/// Partition key and sort key of the table.
pub(super) const PK: &str = "pk";
pub(super) const SK: &str = "sk";

/// Index of work: domains that are due, and events to be published.
pub(super) const WORK: &str = "work";
pub(super) const WORK_PK: &str = "work_pk";
pub(super) const WORK_SK: &str = "work_sk";

/// Index of domains by state, and of a client's data outside its own partition.
pub(super) const QUEUE: &str = "queue";
pub(super) const QUEUE_PK: &str = "queue_pk";
pub(super) const QUEUE_SK: &str = "queue_sk";

/// The last DNS look, as JSON text.
pub(super) const LOOK: &str = "look";

/// Time to live, in seconds since the epoch.
pub(super) const EXPIRES_AT: &str = "expires_at";

pub(super) const OUTBOX: &str = "OUTBOX";
/// The partition of the index of work with clients that are being erased.
pub(super) const ERASURES: &str = "ERASURES";
const CLIENT_PREFIX: &str = "CLIENT#";
pub(super) const DOMAIN_PREFIX: &str = "DOMAIN#";
/// Sorts after every sort key of a domain, and before all others.
pub(super) const BEHIND_DOMAINS: &str = "DOMAIN$";
pub(super) const EVENT_PREFIX: &str = "EVENT#";
pub(super) const LINK_PREFIX: &str = "LINK#";

/// Partitions of the index over which due domains are spread.
pub const LOOK_SHARDS: u32 = 8;

/// A key of the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    pub(super) fn domain(client: &ClientId, name: &DomainName) -> Self {
        Self {
            pk: client_pk(client),
            sk: format!("{DOMAIN_PREFIX}{name}"),
        }
    }

    /// In the partition of the client, next to the domain, but not in its lists.
    pub(super) fn look(client: &ClientId, name: &DomainName) -> Self {
        Self {
            pk: client_pk(client),
            sk: format!("LOOK#{name}"),
        }
    }

    pub(super) fn claims(organizational: &str) -> Self {
        Self {
            pk: format!("CLAIMS#{organizational}"),
            sk: "CLAIMS".to_owned(),
        }
    }

    /// By the exact name, independent of the organizational domain.
    pub(super) fn tombstone(name: &DomainName) -> Self {
        Self {
            pk: format!("TOMBSTONE#{name}"),
            sk: "TOMBSTONE".to_owned(),
        }
    }

    /// In the order of the domain's lives, and of the versions in each life: two functions whose
    /// clocks differ write their lines in the order of their changes. In the first release the key
    /// began with the time of the line, whose digits sort before the `L`. `line` distinguishes the
    /// lines of one change with two steps.
    pub(super) fn history(domain: &Domain, entry: &HistoryEntry, line: usize) -> Self {
        let (added_at, sequence) = (sortable(domain.added_at), entry.sequence);
        Self {
            pk: history_pk(&domain.client, &domain.name),
            sk: format!("L#{added_at}#{sequence:010}#{line}"),
        }
    }

    pub(super) fn event(event_id: EventId) -> Self {
        Self {
            pk: format!("{EVENT_PREFIX}{event_id}"),
            sk: "EVENT".to_owned(),
        }
    }

    /// Lasso support's emails have the keys of earlier releases.
    pub(super) fn email(id: EmailId) -> Self {
        let sk = match id.audience {
            Audience::Support => "EMAIL",
            Audience::Client => "EMAIL#CLIENT",
        };
        Self {
            pk: format!("EMAIL#{}", id.event_id),
            sk: sk.to_owned(),
        }
    }

    /// The emails about events to a mailbox in a minute or on a day.
    pub(super) fn mailbox(to: &Mailbox, window: MailWindow) -> Self {
        let pk = match to {
            Mailbox::Support => "MAILBOX#SUPPORT".to_owned(),
            Mailbox::Contact(contact) => format!("MAILBOX#{}", digest(contact.as_str())),
            Mailbox::ContactOf(client, contact) => {
                format!(
                    "MAILBOX#{}",
                    digest(&format!("{client} {}", contact.as_str()))
                )
            }
        };
        let sk = match window {
            MailWindow::Minute(minute) => format!("MINUTE#{minute}"),
            MailWindow::Day(day) => format!("DAY#{day}"),
        };
        Self { pk, sk }
    }

    /// The data that one run of the poller leaves for the next.
    pub(super) fn runs() -> Self {
        Self {
            pk: "POLLER".to_owned(),
            sk: "RUNS".to_owned(),
        }
    }

    pub(super) fn reconciliation() -> Self {
        Self {
            pk: "POLLER".to_owned(),
            sk: "RECONCILIATION".to_owned(),
        }
    }

    /// The client, if this is the key of a client's own record.
    pub(super) fn client(&self) -> Option<ClientId> {
        ClientId::parse(self.pk.strip_prefix(CLIENT_PREFIX)?).ok()
    }

    /// The domain, if this is the key of a domain.
    pub(super) fn domain_key(&self) -> Option<DomainKey> {
        Some(DomainKey {
            client: ClientId::parse(self.pk.strip_prefix(CLIENT_PREFIX)?).ok()?,
            name: DomainName::try_from(self.sk.strip_prefix(DOMAIN_PREFIX)?.to_owned()).ok()?,
        })
    }

    /// In the partition of its owner. The caller chooses the key, and the identity provider the
    /// subject, so both are stored as digests: with a fixed length, and without a separator.
    pub(super) fn idempotency(owner: &KeyOwner, key: &IdempotencyKey) -> Self {
        Self {
            pk: owner_pk(owner),
            sk: format!("KEY#{}", digest(key.as_str())),
        }
    }

    /// The stored data of a client as a whole.
    pub(super) fn client_record(client: &ClientId) -> Self {
        Self {
            pk: client_pk(client),
            sk: "LIMITS".to_owned(),
        }
    }

    /// The alerts about a client's domains on a day.
    pub(super) fn alerts(client: &ClientId, day: Day) -> Self {
        Self {
            pk: client_pk(client),
            sk: format!("ALERTS#{day}"),
        }
    }

    /// The last alert to Lasso support about a domain that may be added again.
    pub(super) fn said(client: &ClientId, name: &DomainName, said: Said) -> Self {
        let sk = match said {
            Said::ReadyAndVerified => format!("READY#{name}#verified"),
            Said::ReadyAndNotVerified => format!("READY#{name}#not_verified"),
            Said::Verified => format!("TOLD#{name}#verified"),
            Said::ProvenAndContested => format!("TOLD#{name}#contested"),
        };
        Self {
            pk: client_pk(client),
            sk,
        }
    }

    /// The emails with instructions to one address on a day, of all clients.
    pub(super) fn recipient(recipient: &Recipient, day: Day) -> Self {
        Self {
            pk: format!("RECIPIENT#{}", digest(recipient.as_str())),
            sk: format!("INSTRUCTIONS#{day}"),
        }
    }

    /// The emails with instructions of a client on a day.
    pub(super) fn instructions(client: &ClientId, day: Day) -> Self {
        Self {
            pk: client_pk(client),
            sk: format!("INSTRUCTIONS#{day}"),
        }
    }

    /// The checks of a client, or of a person at Lasso support.
    pub(super) fn checks(asker: &KeyOwner) -> Self {
        Self {
            pk: owner_pk(asker),
            sk: "CHECKS".to_owned(),
        }
    }

    /// The turns of requests at SES.
    pub(super) fn turns(group: CallGroup) -> Self {
        Self {
            pk: "SES".to_owned(),
            sk: format!("TURNS#{}", group.as_str()),
        }
    }

    /// The target of a link. Its token is not stored.
    pub(super) fn link(token: &LinkToken) -> Self {
        Self {
            pk: format!("{LINK_PREFIX}{}", digest(token.as_str())),
            sk: "LINK".to_owned(),
        }
    }

    /// The key attributes of an item, if it has both.
    pub(super) fn of_item(item: &Item) -> Option<Self> {
        let text = |name| item.get(name)?.as_s().ok().cloned();
        Some(Self {
            pk: text(PK)?,
            sk: text(SK)?,
        })
    }

    pub(super) fn into_item(self) -> Item {
        Item::from([
            (PK.to_owned(), string(self.pk)),
            (SK.to_owned(), string(self.sk)),
        ])
    }
}

pub(super) fn client_pk(client: &ClientId) -> String {
    format!("{CLIENT_PREFIX}{client}")
}

/// The partition of a client, or of a person at Lasso support.
pub(super) fn owner_pk(owner: &KeyOwner) -> String {
    match owner {
        KeyOwner::Client(client) => client_pk(client),
        KeyOwner::Supporter(subject) => format!("STAFF#{}", digest(subject)),
    }
}

pub(super) fn history_pk(client: &ClientId, name: &DomainName) -> String {
    format!("{}{name}", history_prefix(client))
}

/// The beginning of the partition keys for the history of a client's domains.
pub(super) fn history_prefix(client: &ClientId) -> String {
    format!("HISTORY#{client}#")
}

pub(super) fn queue_pk(part: QueuePart) -> String {
    match part {
        QueuePart::InState(status) => format!("STATE#{status}"),
        // The name of the first release.
        QueuePart::ForLasso(Status::Contested) => "STATE#contested#proven".to_owned(),
        QueuePart::ForLasso(status) => format!("STATE#{status}#lasso"),
        QueuePart::ForClient(status) => format!("STATE#{status}#client"),
    }
}

/// The partitions of the index that have a queue.
pub(super) fn due_pks(queue: Due) -> Vec<String> {
    match queue {
        Due::Provisioning => vec!["PROVISION".to_owned()],
        Due::Look => (0..LOOK_SHARDS)
            .map(|shard| format!("LOOK#{shard}"))
            .collect(),
    }
}

/// The index attributes of a domain.
pub(super) fn domain_index(domain: &Domain) -> [(String, AttributeValue); 4] {
    let id = format!("{}#{}", domain.client, domain.name);
    let work_pk = match domain.state.status() {
        Status::Provisioning | Status::Removing => "PROVISION".to_owned(),
        Status::Contested
        | Status::Pending
        | Status::Verified
        | Status::Authenticated
        | Status::AtRisk
        | Status::Failed
        | Status::Rejected => {
            format!("LOOK#{}", shard(&id))
        }
    };
    [
        (WORK_PK.to_owned(), string(work_pk)),
        (
            WORK_SK.to_owned(),
            string(work_position(domain, domain.next_check)),
        ),
        (QUEUE_PK.to_owned(), string(queue_pk(domain.queue_part()))),
        (
            QUEUE_SK.to_owned(),
            string(format!("{}#{id}", sortable(domain.waiting_since()))),
        ),
    ]
}

/// The position of a domain in its queue, if it is due at `due`.
pub(super) fn work_position(domain: &Domain, due: Timestamp) -> String {
    format!("{}#{}#{}", sortable(due), domain.client, domain.name)
}

/// The index attributes of an item with data of a client outside its own partition. The erasure of
/// the client finds the item with them. `kind` is the kind of item.
pub(super) fn of_client(client: &ClientId, kind: Kept) -> [(String, AttributeValue); 2] {
    [
        (QUEUE_PK.to_owned(), string(client_pk(client))),
        (QUEUE_SK.to_owned(), string(kind.as_str())),
    ]
}

/// Data of a client outside its own partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// A line of history.
    History,
    /// An event.
    Event,
    /// The target of a link.
    Link,
    /// The key of a request that Lasso support made about the client.
    Key,
}

impl Kept {
    pub(super) const ALL: [Self; 4] = [Self::History, Self::Event, Self::Link, Self::Key];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::History => "HISTORY",
            Self::Event => "EVENT",
            Self::Link => "LINK",
            Self::Key => "KEY",
        }
    }

    pub(super) fn parse(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kept| kept.as_str() == kind)
    }
}

/// The position of a client's erasure in the index of work.
pub(super) fn erasure_position(client: &ClientId, next_step: Timestamp) -> String {
    format!("{}#{client}", sortable(next_step))
}

/// The index attributes of an unpublished event: in the order of writing.
pub(super) fn outbox_index(event: &Event) -> [(String, AttributeValue); 2] {
    [
        (WORK_PK.to_owned(), string(OUTBOX)),
        (WORK_SK.to_owned(), string(outbox_position(event))),
    ]
}

/// The position of an unpublished event in the outbox.
pub(super) fn outbox_position(event: &Event) -> String {
    format!(
        "{}#{}#{}#{:010}",
        sortable(event.occurred_at),
        event.client,
        event.domain,
        event.sequence
    )
}

/// A time as text of fixed length that sorts in the order of time.
pub(super) fn sortable(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string()
}

/// The text that sorts after every key that starts with the time `at`.
pub(super) fn up_to(at: Timestamp) -> String {
    format!("{}$", sortable(at))
}

/// SHA-256 in hexadecimal digits.
pub(super) fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn shard(id: &str) -> u32 {
    fnv1a_32(id.bytes()) % LOOK_SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_domain_is_read_back() {
        let (client, name) = (
            ClientId::parse("maple/homes").unwrap(),
            DomainName::parse("b\u{fc}cher.example").unwrap(),
        );
        let key = Key::domain(&client, &name).domain_key();
        assert_eq!(key, Some(DomainKey { client, name }));
        assert_eq!(Key::runs().domain_key(), None);
    }

    #[test]
    fn times_sort_as_text() {
        let at = |nanoseconds| Timestamp::from_nanosecond(nanoseconds).unwrap();
        assert_eq!(sortable(at(1)), "1970-01-01T00:00:00.000000001Z");
        let times = [0, 1, 999_999_999, 1_000_000_000, 1_700_000_000_000_000_000].map(at);
        assert!(times.map(sortable).is_sorted());
        assert!(up_to(at(5)) > format!("{}#client#example.com", sortable(at(5))));
        assert!(up_to(at(5)) < format!("{}#a", sortable(at(6))));
    }

    #[test]
    fn every_shard_is_used_and_listed() {
        let mut used: Vec<String> = (0..200)
            .map(|i| format!("LOOK#{}", shard(&format!("client#{i}.example.com"))))
            .collect();
        used.sort();
        used.dedup();
        assert_eq!(used, due_pks(Due::Look));
    }
}
