//! Whatever a client writes in a letter to a stranger: no part of it hides something, becomes a
//! link, or looks like a line of Lasso's own.

use proptest::prelude::*;

use super::*;
use crate::diagnosis::scene::Scene;
use crate::names::plain_text::is_hidden;

fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        2 => "\\PC{0,8}",
        2 => prop::sample::select(vec![
            "\n", "\u{2028}", "\u{2029}", "\u{202e}", "\u{2066}", "\u{200b}", "\u{200d}", "\u{ad}", "\u{e0041}",
            "\u{feff}", "\u{fe0f}", "\u{61c}", "\u{180e}", "\u{fff9}",
        ]).prop_map(str::to_owned),
        3 => prop::sample::select(vec![
            "Who sent this: Lasso", "Before you add it: nothing", "1. TXT record", "<b>", "&#46;",
            "evil.com", "https://evil.example/login", "WWW.Evil.Com", "kim@evil.net", "evil.com:80/x", ".com",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 1..8).prop_map(|parts| parts.concat())
}

fn letter_with(community: &str, note: &str, local: &str) -> Letter {
    let scene = Scene::right();
    let client = ClientId::parse("maple.com/x").unwrap();
    let handoff = Handoff {
        domain: &scene.domain,
        zone: None,
        records: &scene.records,
        observations: &[],
        client: &client,
    };
    let contact = EmailAddress::parse(&format!("{local}@evil.com")).unwrap();
    let community = Community::parse(community).ok();
    let note = Note::parse(note).ok();
    let sender = Sender {
        client: &client,
        name: None,
        communities: community.iter().collect(),
        contact: Some(&contact),
        note: note.as_ref(),
        deadline: None,
        page: None,
        by_support: false,
    };
    letter(&handoff, &sender).unwrap()
}

/// Every line but those of the quoted note.
fn lines_of_lasso(text: &str) -> usize {
    text.lines().filter(|line| !line.starts_with("> ")).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn client_text_adds_no_hidden_characters_links_or_lines_to_a_letter(
        community in hostile(),
        note in hostile(),
        local in "[a-z]{1,5}([.]com){0,2}",
    ) {
        let letter = letter_with(&community, &note, &local);
        for content in [&letter.subject, &letter.text, &letter.html] {
            let hidden = content.chars().find(|c| is_hidden(*c) && *c != '\n');
            prop_assert_eq!(hidden, None, "{:?}", content);
            let lower = content.to_lowercase();
            for link in ["evil.com", "evil.net", "evil.example", "maple.com", "://evil", "www."] {
                let whole = lower.match_indices(link).any(|(at, _)| {
                    let behind = lower[at + link.len()..].chars().next();
                    !behind.is_some_and(char::is_alphanumeric)
                });
                prop_assert!(!whole, "{}: {}", link, content);
            }
        }
        prop_assert!(!letter.subject.contains('\n'));
        let has_note = Note::parse(&note).is_ok();
        let plain = letter_with("plain", if has_note { "plain" } else { "" }, "kim");
        prop_assert_eq!(lines_of_lasso(&letter.text), lines_of_lasso(&plain.text), "{}", letter.text);
    }
}
