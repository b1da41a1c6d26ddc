//! `POST /staff/clients/{client}/domains/{domain}/links`: as the client's own call.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/staff/clients/{client}/domains/{domain}/links",
    access: Access::LassoSupport,
    function: "share-domain",
    summary: "Makes a link to the records of a client's domain, for a person without a login.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, Schemas};
    use crate::operations::make_link;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        make_link::openapi::describe(schemas).on_behalf()
    }
}
