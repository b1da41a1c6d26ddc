//! Requests that the API refuses; a refused request writes nothing.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::Suite;
use crate::world::{Answer, Shared, percent_encoded, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "a_second_client_gets_a_contested_claim_that_reveals_nothing",
        contested,
    );
    suite.shared(
        "bad_bodies_are_problems_that_name_the_field_and_write_nothing",
        bad_bodies,
    );
    suite.shared("spellings_of_a_name_are_one_domain", spellings);
    suite.shared(
        "a_name_too_long_for_its_records_is_refused_and_the_longest_one_works",
        too_long,
    );
    suite.shared("a_community_is_stored_without_hidden_characters", hidden);
}

async fn contested(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let below = format!("mail.{domain}");
    for name in [&domain, &below] {
        let answer = world.add(world.other_client_admin(), name).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        assert_eq!(answer.body["status"], "contested");
        assert!(
            !answer
                .body
                .to_string()
                .contains(&world.info.clients.client_admin)
        );
        let records = answer.body["records"].as_array().unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0]["id"], "ownership");
        assert_eq!(records[0]["name"], format!("_lasso-challenge.{name}"));
        let secret = text(&records[0]["value"])
            .strip_prefix("lasso-domain-verification=")
            .unwrap();
        assert!(secret.len() >= 32, "at least 128 bits");
    }
    world.run_poller().await;
    assert_eq!(
        world.status(&domain).await,
        "pending",
        "the holder notices nothing"
    );
}

async fn bad_bodies(world: Shared) {
    let domain = world.fresh_domain();
    let large = json!({ "domain": domain, "community": "x".repeat(8 * 1024) }).to_string();
    let cases: Vec<(String, u16, &str, Option<&str>)> = vec![
        ("domain=example.com".to_owned(), 400, "malformed_json", None),
        (String::new(), 400, "malformed_json", None),
        ("{\"domain\":".to_owned(), 400, "malformed_json", None),
        ("{}".to_owned(), 422, "validation_failed", Some("/domain")),
        (
            json!([domain]).to_string(),
            422,
            "validation_failed",
            Some(""),
        ),
        (
            json!({ "domain": 7 }).to_string(),
            422,
            "validation_failed",
            Some("/domain"),
        ),
        (
            json!({ "domain": domain, "community": 7 }).to_string(),
            422,
            "validation_failed",
            Some("/community"),
        ),
        (
            json!({ "domain": domain, "contact_email": "x" }).to_string(),
            422,
            "validation_failed",
            Some("/contact_email"),
        ),
        (large, 413, "payload_too_large", None),
        (
            json!({ "domain": "co.uk" }).to_string(),
            422,
            "public_suffix",
            Some("/domain"),
        ),
        (
            json!({ "domain": "gmail.com" }).to_string(),
            422,
            "domain_not_eligible",
            Some("/domain"),
        ),
        (
            json!({ "domain": "xn--a.com" }).to_string(),
            422,
            "invalid_domain",
            Some("/domain"),
        ),
        (
            json!({ "domain": "*.x.com" }).to_string(),
            422,
            "invalid_domain",
            Some("/domain"),
        ),
    ];
    for (body, status, code, pointer) in cases {
        let answer = world.post_domains(world.client_admin(), body).await;
        assert_problem(&answer, status, code);
        if let Some(pointer) = pointer {
            assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{answer:?}");
        }
    }
    let body = json!({ "domain": format!("https://www.{domain}/contact") }).to_string();
    let answer = world.post_domains(world.client_admin(), body).await;
    assert_problem(&answer, 422, "invalid_domain");
    assert_eq!(answer.body["suggestion"], domain);
    assert_nothing_written(&world, &domain).await;
}

