//! The limits of one client as Lasso support sees them.

use domain_auth::limits::Limits;
use domain_auth::names::ClientId;
use domain_auth::use_cases::client_limits::ClientLimits;
use jiff::Timestamp;
use serde::Serialize;

use crate::history_view::{ActorView, actor_for_support};
use crate::time::in_millis;

/// The limits of one client, and how much of each is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "ClientLimits")
)]
pub struct ClientLimitsView {
    /// The client.
    pub client: String,
    /// Domains in the client's list, contested ones included.
    pub max_domains: LimitView,
    /// Domains that the client adds per day (UTC), including contested domains and domains that it had
    /// before.
    pub max_domains_added_per_day: LimitView,
    /// Emails to Lasso support per day (UTC) about its domains, each about one event; beyond the limit
    /// there is one summary. Events that stop mail that Lasso sends are always emailed, and are not counted.
    pub max_support_emails_per_day: LimitView,
    /// The limits that Lasso support has set; `null` if all limits are the defaults.
    pub set: Option<LimitsSetView>,
}

/// One limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Limit")
)]
pub struct LimitView {
    /// The limit in force.
    pub limit: u32,
    /// The default of the deployment.
    pub default: u32,
    /// How much of it is used.
    pub used: u32,
}

/// Who set the limits of a client, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "LimitsSet")
)]
pub struct LimitsSetView {
    /// When the limits were set.
    #[serde(serialize_with = "in_millis")]
    pub at: Timestamp,
    /// Who set the limits.
    pub by: ActorView,
    /// The reason for the limits.
    pub reason: String,
}

impl ClientLimitsView {
    /// The limits of a client in a deployment with these defaults.
    pub fn new(client: &ClientId, limits: &ClientLimits, defaults: Limits) -> Self {
        let record = &limits.record;
        let own = record.own.as_ref();
        let in_force = defaults.or(own);
        Self {
            client: client.to_string(),
            max_domains: LimitView {
                limit: in_force.domains,
                default: defaults.domains,
                used: limits.domains,
            },
            max_domains_added_per_day: LimitView {
                limit: in_force.added_per_day,
                default: defaults.added_per_day,
                used: record.added_on(limits.day),
            },
            max_support_emails_per_day: LimitView {
                limit: in_force.support_emails_per_day,
                default: defaults.support_emails_per_day,
                used: limits.alerts.own,
            },
            set: own.map(|own| LimitsSetView {
                at: own.at,
                by: actor_for_support(own.by.clone()),
                reason: own.reason.clone(),
            }),
        }
    }
}
