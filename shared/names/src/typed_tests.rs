//! Input that cannot be added: what is suggested, and what a person reads.

use super::*;

fn refused(typed: &str) -> DomainNameError {
    DomainName::parse_for_sending(typed).unwrap_err()
}

#[test]
fn other_spellings_of_a_dot_are_understood() {
    for typed in [
        r"oak\.com",
        "oak%2ecom",
        "oak%2Ecom",
        "oak\u{2024}com",
        "oak(.)com",
        "[oak.com](http://oak.com)",
        "www.www.oak.com",
        "WWW.www.www.oak.com",
    ] {
        let suggestion = refused(typed).suggestion;
        assert_eq!(suggestion.unwrap().as_str(), "oak.com", "{typed}");
    }
    assert_eq!(
        refused("www.www.oak.com").reason,
        InvalidReason::WwwHost,
        "the name of a host of a host"
    );
    let name = DomainName::parse_for_sending("www.com").unwrap();
    assert_eq!(name.as_str(), "www.com");
}

#[test]
fn the_refusal_says_that_an_ending_is_reserved() {
    for (typed, says) in [
        ("oak.arpa", "names that end in .arpa are reserved"),
        ("oak.onion", "names that end in .onion are reserved"),
        ("home.arpa", "only inside private networks"),
        ("oak.home.arpa", "only inside private networks"),
        ("oak.123", "no domain on the Internet ends in .123"),
        ("oak.ÖRG", "no domain on the Internet ends in .örg"),
        ("oak.asdf", "no domain on the Internet ends in .asdf"),
        ("例え.テスト", "no domain on the Internet ends in .テスト"),
    ] {
        let text = refused(typed).to_string();
        assert!(text.contains(says), "{typed}: {text}");
    }
    assert_eq!(refused("co.uk").reason, InvalidReason::PublicSuffix);
    for typed in ["a@co.uk", "https://co.uk/"] {
        assert_eq!(
            refused(typed).reason,
            InvalidReason::PublicSuffix,
            "{typed}"
        );
    }
}

#[test]
fn a_character_that_idna_refuses_is_named() {
    let tatweel = '\u{640}';
    assert_eq!(
        refused(&format!("{tatweel}ab.com")).reason,
        InvalidReason::Character(tatweel)
    );
}
