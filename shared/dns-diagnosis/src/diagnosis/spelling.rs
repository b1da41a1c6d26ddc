//! How much two words differ.

/// How many letters to add, take out or change (Levenshtein).
pub(super) fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, letter) in one.bytes().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        for (column, wanted) in row.iter_mut().skip(1).zip(other.bytes()) {
            let changed = diagonal + usize::from(letter != wanted);
            diagonal = *column;
            left = changed.min(left + 1).min(diagonal + 1);
            *column = left;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Letters of a token of at least [`SHORTEST`] that are wrong if it was typed instead of copied.
const MOST_SLIPS: usize = 2;
/// Shorter values are nearly the same by chance.
const SHORTEST: usize = 8;

/// Whether a value is the expected one with a wrong letter or two.
pub(super) fn is_nearly(value: &str, expected: &str) -> bool {
    value != expected
        && expected.len() >= SHORTEST
        && value.len().abs_diff(expected.len()) <= MOST_SLIPS
        && distance(value, expected) <= MOST_SLIPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_added_omitted_or_changed_letter_is_one_difference() {
        for (one, other, count) in [
            ("", "", 0),
            ("reject", "reject", 0),
            ("rejct", "reject", 1),
            ("quarentene", "quarantine", 2),
            ("", "none", 4),
        ] {
            assert_eq!(distance(one, other), count, "{one} {other}");
            assert_eq!(distance(other, one), count, "{other} {one}");
        }
    }

    #[test]
    fn a_value_with_one_or_two_wrong_letters_is_nearly_the_same() {
        assert!(is_nearly("abcdefgx", "abcdefgh"));
        assert!(is_nearly("abcdefghij", "abcdefgh"));
        assert!(!is_nearly("abcdefgh", "abcdefgh"));
        assert!(!is_nearly("xbcdxfgx", "abcdefgh"));
        assert!(!is_nearly("abcd", "abce"));
    }
}
