//! The progress of a client's erasure, as Lasso support sees it.

use domain_auth::names::ClientId;
use domain_auth::use_cases::erase::Standing;
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use serde::Serialize;

use crate::time::in_millis;

/// The progress of the erasure of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Erasure")
)]
pub struct ErasureView {
    /// The client.
    pub client: String,
    /// `being_erased`, or `erased`.
    #[cfg_attr(feature = "openapi", schemars(extend("enum" = ["being_erased", "erased"])))]
    pub status: &'static str,
    /// The status as a sentence. Plain text: a page has to escape it.
    pub message: String,
    /// When the erasure began, while the client is being erased.
    #[serde(serialize_with = "in_millis")]
    pub began_at: Option<Timestamp>,
    /// Domains that are still being removed. `null` once the client is erased, and if there was no time to
    /// count them.
    pub domains_left: Option<usize>,
    /// How many records were deleted or lost their personal data, while the client is being erased. Records
    /// are erased when no domain is left.
    pub records_erased: Option<u64>,
    /// When the client was erased.
    #[serde(serialize_with = "in_millis")]
    pub erased_at: Option<Timestamp>,
}

impl ErasureView {
    /// The response about the erasure of a client; `None` if the client is unknown.
    pub fn new(client: &ClientId, standing: &Standing) -> Option<Self> {
        let client = client.to_string();
        Some(match standing {
            Standing::Unknown => return None,
            Standing::UnderWay {
                erasure,
                domains_left,
            } => Self {
                client,
                status: "being_erased",
                message: under_way(*domains_left),
                began_at: Some(erasure.began_at),
                domains_left: *domains_left,
                records_erased: Some(erasure.records_erased),
                erased_at: None,
            },
            Standing::Erased(at) => Self {
                client,
                status: "erased",
                message: "The client has no domains, and no personal data of it is kept."
                    .to_owned(),
                began_at: None,
                domains_left: None,
                records_erased: None,
                erased_at: Some(*at),
            },
        })
    }

    /// 202 while the erasure is running.
    pub fn status(&self) -> StatusCode {
        match self.erased_at {
            None => StatusCode::ACCEPTED,
            Some(_) => StatusCode::OK,
        }
    }
}

fn under_way(domains_left: Option<usize>) -> String {
    let what = match domains_left {
        Some(0) => "All domains are removed. Personal data is erased within minutes.".to_owned(),
        Some(1) => "One domain is still being removed.".to_owned(),
        Some(domains) => format!("{domains} domains are still being removed."),
        None => "The domains are being removed.".to_owned(),
    };
    format!(
        "{what} The service continues in the background. Repeat the request to see the progress."
    )
}

#[cfg(test)]
mod tests {
    use domain_auth::erasure::Erasure;
    use domain_auth::history::Actor;

    use super::*;

    #[test]
    fn an_erasure_returns_202_until_it_is_done_and_then_200() {
        let client = ClientId::parse("maple-homes").unwrap();
        let view = |standing| ErasureView::new(&client, &standing).unwrap();
        let erasure = Erasure::begun_by(Actor::Service, Timestamp::UNIX_EPOCH);
        for (domains_left, begins) in [
            (Some(3), "3 domains are"),
            (Some(1), "One domain is"),
            (Some(0), "All domains are removed."),
            (None, "The domains are"),
        ] {
            let erasure = erasure.clone();
            let view = view(Standing::UnderWay {
                erasure,
                domains_left,
            });
            assert_eq!(view.status(), StatusCode::ACCEPTED);
            assert!(view.message.starts_with(begins), "{view:?}");
        }
        let erased = view(Standing::Erased(Timestamp::UNIX_EPOCH));
        assert_eq!(erased.status(), StatusCode::OK);
        assert_eq!((erased.status, erased.began_at), ("erased", None));
        assert_eq!(ErasureView::new(&client, &Standing::Unknown), None);
    }
}
