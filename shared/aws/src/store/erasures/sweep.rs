//! Reads the whole table for what is kept of a client that is erased, and is in no index: lines of history
//! and events of earlier releases, entries that an index has not got yet, and the client's contact in the
//! events of other clients. The only scan there is: a megabyte at a time, and each part once in an erasure. An
//! export of a client reads the same.

use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use domain_auth::erasure::Swept;
use domain_auth::event::{ERASED_SUMMARY, Side};
use domain_auth::history::HistoryEntry;
use domain_auth::names::ClientId;
use domain_auth::ports::{PageStart, StoreError};

use super::{ACTION, at_once, unless_over};
use crate::store::keys::{self, EVENT_PREFIX, Key, LINK_PREFIX, PK, QUEUE_PK};
use crate::store::schema::from_item;
use crate::store::{Item, Table, store_error, string};

/// The attribute of an event with the other clients that it is about.
const OTHER_SIDES: &str = "other_sides";

/// Items that may be the client's. An event that its own client's erasure has already changed is
/// left out.
const MAY_BE_THEIRS: &str = "#queue_pk = :own OR begins_with(#pk, :history) \
    OR (begins_with(#pk, :link) AND #client = :client) \
    OR (begins_with(#pk, :event) AND (attribute_exists(#sides) \
        OR (#client = :client AND #summary <> :erased)))";

impl Table {
    /// A scan for what may be the client's and is in no index.
    pub(in crate::store) fn swept(&self, client: &ClientId) -> ScanFluentBuilder {
        self.client
            .scan()
            .table_name(&self.name)
            .filter_expression(MAY_BE_THEIRS)
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#queue_pk", QUEUE_PK)
            .expression_attribute_names("#client", "client")
            .expression_attribute_names("#sides", OTHER_SIDES)
            .expression_attribute_names("#summary", "summary")
            .expression_attribute_values(":own", string(keys::client_pk(client)))
            .expression_attribute_values(":history", string(keys::history_prefix(client)))
            .expression_attribute_values(":link", string(LINK_PREFIX))
            .expression_attribute_values(":event", string(EVENT_PREFIX))
            .expression_attribute_values(":client", string(client.as_str()))
            .expression_attribute_values(":erased", string(ERASED_SUMMARY))
    }

    /// Reads a part of the table, which DynamoDB bounds to a megabyte, and erases what is the client's.
    pub(super) async fn sweep_part(
        &self,
        client: &ClientId,
        start: Option<&PageStart>,
    ) -> Result<Swept, StoreError> {
        let start = start.map(key_of).transpose()?;
        let answer = self
            .swept(client)
            .set_exclusive_start_key(start.map(Key::into_item))
            .send()
            .await
            .map_err(store_error(ACTION))?;
        let found = answer.items.unwrap_or_default();
        let erase = |item| self.erase_found(client, item);
        let erased = at_once(found.into_iter().map(erase)).await?;
        let last = answer.last_evaluated_key;
        Ok(Swept {
            erased,
            next: last.as_ref().map(position_of).transpose()?,
        })
    }

    /// Erases the client's data in an item. Returns whether there was something to erase.
    async fn erase_found(&self, client: &ClientId, item: Item) -> Result<bool, StoreError> {
        let Some(key) = Key::of_item(&item) else {
            return Ok(false);
        };
        let is = |name, value: &str| text(&item, name).is_some_and(|text| text == value);
        if is(QUEUE_PK, &keys::client_pk(client)) {
            return self.erase_record(client, key, item).await;
        }
        if key.pk.starts_with(&keys::history_prefix(client)) {
            return self.erase_old_line(key, item).await;
        }
        if !key.pk.starts_with(EVENT_PREFIX) {
            return self.delete_record(key).await;
        }
        if is("client", client.as_str()) {
            return self.erase_event(key).await;
        }
        self.erase_contact(client, key, item).await
    }

