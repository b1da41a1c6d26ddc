//! Runs the afternoon with fakes.

use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth_testkit::{Inheritance, TextMissing, domain_name};
use futures::FutureExt;

use super::super::import::tests::World;
use super::*;

/// Goes on until there is nothing more to do now. None if it died.
fn go_on(world: &World, seen: &mut Seen) -> Option<Next> {
    let go_on = async {
        loop {
            let next = step(&world.tools(), seen).await.unwrap();
            if next != Next::GoOn {
                return next;
            }
        }
    };
    go_on.now_or_never()
}

fn begun(world: &World) -> Seen {
    Seen::begun(&domain_name("example.com"), world.clock.now())
}

fn status(world: &World, name: &str, status: AxisStatus) {
    let status = SesStatus {
        verification: status,
        dkim: status,
        mail_from: AxisStatus::NotStarted,
    };
    world.ses.set_status(&domain_name(name), status);
}

/// All starts, each with what the operator and three days do before it.
fn through(world: &World, seen: &mut Seen, mut start: impl FnMut(&mut Seen) -> Next) {
    let Next::Publish { records } = start(seen) else {
        panic!("{seen:?}");
    };
    assert_eq!(records.len(), 3);
    assert!(records[0].0.ends_with("._domainkey.lasso-keys.example.com"));
    status(world, "lasso-keys.example.com", AxisStatus::Success);
    assert!(matches!(start(seen), Next::ComeBack { .. }));
    assert!(matches!(start(seen), Next::ComeBack { .. }), "not before");
    world.clock.advance(SignedDuration::from_hours(74));
    status(world, "lasso-unpublished.example.com", AxisStatus::Failed);
    assert_eq!(start(seen), Next::Done);
    assert_eq!(world.ses.identities(), 0, "all is deleted");
}

#[test]
fn every_question_is_answered_and_every_created_identity_is_deleted() {
    let world = World::new();
    let mut seen = begun(&world);
    through(&world, &mut seen, |seen| go_on(&world, seen).unwrap());
    for question in Question::ALL {
        assert!(seen.answers.has(question), "{question:?}");
    }
    assert_eq!(seen.answers.of(Question::Tokens), Some("the same"));
    assert_eq!(seen.answers.of(Question::VerifiedByDkim), Some("success"));
    assert_eq!(
        seen.answers.of(Question::FailedDkim),
        Some("DKIM was failed, and is pending with the same tokens")
    );
    let markdown = seen.answers.markdown("us-east-1");
    assert!(!markdown.contains("not yet"), "{markdown}");
}

#[test]
fn the_answers_describe_the_behaviour_of_the_account() {
    let world = World::new();
    world.ses.behave(|behaviour| {
        behaviour.inheritance = Inheritance::SendingOnly;
        behaviour.text_missing = TextMissing::Failed;
    });
    let mut seen = begun(&world);
    through(&world, &mut seen, |seen| go_on(&world, seen).unwrap());
    let inherited = seen.answers.of(Question::Inheritance).unwrap();
    assert!(
        inherited.starts_with("VerifiedForSendingStatus is true by Create and true by Get")
            && inherited.ends_with("v1 says pending"),
        "{inherited}"
    );
}

#[test]
fn a_run_that_crashes_at_any_await_is_continued_by_the_next() {
    let mut point = 0;
    loop {
        point += 1;
        let world = World::new();
        let mut seen = begun(&world);
        world.crash.die_at(point);
        let mut died = false;
        through(&world, &mut seen, |seen| {
            loop {
                // The file has what was noted before the step that died.
                let mut kept = seen.clone();
                let ended = loop {
                    let mut trial = kept.clone();
                    let step = async { step(&world.tools(), &mut trial).await.unwrap() };
                    match step.now_or_never() {
                        None => break None,
                        Some(Next::GoOn) => kept = trial,
                        Some(next) => {
                            kept = trial;
                            break Some(next);
                        }
                    }
                };
                *seen = kept;
                if let Some(next) = ended {
                    return next;
                }
                died = true;
                world.crash.live();
            }
        });
        for question in Question::ALL {
            assert!(seen.answers.has(question), "point {point}: {question:?}");
        }
        if !died {
            assert!(point > 40, "{point}");
            return;
        }
    }
}

#[test]
fn an_identity_not_created_by_the_run_is_neither_used_nor_deleted() {
    for name in ["lasso-keys.example.com", "example.com"] {
        let world = World::new();
        let name = domain_name(name);
        world.ses.add_foreign(&name, None, true);
        let before = world.ses.record_of(&name);
        let mut seen = begun(&world);
        let answer = async { step(&world.tools(), &mut seen).await };
        assert!(answer.now_or_never().unwrap().is_err(), "{name}");
        assert_eq!(world.ses.record_of(&name), before);
        assert_eq!(world.ses.identities(), 1);
    }
}

#[test]
fn a_domain_with_an_identity_at_above_or_below_it_is_refused() {
    for name in [
        "example.com",
        "lab.example.com",
        "lasso-keys.lab.example.com",
    ] {
        let world = World::new();
        let domain = domain_name("lab.example.com");
        let tools = world.tools();
        let begin = || may_begin(&tools, &domain).now_or_never().unwrap();
        assert!(begin().is_ok());
        world.ses.add_foreign(&domain_name(name), None, true);
        let refused = begin();
        assert!(
            matches!(refused, Err(Error::Input(why)) if why.contains(name)),
            "{name}"
        );
    }
}

#[test]
fn every_question_is_documented() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/aws-questions.md");
    let document = std::fs::read_to_string(path).unwrap();
    for question in Question::ALL {
        assert!(document.contains(question.sentence()), "{question:?}");
    }
}
