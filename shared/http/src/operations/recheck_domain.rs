//! `POST /staff/clients/{client}/domains/{domain}/recheck`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/staff/clients/{client}/domains/{domain}/recheck",
    access: Access::LassoSupport,
    function: "check-domain",
    summary: "Checks the domain at Amazon SES and in DNS now.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, Schemas, examples, samples};

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let just_now = "The domain, as it was seen just now.";
        Description {
            detail: "Takes up to 20 seconds. At most once in 30 seconds for a domain, counting all \
                callers, and 120 times a minute for one person.",
            answers: vec![examples::completed(just_now, schemas)],
            problems: samples::without_body(samples::of_checks()),
            ..Description::default()
        }
    }
}
