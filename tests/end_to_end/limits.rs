//! Limits for each client, over HTTP: domains in its list, domains that it adds per day, emails to
//! Lasso support and to one address; and how Lasso support changes them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Suite;
use crate::requests::assert_problem;
use crate::support_email::delivery;
use crate::world::{Answer, Shared, answer_to, at_once, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone(
        "fifty_simultaneous_additions_exceed_no_limit_of_the_client",
        additions,
    );
    suite.shared("lasso_support_sets_the_limits_of_a_client", set_by_support);
    suite.shared(
        "alerts_over_the_limit_of_a_client_are_emailed_as_one_summary",
        summarized,
    );
    suite.shared(
        "adding_reporting_ready_and_removing_in_a_loop_sends_one_email",
        in_a_loop,
    );
    suite.shared(
        "an_address_gets_at_most_five_instructions_per_day_from_a_client",
        one_address,
    );
}

fn path_of(client: &str) -> String {
    format!("/staff/clients/{client}/limits")
}

async fn put(world: &Shared, token: &str, client: &str, body: &Value) -> Answer {
    let request = world.request(Method::PUT, &path_of(client), Some(token));
    answer_to(request.json(body)).await
}

async fn set(world: &Shared, client: &str, body: &Value) -> Value {
    let answer = put(world, world.support(), client, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body
}

async fn limits_of(world: &Shared, client: &str) -> Value {
    let answer = world.get(world.support(), &path_of(client)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body
}

/// Fifty additions by sixteen simultaneous callers. Returns how many were accepted, and the
/// refusals.
async fn fifty(world: &Shared) -> (usize, Vec<Answer>) {
    let names: Vec<String> = (0..50).map(|_| world.fresh_domain()).collect();
    let answers = at_once(16, |caller| {
        let (world, names) = (world.clone(), names.clone());
        async move {
            let mut answers = Vec::new();
            for name in names.iter().skip(caller).step_by(16) {
                answers.push(world.add(world.other_client_admin(), name).await);
            }
            answers
        }
    })
    .await;
    let answers: Vec<Answer> = answers.into_iter().flatten().collect();
    assert_eq!(answers.len(), 50);
    let (accepted, refused): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .partition(|answer| answer.status.is_success());
    (accepted.len(), refused)
}

async fn additions(world: Shared) {
    let client = world.info.clients.other_client_admin.clone();
    // A client that has domains, but no stored number of them yet.
    let first = world.fresh_domain();
    set(&world, &client, &json!({ "reason": "Counted again" })).await;
    let counted = limits_of(&world, &client).await;
    let counted = counted["max_domains"]["used"].as_u64().unwrap();
    world.add(world.other_client_admin(), &first).await;
    let used = limits_of(&world, &client).await;
    let held = used["max_domains"]["used"].as_u64().unwrap();
    assert_eq!(held, counted + 1);

    let body = json!({ "max_domains": held + 5, "reason": "A test" });
    set(&world, &client, &body).await;
    let (accepted, refused) = fifty(&world).await;
    assert_eq!(accepted, 5, "{refused:?}");
    for answer in &refused {
        assert_problem(answer, 409, "too_many_domains");
        let limit = (held + 5).to_string();
        assert!(text(&answer.body["detail"]).contains(&limit), "{answer:?}");
    }
    let again = world.add(world.other_client_admin(), &first).await;
    assert_eq!(again.status, StatusCode::OK, "it has that one: {again:?}");
    crate::removal::delete(&world, world.other_client_admin(), &first).await;
    let now = limits_of(&world, &client).await;
    assert_eq!(now["max_domains"]["used"], held + 4);
    let room = world.add(world.other_client_admin(), &first).await;
    assert_eq!(room.status, StatusCode::CREATED, "{room:?}");

    let used = limits_of(&world, &client).await;
    let today = used["max_domains_added_per_day"]["used"].as_u64().unwrap();
    let body = json!({ "max_domains_added_per_day": today + 7, "reason": "A test" });
    set(&world, &client, &body).await;
    let (accepted, refused) = fifty(&world).await;
    assert_eq!(accepted, 7, "{refused:?}");
    for answer in &refused {
        assert_problem(answer, 429, "too_many_additions");
        assert!(answer.retry_after.unwrap() <= 24 * 60 * 60 + 1);
        let limit = (today + 7).to_string();
        assert!(text(&answer.body["detail"]).contains(&limit), "{answer:?}");
    }
    set(&world, &client, &json!({ "reason": "The test is over" })).await;
    let list = world
        .get(world.other_client_admin(), "/domains?limit=1")
        .await;
    assert_eq!(list.status, StatusCode::OK);
}

async fn set_by_support(world: Shared) {
    let client = "limits-homes";
    let defaults = limits_of(&world, client).await;
    assert_eq!(defaults["set"], json!(null));
    let limit = &defaults["max_domains"];
    assert_eq!(limit["limit"], limit["default"]);
    for token in [world.client_admin(), &world.info.tokens.no_role] {
        let body = json!({ "max_domains": 9, "reason": "Please" });
        assert_problem(&put(&world, token, client, &body).await, 403, "forbidden");
        let read = world.get(token, &path_of(client)).await;
        assert_problem(&read, 403, "forbidden");
    }
    for (body, field) in [
        (json!({ "max_domains": 9 }), "/reason"),
        (json!({ "max_domains": -1, "reason": "x" }), "/max_domains"),
        (json!({ "max_names": 1, "reason": "x" }), "/max_names"),
    ] {
        let refused = put(&world, world.support(), client, &body).await;
        assert_problem(&refused, 422, "validation_failed");
        assert_eq!(refused.body["errors"][0]["pointer"], field);
    }
    assert_eq!(limits_of(&world, client).await, defaults, "nothing was set");

    // A limit for one client does not apply to others.
    let neighbour = "limits-homes-2";
    let body = json!({ "max_domains": 7, "reason": "Small" });
    let others = set(&world, neighbour, &body).await;
    let body = json!({ "max_support_emails_per_day": 3, "reason": "Noisy" });
    let answer = set(&world, client, &body).await;
    assert_eq!(answer, limits_of(&world, client).await);
    assert_eq!(answer["max_support_emails_per_day"]["limit"], 3);
    assert_eq!(answer["max_domains"], defaults["max_domains"]);
    assert_eq!(answer["set"]["reason"], "Noisy");
    assert_eq!(answer["set"]["by"]["kind"], "lasso_support");
    assert!(answer["set"]["at"].is_string());
    let body = json!({ "max_domains": 9, "reason": "Another" });
    let replaced = set(&world, client, &body).await;
    assert_eq!(replaced["max_domains"]["limit"], 9);
    let emails = &replaced["max_support_emails_per_day"];
    assert_eq!(emails["limit"], emails["default"], "what is left out");
    assert_eq!(limits_of(&world, neighbour).await, others);
    let held = limits_of(&world, &world.info.clients.client_admin).await;
    assert_ne!(
        held["max_domains"]["limit"], 9,
        "nor a client's that has domains"
    );
}

/// An event of a client, as the queue delivers it.
fn event_of(client: &str, case: &str, domain: &str, members: &Value) -> Value {
    let mut delivery = delivery(case, domain);
    let message = text(&delivery["Records"][0]["body"]);
    let mut event: Value = serde_json::from_str(message).unwrap();
    event["client"] = json!(client);
    for (name, value) in members.as_object().into_iter().flatten() {
        event[name] = value.clone();
    }
    delivery["Records"][0]["body"] = json!(event.to_string());
    delivery
}

async fn summarized(world: Shared) {
    let client = "noisy-homes";
    let body = json!({ "max_support_emails_per_day": 2, "reason": "A test" });
    set(&world, client, &body).await;
    let domains: Vec<String> = (0..8).map(|_| world.fresh_domain()).collect();
    let deliveries: Vec<Value> = domains
        .iter()
        .map(|domain| event_of(client, "verified", domain, &json!({})))
        .collect();
    for _ in 0..2 {
        at_once(8, |n| {
            let (world, delivery) = (world.clone(), deliveries[n].clone());
            async move { world.invoke("support-notifier", &delivery).await }
        })
        .await;
    }
    let about = async || {
        let mut emails = world.emails().await;
        emails.retain(|email| text(&email["Subject"]).contains(client));
        emails
    };
    let emails = about().await;
    assert_eq!(emails.len(), 3, "{emails:?}");
    let summary = |email: &&Value| text(&email["Subject"]).contains("more than 2 alerts today");
    let summaries: Vec<&Value> = emails.iter().filter(summary).collect();
    assert_eq!(summaries.len(), 1, "{emails:?}");
    let body = text(&summaries[0]["BodyText"]);
    assert!(body.contains("/staff/domains"), "{body}");
    assert!(body.contains(&path_of(client)), "{body}");
    let used = limits_of(&world, client).await;
    assert_eq!(used["max_support_emails_per_day"]["used"], 2);

    // An event about stopped mail is emailed anyway.
    let domain = world.fresh_domain();
    let members = json!({ "previous_status": "authenticated" });
    let failed = event_of(client, "failed", &domain, &members);
    world.invoke("support-notifier", &failed).await;
    assert_eq!(world.emails_about(&domain).await.len(), 1);
    assert_eq!(about().await.len(), 4);
}

async fn in_a_loop(world: Shared) {
    let domain = world.fresh_domain();
    let told = async || {
        let mut emails = world.emails_about(&domain).await;
        emails.retain(|email| text(&email["Subject"]).contains(": client is ready"));
        emails.len()
    };
    for _ in 0..5 {
        let added = world.add(world.client_admin(), &domain).await;
        assert!(added.status.is_success(), "{added:?}");
        let path = format!("/domains/{domain}/notify");
        let request = world.request(Method::POST, &path, Some(world.client_admin()));
        let ready = answer_to(request).await;
        assert_eq!(ready.status, StatusCode::OK, "{ready:?}");
        crate::removal::delete(&world, world.client_admin(), &domain).await;
    }
    world
        .until("support has mail", async || told().await > 0)
        .await;
    world.run_poller().await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(told().await, 1);
}

async fn one_address(world: Shared) {
    let address = format!("dns@{}", world.fresh_domain());
    let mut answers = Vec::new();
    for _ in 0..6 {
        let domain = world.fresh_domain();
        world.add(world.other_client_admin(), &domain).await;
        let path = format!("/domains/{domain}/instructions");
        let request = world.request(Method::POST, &path, Some(world.other_client_admin()));
        answers.push(answer_to(request.json(&json!({ "email": address }))).await);
    }
    for answer in &answers[..5] {
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    }
    assert_problem(&answers[5], 429, "too_many_to_recipient");
    assert!(answers[5].retry_after.unwrap() <= 24 * 60 * 60 + 1);
    let mut emails = world.emails().await;
    emails.retain(|email| email["To"] == json!([address]));
    assert_eq!(emails.len(), 5);
}
