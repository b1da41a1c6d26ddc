//! `POST /domains/{domain}/check`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/domains/{domain}/check",
    access: Access::ClientAdmin,
    function: "check-domain",
    summary: "Looks at Amazon SES and DNS now.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, GoodAnswer, Schemas, examples, samples};
    use crate::view::DomainView;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let domain = schemas.answered::<DomainView>();
        let diagnosed = examples::diagnosed();
        Description {
            detail: "Takes some seconds, up to 20. At most once per 30 seconds and domain, and 30 \
                times a minute for all domains of a client.",
            answers: vec![GoodAnswer::json(
                "200",
                "The domain.",
                &domain,
                "diagnosed",
                &diagnosed,
            )],
            problems: samples::of_checks(),
            ..Description::default()
        }
    }
}
