//! Tests of the questions, of the two views, and of diagnoses of the domain as a whole. People's
//! mistakes are in `tests/corpus`.

use super::scene::*;
use super::{DiagnosisCode as Code, RecordState as State};
use crate::dns::{Failure, Outcome, Question, RecordType, ZoneOutcome};
use crate::identity::{AxisStatus, SesStatus};
use crate::records::{RecordId as Id, ownership_record};

fn failed(failure: Failure) -> Outcome {
    Outcome::Failed { failure }
}

#[test]
fn a_complete_zone_has_no_diagnosis() {
    for record in Scene::right().diagnosis().records {
        assert_eq!(
            (record.state, record.code),
            (State::Found, None),
            "{record:#?}"
        );
        assert_eq!(record.fix, None);
    }
    assert_eq!(Scene::right().domain_codes(), []);
}

#[test]
fn the_domain_as_a_whole_has_its_own_diagnoses() {
    let mut gone = Scene::bare("example.com", "example.com");
    gone.zone = ZoneOutcome::NoSuchDomain;
    assert_eq!(gone.domain_codes(), [Code::DomainDoesNotExist]);
    let lame = (0..3).fold(Scene::right(), |scene, server| {
        scene.fault(server, failed(Failure::Lame))
    });
    assert_eq!(lame.domain_codes(), [Code::ZoneNotLive]);
    let bogus = Scene::right().fault(RESOLVER, failed(Failure::DnssecBogus));
    assert_eq!(bogus.domain_codes(), [Code::DnssecFailure]);
    let silent = (0..3).fold(Scene::right(), |scene, server| {
        scene.fault(server, Outcome::TimedOut)
    });
    assert_eq!(silent.domain_codes(), [Code::DnsUnavailable]);
    let mut unknown = silent.clone();
    unknown.zone = ZoneOutcome::Unknown {
        failure: Some(Failure::Lame),
    };
    assert_eq!(unknown.domain_codes(), [Code::ZoneNotLive]);
    let mut strict = Scene::right().instead(Id::Dmarc, txt("v=DMARC1; p=reject; aspf=s"));
    strict.ses = Some(SesStatus::NOT_STARTED);
    assert_eq!(
        strict.domain_codes(),
        [Code::DmarcBlocksVia, Code::DmarcStrictAlignment]
    );
}

#[test]
fn a_zone_whose_ns_records_name_other_servers_is_not_live() {
    let moved = |mut scene: Scene| {
        if let ZoneOutcome::Found(zone) = &mut scene.zone {
            zone.name_servers = vec!["ns1.old.example".to_owned()];
        }
        scene.domain_codes()
    };
    assert_eq!(
        moved(Scene::right().without(Id::Dkim2)),
        [Code::ZoneNotLive]
    );
    // All records are seen where they are asked for.
    assert_eq!(moved(Scene::right()), []);
}

#[test]
fn the_wait_is_the_ttl_of_the_old_cached_answer() {
    let negative = Scene::right().without_at(RESOLVER, Id::Verification);
    assert_eq!(negative.of(Id::Verification).wait_minutes, Some(60));
    let old = Scene::right()
        .without_at(RESOLVER, Id::Verification)
        .publish_at(RESOLVER, "_amazonses.example.com", txt(OTHER_TOKEN));
    let old = old.of(Id::Verification);
    assert_eq!(old.wait_minutes, Some(5));
    assert!(old.message.contains("5 minutes"), "{}", old.message);
}

#[test]
fn the_ownership_record_is_judged_like_the_verification_record_except_for_cnames() {
    let mut scene = Scene::bare("example.com", "example.com");
    scene.records = vec![ownership_record(&scene.domain, "s3cret")];
    let value = "lasso-domain-verification=s3cret";
    let of = |scene: Scene| {
        let found = scene.of(Id::Ownership);
        (found.state, found.code)
    };
    assert_eq!(of(scene.clone()), (State::Missing, Some(Code::NotFound)));
    let at = |name: &str, value: &str| scene.clone().publish(name, txt(value));
    let name = "_lasso-challenge.example.com";
    assert_eq!(of(at(name, value)), (State::Found, None));
    assert_eq!(
        of(at(name, "lasso-domain-verification=s3")),
        (State::Wrong, Some(Code::ValueTruncated))
    );
    assert_eq!(
        of(at("example.com", value)),
        (State::Wrong, Some(Code::AtApex))
    );
    let elsewhere = scene
        .clone()
        .publish(name, cname("proof.example.net"))
        .publish("proof.example.net", txt(value));
    assert_eq!(of(elsewhere), (State::Wrong, Some(Code::WrongType)));
}

