//! `GET /staff/clients/{client}/domains/{domain}/links`: as the client's own call.

#[cfg(feature = "openapi")]
pub(super) use super::list_links::openapi;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/staff/clients/{client}/domains/{domain}/links",
    access: Access::LassoSupport,
    function: "share-domain",
    summary: "The links to a client's domain that are live.",
};
