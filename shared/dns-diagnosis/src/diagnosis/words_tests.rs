//! The words of fixes: one name for one row, no value cut, and no two fixes for one field.

use super::DiagnosisCode as Code;
use super::scene::*;
use crate::identity::SesStatus;
use crate::records::RecordId as Id;

fn fix_of(scene: &Scene, id: Id) -> String {
    scene.of(id).fix.map(|fix| fix.text).unwrap_or_default()
}

#[test]
fn a_policy_that_blocks_mail_has_one_fix() {
    let mut scene = Scene::right().instead(Id::Dmarc, txt("v=DMARC1; p=reject; aspf=s"));
    scene.ses = Some(SesStatus::NOT_STARTED);
    let found = scene.of(Id::Dmarc);
    assert_eq!(
        found.codes().collect::<Vec<_>>(),
        [Code::DmarcBlocksVia, Code::DmarcStrictAlignment]
    );
    let also = found.also.first().and_then(|also| also.fix.clone());
    assert_eq!(found.fix, also);
    let fix = found.fix.map(|fix| fix.text).unwrap_or_default();
    assert!(
        fix.starts_with("Do not change the DMARC record _dmarc."),
        "{fix}"
    );
}

#[test]
fn the_fix_contains_a_long_value_in_full() {
    let long = format!("v=spf1 {}~all", "a:mail.example.net ".repeat(12));
    let scene = Scene::right().instead(Id::MailFromSpf, txt(&long));
    let fix = scene.of(Id::MailFromSpf).fix.unwrap();
    let value = fix.value.unwrap();
    assert!(
        value.len() > 160 && fix.text.ends_with(&value),
        "{}",
        fix.text
    );
}

#[test]
fn the_fix_says_to_open_a_separate_zone_first() {
    let scene = Scene::all_of("news.example.com", "news.example.com").without(Id::Verification);
    let fix = fix_of(&scene, Id::Verification);
    let opened = "first open news.example.com: it has a line of its own in the list of your domains, beside example.com.";
    assert!(fix.contains(opened), "{fix}");
    assert!(fix.contains("There, add a TXT record"), "{fix}");
    let fix = fix_of(&Scene::right().without(Id::Verification), Id::Verification);
    assert!(!fix.contains("line of its own"), "{fix}");
}

#[test]
fn the_fix_explains_the_at_sign_that_stands_for_the_domain() {
    let scene = Scene::right()
        .without(Id::Verification)
        .publish("example.com", txt(TOKEN));
    let fix = fix_of(&scene, Id::Verification);
    assert!(fix.starts_with("You need not change anything."), "{fix}");
    assert!(
        fix.contains("@ (which stands for example.com itself)"),
        "{fix}"
    );
}

#[test]
fn a_token_at_the_domain_itself_has_one_place() {
    let mut scene = Scene::right()
        .without(Id::Verification)
        .publish("example.com", txt(TOKEN));
    scene.ses = Some(SesStatus::NOT_STARTED);
    let also = scene.of(Id::Verification).also;
    let waiting = also.iter().find(|also| also.code == Code::OkWaitingForSes);
    let message = waiting.map(|also| also.message.as_str());
    assert_eq!(
        message,
        Some(
            "The record at example.com is published and right. Amazon SES has not looked at it yet; nothing has to be \
             done."
        )
    );
}

#[test]
fn two_diagnoses_of_one_policy_have_one_fix() {
    let scene = Scene::right()
        .instead(Id::Dmarc, txt("v=DMARC1; p=none; adkim=x; aspf=s"))
        .of(Id::Dmarc);
    let fix = scene.fix.unwrap();
    assert_eq!(fix.value.as_deref(), Some("v=DMARC1; p=none; aspf=r"));
    assert!(
        scene
            .also
            .iter()
            .all(|also| also.fix.as_ref() == Some(&fix))
    );
}

#[test]
fn a_record_to_rename_is_identified_by_its_value() {
    let doubled = "_amazonses.example.com.example.com";
    let scene = Scene::right()
        .without(Id::Verification)
        .publish(doubled, txt(TOKEN));
    let fix = fix_of(&scene, Id::Verification);
    let row =
        format!("the TXT record _amazonses.example.com that has {TOKEN} in the field “Value”");
    assert!(fix.contains(&row), "{fix}");
}

#[test]
fn a_wrong_record_type_is_named() {
    let scene = Scene::right().instead(
        Id::Verification,
        cname(&format!(
            "{}.example.com",
            TOKEN.to_lowercase().replace(['+', '/', '='], "")
        )),
    );
    let found = scene.of(Id::Verification);
    assert!(
        found.message.contains("has the type CNAME"),
        "{}",
        found.message
    );
    let fix = found.fix.map(|fix| fix.text).unwrap_or_default();
    assert!(
        fix.contains("first delete the CNAME record _amazonses. Then add"),
        "{fix}"
    );
}

#[test]
fn one_of_several_policies_is_identified_by_its_value() {
    let scene = Scene::right()
        .instead(Id::Dmarc, txt("v=DMARC1; p=reject"))
        .publish("_dmarc.example.com", txt("v=DMARC1; p=none;"));
    let fix = fix_of(&scene, Id::Dmarc);
    let delete = "delete the TXT record _dmarc that has v=DMARC1; p=none; in the field “Value”, and keep the one that has \
                  v=DMARC1; p=reject there. From then on mail servers refuse mail from example.com";
    assert!(fix.contains(delete), "{fix}");
    assert!(fix.starts_with("First ask"), "{fix}");
}
