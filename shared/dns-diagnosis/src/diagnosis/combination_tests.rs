//! Combinations: two mistakes, half an answer, a policy above the domain.

use super::scene::*;
use super::{
    DiagnosisCode as Code, DmarcDiscovery, RecordState as State, discover_dmarc, proposes_dmarc,
};
use crate::dns::{Failure, Outcome};
use crate::email_auth::Policy;
use crate::identity::{AxisStatus, SesStatus};
use crate::records::RecordId as Id;

fn codes(scene: &Scene, id: Id) -> Vec<Code> {
    scene.of(id).codes().collect()
}

fn refused() -> Outcome {
    Outcome::Failed {
        failure: Failure::Refused,
    }
}

#[test]
fn two_mistakes_are_both_named_and_the_more_specific_one_comes_first() {
    let doubled_and_quoted = Scene::right().without(Id::Verification).publish(
        "_amazonses.example.com.example.com",
        txt(&format!("\"{TOKEN}\"")),
    );
    assert_eq!(
        codes(&doubled_and_quoted, Id::Verification),
        [Code::HostDoubled, Code::ValueQuoted]
    );
    let cut_and_doubled = Scene::right().instead(Id::Dkim1, cname("tokenone.example.com"));
    assert_eq!(
        codes(&cut_and_doubled, Id::Dkim1),
        [Code::TargetDoubled, Code::ValueTruncated]
    );
    let region_and_extra = Scene::right()
        .instead(Id::MailFromMx, mx("feedback-smtp.eu-west-1.amazonses.com"))
        .publish("bounce.example.com", mx("mail.example.com"));
    assert_eq!(
        codes(&region_and_extra, Id::MailFromMx),
        [Code::MxWrongRegion, Code::MxExtra, Code::ValueMismatch]
    );
    let two_spf_without_us = Scene::right()
        .instead(Id::MailFromSpf, txt("v=spf1 -all"))
        .publish("bounce.example.com", txt("v=spf1 mx -all"));
    assert_eq!(
        codes(&two_spf_without_us, Id::MailFromSpf),
        [Code::SpfMultiple, Code::SpfMissingInclude]
    );
    let mut apex_and_waiting = Scene::right()
        .without(Id::Verification)
        .publish("example.com", txt(TOKEN));
    apex_and_waiting.ses = Some(SesStatus::NOT_STARTED);
    assert_eq!(
        codes(&apex_and_waiting, Id::Verification),
        [Code::AtApex, Code::OkWaitingForSes]
    );
}

#[test]
fn a_mistake_at_one_server_is_reported_as_a_disagreement_with_its_reason() {
    let scene = Scene::right().without_at(1, Id::Verification).publish_at(
        1,
        "_amazonses.example.com",
        txt(&TOKEN[..20]),
    );
    assert_eq!(
        codes(&scene, Id::Verification),
        [Code::NameserversDisagree, Code::ValueTruncated]
    );
}

#[test]
fn one_bad_dkim_record_leaves_the_others_found() {
    let scene = Scene::right().instead(Id::Dkim2, a("192.0.2.80"));
    assert_eq!(scene.of(Id::Dkim1).state, State::Found);
    assert_eq!(scene.of(Id::Dkim2).code, Some(Code::CnameFlattened));
    assert_eq!(scene.of(Id::Dkim3).state, State::Found);
}

#[test]
fn a_record_without_an_answer_is_never_missing_or_wrong() {
    let bare = || Scene::bare("example.com", "example.com");
    let outcomes = [
        Outcome::TimedOut,
        refused(),
        Outcome::Failed {
            failure: Failure::ServerFailure,
        },
        Outcome::Failed {
            failure: Failure::Malformed,
        },
        Outcome::Failed {
            failure: Failure::Unreachable,
        },
        Outcome::Failed {
            failure: Failure::Lame,
        },
        Outcome::Failed {
            failure: Failure::NotPublic,
        },
        Outcome::Failed {
            failure: Failure::DnssecBogus,
        },
    ];
    for outcome in outcomes {
        for scene in [bare(), Scene::right()] {
            let silent = (0..3).fold(scene, |scene, server| scene.fault(server, outcome.clone()));
            for record in silent.diagnosis().records {
                assert_eq!(record.state, State::Unknown, "{outcome:?}: {record:#?}");
            }
        }
        // One of two servers down, or the resolver: the other answers count.
        for server in 0..3 {
            let half = Scene::right().fault(server, outcome.clone());
            for record in half.diagnosis().records {
                let bad = matches!(record.state, State::Missing | State::Wrong);
                assert!(!bad, "{outcome:?} at {server}: {record:#?}");
            }
        }
    }
}

