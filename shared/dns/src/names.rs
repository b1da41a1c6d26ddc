//! Names and texts in the form that the domain uses. hickory's own form has octal escapes; zone
//! files, and texts that people paste, have decimal escapes.

use std::fmt::Write;

use domain_auth::dns::MAX_TEXT;
use hickory_proto::rr::Name;

/// Parses a name with or without its last dot, with the escapes of RFC 1035 section 5.1 (`\.` and
/// `\DDD`). `None` if it is not a name: an empty or overlong label, more than 255 octets, a broken
/// escape. The empty string and `.` are the root.
pub(crate) fn parse(text: &str) -> Option<Name> {
    let text = text.as_bytes();
    if text.is_empty() || text == b"." {
        return Some(Name::root());
    }
    let mut labels = vec![Vec::new()];
    let mut rest = text;
    while let Some((&octet, after)) = rest.split_first() {
        rest = after;
        match octet {
            // The last dot ends the name and does not begin a label.
            b'.' if rest.is_empty() => {}
            b'.' => labels.push(Vec::new()),
            b'\\' => {
                let (octet, length) = unescape(rest)?;
                rest = &rest[length..];
                labels.last_mut()?.push(octet);
            }
            octet => labels.last_mut()?.push(octet.to_ascii_lowercase()),
        }
    }
    if labels.iter().any(Vec::is_empty) {
        return None;
    }
    let mut name = Name::from_labels(labels.iter().map(Vec::as_slice)).ok()?;
    name.set_fqdn(true);
    Some(name.to_lowercase())
}

/// The octet after a backslash, and the number of characters that stand for it.
fn unescape(rest: &[u8]) -> Option<(u8, usize)> {
    match rest {
        [a, b, c, ..] if [a, b, c].into_iter().all(u8::is_ascii_digit) => {
            let digits = [a, b, c].map(|digit| u16::from(digit - b'0'));
            let value = digits[0] * 100 + digits[1] * 10 + digits[2];
            u8::try_from(value).ok().map(|octet| (octet, 3))
        }
        [digit, ..] if digit.is_ascii_digit() => None,
        [octet, ..] => Some((*octet, 1)),
        [] => None,
    }
}

/// Writes a name: lower case, no last dot, and escapes for a dot, a backslash, a space or an octet
/// that is not printable ASCII in a label. The root is `.`.
pub(crate) fn render(name: &Name) -> String {
    if name.is_root() {
        return ".".to_owned();
    }
    let mut text = String::with_capacity(name.len());
    for (index, label) in name.iter().enumerate() {
        if index > 0 {
            text.push('.');
        }
        for octet in label {
            match octet.to_ascii_lowercase() {
                octet @ (b'.' | b'\\') => {
                    text.push('\\');
                    text.push(char::from(octet));
                }
                b' ' => push_escaped(&mut text, b' '),
                octet => push(&mut text, octet),
            }
        }
    }
    text
}

/// Writes the character-strings of a TXT record as one text (RFC 1035 section 3.3.14), case and
/// spaces kept, cut at [`MAX_TEXT`].
pub(crate) fn render_text(strings: &[Box<[u8]>]) -> String {
    let mut text = String::new();
    for &octet in strings.iter().flat_map(|string| string.iter()) {
        let before = text.len();
        push(&mut text, octet);
        if text.len() > MAX_TEXT {
            text.truncate(before);
            break;
        }
    }
    text
}

fn push(text: &mut String, octet: u8) {
    if octet == b' ' || octet.is_ascii_graphic() {
        text.push(char::from(octet));
    } else {
        push_escaped(text, octet);
    }
}

fn push_escaped(text: &mut String, octet: u8) {
    write!(text, "\\{octet:03}").expect("a String takes all text");
}

/// The name without its first label; `None` for the root.
pub(crate) fn parent(name: &Name) -> Option<Name> {
    (!name.is_root()).then(|| name.base_name())
}

/// The name below which the zone of a question is searched: without the labels that only exist to
/// hold a record (`_amazonses`, `<token>._domainkey`; RFC 8552). So all questions about one domain
/// share one walk. A start that is too high does no harm, because delegations are followed
/// downwards.
pub(crate) fn without_underscored(name: &Name) -> Name {
    let last_underscored = name
        .iter()
        .enumerate()
        .filter(|(_, label)| label.first() == Some(&b'_'))
        .max_by_key(|&(index, _)| index);
    let Some((index, _)) = last_underscored else {
        return name.clone();
    };
    name.trim_to(usize::from(name.num_labels()).saturating_sub(index + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_lower_case_and_without_the_last_dot() {
        for (text, expected) in [
            ("Example.COM.", "example.com"),
            ("example.com", "example.com"),
            (".", "."),
            ("", "."),
            (r"a\.b.example.com", r"a\.b.example.com"),
            (r"a\046b.example.com", r"a\.b.example.com"),
            (r"tab\009.example.com", r"tab\009.example.com"),
            ("<b>.example.com", "<b>.example.com"),
        ] {
            let name = parse(text).unwrap();
            assert_eq!(render(&name), expected, "{text}");
        }
    }

    #[test]
    fn invalid_names_are_refused() {
        let long_label = "a".repeat(64);
        let long_name = vec!["a".repeat(60); 5].join(".");
        for text in [
            "a..b",
            ".a",
            "..",
            r"a\",
            r"a\25",
            r"a\256",
            &long_label,
            &long_name,
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn queries_about_a_domain_start_the_walk_at_the_same_name() {
        for (name, base) in [
            ("_amazonses.example.com", "example.com"),
            ("token._domainkey.example.com", "example.com"),
            ("mail._domainkey.a._x.example.com", "example.com"),
            ("bounce.example.com", "bounce.example.com"),
            ("_com", "."),
        ] {
            assert_eq!(render(&without_underscored(&parse(name).unwrap())), base);
        }
    }

    #[test]
    fn text_is_cut_between_characters() {
        let strings = vec![
            vec![b'a'; 4095].into_boxed_slice(),
            vec![7].into_boxed_slice(),
        ];
        assert_eq!(render_text(&strings), "a".repeat(4095));
    }

    proptest! {
        #[test]
        fn rendering_then_parsing_gives_the_same_name(
            labels in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 1..6),
        ) {
            let mut name = Name::from_labels(labels.iter().map(Vec::as_slice)).unwrap();
            name.set_fqdn(true);
            prop_assert_eq!(parse(&render(&name)), Some(name));
        }

        #[test]
        fn parsing_never_panics(text in any::<String>()) {
            let _name = parse(&text);
        }

        #[test]
        fn text_is_printable_ascii(octets in prop::collection::vec(any::<u8>(), 0..3000)) {
            let text = render_text(&[octets.into_boxed_slice()]);
            prop_assert!(text.len() <= MAX_TEXT);
            prop_assert!(text.bytes().all(|octet| octet == b' ' || octet.is_ascii_graphic()));
        }
    }
}
