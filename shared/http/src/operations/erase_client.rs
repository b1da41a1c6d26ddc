//! `DELETE /staff/clients/{client}`.

use domain_auth::names::ClientId;

use crate::problem::{ApiError, FieldError};
use crate::request::ParsedRequest;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "DELETE",
    path: "/staff/clients/{client}",
    access: Access::LassoSupport,
    function: "remove-domain",
    summary: "Erases a client: removes its domains, and the personal data in its stored records.",
};

/// The client that a request erases, if the request confirms it.
pub fn client_to_erase(request: &ParsedRequest) -> Result<&ClientId, ApiError> {
    let client = request.client()?;
    match request.query("confirm") {
        None => Err(ApiError::ErasureUnconfirmed(client.clone())),
        Some(confirmed)
            if confirmed == client.as_str() || confirmed == client.to_path_segment() =>
        {
            Ok(client)
        }
        Some(_) => Err(ApiError::invalid(FieldError::parameter(
            "confirm",
            "names a different client than the path",
        ))),
    }
}

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::erasure::Erasure;
    use domain_auth::history::Actor;
    use domain_auth::use_cases::erase::Standing;
    use serde_json::json;

    use crate::erasure_view::ErasureView;
    use crate::openapi::parameters::query;
    use crate::openapi::story::{at, client};
    use crate::openapi::{Description, GoodAnswer, Schemas, examples};
    use crate::problem::{ApiError, FieldError};

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let schema = schemas.answered::<ErasureView>();
        let view = |standing: Standing| {
            examples::value(
                &ErasureView::new(&client(), &standing).expect("a client that is known"),
            )
        };
        let under_way = view(Standing::UnderWay {
            erasure: Erasure::begun_by(Actor::Service, at(0)),
            domains_left: Some(12),
        });
        Description {
            detail: "Sending stops immediately. The service removes the domains as `DELETE` of each domain \
                does: an identity at Amazon SES is deleted only if it has the client's tag and was not \
                adopted. Then the service removes personal data from history and events. It deletes the \
                client's links, counters and limits, and the responses to requests that had an \
                `Idempotency-Key`. That takes some minutes; repeat the request to see the progress, and \
                200 means that it is done. Until then the client cannot add a domain. The names that it \
                held stay reserved as after any removal, without personal data. 404 for a client of which \
                nothing is stored, such as one whose identifier is misspelled.",
            query: vec![query(
                "confirm",
                "The client again, as in the path.",
                &json!({ "type": "string" }),
            )],
            answers: vec![
                GoodAnswer::json(
                    "202",
                    "The client is being erased.",
                    &schema,
                    "being_erased",
                    &under_way,
                ),
                GoodAnswer::json(
                    "200",
                    "The client is erased.",
                    &schema,
                    "erased",
                    &view(Standing::Erased(at(9))),
                ),
            ],
            problems: vec![
                ApiError::NoSuchClient,
                ApiError::ErasureUnconfirmed(client()),
                ApiError::invalid(FieldError::parameter(
                    "confirm",
                    "names a different client than the path",
                )),
            ],
            ..Description::default()
        }
    }
}