#[test]
fn a_zone_is_called_dead_only_if_every_server_says_so() {
    let failed = |failure| Outcome::Failed { failure };
    for other in [Failure::ServerFailure, Failure::Unreachable] {
        let scene = Scene::right()
            .fault(0, failed(Failure::Lame))
            .fault(1, failed(other))
            .fault(RESOLVER, failed(Failure::ServerFailure));
        assert_eq!(codes(&scene, Id::Dkim1), [Code::DnsUnavailable]);
        assert_eq!(scene.domain_codes(), [Code::DnsUnavailable]);
    }
}

#[test]
fn a_correct_record_does_not_wait_for_ses_after_ses_gave_up() {
    let with = |status| {
        let mut scene = Scene::right();
        scene.ses = Some(SesStatus {
            verification: status,
            dkim: status,
            mail_from: status,
        });
        scene.of(Id::Dkim1)
    };
    assert_eq!(with(AxisStatus::Success).code, None);
    let stopped = with(AxisStatus::Failed);
    assert_eq!(stopped.code, None);
    let fix = stopped.fix.map(|fix| fix.text).unwrap_or_default();
    assert!(fix.contains("Start again"), "{fix}");
}

#[test]
fn under_strict_spf_alignment_only_dkim_can_satisfy_a_blocking_policy() {
    let with = |text: &str| {
        let mut scene = Scene::right().instead(Id::Dmarc, txt(text));
        scene.ses = Some(SesStatus {
            verification: AxisStatus::Success,
            dkim: AxisStatus::Pending,
            mail_from: AxisStatus::Success,
        });
        codes(&scene, Id::Dmarc)
    };
    assert_eq!(with("v=DMARC1; p=reject"), []);
    assert_eq!(
        with("v=DMARC1; p=reject; aspf=s"),
        [Code::DmarcBlocksVia, Code::DmarcStrictAlignment]
    );
}

#[test]
fn the_resolvers_answer_is_used_if_no_server_can_be_reached() {
    let scene = Scene::right().without(Id::Dkim1).unreachable();
    assert_eq!(scene.of(Id::Dkim1).state, State::Missing);
    assert_eq!(scene.of(Id::Dkim2).state, State::Found);
    let timed_out = (0..2).fold(Scene::right().without(Id::Dkim1), |scene, server| {
        scene.fault(server, Outcome::TimedOut)
    });
    assert_eq!(timed_out.of(Id::Dkim1).state, State::Missing);
    // Servers that speak and fail make the resolver's "nothing" hearsay.
    let failing = (0..2).fold(Scene::right().without(Id::Dkim1), |scene, server| {
        scene.fault(server, refused())
    });
    assert_eq!(failing.of(Id::Dkim1).state, State::Unknown);
    assert_eq!(failing.of(Id::Dkim2).state, State::Found);
}

#[test]
fn another_txt_record_at_the_name_does_no_harm() {
    let scene = Scene::right().publish("_amazonses.example.com", txt(OTHER_TOKEN));
    assert_eq!(codes(&scene, Id::Verification), []);
}

#[test]
fn a_wildcard_answer_does_not_count_as_published() {
    let scene = Scene::bare("example.com", "example.com")
        .publish("*.example.com", txt("v=spf1 -all"))
        .publish("*.example.com", a("192.0.2.80"))
        .publish("*.example.com", mx("mail.example.com"));
    for record in scene.diagnosis().records {
        assert_eq!(
            (record.state, record.code),
            (State::Missing, Some(Code::WildcardAnswers)),
            "{record:#?}"
        );
    }
    let alias = Scene::bare("example.com", "example.com")
        .publish("*.example.com", cname("www.example.com"));
    for record in alias.diagnosis().records {
        assert_eq!(record.state, State::Missing, "{record:#?}");
    }
}

#[test]
fn a_cname_to_the_right_txt_value_counts_as_that_value() {
    let scene = Scene::right()
        .instead(Id::Verification, cname("verify.lasso.example"))
        .publish("verify.lasso.example", txt(TOKEN))
        .instead(Id::Dmarc, cname("example.com.dmarc.vendor.example"))
        .publish(
            "example.com.dmarc.vendor.example",
            cname("d.vendor.example"),
        )
        .publish("d.vendor.example", txt("v=DMARC1; p=reject"));
    assert_eq!(
        (
            scene.of(Id::Verification).state,
            scene.of(Id::Verification).code
        ),
        (State::Found, None)
    );
    assert_eq!(
        (scene.of(Id::Dmarc).state, scene.of(Id::Dmarc).code),
        (State::Found, None)
    );
}

