//! TXT data as quoted character-strings, the form in which DNS carries a text (RFC 1035 section
//! 3.3.14).

/// Longest character-string of a TXT record, in octets (RFC 1035 section 3.3).
const MAX_STRING: usize = 255;

/// A text as quoted character-strings of at most 255 octets, each octet escaped as the format has it.
pub(crate) fn strings(text: &[u8], escape: fn(u8) -> String) -> Vec<String> {
    let quote = |chunk: &[u8]| {
        let escaped: String = chunk.iter().map(|octet| escape(*octet)).collect();
        format!("\"{escaped}\"")
    };
    if text.is_empty() {
        return vec![quote(&[])];
    }
    text.chunks(MAX_STRING).map(quote).collect()
}

/// `\X` and `\DDD` of master files (RFC 1035 section 5.1).
pub(crate) fn decimal_escape(octet: u8) -> String {
    match octet {
        b'"' | b'\\' => format!("\\{}", char::from(octet)),
        b' '..=b'~' => char::from(octet).to_string(),
        other => format!("\\{other:03}"),
    }
}

/// Route 53 escapes with three octal digits, unlike a master file (Developer Guide, "TXT record type").
pub(crate) fn octal_escape(octet: u8) -> String {
    match octet {
        b'"' | b'\\' => format!("\\{}", char::from(octet)),
        b' '..=b'~' => char::from(octet).to_string(),
        other => format!("\\{other:03o}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_string_has_at_most_255_octets() {
        let lengths = |text: &str| -> Vec<usize> {
            let strings = strings(text.as_bytes(), decimal_escape);
            strings.iter().map(|string| string.len() - 2).collect()
        };
        assert_eq!(lengths(""), [0]);
        assert_eq!(lengths(&"a".repeat(255)), [255]);
        assert_eq!(lengths(&"a".repeat(256)), [255, 1]);
        assert_eq!(lengths(&"a".repeat(600)), [255, 255, 90]);
    }

    #[test]
    fn octets_are_escaped_in_decimal_or_octal() {
        let text = "\"\\;é".as_bytes();
        assert_eq!(strings(text, decimal_escape), [r#""\"\\;\195\169""#]);
        assert_eq!(strings(text, octal_escape), [r#""\"\\;\303\251""#]);
    }
}
