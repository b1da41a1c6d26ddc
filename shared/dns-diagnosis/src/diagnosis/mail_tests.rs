//! SPF and DMARC of whole zones: which references are followed, which questions are asked, the
//! meaning, and the fix.

use super::scene::*;
use super::{DiagnosisCode as Code, DmarcDiscovery, RecordState as State, proposes_dmarc};
use crate::dns::{Outcome, Question, RecordType};
use crate::email_auth::{Dmarc, Policy};
use crate::identity::{AxisStatus, SesStatus};
use crate::records::RecordId as Id;

fn spf(text: &str) -> Scene {
    Scene::right().instead(Id::MailFromSpf, txt(text))
}

fn dmarc(text: &str) -> Scene {
    Scene::right().instead(Id::Dmarc, txt(text))
}

fn with_ses(mut scene: Scene, dkim: AxisStatus, mail_from: AxisStatus) -> Scene {
    scene.ses = Some(SesStatus {
        verification: AxisStatus::Success,
        dkim,
        mail_from,
    });
    scene
}

fn codes(scene: &Scene, id: Id) -> Vec<Code> {
    scene.of(id).codes().collect()
}

/// The names that are asked after the first round, without those that every look asks.
fn asked_later(scene: &Scene) -> Vec<String> {
    let later = scene.rounds().into_iter().skip(1).flatten();
    let beside = |question: &Question| {
        question.name.contains("_domainkey")
            || question.name == "bounce.example.com"
            || question.record_type == RecordType::Cname
    };
    later.filter(|q| !beside(q)).map(|q| q.name).collect()
}

#[test]
fn an_include_and_a_redirect_are_followed_to_amazon_ses() {
    let managed = "dc-1._spfm.bounce.example.com";
    let ours = txt("v=spf1 include:amazonses.com ~all");
    for text in [
        "v=spf1 include:dc-1._spfm.bounce.example.com ~all",
        "v=spf1 redirect=dc-1._spfm.bounce.example.com",
        "v=spf1 mx include:dc-1._spfm.%{d} -all",
    ] {
        let scene = spf(text).publish(managed, ours.clone());
        let found = scene.of(Id::MailFromSpf);
        assert_eq!((found.state, found.code), (State::Found, None), "{text}");
        assert_eq!(asked_later(&scene), [managed], "{text}");
    }
    // The same behind an alias, and one level more.
    let scene = spf("v=spf1 include:a.example.net ~all")
        .publish("a.example.net", cname("b.example.net"))
        .publish("b.example.net", txt("v=spf1 include:c.example.net -all"))
        .publish("c.example.net", ours);
    assert_eq!(scene.of(Id::MailFromSpf).state, State::Found);
    assert_eq!(
        asked_later(&scene),
        ["a.example.net", "b.example.net", "c.example.net"]
    );
}

#[test]
fn no_further_queries_are_made_if_every_record_is_correct() {
    assert!(asked_later(&Scene::right()).is_empty());
    let others = Scene::right().publish("bounce.example.com", txt("site-verification=1"));
    assert!(asked_later(&others).is_empty());
}

#[test]
fn an_unanswered_spf_include_neither_prevents_nor_proves_a_pass() {
    let silent = |scene: Scene| {
        let silence = || Outcome::TimedOut;
        (0..3).fold(scene, |scene, server| {
            scene.fault_at(server, "spf.example.net", silence())
        })
    };
    let both = silent(spf(
        "v=spf1 include:spf.example.net include:amazonses.com ~all",
    ));
    assert_eq!(both.of(Id::MailFromSpf).state, State::Found);
    let alone = silent(spf("v=spf1 include:spf.example.net ~all"));
    let found = alone.of(Id::MailFromSpf);
    assert_eq!(
        (found.state, found.code),
        (State::Unknown, Some(Code::DnsUnavailable))
    );
    assert!(
        found.message.contains("spf.example.net"),
        "{}",
        found.message
    );
}

