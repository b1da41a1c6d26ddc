//! DNS, from a wrong record to the formats for email administrators.

use std::fmt::Write as _;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::Suite;
use crate::requests::assert_problem;
use crate::world::{Answer, Shared, answer_to, between, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "one_bad_cname_is_named_with_its_fix_and_the_others_are_found",
        one_bad_cname,
    );
    suite.shared(
        "the_zone_format_appended_to_the_zone_file_verifies_the_domain",
        zone_format,
    );
    suite.shared("every_format_is_answered_in_its_media_type", formats);
    suite.shared("route_53_accepts_the_change_batch", change_batch);
    suite.shared("a_second_check_within_30_seconds_returns_429", too_soon);
    suite.shared("a_mail_from_name_in_use_is_not_proposed", taken_label);
    suite.shared(
        "the_first_answer_and_the_hand_off_know_zone_provider_and_dmarc",
        first_answer,
    );
    suite.shared("a_get_shows_what_the_poller_saw_in_dns", poller_looks);
    suite.shared("no_client_checks_or_reads_the_records_of_another", tenancy);
}

async fn check(world: &Shared, token: &str, domain: &str) -> Answer {
    let path = format!("/domains/{domain}/check");
    answer_to(world.request(Method::POST, &path, Some(token))).await
}

fn record<'a>(domain: &'a Value, id: &str) -> &'a Value {
    let records = domain["records"].as_array().unwrap();
    records.iter().find(|record| record["id"] == id).unwrap()
}

async fn one_bad_cname(world: Shared) {
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await.body;
    world.publish(&domain, &added, &["verification", "dkim-1", "dkim-3"]);
    // The provider's form appended the zone to the full name.
    let bad = record(&added, "dkim-2");
    let line = format!(
        "{}.{domain}. 60 IN CNAME {}.\n",
        text(&bad["name"]),
        text(&bad["value"])
    );
    world.append_to_zone(&domain, &line);

    let checked = check(&world, world.client_admin(), &domain).await;
    assert_eq!(checked.status, StatusCode::OK, "{checked:?}");
    for id in ["verification", "dkim-1", "dkim-3"] {
        assert_eq!(record(&checked.body, id)["state"], "found", "{id}");
    }
    let bad = record(&checked.body, "dkim-2");
    assert_eq!(bad["code"], "host_doubled", "{bad}");
    assert_eq!(bad["state"], "wrong");
    assert!(
        text(&bad["message"]).contains(&format!("{domain}.{domain}")),
        "{bad}"
    );
    assert!(bad["fix"]["text"].is_string());
    assert_eq!(checked.body["status"], "verified", "by the TXT record");
    let shown = world.domain(&domain).await;
    assert_eq!(
        shown["records"], checked.body["records"],
        "a GET shows the last look"
    );
}

