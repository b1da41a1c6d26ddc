//! The examples of RFC 7208, and people's variants of them.

use proptest::prelude::*;

use super::*;

fn cost(text: &str) -> usize {
    Spf::parse(text).unwrap().lookup_cost()
}

#[test]
fn the_examples_of_rfc_7208_parse() {
    for text in [
        // Section 3.
        "v=spf1 +mx a:colo.example.com/28 -all",
        // Section 5.
        "v=spf1 a -all",
        "v=spf1 a mx -all",
        "v=spf1 include:example.com include:example.net -all",
        "v=spf1 ptr -all",
        "v=spf1 ip4:192.0.2.128/28 -all",
        "v=spf1 ip6:2001:db8:0:cafe::/64 -all",
        "v=spf1 exists:%{i}._spf.%{d} -all",
        "v=spf1 exists:%{ir}.%{l1r+-}._spf.%{d} -all",
        // Section 6.
        "v=spf1 redirect=_spf.example.com",
        "v=spf1 mx:example.com -all exp=explain._spf.%{d}",
        "v=spf1 a:authorized-spf.example.com -all",
        // Section 10 and appendix A.
        "v=spf1 include:_spf.google.com ~all",
        "v=spf1 +all",
        "v=spf1 a:example.org/24//64 ?all",
        "v=spf1 mx/24//112",
        "v=spf1 a//64 -all",
        "v=spf1 ip4:192.0.2.1 ip4:192.0.2.129 -all",
        "v=spf1 mx mx:example.com -all unknown-modifier=x",
        "v=spf1",
        "V=SPF1   MX   -ALL ",
    ] {
        assert!(Spf::parse(text).is_ok(), "{text}");
        assert!(is_spf(text), "{text}");
    }
}

#[test]
fn other_versions_and_other_texts_are_not_spf() {
    for text in [
        "v=spf10",
        "v=spf2.0/pra",
        "spf1 -all",
        "",
        "v=spf",
        " v=spf1",
    ] {
        assert_eq!(Spf::parse(text), Err(SpfError::NotSpf), "{text}");
        assert!(!is_spf(text), "{text}");
    }
}

#[test]
fn the_error_names_an_invalid_mechanism() {
    for (text, term) in [
        ("v=spf1 include: -all", "include:"),
        ("v=spf1 include:localhost -all", "include:localhost"),
        ("v=spf1 ip4:192.0.2.300 -all", "ip4:192.0.2.300"),
        ("v=spf1 ip4:192.0.2.0/33 -all", "ip4:192.0.2.0/33"),
        ("v=spf1 ip6:192.0.2.1 -all", "ip6:192.0.2.1"),
        ("v=spf1 all:example.com", "all:example.com"),
        ("v=spf1 192.0.2.1 -all", "192.0.2.1"),
        ("v=spf1 a/33", "a/33"),
        ("v=spf1 a/08", "a/08"),
        ("v=spf1 --all", "--all"),
        ("v=spf1 \u{2013}all", "\u{2013}all"),
    ] {
        let parsed = Spf::parse(text);
        assert_eq!(parsed, Err(SpfError::Term(term.to_owned())), "{text}");
    }
    assert_eq!(
        Spf::parse("v=spf1 redirect=a.example redirect=b.example"),
        Err(SpfError::Repeated("redirect".to_owned()))
    );
}

#[test]
fn an_include_counts_only_if_it_passes_and_is_reached() {
    let includes = |text| Spf::parse(text).unwrap().includes("amazonses.com");
    assert!(includes("v=spf1 include:amazonses.com ~all"));
    assert!(includes("v=spf1 mx +INCLUDE:AmazonSES.com. -all"));
    assert!(!includes("v=spf1 -include:amazonses.com ~all"));
    assert!(!includes("v=spf1 -all include:amazonses.com"));
    assert!(!includes("v=spf1 include:_spf.google.com ~all"));
}

#[test]
fn spf_terms_that_cost_a_lookup_are_counted() {
    assert_eq!(cost("v=spf1 include:amazonses.com ~all"), 1);
    assert_eq!(cost("v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all"), 0);
    assert_eq!(cost("v=spf1 a mx ptr exists:%{i}.example.org -all"), 4);
    assert_eq!(cost("v=spf1 a -all mx redirect=amazonses.com"), 1);
    assert_eq!(cost("v=spf1 exp=e.example.org redirect=amazonses.com"), 1);
    assert_eq!(cost("v=spf1 include:_spf.google.com -all"), 1);
    let eleven = format!("v=spf1{} -all", " a:mail.example.org".repeat(11));
    assert!(cost(&eleven) > MAX_SPF_LOOKUPS);
}

#[test]
fn our_include_is_added_before_all_and_redirect() {
    let with = |text| with_include(text, "amazonses.com").unwrap();
    assert_eq!(
        with("v=spf1 include:spf.example.net -all"),
        "v=spf1 include:spf.example.net include:amazonses.com -all"
    );
    assert_eq!(
        with("v=spf1  mx redirect=_spf.example.com"),
        "v=spf1 mx include:amazonses.com redirect=_spf.example.com"
    );
    assert_eq!(with("v=spf1 mx"), "v=spf1 mx include:amazonses.com");
    assert_eq!(
        with("v=spf1 include:amazonses.com"),
        "v=spf1 include:amazonses.com"
    );
    assert!(with_include("v=DMARC1", "amazonses.com").is_err());
}

proptest! {
    #[test]
    fn parsing_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = Spf::parse(&text).map(|spf| spf.lookup_cost());
        let _ = Spf::parse(&format!("v=spf1 {text}")).map(|spf| spf.lookup_cost());
    }

    #[test]
    fn an_added_include_is_found_by_the_parser(terms in "( (a|mx|ip4:192\\.0\\.2\\.1|include:a\\.example|[-~?]all|redirect=b\\.example)){0,3}") {
        let text = format!("v=spf1{terms}");
        if let Ok(with) = with_include(&text, "amazonses.com") {
            prop_assert!(Spf::parse(&with).unwrap().includes("amazonses.com"), "{}", with);
        }
    }
}
