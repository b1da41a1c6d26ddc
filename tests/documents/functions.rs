//! `docs/functions.md`: the table of functions is generated from the template, and each variable is
//! described once. After a change of the template:
//! `UPDATE_FUNCTIONS=1 cargo test -p document-tests functions`.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write as _;
use std::fs;

use domain_auth_testkit::documents::{code, table};

use crate::template::{Function, Permission, Template};
use crate::{root, text_of};

const DOCUMENT: &str = "docs/functions.md";
const BEGIN: &str = "<!-- begin: generated from infra/template.yaml -->\n";
const END: &str = "<!-- end -->\n";

/// Variables that the template does not set. They are read by functions that look up DNS
/// (`DnsConfig::from_vars`), and by functions that give a person an address
/// (`PublicUrl::from_vars`).
const UNSET: [&str; 3] = ["DNS_SERVERS", "DNS_AUTHORITATIVE_PORT", "PUBLIC_URL"];

/// The three variables that `limits()` of the AWS adapters reads.
const LIMITS: [&str; 3] = [
    "MAX_DOMAINS_PER_CLIENT",
    "MAX_DOMAINS_ADDED_PER_DAY",
    "MAX_SUPPORT_EMAILS_PER_CLIENT_PER_DAY",
];

#[test]
fn the_documented_table_of_functions_matches_the_template() {
    let document = text_of(DOCUMENT);
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (documented, after) = rest.split_once(END).unwrap();
    let made = made_of(&Template::read().functions());
    if env::var_os("UPDATE_FUNCTIONS").is_some() {
        let updated = format!("{before}{BEGIN}{made}{END}{after}");
        fs::write(root().join(DOCUMENT), updated).unwrap();
        return;
    }
    assert_eq!(documented, made, "the template has changed: see above");
}

fn made_of(functions: &[Function]) -> String {
    let mut made = String::from(
        "| function | invoked by | may | variables | timeout |\n| --- | --- | --- | --- | --- |\n",
    );
    for function in functions {
        let variables: Vec<String> = function
            .variables
            .iter()
            .map(|it| format!("`{it}`"))
            .collect();
        // Writing to a `String` does not fail.
        writeln!(
            made,
            "| [`{name}`](#{name}) | {} | {} | {} | {} s |",
            or_none(&function.triggers.join(", ")),
            or_none(&permissions(&function.permissions)),
            or_none(&variables.join(", ")),
            function.timeout,
            name = function.name,
        )
        .unwrap();
    }
    made
}

fn or_none(cell: &str) -> &str {
    if cell.is_empty() { "none" } else { cell }
}

fn permissions(permissions: &BTreeMap<String, BTreeMap<String, Permission>>) -> String {
    let services = permissions.iter().map(|(service, actions)| {
        let actions: Vec<String> = actions.iter().map(|(it, how)| action(it, how)).collect();
        format!("{service}: {}", actions.join(", "))
    });
    services.collect::<Vec<_>>().join("; ")
}

fn action(name: &str, permission: &Permission) -> String {
    let quoted = |words: &BTreeSet<String>| {
        let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        words.join(", ")
    };
    let mut limits = Vec::new();
    if !permission.indexes.is_empty() {
        limits.push(format!("also index {}", quoted(&permission.indexes)));
    }
    if !permission.always {
        limits.push(format!("if {}", quoted(&permission.conditions)));
    }
    if limits.is_empty() {
        format!("`{name}`")
    } else {
        format!("`{name}` ({})", limits.join("; "))
    }
}

#[test]
fn every_function_has_a_section() {
    let document = text_of(DOCUMENT);
    let sections = document
        .lines()
        .filter_map(|line| line.strip_prefix("### "));
    let functions = Template::read().functions();
    let functions: Vec<&str> = functions
        .iter()
        .map(|function| function.name.as_str())
        .collect();
    assert_eq!(sections.collect::<Vec<_>>(), functions);
}

#[test]
fn every_variable_is_described() {
    let document = text_of(DOCUMENT);
    let rows = table(&document, "## Environment variables");
    let described: Vec<&str> = rows.iter().flat_map(|row| code(row[0])).collect();
    let template = Template::read();
    let functions = template.functions();
    let mut given: BTreeSet<&str> = functions.iter().flat_map(variables_of).collect();
    let globals = template.global_variables();
    given.extend(globals.iter().map(String::as_str));
    given.extend(UNSET);
    assert_eq!(described.iter().copied().collect::<BTreeSet<_>>(), given);
    assert_eq!(
        described.len(),
        given.len(),
        "a variable is described twice"
    );
}

fn variables_of(function: &Function) -> impl Iterator<Item = &str> {
    function.variables.iter().map(String::as_str)
}

#[test]
fn every_function_reads_the_variables_that_the_template_gives_it() {
    for function in Template::read().functions() {
        let file = root().join(format!("functions/{}/src/config.rs", function.name));
        let Ok(text) = fs::read_to_string(file) else {
            assert!(function.variables.is_empty(), "{}", function.name);
            continue;
        };
        let is_name = |word: &&str| {
            let mut characters = word.chars();
            word.contains('_') && characters.all(|c| c.is_ascii_uppercase() || c == '_')
        };
        let mut read: BTreeSet<&str> = text.split('"').skip(1).step_by(2).filter(is_name).collect();
        if text.contains("limits()?") {
            read.extend(LIMITS);
        }
        let given: BTreeSet<&str> = variables_of(&function).collect();
        assert_eq!(read, given, "{}", function.name);
    }
}

/// A function that the harness does not know would be missing from the table in
/// docs/performance.md, and a function without a variable would not start.
#[test]
fn the_cold_start_harness_knows_every_function_and_variable() {
    let harness = text_of("tests/cold_start/measure.py");
    for function in Template::read().functions() {
        let event = format!("    \"{}\": ", function.name);
        assert!(harness.contains(&event), "EVENTS lacks {}", function.name);
        for variable in &function.variables {
            let value = format!("    \"{variable}\": ");
            assert!(harness.contains(&value), "VARIABLES lacks {variable}");
        }
    }
}
