//! `GET /domains/{domain}`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/domains/{domain}",
    access: Access::ClientAdmin,
    function: "read-domains",
    summary: "One domain: where it stands, its records, and how to mend them.",
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
            detail: "A pure read of what the service knows: it asks neither Amazon SES nor DNS.",
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
