use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::json;

use super::super::any::{any_evidence, any_of};
use super::super::phrases::MAX_QUOTE;
use super::*;
use crate::actor::Person;
use crate::links::LinkId;
use crate::names::{DisplayName, Note};

fn person(name: &str, client_name: Option<&str>) -> Option<Person> {
    let client_name = client_name.and_then(DisplayName::of_claim);
    Person::new(DisplayName::of_claim(name), client_name)
}

fn anna() -> Actor {
    Actor::ClientAdmin {
        subject: "3f1c".to_owned(),
        person: person("Anna Berg", Some("Maple Homes")),
    }
}

fn sam() -> Actor {
    Actor::LassoSupport {
        subject: "9d2e".to_owned(),
        person: person("Sam Field", None),
    }
}

fn link_holder() -> Actor {
    let link = LinkId::parse("0198f3a2").unwrap();
    Actor::LinkHolder { link }
}

fn told(
    actor: &Actor,
    action: Action,
    (from, to): (Option<Status>, Status),
    evidence: Option<serde_json::Value>,
    reader: Reader,
) -> String {
    let evidence = evidence.map(|evidence| Evidence::stored(action, evidence));
    let told = Told {
        actor,
        action,
        from,
        to,
        evidence: evidence.as_ref(),
    };
    told.sentence(reader)
}

const READERS: [Reader; 2] = [Reader::Client, Reader::Support];

const ALL_STATES: [Status; 9] = [
    Status::Contested,
    Status::Provisioning,
    Status::Pending,
    Status::Verified,
    Status::Authenticated,
    Status::AtRisk,
    Status::Failed,
    Status::Rejected,
    Status::Removing,
];

/// Whether a sentence ends with a full stop, or with a quoted text that ends its own sentence.
fn ends(sentence: &str) -> bool {
    let quoted = sentence.strip_suffix('”');
    let quoted = quoted.is_some_and(|quoted| quoted.ends_with(['.', '!', '?', '…']));
    quoted || sentence.ends_with('.')
}

/// Identifiers of the code have underscores or capitals in the middle.
fn assert_is_a_sentence(sentence: &str) {
    assert!(ends(sentence), "{sentence}");
    assert!(!sentence.ends_with(".."), "{sentence}");
    assert!(!sentence.contains('_'), "{sentence}");
    assert!(!sentence.contains("  "), "{sentence}");
    assert!(!sentence.contains('\n'), "{sentence}");
    let first = sentence.chars().next().unwrap();
    assert!(first.is_uppercase(), "{sentence}");
}

#[test]
fn every_action_has_its_own_sentence() {
    let moved = (Some(Status::Pending), Status::Verified);
    for actor in [anna(), sam(), Actor::Service, link_holder()] {
        for reader in READERS {
            let mut sentences = BTreeMap::new();
            for action in Action::ALL {
                let sentence = told(&actor, action, moved, None, reader);
                assert_is_a_sentence(&sentence);
                if let Some(other) = sentences.insert(sentence.clone(), action) {
                    panic!("{action:?} and {other:?}: {sentence}");
                }
            }
        }
    }
}

/// A line, and its sentence.
#[derive(Deserialize)]
struct Example {
    actor: String,
    action: Action,
    #[serde(default)]
    from: Option<Status>,
    to: Status,
    #[serde(default)]
    evidence: Option<serde_json::Value>,
    client: String,
    support: String,
}

#[test]
fn history_sentences_equal_those_of_the_examples() {
    let examples: Vec<Example> =
        serde_json::from_str(include_str!("sentences_story.json")).unwrap();
    for example in &examples {
        let actor = match example.actor.as_str() {
            "anna" => anna(),
            "sam" => sam(),
            "link_holder" => link_holder(),
            _ => Actor::Service,
        };
        let read = |reader| {
            let moved = (example.from, example.to);
            told(
                &actor,
                example.action,
                moved,
                example.evidence.clone(),
                reader,
            )
        };
        assert_eq!(read(Reader::Client), example.client);
        assert_eq!(read(Reader::Support), example.support);
        assert_is_a_sentence(&example.client);
        assert_is_a_sentence(&example.support);
        for secret in ["cedar-homes", "Sam", "contract", "by hand", "imitates"] {
            assert!(!example.client.contains(secret), "{}", example.client);
        }
    }
    let shown = |action: &Action| examples.iter().any(|it| it.action == *action);
    assert!(Action::ALL.iter().all(shown), "an action has no example");
}

#[test]
fn a_person_without_a_name_is_shown_by_the_token_subject() {
    let added =
        |actor: &Actor, reader| told(actor, Action::Added, (None, Status::Pending), None, reader);
    let unnamed = Actor::client_admin("3f1c");
    assert_eq!(added(&unnamed, Reader::Client), "3f1c added the domain.");
    assert_eq!(
        added(&unnamed, Reader::Support),
        "3f1c (the client) added the domain."
    );
    let of_a_client = Actor::ClientAdmin {
        subject: "3f1c".to_owned(),
        person: Person::new(None, DisplayName::of_claim("Maple Homes")),
    };
    assert_eq!(
        added(&of_a_client, Reader::Client),
        "3f1c (Maple Homes) added the domain."
    );
}

