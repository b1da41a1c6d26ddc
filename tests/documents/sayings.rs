//! The texts that people read, from the snapshots: problem details, sentences of the API, emails,
//! chat messages and pages.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::files::{files, root};

/// Texts by their source: a member of the API's answers, or an email or page.
pub(crate) type Sayings = BTreeMap<String, BTreeSet<String>>;

/// Members of the API's answers that people read. Other members are for programs, or are values
/// from DNS.
const READ_BY_PEOPLE: [&str; 13] = [
    "action",
    "detail",
    "explanation",
    "html",
    "label",
    "message",
    "note",
    "sentence",
    "status_detail",
    "subject",
    "text",
    "title",
    "why",
];

/// All texts.
pub(crate) fn sayings() -> Sayings {
    let mut sayings = Sayings::new();
    for folder in ["functions", "shared"] {
        for file in files(&root().join(folder), &["snap"]) {
            let snapshot = fs::read_to_string(&file).unwrap();
            // The part between the first two lines of `---` is insta's metadata.
            let body = snapshot.splitn(3, "---\n").nth(2).unwrap_or_default();
            if let Ok(answer) = serde_json::from_str::<Value>(body) {
                in_json("", &answer, &mut sayings);
            } else if let Some(page) = body.find('<') {
                let subject = body.lines().filter(|line| line.starts_with("Subject: "));
                for line in subject {
                    add_lines("emails and pages", line, &mut sayings);
                }
                add_lines("emails and pages", &visible(&body[page..]), &mut sayings);
            }
        }
    }
    sayings
}

fn in_json(member: &str, value: &Value, sayings: &mut Sayings) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                in_json(name, value, sayings);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| in_json(member, item, sayings)),
        Value::String(text) if member == "html" || text.contains("</p>") => {
            add_lines("emails and pages", &visible(text), sayings);
        }
        Value::String(text) if READ_BY_PEOPLE.contains(&member) => {
            add_lines(&format!("API: {member}"), text, sayings);
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn add_lines(source: &str, text: &str, sayings: &mut Sayings) {
    // Attachments of an email are for programs.
    let lines = text.lines().take_while(|line| !line.contains("────"));
    let lines = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let said = lines.filter(|line| line.contains(' ') && line.chars().any(char::is_alphabetic));
    sayings.entry(source.to_owned()).or_default().extend(said);
}

/// The visible text of a page: without tags, scripts and styles. Each block ends a line.
fn visible(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some(begin) = rest.find('<') {
        text.push_str(&rest[..begin].replace('\n', " "));
        rest = &rest[begin..];
        let hidden = ["style", "script", "title"]
            .into_iter()
            .find(|tag| rest[1..].starts_with(tag));
        let end = match hidden {
            Some(tag) => format!("</{tag}>"),
            None => ">".to_owned(),
        };
        let inline = ["strong", "em", "code", "a ", "a>", "small", "wbr", "span"]
            .iter()
            .any(|tag| rest[1..].trim_start_matches('/').starts_with(tag));
        rest = rest.find(&end).map_or("", |at| &rest[at + end.len()..]);
        if !inline {
            text.push('\n');
        }
    }
    text.push_str(rest);
    for (entity, character) in [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&quot;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    text
}
