//! `POST /staff/clients/{client}/domains/{domain}/links`: as the client's own call.

#[cfg(feature = "openapi")]
pub(super) use super::make_link::openapi;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/staff/clients/{client}/domains/{domain}/links",
    access: Access::LassoSupport,
    function: "share-domain",
    summary: "Makes a link to the records of a client's domain, for a person without a login.",
};
