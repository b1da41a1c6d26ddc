//! `lasso-ops export` and `erase` of one client: all its data is exported, and then nothing of it is left.

use aws_sdk_dynamodb::Client;
use serde_json::{Value, json};

use super::{ops, written};
use crate::Suite;
use crate::erasure::{make_erasure_due, texts_of};
use crate::world::Shared;

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "ops_erase_deletes_everything_that_ops_export_showed",
        erased,
    );
}

const CLIENT: &str = "willow-homes";
const PERSONS: [&str; 3] = ["kim@willowhomes.com", "Kim's Corner", "Robin of Willow"];

async fn erased(world: Shared) {
    let domain = world.fresh_domain();
    let identity = json!({ "name": domain, "verified": true });
    world.identity_at_gate(identity).await;
    let [contact, community, by] = PERSONS;
    let csv =
        format!("client,domain,community,contact_email\n{CLIENT},{domain},{community},{contact}\n");
    let csv = written(&world, &format!("{domain}.csv"), &csv);
    let imported = ops(&world, &["import", &csv, "--by", by, "--yes"]).await;
    assert_eq!(imported.code, Some(0), "{imported:?}");

    let kept = ops(&world, &["export", CLIENT]).await;
    assert_eq!(kept.code, Some(0), "{kept:?}");
    assert_eq!(kept.report["client"], CLIENT);
    let domains = keys_with(&kept.report, &format!("DOMAIN#{domain}"));
    assert_eq!(domains, 1, "{:#}", kept.report);
    for person in PERSONS {
        assert!(kept.report.to_string().contains(person), "{person}");
    }
    let nothing = ops(&world, &["export", "no-such-client"]).await;
    assert_eq!(
        (nothing.code, &nothing.report["items"]),
        (Some(1), &json!([]))
    );
    assert!(nothing.told.contains("Nothing is kept"), "{nothing:?}");

    let planned = ops(&world, &["erase", CLIENT]).await;
    assert_eq!(planned.code, Some(0), "{planned:?}");
    let expected = json!({
        "erasure": "not_begun", "client": CLIENT, "domains": 1, "adopted": [domain],
    });
    assert_eq!(planned.report, expected);
    let still = ops(&world, &["export", CLIENT]).await;
    assert_eq!(keys_with(&still.report, &format!("DOMAIN#{domain}")), 1);
    let wrong = ops(&world, &["erase", "no client", "--yes"]).await;
    assert_eq!((wrong.code, &wrong.report), (Some(2), &Value::Null));

    let unconfirmed = ops(&world, &["erase", CLIENT, "--by", by, "--yes"]).await;
    assert_eq!(unconfirmed.code, Some(2), "{unconfirmed:?}");
    let unknown = [
        "erase",
        "no-such-client",
        "--yes",
        "--confirm",
        "no-such-client",
    ];
    let unknown = ops(&world, &unknown).await;
    assert_eq!(unknown.report["erasure"], "nothing_kept", "{unknown:?}");
    let order = ["erase", CLIENT, "--by", by, "--yes", "--confirm", CLIENT];
    let begun = ops(&world, &order).await;
    assert_eq!(begun.code, Some(0), "{begun:?}");
    assert_eq!(begun.report["erasure"], "under_way", "{begun:?}");
    let sender = format!("/senders/sales@{domain}?client={CLIENT}");
    let sender = world.get(world.mass_mail(), &sender).await;
    assert_eq!(sender.body["allowed"], false, "{sender:?}");
    // A start that was killed is started again, and so is one beside the other.
    let dry = ops(&world, &["erase", CLIENT]).await;
    assert_eq!(dry.report["began_at"], begun.report["began_at"], "{dry:?}");
    let again = ops(&world, &order).await;
    assert_eq!(again.report["began_at"], begun.report["began_at"]);

    let (client, table) = (Client::new(&world.aws().await), world.info.table.clone());
    world
        .until("the client is erased", async || {
            make_erasure_due(&client, &table, CLIENT).await;
            world.make_due_of(CLIENT, &domain).await;
            world.run_poller().await;
            let so_far = ops(&world, &order).await;
            assert_eq!(so_far.code, Some(0), "{so_far:?}");
            so_far.report["erasure"] == "erased"
        })
        .await;
    let adopted = world.seen_at_gate(&domain).await;
    assert_eq!(adopted["exists"], true, "Lasso made it: {adopted}");
    assert!(
        !adopted["calls"].to_string().contains("Delete"),
        "{adopted}"
    );
    let left = ops(&world, &["export", CLIENT]).await;
    assert_eq!(keys_with(&left.report, "DOMAIN#"), 0, "{:#}", left.report);
    for person in PERSONS {
        assert!(!left.report.to_string().contains(person), "{person}");
    }
    for item in texts_of(&client, &table).await {
        for person in PERSONS {
            assert!(!item.contains(person), "{person} in {item}");
        }
    }
}

/// How many items of an export have a key with this text.
fn keys_with(export: &Value, part: &str) -> usize {
    let items = export["items"].as_array().expect("items").iter();
    let has = |item: &&Value| item["sk"].as_str().is_some_and(|key| key.contains(part));
    items.filter(has).count()
}
