//! `GET /staff/clients/{client}/limits`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/staff/clients/{client}/limits",
    access: Access::LassoSupport,
    function: "read-staff",
    summary: "The limits of one client, and how much of each is used.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, Schemas, examples};
    use crate::problem::ApiError;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        Description {
            detail: "For any client, also if it has no domains.",
            answers: vec![examples::limits(schemas)],
            problems: vec![ApiError::NotFound],
            ..Description::default()
        }
    }
}
