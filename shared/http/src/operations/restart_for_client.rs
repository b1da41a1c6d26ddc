//! `POST /staff/clients/{client}/domains/{domain}/restart`, with the refusals of
//! `restart_domain.rs`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/staff/clients/{client}/domains/{domain}/restart",
    access: Access::LassoSupport,
    function: "advance-domain",
    summary: "Restarts the verification of a client's failed domain for another 72 hours at Amazon SES.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, Schemas, examples};
    use crate::operations::restart_domain;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        Description {
            detail: "As the client's own call. The history names Lasso support.",
            answers: vec![examples::completed("The domain.", schemas)],
            ..restart_domain::openapi::describe(schemas).on_behalf()
        }
    }
}
