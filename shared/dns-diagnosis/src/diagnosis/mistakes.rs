//! The table of mistakes: for each code, zones with exactly that mistake, the record that has it,
//! and what is to be said of it.

#![expect(clippy::too_many_lines, reason = "tables")]

use super::scene::*;
use super::{DiagnosisCode as Code, RecordState as State};
use crate::records::RecordId as Id;

/// One row: a scene, the record that is looked at, and what is said of it.
pub(super) type Row = (Scene, Id, State, Code);

pub(super) fn rows_of_places() -> Vec<Row> {
    let right = Scene::right;
    let below = || Scene::all_of("mail.example.com", "example.com");
    vec![
        (
            right().without(Id::Verification),
            Id::Verification,
            State::Missing,
            Code::NotFound,
        ),
        (
            right().without(Id::Dkim2),
            Id::Dkim2,
            State::Missing,
            Code::NotFound,
        ),
        (
            right().without(Id::MailFromMx),
            Id::MailFromMx,
            State::Missing,
            Code::NotFound,
        ),
        (
            right().without(Id::MailFromSpf),
            Id::MailFromSpf,
            State::Missing,
            Code::NotFound,
        ),
        (
            right().without(Id::Dmarc),
            Id::Dmarc,
            State::Missing,
            Code::NotFound,
        ),
        (
            right()
                .without(Id::Verification)
                .publish("_amazonses.example.com.example.com", txt(TOKEN)),
            Id::Verification,
            State::Wrong,
            Code::HostDoubled,
        ),
        (
            right().without(Id::Dkim1).publish(
                "tokenone._domainkey.example.com.example.com",
                cname("tokenone.dkim.amazonses.com"),
            ),
            Id::Dkim1,
            State::Wrong,
            Code::HostDoubled,
        ),
        (
            right()
                .without(Id::Dmarc)
                .publish("_dmarc.example.com.example.com", txt("v=DMARC1; p=reject")),
            Id::Dmarc,
            State::Wrong,
            Code::HostDoubled,
        ),
        (
            below()
                .without(Id::Verification)
                .publish("_amazonses.example.com", txt(TOKEN)),
            Id::Verification,
            State::Wrong,
            Code::HostWithoutZonePart,
        ),
        (
            below().without(Id::MailFromMx).publish(
                "bounce.example.com",
                mx("feedback-smtp.us-east-1.amazonses.com"),
            ),
            Id::MailFromMx,
            State::Wrong,
            Code::HostWithoutZonePart,
        ),
        (
            right()
                .without(Id::Verification)
                .publish("example.com", txt(TOKEN)),
            Id::Verification,
            State::Found,
            Code::AtApex,
        ),
        (
            right()
                .without(Id::Verification)
                .publish("example.com", txt("v=spf1 -all"))
                .publish("example.com", txt(&format!("amazonses:{TOKEN}"))),
            Id::Verification,
            State::Found,
            Code::AtApex,
        ),
        (
            right().without(Id::Dkim1).publish(
                "tokenone.dkim.amazonses.com.example.com",
                cname("tokenone._domainkey.example.com"),
            ),
            Id::Dkim1,
            State::Wrong,
            Code::ValueIsName,
        ),
        (
            right().instead(Id::Dkim1, txt("tokenone.dkim.amazonses.com")),
            Id::Dkim1,
            State::Wrong,
            Code::WrongType,
        ),
        (
            right().instead(Id::Verification, cname("token.example.com")),
            Id::Verification,
            State::Wrong,
            Code::WrongType,
        ),
        (
            right().without(Id::MailFromSpf).instead(
                Id::MailFromMx,
                cname("feedback-smtp.us-east-1.amazonses.com"),
            ),
            Id::MailFromMx,
            State::Wrong,
            Code::WrongType,
        ),
        (
            right().instead(
                Id::MailFromMx,
                txt("10 feedback-smtp.us-east-1.amazonses.com"),
            ),
            Id::MailFromMx,
            State::Wrong,
            Code::WrongType,
        ),
        (
            right().instead(Id::Dkim3, a("104.16.1.1")),
            Id::Dkim3,
            State::Wrong,
            Code::CnameFlattened,
        ),
        (
            right().instead(Id::Dkim3, a("2606:4700::1")),
            Id::Dkim3,
            State::Wrong,
            Code::CnameFlattened,
        ),
        (
            right().publish("tokenone._domainkey.example.com", txt("v=DKIM1; p=abc")),
            Id::Dkim1,
            State::Wrong,
            Code::CnameAndOther,
        ),
        (
            right().publish("bounce.example.com", cname("u1.wl.sendgrid.net")),
            Id::MailFromMx,
            State::Wrong,
            Code::CnameAndOther,
        ),
    ]
}

