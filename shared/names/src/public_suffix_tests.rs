use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::*;

const LIST: &str = include_str!("../public-suffixes.txt");
const NOTICE: &str = "\
// The public suffix list, as the crate psl contains it (public_suffix.rs says how it is updated).
// This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was not
// distributed with this file, You can obtain one at https://mozilla.org/MPL/2.0/.
";

/// The package `psl` in the version of `Cargo.lock`, as Cargo has unpacked it.
fn folder_of_psl() -> PathBuf {
    let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut metadata = Command::new(cargo);
    metadata.current_dir(env!("CARGO_MANIFEST_DIR"));
    metadata.args(["metadata", "--format-version=1", "--locked"]);
    let output = metadata
        .args(["--filter-platform", &host])
        .output()
        .unwrap();
    let packages: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut packages = packages["packages"].as_array().unwrap().iter();
    let psl = packages.find(|package| package["name"] == "psl").unwrap();
    let manifest = Path::new(psl["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().to_owned()
}

fn rules() -> impl Iterator<Item = &'static str> {
    LIST.lines().filter(|line| !line.starts_with("//"))
}

/// The name of a rule, without `*.` or `!`.
fn name_of(rule: &str) -> &str {
    rule.trim_start_matches(['*', '!', '.'])
}

#[test]
fn the_suffix_list_equals_that_of_the_crate_psl() {
    let theirs = std::fs::read_to_string(folder_of_psl().join("data/rules.txt")).unwrap();
    let expected: String = NOTICE
        .lines()
        .chain(theirs.lines())
        .fold(String::new(), |text, line| text + line + "\n");
    if std::env::var_os("UPDATE_SUFFIXES").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/public-suffixes.txt");
        std::fs::write(file, expected).unwrap();
        return;
    }
    assert!(
        LIST == expected,
        "run UPDATE_SUFFIXES=1 cargo test -p domain-auth-names, and again without it"
    );
}

/// Names at which `psl` differs from the algorithm: `*.futurecms.at` applies to `ex.futurecms.at`,
/// but because of `*.ex.futurecms.at`, `psl` does not look at the shorter rule.
fn shadowed() -> BTreeSet<&'static str> {
    let all: BTreeSet<&str> = rules().collect();
    let above_a_rule = rules().flat_map(|rule| {
        let dots = name_of(rule).match_indices('.');
        let above = dots.map(move |(at, _)| &name_of(rule)[at + 1..]);
        above.chain([name_of(rule)])
    });
    let by_wildcard = |name: &&str| {
        let above = name.split_once('.').map(|(_, above)| format!("*.{above}"));
        above.is_some_and(|rule| all.contains(rule.as_str())) && !all.contains(name)
    };
    let exceptions = |name: &&str| !all.contains(format!("!{name}").as_str());
    above_a_rule
        .filter(by_wildcard)
        .filter(exceptions)
        .collect()
}

/// A name at each rule, one, two and three labels below, next to it and above it, in A-labels and
/// U-labels.
#[test]
fn every_rule_gives_the_same_result_as_the_crate_psl() {
    let shadowed = shadowed();
    let mut compared = 0;
    for rule in rules() {
        let unicode = name_of(rule);
        let ascii = idna::domain_to_ascii(unicode).unwrap();
        for (prefix, base) in ["", "a.", "a.b.", "a.b.c.", "x"]
            .into_iter()
            .flat_map(|prefix| [(prefix, unicode), (prefix, ascii.as_str())])
        {
            let name = format!("{prefix}{base}");
            if shadowed.contains(name.as_str()) {
                continue;
            }
            let theirs = psl::suffix(name.as_bytes()).unwrap();
            let ours = PublicSuffix::of(&name);
            assert_eq!(ours.text.as_bytes(), theirs.as_bytes(), "{name}");
            assert_eq!(ours.is_known, theirs.is_known(), "{name}");
            assert_eq!(registrable(&name), psl::domain_str(&name), "{name}");
            compared += 1;
        }
    }
    assert!(compared > 100_000, "{compared}");
    assert!(shadowed.len() < 50, "{shadowed:?}");
}

#[test]
fn suffixes_are_found_by_the_algorithm_of_the_public_suffix_list() {
    for (name, suffix, domain) in [
        // By a rule of ICANN, by one of a company, without a rule.
        ("a.example.com", "com", Some("example.com")),
        ("a.example.co.uk", "co.uk", Some("example.co.uk")),
        ("co.uk", "co.uk", None),
        ("a.b.github.io", "github.io", Some("b.github.io")),
        ("github.io", "github.io", None),
        ("a.example.nowhere", "nowhere", Some("example.nowhere")),
        // Wildcards and exceptions.
        ("ck", "ck", None),
        ("a.ck", "a.ck", None),
        ("a.b.ck", "b.ck", Some("a.b.ck")),
        ("www.ck", "ck", Some("www.ck")),
        ("a.www.ck", "ck", Some("www.ck")),
        ("kawasaki.jp", "jp", Some("kawasaki.jp")),
        ("b.c.kawasaki.jp", "c.kawasaki.jp", Some("b.c.kawasaki.jp")),
        (
            "a.city.kawasaki.jp",
            "kawasaki.jp",
            Some("city.kawasaki.jp"),
        ),
        // Labels of the list that are not ASCII.
        ("a.食狮.公司.cn", "公司.cn", Some("食狮.公司.cn")),
        (
            "xn--85x722f.xn--55qx5d.cn",
            "xn--55qx5d.cn",
            Some("xn--85x722f.xn--55qx5d.cn"),
        ),
        ("a.xn--p1ai", "xn--p1ai", Some("a.xn--p1ai")),
        // The only difference from psl.
        ("ex.futurecms.at", "ex.futurecms.at", None),
        ("a.ex.futurecms.at", "a.ex.futurecms.at", None),
    ] {
        assert_eq!(PublicSuffix::of(name).text, suffix, "{name}");
        assert_eq!(registrable(name), domain, "{name}");
    }
}

#[test]
fn only_names_with_a_rule_are_public_suffixes() {
    for (text, is_suffix) in [
        ("com", true),
        ("co.uk", true),
        ("рф", true),
        ("example.com", false),
        ("nowhere", false),
        ("", false),
        (".", false),
        ("a.nowhere", false),
    ] {
        assert_eq!(is_public_suffix(text), is_suffix, "{text}");
    }
}
