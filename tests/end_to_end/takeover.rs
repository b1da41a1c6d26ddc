//! Claims on domains, over HTTP. No client gets a domain by adding it, with records that another
//! client left, or by repeating another client's proof. Each client gets its own domain by proving
//! it.

mod alike;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Suite;
use crate::removal::delete;
use crate::requests::assert_problem;
use crate::world::{Answer, Shared, answer_to, at_once, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "adding_a_domain_that_another_client_verified_gives_no_right_to_it",
        added,
    );
    suite.shared(
        "leftover_records_of_a_former_client_verify_no_other_client",
        leftover,
    );
    suite.shared(
        "names_above_and_below_a_domain_of_another_client_need_proof",
        around,
    );
    suite.shared("the_proof_of_another_claim_proves_nothing", replayed);
    suite.shared(
        "of_two_that_race_for_a_domain_one_holds_it_fifty_times",
        races,
    );
    suite.shared(
        "proof_wins_a_domain_from_a_holder_that_is_not_verified",
        proven,
    );
    suite.shared("lasso_support_decides_about_a_verified_holder", decided);
    suite.shared(
        "a_released_holder_is_told_why_and_the_same_release_again_changes_nothing",
        released,
    );
    suite.shared(
        "contested_domains_look_the_same_for_every_reason",
        alike::alike,
    );
}

async fn added(world: Shared) {
    let domain = world.fresh_domain();
    world.authenticate(&domain).await;
    let other = world.other_client_admin();
    let contested = world.add(other, &domain).await;
    assert_eq!(contested.status, StatusCode::ACCEPTED, "{contested:?}");
    for _ in 0..3 {
        world
            .make_due_of(&world.info.clients.other_client_admin, &domain)
            .await;
        world.run_poller().await;
    }
    assert_eq!(status(&world, other, &domain).await, "contested");
    let sender = world.get(other, &format!("/senders/sales@{domain}")).await;
    assert_eq!(sender.body["allowed"], false, "{sender:?}");
    assert_eq!(sender.body["reason"], "proof_wanted", "{sender:?}");
    assert_eq!(world.status(&domain).await, "authenticated");
}

async fn leftover(world: Shared) {
    let domain = world.fresh_domain();
    world.authenticate(&domain).await;
    let confirmed = format!("{domain}?confirm={domain}");
    let gone = delete(&world, world.client_admin(), &confirmed).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone:?}");
    let other = world.other_client_admin();
    let contested = world.add(other, &domain).await;
    assert_eq!(contested.body["status"], "contested", "{contested:?}");
    for _ in 0..3 {
        world
            .make_due_of(&world.info.clients.other_client_admin, &domain)
            .await;
        world.run_poller().await;
    }
    assert_eq!(status(&world, other, &domain).await, "contested");
    assert!(!world.identity_exists(&domain).await, "SES is not asked");
}

async fn around(world: Shared) {
    let domain = world.fresh_domain();
    let held = format!("mail.{domain}");
    world.add(world.client_admin(), &held).await;
    let other = world.other_client_admin();
    for wanted in [domain.clone(), format!("a.{held}")] {
        let contested = world.add(other, &wanted).await;
        assert_eq!(contested.body["status"], "contested", "{contested:?}");
    }
    let beside = world.add(other, &format!("news.{domain}")).await;
    assert_eq!(beside.status, StatusCode::CREATED, "{beside:?}");
}

async fn replayed(world: Shared) {
    let domain = world.fresh_domain();
    let (ours, other) = (world.client_admin(), world.other_client_admin());
    world.add(other, &domain).await;
    let claimed = world.add(ours, &domain).await.body;
    assert_eq!(claimed["status"], "contested");
    world.publish(&domain, &claimed, &["ownership"]);
    prove(&world, ours, &domain, &["pending"]).await;
    // The client that lost it has a new secret now; the record of the winner is still in DNS.
    let lost = world.get(other, &format!("/domains/{domain}")).await.body;
    assert_eq!(lost["status"], "contested");
    assert_ne!(lost["records"][0]["value"], claimed["records"][0]["value"]);
    for _ in 0..3 {
        world
            .make_due_of(&world.info.clients.other_client_admin, &domain)
            .await;
        world.run_poller().await;
    }
    assert_eq!(status(&world, other, &domain).await, "contested");
}

async fn races(world: Shared) {
    let parent = world.fresh_domain();
    for round in 0..50 {
        // Fifty organizational domains; each time the parent or the child is added, too.
        let domain = format!("race{round}-{parent}");
        world.create_zone(&domain);
        let wanted = [
            domain.clone(),
            if round % 2 == 0 {
                domain.clone()
            } else {
                format!("mail.{domain}")
            },
        ];
        let answers = at_once(2, |n| {
            let (world, wanted) = (world.clone(), wanted[n].clone());
            async move {
                let tokens = [world.client_admin(), world.other_client_admin()];
                world.add(tokens[n], &wanted).await
            }
        })
        .await;
        let contested = |answer: &&Answer| answer.body["status"] == "contested";
        let lost: Vec<&Answer> = answers.iter().filter(contested).collect();
        assert_eq!(lost.len(), 1, "round {round}: {answers:?}");
        let won = answers.iter().find(|answer| !contested(answer)).unwrap();
        assert!(
            ["pending", "provisioning"].contains(&text(&won.body["status"])),
            "round {round}: {won:?}"
        );
    }
}

