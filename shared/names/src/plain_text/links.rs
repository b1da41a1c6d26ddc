//! Defangs web addresses as security people do (`evil[.]example`), so that no mail program makes a
//! link of a stranger's text.
//!
//! Mail programs make links of a scheme (`https://`, `http:`), of a host with a port, of `www.`, of
//! email addresses, of network paths, of IP addresses, and of a bare name whose last label is a
//! top-level domain. The list of top-level domains changes from month to month. So every dot with a
//! word after it is broken, with one exception for ordinary prose: a sentence or a name that begins
//! right after the dot (`Mr.Smith`, `done.Thanks`), and whose first word is not a known top-level
//! domain.

use crate::public_suffix::is_public_suffix;

/// Schemes that are links without `//`.
const SCHEMES: [&str; 18] = [
    "ftp",
    "ftps",
    "ws",
    "wss",
    "sip",
    "sips",
    "webcal",
    "magnet",
    "vbscript",
    "mailto",
    "tel",
    "sms",
    "callto",
    "skype",
    "file",
    "news",
    "data",
    "javascript",
];

/// Schemes that are links without `//`, whatever is directly before them.
const SCHEMES_IN_A_WORD: [&str; 3] = ["mailto", "http", "https"];

/// Top-level domains that are reserved (RFC 2606, RFC 6761, RFC 6762, RFC 7686) and that are not in
/// the public suffix list.
const RESERVED: [&str; 9] = [
    "example",
    "test",
    "invalid",
    "localhost",
    "local",
    "internal",
    "onion",
    "home",
    "lan",
];

/// One line without addresses that become links: `https[:]//evil[.]example`.
pub fn without_links(line: &str) -> String {
    without_links_but(line, |_| false)
}

/// One line without links, except the names for which `kept` returns true, in lower case. A scheme
/// is broken before these names, too.
pub fn without_links_but(line: &str, kept: impl Fn(&str) -> bool) -> String {
    let text: Vec<char> = line.chars().collect();
    let mut safe = String::with_capacity(line.len());
    for (at, c) in text.iter().enumerate() {
        let breaks = match c {
            ':' => is_scheme(&text, at) || is_port(&text, at),
            '\\' => is_network_path(&text, at),
            dot if is_dot(*dot) => joins_labels(&text, at) && !kept(&host_around(&text, at)),
            _ => false,
        };
        if breaks {
            safe.extend(['[', *c, ']']);
        } else {
            safe.push(*c);
        }
    }
    safe
}

/// A colon before `//`, or between a scheme that needs no `//` and its target.
fn is_scheme(text: &[char], at: usize) -> bool {
    let behind = text.get(at + 1..).unwrap_or_default();
    if behind.starts_with(&['/', '/']) {
        return true;
    }
    if behind.first().is_none_or(|c| c.is_whitespace()) {
        return false;
    }
    let word: String = before(text, at)
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let word: String = word.chars().rev().collect();
    let word = word.to_ascii_lowercase();
    let ends_with = |scheme: &&str| word.ends_with(scheme);
    SCHEMES_IN_A_WORD.iter().any(ends_with) || SCHEMES.contains(&word.as_str())
}

/// A colon between a host and its port: `localhost:8080`, any other word with a path after the port
/// (`intranet:8080/x`), or an IPv6 address in brackets (`[::1]:80`).
fn is_port(text: &[char], at: usize) -> bool {
    let behind = text.get(at + 1..).unwrap_or_default();
    let digits = behind.iter().take_while(|c| c.is_ascii_digit()).count();
    if digits == 0 {
        return false;
    }
    if before(text, at).next() == Some(']') {
        let in_address = |c: &char| c.is_ascii_hexdigit() || matches!(c, ':' | '.' | '%');
        let address = before(text, at).skip(1).take_while(in_address);
        let address: String = address.collect();
        let opens = before(text, at).nth(1 + address.len());
        return address.matches(':').count() >= 2 && opens == Some('[');
    }
    let word: String = before(text, at).take_while(|c| is_label(*c)).collect();
    let word: String = word.chars().rev().collect();
    let has_path = matches!(behind.get(digits), Some('/' | '?' | '#'));
    word.to_ascii_lowercase().ends_with("localhost")
        || has_path && word.chars().any(char::is_alphabetic)
}

