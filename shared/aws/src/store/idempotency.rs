//! Keys of idempotent requests: one item for each, in the partition of its owner.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use domain_auth::idempotency::{Attempt, Begun, IdempotencyLedger, KeyOwner, StoredAnswer};
use domain_auth::ports::StoreError;

use super::keys::{EXPIRES_AT, Kept, Key, QUEUE_PK, QUEUE_SK, client_pk};
use super::schema::{self, IS_KNOWN, SET_SCHEMA, stamped};
use super::{Item, Table, number, store_error, string, unreadable_item};

const BEGIN: &str = "begin a request that has a key";
const FINGERPRINT: &str = "fingerprint";
const LEASE_UNTIL: &str = "lease_until";
/// The answer as JSON text.
const ANSWER: &str = "answer";
/// The largest response that is stored, in octets. DynamoDB accepts 400 KB.
const MAX_ANSWER: usize = 96 * 1024;

impl IdempotencyLedger for Table {
    async fn begin(&self, attempt: &Attempt) -> Result<Begun, StoreError> {
        // DynamoDB deletes expired items with a delay, so the time is checked here. The key of a
        // person at Lasso support is not in the partition of the client that the request is about,
        // although the response has that client's data.
        let about = match (&attempt.owner, &attempt.client) {
            (KeyOwner::Supporter(_), Some(client)) => Some(client_pk(client)),
            (KeyOwner::Supporter(_) | KeyOwner::Client(_), _) => None,
        };
        let index = if about.is_some() {
            ", #queue_pk = :queue_pk, #queue_sk = :queue_sk"
        } else {
            ""
        };
        let mut update = stamped(self.key_item(attempt));
        if let Some(about) = about {
            update = update
                .expression_attribute_names("#queue_pk", QUEUE_PK)
                .expression_attribute_names("#queue_sk", QUEUE_SK)
                .expression_attribute_values(":queue_pk", string(about))
                .expression_attribute_values(":queue_sk", string(Kept::Key.as_str()));
        }
        let outcome = update
            .condition_expression(format!(
                "{IS_KNOWN} AND (attribute_not_exists(#fingerprint) OR #expires_at <= :now_s \
                 OR (#fingerprint = :fingerprint AND attribute_not_exists(#answer) \
                     AND #lease_until <= :now))",
            ))
            .update_expression(format!(
                "SET {SET_SCHEMA}, #fingerprint = :fingerprint, #lease_until = :lease, \
                 #expires_at = :expiry{index} REMOVE #answer",
            ))
            .expression_attribute_names("#fingerprint", FINGERPRINT)
            .expression_attribute_names("#answer", ANSWER)
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_values(":fingerprint", string(&attempt.fingerprint.0))
            .expression_attribute_values(":now", number(attempt.at.as_millisecond()))
            .expression_attribute_values(":now_s", number(attempt.at.as_second()))
            .expression_attribute_values(":lease", lease_of(attempt))
            .expression_attribute_values(":expiry", number(attempt.expires_at().as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match outcome {
            Ok(_) => return Ok(Begun::Go),
            Err(error) => error.into_service_error(),
        };
        if let UpdateItemError::ConditionalCheckFailedException(refusal) = &error {
            let key = Key::idempotency(&attempt.owner, &attempt.key);
            return refusal
                .item()
                .map_or(Ok(Begun::InProgress), |item| {
                    state_of(item, &attempt.fingerprint.0)
                })
                .inspect_err(|_| self.count_unreadable(BEGIN, Some(&key)));
        }
        Err(store_error(BEGIN)(error))
    }

    async fn keep(&self, attempt: &Attempt, answer: &StoredAnswer) -> Result<(), StoreError> {
        const ACTION: &str = "keep the answer to a request";
        let text = serde_json::to_string(answer).map_err(store_error(ACTION))?;
        if text.len() > MAX_ANSWER {
            tracing::warn!(
                octets = text.len(),
                "an answer is too large to be kept; the request runs again when it is repeated"
            );
            return self.forget(attempt).await;
        }
        let outcome = self
            .key_item(attempt)
            .condition_expression("#lease_until = :lease")
            .update_expression("SET #answer = :answer REMOVE #lease_until")
            .expression_attribute_names("#answer", ANSWER)
            .expression_attribute_values(":answer", string(text))
            .expression_attribute_values(":lease", lease_of(attempt))
            .send()
            .await;
        unless_taken_over(
            outcome.map(drop).map_err(SdkFailure::into_service_error),
            ACTION,
        )
    }

    async fn forget(&self, attempt: &Attempt) -> Result<(), StoreError> {
        let outcome = self
            .key_item(attempt)
            .condition_expression("#lease_until = :lease")
            .update_expression("REMOVE #fingerprint, #lease_until")
            .expression_attribute_names("#fingerprint", FINGERPRINT)
            .expression_attribute_values(":lease", lease_of(attempt))
            .send()
            .await;
        unless_taken_over(
            outcome.map(drop).map_err(SdkFailure::into_service_error),
            "forget a request that came to nothing",
        )
    }
}

type SdkFailure = aws_sdk_dynamodb::error::SdkError<UpdateItemError>;

impl Table {
    fn key_item(&self, attempt: &Attempt) -> UpdateItemFluentBuilder {
        let key = Key::idempotency(&attempt.owner, &attempt.key);
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key.into_item()))
            .expression_attribute_names("#lease_until", LEASE_UNTIL)
    }
}

/// The lease identifies the attempt: a later attempt begins only after the lease has ended.
fn lease_of(attempt: &Attempt) -> AttributeValue {
    number(attempt.lease_until().as_millisecond())
}

/// Ignores a failed condition: a later attempt has begun, and its response counts.
fn unless_taken_over(
    outcome: Result<(), UpdateItemError>,
    action: &'static str,
) -> Result<(), StoreError> {
    match outcome {
        Err(error) if !error.is_conditional_check_failed_exception() => {
            Err(store_error(action)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

pub(super) fn state_of(item: &Item, fingerprint: &str) -> Result<Begun, StoreError> {
    schema::check(BEGIN, item)?;
    let text = |name| {
        item.get(name)
            .and_then(|value: &AttributeValue| value.as_s().ok())
    };
    if text(FINGERPRINT).is_some_and(|stored| stored != fingerprint) {
        return Ok(Begun::OtherRequest);
    }
    match text(ANSWER) {
        Some(answer) => serde_json::from_str(answer)
            .map(Begun::Answered)
            .map_err(|error| unreadable_item(BEGIN, error)),
        None => Ok(Begun::InProgress),
    }
}
