//! `lasso-ops export`: everything that is kept of a client, as JSON. It only reads.

use std::fmt;

use domain_auth::names::ClientId;
use serde::Serialize;
use serde_json::Value;

use super::connected::Connected;
use crate::aws::Aws;
use crate::options::OfClient;
use crate::outcome::{Error, Report};
use crate::stack::Stack;

/// What is kept.
#[derive(Debug, Serialize)]
struct Export {
    client: String,
    items: Vec<Value>,
}

pub(super) async fn run(aws: &Aws, stack: &Stack, options: &OfClient) -> Result<Report, Error> {
    let client = client(&options.client)?;
    let connected = Connected::to(aws, stack)?;
    let kept = connected.store.kept_of(&client).await;
    let items = kept.map_err(|error| Error::failed("reading the table", error))?;
    let export = Export {
        client: client.as_str().to_owned(),
        items,
    };
    Ok(Report::new(&export, false))
}

/// A client by its identifier.
pub(super) fn client(text: &str) -> Result<ClientId, Error> {
    ClientId::parse(text).map_err(|error| Error::Input(format!("the client {text:?} {error}")))
}

impl fmt::Display for Export {
    /// An export is for machines in any case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?;
        writeln!(f, "{json}")
    }
}
