//! The table of mistakes, continued: mail records and views.

#![expect(clippy::too_many_lines, reason = "tables")]

use super::mistakes::Row;
use super::scene::*;
use super::{DiagnosisCode as Code, RecordState as State};
use crate::dns::{Failure, Outcome, ZoneOutcome};
use crate::identity::{AxisStatus, SesStatus};
use crate::records::RecordId as Id;

fn ses(verification: AxisStatus, dkim: AxisStatus) -> SesStatus {
    SesStatus {
        verification,
        dkim,
        mail_from: dkim,
    }
}

pub(super) fn failed(failure: Failure) -> Outcome {
    Outcome::Failed { failure }
}

pub(super) fn rows_of_mail() -> Vec<Row> {
    let exchange = |host: &str| Scene::right().instead(Id::MailFromMx, mx(host));
    let spf = |text: &str| Scene::right().instead(Id::MailFromSpf, txt(text));
    let dmarc = |text: &str| Scene::right().instead(Id::Dmarc, txt(text));
    let wrong = State::Wrong;
    let many = " a:mail.example.net".repeat(10);
    let ours_last = format!("v=spf1{many} include:amazonses.com ~all");
    let ours_first = format!("v=spf1 include:amazonses.com{many} ~all");
    let mut unprotected = dmarc("v=DMARC1; p=reject")
        .without(Id::Dkim1)
        .without(Id::MailFromMx);
    unprotected.ses = Some(ses(AxisStatus::Success, AxisStatus::Pending));
    vec![
        (
            exchange("feedback-smtp.eu-west-1.amazonses.com"),
            Id::MailFromMx,
            wrong,
            Code::MxWrongRegion,
        ),
        (
            exchange("inbound-smtp.us-east-1.amazonaws.com"),
            Id::MailFromMx,
            wrong,
            Code::ValueMismatch,
        ),
        (
            exchange("feedback-smtp.us-east-1.amazonses.com.example.com"),
            Id::MailFromMx,
            wrong,
            Code::TargetDoubled,
        ),
        (
            Scene::right().publish("bounce.example.com", mx("mail.example.com")),
            Id::MailFromMx,
            wrong,
            Code::MxExtra,
        ),
        (
            Scene::right().publish(
                "bounce.example.com",
                txt("v=spf1 include:spf.example.net -all"),
            ),
            Id::MailFromSpf,
            wrong,
            Code::SpfMultiple,
        ),
        (
            spf("v=spf1 include:spf.example.net -all")
                .publish("spf.example.net", txt("v=spf1 ip4:192.0.2.0/24 -all")),
            Id::MailFromSpf,
            wrong,
            Code::SpfMissingInclude,
        ),
        (
            spf("v=spf1 -all include:amazonses.com"),
            Id::MailFromSpf,
            wrong,
            Code::SpfMissingInclude,
        ),
        (
            spf("v=spf1 ?include:amazonses.com ~all"),
            Id::MailFromSpf,
            wrong,
            Code::SpfMissingInclude,
        ),
        (
            spf(&ours_last).publish("mail.example.net", a("192.0.2.25")),
            Id::MailFromSpf,
            wrong,
            Code::SpfTooManyLookups,
        ),
        (
            spf(&ours_first),
            Id::MailFromSpf,
            State::Found,
            Code::SpfTooManyLookups,
        ),
        (
            spf("v=spf1 include:amazonses.com +all"),
            Id::MailFromSpf,
            State::Found,
            Code::SpfAllowsEverybody,
        ),
        (
            spf("v=spf1 include:%{i}._ip.%{h}._ehlo.%{d}._spf.vali.example ~all"),
            Id::MailFromSpf,
            State::Unknown,
            Code::SpfCannotTell,
        ),
        (
            spf("v=spf1 include:dc-1._spfm.bounce.example.com ~all"),
            Id::MailFromSpf,
            wrong,
            Code::SpfInvalid,
        ),
        (
            spf("v=spf1 include=amazonses.com ~all"),
            Id::MailFromSpf,
            wrong,
            Code::SpfInvalid,
        ),
        (
            spf("v=spf1 include.amazonses.com ~all"),
            Id::MailFromSpf,
            wrong,
            Code::SpfInvalid,
        ),
        (
            spf("v=spf1 include:amazonses.com~all"),
            Id::MailFromSpf,
            wrong,
            Code::SpfInvalid,
        ),
        (
            spf("v=spf1include:amazonses.com ~all"),
            Id::MailFromSpf,
            wrong,
            Code::SpfInvalid,
        ),
        (
            spf("v=spf1 ip4:300.1.1.1 include:amazonses.com ~all"),
            Id::MailFromSpf,
            wrong,
            Code::SpfInvalid,
        ),
        (
            spf("\"v=spf1 include:amazonses.com ~all\""),
            Id::MailFromSpf,
            wrong,
            Code::ValueQuoted,
        ),
        (
            spf("v=spf1 include: amazonses.com ~all"),
            Id::MailFromSpf,
            wrong,
            Code::ValueWhitespace,
        ),
        (
            spf("v=spf1 include:amazonses"),
            Id::MailFromSpf,
            wrong,
            Code::ValueTruncated,
        ),
        (
            Scene::right().publish("_dmarc.example.com", txt("v=DMARC1; p=reject")),
            Id::Dmarc,
            wrong,
            Code::DmarcMultiple,
        ),
        (dmarc("v=DMARC1"), Id::Dmarc, wrong, Code::DmarcInvalid),
        (
            dmarc(" v=DMARC1; p=none"),
            Id::Dmarc,
            wrong,
            Code::DmarcInvalid,
        ),
        (
            dmarc("v=DMARC1; p=none; sp=rejct; rua=mailto:a@example.com"),
            Id::Dmarc,
            State::Found,
            Code::DmarcTagInvalid,
        ),
        (
            dmarc("v=DMARC1, p=none"),
            Id::Dmarc,
            wrong,
            Code::DmarcInvalid,
        ),
        (
            dmarc("v=DMARC1; p=none; aspf=s"),
            Id::Dmarc,
            State::Found,
            Code::DmarcStrictAlignment,
        ),
        (
            dmarc("v=DMARC1; p=none; adkim=s").without(Id::MailFromMx),
            Id::Dmarc,
            State::Found,
            Code::DmarcStrictAlignment,
        ),
        (unprotected, Id::Dmarc, State::Found, Code::DmarcBlocksVia),
    ]
}

