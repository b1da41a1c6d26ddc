//! `POST /domains/{domain}/check`.

use domain_auth::use_cases::check::CheckRefusal;

use crate::problem::ApiError;
use crate::refusals::seconds_up;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/domains/{domain}/check",
    access: Access::ClientAdmin,
    function: "check-domain",
    summary: "Checks the domain at Amazon SES and in DNS now.",
};

impl From<CheckRefusal> for ApiError {
    fn from(error: CheckRefusal) -> Self {
        match error {
            CheckRefusal::TooSoon { wait } => Self::CheckedTooSoon(seconds_up(wait)),
            CheckRefusal::TooMany { wait } => Self::TooManyChecks(seconds_up(wait)),
        }
    }
}

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, GoodAnswer, Schemas, examples, samples};
    use crate::view::DomainView;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let domain = schemas.answered::<DomainView>();
        let diagnosed = examples::diagnosed();
        Description {
            detail: "Takes up to 20 seconds. At most once in 30 seconds for a domain, and 30 times a \
                minute for all domains of a client.",
            answers: vec![GoodAnswer::json(
                "200",
                "The domain.",
                &domain,
                "diagnosed",
                &diagnosed,
            )],
            problems: samples::without_body(samples::of_checks()),
            ..Description::default()
        }
    }
}