#[test]
fn the_message_says_why_an_include_does_not_count_and_the_fix_makes_it_count() {
    let others = "v=spf1 ip4:192.0.2.0/24 -all";
    for (text, says, value) in [
        (
            "v=spf1 -all include:amazonses.com",
            "after “all”",
            "v=spf1 include:amazonses.com -all",
        ),
        (
            "v=spf1 ?include:amazonses.com ~all",
            "the “?” in front of it",
            "v=spf1 include:amazonses.com ~all",
        ),
        (
            "v=spf1 include:spf.example.net -all",
            "is not in v=spf1 include:spf.example.net -all",
            "v=spf1 include:spf.example.net include:amazonses.com -all",
        ),
        (
            "v=spf1 -include:all.example.net include:amazonses.com -all",
            "an earlier term already decides",
            "v=spf1 include:amazonses.com -include:all.example.net -all",
        ),
        (
            "v=spf1 include:gone.example.net -all",
            "leads to gone.example.net, and there is no SPF record",
            "v=spf1 include:amazonses.com include:gone.example.net -all",
        ),
        (
            "v=spf1 include:two.example.net -all",
            "leads to two.example.net, which has more than one SPF record",
            "v=spf1 include:amazonses.com include:two.example.net -all",
        ),
        (
            "v=spf1 include:broken.example.net -all",
            "leads to the SPF record at broken.example.net, which has the term \"ip4:1\"",
            "v=spf1 include:amazonses.com include:broken.example.net -all",
        ),
        (
            "v=spf1 a:x.example.net a:y.example.net a:z.example.net -all",
            "hosts that do not exist (x.example.net, y.example.net, z.example.net)",
            "v=spf1 include:amazonses.com a:x.example.net a:y.example.net a:z.example.net -all",
        ),
        (
            "v=spf1 include=amazonses.com ~all",
            "include:amazonses.com, with a colon",
            "v=spf1 include:amazonses.com ~all",
        ),
        (
            "v=spf1 include.amazonses.com ~all",
            "the term \"include.amazonses.com\"",
            "v=spf1 include:amazonses.com ~all",
        ),
        (
            "v=spf1 mx include:amazonses.com~all",
            "the term \"include:amazonses.com~all\"",
            "v=spf1 mx include:amazonses.com ~all",
        ),
        (
            "v=spf1 ip4:300.1.1.1 include:spf.example.net ~all",
            "the term \"ip4:300.1.1.1\"",
            "v=spf1 include:spf.example.net include:amazonses.com ~all",
        ),
        (
            "v=spf1include:amazonses.com ~all",
            "without the space between them",
            "v=spf1 include:amazonses.com ~all",
        ),
        (
            "v=spf1 exists:%{i}._spf.example.net -all",
            "what it names instead (exists:%{i}._spf.example.net)",
            "v=spf1 exists:%{i}._spf.example.net include:amazonses.com -all",
        ),
        (
            "v=spf1 include:spf.example.net +all",
            "every server in the world",
            "v=spf1 include:spf.example.net include:amazonses.com ~all",
        ),
    ] {
        let scene = spf(text)
            .publish("spf.example.net", txt(others))
            .publish("all.example.net", txt("v=spf1 +all"))
            .publish("two.example.net", txt(others))
            .publish("two.example.net", txt("v=spf1 -all"))
            .publish("broken.example.net", txt("v=spf1 ip4:1 -all"));
        let found = scene.of(Id::MailFromSpf);
        assert!(found.message.contains(says), "{text}: {}", found.message);
        let fix = found.fix.and_then(|fix| fix.value);
        assert_eq!(fix.as_deref(), Some(value), "{text}");
        // What the fix says is right once it is done.
        let mended = scene
            .instead(Id::MailFromSpf, txt(value))
            .of(Id::MailFromSpf);
        assert_eq!(mended.state, State::Found, "{text}: {}", mended.message);
    }
}

