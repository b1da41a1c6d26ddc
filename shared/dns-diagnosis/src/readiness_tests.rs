//! Mailbox providers' view of the results from DNS and SES.

use jiff::Timestamp;

use super::*;
use crate::diagnosis::Sightings;
use crate::diagnosis::scene::{RESOLVER, Scene, txt};
use crate::dns::{Failure, Outcome};

const ALL: SesStatus = SesStatus {
    verification: AxisStatus::Success,
    dkim: AxisStatus::Success,
    mail_from: AxisStatus::Success,
};

const ASKED_AT: AskedAt<'_> = AskedAt {
    ses: None,
    dns: Some(Timestamp::UNIX_EPOCH),
    sightings: None,
};

fn of(scene: &Scene, ses: SesStatus) -> Readiness {
    readiness(Some(ses), &scene.diagnosis(), ASKED_AT, &scene.domain)
}

fn missing(readiness: &Readiness) -> Vec<BulkRule> {
    let rules = readiness.rules.iter();
    rules
        .filter(|check| check.met == Verdict::No)
        .map(|check| check.rule)
        .collect()
}

#[test]
fn a_domain_with_every_record_meets_every_rule() {
    let ready = of(&Scene::right(), ALL);
    assert_eq!(ready.ses_verified, Verdict::Yes);
    assert_eq!(ready.shows_via, Verdict::No);
    assert_eq!(ready.bulk_ready, Verdict::Yes);
    assert!(
        ready
            .providers
            .iter()
            .all(|check| check.met == Verdict::Yes)
    );
    assert!(ready.missing_required.is_empty() && ready.missing_recommended.is_empty());
}

#[test]
fn mail_of_a_domain_with_only_the_txt_record_is_shown_with_via() {
    let txt_only = SesStatus {
        verification: AxisStatus::Success,
        ..SesStatus::NOT_STARTED
    };
    let scene = Scene::right()
        .without(RecordId::Dkim1)
        .without(RecordId::Dmarc);
    let ready = of(&scene, txt_only);
    assert_eq!(
        (ready.ses_verified, ready.shows_via),
        (Verdict::Yes, Verdict::Yes)
    );
    assert_eq!(
        missing(&ready),
        [BulkRule::Dkim, BulkRule::Alignment, BulkRule::Dmarc]
    );
    assert_eq!(
        ready.missing_recommended,
        [RecordId::Dkim1, RecordId::Dmarc]
    );
}

#[test]
fn a_domain_verified_by_dkim_lacks_no_txt_record() {
    let scene = Scene::right().without(RecordId::Verification);
    assert!(of(&scene, ALL).missing_required.is_empty());
    assert_eq!(
        of(&scene, SesStatus::NOT_STARTED).missing_required,
        [RecordId::Verification]
    );
}

#[test]
fn a_custom_mail_from_domain_needs_its_own_spf_record() {
    let scene = Scene::right().without(RecordId::MailFromSpf);
    assert_eq!(missing(&of(&scene, ALL)), [BulkRule::Spf]);
    let amazons = SesStatus {
        mail_from: AxisStatus::Pending,
        ..ALL
    };
    assert_eq!(missing(&of(&scene, amazons)), []);
}

#[test]
fn under_strict_alignment_spf_alone_does_not_align() {
    let scene = Scene::right().instead(RecordId::Dmarc, txt("v=DMARC1; p=reject; aspf=s"));
    let without_dkim = SesStatus {
        dkim: AxisStatus::Pending,
        ..ALL
    };
    assert_eq!(
        missing(&of(&scene, without_dkim)),
        [BulkRule::Dkim, BulkRule::Alignment]
    );
    assert_eq!(missing(&of(&scene, ALL)), []);
}

#[test]
fn unanswered_queries_give_the_verdict_unknown() {
    let silent = (0..3).fold(Scene::right(), |scene, server| {
        scene.fault(server, Outcome::TimedOut)
    });
    let ready = of(&silent, ALL);
    assert_eq!(ready.bulk_ready, Verdict::Unknown);
    assert_eq!(missing(&ready), []);
    let right = Scene::right();
    let unasked = readiness(None, &right.diagnosis(), ASKED_AT, &right.domain);
    assert_eq!(unasked.ses_verified, Verdict::Unknown);
    assert_eq!(unasked.shows_via, Verdict::Unknown);
}

#[test]
fn a_domain_without_its_own_txt_record_lacks_the_cnames_that_verify_it() {
    let mut scene = Scene::right()
        .without(RecordId::Dkim2)
        .without(RecordId::MailFromMx);
    scene
        .records
        .retain(|record| record.id != RecordId::Verification);
    let ready = of(&scene, SesStatus::NOT_STARTED);
    assert_eq!(ready.ses_verified, Verdict::No);
    assert_eq!(ready.missing_required, [RecordId::Dkim2]);
    assert_eq!(ready.missing_recommended, [RecordId::MailFromMx]);
}

