//! DynamoDB's read and write units, from the sizes of the real items.
//!
//! The size of an item is that of its attributes' names and values; of a list or a map also three
//! bytes, and one for each element (DynamoDB developer guide, "DynamoDB item sizes and formats"). A
//! write unit writes 1 KB, and half of that in a transaction; a read unit reads 4 KB consistently, or
//! 8 KB eventually ("DynamoDB on-demand capacity mode"). A global secondary index is written if
//! its keys change: one unit to put an entry, one to take the old one away.

use std::ops::AddAssign;

use domain_auth::claims::Tombstone;
use domain_auth::domain::{Change, Domain, Fate};
use domain_auth::event::Event;
use domain_auth::state::Status;
use serde::Serialize;
use serde_dynamo::{AttributeValue, Item};

/// Units of a table in on-demand mode.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Units {
    pub(crate) read: f64,
    pub(crate) write: f64,
}

impl AddAssign for Units {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.write += other.write;
    }
}

/// Octets of a time in a key: RFC 3339 in UTC with nine digits of a second.
const TIME: usize = 30;
/// The names of the key attributes (`pk`, `sk`) in the table, and the attributes of every item.
const KEY_NAMES: usize = "pk".len() + "sk".len() + SCHEMA;
/// The schema version of an item.
const SCHEMA: usize = "schema".len() + 2;
/// Names of the attributes of the two indexes.
const WORK_NAMES: usize = "work_pk".len() + "work_sk".len();
const QUEUE_NAMES: usize = "queue_pk".len() + "queue_sk".len();

/// Sizes of the items that a change writes, in bytes, in the order domain, claims, history, event,
/// look. The keys are those of `docs/table.md`.
pub(crate) fn item_sizes(change: &Change) -> Vec<usize> {
    let domain = &change.domain;
    let id = domain.client.as_str().len() + "#".len() + domain.name.as_str().len();
    let mut sizes = Vec::new();
    if change.fate == Fate::Stored {
        sizes.push(domain_size(domain));
    }
    if let Some(claims) = &change.claims {
        let key = "CLAIMS#".len() + claims.organizational.len() + "CLAIMS".len();
        sizes.push(encoded(claims) + KEY_NAMES + key);
        sizes.extend(claims.tombstones_written().map(tombstone_size));
    }
    for entry in &change.history {
        let key = "HISTORY#".len() + id + "L#".len() + TIME + "#".len() + SEQUENCE + "#0".len();
        let index = of_client(domain.client.as_str()) + "HISTORY".len();
        sizes.push(encoded(entry) + KEY_NAMES + key + index);
    }
    sizes.extend(change.event.as_ref().map(event_size));
    if let Some(look) = &change.look {
        let key = "CLIENT#".len() + "LOOK".len() + id;
        let text = serde_json::to_string(look).map_or(0, |text| text.len());
        sizes.push("look".len() + text + KEY_NAMES + key);
    }
    sizes
}

fn tombstone_size(tombstone: &Tombstone) -> usize {
    let key = "TOMBSTONE#".len() + tombstone.name.as_str().len() + "TOMBSTONE".len();
    // Seconds since the epoch: ten digits.
    let expires_at = if tombstone.leaving {
        0
    } else {
        "expires_at".len() + 6
    };
    encoded(tombstone) + KEY_NAMES + key + expires_at
}

/// Digits of a sequence number in a key.
const SEQUENCE: usize = 10;

pub(crate) fn domain_size(domain: &Domain) -> usize {
    let id = domain.client.as_str().len() + "#".len() + domain.name.as_str().len();
    let status = domain.state.status().as_str().len();
    let key = "CLIENT#".len() + "DOMAIN".len() + id;
    let work = WORK_NAMES + queue_of_work(domain).len() + TIME + "#".len() + id;
    let queue = QUEUE_NAMES + "STATE#".len() + status + TIME + "#".len() + id;
    encoded(domain) + "status".len() + status + KEY_NAMES + key + work + queue
}

/// The partition of the index of work for a domain.
fn queue_of_work(domain: &Domain) -> &'static str {
    match domain.state.status() {
        Status::Provisioning | Status::Removing => "PROVISION",
        Status::Contested
        | Status::Pending
        | Status::Verified
        | Status::Authenticated
        | Status::AtRisk
        | Status::Failed
        | Status::Rejected => "LOOK#0",
    }
}

