//! Hand-offs if others have published records, and after our own records were published.

use super::readers::{read, read_route53, rows_of};
use super::*;
use crate::diagnosis::scene::{Scene, cname, mx, txt};
use crate::dns::{Data, Outcome};
use crate::names::ClientId;
use crate::records::RecordId;

fn document(scene: &Scene, format: HandoffFormat) -> String {
    let observations = scene.observations();
    let context = scene.context();
    let client = ClientId::parse("maple-homes").unwrap();
    let handoff = Handoff {
        domain: &scene.domain,
        zone: context.found_zone(),
        records: &scene.records,
        observations: &observations,
        client: &client,
    };
    render(format, &handoff).unwrap().body
}

/// The records that a format has, without their values.
fn names(scene: &Scene, format: HandoffFormat) -> Vec<(String, String)> {
    let rows = read(format, &document(scene, format));
    rows.into_iter()
        .map(|(name, kind, _)| (name, kind))
        .collect()
}

fn hands_over(scene: &Scene, name: &str, kind: &str) -> bool {
    let has = HandoffFormat::ALL.map(|format| {
        let wanted = (name.to_owned(), kind.to_owned());
        names(scene, format).contains(&wanted)
    });
    assert!(
        has.iter().all(|one| *one == has[0]),
        "the formats differ: {has:?}"
    );
    has[0]
}

const DMARC: &str = "_dmarc.example.com";
const MAIL_FROM: &str = "bounce.example.com";

fn has_dmarc(scene: &Scene) -> bool {
    hands_over(scene, DMARC, "TXT")
}

fn bare() -> Scene {
    Scene::bare("example.com", "example.com")
}

#[test]
fn no_dmarc_record_is_handed_over_beside_an_existing_one() {
    assert!(has_dmarc(&bare()));
    for text in [
        "v=DMARC1; p=reject",
        "v=DMARC1; p=none",
        "v=DMARC1; p=quarantine; rua=mailto:dmarc_rua@onsecureserver.net",
        "v=DMARC1; p=none; rua=mailto:a@example.com",
        "v=DMARC1; rua=mailto:a@example.com",
        "v=DMARC1\\; p=none\\;",
        " v=DMARC1; p=none",
        "\"v=DMARC1; p=none;\"",
    ] {
        assert!(!has_dmarc(&bare().publish(DMARC, txt(text))), "{text}");
    }
    let two = bare()
        .publish(DMARC, txt("v=DMARC1; p=none;"))
        .publish(DMARC, txt("v=DMARC1; p=reject"));
    assert!(!has_dmarc(&two));
    let unrelated = bare().publish(DMARC, txt("some-other=value"));
    assert!(has_dmarc(&unrelated));
}

#[test]
fn our_policy_stays_in_every_format_once_it_is_published() {
    let right = Scene::right();
    for format in HandoffFormat::ALL {
        let rows = read(format, &document(&right, format));
        assert_eq!(rows, rows_of(&right.records), "{format}");
    }
    // Whatever is published above it later.
    let below =
        Scene::all_of("mail.example.com", "example.com").publish(DMARC, txt("v=DMARC1; p=reject"));
    assert!(hands_over(&below, "_dmarc.mail.example.com", "TXT"));
}

#[test]
fn no_dmarc_record_is_handed_over_that_would_weaken_the_policy_above() {
    let own = "_dmarc.a.mail.example.com";
    let deep = || Scene::bare("a.mail.example.com", "example.com");
    assert!(hands_over(&deep(), own, "TXT"));
    for at in ["_dmarc.mail.example.com", DMARC] {
        let covered = deep().publish(at, txt("v=DMARC1; p=none; sp=reject"));
        assert!(!hands_over(&covered, own, "TXT"), "{at}");
        let void = deep().publish(at, txt("v=DMARC1; p=rejekt"));
        assert!(!hands_over(&void, own, "TXT"), "{at}");
    }
    let registry = Scene::bare("example.bank", "example.bank")
        .publish("_dmarc.bank", txt("v=DMARC1; p=reject; psd=y"));
    assert!(hands_over(&registry, "_dmarc.example.bank", "TXT"));
}

#[test]
fn no_dmarc_record_is_handed_over_if_a_cname_has_its_name() {
    let vendor = "example.com.dmarc.vendor.example";
    let with_policy = bare()
        .publish(DMARC, cname(vendor))
        .publish(vendor, txt("v=DMARC1; p=none;"));
    for scene in [with_policy, bare().publish(DMARC, cname("example.com"))] {
        assert!(!has_dmarc(&scene));
    }
    // A record of its own goes before what a wildcard answers.
    let wildcard = bare().publish("*.example.com", cname("www.example.com"));
    assert!(has_dmarc(&wildcard));
}

