//! The sizes of a change's items, as DynamoDB computes them (developer guide, "DynamoDB item sizes
//! and formats"): the price of a write depends on them. The simulation of the poller is checked
//! against these sizes.

use aws_sdk_dynamodb::types::AttributeValue;
use domain_auth::domain::Change;
use domain_auth::ports::StoreError;

use super::commit::Write;
use super::{Item, Table};

impl Table {
    /// Bytes of each item that a change puts.
    pub fn item_sizes(&self, change: &Change) -> Result<Vec<usize>, StoreError> {
        let mut writes = Vec::new();
        self.writes_of(change, &mut writes)?;
        let puts = writes.iter().filter_map(|write| match write {
            Write::Put(put) => Some(item_size(put.item())),
            Write::Delete(_) => None,
        });
        Ok(puts.collect())
    }
}

fn item_size(item: &Item) -> usize {
    let attributes = item.iter();
    attributes
        .map(|(name, value)| name.len() + value_size(value))
        .sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        // One byte for two digits, and another one.
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::L(list) => {
            3 + list
                .iter()
                .map(|value| 1 + value_size(value))
                .sum::<usize>()
        }
        AttributeValue::M(map) => {
            let members = map.iter();
            let sizes = members.map(|(name, value)| 1 + name.len() + value_size(value));
            3 + sizes.sum::<usize>()
        }
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => {
            texts.iter().map(String::len).sum()
        }
        AttributeValue::Bs(sets) => sets.iter().map(|set| set.as_ref().len()).sum(),
        // Bool, Null, and types that the SDK does not know yet.
        _ => 1,
    }
}
