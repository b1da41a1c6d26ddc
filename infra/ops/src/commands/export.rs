//! `lasso-ops export`: everything that is stored about a client, as JSON. It only reads.

use std::fmt;

use domain_auth::names::ClientId;
use serde::Serialize;
use serde_json::Value;

use super::connected::Connected;
use crate::aws::Aws;
use crate::options::OfClient;
use crate::outcome::{Error, Report};
use crate::stack::Stack;

/// Everything that is stored about a client.
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
    Ok(exported(&client, items))
}

/// The report on what is kept. Of a client whose identifier is mistyped nothing is.
fn exported(client: &ClientId, items: Vec<Value>) -> Report {
    let nothing_kept = items.is_empty();
    let client = client.as_str().to_owned();
    let remark =
        format!("Nothing is kept of a client {client:?}: look whether the identifier is right.");
    let report = Report::new(&Export { client, items }, nothing_kept);
    if nothing_kept {
        report.with_remark(remark)
    } else {
        report
    }
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

#[cfg(test)]
mod tests {
    use domain_auth_testkit::client;
    use serde_json::json;

    use super::*;
    use crate::outcome::{IN_ORDER, NEEDS_A_PERSON, WRONG_ARGUMENTS};

    #[test]
    fn an_export_says_so_if_no_data_of_the_client_is_stored() {
        let unknown = exported(&client("mapel"), Vec::new());
        assert_eq!(unknown.exit_code(), NEEDS_A_PERSON);
        assert_eq!(unknown.json()["items"], json!([]));
        let remark = unknown.remark().unwrap();
        assert!(
            remark.contains("Nothing is kept of a client \"mapel\""),
            "{remark}"
        );
        let maple = exported(&client("maple"), vec![json!({ "pk": "CLIENT#maple" })]);
        assert_eq!((maple.exit_code(), maple.remark()), (IN_ORDER, None));
    }

    #[test]
    fn an_invalid_client_identifier_is_a_wrong_argument() {
        for text in ["", "bad client!", "../x#y"] {
            let refused = super::client(text).unwrap_err();
            assert_eq!(refused.exit_code(), WRONG_ARGUMENTS, "{text:?}");
        }
    }
}
