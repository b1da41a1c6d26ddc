//! `GET /staff/clients/{client}/domains/{domain}`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/staff/clients/{client}/domains/{domain}",
    access: Access::LassoSupport,
    function: "read-staff",
    summary: "One domain of any client, with everything.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, Schemas, examples};
    use crate::problem::ApiError;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        Description {
            detail: "With the claim, and the answers of the last look at DNS.",
            answers: vec![examples::completed("The domain.", schemas)],
            problems: vec![ApiError::NotFound],
            ..Description::default()
        }
    }
}
