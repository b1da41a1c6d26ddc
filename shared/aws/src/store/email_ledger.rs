//! Which events have been emailed, and which are being emailed now.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain_auth::audience::EmailId;
use domain_auth::ports::{EmailLedger, Lease, StoreError};
use jiff::{SignedDuration, Timestamp};

use super::keys::{EXPIRES_AT, Key, PK};
use super::schema::{self, IS_KNOWN, SET_SCHEMA, stamped};
use super::{Item, Table, number, store_error, string};

/// How long it is stored that an event was emailed: far longer than SNS, Lambda and the outbox can
/// deliver it again.
const KEPT: SignedDuration = SignedDuration::from_hours(180 * 24);

pub(super) const LEASE_UNTIL: &str = "lease_until";
/// The time of the decision that no email is sent.
pub(super) const SETTLED_AT: &str = "settled_at";
const SENT_AT: &str = "sent_at";
/// In addition to [`LEASE_UNTIL`]: no copy is sending, because SES has refused the email. The value is SES's reason;
/// `true` in entries of earlier releases.
const HELD_BACK: &str = "held_back";

impl EmailLedger for Table {
    async fn lease(
        &self,
        id: EmailId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, StoreError> {
        const ACTION: &str = "lease an email";
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::email(id).into_item()));
        let outcome = stamped(update)
            .condition_expression(format!(
                "{IS_KNOWN} AND attribute_not_exists(#sent_at) \
                 AND attribute_not_exists(#settled_at) \
                 AND (attribute_not_exists(#lease_until) OR #lease_until <= :now)",
            ))
            .update_expression(format!(
                "SET {SET_SCHEMA}, #lease_until = :until, #expires_at = :expiry REMOVE #held_back"
            ))
            .expression_attribute_names("#held_back", HELD_BACK)
            .expression_attribute_names("#sent_at", SENT_AT)
            .expression_attribute_names("#settled_at", SETTLED_AT)
            .expression_attribute_names("#lease_until", LEASE_UNTIL)
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":until", number(until.as_millisecond()))
            .expression_attribute_values(":expiry", number((now + KEPT).as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match outcome {
            Ok(_) => return Ok(Lease::Granted),
            Err(error) => error.into_service_error(),
        };
        if let aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(
            refusal,
        ) = &error
        {
            if let Some(item) = refusal.item() {
                schema::check(ACTION, item)
                    .inspect_err(|_| self.count_unreadable(ACTION, Some(&Key::email(id))))?;
            }
            let over = |item: &Item| item.contains_key(SENT_AT) || item.contains_key(SETTLED_AT);
            return Ok(match refusal.item() {
                Some(item) if over(item) => Lease::Sent,
                Some(item) => item.get(HELD_BACK).map_or(Lease::InFlight, held_back),
                None => Lease::InFlight,
            });
        }
        Err(store_error(ACTION)(error))
    }

    async fn sent(
        &self,
        ids: &[EmailId],
        message_id: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const ACTION: &str = "note that an email was sent";
        let updates = ids.iter().map(|id| {
            let update = Update::builder()
                .table_name(&self.name)
                .set_key(Some(Key::email(*id).into_item()))
                .update_expression(
                    "SET #sent_at = :now, #message_id = :message_id, #expires_at = :expiry",
                )
                .expression_attribute_names("#sent_at", SENT_AT)
                .expression_attribute_names("#message_id", "message_id")
                .expression_attribute_names("#expires_at", EXPIRES_AT)
                .expression_attribute_values(":now", string(now.to_string()))
                .expression_attribute_values(":message_id", string(message_id))
                .expression_attribute_values(":expiry", number((now + KEPT).as_second()))
                .build()?;
            Ok(TransactWriteItem::builder().update(update).build())
        });
        let updates: Result<Vec<TransactWriteItem>, BuildError> = updates.collect();
        self.client
            .transact_write_items()
            .set_transact_items(Some(updates.map_err(store_error(ACTION))?))
            .send()
            .await
            .map_err(store_error(ACTION))?;
        Ok(())
    }

    async fn settle(&self, id: EmailId, now: Timestamp) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::email(id).into_item()))
            .condition_expression("attribute_exists(#pk)")
            .update_expression("SET #settled_at = :now, #expires_at = :expiry REMOVE #lease_until")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#settled_at", SETTLED_AT)
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_names("#lease_until", LEASE_UNTIL)
            .expression_attribute_values(":now", string(now.to_string()))
            .expression_attribute_values(":expiry", number((now + KEPT).as_second()))
            .send()
            .await
            .map_err(store_error("note that there is no email"))?;
        Ok(())
    }

    async fn hold_back(
        &self,
        id: EmailId,
        until: Timestamp,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::email(id).into_item()))
            .condition_expression("attribute_exists(#pk)")
            .update_expression("SET #lease_until = :until, #held_back = :reason")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#lease_until", LEASE_UNTIL)
            .expression_attribute_names("#held_back", HELD_BACK)
            .expression_attribute_values(":until", number(until.as_millisecond()))
            .expression_attribute_values(":reason", string(reason))
            .send()
            .await
            .map_err(store_error("hold an email back"))?;
        Ok(())
    }

    async fn release(&self, id: EmailId) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::email(id).into_item()))
            .condition_expression("attribute_exists(#pk)")
            .update_expression("REMOVE #lease_until")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#lease_until", LEASE_UNTIL)
            .send()
            .await
            .map_err(store_error("give an email lease back"))?;
        Ok(())
    }
}

fn held_back(stored: &AttributeValue) -> Lease {
    let reason = stored.as_s().ok().filter(|reason| !reason.is_empty());
    let reason = reason.map_or("the reason is not known", String::as_str);
    Lease::HeldBack {
        reason: reason.to_owned(),
    }
}
