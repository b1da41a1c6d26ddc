//! `POST /staff/clients/{client}/domains/{domain}/recheck`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/staff/clients/{client}/domains/{domain}/recheck",
    access: Access::LassoSupport,
    function: "check-domain",
    summary: "Looks at Amazon SES and DNS now.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, Schemas, examples, samples};

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let just_now = "The domain, as it was seen just now.";
        Description {
            detail: "Takes some seconds, up to 20. At most once per 30 seconds and domain for all \
                callers, and 120 times a minute for one person.",
            answers: vec![examples::completed(just_now, schemas)],
            problems: samples::without_body(samples::of_checks()),
            ..Description::default()
        }
    }
}
