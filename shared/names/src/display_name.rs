//! The name of a person or a client, as shown to other people.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::plain_text::one_line;

/// Longest name, in characters.
const MAX_LENGTH: usize = 128;

/// The name of a person or a client, or a person's address, from a claim of a token. People may be
/// able to choose it themselves, so it is only displayed and never used for a decision.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct DisplayName(String);

impl DisplayName {
    /// Any text in one line, without invisible characters. It is cut after 128 characters, because
    /// the caller cannot correct its token. `None` if nothing is left.
    pub fn of_claim(text: &str) -> Option<Self> {
        // A claim usually has a few octets, but may have a megabyte.
        let text: String = text.chars().take(8 * MAX_LENGTH).collect();
        let line = one_line(&text);
        let mut characters = line.chars();
        let mut name: String = characters.by_ref().take(MAX_LENGTH).collect();
        if characters.next().is_some() {
            name.pop();
            name.truncate(name.trim_end().len());
            name.push('…');
        }
        (!name.is_empty()).then_some(Self(name))
    }

    /// The name, in one line.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for DisplayName {
    fn from(stored: String) -> Self {
        Self::of_claim(&stored).unwrap_or(Self(String::new()))
    }
}

impl From<DisplayName> for String {
    fn from(name: DisplayName) -> Self {
        name.0
    }
}

/// A name is personal, so no log line shows it.
impl fmt::Debug for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DisplayName(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_display_name_is_one_line_without_hidden_characters() {
        let name = DisplayName::of_claim("  Anna\r\n\u{202e}Berg\u{7} ").unwrap();
        assert_eq!(name.as_str(), "Anna Berg");
        assert_eq!(DisplayName::of_claim(" \u{200b}\n"), None);
    }

    #[test]
    fn a_long_display_name_is_cut() {
        let name = DisplayName::of_claim(&"ä".repeat(129)).unwrap();
        assert_eq!(name.as_str(), format!("{}…", "ä".repeat(127)));
        let whole = DisplayName::of_claim(&"ä".repeat(128)).unwrap();
        assert_eq!(whole.as_str(), "ä".repeat(128));
    }

    #[test]
    fn a_display_name_is_hidden_in_log_lines() {
        let name = DisplayName::of_claim("anna@maple.example").unwrap();
        assert_eq!(format!("{name:?}"), "DisplayName(…)");
    }

    proptest! {
        #[test]
        fn a_stored_display_name_is_read_back_unchanged(text in "\\PC{0,200}") {
            if let Some(name) = DisplayName::of_claim(&text) {
                prop_assert_eq!(DisplayName::from(String::from(name.clone())), name);
            }
        }
    }
}