async fn proven(world: Shared) {
    let domain = world.fresh_domain();
    let squatted = world.add(world.other_client_admin(), &domain).await.body;
    let claimed = world.add(world.client_admin(), &domain).await.body;
    // The squatter's records are in DNS, but SES has not seen them yet: they must not help it.
    world.publish(&domain, &claimed, &["ownership"]);
    prove(&world, world.client_admin(), &domain, &["pending"]).await;
    let won = world.domain(&domain).await;
    assert_eq!(won["records"].as_array().map(Vec::len), Some(7));
    world.publish(&domain, &won, &["verification"]);
    world.poll_until(&domain, "verified").await;

    let other = world.other_client_admin();
    let lost = world.get(other, &format!("/domains/{domain}")).await.body;
    assert_eq!(lost["status"], "contested");
    assert_ne!(lost["status"], squatted["status"]);
    let history = world
        .get(other, &format!("/domains/{domain}/history"))
        .await
        .body;
    let line = &history["items"][0];
    assert_eq!(line["action"], "displaced", "{history}");
    assert_eq!(
        line["evidence"],
        json!({ "reason": "proven_by_another_client" })
    );
    let sender = world
        .get(other, &format!("/senders/sales@news.{domain}"))
        .await
        .body;
    assert_eq!(sender["reason"], "displaced", "{sender}");
    for said in [&lost["status_detail"], &sender["message"]] {
        assert!(text(said).contains("Another client proved"), "{said}");
    }
    let ours = &world.info.clients.client_admin;
    for shown in [&lost, &history, &sender] {
        assert!(!shown.to_string().contains(ours.as_str()), "{shown}");
    }
    let client = &world.info.clients.other_client_admin;
    let staff = format!("/staff/clients/{client}/domains/{domain}/history");
    let staff = world.get(world.support(), &staff).await.body;
    let internal = &staff["items"][0]["evidence"]["internal"];
    assert_eq!(internal["client"], *ours, "{staff}");
}

async fn decided(world: Shared) {
    let domain = world.fresh_domain();
    world.authenticate(&domain).await;
    let other = world.other_client_admin();
    let claimed = world.add(other, &domain).await.body;
    world.publish(&domain, &claimed, &["ownership"]);
    world
        .until("support has been told", async || {
            world
                .make_due_of(&world.info.clients.other_client_admin, &domain)
                .await;
            world.run_poller().await;
            let emails = world.emails_about(&domain).await;
            emails
                .iter()
                .any(|email| text(&email["BodyText"]).contains("has proven"))
        })
        .await;
    let emails = world.emails_about(&domain).await;
    let email = emails.iter().map(|email| text(&email["BodyText"]));
    let email = email
        .filter(|body| body.contains("has proven"))
        .collect::<Vec<_>>();
    assert_eq!(email.len(), 1, "{emails:?}");
    let (holder, claimant) = (
        &world.info.clients.client_admin,
        &world.info.clients.other_client_admin,
    );
    assert!(email[0].contains(holder.as_str()) && email[0].contains(claimant.as_str()));
    assert_eq!(
        world.status(&domain).await,
        "authenticated",
        "nothing has moved"
    );
    let seen = world.get(other, &format!("/domains/{domain}")).await.body;
    assert_eq!(seen["status"], "contested");
    assert!(text(&seen["status_detail"]).contains("Lasso support decides"));
    assert!(!seen.to_string().contains(holder.as_str()));
    assert_eq!(seen["deadline"], Value::Null);

    let queue = queued(&world, &domain).await.expect("it waits for Lasso");
    assert_eq!(queue["client"], *claimant);
    let staff = world.get(world.support(), text(&queue["path"])).await.body;
    assert_eq!(staff["claim"]["against"][0]["client"], *holder, "{staff}");
    let path = format!("{}/release", text(&queue["path"]));
    let refused = post(&world, other, &path).await;
    assert_problem(&refused, 403, "forbidden");
    for (body, status, code) in [
        (json!({ "decision": "grant" }), 422, "validation_failed"),
        (
            json!({ "decision": "grant", "reason": REASON }),
            409,
            "confirmation_required",
        ),
        (
            json!({ "decision": "grant", "reason": REASON, "confirm": format!("mail.{domain}") }),
            422,
            "validation_failed",
        ),
    ] {
        assert_problem(&decide(&world, &path, &body).await, status, code);
    }
    assert_eq!(
        world.status(&domain).await,
        "authenticated",
        "not confirmed"
    );
    let grant = json!({ "decision": "grant", "reason": REASON, "confirm": domain });
    let granted = decide(&world, &path, &grant).await;
    assert_eq!(granted.status, StatusCode::OK, "{granted:?}");
    assert_eq!(granted.body["status"], "provisioning");
    let again = decide(&world, &path, &grant).await;
    assert_problem(&again, 409, "nothing_to_grant");
    assert_eq!(
        world.status(&domain).await,
        "contested",
        "sending has stopped"
    );
    let sender = format!("/senders/sales@{domain}");
    let sender = world.get(world.client_admin(), &sender).await;
    assert_eq!(sender.body["allowed"], false, "{sender:?}");
    assert_told(&world, &domain).await;
    // SES returns the same tokens again, so the holder's published records may verify it
    // immediately.
    prove(&world, other, &domain, &["pending", "verified"]).await;
}

