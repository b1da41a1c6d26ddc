//! Counts the emails with instructions of a client on a day. They are one item, so the client's
//! limits are one condition of one write. The emails on behalf of all clients to one address are another
//! item, which is counted after the first. If its limit is reached, the first count is taken back.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain_auth::instructions::{
    CountInstructions, Counted, Day, Left, PER_CLIENT, PER_DOMAIN, PER_RECIPIENT,
    PER_RECIPIENT_OF_ALL, Recipient,
};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::StoreError;

use super::keys::{EXPIRES_AT, Key, digest};
use super::schema::{self, IS_KNOWN, SET_SCHEMA, stamped};
use super::{Item, Table, number, store_error};

const COUNT: &str = "count an email with instructions";
/// All of a client's emails.
const ALL: &str = "sent";

const GIVE_BACK: &str = "give an email with instructions back";

impl CountInstructions for Table {
    async fn count(
        &self,
        client: &ClientId,
        name: &DomainName,
        to: &Recipient,
        day: Day,
    ) -> Result<Counted, StoreError> {
        let counted = self.count_of_client(client, name, to, day).await?;
        if let Counted::Yes(_) = counted
            && !self.count_of_recipient(to, day).await?
        {
            self.give_back_of_client(client, name, to, day).await?;
            return Ok(Counted::RecipientLimit);
        }
        Ok(counted)
    }

    async fn give_back(
        &self,
        client: &ClientId,
        name: &DomainName,
        to: &Recipient,
        day: Day,
    ) -> Result<(), StoreError> {
        self.give_back_of_client(client, name, to, day).await?;
        self.recipient_item(to, day)
            .condition_expression("#all > :none")
            .update_expression("ADD #all :less")
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":less", number(-1))
            .send()
            .await
            .map_err(store_error(GIVE_BACK))?;
        Ok(())
    }
}

impl Table {
    async fn count_of_client(
        &self,
        client: &ClientId,
        name: &DomainName,
        to: &Recipient,
        day: Day,
    ) -> Result<Counted, StoreError> {
        let outcome = stamped(self.day_item(client, name, to, day))
            .condition_expression(format!(
                "{IS_KNOWN} AND (attribute_not_exists(#all) OR #all < :per_client) \
                 AND (attribute_not_exists(#domain) OR #domain < :per_domain) \
                 AND (attribute_not_exists(#to) OR #to < :per_recipient)",
            ))
            .update_expression(format!(
                "SET {SET_SCHEMA}, #expires_at = :expiry ADD #all :one, #domain :one, #to :one"
            ))
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":per_client", number(PER_CLIENT))
            .expression_attribute_values(":per_domain", number(PER_DOMAIN))
            .expression_attribute_values(":per_recipient", number(PER_RECIPIENT))
            .expression_attribute_values(":expiry", number(day.forgotten_at().as_second()))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match outcome {
            Ok(answer) => {
                let item = answer.attributes.unwrap_or_default();
                return Ok(Counted::Yes(Left {
                    domain: PER_DOMAIN.saturating_sub(figure(&item, &of_domain(name))),
                    client: PER_CLIENT.saturating_sub(figure(&item, ALL)),
                }));
            }
            Err(error) => error.into_service_error(),
        };
        if let UpdateItemError::ConditionalCheckFailedException(refusal) = &error {
            if let Some(item) = refusal.item() {
                let key = Key::instructions(client, day);
                schema::check(COUNT, item)
                    .inspect_err(|_| self.count_unreadable(COUNT, Some(&key)))?;
            }
            let spent = |name: &str, limit: u32| {
                refusal
                    .item()
                    .is_some_and(|item| figure(item, name) >= limit)
            };
            return Ok(if spent(&of_domain(name), PER_DOMAIN) {
                Counted::DomainLimit
            } else if spent(ALL, PER_CLIENT) {
                Counted::ClientLimit
            } else {
                Counted::RecipientLimit
            });
        }
        Err(store_error(COUNT)(error))
    }

    async fn give_back_of_client(
        &self,
        client: &ClientId,
        name: &DomainName,
        to: &Recipient,
        day: Day,
    ) -> Result<(), StoreError> {
        self.day_item(client, name, to, day)
            .condition_expression("#all > :none AND #domain > :none AND #to > :none")
            .update_expression("ADD #all :less, #domain :less, #to :less")
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":less", number(-1))
            .send()
            .await
            .map_err(store_error(GIVE_BACK))?;
        Ok(())
    }

    /// Counts another email to an address; returns false if the limit is reached.
    async fn count_of_recipient(&self, to: &Recipient, day: Day) -> Result<bool, StoreError> {
        const ACTION: &str = "count an email to an address";
        let outcome = stamped(self.recipient_item(to, day))
            .condition_expression(format!(
                "{IS_KNOWN} AND (attribute_not_exists(#all) OR #all < :most)"
            ))
            .update_expression(format!(
                "SET {SET_SCHEMA}, #expires_at = :expiry ADD #all :one"
            ))
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_values(":most", number(PER_RECIPIENT_OF_ALL))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":expiry", number(day.forgotten_at().as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match outcome.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Ok(_) => Ok(true),
            Err(UpdateItemError::ConditionalCheckFailedException(refusal)) => {
                if let Some(item) = refusal.item() {
                    schema::check(ACTION, item).inspect_err(|_| {
                        self.count_unreadable(ACTION, Some(&Key::recipient(to, day)));
                    })?;
                }
                Ok(false)
            }
            Err(error) => Err(store_error(ACTION)(error)),
        }
    }

    fn day_item(
        &self,
        client: &ClientId,
        name: &DomainName,
        to: &Recipient,
        day: Day,
    ) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::instructions(client, day).into_item()))
            .expression_attribute_names("#all", ALL)
            .expression_attribute_names("#domain", of_domain(name))
            .expression_attribute_names("#to", to_recipient(to))
    }

    fn recipient_item(&self, to: &Recipient, day: Day) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::recipient(to, day).into_item()))
            .expression_attribute_names("#all", ALL)
    }
}

/// The attribute that counts the emails to one address. It holds no address.
fn to_recipient(to: &Recipient) -> String {
    format!("to:{}", digest(to.as_str()))
}

/// The attribute that counts one domain's emails. The client's limit bounds the number of these
/// attributes.
fn of_domain(name: &DomainName) -> String {
    format!("{ALL}:{name}")
}

fn figure(item: &Item, name: &str) -> u32 {
    let value = item.get(name).and_then(|value| value.as_n().ok());
    value.and_then(|text| text.parse().ok()).unwrap_or_default()
}