/// The second backslash of `\\server\share`.
fn is_network_path(text: &[char], at: usize) -> bool {
    before(text, at).next() == Some('\\') && text.get(at + 1).is_some_and(|c| is_label(*c))
}

/// Whether a mail program may treat the texts before and after the dot as labels of one name.
fn joins_labels(text: &[char], at: usize) -> bool {
    if !before(text, at).next().is_some_and(is_label) {
        return false;
    }
    let www: Vec<char> = before(text, at).take(3).collect();
    if www.len() == 3 && www.iter().all(|c| c.eq_ignore_ascii_case(&'w')) {
        return true;
    }
    let behind = text.get(at + 1..).unwrap_or_default();
    // A character that a lenient program treats as part of the label ends the label for another
    // program.
    let strict: String = behind.iter().take_while(|c| c.is_alphabetic()).collect();
    let goes_on = behind.get(strict.chars().count()).copied();
    if !goes_on.is_some_and(char::is_alphanumeric) && is_top_level_domain(&strict) {
        return true;
    }
    let word: String = behind.iter().take_while(|c| is_letter(**c)).collect();
    let letters = word.chars().count();
    let next = behind.get(letters).copied();
    if letters < 2 || next.is_some_and(|c| c.is_ascii_digit()) {
        return is_in_address(text, at);
    }
    if is_top_level_domain(&word) {
        return true;
    }
    // The Chinese and Japanese full stop ends a sentence without a space after it.
    let ends_sentence = matches!(text.get(at), Some('。' | '｡'));
    let starts_sentence = is_capitalized(&word)
        && !next.is_some_and(|c| "/:?#@-_".contains(c))
        && !follows_at_sign(text, at);
    !ends_sentence && !starts_sentence
}

/// Whether the dot belongs to an IPv4 address: four numbers or more.
fn is_in_address(text: &[char], at: usize) -> bool {
    let numeric = |c: &char| c.is_ascii_digit() || *c == '.';
    let start = before(text, at).take_while(numeric).count();
    let behind = text.get(at + 1..).unwrap_or_default();
    let end = behind.iter().take_while(|c| numeric(c)).count();
    let run: String = text[at - start..=at + end].iter().collect();
    run.split('.').filter(|number| !number.is_empty()).count() >= 4
}

/// Whether the dot belongs to the part of an email address after the `@`.
fn follows_at_sign(text: &[char], at: usize) -> bool {
    before(text, at).find(|c| !is_label(*c) && !is_dot(*c)) == Some('@')
}

/// The whole name around the dot, in lower case.
fn host_around(text: &[char], at: usize) -> String {
    let in_name = |c: &char| is_label(*c) || is_dot(*c);
    let start = before(text, at).take_while(in_name).count();
    let behind = text.get(at + 1..).unwrap_or_default();
    let end = behind.iter().take_while(|c| in_name(c)).count();
    let host: String = text[at - start..=at + end].iter().collect();
    host.trim_matches(is_dot).to_lowercase()
}

fn before(text: &[char], at: usize) -> impl Iterator<Item = char> + '_ {
    text.iter().take(at).rev().copied()
}

/// The full stop, and characters that UTS #46 or compatibility normalization maps to it.
fn is_dot(c: char) -> bool {
    matches!(
        c,
        '.' | '\u{2024}' | '\u{3002}' | '\u{fe52}' | '\u{ff0e}' | '\u{ff61}'
    )
}

