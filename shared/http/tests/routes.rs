//! The routes in the code and in the template are the same, each with the same function, and with
//! or without a token as in the code.

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
    let mut in_template = in_template();
    // It is answered as a GET, without the content.
    let head = line("handoff", "HEAD", "/handoff/{token}", false);
    assert!(in_template.remove(&head), "{head}");
    assert_eq!(in_code, in_template);
}

/// API Gateway refuses a stage with settings for a route that is not there.
#[test]
fn each_separate_rate_is_for_an_existing_route_and_below_the_default_rate() {
    let template = template();
    let stage = &template["Resources"]["HttpApi"]["Properties"];
    let of_all = &stage["DefaultRouteSettings"]["ThrottlingRateLimit"];
    let parameter = &template["Parameters"][of_all.as_str().expect("a parameter")];
    let of_all = parameter["MinValue"].as_i64().expect("a rate");
    let keys: BTreeSet<String> = Operation::ALL
        .iter()
        .map(|operation| operation.route().key())
        .collect();
    let own = stage["RouteSettings"].as_hash().expect("settings");
    assert!(own.contains_key(&Yaml::String("GET /openapi.json".to_owned())));
    for (route, settings) in own {
        let route = route.as_str().expect("a text");
        assert!(keys.contains(route), "{route}");
        let rate = settings["ThrottlingRateLimit"].as_i64().expect("a rate");
        assert!(rate < of_all, "{route}");
    }
}

/// The methods and headers that a page may use are those that there are.
#[test]
fn cors_allows_exactly_the_methods_and_headers_in_use() {
    let template = template();
    let cors = &template["Resources"]["HttpApi"]["Properties"]["CorsConfiguration"][1];
    let methods = cors["AllowMethods"].as_vec().expect("a list");
    let methods: BTreeSet<&str> = methods.iter().filter_map(Yaml::as_str).collect();
    for operation in Operation::ALL {
        let method = operation.route().method;
        assert!(methods.contains(method), "{method} of {operation}");
    }
}

fn template() -> Yaml {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/template.yaml");
    let text = std::fs::read_to_string(file).expect("the template");
    let mut documents = YamlLoader::load_from_str(&text).expect("the template in YAML");
    documents.remove(0)
}

fn in_template() -> BTreeSet<String> {
    let template = template();
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
                Some(other) => panic!("an unknown authorizer: {other}"),
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
