//! Counts alerts per client and day, and stores for each event how it is emailed: alone or in a
//! summary. The event's entry in the email ledger and the count are written in one transaction, so
//! that no event is counted twice.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain_auth::alerts::{
    Alert, AlertCounts, Place, PlaceAlerts, ReadAlertCounts, SAME_DOMAIN, Said,
};
use domain_auth::audience::EmailId;
use domain_auth::domain::Domain;
use domain_auth::instructions::Day;
use domain_auth::names::ClientId;
use domain_auth::ports::StoreError;
use jiff::Timestamp;

use super::email_ledger::{LEASE_UNTIL, SETTLED_AT};
use super::keys::{EXPIRES_AT, Key};
use super::schema::{self, IS_KNOWN, SET_SCHEMA, stamped_in_transaction};
use super::{Item, Table, number, store_error, string};

const ACTION: &str = "count an alert";

/// In the ledger: the place of the event, and the day and the limit of its summary.
const PLACE: &str = "place";
const PLACE_DAY: &str = "place_day";
const PLACE_LIMIT: &str = "place_limit";

/// For a client and a day: alerts with an email of their own, and alerts beyond the limit.
const OWN: &str = "own";
const SUMMARIZED: &str = "summarized";

/// Alerts to Lasso support: when they were sent (milliseconds since the epoch), and when their
/// domain was added.
const SAID_AT: &str = "said_at";
const OF_DOMAIN: &str = "of_domain";

impl PlaceAlerts for Table {
    async fn place(
        &self,
        alert: &Alert<'_>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Option<Place>, StoreError> {
        let entry = self
            .get_known(Key::email(EmailId::support(alert.event_id)))
            .await?;
        if let Some(place) = entry.as_ref().and_then(stored_place) {
            return Ok(Some(place));
        }
        let day = Day::of(now);
        let counts = self.alerts_on(alert.client, day).await?;
        let place = match alert.said {
            Some(said) if self.said_before(alert, said, now).await? => Place::Repeated,
            Some(_) | None => counts.next(limit, day),
        };
        let mut writes = vec![self.placed(alert, place, now)];
        match place {
            Place::Own | Place::Summary { .. } | Place::InSummary => {
                writes.push(self.counted(alert, day, place, limit));
            }
            Place::Repeated => {}
        }
        if let (Some(said), Place::Own | Place::Summary { .. }) = (alert.said, place) {
            writes.push(self.said(alert, said, now));
        }
        let items = writes.into_iter().map(|update| {
            let update = update.build()?;
            Ok(TransactWriteItem::builder().update(update).build())
        });
        let items: Result<Vec<TransactWriteItem>, BuildError> = items.collect();
        let outcome = self
            .client
            .transact_write_items()
            .set_transact_items(Some(items.map_err(store_error(ACTION))?))
            .send()
            .await;
        match outcome.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Ok(_) => Ok(Some(place)),
            Err(error) if is_conflict(&error) => Ok(None),
            Err(error) => Err(store_error(ACTION)(error)),
        }
    }
}

impl ReadAlertCounts for Table {
    async fn alerts_on(&self, client: &ClientId, day: Day) -> Result<AlertCounts, StoreError> {
        let item = self.get_known(Key::alerts(client, day)).await?;
        let item = item.unwrap_or_default();
        Ok(AlertCounts {
            own: figure(&item, OWN),
            summarized: figure(&item, SUMMARIZED),
        })
    }

    async fn was_said(
        &self,
        domain: &Domain,
        said: Said,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = Key::said(&domain.client, &domain.name, said);
        self.said_of_another(key, domain.added_at, now).await
    }
}

impl Table {
    /// Whether Lasso support was told the same of this domain before its client removed it and added it
    /// again.
    async fn said_before(
        &self,
        alert: &Alert<'_>,
        said: Said,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = Key::said(alert.client, alert.name, said);
        self.said_of_another(key, alert.added_at, now).await
    }

    /// Whether what is kept under `key` was said within [`SAME_DOMAIN`], of a domain that was not added at
    /// `added_at`.
    async fn said_of_another(
        &self,
        key: Key,
        added_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(item) = self.get_known(key).await? else {
            return Ok(false);
        };
        let at = item.get(SAID_AT).and_then(|value| value.as_n().ok());
        let at = at.and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
        let of_domain = item.get(OF_DOMAIN).and_then(|value| value.as_s().ok());
        let recent = at > (now - SAME_DOMAIN).as_millisecond();
        Ok(recent && of_domain != Some(&added_at.to_string()))
    }

