//! The characters that IDNA 2008 allows (RFC 5892). UTS #46 maps names and is less strict: it
//! accepts symbols, punctuation and emoji, which registries refuse.

use unicode_general_category::{GeneralCategory, get_general_category};

/// The first character of a name in U-labels that RFC 5892 does not allow in its position.
pub(crate) fn not_allowed(name: &str) -> Option<char> {
    name.split('.').find_map(|label| {
        let characters: Vec<char> = label.chars().collect();
        let wrong = |(at, c): (usize, char)| (!is_allowed(c, at, &characters)).then_some(c);
        characters.iter().copied().enumerate().find_map(wrong)
    })
}

fn is_allowed(c: char, at: usize, label: &[char]) -> bool {
    let before = at.checked_sub(1).and_then(|at| label.get(at)).copied();
    let after = label.get(at + 1).copied();
    match c {
        '-' | 'a'..='z' | '0'..='9' => true,
        // Exceptions, and characters with contextual rules (RFC 5892 section 2.6 and appendix A).
        // UTS #46 has checked the joiners.
        '\u{df}' | '\u{3c2}' | '\u{6fd}' | '\u{6fe}' | '\u{f0b}' | '\u{3007}' => true,
        '\u{200c}' | '\u{200d}' => true,
        '\u{b7}' => before == Some('l') && after == Some('l'),
        '\u{375}' => {
            after.is_some_and(|c| matches!(c, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}'))
        }
        '\u{5f3}' | '\u{5f4}' => before.is_some_and(|c| matches!(c, '\u{590}'..='\u{5ff}')),
        '\u{30fb}' => label.iter().any(|c| is_japanese(*c)),
        '\u{660}'..='\u{669}' => !label.iter().any(|c| matches!(c, '\u{6f0}'..='\u{6f9}')),
        '\u{6f0}'..='\u{6f9}' => !label.iter().any(|c| matches!(c, '\u{660}'..='\u{669}')),
        '\u{640}' | '\u{7fa}' | '\u{302e}' | '\u{302f}' | '\u{3031}'..='\u{3035}' | '\u{303b}' => {
            false
        }
        // Marks for symbols, musical notation, and Jamo of old Hangul (sections 2.4 and 2.9).
        '\u{20d0}'..='\u{20ff}'
        | '\u{1d100}'..='\u{1d24f}'
        | '\u{1100}'..='\u{11ff}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{d7b0}'..='\u{d7ff}' => false,
        c => is_letter_or_digit(c),
    }
}

/// Hiragana, Katakana or Han.
fn is_japanese(c: char) -> bool {
    let is_middle_dot = c == '\u{30fb}';
    !is_middle_dot
        && matches!(
            c,
            '\u{3005}'..='\u{3007}'
                | '\u{3041}'..='\u{30ff}'
                | '\u{31f0}'..='\u{31ff}'
                | '\u{3400}'..='\u{4dbf}'
                | '\u{4e00}'..='\u{9fff}'
                | '\u{20000}'..='\u{323af}'
        )
}

/// `LetterDigits` (section 2.1). Capitals are not stable under case folding, so they are not
/// allowed.
fn is_letter_or_digit(c: char) -> bool {
    matches!(
        get_general_category(c),
        GeneralCategory::LowercaseLetter
            | GeneralCategory::OtherLetter
            | GeneralCategory::ModifierLetter
            | GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
            | GeneralCategory::DecimalNumber
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_every_script_are_allowed() {
        for name in [
            "bücher.de",
            "straße.de",
            "пример.рф",
            "例え.jp",
            "l·l.cat",
            "ファッション・ショー.jp",
            "مثال.com",
            "उदाहरण.com",
            "דוגמה.com",
        ] {
            assert_eq!(not_allowed(name), None, "{name}");
        }
    }

    #[test]
    fn symbols_punctuation_and_emoji_are_not_allowed() {
        for (name, wrong) in [
            ("a\u{2010}b.com", '\u{2010}'),
            ("“maple”.com", '“'),
            ("🏠.com", '🏠'),
            ("i♥maple.com", '♥'),
            ("a·b.com", '·'),
            ("maple・ridge.com", '・'),
            ("maple…com", '…'),
            ("½acre.com", '½'),
        ] {
            assert_eq!(not_allowed(name), Some(wrong), "{name}");
        }
    }
}
