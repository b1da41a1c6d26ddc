//! Erasing a client ([`crate::erasure`]). The request writes that the erasure begins, and marks the
//! client's domains for removal, which stops sending. The poller does the rest. It removes the
//! domains as usual. After that, it erases records in steps: first those in an index, then those in
//! the whole table. It ends after two steps, some minutes apart, that find none.

use jiff::Timestamp;

use super::StoreTools;
use super::failure::Failure;
use super::remove;
use crate::domain::Fate;
use crate::erasure::{EraseClients, Erasure, Sweep};
use crate::history::Actor;
use crate::limits::ReadClientRecord;
use crate::names::ClientId;
use crate::ports::{ClaimStore, Clock, ListFilter, Ports, ReadDomains, StoreError, alias};

/// Domains in one read.
const PAGE: usize = 100;
/// Records erased in one call.
const BATCH: usize = 100;
/// The maximum number of parts of the table, a megabyte each, that a step reads. This leaves read
/// capacity for other work.
const PARTS: usize = 16;

alias! {
    /// The store of a use case that erases clients.
    ErasingStore = ClaimStore + ReadClientRecord + EraseClients
}

/// The progress of the erasure of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is kept of such a client, so there is nothing to erase, and nothing was written.
    Unknown,
    /// It is running; the poller continues it.
    UnderWay {
        /// Its stored state.
        erasure: Erasure,
        /// Domains that are still being removed. `None` if there was no time to count them, or if
        /// the store did not answer.
        domains_left: Option<usize>,
    },
    /// Since this time, no personal data of the client is stored, and the client has added no
    /// domain.
    Erased(Timestamp),
}

/// The result of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is more to do.
    Later,
    /// The client is erased, or another process has ended its erasure.
    Ended,
}

/// Erases a client, or returns the progress of its erasure. Domains are marked for removal until
/// `until`; the poller marks the others.
pub async fn erase<P>(
    tools: &StoreTools<'_, P>,
    client: &ClientId,
    by: &Actor,
    until: Timestamp,
) -> Result<Standing, StoreError>
where
    P: Ports<Store: ErasingStore>,
{
    let record = tools.store.client_record(client).await?;
    if let Some(at) = record.erased() {
        return Ok(Standing::Erased(at));
    }
    let erasure = if let Some(under_way) = record.erasure {
        under_way
    } else if !tools.store.knows(client).await? {
        return Ok(Standing::Unknown);
    } else {
        let begun = Erasure::begun_by(by.clone(), tools.clock.now());
        tools.store.begin_erasure(client, &begun).await?
    };
    // The erasure has begun, whatever happens from here: the poller continues it.
    let marked = mark_domains(tools, client, &erasure.by, until).await;
    let domains_left = marked.unwrap_or_else(|error| {
        tracing::warn!(
            client = client.as_str(),
            error = &error as &dyn std::error::Error,
            "the domains of a client that is erased were not all marked; the poller goes on"
        );
        None
    });
    Ok(Standing::UnderWay {
        erasure,
        domains_left,
    })
}

/// The next step of an erasure that is due.
pub async fn go_on<P>(
    tools: &StoreTools<'_, P>,
    client: &ClientId,
    until: Timestamp,
) -> Result<Step, StoreError>
where
    P: Ports<Store: ErasingStore>,
{
    let StoreTools { store, clock, .. } = *tools;
    let Some(erasure) = store.client_record(client).await?.erasure else {
        return Ok(Step::Ended);
    };
    if clock.now() < erasure.next_step {
        // The index is eventually consistent.
        return Ok(Step::Later);
    }
    let mut erased = 0;
    let mut left = true;
    if mark_domains(tools, client, &erasure.by, until).await? == Some(0) {
        while left && clock.now() < until {
            let batch = store.erase_records(client, BATCH).await?;
            erased += batch.erased;
            left = batch.left;
            if batch.erased == 0 {
                break;
            }
        }
    }
    let noted = if erased == 0 && !left {
        if erasure.ends_with_a_quiet_step(clock.now()) {
            store.end_erasure(client, &erasure, clock.now()).await?;
            tracing::info!(client = client.as_str(), "a client was erased");
            return Ok(Step::Ended);
        }
        let (sweep, swept) = sweep(tools, client, &erasure.sweep, until).await?;
        erasure.after_quiet_step(sweep, swept, clock.now())
    } else {
        erasure.after_step(erased, clock.now())
    };
    store.note_erasure(client, &noted).await?;
    Ok(Step::Later)
}

/// Reads further parts of the table until `until`, a bounded number of them. Returns the position
/// and the number of erased records.
async fn sweep<P>(
    tools: &StoreTools<'_, P>,
    client: &ClientId,
    from: &Sweep,
    until: Timestamp,
) -> Result<(Sweep, u64), StoreError>
where
    P: Ports<Store: EraseClients>,
{
    let (mut sweep, mut erased) = (from.clone(), 0);
    for _ in 0..PARTS {
        if sweep == Sweep::Done || tools.clock.now() >= until {
            break;
        }
        let part = match tools.store.sweep(client, sweep.start().as_ref()).await {
            Ok(part) => part,
            // The position is stored, so that a busy table delays the erasure but does not stop it.
            Err(error) if sweep != *from => {
                tracing::warn!(
                    client = client.as_str(),
                    error = &error as &dyn std::error::Error,
                    "a part of the table could not be read for an erasure; the next step goes on there"
                );
                break;
            }
            Err(error) => return Err(error),
        };
        erased += part.erased;
        sweep = part.next.into();
    }
    Ok((sweep, erased))
}

/// Marks each domain of the client for removal. Returns how many are left; `None` if there was no
/// time to reach all.
async fn mark_domains<P>(
    tools: &StoreTools<'_, P>,
    client: &ClientId,
    by: &Actor,
    until: Timestamp,
) -> Result<Option<usize>, StoreError>
where
    P: Ports<Store: ClaimStore>,
{
    let (all, mut left, mut start) = (ListFilter::default(), 0, None);
    loop {
        let page = tools
            .store
            .domains(client, &all, PAGE, start.as_ref())
            .await?;
        for domain in page.items {
            if tools.clock.now() >= until {
                return Ok(None);
            }
            left += 1;
            if !domain.is_there() {
                continue;
            }
            let key = (client, &domain.name);
            match remove::mark_for_erasure(tools, key, by).await {
                Ok(Some(change)) if change.fate == Fate::Deleted => left -= 1,
                Ok(Some(_) | None) => {}
                Err(Failure::NotFound) => left -= 1,
                Err(Failure::Busy | Failure::Refused(_)) => {
                    tracing::info!(domain = %domain.name, "others change a domain that is to be erased");
                }
                // A domain that cannot be written does not block the others.
                Err(Failure::Store(error)) => tracing::error!(
                    domain = %domain.name,
                    error = &error as &dyn std::error::Error,
                    "a domain of a client that is erased was not marked for removal; it is tried again"
                ),
            }
        }
        start = page.next;
        if start.is_none() {
            return Ok(Some(left));
        }
    }
}
