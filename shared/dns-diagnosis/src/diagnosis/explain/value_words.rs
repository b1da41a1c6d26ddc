//! What is wrong inside a value, in words: which piece of it, and where.

use super::show::{show, shown};
use crate::diagnosis::judge::decode;
use crate::diagnosis::spelling::is_nearly;
use crate::records::{Record, RecordData};

/// The characters of a value that are shown to say where something is.
const NEARBY: usize = 6;
/// Shorter ones are no keys.
const SHORTEST_KEY: usize = 16;

/// Where the first invisible character is that is not in the right value, which is published at `at`.
pub(super) fn where_invisible(seen: &str, expected: &str, at: &str) -> String {
    let seen = decode(seen);
    let shows = |c: char| c.is_ascii() && !c.is_whitespace() && !c.is_control();
    let in_front = format!("in front of the value at {at}");
    let behind = format!("at the end of the value at {at}");
    if seen.trim_start().len() < seen.len() {
        return in_front;
    }
    if seen.trim_end().len() < seen.len() {
        return behind;
    }
    let stands_out = |c: char| !shows(c) && !expected.contains(c);
    let Some(at_byte) = seen.find(stands_out) else {
        return behind;
    };
    let (front, rest) = seen.split_at(at_byte);
    if front.is_empty() {
        in_front
    } else if rest.chars().all(stands_out) {
        behind
    } else {
        let skipped = front.chars().count().saturating_sub(NEARBY);
        let nearby: String = front.chars().skip(skipped).collect();
        format!("in the value at {at}, after {}", show(&nearby))
    }
}

/// Which sign of a value has become which other, in a sentence; nothing if none of the usual ones has.
pub(super) fn changed_sign(seen: &str, expected: &str) -> String {
    let seen = decode(seen);
    let signs = [
        ('+', "%2B"),
        ('/', "%2F"),
        ('=', "%3D"),
        ('/', "_"),
        ('+', "-"),
        ('+', " "),
    ];
    let usual = signs
        .into_iter()
        .find(|(sign, became)| expected.contains(*sign) && seen.contains(became));
    match usual {
        Some((sign, " ")) => format!(": for example, {sign} became a space"),
        Some((sign, became)) => format!(": for example, {sign} became {became}"),
        None => String::new(),
    }
}

/// Whether a value has quotation marks on both sides.
pub(super) fn is_in_quotes(seen: &str) -> bool {
    let seen = decode(seen);
    let seen = seen.trim();
    seen.len() > 2 && seen.starts_with('"') && seen.ends_with('"')
}

/// A value with something before or after it.
pub(super) fn surrounded_message(at: &str, seen: &str, expected: &str) -> String {
    let decoded = decode(seen);
    let lower = decoded.to_lowercase();
    let parts = lower
        .find(&expected.to_lowercase())
        .and_then(|from| Some((decoded.get(..from)?, decoded.get(from + expected.len()..)?)));
    let Some((front, back)) = parts else {
        return format!(
            "The value at {at} has extra characters around it: {}",
            shown(seen)
        );
    };
    let does = match (front.trim(), back.trim()) {
        ("", _) | (_, "") => "does",
        (_, _) => "do",
    };
    let extra = match (front.trim(), back.trim()) {
        (front, "") => format!("“{}” in front of it", show(front)),
        ("", back) => format!("“{}” after it", show(back)),
        (front, back) => format!(
            "“{}” in front of it and “{}” after it",
            show(front),
            show(back)
        ),
    };
    format!(
        "The value at {at} has {extra}, which {does} not belong there. It has to be exactly {expected}"
    )
}

/// The piece in front of the right value.
pub(super) fn piece_before(seen: &str, expected: &str) -> Option<String> {
    let decoded = decode(seen);
    let host = expected.rsplit(' ').next().unwrap_or(expected);
    let from = decoded.to_lowercase().find(&host.to_lowercase())?;
    let piece = decoded.get(..from)?.trim();
    // The priority of an MX record is a field of its own, which is not part of the entered value.
    let piece = match expected.split_once(' ') {
        Some(_) => piece.split_once(' ').map_or("", |(_, rest)| rest),
        None => piece,
    };
    (!piece.is_empty()).then(|| piece.to_owned())
}

