//! Events that were written with their change and are not published yet.

use domain_auth::event::Event;
use domain_auth::ports::{Clock, Outbox, StoreError};
use jiff::{SignedDuration, Timestamp};

use super::keys::{self, EXPIRES_AT, Key, OUTBOX, PK, WORK_PK, WORK_SK};
use super::queues::Range;
use super::unreadable::is_left_alone;
use super::{Item, Table, number, store_error, string};
use crate::SystemClock;

/// How long a published event is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

impl Outbox for Table {
    async fn unpublished_after(
        &self,
        last: Option<&Event>,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        const ACTION: &str = "read the outbox";
        let now = SystemClock.now();
        let mut range = last.map_or(Range::All, |last| Range::After(keys::outbox_position(last)));
        loop {
            let mut entries = self
                .work_in(ACTION, OUTBOX.to_owned(), range, limit)
                .await?;
            entries.retain(|(position, _)| !is_left_alone(position, now));
            let end = entries.last().map(|(position, _)| position.clone());
            // The index is eventually consistent: a published event is no longer in the outbox.
            let waiting = |item: &Item| item.contains_key(WORK_PK);
            let (events, unreadable) = self.read_entries(ACTION, entries, waiting).await?;
            self.leave_behind(unreadable, now).await;
            match end {
                // None of these is an event to publish; there may be more after them.
                Some(end) if events.is_empty() => range = Range::After(end),
                Some(_) | None => return Ok(events),
            }
        }
    }

    async fn mark_published(&self, event: &Event, now: Timestamp) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::event(event.event_id).into_item()))
            .condition_expression("attribute_exists(#pk)")
            .update_expression(
                "SET #published_at = :now, #expires_at = :expiry REMOVE #work_pk, #work_sk",
            )
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#published_at", "published_at")
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_names("#work_pk", WORK_PK)
            .expression_attribute_names("#work_sk", WORK_SK)
            .expression_attribute_values(":now", string(now.to_string()))
            .expression_attribute_values(":expiry", number((now + KEPT).as_second()))
            .send()
            .await
            .map_err(store_error("mark an event as published"))?;
        Ok(())
    }
}
