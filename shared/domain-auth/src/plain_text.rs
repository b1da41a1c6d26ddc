//! What a client writes, made fit to be shown in an email to somebody else: as text and nothing
//! more. Escaping for HTML is the templates'.

/// The lines of a text. Unicode's own line and paragraph separators end lines; what changes the
/// direction of text or does not show at all is taken out, so that nothing reads as what it is not
/// (Unicode Technical Report 36, "Bidirectional text spoofing").
pub fn quotable(text: &str) -> Vec<String> {
    text.split(['\n', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}', '\u{85}'])
        .map(|line| line.chars().filter(|c| shows(*c)).collect())
        .collect()
}

/// The same in one line.
pub fn one_line(text: &str) -> String {
    quotable(text).join(" ")
}

/// With web addresses broken as security people break them, so that no mail program makes a link of
/// what a stranger wrote: `https[:]//example.com`, `www[.]example.com`.
pub fn without_links(line: &str) -> String {
    let text = line.replace("://", "[:]//");
    let mut safe = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = find_ignoring_case(rest, "www.") {
        let (before, from) = rest.split_at(at);
        let (www, after) = from.split_at("www".len());
        safe.push_str(before);
        safe.push_str(www);
        safe.push_str("[.]");
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    safe.push_str(rest);
    safe
}

fn find_ignoring_case(text: &str, ascii: &str) -> Option<usize> {
    text.as_bytes()
        .windows(ascii.len())
        .position(|window| window.eq_ignore_ascii_case(ascii.as_bytes()))
}

fn shows(c: char) -> bool {
    let invisible = matches!(
        c,
        '\u{61c}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    );
    !invisible && !c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_end_ends_a_line_and_nothing_hides() {
        assert_eq!(quotable("a\nb\u{2028}c\u{2029}d"), ["a", "b", "c", "d"]);
        assert_eq!(quotable("pay\u{202e}lap\u{200b}\u{7}!"), ["paylap!"]);
        assert_eq!(one_line("a\r\nBcc: x@y.z"), "a Bcc: x@y.z");
        // Letters of scripts that need joiners, and emoji, stay as they are.
        assert_eq!(
            one_line("क्\u{200d}ष 👩\u{200d}💻"),
            "क्\u{200d}ष 👩\u{200d}💻"
        );
    }

    #[test]
    fn no_web_address_stays_whole() {
        assert_eq!(
            without_links("See https://evil.example/?a=1 or WWW.evil.example, www."),
            "See https[:]//evil.example/?a=1 or WWW[.]evil.example, www[.]"
        );
        assert_eq!(without_links("Bücher für www"), "Bücher für www");
        assert_eq!(without_links("wwww.a ://"), "wwww[.]a [:]//");
    }
}