/// What the value begins with whatever else is in it: its version, if it has one.
pub(super) fn front_of(expected: &str) -> &str {
    if expected.starts_with("v=") {
        expected.split([' ', ';']).next().unwrap_or(expected)
    } else {
        expected
    }
}

/// Whether a record holds the right value more than once, and nothing else.
pub(super) fn is_twice(seen: &str, expected: &str) -> bool {
    let rest = seen.replace(expected, "");
    seen.matches(expected).count() > 1 && !rest.contains(|c: char| c.is_alphanumeric())
}

/// The value of the ownership record with its first colon as the equals sign that belongs there.
pub(super) fn with_equals_sign(seen: &str) -> String {
    seen.trim().replacen(':', "=", 1)
}

/// Whether a value is the expected text or target with a wrong letter or two.
pub(super) fn has_slip(seen: &str, expected: &str) -> bool {
    let seen = decode(seen);
    let seen = seen.trim().trim_end_matches('.');
    !expected.starts_with("v=") && !expected.contains(' ') && is_nearly(seen, expected)
}

/// Whether what was seen is the key of a signature (DKIM) as a TXT record. Its version may be left out
/// (RFC 6376 section 3.6.1).
pub(super) fn holds_key(seen: &str) -> bool {
    let Some(text) = seen.strip_prefix("TXT ") else {
        return false;
    };
    let is_key = |part: &str| {
        let key = part.trim().strip_prefix("p=").unwrap_or_default();
        let is_base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/= ".contains(&b);
        key.len() >= SHORTEST_KEY && key.bytes().all(is_base64)
    };
    text.contains("v=DKIM1") || text.split(';').any(is_key)
}

/// Whether an alias leads to the text that belongs into a TXT record: CNAME was chosen as its type.
pub(super) fn is_our_text_as_alias(record: &Record, seen: &str) -> bool {
    let RecordData::Txt { text } = &record.data else {
        return false;
    };
    let bare = |text: &str| -> String {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|c| c.to_ascii_lowercase()).collect()
    };
    let target = seen.strip_prefix("CNAME ").unwrap_or_default();
    let label = target.split('.').next().unwrap_or_default();
    !label.is_empty() && bare(label) == bare(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_position_of_an_invisible_character_is_described() {
        for (seen, expected, place) in [
            (" abcd", "abcd", "in front of the value at a.example"),
            ("abcd\n", "abcd", "at the end of the value at a.example"),
            (" a x b", "a b", "in front of the value at a.example"),
            (
                "ab\u{200b}cd",
                "abcd",
                "in the value at a.example, after ab",
            ),
        ] {
            assert_eq!(where_invisible(seen, expected, "a.example"), place);
        }
    }

    #[test]
    fn a_sign_that_was_changed_is_named() {
        for (seen, said) in [
            ("a%2Bb", ": for example, + became %2B"),
            ("a b", ": for example, + became a space"),
            ("a*b", ""),
        ] {
            assert_eq!(changed_sign(seen, "a+b"), said);
        }
    }

    #[test]
    fn extra_characters_are_named() {
        assert_eq!(
            surrounded_message("a.example", "abc=.", "abc="),
            "The value at a.example has “.” after it, which does not belong there. It has to be exactly abc="
        );
        assert_eq!(
            piece_before("https://abc", "abc").as_deref(),
            Some("https://")
        );
        assert_eq!(
            piece_before("10 mx host.example", "10 host.example").as_deref(),
            Some("mx")
        );
    }

    #[test]
    fn a_dkim_key_without_its_version_tag_is_recognized() {
        for seen in [
            "TXT v=DKIM1; p=abc",
            "TXT k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ",
            "TXT p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ",
        ] {
            assert!(holds_key(seen), "{seen}");
        }
        for seen in [
            "TXT v=DMARC1; p=none",
            "TXT p=quarantine",
            "CNAME p=a.example",
        ] {
            assert!(!holds_key(seen), "{seen}");
        }
    }

    #[test]
    fn a_value_pasted_twice_is_distinguished_from_two_values() {
        assert!(is_twice("abc=abc=", "abc="));
        assert!(!is_twice("abc=def", "abc="));
    }
}
