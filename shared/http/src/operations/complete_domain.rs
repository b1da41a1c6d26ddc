//! `POST /staff/clients/{client}/domains/{domain}/complete`.

use domain_auth::use_cases::decide::DecideRefusal;

use crate::problem::ApiError;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/staff/clients/{client}/domains/{domain}/complete",
    access: Access::LassoSupport,
    function: "decide-domain",
    summary: "Takes the final step: from then on Lasso sends for the domain.",
};

impl From<DecideRefusal> for ApiError {
    fn from(error: DecideRefusal) -> Self {
        match error {
            DecideRefusal::NotVerified { situation, missing } => Self::NotVerified {
                situation,
                missing: missing.into_iter().map(|piece| piece.message).collect(),
            },
            DecideRefusal::IdentityNotOurs => Self::IdentityNotOurs,
            DecideRefusal::Ses(error) => Self::Ses(error),
        }
    }
}

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, Schemas, examples, samples};
    use crate::problem::ApiError;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        Description {
            detail: "Only for a domain that is `verified`.",
            answers: vec![examples::completed("The domain.", schemas)],
            problems: samples::without_body(vec![
                ApiError::NotFound,
                samples::not_verified(),
                ApiError::IdentityNotOurs,
                samples::throttled("PutEmailIdentityConfigurationSetAttributes"),
                samples::refused("PutEmailIdentityConfigurationSetAttributes"),
                ApiError::Busy,
            ]),
            ..Description::default()
        }
    }
}
