//! `DELETE /domains/{domain}`.

use domain_auth::use_cases::remove::RemoveRefusal;

use crate::problem::ApiError;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "DELETE",
    path: "/domains/{domain}",
    access: Access::ClientAdmin,
    function: "remove-domain",
    summary: "Stops sending for a domain, and takes it out of Amazon SES and out of the list.",
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
            detail: "Also where Amazon SES is slow: the service goes on by itself, and the domain can \
                be added again at once. Repeated while it goes on, it is 204 too; afterwards 404. A \
                domain that is `authenticated` or `at_risk` needs `confirm`.",
            query: vec![query(
                "confirm",
                "The domain once more, in any spelling, where Lasso sends for it.",
                &json!({ "type": "string" }),
            )],
            answers: vec![GoodAnswer {
                status: "204",
                description: "It is removed, or is being removed.",
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