pub(super) fn rows_of_values() -> Vec<Row> {
    let token = |text: &str| Scene::right().instead(Id::Verification, txt(text));
    let target = |text: &str| Scene::right().instead(Id::Dkim1, cname(text));
    let old = || {
        let mut scene = Scene::right();
        scene.former.dkim = ["oldone", "oldtwo", "oldthree"].map(str::to_owned).to_vec();
        scene.former.verification = vec!["old-short-token".to_owned()];
        scene
    };
    let wrong = State::Wrong;
    vec![
        (
            token("google-site-verification=x"),
            Id::Verification,
            wrong,
            Code::ValueMismatch,
        ),
        (
            target("selector1.mail.protection.example.net"),
            Id::Dkim1,
            wrong,
            Code::ValueMismatch,
        ),
        (
            target("tokentwo.dkim.amazonses.com"),
            Id::Dkim1,
            wrong,
            Code::ValueMismatch,
        ),
        (
            token(&format!("\"{TOKEN}\"")),
            Id::Verification,
            wrong,
            Code::ValueQuoted,
        ),
        (
            token(&format!("{TOKEN} ")),
            Id::Verification,
            wrong,
            Code::ValueWhitespace,
        ),
        (
            token(&format!("{}\n{}", &TOKEN[..20], &TOKEN[20..])),
            Id::Verification,
            wrong,
            Code::ValueWhitespace,
        ),
        (
            token(&TOKEN[..30]),
            Id::Verification,
            wrong,
            Code::ValueTruncated,
        ),
        (
            target("tokenone.dkim.amazonses"),
            Id::Dkim1,
            wrong,
            Code::ValueTruncated,
        ),
        (
            token(&TOKEN.to_uppercase()),
            Id::Verification,
            wrong,
            Code::ValueCaseChanged,
        ),
        (
            token("_amazonses.example.com"),
            Id::Verification,
            wrong,
            Code::ValueIsName,
        ),
        (
            token(&format!("_amazonses.example.com {TOKEN}")),
            Id::Verification,
            wrong,
            Code::ValueIsName,
        ),
        (
            target("tokenone._domainkey.example.com"),
            Id::Dkim1,
            wrong,
            Code::ValueIsName,
        ),
        (
            token(&format!("TXT {TOKEN}")),
            Id::Verification,
            wrong,
            Code::ValueHasTypePrefix,
        ),
        (
            target("cname\\032tokenone.dkim.amazonses.com"),
            Id::Dkim1,
            wrong,
            Code::ValueHasTypePrefix,
        ),
        (
            target("tokenone.dkim.amazonses.com.example.com"),
            Id::Dkim1,
            wrong,
            Code::TargetDoubled,
        ),
        (
            token(OTHER_TOKEN),
            Id::Verification,
            wrong,
            Code::StaleToken,
        ),
        (
            old().instead(Id::Verification, txt("old-short-token")),
            Id::Verification,
            wrong,
            Code::StaleToken,
        ),
        (
            target("anothertoken.dkim.amazonses.com"),
            Id::Dkim1,
            wrong,
            Code::StaleToken,
        ),
        (
            target("tokenone.dkim.eu-west-1.amazonses.com"),
            Id::Dkim1,
            wrong,
            Code::StaleToken,
        ),
        (
            old().without(Id::Dkim2).publish(
                "oldtwo._domainkey.example.com",
                cname("oldtwo.dkim.amazonses.com"),
            ),
            Id::Dkim2,
            wrong,
            Code::StaleToken,
        ),
    ]
}
