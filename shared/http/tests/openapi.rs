//! `docs/openapi.json` is up to date with the code, and its claims about the API are true.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use domain_auth::dns::MAX_RECORDS;
use domain_auth_http::openapi::{InOrder, document};
use domain_auth_http::{Access, Operation};
use serde_json::{Map, Value, json};

/// Set to anything, it has the first test write the document instead of comparing it.
const UPDATE: &str = "UPDATE_OPENAPI";

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json")
}

#[test]
fn the_committed_document_is_what_the_code_makes() {
    let made = serde_json::to_string_pretty(&InOrder(&document())).unwrap() + "\n";
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(file(), &made).unwrap();
    }
    let committed = std::fs::read_to_string(file()).unwrap();
    assert!(
        committed == made,
        "docs/openapi.json is out of date: {UPDATE}=1 cargo test -p domain-auth-http --test openapi"
    );
}

#[test]
fn the_documented_operations_are_the_routes() {
    let document = document();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let anyone = operation["security"] == json!([]);
            described.insert((method.to_uppercase(), path.clone(), id.to_owned(), anyone));
        }
    }
    let in_code: BTreeSet<_> = Operation::ALL
        .iter()
        .map(|operation| {
            let route = operation.route();
            let anyone = route.access == Access::Anyone;
            let (method, path) = (route.method.to_owned(), route.path.to_owned());
            (method, path, operation.id().to_owned(), anyone)
        })
        .collect();
    assert_eq!(described, in_code);
}

#[test]
fn the_documented_query_parameters_are_those_of_the_operations() {
    let document = document();
    for operation in Operation::ALL {
        let route = operation.route();
        let described = &document["paths"][route.path][route.method.to_lowercase()];
        let parameters = described["parameters"].as_array().into_iter().flatten();
        let in_query = parameters.filter(|parameter| parameter["in"] == "query");
        let names: Vec<&str> = in_query.filter_map(|it| it["name"].as_str()).collect();
        assert_eq!(names, operation.query_parameters(), "{operation}");
        let refused =
            described["responses"]["422"]["content"]["application/problem+json"].is_object();
        let expected = !operation.ignores_parameters();
        assert_eq!(refused, expected, "{operation} and what it does not take");
    }
}

#[test]
fn the_document_says_how_many_records_of_a_dns_answer_are_stored() {
    let outcomes = document()["components"]["schemas"]["DnsOutcomeFound"].to_string();
    let (thousands, rest) = (MAX_RECORDS / 1_000, MAX_RECORDS % 1_000);
    let most = format!("{thousands},{rest:03}");
    let kept = format!("If there are more than {most}, the first {most}.");
    assert!(outcomes.contains(&kept), "{kept} {outcomes}");
}

#[test]
fn every_successful_json_response_has_an_example() {
    let document = document();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            for (status, response) in responses.iter().filter(|(code, _)| code.starts_with('2')) {
                let json = &response["content"]["application/json"];
                let examples = json["examples"].as_object();
                let has_none = examples.is_none_or(Map::is_empty);
                let is_document = path == "/openapi.json";
                assert!(
                    json.is_null() || !has_none || is_document,
                    "{method} {path} {status}"
                );
            }
        }
    }
}

/// Most generators of clients make nothing useful of a `oneOf` of constants.
#[test]
fn a_choice_of_fixed_words_is_one_enum() {
    let document = document();
    let mut choices = 0;
    each_object(&document, &mut |object| {
        choices += usize::from(object.contains_key("enum"));
        for word in ["oneOf", "anyOf"] {
            let variants = object.get(word).and_then(Value::as_array);
            let words = |variant: &&Value| variant.get("const").or(variant.get("enum")).is_some();
            let found = variants.and_then(|variants| variants.iter().find(words));
            assert_eq!(found, None, "in {object:?}");
        }
    });
    assert!(choices > 20, "{choices} enums");
}

#[test]
fn schemas_have_no_names_of_rust_types() {
    let document = document();
    for name in document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        let of_rust = ["View", "Body", "Reply"]
            .iter()
            .find(|end| name.ends_with(**end));
        assert_eq!(
            of_rust, None,
            "{name}: give it a name with `schemars(rename)`"
        );
        // Two types of one name are numbered by schemars.
        assert!(!name.ends_with(char::is_numeric), "{name} is two types");
    }
}

fn each_object(value: &Value, act: &mut impl FnMut(&Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            act(object);
            object.values().for_each(|member| each_object(member, act));
        }
        Value::Array(items) => items.iter().for_each(|item| each_object(item, act)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Every example in the document has the schema beside it.
#[test]
fn every_example_is_valid() {
    let document = document();
    let mut seen = 0;
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let responses = operation["responses"].as_object().unwrap().values();
            for content in responses.chain([&operation["requestBody"]]) {
                let types = content["content"].as_object().into_iter().flatten();
                for (_, media_type) in types {
                    let several = media_type["examples"].as_object().into_iter().flatten();
                    let several = several.map(|(_, here)| {
                        let shared = here["$ref"].as_str().map(|place| &place[1..]);
                        let elsewhere = shared.and_then(|place| document.pointer(place));
                        &elsewhere.unwrap_or(here)["value"]
                    });
                    for example in several.chain(media_type.get("example")) {
                        seen += 1;
                        assert_valid(&document, &media_type["schema"], example, operation);
                    }
                }
            }
            for response in operation["responses"].as_object().unwrap().values() {
                for header in response["headers"].as_object().into_iter().flatten() {
                    if let Some(example) = header.1.get("example") {
                        seen += 1;
                        assert_valid(&document, &header.1["schema"], example, operation);
                    }
                }
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if let Some(example) = parameter.get("example") {
                    assert_valid(&document, &parameter["schema"], example, operation);
                }
            }
        }
    }
    assert!(seen > 50, "{seen} examples");
}

fn assert_valid(document: &Value, schema: &Value, example: &Value, operation: &Value) {
    let mut schema = schema.clone();
    schema["$schema"] = document["jsonSchemaDialect"].clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .expect("a JSON Schema");
    let errors: Vec<String> = validator
        .iter_errors(example)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    let id = &operation["operationId"];
    assert!(errors.is_empty(), "{id}: {errors:?} in {example:#}");
}