async fn too_long(world: Shared) {
    let domain = world.fresh_domain();
    let name_of = |octets: usize| {
        let mut name = domain.clone();
        while octets - name.len() > 64 {
            name = format!("{}.{name}", "a".repeat(61));
        }
        format!("{}.{name}", "b".repeat(octets - name.len() - 1))
    };
    let (longest, longer) = (name_of(209), name_of(210));
    for token in [world.client_admin(), world.other_client_admin()] {
        let refused = world.add(token, &longer).await;
        assert_problem(&refused, 422, "invalid_domain");
        let detail = text(&refused.body["detail"]);
        assert!(detail.contains("209") && detail.contains("253"), "{detail}");
        let above = text(&refused.body["suggestion"]);
        assert!(longer.ends_with(&format!(".{above}")), "{above}");
    }
    assert_nothing_written(&world, &longer).await;
    let added = world.add(world.client_admin(), &longest).await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
    let records = added.body["records"].as_array().expect("records");
    for record in records {
        assert!(text(&record["name"]).len() <= 253, "{record}");
    }
    // For another client its claim is contested, and so is a proof of a name above it.
    let claimed = world.add(world.other_client_admin(), &longest).await;
    assert_eq!(claimed.body["status"], "contested", "{claimed:?}");
    let sender = format!("/senders/a@{longer}");
    let sender = world.get(world.client_admin(), &sender).await;
    assert_eq!(sender.body["reason"], "not_initiated", "{sender:?}");
    assert!(
        !text(&sender.body["message"]).contains(&longer),
        "{sender:?}"
    );
}

async fn hidden(world: Shared) {
    let domain = world.fresh_domain();
    let community = "Maple\u{202e}\u{2066} Ridge\u{200b}\u{2028}Status: verified";
    let body = json!({ "domain": domain, "community": community }).to_string();
    let added = world.post_domains(world.client_admin(), body).await;
    assert_eq!(
        added.body["community"], "Maple Ridge Status: verified",
        "{added:?}"
    );
}

async fn spellings(world: Shared) {
    let first = world.add(world.client_admin(), "bücher.de").await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    for spelling in ["BÜCHER.de", "xn--bcher-kva.de", "XN--BCHER-KVA.DE."] {
        let again = world.add(world.client_admin(), spelling).await;
        assert_eq!(again.status, StatusCode::OK, "{spelling}");
        assert_eq!(again.body["domain"], "xn--bcher-kva.de");
        let path = format!("/domains/{}", percent_encoded(spelling));
        let read = world.get(world.client_admin(), &path).await;
        assert_eq!(read.body["domain_unicode"], "bücher.de", "{path}");
    }

    let domain = world.fresh_domain();
    let unicode = format!("bücher.{domain}");
    let first = world.add(world.client_admin(), &unicode).await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(first.body["domain"], format!("xn--bcher-kva.{domain}"));
    assert_eq!(first.body["domain_unicode"], unicode);
    for spelling in [
        format!("BÜCHER.{domain}."),
        format!(" xn--bcher-kva.{domain}"),
        unicode.to_uppercase(),
    ] {
        let again = world.add(world.client_admin(), &spelling).await;
        assert_eq!(again.status, StatusCode::OK, "{spelling}");
        assert_eq!(again.body["domain"], first.body["domain"]);
    }
}

pub(crate) fn assert_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status.as_u16(), status, "{answer:?}");
    assert_eq!(
        answer.content_type, "application/problem+json",
        "{answer:?}"
    );
    assert_eq!(answer.body["status"], status);
    assert_eq!(answer.body["code"], code);
    for member in ["type", "title", "detail"] {
        assert!(answer.body[member].is_string(), "{member} in {answer:?}");
    }
}

async fn assert_nothing_written(world: &Shared, domain: &str) {
    let list = world.get(world.client_admin(), "/domains?limit=100").await;
    let items = list.body["items"].as_array().cloned().unwrap_or_default();
    let named: Vec<&Value> = items
        .iter()
        .filter(|item| item["domain"] == domain)
        .collect();
    assert!(named.is_empty(), "{named:?}");
}
