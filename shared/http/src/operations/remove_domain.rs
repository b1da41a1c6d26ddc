//! `DELETE /domains/{domain}`.

use domain_auth::use_cases::remove::RemoveRefusal;

use crate::problem::ApiError;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "DELETE",
    path: "/domains/{domain}",
    access: Access::ClientAdmin,
    function: "remove-domain",
    summary: "Stops sending for a domain, and removes it from Amazon SES and from the list.",
};

impl From<RemoveRefusal> for ApiError {
    fn from(error: RemoveRefusal) -> Self {
        match error {
            RemoveRefusal::Unconfirmed(name) => Self::Unconfirmed(name),
            RemoveRefusal::OtherConfirmed => Self::OtherConfirmed,
        }
    }
}

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use serde_json::json;

    use crate::openapi::parameters::query;
    use crate::openapi::story::name;
    use crate::openapi::{Description, GoodAnswer, Schemas};
    use crate::problem::ApiError;

    pub(crate) fn describe(_: &mut Schemas) -> Description {
        Description {
            detail: "The answer is 204 also if Amazon SES is slow: the service does the rest \
                automatically, and the domain can be added again immediately. Repeating the call is 204 \
                while the removal continues, and 404 afterwards. A domain that is `authenticated` or \
                `at_risk` needs `confirm`.",
            query: vec![query(
                "confirm",
                "The domain again, in any spelling. Required if Lasso sends for it.",
                &json!({ "type": "string" }),
            )],
            answers: vec![GoodAnswer {
                status: "204",
                description: "The domain is removed, or is being removed.",
                response: json!({ "headers": {} }),
            }],
            problems: vec![
                ApiError::NotFound,
                ApiError::Unconfirmed(name()),
                ApiError::OtherConfirmed,
                ApiError::Busy,
            ],
            ..Description::default()
        }
    }
}
