//! `lasso-ops erase`: begins the erasure of a client, or says how far it is. It is what `DELETE /staff/clients/{client}`
//! does; the poller goes on with it.

use std::fmt;

use domain_auth::erasure::EraseClients;
use domain_auth::history::Actor;
use domain_auth::limits::ReadClientRecord;
use domain_auth::ports::Clock;
use domain_auth::use_cases::erase::{Standing, erase};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::connected::Connected;
use super::export::client;
use crate::aws::Aws;
use crate::options::Erase;
use crate::outcome::{Error, Report};
use crate::stack::Stack;

/// For how long domains are marked here. The poller marks the others.
const MARKING: SignedDuration = SignedDuration::from_mins(2);

/// Where the erasure stands.
#[derive(Debug, Serialize)]
#[serde(tag = "erasure", rename_all = "snake_case")]
enum Erasing {
    /// What would be erased.
    NotBegun {
        client: String,
        domains: Option<u32>,
    },
    UnderWay {
        client: String,
        began_at: Timestamp,
        domains_left: Option<usize>,
    },
    Erased {
        client: String,
        erased_at: Timestamp,
    },
}

pub(super) async fn run(aws: &Aws, stack: &Stack, options: &Erase) -> Result<Report, Error> {
    let id = client(&options.client)?;
    let client = id.as_str().to_owned();
    let connected = Connected::to(aws, stack)?;
    let failed = |error| Error::failed("erasing the client", error);
    let erasing = if options.consent.yes {
        let (tools, by) = (connected.store_tools(), Actor::lasso_support(&options.by));
        let until = connected.clock.now() + MARKING;
        match erase(&tools, &id, &by, until).await.map_err(failed)? {
            Standing::UnderWay {
                erasure,
                domains_left,
            } => Erasing::UnderWay {
                client,
                began_at: erasure.began_at,
                domains_left,
            },
            Standing::Erased(erased_at) => Erasing::Erased { client, erased_at },
            Standing::Unknown => return Err(unknown(&client)),
        }
    } else {
        let record = connected.store.client_record(&id).await.map_err(failed)?;
        match (record.erased(), record.erasure) {
            (Some(erased_at), _) => Erasing::Erased { client, erased_at },
            (None, Some(erasure)) => Erasing::UnderWay {
                client,
                began_at: erasure.began_at,
                domains_left: None,
            },
            (None, None) if !connected.store.knows(&id).await.map_err(failed)? => {
                return Err(unknown(&client));
            }
            (None, None) => Erasing::NotBegun {
                client,
                domains: record.held,
            },
        }
    };
    Ok(Report::new(&erasing, false))
}

fn unknown(client: &str) -> Error {
    Error::Input(format!(
        "There is no such client: nothing is kept of {client}."
    ))
}

impl fmt::Display for Erasing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBegun { client, domains } => {
                let domains = domains.map_or("its".to_owned(), |domains| domains.to_string());
                writeln!(
                    f,
                    "Would stop sending for {domains} domains of {client}, delete their identities, and erase what names a person. It cannot be taken back. Nothing was changed: --yes does it."
                )
            }
            Self::UnderWay {
                client,
                began_at,
                domains_left,
            } => {
                write!(f, "{client} is being erased since {began_at}")?;
                if let Some(left) = domains_left {
                    write!(f, "; {left} domains are still being removed")?;
                }
                writeln!(f, ". The poller goes on with it.")
            }
            Self::Erased { client, erased_at } => {
                writeln!(f, "{client} was erased at {erased_at}.")
            }
        }
    }
}
