//! `lasso-ops reconcile`: identities of this stack without a domain, and domains without an identity.

use serde_json::{Value, json};

use super::{Ended, ops};
use crate::Suite;
use crate::world::Shared;

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone(
        "ops_reconcile_gives_a_verified_identity_its_domain_back_and_deletes_nothing",
        reconciled,
    );
}

async fn reconciled(world: Shared) {
    let client = world.info.clients.client_admin.as_str();
    let tags = json!({ "lasso-client": client, "lasso-stack": world.info.stack_name });
    let (late, waiting) = (world.fresh_domain(), world.fresh_domain());
    let (foreign, gone) = (world.fresh_domain(), world.fresh_domain());
    // As after a table was restored from before both were added.
    for (name, verified) in [(&late, true), (&waiting, false)] {
        let status = if verified { "Success" } else { "Pending" };
        let identity = json!({ "name": name, "tags": tags, "status": status, "token": true });
        world.identity_at_gate(identity).await;
    }
    let by_hand = json!({ "name": foreign, "verified": true });
    world.identity_at_gate(by_hand).await;
    world.authenticate(&gone).await;
    world.delete_identity_by_hand(&gone).await;

    let in_use = ops(&world, &["reconcile", "--old-table", &world.info.table]).await;
    assert_eq!(in_use.code, Some(2), "{in_use:?}");
    assert!(in_use.told.contains("uses now"), "{in_use:?}");

    // Prevents runs of the poller, which would notice the missing identity.
    let found = world.without_poller(ops(&world, &["reconcile"])).await;
    assert_eq!(found.code, Some(1), "{found:?}");
    assert_eq!(found.report["dry_run"], true);
    let expected = json!({
        "domain": late, "client": client, "verified": true, "repaired": null,
    });
    assert_eq!(of("ours", &late, &found), expected, "{found:?}");
    assert_eq!(of("ours", &waiting, &found)["verified"], false);
    let missing = of("without_identity", &gone, &found);
    assert_eq!(missing["status"], "authenticated", "{found:?}");
    assert!(names("of_others", &found).contains(&foreign), "{found:?}");
    let path = format!("/domains/{late}");
    let unknown = world.get(world.client_admin(), &path).await;
    assert_eq!(unknown.status.as_u16(), 404, "nothing was changed");

    let repaired = ops(&world, &["reconcile", "--by", "Anna Berg", "--yes"]).await;
    assert_eq!(repaired.code, Some(1), "the others need a person");
    assert_eq!(
        of("ours", &late, &repaired)["repaired"],
        json!({ "Ok": null })
    );
    assert_eq!(of("ours", &waiting, &repaired)["repaired"], Value::Null);
    assert_eq!(world.status(&late).await, "verified");
    let again = ops(&world, &["reconcile", "--yes"]).await;
    assert_eq!(of("ours", &late, &again), Value::Null, "{again:?}");
    for name in [&late, &waiting, &foreign] {
        let identity = world.seen_at_gate(name).await;
        assert_eq!(identity["exists"], true, "{identity}");
        let calls = identity["calls"].to_string();
        assert!(!calls.contains("Delete"), "{identity}");
    }
    // As the tests that have this stack next expect it.
    for name in [&waiting, &foreign] {
        world.delete_identity_by_hand(name).await;
    }
}

/// The entry about a domain in one of the lists; null if there is none.
fn of(list: &str, domain: &str, ended: &Ended) -> Value {
    let entries = ended.report[list].as_array().into_iter().flatten();
    let mut of = entries.filter(|entry| entry["domain"] == *domain);
    of.next().cloned().unwrap_or_default()
}

fn names(list: &str, ended: &Ended) -> Vec<String> {
    let names = ended.report[list].as_array().into_iter().flatten();
    names
        .filter_map(|name| Some(name.as_str()?.to_owned()))
        .collect()
}
