//! Every link within the repository leads to an existing file and heading. The same holds for
//! documents that the code and the template name.

use std::fs;
use std::path::Path;

use crate::{files, root};

#[test]
fn no_relative_link_is_dead() {
    let mut dead = Vec::new();
    let documents = files(&root(), &["md"]);
    assert!(documents.len() > 5, "there are documents");
    for file in documents {
        let text = fs::read_to_string(&file).unwrap();
        dead.extend(dead_in(&file, &text));
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

#[test]
fn a_dead_link_is_found() {
    let text = "[a](no-such-file.md) [b](#no-such-heading)\n[c](docs/events.md#no-such) `[d](e.md)`\n\
                [f](docs/events.md#what-lasso-support-gets-by-email) [g](https://example.com/h.md)\n";
    let dead = dead_in(&root().join("README.md"), text);
    assert_eq!(dead.len(), 3, "{dead:?}");
}

#[test]
fn every_document_that_code_names_is_there() {
    let mut missing = Vec::new();
    for file in files(&root(), &["rs", "py", "yaml", "toml", "md"]) {
        let text = fs::read_to_string(&file).unwrap();
        for (at, begin) in text.match_indices("docs/") {
            let name =
                text[at + begin.len()..].split(|c: char| !c.is_ascii_lowercase() && c != '.');
            let name = name.into_iter().next().unwrap_or_default();
            let name = name.trim_end_matches('.');
            let is_document = Path::new(name).extension().is_some_and(|end| end == "md");
            if is_document && !root().join("docs").join(name).exists() {
                missing.push(format!("{}: docs/{name}", file.display()));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "no such documents:\n{}",
        missing.join("\n")
    );
}

fn dead_in(file: &Path, text: &str) -> Vec<String> {
    let mut dead = Vec::new();
    for line in prose(text) {
        // Text between backticks is an example, and has no links.
        let shown: String = line.split('`').step_by(2).collect();
        let targets = shown
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for target in
            targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        {
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let linked = match path {
                "" => file.to_owned(),
                path => file.parent().unwrap().join(path),
            };
            let is_there = linked.exists()
                && (heading.is_empty() || headings(&linked).iter().any(|it| it == heading));
            if !is_there {
                dead.push(format!("{}: {target}", file.display()));
            }
        }
    }
    dead
}

/// The lines outside blocks of code.
fn prose(text: &str) -> Vec<&str> {
    let mut in_code = false;
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !fence && !in_code
    });
    lines.collect()
}

/// The anchors of the headings of a document, as GitHub makes them.
fn headings(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let lines = prose(&text);
    let headings = lines.iter().filter(|line| line.starts_with('#'));
    let anchors = headings.map(|line| {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        let kept = heading
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    });
    anchors.collect()
}
