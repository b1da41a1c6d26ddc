//! Limits of DynamoDB: it refuses an item of more than 400 KB, and a transaction of more than 100
//! items or with two operations on one item (developer guide, "Quotas in Amazon DynamoDB" and
//! "Amazon DynamoDB transactions").

use domain_auth::domain::{Change, Fate};
use domain_auth::ports::{CommitError, StoreError, StoreFailure};
use serde::Serialize;
use serde_json::Value;

/// The largest item, in bytes.
const LARGEST_ITEM: usize = 400 * 1024;
/// The maximum number of items of one transaction.
const MOST_ITEMS: usize = 100;
/// The largest size of keys and index attributes: they have a client and a name, up to three times
/// each.
const KEYS: usize = 3 * (128 + 253) + 256;

pub(crate) fn check(changes: &[&Change]) -> Result<(), CommitError> {
    let items: Vec<(String, usize)> = changes.iter().flat_map(|change| items_of(change)).collect();
    if items.len() > MOST_ITEMS {
        return Err(refused(&format!(
            "a transaction with {} items",
            items.len()
        )));
    }
    if let Some((item, size)) = items.iter().find(|(_, size)| *size > LARGEST_ITEM) {
        return Err(refused(&format!("{item} of {size} bytes")));
    }
    let mut names: Vec<&String> = items.iter().map(|(item, _)| item).collect();
    names.sort_unstable();
    match names.windows(2).find(|two| two[0] == two[1]) {
        Some(two) => Err(refused(&format!("{} twice in a transaction", two[0]))),
        None => Ok(()),
    }
}

/// Each item that a change writes, and its size in bytes.
fn items_of(change: &Change) -> Vec<(String, usize)> {
    let domain = &change.domain;
    let of = format!("{} of {}", domain.name, domain.client);
    let mut items = match change.fate {
        Fate::Stored => vec![(format!("the domain {of}"), size(domain))],
        Fate::Deleted => vec![
            (format!("the domain {of}"), 0),
            (format!("the look at {of}"), 0),
        ],
    };
    if let Some(look) = &change.look {
        let text = serde_json::to_string(look).map_or(0, |text| text.len());
        items.push((format!("the look at {of}"), KEYS + text));
    }
    if let Some(link) = &change.link {
        items.push((format!("the link {}", link.target.id), size(&link.target)));
    }
    if let Some(claims) = &change.claims {
        let organizational = &claims.organizational;
        items.push((format!("the claims of {organizational}"), size(claims)));
        let tombstones = claims.tombstones_written();
        items.extend(tombstones.map(|tombstone| {
            let name = &tombstone.name;
            (format!("the tombstone of {name}"), size(tombstone))
        }));
    }
    let lines = change.history.iter().enumerate();
    items.extend(lines.map(|(line, entry)| (format!("line {line} of {of}"), size(entry))));
    items.extend(change.event.as_ref().map(|event| {
        let id = event.event_id;
        (format!("the event {id}"), size(event))
    }));
    items
}

fn size(item: &impl Serialize) -> usize {
    KEYS + serde_json::to_value(item).map_or(0, |value| size_of(&value))
}

/// The size as DynamoDB computes it (developer guide, "DynamoDB item sizes and formats").
fn size_of(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Number(number) => number.to_string().len().div_ceil(2) + 1,
        Value::String(text) => text.len(),
        Value::Array(items) => 3 + items.iter().map(|item| 1 + size_of(item)).sum::<usize>(),
        Value::Object(members) => {
            let members = members.iter();
            let sizes = members.map(|(name, value)| 1 + name.len() + size_of(value));
            3 + sizes.sum::<usize>()
        }
    }
}

fn refused(what: &str) -> CommitError {
    CommitError::Store(StoreError {
        action: "write a change",
        failure: StoreFailure::TooLarge,
        source: format!("DynamoDB would refuse {what}").into(),
    })
}
