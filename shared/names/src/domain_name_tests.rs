//! The rules for domains that a person types, one test for each.

use super::*;
use crate::domain_name::MAX_SENDING_DOMAIN;
use proptest::prelude::*;

fn reason(typed: &str) -> InvalidReason {
    DomainName::parse(typed).unwrap_err().reason
}

fn suggestion(typed: &str) -> Option<String> {
    DomainName::parse(typed)
        .unwrap_err()
        .suggestion
        .map(String::from)
}

#[test]
fn spelling_variants_are_one_domain() {
    for typed in [
        "example.com",
        " Example.COM ",
        "example.com.",
        "EXAMPLE.com.\n",
    ] {
        assert_eq!(DomainName::parse(typed).unwrap().as_str(), "example.com");
    }
}

#[test]
fn unicode_upper_case_and_punycode_are_one_domain() {
    for typed in [
        "bücher.example",
        "BÜCHER.example",
        "xn--bcher-kva.example",
        "XN--BCHER-KVA.example",
    ] {
        let name = DomainName::parse(typed).unwrap();
        assert_eq!(name.as_str(), "xn--bcher-kva.example");
        assert_eq!(name.to_unicode(), "bücher.example");
    }
}

#[test]
fn pasted_urls_and_addresses_are_refused_with_the_domain_in_them() {
    for typed in [
        "https://example.com/contact?x=1",
        "http://user@example.com:8080/",
        "example.com/about",
        "example.com:443",
        "https://www.example.com",
    ] {
        assert_eq!(reason(typed), InvalidReason::Url, "{typed}");
        assert_eq!(suggestion(typed).as_deref(), Some("example.com"), "{typed}");
    }
    assert_eq!(reason("sales@example.com"), InvalidReason::EmailAddress);
    assert_eq!(
        suggestion("Sales <sales@example.com>").as_deref(),
        Some("example.com")
    );
    assert_eq!(reason("www.example.com"), InvalidReason::WwwHost);
    assert_eq!(
        suggestion("WWW.example.com.").as_deref(),
        Some("example.com")
    );
    assert_eq!(DomainName::parse("www.com").unwrap().as_str(), "www.com");
    assert_eq!(suggestion("https://localhost/"), None);
}

#[test]
fn each_syntax_rule_has_its_own_reason() {
    let long_label = format!("{}.com", "a".repeat(64));
    let long_name = format!("{}com", "abcdefgh.".repeat(30));
    for (typed, expected) in [
        ("", InvalidReason::Empty),
        ("   ", InvalidReason::Empty),
        (".", InvalidReason::EmptyLabel),
        ("example", InvalidReason::SingleLabel),
        ("com", InvalidReason::SingleLabel),
        ("192.0.2.1", InvalidReason::IpAddress),
        ("2001:db8::1", InvalidReason::IpAddress),
        ("[2001:db8::1]", InvalidReason::IpAddress),
        ("10.0.0.256", InvalidReason::IpAddress),
        ("*.example.com", InvalidReason::Wildcard),
        ("_dmarc.example.com", InvalidReason::Underscore),
        ("a..example.com", InvalidReason::EmptyLabel),
        (".example.com", InvalidReason::EmptyLabel),
        ("example.com..", InvalidReason::EmptyLabel),
        ("-a.example.com", InvalidReason::Hyphen),
        ("a-.example.com", InvalidReason::Hyphen),
        ("exa mple.com", InvalidReason::Character(' ')),
        ("exa\u{0}mple.com", InvalidReason::Character('\0')),
        ("example,com", InvalidReason::Character(',')),
        ("xn--a.example", InvalidReason::Punycode),
        ("xn--99999999.example", InvalidReason::Punycode),
        (long_label.as_str(), InvalidReason::LabelTooLong),
        (long_name.as_str(), InvalidReason::NameTooLong),
        ("co.uk", InvalidReason::PublicSuffix),
        ("github.io", InvalidReason::PublicSuffix),
    ] {
        assert_eq!(reason(typed), expected, "{typed:?}");
    }
}

#[test]
fn the_longest_label_and_name_are_accepted() {
    assert!(DomainName::parse(&format!("{}.com", "a".repeat(63))).is_ok());
    let name = format!("{}.example.com", vec!["a".repeat(60); 3].join("."));
    assert!(DomainName::parse(&name).is_ok());
}

/// A name of `octets` octets.
fn name_of(octets: usize) -> String {
    let mut name = "mapleridge.com".to_owned();
    while octets - name.len() > 64 {
        name = format!("{}.{name}", "a".repeat(61));
    }
    format!("{}.{name}", "b".repeat(octets - name.len() - 1))
}

