//! `cargo local`, `cargo build --workspace` and `cargo test --workspace` turn on the same features of
//! the same crates, so that cargo compiles each crate once for all of them.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// The sets of features with which each crate is compiled. A crate has two sets if a macro or a
/// build script needs other features than the crates do.
type Features = BTreeMap<String, BTreeSet<String>>;

/// The features that cargo turns on for a selection of packages.
fn features(selection: &[&str]) -> Features {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.."))
        .args(["tree", "--locked", "--offline", "--prefix", "none"])
        .args(["--format", "{p}|{f}|"])
        .args(selection)
        .output()
        .unwrap();
    let (tree, errors) = (output.stdout, output.stderr);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&errors)
    );
    let mut features = Features::new();
    for line in String::from_utf8(tree).unwrap().lines() {
        let mut parts = line.split('|').map(str::to_owned);
        if let (Some(package), Some(set)) = (parts.next(), parts.next()) {
            features.entry(package).or_default().insert(set);
        }
    }
    assert!(features.len() > 50, "a tree of many crates");
    features
}

/// The crates that `selection` would compile with other features than the tests do.
fn compiled_again(selection: &[&str], tests: &Features) -> Vec<String> {
    let other = |(package, sets): (String, BTreeSet<String>)| {
        let known = tests.get(&package)?;
        let other = sets.difference(known).next()?;
        Some(format!("{package}: {other}, and {known:?} for the tests"))
    };
    let selected = features(selection).into_iter();
    selected.filter_map(other).collect()
}

const WITHOUT_TESTS: [&str; 2] = ["--edges", "no-dev"];

#[test]
fn every_build_command_enables_the_same_features() {
    let tests = features(&["--workspace", "--edges", "normal,build,dev"]);
    for selection in [["--workspace"].as_slice(), &["--package", "lasso-local"]] {
        let again = compiled_again(&[selection, &WITHOUT_TESTS].concat(), &tests);
        assert!(
            again.is_empty(),
            "{selection:?}: to be named in infra/local/features/Cargo.toml: {again:#?}"
        );
    }
}

#[test]
fn deployed_crates_are_built_without_features_of_tools_or_tests() {
    let deployed = features(&WITHOUT_TESTS);
    let tokio = deployed
        .iter()
        .find(|(name, _)| name.starts_with("tokio v"));
    let (_, tokio) = tokio.expect("the functions run on it");
    for feature in ["test-util", "process"] {
        let on = tokio
            .iter()
            .any(|set| set.split(',').any(|on| on == feature));
        assert!(!on, "tokio/{feature}: {tokio:?}");
    }
    // What only operators sign in with.
    let aws_config = deployed
        .iter()
        .find(|(name, _)| name.starts_with("aws-config v"));
    let (_, aws_config) = aws_config.expect("the functions read their configuration");
    for set in aws_config {
        assert!(
            !set.contains("sso") && !set.contains("credentials-"),
            "{set}"
        );
    }
    let tools = ["unified-features", "lasso-local", "proptest", "schemars"];
    for name in deployed.keys() {
        let tool = tools
            .iter()
            .find(|tool| name.starts_with(&format!("{tool} v")));
        assert_eq!(tool, None, "{name}");
    }
}
