//! Items that cannot be read: damaged, or written by a later release. Each is logged with its key
//! and counted. It does not block other items, and is not changed.

use std::sync::Arc;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use domain_auth::figures::Figure;
use domain_auth::ports::{Clock, Meter, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;

use super::keys::{self, Key, WORK_SK};
use super::queues::Entry;
use super::schema::from_item;
use super::{Counter, Item, Table, store_error, string};
use crate::SystemClock;

/// How long an unreadable item is removed from its queue, so that it does not take the place of
/// another in every run.
const LEFT_ALONE: SignedDuration = SignedDuration::from_hours(1);

/// The prefix of an unreadable event's position in the outbox. It sorts after every time, so after
/// all events that can be published.
const BEHIND: &str = "U#";

/// The name of the metric.
const UNREADABLE: &str = "UnreadableItems";

impl Table {
    /// Makes the table count each item that it cannot read on `meter`, as the metric
    /// `UnreadableItems`.
    #[must_use]
    pub fn with_meter(self, meter: Arc<dyn Meter>) -> Self {
        Self {
            unreadable: Some(Counter(meter)),
            ..self
        }
    }

    /// Reads a single item.
    pub(super) fn read<T: DeserializeOwned>(
        &self,
        action: &'static str,
        item: Item,
    ) -> Result<T, StoreError> {
        let key = Key::of_item(&item);
        from_item(action, item).inspect_err(|_| self.count_unreadable(action, key.as_ref()))
    }

    /// Reads an item of a list. An item that cannot be read is left out.
    pub(super) fn read_one_of<T: DeserializeOwned>(
        &self,
        action: &'static str,
        item: Item,
    ) -> Option<T> {
        self.read(action, item).ok()
    }

    /// Logs an item only with its key, because its content may be personal.
    pub(super) fn count_unreadable(&self, action: &'static str, key: Option<&Key>) {
        tracing::error!(
            pk = key.map(|key| &*key.pk),
            sk = key.map(|key| &*key.sk),
            action,
            "an item of the table cannot be read"
        );
        if let Some(Counter(meter)) = &self.unreadable {
            meter.record(SystemClock.now(), &[Figure::count(UNREADABLE, 1)]);
        }
    }

    /// Moves domains that cannot be read to a place one hour later in their queue. If this fails,
    /// the next run tries again.
    pub(super) async fn leave_alone(&self, entries: Vec<Entry>, now: Timestamp) {
        self.move_on(entries, |of| of_time(now, of)).await;
    }

    /// Moves events that cannot be read after all others in the outbox, with the time until which
    /// they are ignored.
    pub(super) async fn leave_behind(&self, entries: Vec<Entry>, now: Timestamp) {
        let behind = |of: &str| format!("{BEHIND}{}", of_time(now, of));
        self.move_on(entries, behind).await;
    }

    /// `later` makes the new position from the part of the old one after the time.
    async fn move_on(&self, entries: Vec<Entry>, later: impl Fn(&str) -> String) {
        for (position, key) in entries {
            let of_time = position.strip_prefix(BEHIND).unwrap_or(&position);
            let later = later(of_time.split_once('#').map_or("", |(_, of)| of));
            let moved = self
                .client
                .update_item()
                .table_name(&self.name)
                .set_key(Some(key.into_item()))
                .condition_expression("#work_sk = :was")
                .update_expression("SET #work_sk = :later")
                .expression_attribute_names("#work_sk", WORK_SK)
                .expression_attribute_values(":was", string(position))
                .expression_attribute_values(":later", string(later))
                .send()
                .await;
            if let Err(error) = unless_changed("leave an unreadable item alone", moved) {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "an unreadable item keeps its place in its queue");
            }
        }
    }

    /// Moves a domain in its queue, if its position is still the one that was read.
    pub(super) async fn move_domain(
        &self,
        domain: &domain_auth::domain::Domain,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let moved = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::domain(&domain.client, &domain.name).into_item()))
            .condition_expression("#version = :version")
            .update_expression("SET #work_sk = :later")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#work_sk", WORK_SK)
            .expression_attribute_values(":version", super::number(domain.version))
            .expression_attribute_values(":later", string(keys::work_position(domain, until)))
            .send()
            .await;
        unless_changed("postpone a domain", moved)
    }
}

fn of_time(now: Timestamp, of: &str) -> String {
    format!("{}#{of}", keys::sortable(now + LEFT_ALONE))
}

/// Whether an entry of the outbox cannot be read and is ignored at this time.
pub(super) fn is_left_alone(position: &str, now: Timestamp) -> bool {
    let until = position.strip_prefix(BEHIND);
    until.is_some_and(|until| *until > *keys::up_to(now))
}

/// Another process has changed the item meanwhile, and is responsible for it.
fn unless_changed<T>(
    action: &'static str,
    outcome: Result<T, SdkError<UpdateItemError>>,
) -> Result<(), StoreError> {
    match outcome.map_err(SdkError::into_service_error) {
        Err(error) if !error.is_conditional_check_failed_exception() => {
            Err(store_error(action)(error))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unreadable_event_is_ignored_for_an_hour() {
        let now = Timestamp::UNIX_EPOCH;
        let event = |at| format!("{}#maple#example.com#0000000001", keys::sortable(at));
        let behind = format!("{BEHIND}{}", of_time(now, "maple#example.com#0000000001"));
        assert!(behind > event(now + SignedDuration::from_hours(24 * 365 * 1_000)));
        assert!(is_left_alone(&behind, now));
        assert!(is_left_alone(
            &behind,
            now + LEFT_ALONE - SignedDuration::from_nanos(1)
        ));
        assert!(!is_left_alone(&behind, now + LEFT_ALONE));
        assert!(!is_left_alone(&event(now + LEFT_ALONE * 24), now));
    }
}