pub(super) fn rows_of_views() -> Vec<Row> {
    let with_ses = |mut scene: Scene, verification, dkim| {
        scene.ses = Some(ses(verification, dkim));
        scene
    };
    let silent = |failure| {
        (0..3).fold(Scene::right(), |scene, server| {
            scene.fault(server, failed(failure))
        })
    };
    let mut gone = Scene::bare("example.com", "example.com");
    gone.zone = ZoneOutcome::NoSuchDomain;
    let unknown = State::Unknown;
    vec![
        (
            Scene::right().without_at(1, Id::Dkim1),
            Id::Dkim1,
            State::Wrong,
            Code::NameserversDisagree,
        ),
        (
            Scene::right().without_at(RESOLVER, Id::Dkim1),
            Id::Dkim1,
            State::Found,
            Code::Propagating,
        ),
        (
            silent(Failure::Lame).fault(RESOLVER, failed(Failure::ServerFailure)),
            Id::Dkim1,
            unknown,
            Code::ZoneNotLive,
        ),
        (
            gone,
            Id::Verification,
            State::Missing,
            Code::DomainDoesNotExist,
        ),
        (
            Scene::right().fault(RESOLVER, failed(Failure::DnssecBogus)),
            Id::Dkim1,
            unknown,
            Code::DnssecFailure,
        ),
        (
            silent(Failure::ServerFailure),
            Id::Dkim1,
            unknown,
            Code::DnsUnavailable,
        ),
        (
            silent(Failure::Refused),
            Id::Dkim1,
            unknown,
            Code::DnsUnavailable,
        ),
        (
            silent(Failure::ServerFailure),
            Id::Dmarc,
            unknown,
            Code::DnsUnavailable,
        ),
        (
            with_ses(Scene::right(), AxisStatus::Pending, AxisStatus::Success),
            Id::Verification,
            State::Found,
            Code::OkWaitingForSes,
        ),
        (
            with_ses(
                Scene::right(),
                AxisStatus::Success,
                AxisStatus::TemporaryFailure,
            ),
            Id::MailFromMx,
            State::Found,
            Code::OkWaitingForSes,
        ),
        (
            with_ses(
                Scene::right().without(Id::Verification),
                AxisStatus::Success,
                AxisStatus::Success,
            ),
            Id::Verification,
            State::Missing,
            Code::NotNeeded,
        ),
    ]
}
