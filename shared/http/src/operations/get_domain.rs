//! `GET /domains/{domain}`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/domains/{domain}",
    access: Access::ClientAdmin,
    function: "read-domains",
    summary: "One domain: its status, its records, and how to repair them.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, GoodAnswer, Schemas, examples};
    use crate::problem::ApiError;
    use crate::view::DomainView;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let domain = schemas.answered::<DomainView>();
        let diagnosed = examples::diagnosed();
        Description {
            detail: "Reads only what the service has stored, and asks neither Amazon SES nor DNS.",
            answers: vec![GoodAnswer::json(
                "200",
                "The domain.",
                &domain,
                "diagnosed",
                &diagnosed,
            )],
            problems: vec![ApiError::NotFound],
            ..Description::default()
        }
    }
}
