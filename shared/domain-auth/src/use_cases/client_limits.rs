//! The limits of one client. Lasso support reads and sets them.

use super::failure::Failure;
use crate::alerts::{AlertCounts, ReadAlertCounts};
use crate::history::Actor;
use crate::instructions::Day;
use crate::limits::{ClientRecord, OwnLimits, ReadClientRecord, SetLimits};
use crate::names::{ClientId, Note};
use crate::ports::{Clock, StoreError};

/// The limits that Lasso support sets for a client. The deployment's default applies to a limit
/// that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedLimits {
    /// Domains in the client's list.
    pub domains: Option<u32>,
    /// Domains that it adds on a day.
    pub added_per_day: Option<u32>,
    /// Emails to Lasso support on a day.
    pub support_emails_per_day: Option<u32>,
    /// Why.
    pub reason: Note,
}

/// The counts and limits of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientLimits {
    /// Its record, with the number of domains and its own limits.
    pub record: ClientRecord,
    /// Today's alerts.
    pub alerts: AlertCounts,
    /// Today.
    pub day: Day,
}

/// The client is being erased together with its limits. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client is being erased")]
pub struct BeingErased;

/// Reads the limits and counts of a client.
pub async fn read<S>(
    store: &S,
    clock: &impl Clock,
    client: &ClientId,
) -> Result<ClientLimits, StoreError>
where
    S: ReadClientRecord + ReadAlertCounts,
{
    let day = Day::of(clock.now());
    Ok(ClientLimits {
        record: store.client_record(client).await?,
        alerts: store.alerts_on(client, day).await?,
        day,
    })
}

/// Replaces the limits of a client. A repeated call has the same result.
pub async fn set<S>(
    store: &S,
    clock: &impl Clock,
    client: &ClientId,
    wanted: &WantedLimits,
    actor: &Actor,
) -> Result<ClientLimits, Failure<BeingErased>>
where
    S: ReadClientRecord + ReadAlertCounts + SetLimits,
{
    if store.client_record(client).await?.erasure.is_some() {
        return Err(Failure::Refused(BeingErased));
    }
    let own = OwnLimits {
        domains: wanted.domains,
        added_per_day: wanted.added_per_day,
        support_emails_per_day: wanted.support_emails_per_day,
        reason: wanted.reason.as_str().to_owned(),
        by: actor.clone(),
        at: clock.now(),
    };
    store.set_limits(client, &own).await?;
    tracing::info!(
        client = client.as_str(),
        domains = own.domains,
        added_per_day = own.added_per_day,
        support_emails_per_day = own.support_emails_per_day,
        "the limits of a client were set"
    );
    Ok(read(store, clock, client).await?)
}
