//! JSON Schemas of the types that are serialized or read.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

use super::enums::{name_variants, one_list_of_words};

/// Where the schemas of bodies are in the document.
const SCHEMAS: &str = "/components/schemas";

/// The schemas that the document refers to, collected while it is written.
pub(crate) struct Schemas {
    /// A schema of a response: a field that is always there is required, `null` or not.
    answers: SchemaGenerator,
    /// A schema of a request: a field that may be left out is not required.
    requests: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = || {
            let mut settings = SchemaSettings::draft2020_12();
            settings.definitions_path = SCHEMAS.into();
            settings.meta_schema = None;
            settings
                .with_transform(RecursiveTransform(standard_formats))
                .with_transform(RecursiveTransform(one_list_of_words))
        };
        let answers = settings()
            .with_transform(RecursiveTransform(absent_is_not_null))
            .with_transform(RecursiveTransform(times_in_millis));
        Self {
            answers: answers.for_serialize().into_generator(),
            requests: settings().for_deserialize().into_generator(),
        }
    }

    /// A reference to what the API answers.
    pub(crate) fn answered<T: JsonSchema>(&mut self) -> Value {
        self.answers.subschema_for::<T>().to_value()
    }

    /// A reference to what the API reads.
    pub(crate) fn read<T: JsonSchema>(&mut self) -> Value {
        self.requests.subschema_for::<T>().to_value()
    }

    /// The hand-off formats that are JSON, in the order `json`, `route53`.
    pub(crate) fn handoff(&mut self) -> [Value; 2] {
        domain_auth::handoff::json_schemas(&mut self.answers).map(Schema::to_value)
    }

    /// All of them, by name.
    pub(super) fn into_components(mut self) -> Map<String, Value> {
        let mut all = self.answers.take_definitions(true);
        for (name, schema) in self.requests.take_definitions(true) {
            if let Some(same) = all.insert(name.clone(), schema.clone()) {
                assert_eq!(same, schema, "{name} is read as it is answered");
            }
        }
        name_variants(&mut all);
        all
    }
}

/// A field that may be left out of an answer is never `null` in it.
fn absent_is_not_null(schema: &mut Schema) {
    let required: Vec<Value> = schema
        .get("required")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if required.iter().any(|required| required == name) {
            continue;
        }
        if let Some(Value::Array(types)) = property.get_mut("type") {
            types.retain(|kind| kind != "null");
            if let [only] = types.as_slice() {
                property["type"] = only.clone();
            }
        }
    }
}

/// A time that is answered has exactly three digits of a second.
fn times_in_millis(schema: &mut Schema) {
    if schema.get("format").and_then(Value::as_str) == Some("date-time") {
        let pattern = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$";
        schema.insert("pattern".to_owned(), Value::from(pattern));
    }
}

/// Removes formats that are words of Rust, and none of JSON Schema.
fn standard_formats(schema: &mut Schema) {
    let format = schema.get("format").and_then(Value::as_str);
    // `ip` is IPv4 or IPv6, which JSON Schema has no one format for.
    if let Some("uint8" | "uint16" | "uint32" | "uint64" | "int64" | "ip") = format {
        schema.remove("format");
    }
}
