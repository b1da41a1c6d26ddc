//! The order of the members in the document as text.

use serde::ser::{Serialize, Serializer};
use serde_json::Value;

/// The document in the order in which it is written: by name, but text before other media types.
///
/// openapi-python-client parses every response of an operation as the first media type that it knows
/// (`parser/responses.py`). JSON can be read as text, but text cannot be parsed as JSON.
#[derive(Debug, Clone, Copy)]
pub struct InOrder<'a>(pub &'a Value);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(object) => {
                let mut members: Vec<(&String, &Value)> = object.iter().collect();
                // Stable: the others stay in the order of their names.
                members.sort_by_key(|(name, _)| !name.starts_with("text/"));
                let members = members.into_iter();
                serializer.collect_map(members.map(|(name, value)| (name, InOrder(value))))
            }
            Value::Array(entries) => serializer.collect_seq(entries.iter().map(InOrder)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.0.serialize(serializer)
            }
        }
    }
}
