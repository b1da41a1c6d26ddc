//! `GET /staff/clients/{client}/domains/{domain}/records`, with the formats of `get_records.rs`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/staff/clients/{client}/domains/{domain}/records",
    access: Access::LassoSupport,
    function: "read-domains",
    summary: "The records of a client's domain, to hand over.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, Schemas};
    use crate::operations::get_records;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        get_records::openapi::describe(schemas).on_behalf()
    }
}
