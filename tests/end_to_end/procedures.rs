//! The procedures of docs/runbook.md that no other file tries, as far as the local stack can play them.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::types::MailType;
use domain_auth::audience::EmailId;
use domain_auth::event::Event;
use domain_auth::ports::{Clock, EmailLedger};
use domain_auth_aws::SystemClock;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Suite;
use crate::alert_queue::{event_about, messages_in, settled};
use crate::ops::ops;
use crate::redeployed::update;
use crate::requests::assert_problem;
use crate::support_email::publish;
use crate::world::{Shared, World, answer_to, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone(
        "a_new_cursor_secret_ends_only_lists_that_are_half_read",
        rotated,
    );
    suite.alone(
        "alerts_that_the_sandbox_refused_are_emailed_after_it_is_left",
        left_the_sandbox,
    );
    suite.shared(
        "records_of_two_regions_stand_side_by_side_until_the_mx_moves",
        moved,
    );
}

// ── Rotate the cursor secret ────────────────────────────────────────────────────────────────────

async fn rotated(world: Shared) {
    for _ in 0..3 {
        world.add(world.client_admin(), &world.fresh_domain()).await;
    }
    let cursor = async || {
        let list = world.get(world.client_admin(), "/domains?limit=1").await;
        text(&list.body["next_cursor"]).to_owned()
    };
    let read_on = async |cursor: &str| {
        let path = format!("/domains?limit=1&cursor={cursor}");
        world.get(world.client_admin(), &path).await
    };
    let before = cursor().await;
    let with = [
        secret_of(&world, "CursorSecret").await,
        secret_of(&world, "ConsoleSecret").await,
    ];
    for secret in &with {
        let asked = json!({ "PasswordLength": 64, "ExcludePunctuation": true });
        let value = world.secrets("GetRandomPassword", &asked).await["RandomPassword"].clone();
        let put = json!({ "SecretId": secret, "SecretString": value });
        world.secrets("PutSecretValue", &put).await;
    }
    let still = read_on(&before).await;
    assert_eq!(
        still.status,
        StatusCode::OK,
        "until it is deployed: {still:?}"
    );
    let sessions = console_secret(&world).await;

    // Another deployment does not read it, even if it changes the functions.
    update(&world, &[("LogLevel", "DEBUG")]).await;
    assert_eq!(console_secret(&world).await, sessions);
    let other = [("LogLevel", "INFO"), ("SecretStage", "AWSCURRENT")];
    update(&world, &other).await;
    assert_problem(&read_on(&before).await, 422, "validation_failed");
    let after = cursor().await;
    let next = read_on(&after).await;
    assert_eq!(next.status, StatusCode::OK, "{next:?}");
    assert_eq!(next.body["items"].as_array().map(Vec::len), Some(1));
    assert_ne!(console_secret(&world).await, sessions);
    // The other way round changes the reference again, and not the value.
    let rotated = console_secret(&world).await;
    update(&world, &[("SecretStage", "")]).await;
    assert_eq!(console_secret(&world).await, rotated);
    assert_eq!(read_on(&after).await.status, StatusCode::OK);
}

/// The secret that CloudFormation made for this resource.
async fn secret_of(world: &World, resource: &str) -> String {
    let listed = world.secrets("ListSecrets", &json!({})).await;
    let secrets = listed["SecretList"].as_array().expect("secrets").iter();
    let names = secrets.map(|secret| text(&secret["Name"]));
    let starts = [
        format!("{}-{resource}", world.info.stack_name),
        format!("{resource}-"),
    ];
    let mut of = names.filter(|name| starts.iter().any(|start| name.starts_with(start)));
    of.next()
        .expect("a secret as the runbook names it")
        .to_owned()
}

async fn console_secret(world: &World) -> Value {
    let configuration = world.configuration_of("console").await;
    let variables = &configuration["Environment"]["Variables"];
    let secret = variables["CONSOLE_SECRET"].clone();
    assert!(secret.is_string(), "{variables}");
    secret
}

// ── Leave the sandbox ───────────────────────────────────────────────────────────────────────────

/// Puts the account into the sandbox, or takes it out, as AWS does when it has decided.
pub(crate) async fn production_access(world: &World, enabled: bool) {
    let account = Client::new(&world.aws().await).put_account_details();
    let account = account
        .mail_type(MailType::Transactional)
        .website_url("https://lasso.example")
        .production_access_enabled(enabled);
    account.send().await.expect("an answer of the emulator");
}

