//! Prices: list prices of AWS in us-east-1 without the free tier, from the price list in force
//! since DynamoDB's reduction of 1 November 2024 (aws.amazon.com/dynamodb/pricing/on-demand,
//! aws.amazon.com/lambda/pricing). Amazon SES does not charge for calls about identities.

use std::time::Duration;

use crate::units::Units;

/// Dollars for one write unit and one read unit, on demand.
const WRITE_UNIT: f64 = 0.625e-6;
const READ_UNIT: f64 = 0.125e-6;
/// Dollars for a gigabyte-second of Lambda on arm64, and for one request.
const GIGABYTE_SECOND: f64 = 0.000_013_333_4;
const REQUEST: f64 = 0.2e-6;
/// `MemorySize` of the poller.
const MEMORY_GIGABYTES: f64 = 0.25;

/// Dollars for units of the table.
pub(crate) fn table(units: Units) -> f64 {
    units.write * WRITE_UNIT + units.read * READ_UNIT
}

/// Dollars for runs that took this long together.
pub(crate) fn runs(busy: Duration, requests: f64) -> f64 {
    busy.as_secs_f64() * MEMORY_GIGABYTES * GIGABYTE_SECOND + requests * REQUEST
}
