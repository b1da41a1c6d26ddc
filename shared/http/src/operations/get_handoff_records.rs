//! `GET /handoff/{token}/records`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/handoff/{token}/records",
    access: Access::Anyone,
    function: "handoff",
    summary: "The records behind a link, as a file.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::handoff::HandoffFormat;

    use crate::openapi::parameters::query;
    use crate::openapi::{Description, GoodAnswer, Schemas};
    use crate::operations::get_records::openapi::{in_every_format, zone};
    use crate::operations::open_handoff::openapi::{headers, page};

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let format = schemas.read::<HandoffFormat>();
        let mut records = in_every_format(schemas);
        records["headers"] = headers();
        Description {
            detail: "The formats of `GET /domains/{domain}/records`. Without `format`, or with an unknown \
                format, the answer is 404, as for a link that does not exist. It is also 404 for a zone \
                without records, and while there are no records.",
            query: vec![query("format", "The hand-off format.", &format), zone()],
            answers: vec![
                GoodAnswer {
                    status: "200",
                    description: "The records.",
                    response: records,
                },
                page(
                    "404",
                    "The link does not exist or has ended, or there is no such file.",
                ),
                page("503", "The file could not be made now."),
            ],
            cache_control: "no-store",
            ..Description::default()
        }
    }
}
