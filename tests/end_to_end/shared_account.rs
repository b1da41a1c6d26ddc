//! A shared SES account: identities that others created keep their tags, tokens and statuses,
//! whatever clients do and however SES fails. A client gets one only by adoption, without changes.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Suite;
use crate::removal::delete;
use crate::requests::assert_problem;
use crate::world::{Answer, Shared, World, answer_to, at_once, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone(
        "identities_of_others_survive_clients_that_add_and_remove_their_names_while_ses_fails",
        survive,
    );
    suite.shared(
        "fifty_simultaneous_additions_do_not_change_an_identity_of_others",
        fifty,
    );
    suite.shared("a_proof_adopts_an_identity_as_it_is", adopted_by_proof);
    suite.shared(
        "lasso_support_adopts_an_identity_for_a_client",
        adopted_by_support,
    );
    suite.shared(
        "an_identity_with_own_keys_and_no_token_is_adopted",
        own_keys,
    );
    suite.shared(
        "an_adoption_that_is_not_possible_is_refused_with_the_reason",
        refused,
    );
    suite.shared(
        "the_domains_of_the_sender_and_support_addresses_are_lassos_own",
        own_domains,
    );
}

/// Forms of identities that are not the client's: members that are added to the identity at the
/// gate.
fn foreign() -> [Value; 5] {
    [
        json!({ "verified": true }),
        json!({ "verified": false }),
        json!({ "verified": true, "tags": { "owner": "shop" } }),
        json!({ "verified": true, "tags": { "lasso-stack": "another", "lasso-client": "maple-homes" } }),
        json!({ "verified": false, "tags": { "lasso-client": "maple-homes" } }),
    ]
}

impl World {
    /// An identity as others have made it.
    async fn identity_of_others(&self, name: &str, shape: &Value) -> Value {
        let mut identity = json!({
            "name": name, "token": true, "mail_from": format!("news.{name}"),
            "configuration_set": "by-hand",
        });
        for (key, value) in shape.as_object().expect("an object") {
            identity[key] = value.clone();
        }
        self.identity_at_gate(identity).await;
        self.seen_at_gate(name).await
    }
}

/// The operations that have changed an identity, or started a search for its records.
fn changes(identity: &Value) -> Vec<&str> {
    let calls = identity["calls"].as_array().expect("calls");
    let changed = calls
        .iter()
        .filter(|call| call["changes"] == true && call["outcome"] == "done");
    changed.map(|call| text(&call["operation"])).collect()
}

fn without_calls(identity: &Value) -> Value {
    let mut identity = identity.clone();
    identity["calls"] = Value::Null;
    identity
}

/// SES fails for a while in one call; the client adds the name, removes it, and possibly adds it
/// again.
async fn survive(world: Shared) {
    let mut cases = Vec::new();
    let mut faults = Vec::new();
    for shape in foreign() {
        for operation in ["CreateEmailIdentity", "GetEmailIdentity"] {
            for error in ["Throttling", "drop", "drop_after"] {
                for added_again in [false, true] {
                    let name = world.fresh_domain();
                    faults.push(json!({
                        "operation": operation, "error": error, "times": 2, "identity": name,
                    }));
                    let before = world.identity_of_others(&name, &shape).await;
                    cases.push((name, before, added_again));
                }
            }
        }
    }
    world.control_ses(json!({ "faults": faults })).await;
    for (name, _, added_again) in &cases {
        let added = world.add(world.client_admin(), name).await;
        assert_eq!(added.status, StatusCode::ACCEPTED, "{added:?}");
        let removed = delete(&world, world.client_admin(), name).await;
        assert_eq!(removed.status, StatusCode::NO_CONTENT, "{removed:?}");
        if *added_again {
            world.add(world.client_admin(), name).await;
        }
    }
    for (name, _, _) in &cases {
        // If a domain was removed during its registration, the poller finishes the removal a minute
        // later.
        world.make_due(name).await;
    }
    for (name, before, added_again) in &cases {
        world
            .until(&format!("{name} is settled"), async || {
                world.run_poller().await;
                let path = format!("/domains/{name}");
                let seen = world.get(world.client_admin(), &path).await;
                if *added_again {
                    seen.body["status"] == "contested"
                } else {
                    seen.status == StatusCode::NOT_FOUND
                }
            })
            .await;
        let after = world.seen_at_gate(name).await;
        assert_eq!(changes(&after), Vec::<&str>::new(), "{after}");
        assert_eq!(without_calls(&after), without_calls(before));
    }
}

