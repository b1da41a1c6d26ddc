//! The lease of the poller's run, the data that runs leave for each other, and the result of SES's
//! list.

use aws_sdk_dynamodb::types::ReturnValue;
use domain_auth::ports::{Reconciliations, Runs, StoreError};
use domain_auth::reconciliation::Reconciliation;
use domain_auth::run_memory::RunMemory;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keys::Key;
use super::schema::{self, SET_SCHEMA, stamped};
use super::{Item, Table, number, store_error, string, unreadable_item};

/// Until when a run has the lease, in milliseconds since the epoch.
const RUN_UNTIL: &str = "run_until";
/// The data as JSON text: no query needs a part of it.
const MEMORY: &str = "memory";
const RESULT: &str = "result";

impl Runs for Table {
    async fn begin_run(
        &self,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<RunMemory>, StoreError> {
        const ACTION: &str = "begin a run of the poller";
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::runs().into_item()));
        let outcome = stamped(update)
            .condition_expression("attribute_not_exists(#run_until) OR #run_until <= :now")
            .update_expression(format!("SET #run_until = :until, {SET_SCHEMA}"))
            .expression_attribute_names("#run_until", RUN_UNTIL)
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":until", number(until.as_millisecond()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match outcome {
            Ok(answer) => {
                let item = answer.attributes.unwrap_or_default();
                Ok(Some(memory_of(ACTION, &item)))
            }
            Err(error) => {
                let error = error.into_service_error();
                if error.is_conditional_check_failed_exception() {
                    Ok(None)
                } else {
                    Err(store_error(ACTION)(error))
                }
            }
        }
    }

    async fn end_run(&self, until: Timestamp, memory: &RunMemory) -> Result<(), StoreError> {
        const ACTION: &str = "end a run of the poller";
        let outcome = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::runs().into_item()))
            .condition_expression("#run_until = :until")
            .update_expression("SET #memory = :memory REMOVE #run_until")
            .expression_attribute_names("#run_until", RUN_UNTIL)
            .expression_attribute_names("#memory", MEMORY)
            .expression_attribute_values(":until", number(until.as_millisecond()))
            .expression_attribute_values(":memory", text_of(ACTION, memory)?)
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(()),
            Err(error) => {
                let error = error.into_service_error();
                if error.is_conditional_check_failed_exception() {
                    Ok(())
                } else {
                    Err(store_error(ACTION)(error))
                }
            }
        }
    }
}

impl Reconciliations for Table {
    async fn reconciliation(&self) -> Result<Option<Reconciliation>, StoreError> {
        const ACTION: &str = "read the last reconciliation";
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(Key::reconciliation().into_item()))
            .send()
            .await
            .map_err(store_error(ACTION))?;
        let item = answer.item.unwrap_or_default();
        // A result of another version of the program counts as missing: the next one replaces it.
        Ok(reconciliation_of(ACTION, &item).unwrap_or_else(|_| {
            self.count_unreadable(ACTION, Some(&Key::reconciliation()));
            None
        }))
    }

    async fn write_reconciliation(
        &self,
        reconciliation: &Reconciliation,
    ) -> Result<(), StoreError> {
        const ACTION: &str = "write a reconciliation";
        let mut item = Key::reconciliation().into_item();
        schema::stamp(&mut item);
        item.insert(RESULT.to_owned(), text_of(ACTION, reconciliation)?);
        self.client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .send()
            .await
            .map_err(store_error(ACTION))?;
        Ok(())
    }
}

pub(super) fn reconciliation_of(
    action: &'static str,
    item: &Item,
) -> Result<Option<Reconciliation>, StoreError> {
    schema::check(action, item)?;
    read(action, item, RESULT)
}

/// Data that cannot be read is of another version of this code: the poller starts without it.
pub(super) fn memory_of(action: &'static str, item: &Item) -> RunMemory {
    read(action, item, MEMORY)
        .ok()
        .flatten()
        .unwrap_or_default()
}

fn text_of(
    action: &'static str,
    value: &impl Serialize,
) -> Result<aws_sdk_dynamodb::types::AttributeValue, StoreError> {
    let text = serde_json::to_string(value).map_err(store_error(action))?;
    Ok(string(text))
}

fn read<T: DeserializeOwned>(
    action: &'static str,
    item: &Item,
    attribute: &str,
) -> Result<Option<T>, StoreError> {
    let text = item.get(attribute).and_then(|value| value.as_s().ok());
    text.map(|text| serde_json::from_str(text).map_err(|error| unreadable_item(action, error)))
        .transpose()
}
