//! The routes in the code are the routes in the template: none more, none less, each of its own
//! function, each with or without a token as the code has it.

use std::collections::BTreeSet;
use std::path::Path;

use domain_auth_http::{Access, Operation};
use yaml_rust2::{Yaml, YamlLoader};

/// A line that reads well where the two differ.
fn line(function: &str, method: &str, path: &str, with_token: bool) -> String {
    let token = if with_token { "token" } else { "no token" };
    format!("{function}: {method} {path} ({token})")
}

#[test]
fn the_routes_in_code_are_those_of_the_template() {
    let in_code: BTreeSet<String> = Operation::ALL
        .iter()
        .map(|operation| {
            let route = operation.route();
            let with_token = route.access != Access::Anyone;
            line(route.function, route.method, route.path, with_token)
        })
        .collect();
    assert_eq!(in_code.len(), Operation::ALL.len(), "a route twice");
    assert_eq!(in_code, in_template());
}

fn in_template() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/template.yaml");
    let text = std::fs::read_to_string(file).expect("the template");
    let documents = YamlLoader::load_from_str(&text).expect("the template in YAML");
    let template = &documents[0];
    let authorizer = &template["Resources"]["HttpApi"]["Properties"]["Auth"]["DefaultAuthorizer"];
    assert_eq!(authorizer.as_str(), Some("Jwt"));
    let mut routes = BTreeSet::new();
    for resource in entries(&template["Resources"]) {
        let binary = resource["Metadata"]["BuildProperties"]["Binary"].as_str();
        for event in entries(&resource["Properties"]["Events"]) {
            if event["Type"].as_str() != Some("HttpApi") {
                continue;
            }
            let properties = &event["Properties"];
            let text = |name: &str| properties[name].as_str().expect("a text").to_owned();
            let with_token = match properties["Auth"]["Authorizer"].as_str() {
                None => true,
                Some("NONE") => false,
                Some(other) => panic!("an authorizer that nobody knows: {other}"),
            };
            let function = binary.expect("a function with a binary");
            let route = line(function, &text("Method"), &text("Path"), with_token);
            assert!(routes.insert(route), "a route twice");
        }
    }
    routes
}

fn entries(mapping: &Yaml) -> Vec<Yaml> {
    let values = mapping.as_hash().map(|hash| hash.values().cloned());
    values.into_iter().flatten().collect()
}