async fn zone_format(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let path = format!("/domains/{domain}/records?format=zone");
    let zone = world.get(world.client_admin(), &path).await;
    world.append_to_zone(&domain, text(&zone.body));
    let checked = check(&world, world.client_admin(), &domain).await.body;
    let states: Vec<&str> = checked["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| text(&record["state"]))
        .collect();
    assert_eq!(states, ["found"; 7], "{checked}");
    assert_eq!(checked["readiness"]["bulk_ready"], "yes", "{checked}");
    assert_eq!(checked["readiness"]["shows_via"], "no", "{checked}");
    assert_eq!(checked["status"], "verified");
}

async fn formats(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    for (format, media_type) in [
        ("json", "application/json"),
        ("zone", "text/dns"),
        ("csv", "text/csv"),
        ("terraform", "text/plain"),
        ("route53", "application/json"),
        ("text", "text/plain"),
        ("html", "text/html"),
    ] {
        let path = format!("/domains/{domain}/records?format={format}");
        let answer = world.get(world.client_admin(), &path).await;
        assert_eq!(answer.status, StatusCode::OK, "{format} {answer:?}");
        assert!(
            answer.content_type.starts_with(media_type),
            "{format} {answer:?}"
        );
        assert!(
            answer
                .body
                .to_string()
                .contains(&format!("_amazonses.{domain}")),
            "{format}"
        );
    }
    let path = format!("/domains/{domain}/records");
    let request = world.request(Method::GET, &path, Some(world.client_admin()));
    let by_accept = answer_to(request.header("accept", "text/csv")).await;
    assert!(
        by_accept.content_type.starts_with("text/csv"),
        "{by_accept:?}"
    );
    let request = world.request(Method::GET, &path, Some(world.client_admin()));
    assert_problem(
        &answer_to(request.header("accept", "image/png")).await,
        406,
        "not_acceptable",
    );
    let bad = world
        .get(world.client_admin(), &format!("{path}?format=xml"))
        .await;
    assert_problem(&bad, 422, "validation_failed");
}

async fn change_batch(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let path = format!("/domains/{domain}/records?format=route53");
    let batch = world.get(world.client_admin(), &path).await.body;
    let zone = format!(
        "<CreateHostedZoneRequest><Name>{domain}.</Name><CallerReference>{domain}\
         </CallerReference></CreateHostedZoneRequest>"
    );
    let created = world.route_53("/2013-04-01/hostedzone", zone).await;
    let id = between(&created, "<Id>/hostedzone/", "<");
    let changes = change_request(&batch);
    let path = format!("/2013-04-01/hostedzone/{id}/rrset");
    let answer = world.route_53(&path, changes).await;
    assert!(answer.contains("<ChangeInfo>"), "{answer}");
    let listed = world.route_53_records(&path).await;
    assert!(
        listed.contains(&format!("_amazonses.{domain}.")),
        "{listed}"
    );
    assert!(
        listed.contains("10 feedback-smtp.us-east-1.amazonses.com"),
        "{listed}"
    );
}

/// The change batch as the Route 53 API accepts it; the command line does the same.
fn change_request(batch: &Value) -> String {
    let mut changes = String::new();
    for change in batch["Changes"].as_array().unwrap() {
        let set = &change["ResourceRecordSet"];
        let mut values = String::new();
        for value in set["ResourceRecords"].as_array().unwrap() {
            let value = text(&value["Value"])
                .replace('&', "&amp;")
                .replace('<', "&lt;");
            write!(
                values,
                "<ResourceRecord><Value>{value}</Value></ResourceRecord>"
            )
            .unwrap();
        }
        write!(
            changes,
            "<Change><Action>{}</Action><ResourceRecordSet><Name>{}</Name><Type>{}</Type>\
             <TTL>{}</TTL><ResourceRecords>{values}</ResourceRecords></ResourceRecordSet></Change>",
            text(&change["Action"]),
            text(&set["Name"]),
            text(&set["Type"]),
            set["TTL"],
        )
        .unwrap();
    }
    format!(
        "<ChangeResourceRecordSetsRequest><ChangeBatch><Changes>{changes}</Changes></ChangeBatch>\
         </ChangeResourceRecordSetsRequest>"
    )
}

async fn too_soon(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let first = check(&world, world.client_admin(), &domain).await;
    assert_eq!(first.status, StatusCode::OK, "{first:?}");
    let again = check(&world, world.client_admin(), &domain).await;
    assert_problem(&again, 429, "checked_too_soon");
    let seconds = again.retry_after.unwrap();
    assert!((1..=31).contains(&seconds), "{seconds}");
}

async fn taken_label(world: Shared) {
    let domain = world.fresh_domain();
    world.append_to_zone(
        &domain,
        &format!("bounce.{domain}. 60 IN MX 10 mx.other-sender.com.\n"),
    );
    let added = world.add(world.client_admin(), &domain).await.body;
    let name = text(&record(&added, "mail-from-mx")["name"]).to_owned();
    assert_ne!(name, format!("bounce.{domain}"));
    assert!(name.ends_with(&format!(".{domain}")), "{name}");
}

/// The domain is below its zone, which publishes a DMARC policy.
async fn first_answer(world: Shared) {
    let zone = world.fresh_domain();
    let lines = format!(
        "{zone}. 60 IN NS aria.ns.cloudflare.com.\n\
         {zone}. 60 IN NS bob.ns.cloudflare.com.\n\
         _dmarc.{zone}. 60 IN TXT \"v=DMARC1; p=none; rua=mailto:d@{zone}\"\n"
    );
    world.append_to_zone(&zone, &lines);
    let domain = format!("mail.{zone}");
    let added = world.add(world.client_admin(), &domain).await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
    let added = added.body;
    assert_eq!(added["dns_provider"]["name"], "Cloudflare", "{added}");
    let verification = record(&added, "verification");
    assert_eq!(verification["host"], "_amazonses.mail");
    assert_eq!(verification["state"], "missing");
    let records = added["records"].as_array().unwrap();
    assert!(
        records.iter().all(|record| record["id"] != "dmarc"),
        "{added}"
    );
    assert_eq!(world.domain(&domain).await, added);

    let path = format!("/domains/{domain}/records?format=zone");
    let handed = world.get(world.client_admin(), &path).await.text;
    assert!(
        handed.contains(&format!("_amazonses.{domain}.")),
        "{handed}"
    );
    let proposed = |line: &str| line.starts_with("_dmarc") && line.contains("TXT");
    assert!(!handed.lines().any(proposed), "{handed}");

    // This look does not delay the poller's next one, which sees records that are published right
    // after this look.
    world.publish(&zone, &added, &["dkim-1"]);
    world.run_poller().await;
    let shown = world.domain(&domain).await;
    assert_eq!(record(&shown, "dkim-1")["state"], "found", "{shown}");
}

async fn poller_looks(world: Shared) {
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await.body;
    assert_eq!(record(&added, "dkim-1")["state"], "missing");
    world.publish(&domain, &added, &["dkim-1"]);
    world
        .until("the poller has looked", async || {
            world.run_poller().await;
            record(&world.domain(&domain).await, "dkim-1")["state"] == "found"
        })
        .await;
    let shown = world.domain(&domain).await;
    assert_eq!(record(&shown, "verification")["state"], "missing");
    assert_eq!(record(&shown, "verification")["code"], "not_found");
    assert_eq!(shown["status"], "pending");
}

async fn tenancy(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let other = world.other_client_admin();
    assert_problem(&check(&world, other, &domain).await, 404, "not_found");
    let records = world
        .get(other, &format!("/domains/{domain}/records"))
        .await;
    assert_problem(&records, 404, "not_found");
    let no_role = &world.info.tokens.no_role;
    assert_problem(&check(&world, no_role, &domain).await, 403, "forbidden");
}