#[test]
fn a_domain_without_its_own_cname_records_is_not_asked_to_publish_any() {
    let mut scene = Scene::right();
    scene.records.retain(|record| {
        !matches!(
            record.id,
            RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3
        )
    });
    let ready = of(&scene, SesStatus::NOT_STARTED);
    assert!(missing(&ready).contains(&BulkRule::Dkim));
    for check in &ready.rules {
        assert!(!check.message.contains("CNAME"), "{}", check.message);
    }
}

fn dkim_rule(ready: &Readiness) -> (Verdict, &str) {
    let rule = ready
        .rules
        .iter()
        .find(|check| check.rule == BulkRule::Dkim);
    let rule = rule.unwrap();
    (rule.met, &rule.message)
}

#[test]
fn mail_is_not_called_signed_when_all_cnames_are_gone() {
    let cnames = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];
    let gone = cnames.into_iter().fold(Scene::right(), Scene::without);
    for dkim in [AxisStatus::Success, AxisStatus::TemporaryFailure] {
        let ready = of(&gone, SesStatus { dkim, ..ALL });
        let (met, message) = dkim_rule(&ready);
        assert_eq!(met, Verdict::No);
        assert!(
            message.contains("none of the three CNAME records on 1 January 1970 at 00:00 UTC"),
            "{message}"
        );
        assert!(
            message.contains("stops signing once it has noticed"),
            "{message}"
        );
        assert_eq!(ready.shows_via, Verdict::Yes);
        assert_eq!(ready.bulk_ready, Verdict::No);
        assert_eq!(ready.ses_verified, Verdict::Yes);
    }
}

#[test]
fn the_dkim_rule_is_not_met_while_dnssec_is_broken() {
    let failure = Failure::DnssecBogus;
    let bogus = Scene::right().fault(RESOLVER, Outcome::Failed { failure });
    let ready = of(&bogus, ALL);
    let (met, message) = dkim_rule(&ready);
    assert_eq!(met, Verdict::No);
    assert!(message.contains("cannot check the signatures"), "{message}");
    assert_eq!(ready.shows_via, Verdict::Yes);
    assert_eq!(ready.bulk_ready, Verdict::No);
    let unmet = [BulkRule::Spf, BulkRule::Dkim, BulkRule::Alignment];
    assert_eq!(missing(&ready), unmet);
    for rule in &ready.rules {
        let claims = ["did not answer", "is missing", "publish", "is signed"];
        let claimed = claims.iter().find(|words| rule.message.contains(*words));
        assert_eq!(claimed, None, "{}", rule.message);
        assert!(rule.message.contains("DNSSEC"), "{}", rule.message);
    }
    // A key of the domain's owner is in the same zone.
    let mut owners = bogus.diagnosis();
    owners.records.retain(|record| record.id == RecordId::Dmarc);
    let ready = readiness(Some(ALL), &owners, ASKED_AT, &bogus.domain);
    assert_eq!(dkim_rule(&ready).0, Verdict::No);
}

#[test]
fn with_one_missing_cname_the_dkim_rule_is_unknown() {
    let ready = of(&Scene::right().without(RecordId::Dkim2), ALL);
    let (met, message) = dkim_rule(&ready);
    assert_eq!(met, Verdict::Unknown);
    assert!(
        message.contains("did not have all three CNAME records"),
        "{message}"
    );
    assert_eq!(ready.bulk_ready, Verdict::Unknown);
}

#[test]
fn unanswered_cname_queries_do_not_contradict_ses() {
    let silent = (0..3).fold(Scene::right(), |scene, server| {
        scene.fault(server, Outcome::TimedOut)
    });
    assert_eq!(dkim_rule(&of(&silent, ALL)).0, Verdict::Yes);
}

#[test]
fn the_txt_record_is_required_again_when_the_cnames_are_gone_too() {
    let all = [
        RecordId::Verification,
        RecordId::Dkim1,
        RecordId::Dkim2,
        RecordId::Dkim3,
    ];
    let gone = all.into_iter().fold(Scene::right(), Scene::without);
    assert_eq!(of(&gone, ALL).missing_required, [RecordId::Verification]);
}

#[test]
fn without_its_mx_record_the_mail_from_domain_may_no_longer_align() {
    let scene = Scene::right().without(RecordId::MailFromMx);
    let without_dkim = SesStatus {
        dkim: AxisStatus::NotStarted,
        ..ALL
    };
    let ready = of(&scene, without_dkim);
    let mut rules = ready.rules.iter();
    let alignment = rules.find(|check| check.rule == BulkRule::Alignment);
    assert_eq!(alignment.unwrap().met, Verdict::Unknown);
}

