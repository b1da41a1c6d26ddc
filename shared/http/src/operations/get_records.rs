//! `GET /domains/{domain}/records`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/domains/{domain}/records",
    access: Access::ClientAdmin,
    function: "read-domains",
    summary: "The records of a domain, to hand over.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::handoff::{Handoff, HandoffFormat, render};
    use serde_json::{Map, Value, json};

    use crate::openapi::look::looked_at;
    use crate::openapi::parameters::query;
    use crate::openapi::{Description, GoodAnswer, Schemas};
    use crate::problem::{ApiError, FieldError};

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let format = schemas.read::<HandoffFormat>();
        Description {
            detail: "In the format that `format` names, or else in the format that `Accept` prefers. The \
                DMARC record is left out if the domain already has a policy.\n\nThe text formats are listed \
                first: a generated client that reads one media type of a response then returns every \
                format as text, also those in JSON.",
            query: vec![
                query(
                    "format",
                    "The hand-off format. Takes precedence over `Accept`.",
                    &format,
                ),
                zone(),
            ],
            answers: vec![GoodAnswer {
                status: "200",
                description: "The records.",
                response: in_every_format(schemas),
            }],
            problems: vec![
                ApiError::NotFound,
                ApiError::NotAcceptable,
                ApiError::RecordsNotReady,
                ApiError::invalid(FieldError::parameter(
                    "format",
                    "must be one of json, zone, csv, terraform, route53, text, html",
                )),
            ],
            ..Description::default()
        }
    }

    /// One of the zones that hold the records.
    pub(in crate::operations) fn zone() -> Value {
        query(
            "zone",
            "Only the records in this zone. Some names may be in zones of their own, such as \
             `_domainkey.maplehomes.com` if it is delegated. Without this parameter a document has all \
             records. The exception is a Route 53 change batch, which is for one hosted zone: it has the \
             records of the first zone, and its comment names the other zones.",
            &json!({ "type": "string", "minLength": 1 }),
        )
    }

    /// Every hand-off format under its media type.
    pub(in crate::operations) fn in_every_format(schemas: &mut Schemas) -> Value {
        let [record_set, change_batch] = schemas.handoff();
        let of_json = json!({ "anyOf": [record_set, change_batch] });
        let of_text = json!({ "type": "string" });
        let mut content: Map<String, Value> = Map::new();
        for format in HandoffFormat::ALL {
            let media_type = format.content_type().split(';').next().unwrap_or_default();
            let body = handed_off(format);
            let value = serde_json::from_str(&body).unwrap_or(Value::String(body));
            let schema = if value.is_string() {
                &of_text
            } else {
                &of_json
            };
            let entry = content
                .entry(media_type)
                .or_insert_with(|| json!({ "schema": schema, "examples": {} }));
            entry["examples"][format.as_str()] = json!({ "value": value });
        }
        json!({
            "headers": { "Content-Disposition": {
                "description": "A name for saving it.",
                "schema": { "type": "string" },
                "example": "inline; filename=\"maplehomes.com-dns-records.zone\"",
            } },
            "content": content,
        })
    }

    fn handed_off(format: HandoffFormat) -> String {
        let (domain, look) = looked_at();
        let records = domain.records();
        let handoff = Handoff {
            domain: &domain.name,
            zone: look.zone(),
            records: &records,
            observations: &look.observations,
            client: &domain.client,
        };
        let document = render(format, &handoff).expect("records that can be rendered");
        document.body
    }
}
