//! The documentation of an operation.

use serde_json::{Value, json};

use crate::problem::ApiError;

pub(super) use crate::caching::{NEVER_KEPT, NO_STORE};

/// What an operation takes, answers and refuses, beside its route.
pub(crate) struct Description {
    /// The description beyond the summary.
    pub(crate) detail: &'static str,
    /// The parameters in the query, as Parameter Objects.
    pub(crate) query: Vec<Value>,
    /// The body, in operations that take one.
    pub(crate) body: Option<RequestBody>,
    /// The answers that are no problems.
    pub(crate) answers: Vec<GoodAnswer>,
    /// The header `Cache-Control` of these answers.
    pub(crate) cache_control: &'static str,
    /// A sample of each problem, except those of every operation with a token and of every one with
    /// an `Idempotency-Key`.
    pub(crate) problems: Vec<ApiError>,
}

impl Description {
    /// Whether the good answers have an `ETag`, as `Manners` gives it to operations that read.
    pub(super) fn has_tag(&self, reads: bool) -> bool {
        reads && self.cache_control != NEVER_KEPT
    }
}

impl Default for Description {
    fn default() -> Self {
        Self {
            detail: "",
            query: Vec::new(),
            body: None,
            answers: Vec::new(),
            cache_control: NO_STORE,
            problems: Vec::new(),
        }
    }
}

impl Description {
    /// The description of the call when Lasso support makes it on a client's behalf: support sees domains
    /// that are being removed, and their client does not.
    pub(crate) fn on_behalf(mut self) -> Self {
        self.problems.push(ApiError::BeingRemoved);
        self
    }
}

/// The body of a request.
pub(crate) struct RequestBody {
    pub(crate) schema: Value,
    pub(crate) example: Value,
    /// Whether the body is required.
    pub(crate) required: bool,
}

impl RequestBody {
    /// A body that has to be there.
    pub(crate) fn new(schema: Value, example: Value) -> Self {
        Self {
            schema,
            example,
            required: true,
        }
    }
}

/// An answer that is no problem.
pub(crate) struct GoodAnswer {
    /// The HTTP status.
    pub(crate) status: &'static str,
    /// When this answer is given.
    pub(crate) description: &'static str,
    /// The Response Object, without what other answers have as well.
    pub(crate) response: Value,
}

impl GoodAnswer {
    /// A body in JSON, with an example under a name.
    pub(crate) fn json(
        status: &'static str,
        description: &'static str,
        schema: &Value,
        name: &str,
        example: &Value,
    ) -> Self {
        let examples = json!({ name: { "value": example } });
        Self::examples(status, description, schema, &examples)
    }

    /// A body in JSON, with examples by their names.
    pub(crate) fn examples(
        status: &'static str,
        description: &'static str,
        schema: &Value,
        examples: &Value,
    ) -> Self {
        let json = json!({ "schema": schema, "examples": examples });
        Self {
            status,
            description,
            response: json!({ "headers": {}, "content": { "application/json": json } }),
        }
    }
}