#[test]
fn without_answers_our_policy_is_kept_and_none_is_added_below_an_unknown_one() {
    let silent = (0..3).fold(Scene::right(), |scene, server| {
        scene.fault(server, Outcome::TimedOut)
    });
    assert!(has_dmarc(&silent));
    let scene = Scene::bare("mail.example.com", "example.com");
    let mut observations = scene.observations();
    for seen in &mut observations {
        if seen.question.name == DMARC {
            seen.authoritative.clear();
            seen.recursive = Outcome::TimedOut;
        }
    }
    let client = ClientId::parse("maple-homes").unwrap();
    let handoff = Handoff {
        domain: &scene.domain,
        zone: None,
        records: &scene.records,
        observations: &observations,
        client: &client,
    };
    let body = render(HandoffFormat::Zone, &handoff).unwrap().body;
    assert!(!body.contains("_dmarc"), "{body}");
}

#[test]
fn a_terraform_file_without_our_policy_explains_terraform_state_rm() {
    let scene = Scene::right().instead(RecordId::Dmarc, txt("v=DMARC1; p=reject"));
    let body = document(&scene, HandoffFormat::Terraform);
    let address = "aws_route53_record.lasso_example_com_dmarc";
    assert!(
        body.contains(&format!("#   terraform state rm {address}\n")),
        "{body}"
    );
    assert!(!document(&Scene::right(), HandoffFormat::Terraform).contains("state rm"));
}

#[test]
fn no_mail_from_record_is_handed_over_at_a_name_of_another_mail_service() {
    let taken = |data: Data| {
        let scene = bare().publish(MAIL_FROM, data);
        !hands_over(&scene, MAIL_FROM, "MX") && !hands_over(&scene, MAIL_FROM, "TXT")
    };
    assert!(taken(mx("mx.sendgrid.net")));
    assert!(taken(cname("u123.wl.sendgrid.net")));
    // Mistyped, it is still ours.
    assert!(!taken(mx("feedback-smtp.eu-west-1.amazonses.com")));
    assert!(!taken(mx(
        "feedback-smtp.us-east-1.amazonses.com.example.com"
    )));
    assert!(!taken(mx("inbound-smtp.us-east-1.amazonaws.com")));
    assert!(!taken(mx(".")));
    for data in [mx("mail.example.com"), cname("www.example.com")] {
        let wildcard = bare().publish("*.example.com", data);
        assert!(hands_over(&wildcard, MAIL_FROM, "MX"));
        assert!(hands_over(&wildcard, MAIL_FROM, "TXT"));
    }
    let ours_too = Scene::right().publish(MAIL_FROM, mx("mx.sendgrid.net"));
    let terraform = document(&ours_too, HandoffFormat::Terraform);
    assert!(terraform.contains("state rm aws_route53_record.lasso_example_com_mail_from_mx"));
}

/// The SPF values at the MAIL FROM name, in every format.
fn spf(scene: &Scene) -> Vec<String> {
    let values = HandoffFormat::ALL.map(|format| {
        let rows = read(format, &document(scene, format));
        let spf = rows.into_iter().filter(|(name, kind, value)| {
            name == MAIL_FROM && kind == "TXT" && value.starts_with("v=spf1")
        });
        spf.map(|(.., value)| value).collect::<Vec<_>>()
    });
    assert!(values.iter().all(|one| *one == values[0]), "{values:?}");
    values[0].clone()
}

#[test]
fn the_one_spf_record_handed_over_is_the_one_in_the_fix() {
    let ours = "v=spf1 include:amazonses.com ~all";
    assert_eq!(spf(&bare()), [ours]);
    for text in [
        "v=spf1 mx -all",
        "v=spf1 include=amazonses.com ~all",
        "v=spf1 ip4:300.1.1.1 include:amazonses.com ~all",
        "v=spf1 -all include:amazonses.com",
    ] {
        let scene = Scene::right().instead(RecordId::MailFromSpf, txt(text));
        let fix = scene
            .of(RecordId::MailFromSpf)
            .fix
            .and_then(|fix| fix.value);
        assert_eq!(spf(&scene), [fix.unwrap()], "{text}");
    }
    // The terms of both are in one.
    let two = Scene::right().publish(MAIL_FROM, txt("v=spf1 mx ~all"));
    let fix = two.of(RecordId::MailFromSpf).fix.and_then(|fix| fix.value);
    let joined = spf(&two);
    assert_eq!(joined, [fix.unwrap()]);
    assert!(joined[0].contains(" mx "), "{joined:?}");
    let at_route53 = two.at_provider("ns-1.awsdns-00.com");
    let fix = at_route53.of(RecordId::MailFromSpf).fix.unwrap();
    assert_eq!(fix.value, Some(format!("\"{}\"", joined[0])));
}

