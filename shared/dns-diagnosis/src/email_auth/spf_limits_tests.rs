//! The number of questions in an evaluation: the limits of RFC 7208 section 4.6.4, level by level,
//! and for any record.

use super::*;

#[test]
fn section_4_6_4_more_than_ten_look_ups_are_an_error() {
    let zone = Zone::new(&[
        (
            "e1.example.com",
            "v=spf1 ip4:192.0.2.1 redirect=e1.example.com",
        ),
        ("e2.example.com", "v=spf1 include:e3.example.com"),
        ("e3.example.com", "v=spf1 include:e2.example.com"),
        ("e4.example.com", "v=spf1 mx"),
        (
            "e6.example.com",
            "v=spf1 a mx a mx a mx a mx a include:amazonses.com -all",
        ),
        ("e6.example.com", "A 192.0.2.8"),
        ("e6.example.com", "MX e6.example.com"),
        (
            "e7.example.com",
            "v=spf1 a mx a mx a mx a mx a ptr include:amazonses.com -all",
        ),
        ("e7.example.com", "A 192.0.2.20"),
        ("e7.example.com", "MX e7.example.com"),
        (
            "e8.example.com",
            "v=spf1 include:inc.example.com include:amazonses.com mx -all",
        ),
        ("inc.example.com", "v=spf1 a a a a a a a a"),
        ("inc.example.com", "A 192.0.2.10"),
        (
            "e9.example.com",
            "v=spf1 a include:inc.example.com include:amazonses.com -all",
        ),
        ("e9.example.com", "A 192.0.2.21"),
        (
            "e10.example.com",
            "v=spf1 include:amazonses.com a a a a a a a a a a a -all",
        ),
        (
            "e11.example.com",
            "v=spf1 a:x.example.com a:y.example.com a:z.example.com ?all",
        ),
        (
            "e12.example.com",
            "v=spf1 a:x.example.com a:y.example.com ?all",
        ),
        (
            "e13.example.com",
            "v=spf1 a:x.example.com mx:x.example.com exists:x.example.com -all",
        ),
    ]);
    for (name, expected, lookups) in [
        ("e1.example.com", "permerror", 11),
        ("e2.example.com", "permerror", 11),
        ("e6.example.com", "pass", 10),
        ("e7.example.com", "permerror", 11),
        ("e8.example.com", "pass", 10),
        ("e9.example.com", "permerror", 11),
        // The limit counts what is evaluated, and evaluation ends where ours matches.
        ("e10.example.com", "pass", 1),
        ("e11.example.com", "permerror", 3),
        ("e12.example.com", "neutral", 2),
        ("e13.example.com", "permerror", 3),
    ] {
        let evaluation = zone.evaluate(name);
        assert_eq!(
            (word(&evaluation.result), evaluation.lookups),
            (expected, lookups),
            "{name}"
        );
    }
    let mut exchanges = zone;
    for _ in 0..10 {
        exchanges
            .0
            .entry("e4.example.com".to_owned())
            .or_default()
            .push("MX mail.example.com");
    }
    assert_eq!(
        word(&exchanges.evaluate("e4.example.com").result),
        "neutral"
    );
    exchanges
        .0
        .entry("e4.example.com".to_owned())
        .or_default()
        .push("MX more.example.com");
    let eleven = exchanges.evaluate("e4.example.com").result;
    let at = "e4.example.com".to_owned();
    assert_eq!(
        eleven,
        SpfResult::Invalid(SpfFault::TooManyExchanges { at })
    );
}

/// Answers a question once it was asked.
struct Asked<'a> {
    zone: &'a Zone,
    asked: Vec<Question>,
}

impl SpfAnswers for Asked<'_> {
    fn answer(&self, question: &Question) -> SpfAnswer {
        if self.asked.contains(question) {
            self.zone.answer(question)
        } else {
            SpfAnswer::NotAsked(question.clone())
        }
    }
}