    async fn erase_old_line(&self, key: Key, item: Item) -> Result<bool, StoreError> {
        let line = from_item::<HistoryEntry>(ACTION, item.clone());
        if line.is_ok_and(|line| line == line.clone().without_persons()) {
            return Ok(false);
        }
        self.erase_line(key, item).await
    }

    /// Removes the client's contact from the event of another client.
    async fn erase_contact(
        &self,
        client: &ClientId,
        key: Key,
        mut item: Item,
    ) -> Result<bool, StoreError> {
        let sides = item.remove(OTHER_SIDES).and_then(|sides| match sides {
            AttributeValue::L(sides) => Some(sides),
            _ => None,
        });
        let theirs: Vec<String> = sides
            .unwrap_or_default()
            .into_iter()
            .enumerate()
            .filter(|(_, side)| is_contact_of(client, side))
            .map(|(place, _)| format!("#sides[{place}].#contact"))
            .collect();
        if theirs.is_empty() {
            return Ok(false);
        }
        let outcome = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key.into_item()))
            // The event's own client may be erased at the same time, and its time to live may have
            // ended.
            .condition_expression("attribute_exists(#sides)")
            .update_expression(format!("REMOVE {}", theirs.join(", ")))
            .expression_attribute_names("#sides", OTHER_SIDES)
            .expression_attribute_names("#contact", "contact_email")
            .send()
            .await;
        unless_over(outcome)?;
        Ok(true)
    }
}

/// What of an item that [`Table::swept`] has found is the client's: all of it, or its own side of the event of
/// another client. None where nothing is.
pub(in crate::store) fn theirs(client: &ClientId, mut item: Item) -> Option<Item> {
    let key = Key::of_item(&item)?;
    let of_another = key.pk.starts_with(EVENT_PREFIX)
        && text(&item, "client").is_none_or(|of| of != client.as_str());
    if !of_another {
        return Some(item);
    }
    let Some(AttributeValue::L(sides)) = item.remove(OTHER_SIDES) else {
        return None;
    };
    let sides: Vec<_> = sides
        .into_iter()
        .filter(|side| is_contact_of(client, side))
        .collect();
    if sides.is_empty() {
        return None;
    }
    let mut theirs = key.into_item();
    theirs.insert(OTHER_SIDES.to_owned(), AttributeValue::L(sides));
    Some(theirs)
}

/// Whether one of the other sides of an event is the client, with a contact. Of a side that cannot be read,
/// only the client is known.
fn is_contact_of(client: &ClientId, side: &AttributeValue) -> bool {
    let read: Result<Side, _> = serde_dynamo::from_attribute_value(side.clone());
    match read {
        Ok(side) => side.client == *client && side.contact_email.is_some(),
        Err(_) => side
            .as_m()
            .is_ok_and(|side| text(side, "client").is_some_and(|of| of == client.as_str())),
    }
}

fn text<'a>(item: &'a Item, name: &str) -> Option<&'a String> {
    item.get(name)?.as_s().ok()
}

/// The key of an item as a position.
fn position_of(item: &Item) -> Result<PageStart, StoreError> {
    let key = Key::of_item(item).map(|key| (key.pk, key.sk));
    let position = serde_json::to_string(&key).map_err(store_error(ACTION))?;
    Ok(PageStart(position))
}

fn key_of(PageStart(position): &PageStart) -> Result<Key, StoreError> {
    let (pk, sk) = serde_json::from_str(position).map_err(store_error(ACTION))?;
    Ok(Key { pk, sk })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_position_is_read_back_as_its_key() {
        let key = Key {
            pk: "HISTORY#maple#mail.example.com".to_owned(),
            sk: "L#\"quoted\"#\n".to_owned(),
        };
        let position = position_of(&key.clone().into_item()).unwrap();
        assert_eq!(key_of(&position).unwrap(), key);
    }

    #[test]
    fn an_invalid_sweep_position_is_refused() {
        assert!(key_of(&PageStart("HISTORY#maple".to_owned())).is_err());
    }
}
