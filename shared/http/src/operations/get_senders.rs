//! `POST /senders`.

use domain_auth::names::ClientId;

use crate::fields::Fields;
use crate::problem::ApiError;
use crate::routes::{Access, Route};

/// The maximum number of addresses in a request.
const MOST: usize = 100;

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/senders",
    access: Access::MassMail,
    function: "read-domains",
    summary: "May the client send from each of these addresses now?",
};

/// The body of `POST /senders`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "GetSenders", deny_unknown_fields)
)]
pub struct SendersBody {
    /// The client, as its tokens name it. Required for the role `mass-mail`. A Client Administrator may
    /// leave it out, and may name only its own client.
    #[cfg_attr(feature = "openapi", schemars(with = "Option<ClientId>"))]
    pub client: Option<ClientId>,
    /// The addresses, each with or without a display name.
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = MOST)))]
    pub addresses: Vec<String>,
}

impl SendersBody {
    /// Reads the body. A caller that has a client of its own need not name one.
    pub fn read(mut fields: Fields, has_own_client: bool) -> Result<Self, ApiError> {
        let client = if has_own_client {
            fields.parsed("client", ClientId::parse)
        } else {
            fields.required("client", ClientId::parse)
        };
        let addresses = fields.required_texts("addresses", MOST);
        let addresses = fields.finish(addresses)?;
        Ok(Self { client, addresses })
    }
}

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::use_cases::senders::{SenderStanding, Verdict};
    use serde_json::{Value, json};

    use super::SendersBody;
    use crate::openapi::story::{NAME, name};
    use crate::openapi::{Description, GoodAnswer, RequestBody, Schemas, examples, samples};
    use crate::problem::{ApiError, FieldError};
    use crate::sender_view::SendersView;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let senders = schemas.answered::<SendersView>();
        Description {
            detail: "For a whole mailing: the answer of `GET /senders/{address}` for each address, in the \
                given order. It changes nothing. Data that several addresses depend on is read once.",
            body: Some(RequestBody::new(
                schemas.read::<SendersBody>(),
                json!({
                    "client": "maple-homes",
                    "addresses": [
                        format!("\"Maple Homes\" <sales@{NAME}>"),
                        "sales@example.com",
                    ],
                }),
            )),
            answers: vec![GoodAnswer::json(
                "200",
                "Yes or no, and why, for each address.",
                &senders,
                "senders",
                &answered(),
            )],
            problems: vec![
                samples::malformed(),
                ApiError::TooManySenders,
                ApiError::Invalid(vec![
                    FieldError::field("/client", "is required"),
                    FieldError::field("/addresses", "must have 1 to 100 entries, but has 0"),
                ]),
            ],
            ..Description::default()
        }
    }

    fn answered() -> Value {
        let covered = Verdict::Covered {
            by: name(),
            standing: SenderStanding::Authenticated,
            warnings: Vec::new(),
        };
        let address = format!("\"Maple Homes\" <sales@{NAME}>");
        examples::value(&SendersView::new([(address, covered)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::fields_of;

    fn pointers(body: &str, has_own_client: bool) -> Vec<String> {
        match SendersBody::read(fields_of(body), has_own_client) {
            Ok(_) => Vec::new(),
            Err(ApiError::Invalid(errors)) => errors
                .into_iter()
                .filter_map(|error| error.pointer)
                .collect(),
            Err(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn a_program_must_name_the_client_and_an_administrator_need_not() {
        let body = r#"{"addresses":["a@b.com"]}"#;
        assert_eq!(pointers(body, false), ["/client"]);
        assert!(pointers(body, true).is_empty());
        assert!(pointers(r#"{"client":"maple","addresses":["a"]}"#, false).is_empty());
        assert_eq!(
            pointers(r#"{"client":"a b","addresses":["a"]}"#, true),
            ["/client"]
        );
    }

    #[test]
    fn a_request_has_1_to_100_addresses_and_each_is_a_string() {
        let list = |length: usize| format!(r#"{{"addresses":{:?}}}"#, vec!["a@b.com"; length]);
        assert!(pointers(&list(100), true).is_empty());
        for body in [&list(0), &list(101), "{}", r#"{"addresses":"a@b.com"}"#] {
            assert_eq!(pointers(body, true), ["/addresses"], "{body}");
        }
        let mixed = r#"{"addresses":["a@b.com",5,null,[]],"adresses":[]}"#;
        let wrong = ["/addresses/1", "/addresses/2", "/addresses/3", "/adresses"];
        assert_eq!(pointers(mixed, true), wrong);
    }
}
