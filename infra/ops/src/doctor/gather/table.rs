//! The table, and whether it is the one that was in use.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types as dynamodb;
use domain_auth::ports::{DomainsByState, Identities, ListIdentities};
use domain_auth::state::Status;
use domain_auth_aws::{SesIdentities, SystemClock, Table as DomainTable};

use super::super::facts::{Asked, Known, Table};
use super::asking::why;
use crate::aws::Aws;
use crate::commands::another_stack::{WITH_IDENTITY, of_another_stack};
use crate::commands::patience;
use crate::sentence::sentence;
use crate::stack::Stack;

/// Identities whose tags are read at most, a second each.
const TAGS_READ: usize = 25;

pub(super) async fn table(aws: &Aws, stack: &Stack) -> Asked<Option<Table>> {
    let name = stack
        .output("TableName")
        .map_err(|error| sentence(&error))?;
    let client = aws.dynamodb();
    let described = match client.describe_table().table_name(name).send().await {
        Ok(described) => described.table,
        Err(error) => {
            let error = error.into_service_error();
            if error.is_resource_not_found_exception() {
                return Ok(None);
            }
            return Err(why(&error));
        }
    };
    let Some(described) = described else {
        return Ok(None);
    };
    let recovery = client
        .describe_continuous_backups()
        .table_name(name)
        .send()
        .await;
    let recovery = recovery.map(|answer| {
        let description = answer.continuous_backups_description;
        let recovery = description.and_then(|backups| backups.point_in_time_recovery_description);
        recovery.and_then(|recovery| recovery.point_in_time_recovery_status)
            == Some(dynamodb::PointInTimeRecoveryStatus::Enabled)
    });
    let expiry = client.describe_time_to_live().table_name(name).send().await;
    let expiry = expiry.map(|answer| {
        let description = answer.time_to_live_description?;
        let on = matches!(
            description.time_to_live_status,
            Some(dynamodb::TimeToLiveStatus::Enabled | dynamodb::TimeToLiveStatus::Enabling)
        );
        description.attribute_name.filter(|_| on)
    });
    let encryption = described.sse_description.as_ref();
    Ok(Some(Table {
        schema: has_our_schema(&described),
        recovery: recovery.map_err(|error| why(&error.into_service_error())),
        protected: described.deletion_protection_enabled == Some(true),
        expiry: expiry.map_err(|error| why(&error.into_service_error())),
        // Set from when DynamoDB could not use the key (API reference, `SSEDescription`).
        key_usable: encryption
            .is_none_or(|encryption| encryption.inaccessible_encryption_date_time.is_none()),
    }))
}

/// The keys of the template: `pk`, `sk`, and two indexes.
fn has_our_schema(table: &dynamodb::TableDescription) -> bool {
    let names = |schema: &[dynamodb::KeySchemaElement]| -> Vec<String> {
        schema
            .iter()
            .map(|key| key.attribute_name.clone())
            .collect()
    };
    let indexes: BTreeMap<&str, Vec<String>> = table
        .global_secondary_indexes()
        .iter()
        .filter_map(|index| Some((index.index_name()?, names(index.key_schema()))))
        .collect();
    let is = |index: &str, keys: [&str; 2]| indexes.get(index).is_some_and(|names| *names == keys);
    names(table.key_schema()) == ["pk", "sk"]
        && is("work", ["work_pk", "work_sk"])
        && is("queue", ["queue_pk", "queue_sk"])
}

/// Whether SES knows the domains of the table as those of this stack. An identity with the tag of this stack beside a
/// table that has no domain means that it is not the table that was in use, for example if `ExistingTableName` was
/// emptied, which makes a new table.
pub(super) async fn known(aws: &Aws, stack: &Stack) -> Asked<Known> {
    let Ok(name) = stack.output("TableName") else {
        return Ok(Known::AsOurs);
    };
    let table = DomainTable::new(aws.dynamodb(), name.to_owned());
    let (region, client) = (aws.region().to_owned(), aws.ses_v2());
    let ses = SesIdentities::new(aws.ses_v1(), client.clone(), region, stack.name.clone());
    let (mut is_empty, mut with_identity) = (true, Vec::new());
    for status in Status::ALL {
        let keys = table.keys_in(status).await;
        let keys = keys.map_err(|error| sentence(&error))?;
        is_empty &= keys.is_empty();
        if WITH_IDENTITY.contains(&status) {
            with_identity.extend(keys.into_iter().map(|key| key.name));
        }
    }
    if !is_empty {
        let with_identity: Vec<_> = with_identity.iter().collect();
        let found = of_another_stack(&ses, &SystemClock, &with_identity).await;
        let found = found.map_err(|error| sentence(&error))?;
        return Ok(found.map_or(Known::AsOurs, |name| {
            Known::OfAnotherStack(name.to_string())
        }));
    }
    let listed = patience::patiently(&SystemClock, async || ses.identities(None).await).await;
    let listed = listed.map_err(|error| sentence(&error))?.identities;
    // All over the page: each is a second of SES's quota.
    let step = (listed.len() / TAGS_READ).max(1);
    for identity in listed.iter().step_by(step).take(TAGS_READ) {
        let described =
            patience::patiently(&SystemClock, async || ses.describe(&identity.name).await);
        let described = described.await.map_err(|error| sentence(&error))?;
        if described.is_some_and(|identity| identity.ours) {
            return Ok(Known::WithoutTable(identity.name.to_string()));
        }
    }
    Ok(Known::AsOurs)
}
