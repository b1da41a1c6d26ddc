//! How many emails with instructions a client has had sent on a day: one item, so that both limits
//! are one condition of one write.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain_auth::instructions::{CountInstructions, Counted, Day, Left, PER_CLIENT, PER_DOMAIN};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::StoreError;

use super::keys::{EXPIRES_AT, Key};
use super::schema::{self, IS_KNOWN, SET_SCHEMA, stamped};
use super::{Item, Table, number, store_error};

const COUNT: &str = "count an email with instructions";
/// All of a client's emails.
const ALL: &str = "sent";

impl CountInstructions for Table {
    async fn count(
        &self,
        client: &ClientId,
        name: &DomainName,
        day: Day,
    ) -> Result<Counted, StoreError> {
        let outcome = stamped(self.day_item(client, name, day))
            .condition_expression(format!(
                "{IS_KNOWN} AND (attribute_not_exists(#all) OR #all < :per_client) \
                 AND (attribute_not_exists(#domain) OR #domain < :per_domain)",
            ))
            .update_expression(format!(
                "SET {SET_SCHEMA}, #expires_at = :expiry ADD #all :one, #domain :one"
            ))
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":per_client", number(PER_CLIENT))
            .expression_attribute_values(":per_domain", number(PER_DOMAIN))
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
            let spent = refusal
                .item()
                .is_some_and(|item| figure(item, &of_domain(name)) >= PER_DOMAIN);
            return Ok(if spent {
                Counted::DomainLimit
            } else {
                Counted::ClientLimit
            });
        }
        Err(store_error(COUNT)(error))
    }

    async fn give_back(
        &self,
        client: &ClientId,
        name: &DomainName,
        day: Day,
    ) -> Result<(), StoreError> {
        self.day_item(client, name, day)
            .condition_expression("#all > :none AND #domain > :none")
            .update_expression("ADD #all :less, #domain :less")
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":less", number(-1))
            .send()
            .await
            .map_err(store_error("give an email with instructions back"))?;
        Ok(())
    }
}

impl Table {
    fn day_item(&self, client: &ClientId, name: &DomainName, day: Day) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::instructions(client, day).into_item()))
            .expression_attribute_names("#all", ALL)
            .expression_attribute_names("#domain", of_domain(name))
    }
}

/// The attribute that counts one domain's emails. There are no more of them than the client's limit.
fn of_domain(name: &DomainName) -> String {
    format!("{ALL}:{name}")
}

fn figure(item: &Item, name: &str) -> u32 {
    let value = item.get(name).and_then(|value| value.as_n().ok());
    value.and_then(|text| text.parse().ok()).unwrap_or_default()
}