async fn fifty(world: Shared) {
    let name = world.fresh_domain();
    let before = world.identity_of_others(&name, &foreign()[0]).await;
    let answers = at_once(50, |n| {
        let (world, name) = (world.clone(), name.clone());
        async move {
            let token = if n % 2 == 0 {
                world.client_admin()
            } else {
                world.other_client_admin()
            };
            world.add(token, &name).await
        }
    })
    .await;
    for answer in answers {
        assert!(answer.status.is_success(), "{answer:?}");
    }
    for token in [world.client_admin(), world.other_client_admin()] {
        world
            .until("the name is contested", async || {
                world.run_poller().await;
                let seen = world.get(token, &format!("/domains/{name}")).await;
                seen.body["status"] == "contested"
            })
            .await;
    }
    let after = world.seen_at_gate(&name).await;
    assert_eq!(changes(&after), Vec::<&str>::new(), "{after}");
    assert_eq!(without_calls(&after), without_calls(&before));
}

async fn adopted_by_proof(world: Shared) {
    for shape in foreign() {
        let name = world.fresh_domain();
        let before = world.identity_of_others(&name, &shape).await;
        world.add(world.client_admin(), &name).await;
        // Other tests may have had the turns of SES.
        world.poll_until(&name, "contested").await;
        let claimed = world.domain(&name).await;
        world.publish(&name, &claimed, &["ownership"]);
        let verified = shape["verified"] == true;
        let wanted = if verified { "verified" } else { "pending" };
        let client = &world.info.clients.client_admin;
        world
            .until(&format!("{name} is {wanted}"), async || {
                world.make_due_of(client, &name).await;
                world.run_poller().await;
                let now = world.seen_at_gate(&name).await;
                assert_eq!(now["verification"], before["verification"], "{now}");
                world.status(&name).await == wanted
            })
            .await;
        let after = world.seen_at_gate(&name).await;
        assert_eq!(changes(&after), ["TagResource"], "{after}");
        let tags = &after["tags"];
        assert_eq!(tags["lasso-client"], json!(client), "{after}");
        assert_eq!(tags["lasso-adopted"], "true", "{after}");
        for kept in ["token", "dkim_tokens", "mail_from", "configuration_set"] {
            assert_eq!(after[kept], before[kept], "{kept}");
        }
        let shown = world.domain(&name).await;
        let records = shown["records"].as_array().expect("records");
        let value = |id: &str| {
            let record = records.iter().find(|record| record["id"] == id);
            record.map(|record| record["value"].clone())
        };
        assert_eq!(value("verification"), Some(after["token"].clone()));
        let mail_from = records.iter().find(|record| record["id"] == "mail-from-mx");
        assert_eq!(mail_from.expect("it has one")["name"], after["mail_from"]);
    }
}

async fn adopt(world: &World, token: &str, client: &str, name: &str, body: Value) -> Answer {
    let path = format!("/staff/clients/{client}/domains/{name}/adopt");
    answer_to(world.request(Method::POST, &path, Some(token)).json(&body)).await
}

fn reason() -> Value {
    json!({ "reason": "Made by hand for this client." })
}

