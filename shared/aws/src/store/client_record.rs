//! The stored data of a client as a whole: how many domains are in its list, how many it added on
//! the last day on which it added any, and the limits that Lasso support has set for it. It is one
//! item, so both limits of an addition are one condition, in the transaction that adds the domain.
//!
//! `held` is exact. A change of the number has the condition that `held` exists. If it is missing,
//! the client's domains are counted, and the number is written on the condition that `held` is
//! still missing. So no change can come between the count and the write.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValuesOnConditionCheckFailure, Select, Update,
};
use domain_auth::domain::Change;
use domain_auth::erasure::Erasure;
use domain_auth::instructions::Day;
use domain_auth::limits::{
    AdditionLimits, ClientCountChange, ClientRecord, OwnLimits, ReadClientRecord, SetLimits,
};
use domain_auth::names::ClientId;
use domain_auth::ports::StoreError;
use domain_auth::state::Status;
use jiff::Timestamp;
use serde::Deserialize;

use super::keys::{self, DOMAIN_PREFIX, Key, PK, SK};
use super::schema::{self, IS_KNOWN, SET_SCHEMA, from_item, stamped, stamped_in_transaction};
use super::{Table, number, store_error, string};

const ACTION: &str = "count a client's domains";

/// Domains in the client's list.
const HELD: &str = "held";
/// The last day on which it added any, and how many.
const ADDED_ON: &str = "added_on";
const ADDED: &str = "added";
/// The limits that Lasso support has set.
const OWN: &str = "own";
/// Its erasure while it is running.
pub(super) const ERASING: &str = "erasing";
/// When it was erased, if it has added no domain since.
pub(super) const ERASED_AT: &str = "erased_at";

/// The item.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Stored {
    #[serde(default)]
    held: Option<i64>,
    #[serde(default)]
    added_on: Option<String>,
    #[serde(default)]
    added: u32,
    #[serde(default)]
    own: Option<OwnLimits>,
    #[serde(default)]
    pub(super) erasing: Option<Erasure>,
    #[serde(default)]
    erased_at: Option<Timestamp>,
}

/// The change of the number of one client's domains in a transaction.
#[derive(Debug, Clone)]
pub(super) struct Count {
    client: ClientId,
    /// The net number of added domains.
    more: i64,
    added: Option<Addition>,
}

#[derive(Debug, Clone, Copy)]
struct Addition {
    number: u32,
    day: Day,
    within: AdditionLimits,
    /// No addition of that day, or of a later one, is stored.
    first_of_day: bool,
}

/// Why the number was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A missing value exists now, or was read: the same transaction may be written again.
    Again,
    /// The client is at a limit, or is being erased.
    Limit,
}

/// The changes of the numbers of clients' domains, one for each client: a transaction of DynamoDB
/// allows one operation on an item.
pub(super) fn counts_of(changes: &[&Change]) -> Vec<Count> {
    let mut counts: BTreeMap<&ClientId, Count> = BTreeMap::new();
    for change in changes {
        let Some(counted) = change.client_count else {
            continue;
        };
        let client = &change.domain.client;
        let count = counts.entry(client).or_insert_with(|| Count {
            client: client.clone(),
            more: 0,
            added: None,
        });
        match counted {
            ClientCountChange::Removed => count.more -= 1,
            ClientCountChange::Added { day, within } => {
                count.more += 1;
                count.added = Some(Addition {
                    number: count.added.map_or(0, |added| added.number) + 1,
                    day,
                    within: within.unwrap_or(AdditionLimits::NONE),
                    first_of_day: false,
                });
            }
        }
    }
    counts.into_values().collect()
}