    /// The entry of the event in the ledger. An event without an email is marked as settled.
    fn placed(&self, alert: &Alert<'_>, place: Place, now: Timestamp) -> UpdateBuilder {
        let (word, settled) = match place {
            Place::Own => ("own", false),
            Place::Summary { .. } => ("summary", false),
            Place::InSummary => ("in_summary", true),
            Place::Repeated => ("repeated", true),
        };
        let update = self
            .update_alert(Key::email(EmailId::support(alert.event_id)))
            .condition_expression(format!("{IS_KNOWN} AND attribute_not_exists(#place)"))
            .expression_attribute_names("#place", PLACE)
            .expression_attribute_values(":place", string(word));
        if let Place::Summary { day, limit } = place {
            return update
                .update_expression(format!(
                    "SET {SET_SCHEMA}, #place = :place, #day = :day, #limit = :limit"
                ))
                .expression_attribute_names("#day", PLACE_DAY)
                .expression_attribute_names("#limit", PLACE_LIMIT)
                .expression_attribute_values(":day", string(day.to_string()))
                .expression_attribute_values(":limit", number(limit));
        }
        if settled {
            return update
                .update_expression(format!(
                    "SET {SET_SCHEMA}, #place = :place, #settled_at = :now REMOVE #lease_until"
                ))
                .expression_attribute_names("#settled_at", SETTLED_AT)
                .expression_attribute_names("#lease_until", LEASE_UNTIL)
                .expression_attribute_values(":now", string(now.to_string()));
        }
        update.update_expression(format!("SET {SET_SCHEMA}, #place = :place"))
    }

    /// Updates the client's counts of the day, on the condition that they are still those by which
    /// the place was decided.
    fn counted(&self, alert: &Alert<'_>, day: Day, place: Place, limit: u32) -> UpdateBuilder {
        let update = self
            .update_alert(Key::alerts(alert.client, day))
            .update_expression(format!(
                "SET {SET_SCHEMA}, #expires_at = :expiry ADD #count :one"
            ))
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_values(":expiry", number(day.forgotten_at().as_second()))
            .expression_attribute_values(":one", number(1));
        match place {
            Place::Own => update
                .condition_expression(format!(
                    "{IS_KNOWN} AND (attribute_not_exists(#count) OR #count < :limit)"
                ))
                .expression_attribute_names("#count", OWN)
                .expression_attribute_values(":limit", number(limit)),
            Place::Summary { .. } => update
                .condition_expression(format!("{IS_KNOWN} AND attribute_not_exists(#count)"))
                .expression_attribute_names("#count", SUMMARIZED),
            Place::InSummary | Place::Repeated => update
                .condition_expression(format!("{IS_KNOWN} AND attribute_exists(#count)"))
                .expression_attribute_names("#count", SUMMARIZED),
        }
    }

    /// Stores the alert to Lasso support, unless it was already sent about the earlier domain.
    fn said(&self, alert: &Alert<'_>, said: Said, now: Timestamp) -> UpdateBuilder {
        let expiry = (now + SAME_DOMAIN + SAME_DOMAIN).as_second();
        let same = (now - SAME_DOMAIN).as_millisecond();
        self.update_alert(Key::said(alert.client, alert.name, said))
            .condition_expression(format!(
                "{IS_KNOWN} AND (attribute_not_exists(#said_at) OR #said_at <= :same \
                 OR #of_domain = :of_domain)",
            ))
            .update_expression(format!(
                "SET {SET_SCHEMA}, #said_at = :now, #of_domain = :of_domain, #expires_at = :expiry"
            ))
            .expression_attribute_names("#said_at", SAID_AT)
            .expression_attribute_names("#of_domain", OF_DOMAIN)
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":same", number(same))
            .expression_attribute_values(":of_domain", string(alert.added_at.to_string()))
            .expression_attribute_values(":expiry", number(expiry))
    }

    fn update_alert(&self, key: Key) -> UpdateBuilder {
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key.into_item()));
        stamped_in_transaction(update)
    }

    /// An item of this release or an earlier one.
    pub(super) async fn get_known(&self, key: Key) -> Result<Option<Item>, StoreError> {
        let item = self.get_item(ACTION, key).await?;
        if let Some(item) = &item {
            schema::check(ACTION, item)
                .inspect_err(|_| self.count_unreadable(ACTION, Key::of_item(item).as_ref()))?;
        }
        Ok(item)
    }
}

fn stored_place(item: &Item) -> Option<Place> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    match text(PLACE)?.as_str() {
        "own" => Some(Place::Own),
        "summary" => Some(Place::Summary {
            day: Day::parse(text(PLACE_DAY)?)?,
            limit: figure(item, PLACE_LIMIT),
        }),
        "in_summary" => Some(Place::InSummary),
        "repeated" => Some(Place::Repeated),
        _ => None,
    }
}

pub(super) fn figure(item: &Item, name: &str) -> u32 {
    let value = item.get(name).and_then(|value| value.as_n().ok());
    value.and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn is_conflict(error: &TransactWriteItemsError) -> bool {
    match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            cancelled.cancellation_reasons().iter().any(|reason| {
                matches!(
                    reason.code(),
                    Some("ConditionalCheckFailed" | "TransactionConflict")
                )
            })
        }
        other => other.is_transaction_in_progress_exception(),
    }
}
