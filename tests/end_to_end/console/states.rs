//! A domain in every state that has a page.

use domain_auth::history::Actor;
use domain_auth::ports::{Clock, CommitChanges, ReadDomains};
use domain_auth::state::{FailureReason, Trigger};
use domain_auth_aws::{SystemClock, SystemIds};
use domain_auth_testkit::{client, domain_name};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;

use crate::world::{Shared, answer_to, text};

/// The name in the picture of the README.
const IN_THE_PICTURE: &str = "maplehomes.com";

/// Domains of the first client, one in each state, which does not change for an hour.
pub(super) async fn one_in_each(world: &Shared) -> Vec<(&'static str, String)> {
    let verified = || Trigger::SesVerified;
    let completed = || [verified(), Trigger::Completed];
    let failed = Trigger::SesFailed(FailureReason::DeadlinePassed);
    let refused = Trigger::Refused {
        reason: "Please put up a website that shows who you are.".to_owned(),
    };
    let broken = Trigger::RecordsBroken {
        reason: "The TXT record is gone.".to_owned(),
    };
    let [sends, ended] = completed();
    let mut domains = vec![
        ("pending", added(world, Some(IN_THE_PICTURE), vec![]).await),
        ("wrong", with_mistakes(world).await),
        ("verified", added(world, None, vec![verified()]).await),
        ("told", told(world).await),
        (
            "authenticated",
            added(world, None, completed().into()).await,
        ),
        (
            "at-risk",
            added(world, None, vec![sends, ended, broken]).await,
        ),
        ("failed", added(world, None, vec![failed]).await),
        (
            "rejected",
            added(world, None, vec![verified(), refused]).await,
        ),
        ("removing", added(world, None, vec![Trigger::Removed]).await),
        (
            "provisioning",
            added(world, None, vec![Trigger::Removed, Trigger::Readded]).await,
        ),
    ];
    domains.push(("contested", contested(world).await));
    domains.push(("displaced", displaced(world).await));
    domains
}

async fn added(world: &Shared, name: Option<&str>, then: Vec<Trigger>) -> String {
    let domain = name.map_or_else(|| world.fresh_domain(), str::to_owned);
    if name.is_some() {
        world.create_zone(&domain);
    }
    let body = json!({ "domain": domain, "community": "Maple Ridge", "contact_email": format!("it@{domain}") });
    let answer = world
        .post_domains(world.client_admin(), body.to_string())
        .await;
    assert!(answer.status.is_success(), "{answer:?}");
    for trigger in then {
        moved(world, &domain, &trigger).await;
    }
    world.put_off(&domain).await;
    domain
}

/// Applies a trigger, and makes the next look due in an hour.
async fn moved(world: &Shared, domain: &str, trigger: &Trigger) {
    let table = world.table().await;
    let client = client(&world.info.clients.client_admin);
    world
        .until(&format!("{domain} is moved"), async || {
            let stored = table.domain(&client, &domain_name(domain)).await;
            let stored = stored.expect("a read").expect("a domain");
            let now = SystemClock.now();
            let change = stored.transition(trigger.clone(), Actor::Service, None, now, &SystemIds);
            let mut change = change.expect("a transition of its state");
            change.domain.next_check = now + SignedDuration::from_hours(1);
            table.commit(&change).await.is_ok()
        })
        .await;
}

/// Its TXT record has the zone's name twice, and a CNAME record has another target.
async fn with_mistakes(world: &Shared) -> String {
    let domain = added(world, None, vec![]).await;
    let shown = world.domain(&domain).await;
    let records = shown["records"].as_array().unwrap();
    let first = |kind: &str| {
        let mut of_kind = records
            .iter()
            .filter(|record| record["type"] == json!(kind));
        of_kind.next().unwrap()
    };
    let (txt, cname) = (first("TXT"), first("CNAME"));
    let lines = format!(
        "{}.{domain}. 60 IN TXT \"{}\"\n{}. 60 IN CNAME elsewhere.example.net.\n",
        text(&txt["name"]),
        text(&txt["value"]),
        text(&cname["name"]),
    );
    world.append_to_zone(&domain, &lines);
    world
        .until("the records are looked at", async || {
            let check = format!("/domains/{domain}/check");
            let request = world.request(Method::POST, &check, Some(world.client_admin()));
            answer_to(request).await.status.is_success()
        })
        .await;
    world.put_off(&domain).await;
    domain
}

async fn told(world: &Shared) -> String {
    let domain = added(world, None, vec![Trigger::SesVerified]).await;
    let notify = format!("/domains/{domain}/notify");
    let request = world.request(Method::POST, &notify, Some(world.client_admin()));
    let answer = answer_to(request).await;
    assert!(answer.status.is_success(), "{answer:?}");
    world.put_off(&domain).await;
    domain
}

/// A domain that the other client holds.
async fn contested(world: &Shared) -> String {
    let domain = world.fresh_domain();
    let held = world.add(world.other_client_admin(), &domain).await;
    assert!(held.status.is_success(), "{held:?}");
    let claimed = world.add(world.client_admin(), &domain).await;
    assert_eq!(claimed.body["status"], "contested", "{claimed:?}");
    world.put_off(&domain).await;
    domain
}

/// A domain that the client lost because Lasso support released it.
async fn displaced(world: &Shared) -> String {
    let domain = added(world, None, vec![Trigger::SesVerified]).await;
    let client = &world.info.clients.client_admin;
    let release = format!("/staff/clients/{client}/domains/{domain}/release");
    let request = world.request(Method::POST, &release, Some(world.support()));
    let why = json!({ "reason": "The domain belongs to another organization." });
    let answer = answer_to(request.json(&why)).await;
    assert!(answer.status.is_success(), "{answer:?}");
    world.put_off(&domain).await;
    domain
}
