//! `POST /domains/{domain}/restart`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/domains/{domain}/restart",
    access: Access::ClientAdmin,
    function: "advance-domain",
    summary: "Gives a domain that failed another 72 hours at Amazon SES.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::state::Status;

    use crate::openapi::{Description, GoodAnswer, Schemas, examples, samples};
    use crate::problem::ApiError;
    use crate::view::DomainView;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let domain = schemas.answered::<DomainView>();
        Description {
            detail: "Starts both the search for the TXT record and for DKIM.",
            answers: vec![GoodAnswer::json(
                "200",
                "The domain, waiting again.",
                &domain,
                "pending",
                &examples::pending(),
            )],
            problems: vec![
                ApiError::NotFound,
                ApiError::NotFailed(Status::Pending),
                samples::throttled("VerifyDomainIdentity"),
                samples::refused("VerifyDomainIdentity"),
                ApiError::Busy,
            ],
            ..Description::default()
        }
    }
}
