//! Whatever anybody publishes, the diagnosis takes bounded time, is readable, and does not panic.

use proptest::prelude::*;

use super::scene::*;
use super::{DiagnosisCode as Code, RecordState as State, diagnose};
use crate::dns::{Data, Failure, Outcome, RecordType};
use crate::records::RecordId as Id;

fn refused() -> Outcome {
    Outcome::Failed {
        failure: Failure::Refused,
    }
}

#[test]
fn a_loop_of_cnames_ends_the_lookup() {
    let scene = Scene::right()
        .instead(Id::Verification, cname("b.example.com"))
        .publish("b.example.com", cname("_amazonses.example.com"))
        .without_at(RESOLVER, Id::Dmarc)
        .publish_at(RESOLVER, "_dmarc.example.com", cname("_dmarc.example.com"));
    assert_eq!(scene.of(Id::Verification).code, Some(Code::WrongType));
    assert_eq!(scene.of(Id::Dmarc).state, State::Found);
}

#[test]
fn hostile_content_is_shown_short_and_visible() {
    let mut scene = Scene::right().without(Id::Verification);
    for n in 0..100 {
        scene = scene.publish(
            "_amazonses.example.com",
            txt(&format!(
                "<script>{n}\u{1b}[2J\u{202e}{}",
                "x".repeat(60_000)
            )),
        );
    }
    let found = scene.of(Id::Verification);
    assert_eq!(found.state, State::Wrong);
    assert!(found.observed.len() <= 6);
    let json = serde_json::to_string(&found).unwrap();
    assert!(json.len() < 4_000, "{}", json.len());
    assert!(
        !found.message.chars().any(char::is_control),
        "{}",
        found.message
    );
    assert!(!found.message.contains('\u{202e}'));
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,60}",
        "[\\x00-\\x7f]{0,60}",
        "v=spf1 ?(a|mx|include:[a-z.]{0,9}| ){0,9}",
        "v=DMARC1; ?(p|sp|aspf|adkim)=(none|reject|s|r)?;?",
        Just(TOKEN.to_owned()),
    ]
}

fn any_data() -> impl Strategy<Value = Data> {
    prop_oneof![
        any_text().prop_map(|text| txt(&text)),
        any_text().prop_map(|text| cname(&text)),
        any_text().prop_map(|text| mx(&text)),
        Just(a("192.0.2.1")),
    ]
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        (proptest::collection::vec(any_data(), 1..4), any::<u32>())
            .prop_map(|(data, ttl)| Outcome::Found { data, ttl }),
        (any_text(), any::<u32>()).prop_map(|(target, ttl)| Outcome::Alias { target, ttl }),
        any::<u32>().prop_map(|negative_ttl| Outcome::NoData { negative_ttl }),
        any::<u32>().prop_map(|negative_ttl| Outcome::NoSuchName { negative_ttl }),
        Just(refused()),
        Just(Outcome::TimedOut),
        Just(Outcome::NotAsked),
    ]
}

proptest! {
    /// Whatever is answered to whatever was asked, in whatever mix: a judgement, and no panic.
    #[test]
    fn any_combination_of_dns_answers_is_judged_without_a_panic(outcomes in proptest::collection::vec(any_outcome(), 30)) {
        let scene = Scene::bare("mail.example.com", "example.com");
        let mut observations = scene.observations();
        let mut outcomes = outcomes.into_iter().cycle();
        for observation in &mut observations {
            for answer in &mut observation.authoritative {
                answer.outcome = outcomes.next().unwrap();
            }
            observation.recursive = outcomes.next().unwrap();
        }
        let diagnosis = diagnose(&scene.context(), &scene.records, &observations);
        prop_assert_eq!(diagnosis.records.len(), scene.records.len());
        for record in &diagnosis.records {
            prop_assert!(!record.message.chars().any(char::is_control), "{}", record.message);
            let silent = observations.iter()
                .filter(|o| o.question.name == scene.record(record.id).name && o.question.record_type == RecordType::Txt)
                .all(|o| o.authoritative.iter().all(|a| a.outcome == Outcome::TimedOut) && o.recursive == Outcome::TimedOut);
            if silent && matches!(record.id, Id::Verification) {
                prop_assert_eq!(record.state, State::Unknown);
            }
        }
    }
}