async fn released(world: Shared) {
    let domain = world.fresh_domain();
    world.authenticate(&domain).await;
    let client = &world.info.clients.client_admin;
    let path = format!("/staff/clients/{client}/domains/{domain}/release");
    let unconfirmed = decide(&world, &path, &json!({ "reason": REASON })).await;
    assert_problem(&unconfirmed, 409, "confirmation_required");
    assert_eq!(world.status(&domain).await, "authenticated");
    let end = json!({ "reason": REASON, "confirm": domain });
    let first = decide(&world, &path, &end).await;
    assert_eq!(first.status, StatusCode::OK, "{first:?}");
    assert_eq!(first.body["status"], "contested");
    let again = decide(&world, &path, &end).await;
    assert_eq!(again.status, StatusCode::OK, "{again:?}");
    for member in ["status", "status_since", "status_detail", "records"] {
        assert_eq!(again.body[member], first.body[member]);
    }
    assert_told(&world, &domain).await;
}

const REASON: &str = "The community was sold to another builder.";

/// The client that lost a name which Lasso sent for is told so in every answer about it, and Lasso
/// support learns whom to tell. Nothing in it names another client.
async fn assert_told(world: &Shared, domain: &str) {
    let token = world.client_admin();
    let one = world.domain(domain).await;
    let history = world
        .get(token, &format!("/domains/{domain}/history"))
        .await
        .body;
    let lost = json!({ "reason": "released_by_lasso_support", "explanation": REASON });
    let line = &history["items"][0];
    assert_eq!(
        (&line["action"], &line["evidence"]),
        (&json!("displaced"), &lost)
    );
    let mut said = vec![one["status_detail"].clone()];
    for address in [format!("sales@{domain}"), format!("sales@news.{domain}")] {
        let sender = world.get(token, &format!("/senders/{address}")).await.body;
        assert_eq!(sender["allowed"], false, "{sender}");
        assert_eq!(sender["reason"], "displaced", "{sender}");
        assert_eq!(sender["action"]["path"], format!("/domains/{domain}"));
        said.push(sender["message"].clone());
    }
    for said in &said {
        let said = text(said);
        for part in [REASON, "no longer sends", "ownership record"] {
            assert!(said.contains(part), "{said}");
        }
        assert!(!said.contains("DNS"), "{said}");
    }
    let other = &world.info.clients.other_client_admin;
    for shown in [&one, &history, &json!(said)] {
        assert!(!shown.to_string().contains(other.as_str()), "{shown}");
    }
    let subject = format!("SENDING STOPPED: {domain}: ");
    world
        .until("support is told that sending has stopped", async || {
            world.run_poller().await;
            let emails = world.emails_about(domain).await;
            let told = emails.iter().map(|email| text(&email["Subject"]));
            told.filter(|told| told.starts_with(&subject)).count() == 1
        })
        .await;
}

async fn decide(world: &Shared, path: &str, body: &Value) -> Answer {
    let request = world.request(Method::POST, path, Some(world.support()));
    answer_to(request.json(body)).await
}

/// Runs the poller until the claim has one of these states.
pub(crate) async fn prove(world: &Shared, token: &str, domain: &str, wanted: &[&str]) {
    let clients = &world.info.clients;
    let client = if token == world.client_admin() {
        &clients.client_admin
    } else {
        &clients.other_client_admin
    };
    world
        .until(
            &format!("{domain} is {wanted:?} for {client}"),
            async || {
                world.make_due_of(client, domain).await;
                world.run_poller().await;
                wanted.contains(&status(world, token, domain).await.as_str())
            },
        )
        .await;
}

pub(crate) async fn status(world: &Shared, token: &str, domain: &str) -> String {
    let answer = world.get(token, &format!("/domains/{domain}")).await;
    text(&answer.body["status"]).to_owned()
}

async fn queued(world: &Shared, domain: &str) -> Option<Value> {
    let mut path = "/staff/domains?waiting_for=lasso&status=contested".to_owned();
    loop {
        let page = world.get(world.support(), &path).await;
        let items = page.body["items"].as_array().expect("a list");
        if let Some(found) = items.iter().find(|item| item["domain"] == domain) {
            return Some(found.clone());
        }
        let cursor = page.body["next_cursor"].as_str()?;
        path = format!("/staff/domains?waiting_for=lasso&status=contested&cursor={cursor}");
    }
}

async fn post(world: &Shared, token: &str, path: &str) -> Answer {
    answer_to(world.request(Method::POST, path, Some(token))).await
}