#[test]
fn probe_queries_are_made_only_for_incorrect_records() {
    let right = Scene::right();
    let questions =
        super::questions_for(&right.domain, &right.records, right.context().found_zone());
    assert_eq!(questions.len(), 8);
    let observations = right.observe(&questions);
    let beside = super::probes_for(&right.context(), &right.records, &observations);
    let mut types: Vec<_> = beside.explaining.iter().map(|q| q.record_type).collect();
    types.sort_unstable();
    // `_domainkey` may be a zone of its own.
    let zone = vec![RecordType::Soa];
    let dkim = vec![RecordType::Txt; 3];
    let aliases = vec![RecordType::Cname; 3];
    assert_eq!(types, [aliases, zone, dkim].concat());

    let missing = Scene::right().without(Id::Verification);
    let rounds = missing.rounds();
    let [_, second, third] = &rounds[..] else {
        panic!("{rounds:#?}");
    };
    assert!(second.contains(&question("com.example.com", RecordType::Txt)));
    assert!(second.contains(&question("example.com", RecordType::Txt)));
    // The verification record's name does not exist, so no other type is asked for there. A doubled
    // record would be below `com.example.com`, which does not exist either, so nothing below it is
    // asked for.
    let asked_for = |name: &str| rounds.iter().flatten().filter(|q| q.name == name).count();
    assert_eq!(asked_for("_amazonses.example.com"), 1);
    assert_eq!(third, &[]);
}

#[test]
fn if_nothing_is_published_nearby_names_are_queried_once() {
    let nothing = Scene::bare("mail.example.com", "example.com");
    let asked: Vec<usize> = nothing.rounds().iter().map(Vec::len).collect();
    assert_eq!(asked, [9, 10, 0]);
    let own_zone = Scene::bare("example.com", "example.com");
    let asked: Vec<usize> = own_zone.rounds().iter().map(Vec::len).collect();
    assert_eq!(asked, [8, 23, 0]);
    for record in nothing.diagnosis().records {
        assert_eq!(
            (record.state, record.code),
            (State::Missing, Some(Code::NotFound))
        );
    }
}

#[test]
fn a_doubled_name_is_found_even_if_only_one_server_has_it() {
    let doubled = Scene::right().without(Id::Verification).publish_at(
        1,
        "_amazonses.example.com.example.com",
        txt(TOKEN),
    );
    let found = doubled.of(Id::Verification);
    assert!(
        found.codes().any(|code| code == Code::HostDoubled),
        "{found:#?}"
    );
}

#[test]
fn an_unneeded_txt_record_is_not_explained_by_cnames_that_the_domain_does_not_have() {
    let mut scene = Scene::right().without(Id::Verification);
    scene.ses = Some(SesStatus {
        verification: AxisStatus::Success,
        dkim: AxisStatus::Success,
        mail_from: AxisStatus::NotStarted,
    });
    let said = |scene: &Scene| {
        let found = scene.of(Id::Verification);
        assert_eq!(found.code, Some(Code::NotNeeded));
        found.message
    };
    assert!(said(&scene).contains("by the CNAME records"));
    let cnames = [Id::Dkim1, Id::Dkim2, Id::Dkim3];
    scene.records.retain(|record| !cnames.contains(&record.id));
    let message = said(&scene);
    assert!(message.contains("by the DKIM key") && !message.contains("CNAME"));
}

fn question(name: &str, record_type: RecordType) -> Question {
    Question {
        name: name.to_owned(),
        record_type,
    }
}
