//! `POST /handoff/{token}/check`: a form on the page of a link. The response leads back to the
//! page.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/handoff/{token}/check",
    access: Access::Anyone,
    function: "check-domain",
    summary: "Checks the domain at Amazon SES and in DNS now, for a person who has a link to it.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use serde_json::json;

    use crate::openapi::{Description, GoodAnswer, Schemas};
    use crate::problem::ApiError;

    pub(crate) fn describe(_: &mut Schemas) -> Description {
        Description {
            detail: "A domain can be checked once in 30 seconds, counting the checks of all users; the \
                page says when the next one is possible. If the link does not exist or has ended, the page \
                says so.",
            answers: vec![GoodAnswer {
                status: "303",
                description: "Back to the page.",
                response: json!({ "headers": { "Location": {
                    "description": "The page, relative to this path.",
                    "schema": { "type": "string" },
                } } }),
            }],
            problems: vec![ApiError::NoRoute],
            ..Description::default()
        }
    }
}
