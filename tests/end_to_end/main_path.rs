//! From a domain that a person enters to an email in support's mailbox.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Suite;
use crate::requests::assert_problem;
use crate::world::{Shared, answer_to, at_once, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "the_txt_record_alone_verifies_an_added_domain_and_sends_one_email",
        by_txt,
    );
    suite.shared("the_three_cnames_alone_verify_a_domain_too", by_cnames);
    suite.shared(
        "the_schedule_fires_by_itself_within_its_minute",
        by_schedule,
    );
    suite.shared(
        "twenty_simultaneous_requests_make_one_domain_one_identity_one_event",
        twenty_at_once,
    );
    suite.shared("an_identity_that_already_exists_is_used", existing_identity);
    suite.shared("only_a_failed_domain_can_be_restarted", restarted);
    suite.shared("pages_of_a_list_skip_and_repeat_nothing", pages);
}

async fn by_txt(world: Shared) {
    let domain = world.fresh_domain();
    let body = json!({ "domain": domain, "community": "Maple Ridge", "contact_email": "it@x.com" });
    let added = world
        .post_domains(world.client_admin(), body.to_string())
        .await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
    assert_eq!(added.content_type, "application/json");
    assert_eq!(added.body["status"], "pending");
    let ids: Vec<&str> = records(&added.body)
        .iter()
        .map(|record| text(&record["id"]))
        .collect();
    assert_eq!(
        ids,
        [
            "verification",
            "dkim-1",
            "dkim-2",
            "dkim-3",
            "mail-from-mx",
            "mail-from-spf",
            "dmarc"
        ]
    );
    assert_eq!(
        records(&added.body)[0]["name"],
        format!("_amazonses.{domain}")
    );

    world.run_poller().await;
    assert_eq!(
        world.status(&domain).await,
        "pending",
        "not yet is not failed"
    );

    world.publish(&domain, &added.body, &["verification"]);
    world.poll_until(&domain, "verified").await;
    let verified = world.domain(&domain).await;
    assert_eq!(
        verified["ses"]["status"]["dkim"], "pending",
        "each axis is its own"
    );
    assert_eq!(verified["sending_allowed"], false, "the final step is open");

    world
        .until("support has mail", async || {
            !world.emails_about(&domain).await.is_empty()
        })
        .await;
    world.run_poller().await;
    let emails = world.emails_about(&domain).await;
    assert_eq!(emails.len(), 1, "{emails:?}");
    assert_eq!(emails[0]["To"], json!([world.info.support_email]));
    assert_eq!(emails[0]["Source"], json!(world.info.sender_email));
    assert!(text(&emails[0]["Subject"]).contains(": verified, final step wanted"));
    assert!(text(&emails[0]["BodyText"]).contains("Maple Ridge"));
    assert!(text(&emails[0]["BodyHtml"]).contains("<strong>Wanted:</strong>"));
}

async fn by_cnames(world: Shared) {
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await;
    world.publish(&domain, &added.body, &["dkim-1", "dkim-2", "dkim-3"]);
    world.poll_until(&domain, "verified").await;
    assert_eq!(
        world.domain(&domain).await["ses"]["status"]["dkim"],
        "success"
    );
}

async fn by_schedule(world: Shared) {
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await;
    world.publish(&domain, &added.body, &["verification"]);
    world
        .until("the schedule has fired", async || {
            world.status(&domain).await == "verified"
        })
        .await;
    world
        .until("support has mail", async || {
            world.emails_about(&domain).await.len() == 1
        })
        .await;
}

async fn twenty_at_once(world: Shared) {
    let domain = world.fresh_domain();
    let answers = at_once(20, |_| {
        let (world, domain) = (world.clone(), domain.clone());
        async move { world.add(world.client_admin(), &domain).await }
    })
    .await;
    let with = |status| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert_eq!(
        with(StatusCode::CREATED) + with(StatusCode::ACCEPTED),
        1,
        "{answers:?}"
    );
    assert_eq!(with(StatusCode::OK), 19, "{answers:?}");

    world.poll_until(&domain, "pending").await;
    let domains = world.get(world.client_admin(), "/domains?limit=100").await;
    let same = domains.body["items"].as_array().unwrap().iter();
    assert_eq!(same.filter(|item| item["domain"] == domain).count(), 1);
    let added = world.domain(&domain).await;
    world.publish(&domain, &added, &["verification"]);
    world.poll_until(&domain, "verified").await;
    world
        .until("support has mail", async || {
            !world.emails_about(&domain).await.is_empty()
        })
        .await;
    world.run_poller().await;
    assert_eq!(world.emails_about(&domain).await.len(), 1);
}

async fn existing_identity(world: Shared) {
    let domain = world.fresh_domain();
    // An identity of this client without Easy DKIM.
    let client = world.info.clients.client_admin.clone();
    let made = world.own_identity(&domain, &client).await;
    let added = world.add(world.client_admin(), &domain).await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
    let verification = &records(&added.body)[0];
    assert_eq!(
        text(&verification["value"]),
        text(&made["token"]),
        "the token that it has"
    );
    assert_eq!(records(&added.body).len(), 7);
}

async fn restarted(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let path = format!("/domains/{domain}/restart");
    let restart = async || {
        let request = world.request(Method::POST, &path, Some(world.client_admin()));
        answer_to(request).await
    };
    assert_problem(&restart().await, 409, "not_failed");
    let before = world.domain(&domain).await;
    world.fail(&domain).await;
    let again = restart().await;
    assert_eq!(again.status, StatusCode::OK, "{again:?}");
    assert_eq!(again.body["status"], "pending");
    let published = |domain: &Value| -> Vec<(Value, Value)> {
        let records = records(domain).iter();
        let each = records.map(|record| (record["name"].clone(), record["value"].clone()));
        each.collect()
    };
    assert_eq!(
        published(&again.body),
        published(&before),
        "the same records"
    );
    world.publish(&domain, &again.body, &["verification"]);
    world.poll_until(&domain, "verified").await;
}

async fn pages(world: Shared) {
    let parent = world.fresh_domain();
    let mut expected: Vec<String> = (0..7).map(|n| format!("n{n}.{parent}")).collect();
    for domain in &expected {
        world.add(world.other_client_admin(), domain).await;
    }
    let mut seen = Vec::new();
    let mut path = "/domains?limit=2".to_owned();
    loop {
        let page = world.get(world.other_client_admin(), &path).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        let items = page.body["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| text(&item["domain"]).to_owned()));
        match page.body["next_cursor"].as_str() {
            Some(cursor) => path = format!("/domains?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    seen.retain(|domain| domain.ends_with(&parent));
    expected.sort();
    assert_eq!(seen, expected);
}

fn records(domain: &Value) -> &[Value] {
    domain["records"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}
