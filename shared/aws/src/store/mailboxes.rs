//! Counts the emails about events that a mailbox got: one item for each minute or day, which each
//! email increments on the condition that the limit is not reached. The item has no address.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use domain_auth::mail_limits::{CountEmails, MailWindow, Mailbox};
use domain_auth::ports::StoreError;

use super::alerts::figure;
use super::keys::{EXPIRES_AT, Key};
use super::schema::{IS_KNOWN, SET_SCHEMA, stamped};
use super::{Table, number, store_error};

/// The number of emails.
const SENT: &str = "sent";

impl CountEmails for Table {
    async fn count_email(
        &self,
        to: &Mailbox,
        window: MailWindow,
        limit: u32,
    ) -> Result<bool, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::mailbox(to, window).into_item()));
        let outcome = stamped(update)
            .condition_expression(format!(
                "{IS_KNOWN} AND (attribute_not_exists(#sent) OR #sent < :limit)"
            ))
            .update_expression(format!(
                "SET {SET_SCHEMA}, #expires_at = :expiry ADD #sent :one"
            ))
            .expression_attribute_names("#sent", SENT)
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":limit", number(limit))
            .expression_attribute_values(":expiry", number(window.forgotten_at().as_second()))
            .send()
            .await;
        match outcome.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Ok(_) => Ok(true),
            Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            Err(error) => Err(store_error("count an email to a mailbox")(error)),
        }
    }

    async fn uncount_email(&self, to: &Mailbox, window: MailWindow) -> Result<(), StoreError> {
        let outcome = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::mailbox(to, window).into_item()))
            .condition_expression(format!("{IS_KNOWN} AND #sent > :none"))
            .update_expression("ADD #sent :one_less")
            .expression_attribute_names("#sent", SENT)
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one_less", number(-1));
        let outcome = stamped(outcome).send().await;
        match outcome.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            // Without a stored count there is nothing to subtract from.
            Ok(_) | Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
            Err(error) => Err(store_error("uncount an email to a mailbox")(error)),
        }
    }

    async fn emails_counted(&self, to: &Mailbox, window: MailWindow) -> Result<u32, StoreError> {
        let item = self.get_known(Key::mailbox(to, window)).await?;
        Ok(item.map_or(0, |item| figure(&item, SENT)))
    }
}
