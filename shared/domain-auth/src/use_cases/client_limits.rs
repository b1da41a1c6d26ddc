//! The limits of one client. Lasso support reads and sets them.

use super::failure::Failure;
use crate::alerts::{AlertCounts, Place, ReadAlertCounts};
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
    /// Domains that it adds per day.
    pub added_per_day: Option<u32>,
    /// Emails to Lasso support per day.
    pub support_emails_per_day: Option<u32>,
    /// The reason, in the words of Lasso support.
    pub reason: Note,
}

/// The counts and limits of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientLimits {
    /// Today's additions, and what was set.
    pub record: ClientRecord,
    /// Domains in its list.
    pub domains: u32,
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
    read_with(store, clock, client, None).await
}

/// Reads the limits of a client. The domains are counted only if neither the record nor `held` has their number.
async fn read_with<S>(
    store: &S,
    clock: &impl Clock,
    client: &ClientId,
    held: Option<u32>,
) -> Result<ClientLimits, StoreError>
where
    S: ReadClientRecord + ReadAlertCounts,
{
    let day = Day::of(clock.now());
    let record = store.client_record(client).await?;
    let domains = match record.held.or(held) {
        Some(held) => held,
        None => store.count_domains(client).await?,
    };
    Ok(ClientLimits {
        record,
        domains,
        alerts: store.alerts_on(client, day).await?,
        day,
    })
}

/// Whether one more event about a client's domains is an email to Lasso support, its own or the summary of
/// the day; `default` is the limit of the deployment.
pub async fn emails_support<S>(
    store: &S,
    clock: &impl Clock,
    client: &ClientId,
    default: u32,
) -> Result<bool, StoreError>
where
    S: ReadClientRecord + ReadAlertCounts,
{
    let day = Day::of(clock.now());
    let own = store.client_record(client).await?.own;
    let limit = own.and_then(|own| own.support_emails_per_day);
    let alerts = store.alerts_on(client, day).await?;
    Ok(match alerts.next(limit.unwrap_or(default), day) {
        Place::Own | Place::Summary { .. } => true,
        Place::InSummary | Place::Repeated => false,
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
    let before = store.client_record(client).await?;
    if before.erasure.is_some() {
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
    // Setting them takes the number away, which was right a moment ago.
    Ok(read_with(store, clock, client, before.held).await?)
}
