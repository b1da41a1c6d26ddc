//! `PATCH /staff/clients/{client}/domains/{domain}`, with the body of `change_domain.rs`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "PATCH",
    path: "/staff/clients/{client}/domains/{domain}",
    access: Access::LassoSupport,
    function: "advance-domain",
    summary: "Changes the communities and the contact of a domain on the client's behalf.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, Schemas, examples};
    use crate::operations::change_domain;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let client = change_domain::openapi::describe(schemas).on_behalf();
        Description {
            answers: vec![examples::completed("The domain.", schemas)],
            ..client
        }
    }
}
