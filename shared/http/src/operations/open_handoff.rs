//! `GET /handoff/{token}`: a page for a person. Errors are HTML, too, instead of problem details.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/handoff/{token}",
    access: Access::Anyone,
    function: "handoff",
    summary: "The page of a link: the records of one domain, and their state.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use serde_json::{Value, json};

    use crate::openapi::parameters::query;
    use crate::openapi::{Description, GoodAnswer, Schemas};

    pub(crate) fn describe(_: &mut Schemas) -> Description {
        Description {
            detail: "Opening it changes nothing. The answer is the same 404 if the link does not exist, \
                has ended or was withdrawn, or if the client no longer has the domain.",
            query: vec![query(
                "check",
                "`later` if a check that was requested on the page could not be made.",
                &json!({ "type": "string", "enum": ["later"] }),
            )],
            answers: vec![
                page("200", "The page."),
                page("404", "The link does not exist or has ended."),
                page("503", "The page could not be made now."),
            ],
            cache_control: "no-store",
            ..Description::default()
        }
    }

    pub(in crate::operations) fn page(
        status: &'static str,
        description: &'static str,
    ) -> GoodAnswer {
        GoodAnswer {
            status,
            description,
            response: json!({ "headers": headers(), "content": {
                "text/html": { "schema": { "type": "string" } },
            } }),
        }
    }

    /// What each answer to a link has.
    pub(in crate::operations) fn headers() -> Value {
        let always = |value: &str| json!({ "schema": { "type": "string", "const": value } });
        json!({
            "Referrer-Policy": always("no-referrer"),
            "X-Robots-Tag": always("noindex, nofollow"),
        })
    }
}