#[test]
fn a_long_text_is_cut_and_the_sentence_stays_complete() {
    let reason = json!({ "reason": "é".repeat(MAX_QUOTE + 1) });
    let moved = (Some(Status::Verified), Status::Rejected);
    let sentence = told(
        &sam(),
        Action::Rejected,
        moved,
        Some(reason),
        Reader::Client,
    );
    let quote = format!("“{}…”", "é".repeat(MAX_QUOTE - 1));
    assert_eq!(
        sentence,
        format!("Lasso support rejected the domain: {quote}")
    );
}

fn any_actor() -> impl Strategy<Value = Actor> {
    let named = ("\\PC{0,40}", "\\PC{0,40}").prop_map(|(name, client_name)| Actor::ClientAdmin {
        subject: "3f1c".to_owned(),
        person: person(&name, Some(&client_name)),
    });
    prop_oneof![
        named,
        Just(sam()),
        Just(link_holder()),
        Just(Actor::Service)
    ]
}

proptest! {
    #[test]
    fn every_history_line_is_one_sentence_in_one_line(
        actor in any_actor(),
        (action, evidence) in any_evidence(),
        from in proptest::option::of(any_of(&ALL_STATES)),
        to in any_of(&ALL_STATES),
    ) {
        for reader in READERS {
            let told = Told { actor: &actor, action, from, to, evidence: Some(&evidence) };
            let sentence = told.sentence(reader);
            prop_assert!(ends(&sentence), "{sentence}");
            prop_assert_eq!(&one_line(&sentence), &sentence);
        }
    }

    #[test]
    fn a_client_cannot_tell_provisioning_from_contested(
        (action, evidence) in any_evidence(),
        other in any_of(&ALL_STATES),
    ) {
        let as_shown = |from, to| {
            let actor = &Actor::Service;
            Told { actor, action, from, to, evidence: Some(&evidence) }.sentence(Reader::Client)
        };
        let (provisioning, contested) = (Status::Provisioning, Status::Contested);
        let from = |status| as_shown(Some(status), other);
        prop_assert_eq!(from(provisioning), from(contested));
        let to = |status| as_shown(Some(other), status);
        prop_assert_eq!(to(provisioning), to(contested));
        prop_assert_eq!(as_shown(None, provisioning), as_shown(None, contested));
    }

    #[test]
    fn a_client_reads_nothing_that_is_only_for_lasso_support(
        actor in any_actor(),
        (action, evidence) in any_evidence(),
        to in any_of(&ALL_STATES),
    ) {
        let without = Evidence { internal: None, ..evidence.clone() };
        let read = |evidence| {
            let told = Told { actor: &actor, action, from: None, to, evidence: Some(evidence) };
            told.sentence(Reader::Client)
        };
        prop_assert_eq!(read(&evidence), read(&without));
    }
}

#[test]
fn the_line_of_an_erased_client_has_a_subject_and_no_person() {
    let moved = (Some(Status::Authenticated), Status::Contested);
    for actor in [anna(), sam()] {
        let erased = actor.without_person();
        for reader in READERS {
            for action in Action::ALL {
                let sentence = told(&erased, action, moved, None, reader);
                assert_is_a_sentence(&sentence);
                assert!(!sentence.starts_with(' '), "{sentence}");
            }
        }
    }
    let ended = told(
        &sam().without_person(),
        Action::Displaced,
        moved,
        None,
        Reader::Support,
    );
    assert_eq!(
        ended,
        "Lasso support ended the client's claim to the domain."
    );
}

#[test]
fn a_clients_person_whose_name_contains_lasso_is_not_named() {
    for (name, client_name) in [
        ("Lasso support", Some("Maple Homes")),
        ("Sam Field (LASSO support)", None),
        ("Anna Berg", Some("Lasso support")),
    ] {
        let actor = Actor::ClientAdmin {
            subject: "3f1c".to_owned(),
            person: person(name, client_name),
        };
        for reader in READERS {
            let sentence = told(&actor, Action::Added, (None, Status::Pending), None, reader);
            assert!(!sentence.to_lowercase().contains("lasso"), "{sentence}");
        }
    }
}

/// Lasso support is told of no note for a contested domain.
#[test]
fn a_note_for_a_contested_domain_is_not_said_to_reach_support() {
    let note = Note::parse("We own it.").unwrap();
    let evidence = crate::evidence::of_call(Some(&note), &[]);
    for (actor, sentence) in [
        (anna(), "wrote a note: “We own it.”"),
        (sam(), "Lasso support wrote a note: “We own it.”"),
    ] {
        let told = Told {
            actor: &actor,
            action: Action::Ready,
            from: None,
            to: Status::Contested,
            evidence: Some(&evidence),
        };
        let told = told.sentence(Reader::Client);
        assert!(told.ends_with(sentence), "{told}");
    }
}
