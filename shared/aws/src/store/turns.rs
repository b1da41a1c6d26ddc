//! Turns of requests at SES, and checks of a client. Each is a time in one item, which every use
//! moves forward on a condition. A refused use writes nothing.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain_auth::check_limit::{CheckCount, CheckLimit, CountChecks};
use domain_auth::idempotency::KeyOwner;
use domain_auth::ports::StoreError;
use domain_auth::ses_share::{CallGroup, SesTurns, Turn, TurnRequest};
use jiff::{SignedDuration, Timestamp};

use super::keys::{EXPIRES_AT, Key, owner_pk};
use super::schema::{SET_SCHEMA, stamped};
use super::{Item, Table, number, store_error, string};

/// When the next turn is, in milliseconds since the epoch.
const NEXT_AT: &str = "next_at";
/// The partition key of the asker that had the last turn.
const LAST_ASKER: &str = "last_asker";
/// Until when the quota is reserved for the poller, in milliseconds since the epoch.
const KEPT_UNTIL: &str = "kept_until";
/// When all checks are forgotten, in milliseconds since the epoch.
const FORGOTTEN_AT: &str = "forgotten_at";

/// The written item, or the stored item if the condition failed.
type Written = Result<Item, Item>;

impl SesTurns for Table {
    async fn turn(&self, request: &TurnRequest) -> Result<Turn, StoreError> {
        const ACTION: &str = "give a turn at SES";
        let now = request.now.as_millisecond();
        let absurd = request.absurd().as_millisecond();
        let interval = milliseconds(request.interval);
        let asker = owner_pk(&request.asker);
        let unless_kept = |condition: &str| {
            if request.yields_to_backlog {
                format!(
                    "({condition}) AND (attribute_not_exists(#kept) OR #kept <= :now OR #kept >= :absurd)"
                )
            } else {
                condition.to_owned()
            }
        };
        let write = || {
            let write = self
                .update(Key::turns(request.group))
                .expression_attribute_names("#next", NEXT_AT)
                .expression_attribute_names("#asker", LAST_ASKER)
                .expression_attribute_values(":asker", string(&asker));
            if request.yields_to_backlog {
                write
                    .expression_attribute_names("#kept", KEPT_UNTIL)
                    .expression_attribute_values(":now", number(now))
                    .expression_attribute_values(":absurd", number(absurd))
            } else {
                write
            }
        };
        let free = "attribute_not_exists(#next) OR #next <= :now OR #next >= :absurd";
        let free_now = write()
            .condition_expression(unless_kept(free))
            .update_expression(format!("SET #next = :after, #asker = :asker, {SET_SCHEMA}"))
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":after", number(now + interval))
            .expression_attribute_values(":absurd", number(absurd));
        let Err(stored) = written(ACTION, free_now).await? else {
            return Ok(Turn::At(request.now));
        };
        let is_kept = |until| now < until && until < absurd;
        let kept = request.yields_to_backlog && figure(&stored, KEPT_UNTIL).is_some_and(is_kept);
        let had_the_last = stored.get(LAST_ASKER) == Some(&string(&asker));
        let latest = request.latest(had_the_last).as_millisecond();
        if kept || figure(&stored, NEXT_AT).is_none_or(|next| next > latest) {
            return Ok(Turn::Refused);
        }
        let later = "(#next <= :latest AND #asker <> :asker) OR #next <= :latest_again";
        let free_later = write()
            .condition_expression(unless_kept(later))
            .update_expression(format!(
                "SET #next = #next + :interval, #asker = :asker, {SET_SCHEMA}"
            ))
            .expression_attribute_values(":interval", number(interval))
            .expression_attribute_values(":latest", number(request.latest(false).as_millisecond()))
            .expression_attribute_values(
                ":latest_again",
                number(request.latest(true).as_millisecond()),
            );
        // If other requests were faster, the next turn is after theirs.
        let turn = written(ACTION, free_later).await?.ok();
        let turn = turn.and_then(|item| figure(&item, NEXT_AT));
        Ok(turn
            .and_then(|after| Timestamp::from_millisecond(after - interval).ok())
            .map_or(Turn::Refused, Turn::At))
    }

    async fn keep_for_poller(&self, until: Timestamp) -> Result<(), StoreError> {
        self.update(Key::turns(CallGroup::Identities))
            .update_expression(format!("SET #kept = :until, {SET_SCHEMA}"))
            .expression_attribute_names("#kept", KEPT_UNTIL)
            .expression_attribute_values(":until", number(until.as_millisecond()))
            .send()
            .await
            .map_err(store_error("keep the quota of SES for the poller"))?;
        Ok(())
    }
}

impl CountChecks for Table {
    async fn count_check(
        &self,
        asker: &KeyOwner,
        limit: CheckLimit,
        now: Timestamp,
    ) -> Result<CheckCount, StoreError> {
        const ACTION: &str = "count a check";
        let absurd = limit.absurd(now);
        let (interval, most_ahead) = (limit.interval(), limit.most_ahead());
        let write = || {
            self.update(Key::checks(asker))
                .expression_attribute_names("#forgotten", FORGOTTEN_AT)
                .expression_attribute_names("#expires_at", EXPIRES_AT)
                .expression_attribute_values(":expiry", number(absurd.as_second()))
        };
        let first = write()
            .condition_expression(
                "attribute_not_exists(#forgotten) OR #forgotten <= :now OR #forgotten >= :absurd",
            )
            .update_expression(format!(
                "SET #forgotten = :after, #expires_at = :expiry, {SET_SCHEMA}"
            ))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":absurd", number(absurd.as_millisecond()))
            .expression_attribute_values(":after", number((now + interval).as_millisecond()));
        if written(ACTION, first).await?.is_ok() {
            return Ok(CheckCount::Counted);
        }
        let most = (now + most_ahead).as_millisecond();
        let another = write()
            .condition_expression("#forgotten <= :most")
            .update_expression(format!(
                "SET #forgotten = #forgotten + :interval, #expires_at = :expiry, {SET_SCHEMA}"
            ))
            .expression_attribute_values(":most", number(most))
            .expression_attribute_values(":interval", number(milliseconds(interval)));
        Ok(match written(ACTION, another).await? {
            Ok(_) => CheckCount::Counted,
            Err(stored) => {
                let ahead = figure(&stored, FORGOTTEN_AT).unwrap_or(most) - most;
                CheckCount::TooMany(SignedDuration::from_millis(ahead))
            }
        })
    }
}

impl Table {
    /// An update of this item; every such update sets [`SET_SCHEMA`].
    fn update(&self, key: Key) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.name);
        stamped(update.set_key(Some(key.into_item())))
    }
}

async fn written(
    action: &'static str,
    write: UpdateItemFluentBuilder,
) -> Result<Written, StoreError> {
    let outcome = write
        .return_values(ReturnValue::UpdatedNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await;
    let error = match outcome {
        Ok(answer) => return Ok(Ok(answer.attributes.unwrap_or_default())),
        Err(error) => error.into_service_error(),
    };
    if let UpdateItemError::ConditionalCheckFailedException(refusal) = &error {
        return Ok(Err(refusal.item().cloned().unwrap_or_default()));
    }
    Err(store_error(action)(error))
}

fn figure(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

fn milliseconds(span: SignedDuration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
