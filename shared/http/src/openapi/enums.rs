//! Rust's enums in forms that client generators support. An enum without data is one `enum`,
//! instead of a `oneOf` of constants, from which most generators make a type that does not parse.
//! An enum with data is a `oneOf` of named schemas, with a discriminator.

use schemars::Schema;
use serde_json::{Map, Value, json};

/// Makes a `oneOf` of words one `enum`, and of what each word means a list in its description.
pub(super) fn one_list_of_words(schema: &mut Schema) {
    let Some(variants) = schema.get("oneOf").and_then(Value::as_array) else {
        return;
    };
    let Some(words) = variants.iter().map(words_of).collect::<Option<Vec<_>>>() else {
        return;
    };
    let mut lines = Vec::new();
    for (words, variant) in words.iter().zip(variants) {
        let meaning = variant["description"].as_str().map(in_one_line);
        for word in words.iter().filter_map(Value::as_str) {
            match &meaning {
                Some(meaning) => lines.push(format!("- `{word}`: {meaning}")),
                None => lines.push(format!("- `{word}`")),
            }
        }
    }
    let documented = variants
        .iter()
        .any(|variant| variant["description"].is_string());
    let words = words.concat();
    if documented {
        let description = schema.get("description").and_then(Value::as_str);
        let whole = description.map(|whole| format!("{whole}\n\n"));
        let whole = whole.unwrap_or_default() + &lines.join("\n");
        schema.insert("description".to_owned(), Value::String(whole));
    }
    schema.remove("oneOf");
    schema.insert("type".to_owned(), json!("string"));
    schema.insert("enum".to_owned(), Value::Array(words));
}

/// The words of a variant that is nothing but words.
fn words_of(variant: &Value) -> Option<Vec<Value>> {
    if variant["type"] != "string" {
        return None;
    }
    let several = variant["enum"].as_array().cloned();
    several.or_else(|| Some(vec![variant.get("const")?.clone()]))
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Gives each variant of an enum with data a schema of its own, named by the enum and the word that
/// tells the variants apart, with what all of them have.
pub(super) fn name_variants(schemas: &mut Map<String, Value>) {
    let names: Vec<String> = schemas.keys().cloned().collect();
    for name in names {
        let Some(tag) = schemas.get(&name).and_then(tag_of) else {
            continue;
        };
        let Some(Value::Object(mut whole)) = schemas.remove(&name) else {
            continue;
        };
        let common: Map<String, Value> = ["properties", "required"]
            .into_iter()
            .filter_map(|key| whole.remove_entry(key))
            .collect();
        let mut references = Vec::new();
        let mut mapping = Map::new();
        let Some(Value::Array(variants)) = whole.remove("oneOf") else {
            continue;
        };
        for mut variant in variants {
            include_referenced(&mut variant, schemas);
            include(&mut variant, &Value::Object(common.clone()));
            let word = variant["properties"][&tag]["const"].clone();
            let word = word.as_str().unwrap_or_default();
            let own_name = name.clone() + &pascal_case(word);
            let reference = format!("#/components/schemas/{own_name}");
            references.push(json!({ "$ref": reference }));
            mapping.insert(word.to_owned(), json!(reference));
            let other = schemas.insert(own_name.clone(), variant);
            assert!(other.is_none(), "two schemas are named {own_name}");
        }
        whole.remove("type");
        whole.insert("oneOf".to_owned(), Value::Array(references));
        let discriminator = json!({ "propertyName": tag, "mapping": mapping });
        whole.insert("discriminator".to_owned(), discriminator);
        schemas.insert(name, Value::Object(whole));
    }
}

/// The property that tells the variants apart: the one that is a constant in each.
fn tag_of(schema: &Value) -> Option<String> {
    let variants = schema["oneOf"].as_array()?;
    let (first, others) = variants.split_first()?;
    let constant = |variant: &Value, name: &str| variant["properties"][name]["const"].is_string();
    let names = first["properties"].as_object()?.keys();
    names
        .filter(|name| constant(first, name))
        .find(|name| others.iter().all(|variant| constant(variant, name)))
        .cloned()
}

/// Puts the schema that a variant refers to in the place of the reference.
fn include_referenced(variant: &mut Value, schemas: &Map<String, Value>) {
    let Some(Value::String(reference)) = variant.as_object_mut().and_then(|all| all.remove("$ref"))
    else {
        return;
    };
    let name = reference.rsplit('/').next().unwrap_or_default();
    let referenced = schemas.get(name).expect("a schema that is there").clone();
    include(variant, &referenced);
}

/// Adds the properties of another object, and which of them are required.
fn include(variant: &mut Value, other: &Value) {
    variant["type"] = json!("object");
    for (name, property) in other["properties"].as_object().into_iter().flatten() {
        variant["properties"][name] = property.clone();
    }
    let required = other["required"].as_array().cloned().unwrap_or_default();
    if let Some(all) = variant["required"].as_array_mut() {
        all.extend(required);
    }
}

/// `no_such_name` as `NoSuchName`, `CNAME` as `Cname`.
fn pascal_case(word: &str) -> String {
    let parts = word.split(['_', '-']);
    parts
        .map(|part| {
            let (first, rest) = part.split_at(part.len().min(1));
            first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
        })
        .collect()
}