/// Characters that a generous mail program accepts in a label: letters of every script, digits, and
/// symbols such as emoji.
fn is_label(c: char) -> bool {
    let punctuation = matches!(
        c,
        '\u{a1}'..='\u{a9}'
            | '\u{ab}'..='\u{b4}'
            | '\u{b6}'..='\u{bf}'
            | '\u{2000}'..='\u{206f}'
            | '\u{3000}'..='\u{3003}'
            | '\u{3008}'..='\u{3020}'
            | '\u{ff00}'..='\u{ff0f}'
            | '\u{ff1a}'..='\u{ff20}'
            | '\u{ff61}'..='\u{ff64}'
    );
    c.is_alphanumeric()
        || matches!(c, '-' | '_')
        || !(c.is_ascii() || c.is_whitespace() || c.is_control() || is_dot(c) || punctuation)
}

fn is_letter(c: char) -> bool {
    is_label(c) && !c.is_numeric() && !matches!(c, '-' | '_')
}

fn is_capitalized(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(|c| c.is_ascii_uppercase())
        && letters.all(|c| c.is_ascii_lowercase())
}

fn is_top_level_domain(word: &str) -> bool {
    let word = word.to_lowercase();
    if RESERVED.contains(&word.as_str()) {
        return true;
    }
    is_public_suffix(&word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_web_address_is_made_unclickable() {
        for (text, safe) in [
            (
                "See https://evil.example/?a=1 or WWW.evil.example, www.",
                "See https[:]//evil[.]example/?a=1 or WWW[.]evil[.]example, www[.]",
            ),
            ("Bücher für www", "Bücher für www"),
            ("wwww.a ://", "wwww[.]a [:]//"),
            ("evil.example/login", "evil[.]example/login"),
            ("EVIL.EXAMPLE", "EVIL[.]EXAMPLE"),
            ("Evil.Com", "Evil[.]Com"),
            ("(evil.com).", "(evil[.]com)."),
            ("evil.com:8080/x", "evil[.]com[:]8080/x"),
            ("http:evil HTTPS:/evil", "http[:]evil HTTPS[:]/evil"),
            ("seehttp:evil ftp:evil", "seehttp[:]evil ftp[:]evil"),
            (
                "localhost:8080/x Localhost:80",
                "localhost[:]8080/x Localhost[:]80",
            ),
            ("intranet:8080/x", "intranet[:]8080/x"),
            ("[::1]:80/x [fe80::1%1]:8", "[::1][:]80/x [fe80::1%1][:]8"),
            ("a.b.co.uk, x", "a.b[.]co[.]uk, x"),
            ("evil.com-", "evil[.]com-"),
            ("evil.com_x", "evil[.]com_x"),
            ("evil.xn--p1ai", "evil[.]xn--p1ai"),
            ("зло.рф", "зло[.]рф"),
            ("bücher.example", "bücher[.]example"),
            ("💩.la", "💩[.]la"),
            (
                "evil．com evil。com evil․com",
                "evil[．]com evil[。]com evil[․]com",
            ),
            ("ｅｖｉｌ．ｃｏｍ", "ｅｖｉｌ[．]ｃｏｍ"),
            ("kim@evil.newtld", "kim@evil[.]newtld"),
            ("kim@Evil.Smith", "kim@Evil[.]Smith"),
            ("evil.Smith/login", "evil[.]Smith/login"),
            ("http://10.0.0.1:80/", "http[:]//10[.]0[.]0[.]1:80/"),
            ("10.0.0.1", "10[.]0[.]0[.]1"),
            ("mailto:x MAILTO:y", "mailto[:]x MAILTO[:]y"),
            ("\\\\evil\\share", "\\[\\]evil\\share"),
            ("evil.com.", "evil[.]com."),
            ("evil.com's", "evil[.]com's"),
            ("evil.com\u{fffc}0", "evil[.]com\u{fffc}0"),
        ] {
            assert_eq!(without_links(text), safe, "{text}");
        }
    }

    #[test]
    fn ordinary_prose_stays_as_it_is() {
        for prose in [
            "e.g. this, i.e. that, etc.",
            "3.5 of 10, 1.2.3, $9.99, at 10.30 a.m.",
            "Mr.Smith and St.Louis",
            "It is done.Thanks. Next line...and so on",
            "U.S.A. and Ph.D.",
            "track.mp3",
            "完成了。谢谢。",
            "C:\\Users, 12:30, Note: x, News: y, tel: 555, http: x",
            "Room:12, ratio 3:4/5, see [1]:2, key:value, localhost: 80",
            "and/or, #1, 50%",
        ] {
            assert_eq!(without_links(prose), prose, "{prose}");
        }
    }

    #[test]
    fn only_the_names_to_be_kept_stay_clickable() {
        let kept = |name: &str| name == "example.com" || name.ends_with(".example.com");
        let text = "_amazonses.Example.com is example.com.evil.net, see https://example.com";
        let safe =
            "_amazonses.Example.com is example[.]com[.]evil[.]net, see https[:]//example.com";
        assert_eq!(without_links_but(text, kept), safe);
    }

    /// The pattern of a linkifier, written independently of the code above: a letter, digit or
    /// hyphen, a dot, and a top-level domain or a lower-case word.
    fn has_link(text: &str) -> bool {
        let lower = text.to_lowercase();
        let ends = |rest: &str, word: &str| {
            rest.strip_prefix(word)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
        };
        let known = ["com", "net", "example", "uk", "io", "рф", "xn--p1ai"];
        let named = lower.match_indices('.').any(|(at, _)| {
            let before = lower[..at].chars().next_back();
            let behind = &lower[at + 1..];
            before.is_some_and(|c| c.is_alphanumeric() || c == '-')
                && known.iter().any(|word| ends(behind, word))
        });
        let mail = lower.match_indices("mailto:").any(|(at, word)| {
            let behind = &lower[at + word.len()..];
            behind.starts_with(|c: char| !c.is_whitespace())
        });
        // Anything before a scheme, and a port after a host that has no dot.
        let schemed = ["http:", "https:"].into_iter().any(|scheme| {
            let mut places = lower.match_indices(scheme);
            places.any(|(at, _)| {
                let behind = &lower[at + scheme.len()..];
                behind.starts_with(|c: char| !c.is_whitespace())
            })
        });
        let ported = ["localhost:", "[::1]:"].into_iter().any(|host| {
            let mut places = lower.match_indices(host);
            places.any(|(at, _)| {
                let behind = &lower[at + host.len()..];
                behind.starts_with(|c: char| c.is_ascii_digit())
            })
        });
        named || mail || schemed || ported || lower.contains("://") || lower.contains("www.")
    }

    proptest! {
        #[test]
        fn every_domain_name_in_any_text_is_made_unclickable(
            parts in prop::collection::vec(
                prop_oneof![
                    Just("evil".to_owned()), Just("Evil-1".to_owned()), Just(".".to_owned()),
                    Just("com".to_owned()), Just("NET".to_owned()), Just("Example".to_owned()),
                    Just("uk".to_owned()), Just("Io".to_owned()), Just("рф".to_owned()),
                    Just("xn--p1ai".to_owned()), Just("/".to_owned()), Just("@".to_owned()),
                    Just(":".to_owned()), Just("//".to_owned()), Just("www".to_owned()),
                    Just("mailto".to_owned()), Just("http".to_owned()), Just("https".to_owned()),
                    Just("localhost".to_owned()), Just("[::1]".to_owned()), Just("8080".to_owned()),
                    Just(" ".to_owned()), Just("[.]".to_owned()),
                    "\\PC{0,3}",
                ],
                0..20,
            )
        ) {
            let text = parts.concat();
            let safe = without_links(&text);
            prop_assert!(!has_link(&safe), "{text:?} -> {safe:?}");
            prop_assert_eq!(without_links(&safe), safe.clone(), "breaking twice is breaking once");
            let back: String = safe.replace("[.]", ".").replace("[:]", ":");
            let plain = text.replace("[.]", ".").replace("[:]", ":");
            let dots = ['\u{2024}', '\u{3002}', '\u{fe52}', '\u{ff0e}', '\u{ff61}', '\\'];
            if !text.contains(dots) {
                prop_assert_eq!(back, plain, "only dots and colons are changed");
            }
        }
    }
}
