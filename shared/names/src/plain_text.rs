//! Makes a client's text safe to show to another person, above all in an email: as text and nothing
//! more. The templates do the escaping for HTML.
//!
//! [`shown`] is for a value in one line, [`quoted`] for a text of several lines. Names, notes and
//! reasons are cleaned when they are parsed (`identifiers.rs`). All texts of clients are cleaned
//! again when an email is rendered, because older stored items and events were not.

mod links;
mod visible;

use crate::DomainName;

pub use links::{without_links, without_links_but};
pub use visible::{is_hidden, one_line, quotable, quotation};

/// A client's text in one line of an email: no invisible characters, no line breaks, no web address
/// that a mail program turns into a link.
pub fn shown(text: &str) -> String {
    without_links(&one_line(text))
}

/// A client's text of several lines, quoted line by line: as [`shown`], but with its line breaks.
pub fn quoted(text: &str) -> Vec<String> {
    let lines = quotable(text);
    lines.iter().map(|line| without_links(line)).collect()
}

/// A sentence of this service about a domain, which may contain a client's text or data from its
/// DNS. As [`shown`], but names under the domain's organizational domain, and names of Amazon SES's
/// records, are kept unchanged, so that they can be copied.
pub fn shown_about(domain: &DomainName, text: &str) -> String {
    shown_about_record(domain, "", text)
}

/// A sentence about one of the domain's DNS records, as [`shown_about`]. The record's name is also
/// kept unchanged if it is written relative to the zone, as DNS providers' forms take it.
pub fn shown_about_record(domain: &DomainName, record: &str, text: &str) -> String {
    let roots = [domain.organizational(), "amazonses.com"];
    let unicode = domain.to_unicode();
    without_links_but(&one_line(text), |name| {
        let below = |root: &str| {
            let rest = name.strip_suffix(root);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let begins_record = record
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('.'));
        begins_record || below(&unicode) || roots.into_iter().any(below)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_line_terminator_splits_and_hidden_characters_are_removed() {
        assert_eq!(
            quotable("a\nb\u{2028}c\u{2029}d\re\r\nf"),
            ["a", "b", "c", "d", "e", "f"]
        );
        assert_eq!(quotable("pay\u{202e}lap\u{200b}\u{7}!"), ["paylap!"]);
        assert_eq!(one_line("a\r\nBcc: x@y.z"), "a Bcc: x@y.z");
        assert_eq!(one_line("  a\t\u{3000}b      c "), "a b c");
        // Letters of scripts that need joiners, and emoji, are not changed.
        assert_eq!(
            one_line("क्\u{200d}ष 👩\u{200d}💻"),
            "क्\u{200d}ष 👩\u{200d}💻"
        );
        assert_eq!(one_line("pay\u{200d}pal\u{200c}"), "paypal");
    }

    #[test]
    fn each_class_of_hidden_characters_is_removed() {
        for hidden in [
            '\u{0}',
            '\u{1b}',
            '\u{9b}',
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{200b}',
            '\u{200f}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{fff9}',
            '\u{fffb}',
            '\u{e0001}',
            '\u{e0061}',
            '\u{e0100}',
        ] {
            let text = format!("a{hidden}b");
            assert_eq!(shown(&text), "ab", "{hidden:?}");
            assert_eq!(quoted(&text), ["ab"], "{hidden:?}");
        }
    }

    #[test]
    fn hidden_characters_do_not_hide_an_address() {
        assert_eq!(shown("evil\u{ad}.exam\u{200b}ple"), "evil[.]example");
        assert_eq!(shown("evil.\u{2060}example"), "evil[.]example");
    }

    #[test]
    fn a_sentence_about_a_domain_keeps_its_names_and_no_others() {
        let domain = DomainName::parse("mail.bücher.example").unwrap();
        let text = "_amazonses.mail.xn--bcher-kva.example, mail.bücher.example, \
                    a.dkim.amazonses.com, xn--bcher-kva.example\u{2028}holds evil.net and \
                    badamazonses.com: https://amazonses.com";
        let shown = "_amazonses.mail.xn--bcher-kva.example, mail.bücher.example, \
                     a.dkim.amazonses.com, xn--bcher-kva.example holds evil[.]net and \
                     badamazonses[.]com: https[:]//amazonses.com";
        assert_eq!(shown_about(&domain, text), shown);
    }

    #[test]
    fn a_sentence_about_a_record_keeps_the_name_that_a_panel_accepts() {
        let domain = DomainName::parse("mail.example.com").unwrap();
        let text = "Change _amazonses.mail.example.com.example.com to _amazonses.mail, not to \
                    mail.evil or amazonses.mail.";
        let shown = "Change _amazonses.mail.example.com.example.com to _amazonses.mail, not to \
                     mail[.]evil or amazonses[.]mail.";
        let record = "_amazonses.mail.example.com";
        assert_eq!(shown_about_record(&domain, record, text), shown);
    }

    /// Ordinary characters, and characters of hostile texts.
    fn hostile() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            3 => any::<char>(),
            2 => prop::char::range('\u{2000}', '\u{206f}'),
            2 => prop::sample::select(vec![
                '\n', '\r', '\t', '\u{85}', '\u{ad}', '\u{200d}', '\u{feff}', '\u{e0041}',
                '.', ':', '/', '@', '\\', 'a', 'W', 'w', '9', '-', 'é', '。', '．',
            ]),
        ];
        prop::collection::vec(character, 0..60).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn cleaned_text_has_no_hidden_characters(text in hostile()) {
            let line = shown(&text);
            prop_assert!(!line.chars().any(is_hidden), "{line:?}");
            for line in quoted(&text) {
                prop_assert!(!line.chars().any(is_hidden), "{line:?}");
            }
        }

        #[test]
        fn cleaning_a_text_twice_equals_cleaning_it_once(text in hostile()) {
            let once = one_line(&text);
            prop_assert_eq!(&one_line(&once), &once);
            let lines = quotable(&text).join("\n");
            prop_assert_eq!(quotable(&lines).join("\n"), lines);
        }
    }
}
