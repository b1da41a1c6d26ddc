//! Makes values from DNS safe to display: anybody may publish anything, and people, terminals and
//! log viewers show it.

use std::fmt::Write;

use crate::diagnosis::judge::decode;

/// Longest value that is shown in full, in characters as they are shown.
const MAX_SHOWN: usize = 160;
/// Longest value that a sentence has in full to be copied. Longer ones are no values of a mail service: SPF and DMARC
/// records have to fit into a DNS message of 512 octets (RFC 7208 section 3.4).
const MAX_COPIED: usize = 1_000;
/// The maximum number of values that are shown of one name.
const MAX_VALUES: usize = 5;

/// The value on one line, with words in brackets for invisible characters, and shortened if it is long.
/// Plain text: a page still has to escape it.
pub fn show(value: &str) -> String {
    show_up_to(value, MAX_SHOWN)
}

/// As [`show`], for a value that is copied from the sentence.
pub(super) fn in_full(value: &str) -> String {
    show_up_to(value, MAX_COPIED)
}

/// Whether a value is longer than a sentence shows.
pub(super) fn is_long(value: &str) -> bool {
    value.chars().count() > MAX_SHOWN
}

fn show_up_to(value: &str, most: usize) -> String {
    let mut shown = String::new();
    let mut length = 0;
    let mut rest = value.chars().peekable();
    while let Some(character) = rest.next() {
        let mark = match character {
            '\r' if rest.peek() == Some(&'\n') => continue,
            '\n' | '\r' => "[line break]".to_owned(),
            '\t' => "[tab]".to_owned(),
            _ if character.is_whitespace() && hides(character) => "[invisible space]".to_owned(),
            _ if hides(character) => {
                format!("[invisible character U+{:04X}]", u32::from(character))
            }
            _ => character.to_string(),
        };
        length += mark.chars().count();
        if length > most {
            let total = value.chars().count();
            let _infallible = write!(shown, "… ({total} characters)");
            break;
        }
        shown.push_str(&mark);
    }
    shown
}

/// A value from DNS with the signs that DNS writes as numbers (`\226\128\147`, RFC 1035 section 5.1) as they
/// are, fit to be read.
pub(super) fn shown(value: &str) -> String {
    show(&decode(value))
}

/// At most a handful of values, each made fit to be read.
pub(super) fn show_all<'a>(values: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut values = values.into_iter();
    let mut shown: Vec<String> = values.by_ref().take(MAX_VALUES).map(|v| show(v)).collect();
    let rest = values.count();
    if rest > 0 {
        shown.push(format!("… and {rest} more"));
    }
    shown
}

/// "one, two and three".
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [front @ .., last] => format!("{} and {last}", front.join(", ")),
    }
}

/// Control characters, spaces other than the plain one, and what changes the direction or the look
/// of its neighbours (Unicode Technical Report #36).
fn hides(character: char) -> bool {
    character.is_control()
        || (character.is_whitespace() && character != ' ')
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn invisible_characters_are_said() {
        assert_eq!(show("a\tb\r\nc"), "a[tab]b[line break]c");
        assert_eq!(
            show("a\u{0}\u{1b}[31m"),
            "a[invisible character U+0000][invisible character U+001B][31m"
        );
        assert_eq!(
            show("\u{202e}moc.elpmaxe\u{a0}"),
            "[invisible character U+202E]moc.elpmaxe[invisible space]"
        );
        assert_eq!(show("<script>"), "<script>");
    }

    #[test]
    fn a_long_value_and_many_values_are_cut() {
        let shown = show(&"x".repeat(65_535));
        assert!(shown.ends_with("… (65535 characters)"), "{shown}");
        assert!(shown.len() < 200);
        let many: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        let shown = show_all(&many);
        assert_eq!(shown.len(), 6);
        assert_eq!(shown[5], "… and 95 more");
    }

    proptest! {
        #[test]
        fn a_shown_value_is_one_short_line(value in "\\PC{0,300}|[\\x00-\\x7f]{0,300}") {
            let shown = show(&value);
            prop_assert!(!shown.chars().any(char::is_control));
            prop_assert!(shown.chars().count() < 200);
        }
    }
}
