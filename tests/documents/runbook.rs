//! Checks `docs/runbook.md`: it has an entry for each alarm of the template, and no other. Each
//! entry says what the alarm means, where to look and what to do.

use std::collections::{BTreeMap, BTreeSet};

use crate::template::Template;
use crate::text_of;

/// The entries, by alarm.
fn entries(document: &str) -> BTreeMap<&str, &str> {
    let (_, alarms) = document.split_once("\n## Alarms\n").unwrap();
    let (alarms, _) = alarms.split_once("\n## ").unwrap();
    let entries = alarms.split("\n### `").skip(1);
    let entries = entries.map(|entry| entry.split_once("`\n").unwrap());
    entries.collect()
}

#[test]
fn every_alarm_has_an_entry_and_no_other_has() {
    let document = text_of("docs/runbook.md");
    let documented: BTreeSet<&str> = entries(&document).into_keys().collect();
    let alarms = Template::read().alarms();
    let alarms: BTreeSet<&str> = alarms.keys().map(String::as_str).collect();
    assert_eq!(documented, alarms);
}

#[test]
fn every_entry_has_meaning_place_and_action() {
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