async fn left_the_sandbox(world: Shared) {
    settled(&world).await;
    let dead = world.info.alert_dead_letter_queue_url.as_str();
    production_access(&world, false).await;
    assert_doctor_finds(&world, &["sandbox", "support_not_verified"], &[]).await;
    let domain = world.fresh_domain();
    let event = event_about(&domain);
    let read: Event = serde_json::from_str(&event).expect("an event");
    publish(&world, &event, "usual").await;
    world
        .until("Amazon SES has refused the alert", async || {
            messages_in(&world, dead).await == 1
        })
        .await;
    let told = ops(&world, &["redrive"]).await;
    let reasons = told.report["alerts"]["reasons"].to_string();
    assert!(reasons.contains("not verified"), "{told:?}");

    // To try the service meanwhile: `SupportEmail` is verified.
    let through_gate = aws_sdk_sesv2::config::Builder::from(&world.aws().await)
        .endpoint_url(&world.info.ses_gate_url)
        .build();
    let ses = Client::from_conf(through_gate);
    let verify = ses.create_email_identity();
    let verify = verify.email_identity(&world.info.support_email).send();
    verify.await.expect("an identity");
    assert_doctor_finds(&world, &["sandbox"], &["support_not_verified"]).await;
    let held_back = world.table().await;
    let now = SystemClock.now();
    let held_back = held_back.hold_back(EmailId::support(read.event_id), now, "refused");
    held_back.await.expect("a write");
    let redriven = ops(&world, &["redrive", "--yes"]).await;
    assert_eq!(redriven.code, Some(0), "{redriven:?}");
    world
        .until("the alert is emailed", async || {
            !world.emails_about(&domain).await.is_empty()
        })
        .await;
    let forget = ses.delete_email_identity();
    let forget = forget.email_identity(&world.info.support_email).send();
    forget.await.expect("an identity");

    production_access(&world, true).await;
    assert_doctor_finds(&world, &[], &["sandbox", "support_not_verified"]).await;
    let other = world.fresh_domain();
    publish(&world, &event_about(&other), "usual").await;
    world
        .until("an alert is emailed", async || {
            !world.emails_about(&other).await.is_empty()
        })
        .await;
    assert_eq!(world.emails_about(&domain).await.len(), 1);
    settled(&world).await;
}

/// `lasso-ops doctor` has all of these findings, and none of those.
async fn assert_doctor_finds(world: &World, found: &[&str], absent: &[&str]) {
    let doctor = ops(world, &["doctor"]).await;
    let findings = doctor.report["findings"].as_array();
    let codes: Vec<&str> = findings
        .into_iter()
        .flatten()
        .map(|finding| text(&finding["code"]))
        .collect();
    for code in found {
        assert!(codes.contains(code), "{code}: {codes:?}");
    }
    for code in absent {
        assert!(!codes.contains(code), "{code}: {codes:?}");
    }
}

// ── Move to another Region ──────────────────────────────────────────────────────────────────────

/// The records that the stack of another Region would give, beside those of this one. SES of the other Region
/// cannot be played: the local stack is one Region.
async fn moved(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    // On a busy machine SES may answer after the request.
    world.poll_until(&domain, "pending").await;
    let added = world.domain(&domain).await;
    let record = |id: &str| {
        let records = added["records"].as_array().expect("records").iter();
        let mut of = records.filter(|record| record["id"] == id);
        of.next()
            .cloned()
            .unwrap_or_else(|| panic!("{id}: {added}"))
    };
    let of_here = [
        "verification",
        "dkim-1",
        "dkim-2",
        "dkim-3",
        "mail-from-mx",
        "mail-from-spf",
    ];
    world.publish(&domain, &added, &of_here);
    let (text_name, mx_name) = (record("verification"), record("mail-from-mx"));
    let (text_name, mx_name) = (text(&text_name["name"]), text(&mx_name["name"]));
    let mut elsewhere = vec![format!(
        "{text_name}. 60 IN TXT \"token-of-the-other-region\"\n"
    )];
    elsewhere.extend((1..=3).map(|number| {
        format!(
            "other{number}._domainkey.{domain}. 60 IN CNAME other{number}.dkim.amazonses.com.\n"
        )
    }));
    let elsewhere = elsewhere.concat();
    world.append_to_zone(&domain, &elsewhere);
    world.poll_until(&domain, "verified").await;
    let seen = checked(&world, &domain).await;
    for id in of_here {
        assert_eq!(state_of(&seen, id), "found", "{id}: {seen:#}");
    }

    // The MX record is one only: SES of neither Region takes two.
    let there = format!("{mx_name}. 60 IN MX 10 feedback-smtp.eu-west-1.amazonses.com.\n");
    world.append_to_zone(&domain, &there);
    world
        .until("SES does not find its MX alone any more", async || {
            let identity = world.seen_at_gate(&domain).await;
            identity["mail_from_status"] != "Success"
        })
        .await;
    assert_eq!(world.status(&domain).await, "verified", "sending goes on");

    let path = format!("/domains/{domain}?confirm={domain}");
    let removed = world.request(Method::DELETE, &path, Some(world.client_admin()));
    let removed = answer_to(removed).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{removed:?}");
    world
        .until("the identity of this Region is gone", async || {
            world.make_due(&domain).await;
            world.run_poller().await;
            !world.identity_exists(&domain).await
        })
        .await;
}

/// The domain after a check of now.
async fn checked(world: &World, domain: &str) -> Value {
    let path = format!(
        "/staff/clients/{}/domains/{domain}/recheck",
        world.info.clients.client_admin
    );
    let check = world.request(Method::POST, &path, Some(world.support()));
    let checked = answer_to(check).await;
    assert_eq!(checked.status, StatusCode::OK, "{checked:?}");
    world.domain(domain).await
}

fn state_of<'a>(domain: &'a Value, id: &str) -> &'a str {
    let records = domain["records"].as_array().into_iter().flatten();
    let mut of = records.filter(|record| record["id"] == id);
    of.next().map_or("", |record| text(&record["state"]))
}
