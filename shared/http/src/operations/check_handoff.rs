//! `POST /handoff/{token}/check`: a form on the page of a link. The response leads back to the
//! page.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/handoff/{token}/check",
    access: Access::Anyone,
    function: "check-domain",
    summary: "Looks at Amazon SES and DNS now, for a person who has a link to the domain.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use serde_json::json;

    use crate::openapi::{Description, GoodAnswer, Schemas};
    use crate::problem::ApiError;

    pub(crate) fn describe(_: &mut Schemas) -> Description {
        Description {
            detail: "The domain has one check in 30 seconds, for all askers together; the page says when the next \
                one may be. Of no link and of one that is no more, the page says so.",
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
