//! RFC 7208 section by section, and the relevant cases of the open SPF test suite (release
//! 2014.04). The service takes the place of the suite's client: if a record lists the client's
//! address, the record here includes the service instead, with the same result.

#[path = "spf_elsewhere_tests.rs"]
mod elsewhere;
#[path = "spf_limits_tests.rs"]
mod limits;

use std::collections::BTreeMap;

use super::*;
use crate::email_auth::SpfError;

const SERVICE: &str = "amazonses.com";

/// The data at each name: a text, or another type by its mnemonic, or `SILENT`.
struct Zone(BTreeMap<String, Vec<&'static str>>);

impl Zone {
    fn new(records: &[(&str, &'static str)]) -> Self {
        let mut zone = Self(BTreeMap::new());
        for (name, data) in records {
            zone.0.entry((*name).to_owned()).or_default().push(data);
        }
        zone
    }

    fn evaluate(&self, name: &str) -> SpfEvaluation {
        let texts = match self.answer(&question(name)) {
            SpfAnswer::Found(texts) => texts,
            other => panic!("no text at {name}: {other:?}"),
        };
        let text = texts.iter().find(|text| is_spf(text)).unwrap();
        evaluate_spf(text, name, SERVICE, self)
    }
}

impl SpfAnswers for Zone {
    fn answer(&self, question: &Question) -> SpfAnswer {
        let at_name = self.0.get(&question.name).map_or(&[][..], Vec::as_slice);
        if at_name.contains(&"SILENT") {
            return SpfAnswer::Silent;
        }
        let of_type = |data: &&str| match question.record_type {
            RecordType::A => data.strip_prefix("A ").map(str::to_owned),
            RecordType::Mx => data.strip_prefix("MX ").map(str::to_owned),
            _ => (!data.starts_with("A ") && !data.starts_with("MX ")).then(|| (*data).to_owned()),
        };
        let found: Vec<String> = at_name.iter().filter_map(of_type).collect();
        if found.is_empty() {
            SpfAnswer::Void
        } else {
            SpfAnswer::Found(found)
        }
    }
}

fn question(name: &str) -> Question {
    Question {
        name: name.to_owned(),
        record_type: RecordType::Txt,
    }
}

fn word(result: &SpfResult) -> &'static str {
    match result {
        SpfResult::Pass(SpfPass::Included { .. }) => "pass",
        SpfResult::Pass(SpfPass::Everybody { .. }) => "pass for everybody",
        SpfResult::NotPass(Qualifier::Fail) => "fail",
        SpfResult::NotPass(Qualifier::SoftFail) => "softfail",
        SpfResult::NotPass(_) => "neutral",
        SpfResult::Invalid(_) => "permerror",
        SpfResult::Unknown { .. } => "temperror",
        SpfResult::CannotTell { .. } => "cannot tell",
    }
}

/// A record at `e.example.com`, in a zone of hosts that exist.
fn alone(text: &'static str) -> SpfEvaluation {
    Zone::new(&[
        ("e.example.com", text),
        ("e.example.com", "A 192.0.2.1"),
        ("e.example.com", "MX mail.example.com"),
        ("mail.example.com", "A 192.0.2.2"),
        ("a.example.net", "v=spf1 ip4:192.0.2.0/24 -all"),
    ])
    .evaluate("e.example.com")
}

fn check(cases: &[(&'static str, &'static str)]) {
    for (text, expected) in cases {
        let evaluation = alone(text);
        assert_eq!(
            word(&evaluation.result),
            *expected,
            "{text}: {evaluation:?}"
        );
        assert!(evaluation.questions.is_empty(), "{text}");
    }
}

#[test]
fn section_4_6_a_syntax_error_anywhere_is_found_first() {
    check(&[
        ("v=spf1 include:amazonses.com -all moo", "permerror"),
        ("v=spf1 include:amazonses.com -all ip6", "permerror"),
        (
            "v=spf1 moo.cow-far_out=man:dog/cat include:amazonses.com -all",
            "pass",
        ),
        (
            "v=spf1 moo.cow/far_out=man:dog/cat include:amazonses.com -all",
            "permerror",
        ),
        (
            "v=spf1 moo.cow:far_out=man:dog/cat include:amazonses.com -all",
            "permerror",
        ),
        (
            "v=spf1 include:amazonses.com redirect:a.example.net",
            "permerror",
        ),
        ("v=spf1 include:amazonses.com a:foo-bar -all", "permerror"),
        ("v=spf1 include:amazonses.com =all", "permerror"),
        ("v=spf1 include:amazonses.com \u{2013}all", "permerror"),
        ("v=spf1  include:amazonses.com   ~all ", "pass"),
        ("V=SPF1 INCLUDE:AmazonSES.COM. ~ALL", "pass"),
    ]);
}

#[test]
fn section_4_6_2_the_qualifier_decides() {
    check(&[
        ("v=spf1 +include:amazonses.com -all", "pass"),
        ("v=spf1 -include:amazonses.com +all", "fail"),
        ("v=spf1 ~include:amazonses.com +all", "softfail"),
        ("v=spf1 ?include:amazonses.com +all", "neutral"),
        (
            "v=spf1 ?include:amazonses.com include:amazonses.com",
            "neutral",
        ),
        (
            "v=spf1 include:amazonses.com -include:amazonses.com",
            "pass",
        ),
    ]);
}

#[test]
fn section_4_7_without_a_match_the_result_is_neutral() {
    check(&[
        ("v=spf1", "neutral"),
        ("v=spf1 ip4:192.0.2.1", "neutral"),
        ("v=spf1 include:a.example.net", "neutral"),
        ("v=spf1 include=amazonses.com", "neutral"),
    ]);
}

#[test]
fn section_5_1_terms_after_all_are_ignored() {
    check(&[
        ("v=spf1 -all include:amazonses.com", "fail"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1 all -all", "pass for everybody"),
        ("v=spf1 +all", "pass for everybody"),
        ("v=spf1 include:amazonses.com +all", "pass"),
        ("v=spf1 ~all redirect=amazonses.com", "softfail"),
        ("v=spf1 redirect=amazonses.com ~all", "softfail"),
        ("v=spf1 -all.", "permerror"),
        ("v=spf1 -all:foobar", "permerror"),
        ("v=spf1 -all/8", "permerror"),
    ]);
}

#[test]
fn sections_5_3_to_5_6_other_hosts_do_not_match() {
    check(&[
        ("v=spf1 a -all", "fail"),
        ("v=spf1 a mx ptr -all", "fail"),
        ("v=spf1 ptr:example.com -all", "fail"),
        ("v=spf1 +mx a:mail.example.com/28 -all", "fail"),
        (
            "v=spf1 ip4:192.0.2.128/28 include:amazonses.com -all",
            "pass",
        ),
        ("v=spf1 ip6:2001:db8:0:cafe::/64 -all", "fail"),
        ("v=spf1 -ip4:192.0.2.1 -a include:amazonses.com", "pass"),
        // With a prefix length of 0 every address matches.
        ("v=spf1 ip4:1.1.1.1/0 -all", "pass for everybody"),
        ("v=spf1 -ip4:0.0.0.0/0 include:amazonses.com", "fail"),
        ("v=spf1 ip4:192.0.2.1/32 -all", "fail"),
        ("v=spf1 a/0 -all", "pass for everybody"),
        ("v=spf1 mx/0 -all", "pass for everybody"),
        ("v=spf1 a//0 -all", "fail"),
        ("v=spf1 ip6:::1.1.1.1/0", "neutral"),
        // Without an address it does not match.
        ("v=spf1 a:nothing.example.com/0 -all", "fail"),
        ("v=spf1 mx:mail.example.com/0 -all", "fail"),
    ]);
}

#[test]
fn sections_5_3_to_5_6_a_malformed_term_is_a_permerror() {
    for term in [
        "ptr/0",
        "ptr:",
        "a/33",
        "a//129",
        "a/24/64",
        "a:example.com:8080",
        "a:111.222.33.44",
        "a:abc.123",
        "a:museum",
        "a:museum.",
        "a:example.-com",
        "a:",
        "mx/33",
        "mx//129",
        "mx:example.com:8080",
        "mx:abc.123",
        "mx:example.-com",
        "mx:",
        "ip4:192.0.2.4/33",
        "ip4:192.0.2.4/032",
        "ip4",
        "ip4:192.0.2.4//32",
        "ip4:192.0.2.4:8080",
        "ip4:192.0.2",
        "ip4:300.1.1.1",
        "ip6",
        "ip6:::1.1.1.1/129",
        "ip6:::1.1.1.1//33",
        "ip6::CAFE::BABE",
        "exists:",
        "exists",
        "exists:mail.example.com/24",
        "include",
        "include:",
        "include:a.example.net/24",
        "include.amazonses.com",
        "include:amazonses.com~all",
    ] {
        let text = format!("v=spf1 {term} include:amazonses.com -all");
        let evaluation = evaluate_spf(&text, "e.example.com", SERVICE, &Zone::new(&[]));
        let SpfResult::Invalid(SpfFault::Syntax { at, error }) = evaluation.result else {
            panic!("{term}: {evaluation:?}");
        };
        assert_eq!(
            (at.as_str(), error),
            ("e.example.com", SpfError::Term(term.to_owned()))
        );
    }
    check(&[
        (
            "v=spf1 a:foo:bar/baz.example.com include:amazonses.com",
            "pass",
        ),
        ("v=spf1 a:foo.example.xn--zckzah -all", "fail"),
        ("v=spf1 a//33 -all", "fail"),
        ("v=spf1 ip6:Cafe:Babe:8000::/33", "neutral"),
    ]);
}

#[test]
fn section_5_7_exists_matches_every_sender_or_none() {
    check(&[
        ("v=spf1 exists:mail.example.com", "pass for everybody"),
        (
            "v=spf1 -exists:mail.example.com include:amazonses.com",
            "fail",
        ),
        ("v=spf1 exists:nothing.example.com -all", "fail"),
    ]);
}

#[test]
fn the_records_of_appendix_a_do_not_let_a_sending_service_pass() {
    let zone = Zone::new(&[
        ("example.com", "MX mail-a.example.com"),
        ("example.com", "MX mail-b.example.com"),
        ("example.com", "A 192.0.2.10"),
        ("example.org", "MX mail-c.example.org"),
        ("mail-a.example.com", "A 192.0.2.129"),
    ]);
    for (text, expected) in [
        ("v=spf1 +all", "pass for everybody"),
        ("v=spf1 a -all", "fail"),
        ("v=spf1 a:example.org -all", "fail"),
        ("v=spf1 mx -all", "fail"),
        ("v=spf1 mx:example.org -all", "fail"),
        ("v=spf1 mx mx:example.org -all", "fail"),
        ("v=spf1 mx/30 mx:example.org/30 -all", "fail"),
        ("v=spf1 ptr -all", "fail"),
        ("v=spf1 ip4:192.0.2.128/28 -all", "fail"),
    ] {
        let evaluation = evaluate_spf(text, "example.com", SERVICE, &zone);
        assert_eq!(word(&evaluation.result), expected, "{text}");
    }
}