async fn adopted_by_support(world: Shared) {
    let name = world.fresh_domain();
    let before = world.identity_of_others(&name, &foreign()[0]).await;
    world.add(world.client_admin(), &name).await;
    let client = world.info.clients.client_admin.clone();
    let adopted = adopt(&world, world.support(), &client, &name, reason()).await;
    assert_eq!(adopted.status, StatusCode::OK, "{adopted:?}");
    assert_eq!(adopted.body["status"], "provisioning", "{adopted:?}");
    world.poll_until(&name, "verified").await;
    let after = world.seen_at_gate(&name).await;
    assert_eq!(changes(&after), ["TagResource"], "{after}");
    assert_eq!(after["verification"], before["verification"]);
    let path = format!("/staff/clients/{client}/domains/{name}/complete");
    let complete = world.request(Method::POST, &path, Some(world.support()));
    let completed = answer_to(complete).await;
    assert_eq!(completed.body["status"], "authenticated", "{completed:?}");
    let after = world.seen_at_gate(&name).await;
    assert_eq!(after["configuration_set"], "by-hand", "it keeps its own");
    let path = format!("/staff/clients/{client}/domains/{name}/history");
    let history = world.get(world.support(), &path).await.body;
    let lines = history["items"].as_array().expect("lines");
    let line = lines.iter().find(|line| line["action"] == "adopted");
    let evidence = &line.expect("it is in the history")["evidence"];
    assert_eq!(evidence["internal"], reason(), "{history}");
    let path = format!("/domains/{name}/history");
    let shown = world
        .get(world.client_admin(), &path)
        .await
        .body
        .to_string();
    assert!(
        !shown.contains("Made by hand"),
        "only support reads it: {shown}"
    );
    // Others created it and may send with it, so the domain is removed without it.
    let confirmed = format!("{name}?confirm={name}");
    let removed = delete(&world, world.client_admin(), &confirmed).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{removed:?}");
    let path = format!("/staff/clients/{client}/domains/{name}");
    world
        .until("the domain is gone", async || {
            world.run_poller().await;
            let shown = world.get(world.support(), &path).await;
            shown.status == StatusCode::NOT_FOUND
        })
        .await;
    let after = world.seen_at_gate(&name).await;
    assert_eq!(changes(&after), ["TagResource"], "{after}");
}

async fn own_keys(world: Shared) {
    let name = world.fresh_domain();
    let shape = json!({
        "verified": true, "token": false, "dkim": "external", "selector": "own",
        "mail_from": null, "configuration_set": null,
    });
    world.identity_of_others(&name, &shape).await;
    world.add(world.client_admin(), &name).await;
    let client = world.info.clients.client_admin.clone();
    let adopted = adopt(&world, world.support(), &client, &name, reason()).await;
    assert_eq!(adopted.status, StatusCode::OK, "{adopted:?}");
    world.poll_until(&name, "verified").await;
    let shown = world.domain(&name).await;
    let records = shown["records"].as_array().expect("records");
    let ids: Vec<&str> = records.iter().map(|record| text(&record["id"])).collect();
    assert_eq!(ids, ["dmarc"], "{shown}");
    let after = world.seen_at_gate(&name).await;
    assert_eq!(changes(&after), ["TagResource"], "{after}");
}

async fn refused(world: Shared) {
    let (support, client) = (world.support(), &world.info.clients.client_admin);
    let name = world.fresh_domain();
    world.identity_of_others(&name, &foreign()[1]).await;
    let unknown = adopt(&world, support, client, &name, reason()).await;
    assert_problem(&unknown, 404, "not_found");
    world.add(world.client_admin(), &name).await;
    let no_reason = adopt(&world, support, client, &name, json!({})).await;
    assert_problem(&no_reason, 422, "validation_failed");
    let admin = adopt(&world, world.client_admin(), client, &name, reason()).await;
    assert_problem(&admin, 403, "forbidden");

    let held = world.fresh_domain();
    world.add(world.other_client_admin(), &held).await;
    world.add(world.client_admin(), &held).await;
    let other = adopt(&world, support, client, &held, reason()).await;
    assert_problem(&other, 409, "held_by_another");
    let holder = &world.info.clients.other_client_admin;
    let has_one = adopt(&world, support, holder, &held, reason()).await;
    assert_problem(&has_one, 409, "not_contested");
}

async fn own_domains(world: Shared) {
    for address in [&world.info.sender_email, &world.info.support_email] {
        let (_, domain) = address.split_once('@').expect("an address");
        for name in [domain.to_owned(), format!("maple.{domain}")] {
            let added = world.add(world.client_admin(), &name).await;
            assert_problem(&added, 422, "domain_not_eligible");
            let path = format!("/senders/sales@{name}");
            let sender = world.get(world.client_admin(), &path).await;
            assert_eq!(sender.body["reason"], "not_your_domain", "{sender:?}");
        }
    }
}