pub(crate) fn event_size(event: &Event) -> usize {
    let id = event.client.as_str().len() + "#".len() + event.domain.as_str().len();
    let key = "EVENT#".len() + UUID + "EVENT".len();
    let work = WORK_NAMES + "OUTBOX".len() + TIME + "#".len() + id + "#".len() + SEQUENCE;
    let index = of_client(event.client.as_str()) + "EVENT".len();
    encoded(event) + KEY_NAMES + key + work + index
}

/// The entry of an item in the index of queues, by which the erasure of its client finds it,
/// without its kind.
fn of_client(client: &str) -> usize {
    QUEUE_NAMES + "CLIENT#".len() + client.len()
}

/// Characters of a UUID.
const UUID: usize = 36;

/// The cost of writing a change, given the stored data before.
pub(crate) fn of_commit(changes: &[&Change], stored: &[Option<Domain>]) -> Units {
    let sizes: Vec<usize> = changes
        .iter()
        .flat_map(|change| item_sizes(change))
        .collect();
    let factor = if sizes.len() > 1 { 2.0 } else { 1.0 };
    let mut write: f64 = sizes.iter().map(|size| factor * per(*size, 1024)).sum();
    for (change, stored) in changes.iter().zip(stored) {
        write += index_writes(stored.as_ref(), &change.domain);
        // The event in the outbox; lines, the event and the link in the index of queues.
        write += if change.event.is_some() { 2.0 } else { 0.0 };
        write += if change.link.is_some() { 1.0 } else { 0.0 };
        write += float(change.history.len());
        // The number of the client's domains, in the same transaction.
        write += if change.client_count.is_some() {
            2.0
        } else {
            0.0
        };
    }
    Units { read: 0.0, write }
}

/// Entries of both indexes: a new entry costs one unit, a changed key costs two.
fn index_writes(before: Option<&Domain>, after: &Domain) -> f64 {
    let Some(before) = before else { return 2.0 };
    let (was_in, is_in) = (queue_of_work(before), queue_of_work(after));
    let work = before.next_check != after.next_check || was_in != is_in;
    let queue =
        before.state_since != after.state_since || before.state.status() != after.state.status();
    let changed = |changed| if changed { 2.0 } else { 0.0 };
    changed(work) + changed(queue)
}

/// Marking an event as published: the item again, and the removal of its index entry.
pub(crate) fn of_mark(event: &Event) -> Units {
    Units {
        read: 0.0,
        write: per(event_size(event), 1024) + 1.0,
    }
}

/// Entries of an index, read eventually consistently from this many partitions, and their items,
/// read consistently.
pub(crate) fn of_queue(partitions: usize, sizes: impl IntoIterator<Item = usize>) -> Units {
    let (mut entries, mut items) = (0, 0.0);
    for size in sizes {
        entries += INDEX_ENTRY;
        items += per(size, 4096);
    }
    let pages = per(entries / partitions.max(1), 4096).max(1.0) * float(partitions);
    Units {
        read: 0.5 * pages + items,
        write: 0.0,
    }
}

/// Keys of an index, read eventually consistently.
pub(crate) fn of_keys(count: usize) -> Units {
    Units {
        read: 0.5 * per(count * INDEX_ENTRY, 4096).max(1.0),
        write: 0.0,
    }
}

/// Items read consistently by their keys.
pub(crate) fn of_items(sizes: impl IntoIterator<Item = usize>) -> Units {
    Units {
        read: sizes.into_iter().map(|size| per(size, 4096)).sum(),
        write: 0.0,
    }
}

/// Writing a small item.
pub(crate) const PUT: Units = Units {
    read: 0.0,
    write: 1.0,
};

/// An entry of an index, with the keys of the item (`docs/table.md`).
const INDEX_ENTRY: usize = 123;

/// A `GetItem` of a small item.
pub(crate) const GET: Units = Units {
    read: 1.0,
    write: 0.0,
};

/// The size of a value as the store serializes it, without keys.
fn encoded(value: &impl Serialize) -> usize {
    serde_dynamo::to_item(value).map_or(0, |item: Item| item_size(&item))
}

fn per(size: usize, unit: usize) -> f64 {
    float(size.div_ceil(unit))
}

/// A count as a floating-point number.
pub(crate) fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