#[test]
fn an_spf_record_that_lets_ses_pass_stays_as_it_is() {
    let text = "v=spf1 include:dc-1._spfm.bounce.example.com ~all";
    let scene = Scene::right()
        .instead(RecordId::MailFromSpf, txt(text))
        .publish(
            "dc-1._spfm.bounce.example.com",
            txt("v=spf1 include:amazonses.com ~all"),
        )
        .publish(MAIL_FROM, txt("other=value"));
    assert_eq!(spf(&scene), [text]);
    let rows = read_route53(&document(&scene, HandoffFormat::Route53));
    let texts = rows
        .iter()
        .filter(|(name, kind, _)| name == MAIL_FROM && kind == "TXT");
    assert_eq!(texts.count(), 2, "{rows:?}");
}

#[test]
fn other_published_values_stay_in_the_record_set_in_strings_of_255_octets() {
    let long = format!("google-site-verification={}", "0123456789".repeat(60));
    let name = "_amazonses.example.com";
    let scene = Scene::right()
        .publish(name, txt(&long))
        .publish(name, txt("a\\195\\169"));
    let batch: serde_json::Value =
        serde_json::from_str(&document(&scene, HandoffFormat::Route53)).unwrap();
    let sets: Vec<&serde_json::Value> = batch["Changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| &change["ResourceRecordSet"])
        .filter(|set| set["Name"] == "_amazonses.example.com.")
        .collect();
    assert_eq!(sets.len(), 1, "one record set per name and type");
    let values: Vec<&str> = sets[0]["ResourceRecords"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["Value"].as_str().unwrap())
        .collect();
    assert_eq!(values.len(), 3, "{values:?}");
    assert!(values.contains(&r#""a\303\251""#), "{values:?}");
    let long = values
        .iter()
        .find(|value| value.starts_with("\"google"))
        .unwrap();
    let strings: Vec<&str> = long.trim_matches('"').split("\" \"").collect();
    assert_eq!(
        strings.iter().map(|s| s.len()).collect::<Vec<_>>(),
        [255, 255, 115]
    );
    let terraform = document(&scene, HandoffFormat::Terraform);
    let import = "terraform import aws_route53_record.lasso_example_com_verification \
                  ZONE_ID__amazonses.example.com_TXT\n";
    assert!(terraform.contains(import), "{terraform}");
}

#[test]
fn a_zone_file_for_cloudflare_says_that_nothing_is_to_be_proxied() {
    let at = |name_server: &str| {
        let scene = Scene::right().at_provider(name_server);
        document(&scene, HandoffFormat::Zone)
    };
    let tagged = |body: &str| -> Vec<String> {
        let lines = body
            .lines()
            .filter(|line| line.ends_with("; cf_tags=cf-proxied:false"));
        lines
            .map(|line| line.split(' ').nth(3).unwrap().to_owned())
            .collect()
    };
    let cloudflare = at("ada.ns.cloudflare.com");
    assert_eq!(tagged(&cloudflare), ["CNAME", "CNAME", "CNAME"]);
    assert!(
        cloudflare.contains("Unselect \"Proxy imported DNS records\""),
        "{cloudflare}"
    );
    // Its name servers may carry a name of the customer's.
    let unknown = at("ns1.dns.example");
    assert_eq!(tagged(&unknown).len(), 3);
    assert!(!unknown.contains("Cloudflare"));
    let godaddy = at("ns45.domaincontrol.com");
    assert!(!godaddy.contains("cf-proxied"), "{godaddy}");
    assert_eq!(
        read(HandoffFormat::Zone, &cloudflare),
        rows_of(&Scene::right().records)
    );
}

#[test]
fn note_fix_and_format_agree_about_quotation_marks() {
    for (name_server, quoted) in [
        ("ns-1.awsdns-00.com", true),
        ("ada.ns.cloudflare.com", false),
        ("ns1.dns.example", false),
    ] {
        let scene = bare().at_provider(name_server);
        let token = scene.record(RecordId::Verification).data.value();
        let typed = if quoted {
            format!("\"{token}\"")
        } else {
            token
        };
        let text = document(&scene, HandoffFormat::Text);
        assert!(
            text.contains(&format!("Value: {typed}\n"))
                || text.contains(&format!("Content: {typed}\n")),
            "{text}"
        );
        let note = if quoted {
            "between quotation marks"
        } else {
            "no quotation marks"
        };
        for format in [
            HandoffFormat::Text,
            HandoffFormat::Html,
            HandoffFormat::Json,
        ] {
            let body = document(&scene, format);
            assert!(body.contains(note), "{format}: {body}");
        }
        let missing = scene.of(RecordId::Verification).fix.unwrap();
        assert_eq!(missing.value.as_ref(), Some(&typed));
        // Other values of a record that is there, too.
        let other = Scene::right()
            .at_provider(name_server)
            .instead(RecordId::MailFromSpf, txt("v=spf1 mx -all"));
        let fix = other.of(RecordId::MailFromSpf).fix.unwrap();
        let value = fix.value.unwrap();
        assert_eq!(
            value.starts_with('"') && value.ends_with('"'),
            quoted,
            "{value}"
        );
        assert!(fix.text.contains(&value), "{}", fix.text);
        assert_eq!(fix.text.contains("quotation marks"), quoted, "{}", fix.text);
    }
}
