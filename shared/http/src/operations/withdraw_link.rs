//! `DELETE /domains/{domain}/links/{link}`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "DELETE",
    path: "/domains/{domain}/links/{link}",
    access: Access::ClientAdmin,
    function: "share-domain",
    summary: "Withdraws a link: from then on it does not work.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use serde_json::json;

    use crate::openapi::{Description, GoodAnswer, Schemas};
    use crate::problem::ApiError;

    pub(crate) fn describe(_: &mut Schemas) -> Description {
        Description {
            detail: "Repeated, it is 404.",
            answers: vec![GoodAnswer {
                status: "204",
                description: "It is withdrawn.",
                response: json!({ "headers": {} }),
            }],
            problems: vec![ApiError::NotFound, ApiError::NoSuchLink, ApiError::Busy],
            ..Description::default()
        }
    }
}
