//! "May this client send from this address?" always has an answer, and reveals nothing about other
//! clients.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::Suite;
use crate::requests::assert_problem;
use crate::world::{Shared, answer_to, percent_encoded, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "the_verdict_about_a_sender_comes_from_the_domain_that_covers_it",
        covered,
    );
    suite.shared(
        "a_sender_at_another_clients_domain_is_answered_like_one_at_an_unclaimed_one",
        of_another_client,
    );
    suite.shared(
        "a_sender_at_a_contested_domain_needs_proof_and_no_other_records",
        of_a_contested_claim,
    );
    suite.shared("every_spelling_of_a_sender_has_an_answer", spellings);
    suite.shared(
        "the_history_shows_what_happened_in_pages_with_evidence",
        history,
    );
}

async fn covered(world: Shared) {
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await;
    for address in [format!("sales@{domain}"), format!("a+b@news.{domain}")] {
        let sender = judged(&world, world.client_admin(), &address).await;
        assert_eq!(sender["allowed"], false);
        assert_eq!(sender["reason"], "waiting_for_dns", "{address}");
        assert_eq!(sender["action"]["path"], format!("/domains/{domain}"));
    }
    world.publish(&domain, &added.body, &["verification"]);
    world.poll_until(&domain, "verified").await;
    let sender = judged(&world, world.client_admin(), &format!("sales@{domain}")).await;
    assert_eq!(sender["reason"], "waiting_for_lasso");
    assert_eq!(sender["allowed"], false, "SES's word is not Lasso's");
}

async fn of_another_client(world: Shared) {
    let (held, unclaimed) = (world.fresh_domain(), world.fresh_domain());
    world.add(world.client_admin(), &held).await;
    let mut answers = Vec::new();
    for domain in [&held, &unclaimed] {
        let address = format!("sales@{domain}");
        let sender = judged(&world, world.other_client_admin(), &address).await;
        assert_eq!(sender["reason"], "not_initiated");
        answers.push(sender.to_string().replace(domain.as_str(), "domain"));
    }
    assert_eq!(answers[0], answers[1]);
}

async fn of_a_contested_claim(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.other_client_admin(), &domain).await;
    let claimed = world.add(world.client_admin(), &domain).await.body;
    assert_eq!(claimed["status"], "contested");
    let sender = judged(&world, world.client_admin(), &format!("sales@{domain}")).await;
    assert_eq!(sender["allowed"], false);
    assert_eq!(sender["reason"], "proof_wanted", "{sender}");
    assert_eq!(sender["action"]["path"], format!("/domains/{domain}"));
    let message = text(&sender["message"]);
    assert!(message.contains("ownership record"), "{message}");
}

async fn spellings(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    for (address, reason) in [
        (format!("%22a%20b%22@{domain}"), "waiting_for_dns"),
        (format!("a+b@{domain}"), "waiting_for_dns"),
        (format!("A%2Bb%40{domain}"), "waiting_for_dns"),
        (format!("info@b%C3%BCcher.{domain}"), "waiting_for_dns"),
        (format!("info@xn--bcher-kva.{domain}"), "waiting_for_dns"),
        ("maple@gmail.com".to_owned(), "not_your_domain"),
        ("maple@co.uk".to_owned(), "not_your_domain"),
        ("nonsense".to_owned(), "invalid_address"),
        ("%00@%FF".to_owned(), "invalid_address"),
        ("a@b@c@".to_owned(), "invalid_address"),
        (
            percent_encoded(&format!("\"a@b\"@{domain}")),
            "waiting_for_dns",
        ),
        (
            percent_encoded(&format!("\"\\\"\"@{domain}")),
            "waiting_for_dns",
        ),
        (
            percent_encoded(&format!("sales+spring=26@{domain}")),
            "waiting_for_dns",
        ),
        (
            percent_encoded(&format!("Jo <jo@{domain}>")),
            "waiting_for_dns",
        ),
        (
            percent_encoded(&format!("\"Doe, Jo\" <jo@{domain}>")),
            "waiting_for_dns",
        ),
        (
            percent_encoded(&format!("a@gmail.com, Jo <jo@{domain}>")),
            "invalid_address",
        ),
        (percent_encoded("sales@KÜCHE.de"), "not_initiated"),
        (percent_encoded("sales@xn--a.com"), "invalid_address"),
        (percent_encoded("sales@[192.0.2.1]"), "invalid_address"),
        (percent_encoded("@"), "invalid_address"),
        (
            percent_encoded("a\r\nBcc: b@example.com"),
            "invalid_address",
        ),
        (
            percent_encoded(&format!("a@{}.com", "b".repeat(64))),
            "invalid_address",
        ),
        ("x".repeat(2_000), "invalid_address"),
    ] {
        let sender = judged(&world, world.client_admin(), &address).await;
        assert_eq!(sender["reason"], reason, "{address}");
    }
}

async fn history(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let path = format!("/domains/{domain}/history?limit=1");
    let first = world.get(world.client_admin(), &path).await;
    assert_eq!(first.status, StatusCode::OK, "{first:?}");
    assert_eq!(first.body["items"][0]["action"], "provisioned");
    let next = format!("{path}&cursor={}", text(&first.body["next_cursor"]));
    let second = world.get(world.client_admin(), &next).await;
    assert_eq!(second.body["items"][0]["action"], "added");
    assert_eq!(
        second.body["items"][0]["actor"]["kind"], "client_admin",
        "{second:?}"
    );
    let other = world.get(world.other_client_admin(), &path).await;
    assert_problem(&other, 404, "not_found");

    let check = format!("/domains/{domain}/check");
    let check = world.request(Method::POST, &check, Some(world.client_admin()));
    let checked = answer_to(check).await;
    assert_eq!(checked.status, StatusCode::OK, "{checked:?}");
    let path = format!("/domains/{domain}/history");
    let all = world.get(world.client_admin(), &path).await;
    let lines = all.body["items"].as_array().unwrap();
    for line in lines {
        assert!(line["evidence"].is_object(), "{line}");
    }
    assert_eq!(lines[0]["action"], "checked");
    assert_eq!(lines[0]["actor"]["kind"], "client_admin");
    let records = &lines[0]["evidence"]["records"];
    assert_eq!(records[0]["id"], "verification", "{records}");
    assert_eq!(records[0]["code"], "not_found", "{records}");
}

async fn judged(world: &Shared, token: &str, address: &str) -> Value {
    let answer = world.get(token, &format!("/senders/{address}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{address} {answer:?}");
    answer.body
}
