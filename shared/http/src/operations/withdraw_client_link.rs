//! `DELETE /staff/clients/{client}/domains/{domain}/links/{link}`: as the client's own call.

#[cfg(feature = "openapi")]
pub(super) use super::withdraw_link::openapi;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "DELETE",
    path: "/staff/clients/{client}/domains/{domain}/links/{link}",
    access: Access::LassoSupport,
    function: "share-domain",
    summary: "Takes a link to a client's domain back: from now on it leads nowhere.",
};
