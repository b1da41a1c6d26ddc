//! Checks `docs/runbook.md`: it has an entry for each alarm of the template, and no other. Each
//! entry says what the alarm means, where to look and what to do.

use std::collections::{BTreeMap, BTreeSet};

use crate::template::Template;
use crate::{files, root, text_of};

/// The entries, by alarm.
fn entries(document: &str) -> BTreeMap<&str, &str> {
    let (_, alarms) = document.split_once("\n## Alarms\n").unwrap();
    let (alarms, _) = alarms.split_once("\n## ").unwrap();
    let entries = alarms.split("\n### `").skip(1);
    let entries = entries.map(|entry| entry.split_once("`\n").unwrap());
    entries.collect()
}

#[test]
fn the_runbook_has_an_entry_for_every_alarm_and_no_other() {
    let document = text_of("docs/runbook.md");
    let documented: BTreeSet<&str> = entries(&document).into_keys().collect();
    let alarms = Template::read().alarms();
    let alarms: BTreeSet<&str> = alarms.keys().map(String::as_str).collect();
    assert_eq!(documented, alarms);
}

#[test]
fn every_runbook_entry_has_a_meaning_a_place_and_an_action() {
    let document = text_of("docs/runbook.md");
    for (alarm, entry) in entries(&document) {
        for part in ["**Means**", "**Look at**", "**Do**"] {
            assert_eq!(entry.matches(part).count(), 1, "{alarm}: {part}");
        }
        let others = entry.split('`').filter(|word| word.ends_with("Alarm"));
        for other in others {
            assert!(
                document.contains(&format!("### `{other}`")),
                "{alarm} names {other}"
            );
        }
    }
}

#[test]
fn a_command_names_outputs_that_the_template_has() {
    let document = text_of("docs/runbook.md");
    let outputs = Template::read().outputs();
    let outputs: BTreeSet<String> = outputs.iter().map(|it| it.to_uppercase()).collect();
    let words = document.split(|c: char| !c.is_ascii_uppercase());
    let named = words.filter(|word| {
        ["URL", "ARN", "NAME"]
            .iter()
            .any(|end| word.len() > 8 && word.ends_with(end))
    });
    let named: BTreeSet<&str> = named.collect();
    assert!(named.len() > 3);
    for name in named {
        assert!(
            outputs.contains(name),
            "{name} is no output of the template"
        );
    }
}

/// The rows of the table of procedures: the anchor of each, and the tests that it names.
fn tried(document: &str) -> BTreeMap<&str, Vec<&str>> {
    let (_, procedures) = document.split_once("\n## Procedures\n").unwrap();
    let rows = procedures.lines().filter(|line| line.starts_with("| ["));
    let rows = rows.map(|line| {
        let cells: Vec<&str> = line.split(" | ").collect();
        let (_, link) = cells[0].split_once("](#").unwrap();
        let tests = cells[1].split('`').skip(1).step_by(2);
        (link.trim_end_matches(')'), tests.collect())
    });
    rows.collect()
}

#[test]
fn every_procedure_names_the_tests_that_try_it() {
    let document = text_of("docs/runbook.md");
    let tried = tried(&document);
    let (_, procedures) = document.split_once("\n## Procedures\n").unwrap();
    let headings = procedures
        .lines()
        .filter_map(|line| line.strip_prefix("### "));
    let anchors: BTreeSet<String> = headings
        .map(|heading| heading.to_lowercase().replace(' ', "-"))
        .collect();
    let documented: BTreeSet<String> = tried.keys().map(|it| (*it).to_owned()).collect();
    assert_eq!(documented, anchors);
    let sources = files(&root().join("tests/end_to_end"), &["rs"]);
    let sources: Vec<String> = sources
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    for (procedure, tests) in tried {
        assert!(!tests.is_empty(), "{procedure} names no test");
        for test in tests {
            let quoted = format!("\"{test}\"");
            let is_there = sources.iter().any(|source| source.contains(&quoted));
            assert!(is_there, "{procedure}: no end-to-end test {test}");
        }
    }
}