fn item_size(item: &Item) -> usize {
    item.inner()
        .iter()
        .map(|(name, value)| name.len() + value_size(value))
        .sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        AttributeValue::B(bytes) => bytes.len(),
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::L(list) => {
            3 + list
                .iter()
                .map(|value| 1 + value_size(value))
                .sum::<usize>()
        }
        AttributeValue::M(map) => {
            let members = map
                .iter()
                .map(|(name, value)| 1 + name.len() + value_size(value));
            3 + members.sum::<usize>()
        }
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => {
            texts.iter().map(String::len).sum()
        }
        AttributeValue::Bs(sets) => sets.iter().map(Vec::len).sum(),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::config::{BehaviorVersion, Config};
    use domain_auth::claims::ClaimRegister;
    use domain_auth::evidence::Evidence;
    use domain_auth::history::{Action, Actor};
    use domain_auth::identity::{AxisStatus, SesLook};
    use domain_auth::ports::Clock;
    use domain_auth::state::{State, Trigger};
    use domain_auth::use_cases::look::look_at_dns;
    use domain_auth_aws::Table;
    use domain_auth_testkit::{FakeDns, SequentialIds, TestClock, client, domain_name, new_domain};
    use futures::FutureExt;
    use jiff::SignedDuration;

    use super::*;
    use crate::ses::axes;

    /// From adding a domain to the look that sees it verified, with all writes.
    fn changes() -> Vec<Change> {
        let (clock, ids) = (TestClock::default(), SequentialIds::default());
        let (name, client) = (domain_name("maplehomes.com"), client("maple-homes"));
        let (now, later) = (clock.now(), clock.now() + SignedDuration::from_secs(20));
        let service = || Actor::Service;
        let claims = ClaimRegister::empty(name.organizational()).taken(&name, &client, now);
        let new = new_domain(client.as_str(), name.as_str());
        let added = Domain::add(
            new,
            State::provisioning(),
            Some(claims),
            service(),
            now,
            &ids,
        );
        let provisioned = Trigger::Provisioned(domain_auth_testkit::identity(&name));
        let provisioned = added
            .domain
            .transition(provisioned, service(), None, later, &ids);
        let provisioned = provisioned.unwrap();
        let evidence = serde_json::json!({ "ses": axes(AxisStatus::Success) });
        let evidence = Evidence::stored(Action::Verified, evidence);
        let domain = &provisioned.domain;
        let verified = domain.transition(
            Trigger::SesVerified,
            service(),
            Some(evidence),
            later + (later - now),
            &ids,
        );
        let mut verified = verified.unwrap();
        verified.domain.ses = Some(SesLook {
            status: axes(AxisStatus::Success),
            looked_at: now,
            details_at: Some(now),
        });
        let dns = FakeDns::default();
        let look = Box::pin(look_at_dns(&dns, &clock, &verified.domain, None));
        verified.look = look.now_or_never().unwrap();
        vec![added, provisioned, verified]
    }

    #[test]
    fn the_simulated_sizes_equal_those_of_the_real_items() {
        let config = Config::builder().behavior_version(BehaviorVersion::latest());
        let table = Table::new(Client::from_conf(config.build()), "table".to_owned());
        let mut changes = changes();
        let verified = &changes[2].domain;
        let (actor, now) = (Actor::Service, verified.state_since);
        let removed = verified.transition(
            Trigger::Removed,
            actor,
            None,
            now,
            &SequentialIds::default(),
        );
        changes.push(removed.unwrap());
        for change in changes {
            let mut ours = item_sizes(&change);
            let mut real = table.item_sizes(&change).unwrap();
            ours.sort_unstable();
            real.sort_unstable();
            assert_eq!(ours, real);
        }
    }

    #[test]
    fn a_change_is_charged_as_docs_table_md_says() {
        let changes = changes();
        let [added, provisioned, verified] = &changes[..] else {
            panic!("three changes");
        };
        let write = |change: &Change, before: Option<&Change>| {
            let before = before.map(|before| before.domain.clone());
            of_commit(&[change], &[before]).write
        };
        assert!((write(added, None) - 15.0).abs() < 0.1);
        let written = write(provisioned, Some(added));
        assert!(
            (written - 9.0).abs() < 0.1,
            "{written} for {:?}",
            item_sizes(provisioned)
        );
        let look = per(*item_sizes(verified).last().unwrap(), 1024);
        assert!((write(verified, Some(provisioned)) - 13.0 - 2.0 * look).abs() < 0.1);
    }
}
