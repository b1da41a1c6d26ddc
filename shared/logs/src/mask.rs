//! Masks email addresses in a text.

use std::borrow::Cow;

/// The `@`, as it is and as a URL has it.
const SIGNS: [&str; 2] = ["@", "%40"];
/// The replacement for everything after the first character.
const MASK: &str = "***";

/// The text with the local part of every email address cut to its first character:
/// `j***@example.com`. The domain is kept, because lines are searched by it.
///
/// A local part has all characters that RFC 5321 (section 4.1.2) allows before the `@`, and all
/// non-ASCII characters. So more than the address may be masked, but never less.
pub fn masked(text: &str) -> Cow<'_, str> {
    if !SIGNS.iter().any(|sign| text.contains(sign)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, sign)) = next_sign(rest) {
        let (before, after) = (&rest[..at], &rest[at + sign.len()..]);
        let start = start_of_local_part(before);
        let local = &before[start..];
        shown.push_str(&before[..start]);
        match local.chars().next() {
            Some(first) if after.starts_with(begins_domain) && !is_masked(local) => {
                shown.push(first);
                shown.push_str(MASK);
            }
            Some(_) | None => shown.push_str(local),
        }
        shown.push_str(sign);
        rest = after;
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

fn next_sign(text: &str) -> Option<(usize, &'static str)> {
    let found = SIGNS
        .iter()
        .filter_map(|sign| Some((text.find(sign)?, *sign)));
    found.min()
}

/// Where the local part begins that ends with `before`.
fn start_of_local_part(before: &str) -> usize {
    let Some(inner) = before.strip_suffix('"') else {
        return before.trim_end_matches(is_local).len();
    };
    // A quotation mark after a backslash belongs to the local part.
    let mut quotes = inner.rmatch_indices('"').map(|(at, _)| at);
    let opening = quotes.find(|at| !inner[..*at].ends_with('\\'));
    opening.unwrap_or_else(|| inner.trim_end_matches(is_local).len())
}

fn is_masked(local: &str) -> bool {
    let first = local.strip_suffix(MASK);
    first.is_some_and(|first| first.chars().count() <= 1)
}

/// `atext` and dots (RFC 5322 section 3.2.3), and what RFC 6531 adds.
fn is_local(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~.".contains(c)
        || (!c.is_ascii() && !c.is_whitespace() && !c.is_control())
}

/// A name or an address literal.
fn begins_domain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '[' || (!c.is_ascii() && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn masking_keeps_the_first_character_and_the_domain_of_an_address() {
        for (text, shown) in [
            ("jane@example.com", "j***@example.com"),
            (
                "Email address is not verified: Jane Doe <jane.doe+x@mail.example.com>.",
                "Email address is not verified: Jane Doe <j***@mail.example.com>.",
            ),
            ("to=a@b.com,c@d.com", "t***@b.com,c***@d.com"),
            (
                "resource: arn:aws:ses:us-east-1:1:identity/jane@example.com",
                "resource: arn:aws:ses:us-east-1:1:i***@example.com",
            ),
            ("/senders/jane%40example.com", "/***%40example.com"),
            ("\"jane doe\"@example.com", "\"***@example.com"),
            (r#"x "jane \"doe"@example.com"#, "x \"***@example.com"),
            ("\"jane@home\"@example.com", "\"j***@h***@example.com"),
            ("jürgen@münchen.example", "j***@münchen.example"),
            ("root@[192.0.2.1]", "r***@[192.0.2.1]"),
            ("a@b@c.com", "a***@b***@c.com"),
        ] {
            assert_eq!(masked(text), shown, "{text}");
        }
    }

    #[test]
    fn texts_without_addresses_are_unchanged() {
        for text in [
            "",
            "example.com",
            "@",
            "a @ b",
            "@example.com",
            "jane@",
            "100%",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    fn local_part() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-zA-Z0-9!#$%&'+/=?^_`{|}~-]{2,20}(\\.[a-z0-9]{1,9}){0,2}",
            "[a-zäöüßéλ漢字]{2,12}",
            "\"[ a-z.,<>]{2,12}\"",
        ]
    }

    proptest! {
        #[test]
        fn masked_texts_contain_no_address(
            before in "[^@%\"]{0,20}[ <(,;:]",
            local in local_part(),
            domain in "[a-z0-9][a-z0-9-]{0,9}\\.(com|example|de)",
            after in "[ >),;:\\n]\\PC{0,20}",
        ) {
            for sign in SIGNS {
                let text = format!("{before}{local}{sign}{domain}{after}");
                let shown = masked(&text);
                let whole = format!("{local}{sign}");
                prop_assert!(!shown.contains(&whole), "{shown}");
                let kept = format!("***{sign}{domain}");
                prop_assert!(shown.contains(&kept), "{shown}");
                prop_assert!(shown.starts_with(before.as_str()), "{shown}");
            }
        }

        #[test]
        fn masking_any_text_ends_and_is_idempotent(text in "(\\PC|[@\"%40a. \n]){0,60}") {
            let once = masked(&text).into_owned();
            prop_assert_eq!(masked(&once), once.as_str());
        }

        #[test]
        fn a_text_without_an_at_sign_is_unchanged(text in "[^@%]*") {
            prop_assert_eq!(masked(&text), text.as_str());
        }
    }
}
