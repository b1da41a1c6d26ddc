//! Parameters in path, query and header.

use serde_json::{Value, json};

/// An `ETag`, for examples.
pub(super) const TAG: &str = "\"5c0d9a3b7e21f4468f0b6d1c2a9e7f30\"";

pub(super) fn if_none_match() -> Value {
    json!({
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of the response that the caller has. If it has not changed, the answer \
            is 304.",
        "schema": { "type": "string" },
        "example": TAG,
    })
}

pub(super) fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Names this request, with or without quotation marks. If the request is sent again \
            within 24 hours with the same key and body, it has no second effect and gets the same answer.",
        // Without other characters that quotation marks allow, because programs make these values.
        "schema": { "type": "string", "pattern": "^[A-Za-z0-9_-]{1,255}$" },
        "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    })
}

pub(super) fn in_path(name: &'static str) -> Value {
    let text = || json!({ "type": "string", "minLength": 1 });
    let (description, example, schema) = match name {
        "domain" => (
            "The domain's name, in A-labels or in Unicode.",
            "maplehomes.com",
            text(),
        ),
        "client" => (
            "The client, as the identity provider names it: letters, digits and `-_.` as they are, every \
             other character as `~` and its code in two hexadecimal digits, such as `~2F` for `/`.",
            "maple-homes",
            json!({ "type": "string", "minLength": 1, "maxLength": 384 }),
        ),
        "address" => (
            "The address, percent-encoded.",
            "sales@maplehomes.com",
            text(),
        ),
        "link" => (
            "The link, by its `id`.",
            "0198f3a2-6d5e-7c41-9a37-2f1d8c5b6e70",
            text(),
        ),
        "token" => (
            "The token of a link: 256 random bits in base64url.",
            "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo",
            json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{43}$" }),
        ),
        other => panic!("the parameter {other} is not described"),
    };
    json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": description,
        "schema": schema,
        "example": example,
    })
}

pub(crate) fn query(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

pub(crate) fn paging() -> Vec<Value> {
    vec![
        query(
            "limit",
            "The largest number of entries in the page.",
            &json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 50 }),
        ),
        query(
            "cursor",
            "The `next_cursor` of the previous page of this list.",
            &json!({ "type": "string", "minLength": 1 }),
        ),
    ]
}
