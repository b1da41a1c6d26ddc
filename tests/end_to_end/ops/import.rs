//! `lasso-ops import`: identities that SES had before this service become authenticated domains.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{ops, written};
use crate::Suite;
use crate::world::{Shared, World, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "ops_import_turns_existing_identities_into_authenticated_domains_once",
        imported,
    );
}

async fn imported(world: Shared) {
    let client = world.info.clients.client_admin.as_str();
    let (one, other) = (world.fresh_domain(), world.fresh_domain());
    let (waiting, absent) = (world.fresh_domain(), world.fresh_domain());
    for name in [&one, &other] {
        world
            .identity_at_gate(json!({
                "name": name,
                "verified": true,
                "mail_from": format!("bounce.{name}"),
                "configuration_set": "made-by-hand",
            }))
            .await;
    }
    world.identity_at_gate(json!({ "name": waiting })).await;
    let before = shown(&world, &[&one, &other, &waiting]).await;
    let csv = format!(
        "client,domain,community,contact_email\n\
         {client},{one},Maple Ridge,it@maplehomes.com\n\
         {client},{one},Maple Valley,\n\
         imported-homes,{other},,\n\
         {client},{waiting},,\n\
         {client},{absent},,\n"
    );
    let file = written(&world, &format!("{one}.csv"), &csv);
    let refused = [
        (5, &waiting, "Amazon SES has not verified the identity"),
        (6, &absent, "Amazon SES has no such identity in this Region"),
    ];
    let refused: Vec<Value> = refused
        .iter()
        .map(|(line, domain, reason)| json!({ "line": line, "domain": domain, "reason": reason }))
        .collect();

    let planned = ops(&world, &["import", &file]).await;
    assert_eq!(planned.code, Some(1), "{planned:?}");
    assert_eq!(planned.report["dry_run"], true, "{planned:?}");
    assert_counts(&planned.report, 3, 0, &refused);
    assert_eq!(shown(&world, &[&one, &other, &waiting]).await, before);
    let path = format!("/domains/{one}");
    let unknown = world.get(world.client_admin(), &path).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{unknown:?}");

    let arguments = ["import", file.as_str(), "--by", "Anna Berg", "--yes"];
    let done = ops(&world, &arguments).await;
    assert_eq!(done.code, Some(1), "two rows need a person: {done:?}");
    assert_eq!(done.report["dry_run"], false, "{done:?}");
    assert_counts(&done.report, 3, 0, &refused);
    let after = shown(&world, &[&one, &other, &waiting]).await;
    for (before, after) in before.iter().zip(&after) {
        assert_only_tagged(before, after);
    }
    let tags = |identity: &Value| identity["tags"].clone();
    let tags_of =
        |client: &str| json!({ "lasso-client": client, "lasso-stack": world.info.stack_name });
    for (identity, client) in after.iter().zip([client, "imported-homes"]) {
        let (tags, expected) = (tags(identity), tags_of(client));
        for (key, value) in expected.as_object().expect("tags") {
            assert_eq!(&tags[key], value, "{identity}");
        }
    }
    assert_eq!(tags(&after[2]), json!({}), "{after:?}");

    let domain = world.domain(&one).await;
    assert_eq!(domain["status"], "authenticated", "{domain}");
    assert_eq!(
        domain["communities"],
        json!(["Maple Ridge", "Maple Valley"]),
        "{domain}"
    );
    let sender = format!("/senders/sales@{one}");
    let sender = world.get(world.client_admin(), &sender).await;
    assert_eq!(sender.body["allowed"], true, "{sender:?}");
    let sender = format!("/senders/sales@{other}?client=imported-homes");
    let sender = world.get(world.mass_mail(), &sender).await;
    assert_eq!(sender.body["allowed"], true, "{sender:?}");
    let staff = format!("/staff/clients/{client}/domains/{one}/history");
    let history = world.get(world.support(), &staff).await;
    let lines = history.body["items"].as_array().expect("lines").clone();
    let by_anna = |line: &&Value| line.to_string().contains("Anna Berg");
    assert!(lines.iter().any(|line| by_anna(&line)), "{lines:?}");

    let again = ops(&world, &arguments).await;
    assert_counts(&again.report, 0, 3, &refused);
    let unchanged = shown(&world, &[&one, &other, &waiting]).await;
    assert_eq!(changing(&unchanged[0]), changing(&after[0]));
    let once_more = world.get(world.support(), &staff).await.body["items"]
        .as_array()
        .expect("lines")
        .clone();
    let by_anna = |lines: &[Value]| lines.iter().filter(by_anna).count();
    assert_eq!(by_anna(&once_more), by_anna(&lines), "nothing twice");

    all_in_order(&world, &csv, [&one, &waiting]).await;

    // Nothing was published, so no email is sent.
    for name in [&one, &other] {
        assert!(world.emails_naming(name).await.is_empty(), "{name}");
    }
    bad_input(&world).await;
}