impl Table {
    /// The update of one client's item.
    pub(super) fn update_count(&self, count: &Count) -> Result<Update, StoreError> {
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(Key::client_record(&count.client).into_item()));
        let update = stamped_in_transaction(update)
            .expression_attribute_names("#held", HELD)
            .expression_attribute_values(":more", number(count.more));
        let update = match &count.added {
            None => update
                .update_expression(format!("SET {SET_SCHEMA} ADD #held :more"))
                .condition_expression(format!("{IS_KNOWN} AND attribute_exists(#held)")),
            Some(added) => {
                let of_day = if added.first_of_day {
                    "(attribute_not_exists(#added_on) OR #added_on < :day)"
                } else {
                    // A late clock counts on the day that other clocks have already begun.
                    "(#added_on >= :day AND #added <= :most_added)"
                };
                let change = if added.first_of_day {
                    "#added_on = :day, #added = :number REMOVE #erased_at ADD #held :more"
                } else {
                    "REMOVE #erased_at ADD #held :more, #added :number"
                };
                let separator = if added.first_of_day { "," } else { "" };
                let room = |limit: u32, more: u32| number(i64::from(limit) - i64::from(more));
                let update = update
                    .update_expression(format!("SET {SET_SCHEMA}{separator} {change}"))
                    .condition_expression(format!(
                        "{IS_KNOWN} AND attribute_not_exists(#erasing) \
                         AND #held <= :most_held AND {of_day}"
                    ))
                    .expression_attribute_names("#erasing", ERASING)
                    .expression_attribute_names("#erased_at", ERASED_AT)
                    .expression_attribute_names("#added_on", ADDED_ON)
                    .expression_attribute_names("#added", ADDED)
                    .expression_attribute_values(":day", string(added.day.to_string()))
                    .expression_attribute_values(":number", number(added.number))
                    .expression_attribute_values(
                        ":most_held",
                        room(added.within.domains, added.number),
                    );
                if added.first_of_day {
                    update
                } else {
                    update.expression_attribute_values(
                        ":most_added",
                        room(added.within.added_per_day, added.number),
                    )
                }
            }
        };
        update.build().map_err(store_error(ACTION))
    }

    /// Decides what to do after the condition of a client's item failed.
    pub(super) async fn after_refusal(&self, count: &mut Count) -> Result<Refusal, StoreError> {
        let stored = self.stored_record(&count.client).await?;
        if stored.held.is_none() {
            self.start_count(&count.client, stored.own.as_ref()).await?;
        }
        let Some(added) = &mut count.added else {
            return Ok(Refusal::Again);
        };
        if stored.erasing.is_some() {
            return Ok(Refusal::Limit);
        }
        let day = added.day.to_string();
        let began = stored.added_on.is_some_and(|added_on| added_on >= day);
        if added.first_of_day == began {
            added.first_of_day = !began;
            // The condition does not cover a limit that the first addition of a day exceeds.
            let fits = began || added.number <= added.within.added_per_day;
            return Ok(if fits { Refusal::Again } else { Refusal::Limit });
        }
        let full = |number: i64, limit: u32| number + i64::from(added.number) > i64::from(limit);
        let held_full = |held: i64| full(held, added.within.domains);
        let day_full = began && full(i64::from(stored.added), added.within.added_per_day);
        Ok(if stored.held.is_some_and(held_full) || day_full {
            Refusal::Limit
        } else {
            Refusal::Again
        })
    }

    /// Counts the domains in a client's list, and writes the number if there is none. `own` is the
    /// value from before the count. Another process may meanwhile have written and changed the
    /// number, and [`SetLimits`] may have removed it again: then this count is stale, and is not
    /// written.
    async fn start_count(
        &self,
        client: &ClientId,
        own: Option<&OwnLimits>,
    ) -> Result<(), StoreError> {
        let held = self.domains_there(client).await?;
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::client_record(client).into_item()));
        let update = stamped(update)
            .update_expression(format!("SET {SET_SCHEMA}, #held = :held"))
            .expression_attribute_names("#held", HELD)
            .expression_attribute_names("#own", OWN)
            .expression_attribute_values(":held", number(held));
        let uncounted = format!("{IS_KNOWN} AND attribute_not_exists(#held)");
        let update = match own {
            None => {
                update.condition_expression(format!("{uncounted} AND attribute_not_exists(#own)"))
            }
            Some(own) => update
                .condition_expression(format!("{uncounted} AND #own.#at = :set_at"))
                .expression_attribute_names("#at", "at")
                .expression_attribute_values(
                    ":set_at",
                    serde_dynamo::to_attribute_value(own.at).map_err(store_error(ACTION))?,
                ),
        };
        let outcome = update.send().await;
        match outcome.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            // Another process was faster and has written the same count; or the item is of a later
            // release, as the next read shows.
            Ok(_) | Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
            Err(error) => Err(store_error(ACTION)(error)),
        }
    }

    async fn domains_there(&self, client: &ClientId) -> Result<i64, StoreError> {
        let mut counted = 0;
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.name)
                .consistent_read(true)
                .select(Select::Count)
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
                .filter_expression("#status <> :removing")
                .expression_attribute_names("#pk", PK)
                .expression_attribute_names("#sk", SK)
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":pk", string(keys::client_pk(client)))
                .expression_attribute_values(":prefix", string(DOMAIN_PREFIX))
                .expression_attribute_values(":removing", string(Status::Removing.as_str()))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(store_error(ACTION))?;
            counted += i64::from(page.count);
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(counted);
            }
        }
    }

    pub(super) async fn stored_record(&self, client: &ClientId) -> Result<Stored, StoreError> {
        let item = self.get_item(ACTION, Key::client_record(client)).await?;
        let Some(item) = item else {
            return Ok(Stored::default());
        };
        from_item(ACTION, item)
            .inspect_err(|_| self.count_unreadable(ACTION, Some(&Key::client_record(client))))
    }
}

impl ReadClientRecord for Table {
    async fn client_record(&self, client: &ClientId) -> Result<ClientRecord, StoreError> {
        let stored = self.stored_record(client).await?;
        let day = stored.added_on.as_deref().and_then(Day::parse);
        Ok(ClientRecord {
            held: stored.held.map(|held| u32::try_from(held).unwrap_or(0)),
            added: day.map(|day| (day, stored.added)),
            own: stored.own,
            erasure: stored.erasing,
            erased_at: stored.erased_at,
        })
    }

    async fn count_domains(&self, client: &ClientId) -> Result<u32, StoreError> {
        let counted = self.domains_there(client).await?;
        Ok(u32::try_from(counted).unwrap_or(u32::MAX))
    }
}

impl SetLimits for Table {
    async fn set_limits(&self, client: &ClientId, own: &OwnLimits) -> Result<(), StoreError> {
        const ACTION: &str = "set a client's limits";
        let own: AttributeValue =
            serde_dynamo::to_attribute_value(own).map_err(store_error(ACTION))?;
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::client_record(client).into_item()));
        let outcome = stamped(update)
            .condition_expression(IS_KNOWN)
            .update_expression(format!("SET {SET_SCHEMA}, #own = :own REMOVE #held"))
            .expression_attribute_names("#own", OWN)
            .expression_attribute_names("#held", HELD)
            .expression_attribute_values(":own", own)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match outcome {
            Ok(_) => return Ok(()),
            Err(error) => error.into_service_error(),
        };
        if let UpdateItemError::ConditionalCheckFailedException(refusal) = &error
            && let Some(item) = refusal.item()
        {
            schema::check(ACTION, item).inspect_err(|_| {
                self.count_unreadable(ACTION, Some(&Key::client_record(client)));
            })?;
        }
        Err(store_error(ACTION)(error))
    }
}
