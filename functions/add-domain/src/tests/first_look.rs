//! The DNS data in the first response, and that slow DNS cannot delay or break it.

use domain_auth::dns::{Data, DnsLook};
use domain_auth::domain::Domain;
use domain_auth_testkit::new_domain;
use serde_json::{Value, json};

use super::*;

async fn add(app: &TestApp) -> Value {
    let reply = handle_file(app, "new-domain").await;
    assert!(reply.status().is_success(), "{reply:?}");
    answer_of(&reply)["body"].clone()
}

async fn stored(app: &TestApp) -> (Domain, Option<DnsLook>) {
    let (client, name) = (client("maple-homes"), domain_name("maplehomes.com"));
    let domain = app.store.domain(&client, &name).await.unwrap().unwrap();
    (domain, app.store.look(&client, &name).await.unwrap())
}

/// The records with their states.
fn states(body: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let records = body["records"].as_array().unwrap().iter();
    records
        .map(|record| (text(&record["id"]), text(&record["state"])))
        .collect()
}

fn state_of(body: &Value, id: &str) -> Option<String> {
    let states = states(body).into_iter();
    states
        .filter(|(of, _)| of == id)
        .map(|(_, state)| state)
        .next()
}

/// Makes the domain look as if an earlier process had crashed after SES had answered.
async fn forget_the_look(app: &TestApp) {
    let (domain, _) = stored(app).await;
    let change = domain.updated(|domain| {
        domain.dns_looked_at = None;
        domain.look_digest = None;
    });
    app.store.commit(&change).await.unwrap();
}

#[tokio::test]
async fn the_first_response_has_the_zone_and_published_records() {
    let app = app();
    let text = "v=DMARC1; p=none; rua=mailto:d@maplehomes.com".to_owned();
    app.dns.put("_dmarc.maplehomes.com", Data::Txt { text });
    let token = "token+of/maplehomes.com=".to_owned();
    app.dns
        .put("_amazonses.maplehomes.com", Data::Txt { text: token });
    let body = add(&app).await;
    assert_eq!(body["status"], "pending");
    assert_eq!(state_of(&body, "verification").unwrap(), "found");
    assert_eq!(state_of(&body, "dkim-1").unwrap(), "missing");
    assert_eq!(state_of(&body, "dmarc"), None, "a policy is published");
    let (domain, look) = stored(&app).await;
    let zone = look.as_ref().and_then(DnsLook::zone);
    assert_eq!(zone.unwrap().apex, "maplehomes.com");
    assert!(domain.watch.txt_seen);
}

#[tokio::test]
async fn the_first_dns_look_neither_delays_the_next_nor_writes_history() {
    let app = app();
    let begun = app.clock.now();
    add(&app).await;
    let (domain, _) = stored(&app).await;
    assert!(domain.dns_looked_at.is_some());
    assert_eq!(domain.next_check, domain.state_since);
    assert!(domain.next_check < begun + SignedDuration::from_secs(5));
    assert_eq!(app.publisher.events().len(), 1);
}

#[tokio::test]
async fn a_first_look_without_answers_ends_after_three_seconds() {
    let app = app();
    app.dns.never_answer("com");
    let begun = app.clock.now();
    let body = add(&app).await;
    let took = app.clock.now().duration_since(begun);
    // Each wait moves the clock: the wait for a MAIL FROM label, and the wait for DNS.
    assert!(took <= SignedDuration::from_secs(5), "{took}");
    assert_eq!(body["status"], "pending");
    assert_eq!(body["dns_looked_at"], Value::Null);
    let states = states(&body);
    assert_eq!(states.len(), 7);
    assert!(states.iter().all(|(_, state)| state == "not_looked_yet"));
    let (domain, look) = stored(&app).await;
    assert_eq!((domain.dns_looked_at, look), (None, None));
}

#[tokio::test]
async fn a_name_with_silent_servers_does_not_hide_other_names() {
    let app = app();
    app.dns.never_answer("_domainkey.maplehomes.com");
    let body = add(&app).await;
    for (id, state) in [
        ("verification", "missing"),
        ("dkim-1", "not_looked_yet"),
        ("dkim-3", "not_looked_yet"),
        ("mail-from-mx", "missing"),
        ("dmarc", "missing"),
    ] {
        assert_eq!(state_of(&body, id).unwrap(), state, "{id}");
    }
    let (domain, look) = stored(&app).await;
    assert!(domain.dns_looked_at.is_some());
    assert!(look.unwrap().zone().is_some());
}

#[tokio::test]
async fn a_domain_that_ses_does_not_register_does_not_wait_for_dns() {
    let app = app();
    app.dns.never_answer("com");
    let later = app.clock.now() + SignedDuration::from_secs(30);
    app.store.keep_for_poller(later).await.unwrap();
    let begun = app.clock.now();
    let body = add(&app).await;
    assert_eq!(body["status"], "provisioning");
    assert_eq!(app.clock.now(), begun);
    assert_eq!(stored(&app).await.0.dns_looked_at, None);
}

#[tokio::test]
async fn the_times_of_a_contested_addition_do_not_reveal_its_cause() {
    let by_claim = app();
    let holder = new_domain("cedar-homes", "maplehomes.com");
    let actor = domain_auth::history::Actor::Service;
    let (tools, eligibility) = (by_claim.tools(), &by_claim.eligibility);
    domain_auth::use_cases::add::add(&tools, eligibility, &holder, &actor, by_claim.limits)
        .await
        .unwrap();
    let by_identity = app();
    let name = domain_name("maplehomes.com");
    by_identity.ses.add_foreign(&name, None, true);
    for app in [&by_claim, &by_identity] {
        let body = add(app).await;
        assert_eq!(body["status"], "contested");
        assert_eq!(
            states(&body),
            [("ownership".to_owned(), "missing".to_owned())]
        );
        assert_eq!(body["dns_looked_at"], body["added_at"]);
        assert_eq!(body["next_check_at"], body["added_at"]);
        let (_, look) = stored(app).await;
        assert!(look.unwrap().zone().is_some());
    }
}

#[tokio::test]
async fn adding_again_returns_the_stored_look() {
    let app = app();
    let first = add(&app).await;
    app.dns.set_silent(true);
    let (domain, _) = stored(&app).await;
    let again = add(&app).await;
    assert_eq!(again, first);
    assert_eq!(stored(&app).await.0.version, domain.version);
}

#[tokio::test]
async fn adding_again_looks_if_the_first_request_crashed_before_its_look() {
    let app = app();
    let first = add(&app).await;
    forget_the_look(&app).await;
    let again = add(&app).await;
    assert_eq!(states(&again), states(&first));
    assert_ne!(again["dns_looked_at"], json!(null));
}