#[test]
fn the_policy_of_the_organizational_domain_covers_the_subdomain() {
    let below = |text: &str| {
        Scene::all_of("mail.example.co.uk", "example.co.uk")
            .without(Id::Dmarc)
            .publish("_dmarc.example.co.uk", txt(text))
    };
    let covered = below("v=DMARC1; p=none; sp=reject");
    let found = covered.of(Id::Dmarc);
    assert_eq!((found.state, found.code), (State::Found, None));
    assert!(
        found.message.contains("_dmarc.example.co.uk"),
        "{}",
        found.message
    );
    assert!(!proposes_dmarc(&covered.domain, &covered.observations()));
    let DmarcDiscovery::Published { policy, at, .. } =
        discover_dmarc(&covered.domain, &covered.observations())
    else {
        panic!("a policy is published");
    };
    assert_eq!(
        (policy, at.as_str()),
        (Policy::Reject, "_dmarc.example.co.uk")
    );
    let invalid = below("v=DMARC1");
    assert_eq!(invalid.of(Id::Dmarc).code, Some(Code::DmarcInvalid));
    assert!(!proposes_dmarc(&invalid.domain, &invalid.observations()));
    let own = covered
        .clone()
        .publish("_dmarc.mail.example.co.uk", txt("v=DMARC1; p=quarantine"));
    let DmarcDiscovery::Published { policy, .. } = discover_dmarc(&own.domain, &own.observations())
    else {
        panic!("a policy is published");
    };
    assert_eq!(policy, Policy::Quarantine, "the nearer policy counts");
    let none = Scene::all_of("mail.example.co.uk", "example.co.uk").without(Id::Dmarc);
    assert!(proposes_dmarc(&none.domain, &none.observations()));
}

#[test]
fn the_ses_status_never_changes_a_record_state() {
    for status in [
        AxisStatus::NotStarted,
        AxisStatus::Pending,
        AxisStatus::Success,
        AxisStatus::Failed,
        AxisStatus::TemporaryFailure,
    ] {
        for scene in [
            Scene::right(),
            Scene::right().without(Id::Dkim1),
            Scene::bare("example.com", "example.com"),
        ] {
            let states = |scene: &Scene| -> Vec<State> {
                scene.diagnosis().records.iter().map(|r| r.state).collect()
            };
            let mut with = scene.clone();
            with.ses = Some(SesStatus {
                verification: status,
                dkim: status,
                mail_from: status,
            });
            assert_eq!(states(&scene), states(&with));
        }
    }
}

#[test]
fn the_fix_names_the_field_of_the_detected_provider() {
    let missing = Scene::all_of("mail.example.com", "example.com").without(Id::Verification);
    let at = |name_server: &str| {
        missing
            .clone()
            .at_provider(name_server)
            .of(Id::Verification)
            .fix
            .unwrap()
    };
    let cloudflare = at("ada.ns.cloudflare.com");
    assert_eq!(
        cloudflare.text,
        format!(
            "At Cloudflare, add a TXT record: put _amazonses.mail into the field “Name” and {TOKEN} into “Content”."
        )
    );
    assert_eq!(cloudflare.value.as_deref(), Some(TOKEN));
    assert!(at("ns-1.awsdns-00.com").text.contains(&format!(
        "\"{TOKEN}\" (with the quotation marks) into “Value”"
    )));
    let proxied = Scene::right()
        .at_provider("ada.ns.cloudflare.com")
        .instead(Id::Dkim1, a("104.16.0.1"));
    let fix = proxied.of(Id::Dkim1).fix.unwrap();
    assert_eq!(
        (fix.field.as_deref(), fix.value.as_deref()),
        (Some("Proxy status"), Some("DNS only"))
    );
    let mx = Scene::right()
        .without(Id::MailFromMx)
        .at_provider("ns1.domaincontrol.com");
    assert_eq!(
        mx.of(Id::MailFromMx).fix.unwrap().text,
        "At GoDaddy, add an MX record: put bounce into the field “Name” and \
         feedback-smtp.us-east-1.amazonses.com into “Value”, and 10 into “Priority”."
    );
}

#[test]
fn the_fix_for_a_foreign_spf_record_keeps_its_include() {
    let scene = Scene::right()
        .instead(Id::MailFromSpf, txt("v=spf1 include:spf.example.net -all"))
        .publish("spf.example.net", txt("v=spf1 ip4:192.0.2.0/24 -all"));
    assert_eq!(
        scene.of(Id::MailFromSpf).fix.unwrap().value.as_deref(),
        Some("v=spf1 include:spf.example.net include:amazonses.com -all")
    );
}

#[test]
fn a_diagnosis_is_stored_and_read_back() {
    let scene = Scene::right()
        .instead(Id::Dkim1, a("192.0.2.1"))
        .without(Id::Verification);
    let diagnosis = scene.diagnosis();
    let json = serde_json::to_string(&diagnosis).unwrap();
    assert_eq!(
        serde_json::from_str::<super::Diagnosis>(&json).unwrap(),
        diagnosis
    );
    assert!(json.contains("\"code\":\"cname_flattened\""));
    assert!(json.contains("\"state\":\"missing\""));
}
