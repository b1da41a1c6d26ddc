//! The client says that it is ready, has the records emailed, and repeats requests without a
//! response.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Suite;
use crate::requests::assert_problem;
use crate::world::{Answer, Shared, answer_to, at_once, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "reporting_ready_sends_one_email_to_support_with_the_note",
        ready,
    );
    suite.shared("a_rejected_domain_can_be_reported_ready_again", rejected);
    suite.shared(
        "twenty_simultaneous_instructions_do_not_exceed_the_daily_limit",
        limited,
    );
    suite.shared(
        "instructions_name_their_sender_and_contain_no_foreign_markup",
        letter,
    );
    suite.shared(
        "twenty_simultaneous_requests_with_one_key_have_one_effect",
        same_key,
    );
    suite.shared(
        "an_idempotency_key_returns_the_first_answer_again",
        first_answer,
    );
    suite.shared(
        "no_client_is_ready_for_another_clients_domain_or_emails_its_records",
        tenancy,
    );
}

async fn post(world: &Shared, path: &str, body: Value, key: Option<&str>) -> Answer {
    let token = world.client_admin();
    post_as(world, token, path, body, key).await
}

async fn post_as(
    world: &Shared,
    token: &str,
    path: &str,
    body: Value,
    key: Option<&str>,
) -> Answer {
    let mut request = world
        .request(Method::POST, path, Some(token))
        .header("content-type", "application/json")
        .body(body.to_string());
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    answer_to(request).await
}

async fn ready(world: Shared) {
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await;
    let path = format!("/domains/{domain}/notify");
    let note = json!({ "note": "All is in.\n<script>alert(1)</script>" });
    let answers = at_once(10, |_| {
        let (world, path, note) = (world.clone(), path.clone(), note.clone());
        async move { post(&world, &path, note, None).await }
    })
    .await;
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert!(!answer.body["missing"].as_array().unwrap().is_empty());
        assert!(answer.body["ready_at"].is_string());
    }
    let told = async |heading: &str| {
        let emails = world.emails_about(&domain).await;
        let about = |email: &&Value| text(&email["Subject"]).contains(heading);
        emails.iter().filter(about).cloned().collect::<Vec<_>>()
    };
    world
        .until("support has mail", async || {
            !told("client is ready").await.is_empty()
        })
        .await;
    world.run_poller().await;
    let emails = told("client is ready").await;
    assert_eq!(emails.len(), 1, "{emails:?}");
    let html = text(&emails[0]["BodyHtml"]);
    assert!(
        html.contains("All is in.") && !html.contains("<script"),
        "{html}"
    );
    assert!(text(&emails[0]["BodyText"]).contains("Amazon SES has not verified the domain yet."));

    world.publish(&domain, &added.body, &["verification"]);
    world.poll_until(&domain, "verified").await;
    // No body at all.
    let request = world.request(Method::POST, &path, Some(world.client_admin()));
    let verified = answer_to(request).await;
    assert_eq!(verified.status, StatusCode::OK, "{verified:?}");
    world
        .until("support has mail", async || {
            told("final step wanted").await.len() == 1
        })
        .await;
}

async fn rejected(world: Shared) {
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await;
    world.publish(&domain, &added.body, &["verification"]);
    world.poll_until(&domain, "verified").await;
    let client = &world.info.clients.client_admin;
    let reject = format!("/staff/clients/{client}/domains/{domain}/reject");
    let reason = json!({ "reason": "Whose brand is this?" });
    post_as(&world, world.support(), &reject, reason, None).await;
    let path = format!("/domains/{domain}/notify");
    let note = json!({ "note": "Ours." });
    let again = post(&world, &path, note, None).await;
    assert_eq!(again.body["status"], "verified", "{again:?}");
    let history = world
        .get(world.client_admin(), &format!("/domains/{domain}/history"))
        .await;
    let newest = &history.body["items"][0];
    assert_eq!(newest["action"], "reopened", "{history:?}");
    assert_eq!(newest["evidence"]["note"], "Ours.");
}

pub(crate) async fn letters_to(world: &Shared, address: &str) -> Vec<Value> {
    let mut emails = world.emails().await;
    emails.retain(|email| email["To"] == json!([address]));
    emails
}

async fn limited(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let path = format!("/domains/{domain}/instructions");
    let address = format!("dns@{domain}");
    let answers = at_once(20, |_| {
        let (world, path) = (world.clone(), path.clone());
        let body = json!({ "email": address });
        async move { post(&world, &path, body, None).await }
    })
    .await;
    let mut left: Vec<u64> = Vec::new();
    for answer in &answers {
        if answer.status == StatusCode::ACCEPTED {
            left.push(answer.body["left_today"]["domain"].as_u64().unwrap());
        } else {
            assert_problem(answer, 429, "too_many_instructions");
            assert!(answer.retry_after.unwrap() <= 24 * 60 * 60 + 1);
        }
    }
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2, 3, 4], "{answers:?}");
    assert_eq!(letters_to(&world, &address).await.len(), 5);
}