#[test]
fn includes_are_queried_level_by_level_and_the_proposed_record_needs_no_query() {
    let zone = Zone::new(&[
        ("a.example.net", "v=spf1 include:c.example.net -all"),
        ("b.example.net", "v=spf1 ip4:192.0.2.1 -all"),
        ("c.example.net", "v=spf1 include:amazonses.com -all"),
    ]);
    let ask = |text: &str| {
        let mut known = Asked {
            zone: &zone,
            asked: Vec::new(),
        };
        let mut rounds = Vec::new();
        loop {
            let evaluation = evaluate_spf(text, "e.example.com", SERVICE, &known);
            if evaluation.questions.is_empty() {
                return (rounds, word(&evaluation.result));
            }
            let names = evaluation.questions.iter().map(|q| q.name.clone());
            rounds.push(names.collect::<Vec<_>>());
            known.asked.extend(evaluation.questions);
        }
    };
    let (rounds, result) = ask("v=spf1 include:amazonses.com ~all");
    assert_eq!((rounds.len(), result), (0, "pass"));
    let (rounds, result) = ask("v=spf1 include:a.example.net include:b.example.net ~all");
    assert_eq!(result, "pass");
    assert_eq!(
        rounds,
        [
            vec!["a.example.net", "b.example.net"],
            vec!["c.example.net"]
        ]
    );
    let (rounds, _) = ask("v=spf1 a mx a:h.example.net exists:%{i}.example.net ~all");
    assert_eq!(
        rounds,
        [["e.example.com", "e.example.com", "h.example.net"]]
    );
}

mod any_record {
    use proptest::prelude::*;

    use super::*;

    const NAMES: [&str; 4] = ["a.example", "b.example", "c.example", "d.example"];

    fn record() -> impl Strategy<Value = String> {
        let term = "[-+~?]?(a|mx|ptr|all|ip4:192\\.0\\.2\\.1|include:[abcd]\\.example|\
                    include:amazonses\\.com|exists:[abcd]\\.example|exists:%\\{i\\}\\.example)|\
                    redirect=[abcd]\\.example";
        proptest::collection::vec(term, 0..6)
            .prop_map(|terms| format!("v=spf1 {}", terms.join(" ")))
    }

    /// The records, of which those without a bit in `asked` have not been asked.
    struct Records<'a>(&'a [String], u8);

    impl SpfAnswers for Records<'_> {
        fn answer(&self, question: &Question) -> SpfAnswer {
            let place = NAMES.iter().position(|name| *name == question.name);
            match place {
                Some(place) if self.1 & (1 << place) == 0 => SpfAnswer::NotAsked(question.clone()),
                Some(place) => SpfAnswer::Found(vec![self.0[place].clone()]),
                None => SpfAnswer::Void,
            }
        }
    }

    proptest! {
        /// Whatever is published, the evaluation ends, and asks for no more than ten names.
        #[test]
        fn every_spf_evaluation_ends(records in proptest::collection::vec(record(), 4), asked: u8) {
            let evaluation = evaluate_spf(&records[0], NAMES[0], SERVICE, &Records(&records, asked));
            prop_assert!(evaluation.lookups <= MAX_SPF_LOOKUPS + 1);
            prop_assert!(evaluation.questions.len() <= MAX_SPF_LOOKUPS);
        }

        /// With the include in front of everything, mail from the service passes, or the record is
        /// malformed.
        #[test]
        fn a_valid_record_with_our_include_in_front_passes(record in record()) {
            let text = record.replacen("v=spf1", "v=spf1 include:amazonses.com", 1);
            let evaluation = evaluate_spf(&text, NAMES[0], SERVICE, &Records(&[], 0xff));
            let expected = if Spf::parse(&text).is_ok() { "pass" } else { "permerror" };
            prop_assert_eq!(word(&evaluation.result), expected);
        }
    }
}
