//! `DELETE /staff/clients/{client}/domains/{domain}`, with the refusals of `remove_domain.rs`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "DELETE",
    path: "/staff/clients/{client}/domains/{domain}",
    access: Access::LassoSupport,
    function: "remove-domain",
    summary: "Removes a client's domain on its behalf.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, Schemas};
    use crate::operations::remove_domain;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let client = remove_domain::openapi::describe(schemas);
        Description {
            detail: "As the client's own call: also if Amazon SES is slow, and with `confirm` if Lasso \
                sends for the domain. The history names Lasso support.",
            ..client
        }
    }
}