async fn letter(world: Shared) {
    let domain = world.fresh_domain();
    let body = json!({ "domain": domain, "contact_email": format!("kim@{domain}") });
    world
        .post_domains(world.client_admin(), body.to_string())
        .await;
    let path = format!("/domains/{domain}/instructions");
    let address = format!("sam@{domain}");
    let note = "<a href=\"https://evil.example\">log in</a>\u{2028}Bcc: x@y.z bare.example/login";
    let body = json!({ "email": address, "note": note });
    let sent = post(&world, &path, body, None).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{sent:?}");
    let letters = letters_to(&world, &address).await;
    assert_eq!(letters.len(), 1, "one recipient");
    let letter = &letters[0];
    assert_eq!(letter["Source"], json!(world.info.sender_email));
    assert_eq!(letter["Subject"], sent.body["subject"]);
    let (html, plain) = (text(&letter["BodyHtml"]), text(&letter["BodyText"]));
    assert!(
        !html.contains("evil.example\"") && !html.contains("https://evil"),
        "{html}"
    );
    let html = html.replace("<span>.</span>", ".");
    for body in [html.as_str(), plain] {
        // As in the claim of the token.
        assert!(body.contains("Maple Homes"), "{body}");
        assert!(body.contains(&format!("_amazonses.{domain}")));
        assert!(body.contains("You need no login"));
        assert!(body.contains("bare[.]example/login"), "{body}");
    }
    let history = world
        .get(world.client_admin(), &format!("/domains/{domain}/history"))
        .await;
    assert_eq!(history.body["items"][0]["action"], "instructions_sent");
}

async fn same_key(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let path = format!("/domains/{domain}/instructions");
    let address = format!("dns@{domain}");
    let body = json!({ "email": address });
    let key = format!("\"same-{domain}\"");
    let answers = at_once(20, |_| {
        let (world, path, body, key) = (world.clone(), path.clone(), body.clone(), key.clone());
        async move { post(&world, &path, body, Some(&key)).await }
    })
    .await;
    for answer in &answers {
        if answer.status != StatusCode::ACCEPTED {
            assert_problem(answer, 409, "idempotency_in_progress");
            assert!(answer.retry_after.is_some());
        }
    }
    let again = post(&world, &path, body, Some(&key)).await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{again:?}");
    assert_eq!(again.body["left_today"]["domain"], 4);
    assert_eq!(letters_to(&world, &address).await.len(), 1);
    let other = json!({ "email": format!("other@{domain}") });
    let reused = post(&world, &path, other.clone(), Some(&key)).await;
    assert_problem(&reused, 422, "idempotency_key_reused");
    let bad = post(&world, &path, other, Some("\"")).await;
    assert_problem(&bad, 400, "invalid_idempotency_key");
}

async fn first_answer(world: Shared) {
    let domain = world.fresh_domain();
    let key = format!("add-{domain}");
    let body = json!({ "domain": domain });
    let first = post(&world, "/domains", body.clone(), Some(&key)).await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    // With other white space, and as a quoted string as in the draft.
    let request = world
        .request(Method::POST, "/domains", Some(world.client_admin()))
        .header("idempotency-key", format!("\"{key}\""))
        .body(format!("{{ \"domain\" :  \"{domain}\" }}"));
    let again = answer_to(request).await;
    assert_eq!(again.status, first.status, "not 200");
    assert_eq!(again.body, first.body);
    // The same key of another client is a different key.
    let other = world.other_client_admin();
    let theirs = post_as(&world, other, "/domains", body, Some(&key)).await;
    assert_eq!(theirs.body["status"], "contested", "{theirs:?}");

    world.publish(&domain, &first.body, &["verification"]);
    world.poll_until(&domain, "verified").await;
    let client = &world.info.clients.client_admin;
    let complete = format!("/staff/clients/{client}/domains/{domain}/complete");
    for _ in 0..2 {
        let done = post_as(&world, world.support(), &complete, json!({}), Some(&key)).await;
        assert_eq!(done.status, StatusCode::OK, "not 409: {done:?}");
    }
    let check = format!("/domains/{domain}/check");
    for _ in 0..2 {
        let checked = post(&world, &check, json!({}), Some(&format!("check-{key}"))).await;
        assert_eq!(checked.status, StatusCode::OK, "not 429: {checked:?}");
    }
}

async fn tenancy(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let body = json!({ "email": "dns@example.com" });
    for (route, body) in [("notify", json!({})), ("instructions", body)] {
        let path = format!("/domains/{domain}/{route}");
        let other = world.other_client_admin();
        let theirs = post_as(&world, other, &path, body.clone(), None).await;
        assert_problem(&theirs, 404, "not_found");
        for token in [world.support(), &world.info.tokens.no_role] {
            let refused = post_as(&world, token, &path, body.clone(), Some("a-key")).await;
            assert_problem(&refused, 403, "forbidden");
        }
    }
}
