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
            detail: "In the format that `format` names, or else in the one that `Accept` prefers. A \
                DMARC record is left out where the domain has a policy already.",
            query: vec![query(
                "format",
                "The hand-off format. Goes before `Accept`.",
                &format,
            )],
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

    /// Every hand-off format under its media type.
    pub(in crate::operations) fn in_every_format(schemas: &mut Schemas) -> Value {
        let [record_set, change_batch] = schemas.handoff();
        let mut content: Map<String, Value> = Map::new();
        for format in HandoffFormat::ALL {
            let media_type = format.content_type().split(';').next().unwrap_or_default();
            let body = handed_off(format);
            let value = serde_json::from_str(&body).unwrap_or(Value::String(body));
            let entry = content.entry(media_type).or_insert_with(|| {
                let schema = match format {
                    HandoffFormat::Json | HandoffFormat::Route53 => {
                        json!({ "anyOf": [record_set, change_batch] })
                    }
                    HandoffFormat::Zone
                    | HandoffFormat::Csv
                    | HandoffFormat::Terraform
                    | HandoffFormat::Text
                    | HandoffFormat::Html => json!({ "type": "string" }),
                };
                json!({ "schema": schema, "examples": {} })
            });
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