/// Without the rows that need a person all is in order. Of these names one has a row, and one is not verified.
async fn all_in_order(world: &World, csv: &str, names: [&String; 2]) {
    let rows: Vec<&str> = csv.lines().take(4).collect();
    let file = written(world, "in-order.csv", &rows.join("\n"));
    let in_order = ops(world, &["import", &file, "--yes"]).await;
    assert_eq!(in_order.code, Some(0), "{in_order:?}");
    assert_counts(&in_order.report, 0, 3, &[]);
    let others = in_order.report["identities_without_row"].to_string();
    assert!(
        names.iter().all(|name| !others.contains(name.as_str())),
        "{others}"
    );
}

/// Bad input is a sentence and exit code 2 or 3, and changes nothing.
async fn bad_input(world: &World) {
    let columns = written(world, "columns.csv", "client;domain\nmaple;example.com\n");
    let wrong = ops(world, &["import", &columns, "--yes"]).await;
    assert_eq!((wrong.code, &wrong.report), (Some(2), &Value::Null));
    assert!(wrong.told.contains("client;domain"), "{wrong:?}");
    let missing = ops(world, &["import", "/nowhere/clients.csv"]).await;
    assert_eq!(missing.code, Some(3), "{missing:?}");
    assert!(missing.told.contains("/nowhere/clients.csv"), "{missing:?}");
    let both = ops(world, &["import", &columns, "--yes", "--dry-run"]).await;
    assert_eq!(both.code, Some(2), "{both:?}");
    let absent = ops(world, &["--stack-json", "/nowhere.json", "doctor"]).await;
    assert_eq!(absent.code, Some(2), "it is given twice: {absent:?}");
}

fn assert_counts(report: &Value, imported: u32, already: u32, not_done: &[Value]) {
    assert_eq!(
        (&report["imported"], &report["already"]),
        (&json!(imported), &json!(already)),
        "{report:#}"
    );
    assert_eq!(report["not_done"], json!(not_done), "{report:#}");
}

async fn shown(world: &World, names: &[&String]) -> Vec<Value> {
    let mut shown = Vec::new();
    for name in names {
        shown.push(world.seen_at_gate(name).await);
    }
    shown
}

/// The calls that change an identity.
fn changing(identity: &Value) -> Vec<&str> {
    let calls = identity["calls"].as_array().into_iter().flatten();
    let changing = calls.filter(|call| call["changes"] == json!(true));
    changing.map(|call| text(&call["operation"])).collect()
}

/// Beside the tags, the identity is as it was.
fn assert_only_tagged(before: &Value, after: &Value) {
    assert!(
        changing(after).iter().all(|call| *call == "TagResource"),
        "{after}"
    );
    let without = |identity: &Value| {
        let mut identity = identity.clone();
        for key in ["tags", "calls"] {
            identity.as_object_mut().expect("an identity").remove(key);
        }
        identity
    };
    assert_eq!(without(before), without(after));
}
