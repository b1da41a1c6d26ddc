//! Mechanical checks of the prose: vague words, and lines that are too long.

use std::fs;

use crate::sayings::sayings;
use crate::{files, root};

/// Words to avoid, because the person or thing has a name.
const AVOIDED: [&str; 6] = [
    "nobody",
    "somebody",
    "whoever",
    "anew",
    "to be had",
    "what is none",
];

/// Characters of a line of a paragraph, outside tables, code and headings.
const WIDTH: usize = 125;

#[test]
fn messages_emails_and_pages_avoid_vague_words() {
    let mut found = Vec::new();
    for (source, texts) in sayings() {
        let vague = texts
            .iter()
            .filter_map(|text| Some((avoided_in(text)?, text)));
        found.extend(vague.map(|(word, text)| format!("{source}: {word:?} in {text:?}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn documents_and_code_avoid_vague_words() {
    let mut found = Vec::new();
    for file in files(&root(), &["md", "rs", "yaml", "py", "toml", "html"]) {
        // This list of the words.
        if file.ends_with("tests/documents/prose.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let vague = text
            .lines()
            .enumerate()
            .filter_map(|(at, line)| Some((at, avoided_in(line)?)));
        found.extend(vague.map(|(at, word)| format!("{}:{}: {word:?}", file.display(), at + 1)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn lines_of_documents_are_not_too_long() {
    let mut long = Vec::new();
    for file in files(&root(), &["md"]) {
        let text = fs::read_to_string(&file).unwrap();
        let mut is_code = false;
        for (at, line) in text.lines().enumerate() {
            is_code ^= line.starts_with("```");
            let is_table = line.trim_start().starts_with('|');
            // A link or a value cannot be broken.
            let can_break = line.split(' ').all(|word| word.chars().count() < WIDTH / 2);
            if !is_code && !is_table && can_break && line.chars().count() > WIDTH {
                long.push(format!("{}:{}", file.display(), at + 1));
            }
        }
    }
    assert!(
        long.is_empty(),
        "lines over {WIDTH} characters:\n{}",
        long.join("\n")
    );
}

/// The first of these words in a line, as a separate word or as part of a name (`nobodys_name`).
fn avoided_in(line: &str) -> Option<&'static str> {
    let line = line.to_lowercase();
    AVOIDED.into_iter().find(|word| {
        line.match_indices(word).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(char::is_alphabetic)
        })
    })
}

#[test]
fn a_vague_word_is_found() {
    assert_eq!(avoided_in("It helps Nobody."), Some("nobody"));
    assert_eq!(avoided_in("fn nobodys_name()"), Some("nobody"));
    assert_eq!(avoided_in("It is found."), None);
}
