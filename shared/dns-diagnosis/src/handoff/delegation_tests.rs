//! Records whose names are delegated to their own zones.

use super::readers::{read, read_route53, read_terraform, rows_of};
use super::*;
use crate::diagnosis::scene::Scene;
use crate::dns::{NameServer, Observation};
use crate::names::{ClientId, DomainName};
use crate::records::{Record, RecordId};

const MAIN: &str = "example.com";
const KEYS: &str = "_domainkey.example.com";

/// What is seen if the servers of `host` have the zone `apex` below `example.com`.
fn delegated(scene: &Scene, apex: &str, host: &str) -> Vec<Observation> {
    let mut observations = scene.observations();
    for seen in &mut observations {
        let name = &seen.question.name;
        let is_below = name == apex || name.ends_with(&format!(".{apex}"));
        seen.zone = Some(if is_below { apex } else { MAIN }.to_owned());
        for answer in seen.authoritative.iter_mut().filter(|_| is_below) {
            answer.server = NameServer {
                host: host.to_owned(),
                ..answer.server.clone()
            };
        }
    }
    observations
}

fn with_handoff<T>(
    scene: &Scene,
    observations: &[Observation],
    then: impl FnOnce(&Handoff<'_>) -> T,
) -> T {
    let client = ClientId::parse("maple-homes").unwrap();
    let context = scene.context();
    then(&Handoff {
        domain: &scene.domain,
        zone: context.found_zone(),
        records: &scene.records,
        observations,
        client: &client,
    })
}

fn document(
    scene: &Scene,
    observations: &[Observation],
    format: HandoffFormat,
    zone: Option<&str>,
) -> String {
    with_handoff(scene, observations, |handoff| {
        render_in(format, handoff, zone).unwrap().body
    })
}

fn at_route53() -> Scene {
    Scene::bare(MAIN, MAIN).at_provider("ns-1.awsdns-00.com")
}

fn keys_and_others(scene: &Scene) -> (Vec<Record>, Vec<Record>) {
    let records = scene.records.iter().cloned();
    records.partition(|record| record.name.ends_with(KEYS))
}

#[test]
fn terraform_puts_each_record_into_the_hosted_zone_that_holds_it() {
    let scene = at_route53();
    // Served by the same servers as the zone above, or by others of Route 53.
    for host in ["ns-1.awsdns-00.com", "ns-7.awsdns-07.net"] {
        let observations = delegated(&scene, KEYS, host);
        let file = document(&scene, &observations, HandoffFormat::Terraform, None);
        assert_eq!(read_terraform(&file), rows_of(&scene.records), "{file}");
        assert!(
            file.contains(
                "# _domainkey.example.com is delegated: it is a separate hosted zone.\ndata \
                 \"aws_route53_zone\" \"lasso_example_com_zone__domainkey\" {\n  name = \
                 \"_domainkey.example.com.\"\n}\n"
            ),
            "{file}"
        );
        for resource in file.split("\nresource ").skip(1) {
            let of_keys = resource.contains(
                "zone_id = data.aws_route53_zone.lasso_example_com_zone__domainkey.zone_id",
            );
            let of_main =
                resource.contains("zone_id = data.aws_route53_zone.lasso_example_com.zone_id");
            assert!(of_keys != of_main, "{resource}");
            assert_eq!(of_keys, resource.contains("_dkim_"), "{resource}");
        }
    }
}

#[test]
fn a_zone_at_another_provider_has_no_resource_and_no_data_source() {
    let scene = at_route53();
    let observations = delegated(&scene, KEYS, "ada.ns.cloudflare.com");
    let file = document(&scene, &observations, HandoffFormat::Terraform, None);
    let (keys, others) = keys_and_others(&scene);
    assert_eq!(read_terraform(&file), rows_of(&others), "{file}");
    assert!(!file.contains("\"_domainkey.example.com.\""), "{file}");
    for key in &keys {
        let told = format!(
            "its name is delegated to Cloudflare. Add it there: CNAME {}, value {}\n",
            key.name,
            key.data.value()
        );
        assert!(file.contains(&told), "{file}");
    }
    let let_go = "#   terraform state rm aws_route53_record.lasso_example_com_dkim_2\n";
    assert!(file.contains(let_go), "{file}");
}

#[test]
fn a_change_batch_is_for_one_hosted_zone_and_mentions_the_other() {
    let scene = at_route53();
    let observations = delegated(&scene, KEYS, "ns-7.awsdns-07.net");
    let (keys, others) = keys_and_others(&scene);
    let batch = |zone| document(&scene, &observations, HandoffFormat::Route53, zone);
    assert_eq!(read_route53(&batch(None)), rows_of(&others));
    assert_eq!(read_route53(&batch(Some(MAIN))), rows_of(&others));
    assert_eq!(read_route53(&batch(Some(KEYS))), rows_of(&keys));
    let comment = |zone| {
        let batch: serde_json::Value = serde_json::from_str(&batch(zone)).unwrap();
        batch["Comment"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        comment(None),
        "Sending mail from example.com with Lasso. 3 records are not in this batch: ask for \
         zone=_domainkey.example.com"
    );
    assert_eq!(
        comment(Some(KEYS)),
        "Sending mail from example.com with Lasso"
    );
}

#[test]
fn the_comment_of_a_batch_fits_route_53_even_if_it_mentions_other_zones() {
    let domain = format!("{}example.com", "abcdefgh.".repeat(22));
    let scene = Scene::bare(&domain, &domain);
    let mut observations = scene.observations();
    for seen in &mut observations {
        if seen.question.name.contains("_domainkey") {
            seen.zone = Some(format!("_domainkey.{domain}"));
        }
    }
    let batch = document(&scene, &observations, HandoffFormat::Route53, None);
    let batch: serde_json::Value = serde_json::from_str(&batch).unwrap();
    let comment = batch["Comment"].as_str().unwrap();
    assert!(comment.len() <= 256, "{comment}");
    assert!(
        comment.starts_with("3 records are not in this batch"),
        "{comment}"
    );
}

#[test]
fn each_format_of_a_zone_holds_the_records_of_that_zone() {
    let scene = Scene::bare(MAIN, MAIN);
    let observations = delegated(&scene, KEYS, "ns7.dns.example");
    let zones = with_handoff(&scene, &observations, zones);
    assert_eq!(zones, [MAIN, KEYS]);
    let (keys, others) = keys_and_others(&scene);
    for format in HandoffFormat::ALL {
        for (zone, records) in [(MAIN, &others), (KEYS, &keys)] {
            let body = document(&scene, &observations, format, Some(zone));
            assert_eq!(
                read(format, &body),
                rows_of(records),
                "{format} of {zone}: {body}"
            );
        }
    }
    let file = document(&scene, &observations, HandoffFormat::Zone, None);
    assert_eq!(read(HandoffFormat::Zone, &file), rows_of(&scene.records));
    for zone in [KEYS, MAIN] {
        assert!(
            file.contains(&format!("; The zone {zone}: the records below")),
            "{file}"
        );
    }
}

#[test]
fn a_delegated_mail_from_name_keeps_both_of_its_records_together() {
    let scene = at_route53();
    let bounce = &scene.record(RecordId::MailFromMx).name;
    let observations = delegated(&scene, bounce, "ns-7.awsdns-07.net");
    let batch = document(&scene, &observations, HandoffFormat::Route53, Some(bounce));
    let records = scene.records.iter().filter(|record| record.name == *bounce);
    let records: Vec<Record> = records.cloned().collect();
    assert_eq!(records.len(), 2);
    assert_eq!(read_route53(&batch), rows_of(&records));
}

#[test]
fn a_domain_without_delegations_has_one_zone_and_documents_as_before() {
    let scene = at_route53();
    let observations = scene.observations();
    assert_eq!(with_handoff(&scene, &observations, zones), [MAIN]);
    let file = document(&scene, &observations, HandoffFormat::Terraform, None);
    assert_eq!(
        file.matches("data \"aws_route53_zone\"").count(),
        1,
        "{file}"
    );
    let domain = DomainName::parse("mail.example.com").unwrap();
    let below = Scene::bare(domain.as_str(), MAIN);
    let file = document(
        &below,
        &below.observations(),
        HandoffFormat::Terraform,
        None,
    );
    assert!(file.contains("name = \"example.com.\""), "{file}");
}
