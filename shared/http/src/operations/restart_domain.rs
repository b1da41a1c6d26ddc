//! `POST /domains/{domain}/restart`.

use domain_auth::use_cases::restart::RestartRefusal;

use crate::problem::ApiError;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/domains/{domain}/restart",
    access: Access::ClientAdmin,
    function: "advance-domain",
    summary: "Restarts the verification of a failed domain for another 72 hours at Amazon SES.",
};

impl From<RestartRefusal> for ApiError {
    fn from(error: RestartRefusal) -> Self {
        match error {
            RestartRefusal::NotFailed(situation) => Self::NotFailed {
                situation,
                by_support: false,
            },
            RestartRefusal::Ses(error) => Self::Ses(error),
        }
    }
}

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::domain::Situation;
    use domain_auth::state::Status;

    use crate::openapi::{Description, GoodAnswer, Schemas, examples, samples};
    use crate::problem::ApiError;
    use crate::view::DomainView;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let domain = schemas.answered::<DomainView>();
        Description {
            detail: "Makes Amazon SES look again for the TXT record and for the DKIM records.",
            answers: vec![GoodAnswer::json(
                "200",
                "The domain, which waits for its records again.",
                &domain,
                "pending",
                &examples::pending(),
            )],
            problems: samples::without_body(vec![
                ApiError::NotFound,
                ApiError::NotFailed {
                    situation: Situation::plain(Status::Pending),
                    by_support: false,
                },
                samples::throttled("VerifyDomainIdentity"),
                samples::refused("VerifyDomainIdentity"),
                ApiError::Busy,
            ]),
            ..Description::default()
        }
    }
}