#[test]
fn the_fix_joins_two_spf_records_to_one_that_passes() {
    for (other, value) in [
        ("v=spf1 mx -all", "v=spf1 mx include:amazonses.com -all"),
        (
            "v=spf1 include:amazonses.com ?all",
            "v=spf1 include:amazonses.com ?all",
        ),
    ] {
        let scene = Scene::right().publish("bounce.example.com", txt(other));
        let found = scene.of(Id::MailFromSpf);
        assert_eq!(found.code, Some(Code::SpfMultiple));
        let fix = found.fix.and_then(|fix| fix.value);
        assert_eq!(fix.as_deref(), Some(value), "{other}");
        let mended = spf(value).of(Id::MailFromSpf);
        assert_eq!(mended.state, State::Found, "{other}");
    }
}

#[test]
fn a_dmarc_record_without_p_is_found_and_acts_as_none() {
    let scene = dmarc("v=DMARC1; rua=mailto:a@example.com");
    let found = scene.of(Id::Dmarc);
    assert_eq!((found.state, found.code), (State::Found, None));
    assert!(
        found.message.contains("acts as p=none"),
        "{}",
        found.message
    );
    assert!(!proposes_dmarc(&scene.domain, &scene.observations()));
}

#[test]
fn an_unreadable_dmarc_tag_is_named() {
    let found = dmarc("v=DMARC1; p=none; sp=rejct; rua=mailto:a@example.com").of(Id::Dmarc);
    assert_eq!(
        (found.state, found.code),
        (State::Found, Some(Code::DmarcTagInvalid))
    );
    assert!(
        found.message.contains("(sp=rejct), so they act as if"),
        "{}",
        found.message
    );
    let fix = found.fix.and_then(|fix| fix.value);
    assert_eq!(
        fix.as_deref(),
        Some("v=DMARC1; p=none; sp=reject; rua=mailto:a@example.com")
    );
    let found = dmarc("v=DMARC1; p=none; t=yes").of(Id::Dmarc);
    assert!(
        found.message.contains("(t=yes), so they ignore that part"),
        "{}",
        found.message
    );
}

#[test]
fn the_dmarc_test_mode_lowers_the_policy_by_one_step() {
    let without = |text: &str| {
        let scene = with_ses(dmarc(text), AxisStatus::Pending, AxisStatus::Pending);
        codes(&scene, Id::Dmarc)
    };
    assert_eq!(without("v=DMARC1; p=quarantine; t=y"), []);
    assert_eq!(without("v=DMARC1; p=reject; t=y"), [Code::DmarcBlocksVia]);
    assert_eq!(without("v=DMARC1; p=quarantine"), [Code::DmarcBlocksVia]);
    let old = with_ses(
        dmarc("v=DMARC1; p=reject; pct=20; t=y"),
        AxisStatus::Pending,
        AxisStatus::Pending,
    );
    let message = old.of(Id::Dmarc).message;
    assert!(
        message.contains("Older mail servers apply the policy to 20 %"),
        "{message}"
    );
    assert!(message.contains("Because of t=y"), "{message}");
    let all = dmarc("v=DMARC1; p=reject; sp=reject; np=reject; psd=n; t=y");
    assert_eq!(codes(&all, Id::Dmarc), []);
}

#[test]
fn two_dmarc_records_count_as_none_so_the_policy_above_applies() {
    let scene = Scene::all_of("mail.example.com", "example.com")
        .instead(Id::Dmarc, txt("v=DMARC1; p=none"))
        .publish("_dmarc.mail.example.com", txt("v=DMARC1; p=reject; pct=0"))
        .publish("_dmarc.example.com", txt("v=DMARC1; p=none; sp=reject"));
    let found = scene.of(Id::Dmarc);
    assert_eq!(
        (found.state, found.code),
        (State::Wrong, Some(Code::DmarcMultiple))
    );
    let says = "the policy at _dmarc.example.com applies: reject";
    assert!(found.message.contains(says), "{}", found.message);
    assert!(!proposes_dmarc(&scene.domain, &scene.observations()));
    let unprotected = with_ses(scene, AxisStatus::Pending, AxisStatus::Pending);
    assert_eq!(
        codes(&unprotected, Id::Dmarc),
        [Code::DmarcMultiple, Code::DmarcBlocksVia]
    );
}