#[test]
fn the_policy_of_a_registry_meets_no_rule() {
    let scene = Scene::all_of("example.bank", "example.bank")
        .without(RecordId::Dmarc)
        .publish("_dmarc.bank", txt("v=DMARC1; p=reject; psd=y"));
    assert_eq!(missing(&of(&scene, ALL)), [BulkRule::Dmarc]);
    let without_p =
        Scene::right().instead(RecordId::Dmarc, txt("v=DMARC1; rua=mailto:a@b.example"));
    assert_eq!(missing(&of(&without_p, ALL)), []);
}

/// Readiness after looks in each of which the records stood in a state, an hour apart.
fn after_looks(scene: &Scene, ses: SesStatus, looks: &[Scene]) -> Readiness {
    let mut sightings = Sightings::default();
    for (hour, look) in (0..).zip(looks) {
        let at = Timestamp::from_second(hour * 3_600).unwrap();
        sightings = sightings.after(look.diagnosis().states(), at);
    }
    let asked_at = AskedAt {
        sightings: Some(&sightings),
        ..ASKED_AT
    };
    readiness(Some(ses), &scene.diagnosis(), asked_at, &scene.domain)
}

#[test]
fn lost_cnames_are_shown_with_the_time_they_were_seen_and_the_consequence() {
    let cnames = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];
    let (right, bare) = (Scene::right(), Scene::right());
    let gone = cnames.into_iter().fold(bare, Scene::without);
    let partly = Scene::right().without(RecordId::Dkim2);
    for dkim in [
        AxisStatus::Failed,
        AxisStatus::Pending,
        AxisStatus::NotStarted,
    ] {
        let ses = SesStatus { dkim, ..ALL };
        let lost = after_looks(&gone, ses, &[right.clone(), right.clone(), gone.clone()]);
        let (met, message) = dkim_rule(&lost);
        assert_eq!(met, Verdict::No);
        for part in [
            "none of the three CNAME records on 1 January 1970 at 00:00 UTC",
            "was there last on 1 January 1970 at 01:00 UTC",
            "asked by itself",
        ] {
            assert!(message.contains(part), "{message}");
        }
        let one = after_looks(&partly, ses, &[right.clone(), partly.clone()]);
        assert!(dkim_rule(&one).1.contains("not all three"), "{one:?}");
        let looks = [right.clone(), gone.clone(), right.clone()];
        let back = after_looks(&right, ses, &looks);
        assert!(dkim_rule(&back).1.contains("are back"), "{back:?}");
        let never = after_looks(&gone, ses, std::slice::from_ref(&gone));
        assert!(dkim_rule(&never).1.contains("has not seen all three"));
    }
}

#[test]
fn lost_mail_from_records_are_shown_with_the_time_they_were_seen() {
    let right = Scene::right();
    let gone = Scene::right().without(RecordId::MailFromSpf);
    let looks = [right.clone(), gone.clone()];
    let spf = |ready: &Readiness| {
        let mut rules = ready.rules.iter();
        let rule = rules.find(|check| check.rule == BulkRule::Spf).unwrap();
        (rule.met, rule.message.clone())
    };
    let (met, message) = spf(&after_looks(&gone, ALL, &looks));
    assert_eq!(met, Verdict::No);
    assert!(message.contains("last on 1 January 1970"), "{message}");
    let failed = SesStatus {
        mail_from: AxisStatus::Failed,
        ..ALL
    };
    let (met, message) = spf(&after_looks(&gone, failed, &looks));
    assert_eq!(met, Verdict::Yes);
    assert!(message.contains("is not used"), "{message}");
    let looks = [right.clone(), gone, right.clone()];
    let (_, message) = spf(&after_looks(&right, failed, &looks));
    assert!(message.contains("are back"), "{message}");
    let (_, message) = spf(&after_looks(&right, ALL, &looks));
    assert_eq!(message, "SPF passes for your own MAIL FROM domain.");
}

#[test]
fn a_mail_from_name_that_is_a_separate_organization_aligns_with_nothing() {
    let without_dkim = SesStatus {
        dkim: AxisStatus::NotStarted,
        ..ALL
    };
    for (text, expected) in [
        ("v=DMARC1; p=none; psd=n", Verdict::No),
        ("v=DMARC1; p=none; psd=y", Verdict::No),
        ("v=DMARC1; p=none", Verdict::Yes),
    ] {
        let mut scene = Scene::right()
            .without(RecordId::Dkim1)
            .publish("_dmarc.bounce.example.com", txt(text));
        scene.ses = Some(without_dkim);
        let ready = of(&scene, without_dkim);
        let mut rules = ready.rules.iter();
        let alignment = rules.find(|check| check.rule == BulkRule::Alignment);
        assert_eq!(alignment.unwrap().met, expected, "{text}");
    }
}
