//! `GET /openapi.json`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/openapi.json",
    access: Access::Anyone,
    function: "describe-api",
    summary: "This document.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use serde_json::json;

    use crate::openapi::{Description, GoodAnswer, Schemas};

    pub(crate) fn describe(_: &mut Schemas) -> Description {
        let document = json!({
            "type": "object",
            "required": ["openapi", "info", "paths"],
            "properties": {
                "openapi": { "type": "string", "description": "The version of OpenAPI." },
                "info": { "type": "object", "description": "General information about the API." },
                "paths": { "type": "object", "description": "The operations, by their paths." },
            },
        });
        Description {
            answers: vec![GoodAnswer {
                status: "200",
                description: "The OpenAPI document.",
                response: json!({
                    "headers": {},
                    "content": { "application/json": { "schema": document } },
                }),
            }],
            cache_control: "public, max-age=300",
            ..Description::default()
        }
    }
}
