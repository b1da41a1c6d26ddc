//! `DELETE /staff/clients/{client}/domains/{domain}/links/{link}`: as the client's own call.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "DELETE",
    path: "/staff/clients/{client}/domains/{domain}/links/{link}",
    access: Access::LassoSupport,
    function: "share-domain",
    summary: "Withdraws a link to a client's domain: from then on it does not work.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, Schemas};
    use crate::operations::withdraw_link;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        withdraw_link::openapi::describe(schemas).on_behalf()
    }
}
