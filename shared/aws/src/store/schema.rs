//! The version of the schema, in every item. A release can read the items of the release before it.
//! An item of a later release counts as unreadable, and is never overwritten as if it were known.
//! `fixtures/table-1.json` is a table of the first release.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use domain_auth::ports::{StoreError, StoreFailure};
use serde::de::DeserializeOwned;

use super::{Item, number, unreadable_item};

/// The version of the items that this release writes. Items without a version are of the first
/// release, which did not write it: version 1. The version grows if this release would misread the
/// items of the next one.
pub const SCHEMA_VERSION: u32 = 2;

/// The attribute with the version.
pub(super) const SCHEMA: &str = "schema";
const FIRST: u32 = 1;

/// Sets the version in an update expression of a [`stamped`] update.
pub(super) const SET_SCHEMA: &str = "#schema = :schema";
/// In a condition of a [`stamped`] update: the item is not of a later release.
pub(super) const IS_KNOWN: &str = "(attribute_not_exists(#schema) OR #schema <= :schema)";

/// An item is of a later release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the item has the version {0} of the schema, which this release does not know")]
pub(super) struct LaterSchema(u32);

/// Adds the version to an item.
pub(super) fn stamp(item: &mut Item) {
    item.insert(SCHEMA.to_owned(), number(SCHEMA_VERSION));
}

/// Adds the values of [`SET_SCHEMA`] and [`IS_KNOWN`] to an update, which must use at least one of
/// them, because DynamoDB refuses unused values.
pub(super) fn stamped(update: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
    update
        .expression_attribute_names("#schema", SCHEMA)
        .expression_attribute_values(":schema", number(SCHEMA_VERSION))
}

/// Adds these values to an update in a transaction.
pub(super) fn stamped_in_transaction(update: UpdateBuilder) -> UpdateBuilder {
    update
        .expression_attribute_names("#schema", SCHEMA)
        .expression_attribute_values(":schema", number(SCHEMA_VERSION))
}

/// Reads an item of this release or an earlier one. The types ignore the attributes of keys.
pub(super) fn from_item<T: DeserializeOwned>(
    action: &'static str,
    item: Item,
) -> Result<T, StoreError> {
    check(action, &item)?;
    serde_dynamo::from_item(item).map_err(|error| unreadable_item(action, error))
}

/// Fails if this release does not know the schema of an item.
pub(super) fn check(action: &'static str, item: &Item) -> Result<(), StoreError> {
    let version = item.get(SCHEMA).map_or(Some(FIRST), version_of);
    match version {
        Some(version) if version <= SCHEMA_VERSION => Ok(()),
        Some(_) | None => Err(StoreError {
            action,
            failure: StoreFailure::Unreadable,
            source: LaterSchema(version.unwrap_or(u32::MAX)).into(),
        }),
    }
}

fn version_of(value: &AttributeValue) -> Option<u32> {
    value.as_n().ok()?.parse().ok()
}
