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
    use serde_json::{Map, Value, json};

    use crate::openapi::parameters::query;
    use crate::openapi::{Description, GoodAnswer, Schemas};
    use crate::operations::open_handoff::openapi::{headers, page};

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let format = schemas.read::<HandoffFormat>();
        let types = HandoffFormat::ALL.map(|format| {
            let media_type = format.content_type().split(';').next().unwrap_or_default();
            (media_type.to_owned(), json!({ "schema": {} }))
        });
        let content: Map<String, Value> = types.into_iter().collect();
        Description {
            detail: "The formats of `GET /domains/{domain}/records`. Without `format`, or with one that \
                there is not, it is 404, as for no link; so it is while there are no records.",
            query: vec![query("format", "The hand-off format.", &format)],
            answers: vec![
                GoodAnswer {
                    status: "200",
                    description: "The records.",
                    response: json!({ "headers": headers(), "content": content }),
                },
                page("404", "There is no such link, or no more, or no such file."),
                page("503", "The file could not be made now."),
            ],
            cache_control: "no-store",
            ..Description::default()
        }
    }
}
