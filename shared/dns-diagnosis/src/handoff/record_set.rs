//! Record sets: all values of one type at one name. Route 53 replaces whole record sets, so the
//! existing values have to be repeated, or they are lost.

use std::collections::BTreeMap;

use super::Handoff;
use super::proposal::siblings;
use crate::diagnosis::{Observations, answers};
use crate::dns::{MAX_RECORDS, MAX_TEXT, Outcome, RecordType};
use crate::email_auth::is_spf;
use crate::records::{Record, RecordData, RecordId};

/// From this length on a text from DNS may have been cut: before an octet that takes four characters.
const MAX_KNOWN_TEXT: usize = MAX_TEXT - 3;

/// All values of one type at one name.
pub(super) struct RecordSet<'a> {
    pub(super) record: &'a Record,
    pub(super) values: Vec<Value>,
    /// How many of the values are not ours.
    pub(super) others: usize,
    /// How much is known of what is at the name.
    pub(super) present: Present,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// The octets of a TXT record.
    Text(Vec<u8>),
    /// The data of any other type, with absolute names.
    Plain(String),
}

/// What is at a name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Present {
    /// Nothing, or nothing but what is in the set.
    Known,
    /// It has not been looked up, or no server answered.
    Unknown,
}

/// The record sets of the records, each with the values that are at its name.
pub(super) fn record_sets<'a>(handoff: &Handoff<'_>, records: &[&'a Record]) -> Vec<RecordSet<'a>> {
    let observations = Observations::new(handoff.observations);
    let mut order: Vec<(String, &'static str)> = Vec::new();
    let mut sets: BTreeMap<(String, &'static str), RecordSet<'a>> = BTreeMap::new();
    for record in records {
        let key = (record.name.to_ascii_lowercase(), record.data.type_name());
        let own = value_of(&record.data);
        if let Some(set) = sets.get_mut(&key) {
            set.values.push(own);
            continue;
        }
        let (mut values, present) = existing(record, &observations);
        let others = values.iter().filter(|value| **value != own).count();
        if !values.contains(&own) {
            values.push(own);
        }
        order.push(key.clone());
        sets.insert(
            key,
            RecordSet {
                record,
                values,
                others,
                present,
            },
        );
    }
    order.iter().filter_map(|key| sets.remove(key)).collect()
}

/// The values that have to be kept. A CNAME has no others, and other MX records at the MAIL FROM
/// name are a fault, so only texts are.
fn existing(record: &Record, observations: &Observations<'_>) -> (Vec<Value>, Present) {
    let record_type = match record.data {
        RecordData::Txt { .. } => RecordType::Txt,
        RecordData::Cname { .. } => return (Vec::new(), Present::Known),
        RecordData::Mx { .. } => RecordType::Mx,
    };
    let Some(observation) = observations.get(&record.name, record_type) else {
        return (Vec::new(), Present::Unknown);
    };
    let silent = answers(observation).is_empty();
    let mut texts = observations.values(&record.name, record_type);
    if siblings(&record.name).any(|sibling| observations.values(&sibling, record_type) == texts) {
        // A wildcard answers, and nothing is at the name itself (RFC 4592).
        texts.clear();
    }
    let cut = texts.len() >= MAX_RECORDS
        || texts.iter().any(|text| text.len() >= MAX_KNOWN_TEXT)
        || answers(observation)
            .into_iter()
            .any(|outcome| matches!(outcome, Outcome::Alias { .. }));
    let present = if silent || cut {
        Present::Unknown
    } else {
        Present::Known
    };
    let values = match record.data {
        RecordData::Txt { .. } if present == Present::Known => {
            // A second SPF record would void both (RFC 7208 section 4.5), and ours has the content of
            // the existing one.
            let is_replaced = |text: &&String| record.id == RecordId::MailFromSpf && is_spf(text);
            let kept = texts.iter().filter(|text| !is_replaced(text));
            kept.map(|text| Value::Text(octets(text))).collect()
        }
        RecordData::Txt { .. } | RecordData::Cname { .. } | RecordData::Mx { .. } => Vec::new(),
    };
    (values, present)
}

fn value_of(data: &RecordData) -> Value {
    match data {
        RecordData::Txt { text } => Value::Text(text.as_bytes().to_vec()),
        RecordData::Cname { target } => Value::Plain(format!("{target}.")),
        RecordData::Mx {
            preference,
            exchange,
        } => Value::Plain(format!("{preference} {exchange}.")),
    }
}

/// The octets of a text from DNS, in which those that do not print are `\DDD`.
fn octets(text: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|d| d.iter().all(u8::is_ascii_digit));
        let number = digits
            .filter(|_| *first == b'\\')
            .and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u8>().ok());
        octets.push(number.unwrap_or(*first));
        rest = match number {
            Some(_) => after.get(3..).unwrap_or_default(),
            None => after,
        };
    }
    octets
}