#[test]
fn the_dmarc_tree_walk_queries_all_names_only_if_the_domain_has_no_policy() {
    let deep = || Scene::all_of("a.mail.example.com", "example.com");
    assert!(
        asked_later(&deep())
            .iter()
            .all(|name| !name.starts_with("_dmarc"))
    );
    let none = deep().without(Id::Dmarc);
    let asked = asked_later(&none);
    for name in ["_dmarc.mail.example.com", "_dmarc.com"] {
        assert!(asked.contains(&name.to_owned()), "{asked:?}");
    }
    // A record between the domain and the organizational domain applies if that has none.
    let between = none.publish(
        "_dmarc.mail.example.com",
        txt("v=DMARC1; p=none; sp=quarantine"),
    );
    let diagnosis = between.diagnosis();
    let DmarcDiscovery::Published { at, policy, .. } = &diagnosis.dmarc else {
        panic!("a policy applies: {:?}", diagnosis.dmarc);
    };
    assert_eq!(
        (at.as_str(), *policy),
        ("_dmarc.mail.example.com", Policy::Quarantine)
    );
    assert_eq!(between.of(Id::Dmarc).state, State::Found);
    // One at the organizational domain goes before it, unless it ends there.
    let above = between
        .clone()
        .publish("_dmarc.example.com", txt("v=DMARC1; p=reject"));
    assert!(above.of(Id::Dmarc).message.contains("_dmarc.example.com"));
    let others = above.diagnosis().dmarc_above;
    assert_eq!(others.len(), 1, "{others:?}");
    assert_eq!(others[0].name, "mail.example.com");
    assert_eq!(
        others[0].dmarc,
        Dmarc::parse("v=DMARC1; p=none; sp=quarantine").unwrap()
    );
}

#[test]
fn a_registrys_dmarc_policy_applies_but_ours_is_still_proposed() {
    let scene = Scene::all_of("example.bank", "example.bank")
        .without(Id::Dmarc)
        .publish("_dmarc.bank", txt("v=DMARC1; p=reject; psd=y"));
    let diagnosis = scene.diagnosis();
    assert!(matches!(
        &diagnosis.dmarc,
        DmarcDiscovery::Published { at, policy: Policy::Reject, .. } if at == "_dmarc.bank"
    ));
    assert_eq!(codes(&scene, Id::Dmarc), [Code::NotFound]);
    assert!(proposes_dmarc(&scene.domain, &scene.observations()));
    let unprotected = with_ses(scene, AxisStatus::Pending, AxisStatus::Pending);
    let found = unprotected.of(Id::Dmarc);
    let lead = (found.state, found.code);
    assert_eq!(lead, (State::Missing, Some(Code::DmarcBlocksVia)));
    assert!(found.message.contains("_dmarc.bank"), "{}", found.message);
}

#[test]
fn no_dmarc_record_is_proposed_beside_a_cname() {
    let vendor = Scene::right()
        .instead(Id::Dmarc, cname("example.com.dmarc.vendor.example"))
        .publish("example.com.dmarc.vendor.example", txt("v=DMARC1; p=none"));
    assert_eq!(vendor.of(Id::Dmarc).state, State::Found);
    let own_names_only = || {
        let mut observations = vendor.observations();
        observations.retain(|seen| seen.question.name.ends_with("example.com"));
        observations
    };
    assert!(!proposes_dmarc(&vendor.domain, &own_names_only()));
}