#[test]
fn a_sending_domain_leaves_room_for_the_names_of_its_records() {
    let longest = DomainName::parse_for_sending(&name_of(MAX_SENDING_DOMAIN)).unwrap();
    assert_eq!(longest.as_str().len(), 209);

    let too_long = DomainName::parse_for_sending(&name_of(210)).unwrap_err();
    assert_eq!(too_long.reason, InvalidReason::NoRoomForRecords);
    let sentence = too_long.to_string();
    assert!(
        sentence.contains("209") && sentence.contains("253"),
        "{sentence}"
    );
    let above = too_long.suggestion.unwrap();
    assert!(DomainName::parse(&name_of(210)).unwrap().is_below(&above));
    assert!(DomainName::parse_for_sending(above.as_str()).is_ok());
}

#[test]
fn a_stored_name_that_is_too_long_to_be_added_today_is_still_read() {
    let stored = DomainName::try_from(name_of(253)).unwrap();
    assert_eq!(DomainName::parse(stored.as_str()).unwrap(), stored);
}

#[test]
fn the_refusal_of_a_list_names_its_domains_and_suggests_one_that_can_be_added() {
    let refused = DomainName::parse_for_sending("jo@gmail.com; info@mapleridge.com").unwrap_err();
    let names = ["gmail.com", "mapleridge.com"].map(|name| DomainName::parse(name).unwrap());
    assert_eq!(refused.suggestion.as_ref(), Some(&names[1]));
    let InvalidReason::SeveralNames {
        separator,
        names: found,
    } = refused.reason
    else {
        panic!("{refused:?}");
    };
    assert_eq!((separator, found.as_slice()), (';', names.as_slice()));
}

#[test]
fn a_domain_of_the_deployment_is_not_suggested_either() {
    let refused = DomainName::parse_for_sending("info@lassocrm.com").unwrap_err();
    assert!(refused.suggestion.is_some());
    let reviewed = crate::Eligibility::parse("lassocrm.com")
        .unwrap()
        .review(refused);
    assert_eq!(reviewed.suggestion, None);
    let start = "this is an email address, and lassocrm.com cannot be added: ";
    assert!(reviewed.to_string().starts_with(start), "{reviewed}");
}

#[test]
fn a_stored_name_that_would_be_refused_today_is_still_read() {
    for stored in ["example.com", "mapleridge.con", "xn--ab-v1t.com"] {
        let name = DomainName::try_from(stored.to_owned()).unwrap();
        assert_eq!(DomainName::parse(stored).unwrap(), name);
        assert!(DomainName::parse_for_sending(stored).is_err(), "{stored}");
    }
}

#[test]
fn organizational_domain_follows_the_public_suffix_list() {
    let name = DomainName::parse("mail.sales.example.co.uk").unwrap();
    assert_eq!(name.organizational(), "example.co.uk");
    let above: Vec<String> = name.ancestors().into_iter().map(String::from).collect();
    assert_eq!(above, ["sales.example.co.uk", "example.co.uk"]);
}

#[test]
fn a_name_is_below_another_only_by_whole_labels() {
    let parent = DomainName::parse("example.com").unwrap();
    assert!(
        DomainName::parse("mail.example.com")
            .unwrap()
            .is_below(&parent)
    );
    assert!(
        !DomainName::parse("badexample.com")
            .unwrap()
            .is_below(&parent)
    );
    assert!(!parent.is_below(&parent));
}

#[test]
fn a_cyrillic_letter_among_latin_ones_is_noticed() {
    assert!(
        DomainName::parse("p\u{430}ypal.com")
            .unwrap()
            .mixes_scripts()
    );
    assert!(!DomainName::parse("bücher.example").unwrap().mixes_scripts());
    assert!(!DomainName::parse("пример.com").unwrap().mixes_scripts());
}

proptest! {
    #[test]
    fn a_suggestion_is_a_domain_that_can_be_added(
        typed in prop_oneof![
            "\\PC{0,60}",
            "(www\\.|https?:/{0,2}|[a-z]@|[“\"‘*_-]|xn--)?[a-zé‑_]{1,6}[., …;]{1,2}(co|com|con|local|uk)[”\"/,. ]?",
        ],
    ) {
        match DomainName::parse_for_sending(&typed) {
            Ok(name) => prop_assert_eq!(DomainName::parse_for_sending(name.as_str()), Ok(name)),
            Err(error) => {
                if let Some(name) = error.suggestion {
                    prop_assert_eq!(DomainName::parse_for_sending(name.as_str()), Ok(name.clone()));
                    prop_assert_eq!(crate::Eligibility::default().check(&name), Ok(()));
                }
            }
        }
    }

    #[test]
    fn parsing_never_panics_and_is_stable(typed in "\\PC{0,80}") {
        if let Ok(name) = DomainName::parse(&typed) {
            prop_assert_eq!(&DomainName::parse(name.as_str()).unwrap(), &name);
            prop_assert_eq!(&DomainName::try_from(name.as_str().to_owned()).unwrap(), &name);
        }
    }
}
