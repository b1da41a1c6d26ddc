//! Tells from the table whether a domain that it lacks was removed on purpose or lost. The identity of a domain that
//! was adopted stays at SES with its tags when the domain is removed, so that SES alone cannot tell.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use domain_auth::history::{Action, Actor};
use domain_auth::limits::ReadClientRecord;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{DomainKey, ReadClaims, ReadDomains, StoreError};
use domain_auth::state::Status;
use jiff::Timestamp;
use serde::Serialize;

/// Lines of history that are read for the last removal. Few lines come after it: an email that was refused.
const LINES: usize = 20;

/// Why a client does not have a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub(super) enum Removed {
    /// The client is being erased.
    ClientBeingErased {
        /// The time at which the erasure began.
        at: Timestamp,
    },
    /// The client was erased.
    ClientErased {
        /// The time of the erasure.
        at: Timestamp,
    },
    /// The domain was removed.
    Domain {
        /// The time of the removal.
        at: Timestamp,
        /// By whom, in a few words.
        by: String,
    },
    /// The client's claim on the name has ended.
    Claim {
        /// The time at which it ended.
        at: Timestamp,
    },
}

/// A domain that a restored table has again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct BackAgain {
    pub(super) client: String,
    pub(super) domain: String,
    /// Its state in the restored table.
    pub(super) status: Status,
    /// What the table that was in use says.
    pub(super) removed: Removed,
}

/// What a table says of the end of a client's domain that it does not have. None: nothing, so the domain is lost.
pub(super) async fn removed<S>(
    store: &S,
    client: &ClientId,
    name: &DomainName,
) -> Result<Option<Removed>, StoreError>
where
    S: ReadClientRecord + ReadDomains + ReadClaims,
{
    let record = store.client_record(client).await?;
    if let Some(erasure) = record.erasure {
        let at = erasure.began_at;
        return Ok(Some(Removed::ClientBeingErased { at }));
    }
    if let Some(at) = record.erased_at {
        return Ok(Some(Removed::ClientErased { at }));
    }
    let history = store.history(client, name, LINES, None).await?;
    let mut lines = history.items.into_iter();
    if let Some(line) = lines.find(|line| line.action == Action::Removed) {
        return Ok(Some(Removed::Domain {
            at: line.at,
            by: by(&line.actor),
        }));
    }
    let tombstone = store.tombstone(name).await?;
    let tombstone = tombstone.filter(|tombstone| tombstone.client == *client);
    Ok(tombstone.map(|tombstone| Removed::Claim {
        at: tombstone.released_at,
    }))
}

/// The domains of a restored table that the table before it does not have, because they were removed.
pub(super) async fn back_again<S>(
    restored: &BTreeMap<DomainKey, Status>,
    before: &S,
    in_use_before: &BTreeSet<DomainKey>,
) -> Result<Vec<BackAgain>, StoreError>
where
    S: ReadClientRecord + ReadDomains + ReadClaims,
{
    let mut back = Vec::new();
    for (key, status) in restored {
        // One that is being removed goes by itself.
        if *status == Status::Removing || in_use_before.contains(key) {
            continue;
        }
        if let Some(removed) = removed(before, &key.client, &key.name).await? {
            back.push(BackAgain {
                client: key.client.as_str().to_owned(),
                domain: key.name.to_string(),
                status: *status,
                removed,
            });
        }
    }
    Ok(back)
}

fn by(actor: &Actor) -> String {
    let (who, person, subject) = match actor {
        Actor::ClientAdmin { subject, person } => ("the client", person, subject),
        Actor::LassoSupport { subject, person } => ("Lasso support", person, subject),
        Actor::LinkHolder { .. } => return "the holder of a link".to_owned(),
        Actor::Service => return "the service".to_owned(),
    };
    let name = person.as_ref().and_then(|person| person.name.as_ref());
    let name = name.map_or(subject.as_str(), |name| name.as_str());
    if name.is_empty() {
        who.to_owned()
    } else {
        format!("{name} ({who})")
    }
}

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientBeingErased { at } => write!(f, "the client is being erased since {at}"),
            Self::ClientErased { at } => write!(f, "the client was erased at {at}"),
            Self::Domain { at, by } => write!(f, "removed by {by} at {at}"),
            Self::Claim { at } => write!(f, "given up at {at}"),
        }
    }
}
