//! `GET /staff/clients/{client}/domains/{domain}/links`: as the client's own call.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/staff/clients/{client}/domains/{domain}/links",
    access: Access::LassoSupport,
    function: "share-domain",
    summary: "The live links to a client's domain.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, Schemas};
    use crate::operations::list_links;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        list_links::openapi::describe(schemas).on_behalf()
    }
}
