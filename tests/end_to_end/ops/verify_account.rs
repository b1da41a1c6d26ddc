//! `lasso-ops verify-account` against the SES gate: each open question both ways, a start that is killed, and
//! nothing deleted that it did not make.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{begun, file, ops};
use crate::Suite;
use crate::world::{Shared, World, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone(
        "ops_verify_account_reports_how_ses_behaves_and_deletes_what_it_created",
        verified,
    );
}

/// How the gate behaves, and what the answers are then, by the names that the file has for the questions.
struct Account {
    behaviour: Value,
    answers: [(&'static str, &'static str); 8],
}

/// After these seconds SES has given up on records: 72 hours, and the hour that the program waits besides.
const GIVEN_UP: i64 = 74 * 3_600;

async fn verified(world: Shared) {
    let accounts = [
        Account {
            behaviour: json!({}),
            answers: [
                ("token_unasked", "no"),
                ("tokens", "the same"),
                ("rate_of", "each operation"),
                ("verified_by_dkim", "success"),
                (
                    "inheritance",
                    "VerifiedForSendingStatus is true by Create and true by Get; List says success, v1 says success",
                ),
                (
                    "text_missing",
                    "v1 says success; VerifiedForSendingStatus is true",
                ),
                (
                    "failed_dkim",
                    "DKIM was failed, and is pending with the same tokens",
                ),
                ("verified_again", "success"),
            ],
        },
        Account {
            behaviour: json!({
                "verified_again": "pending",
                "token_unasked": true,
                "text_missing": "failed",
                "tokens": "fresh",
                "inheritance": "sending_only",
                "failed_dkim": "new_tokens",
                "rate_of": "all",
            }),
            answers: [
                ("token_unasked", "yes"),
                ("tokens", "all are different"),
                ("rate_of", "all operations together"),
                ("verified_by_dkim", "success"),
                (
                    "inheritance",
                    "VerifiedForSendingStatus is true by Create and true by Get; List says pending, v1 says pending",
                ),
                (
                    "text_missing",
                    "v1 says failed; VerifiedForSendingStatus is true",
                ),
                (
                    "failed_dkim",
                    "DKIM was failed, and is pending with other tokens",
                ),
                ("verified_again", "pending"),
            ],
        },
    ];
    for account in &accounts {
        world
            .control_ses(json!({ "behaviour": account.behaviour }))
            .await;
        answers(&world, account).await;
    }
    leaves_others_alone(&world).await;
    world.control_ses(json!({ "reset": true })).await;
    world.calm_ses().await;
}

async fn answers(world: &World, account: &Account) {
    let domain = world.fresh_domain();
    let bystander = format!("shop.{domain}");
    let theirs = json!({ "name": bystander, "verified": true });
    world.identity_at_gate(theirs).await;
    let state = file(world, &format!("{domain}.json"));
    let document = file(world, &format!("{domain}.md"));
    let (state_path, document_path) = (
        state.to_str().expect("a path"),
        document.to_str().expect("a path"),
    );
    let start = [
        "verify-account",
        domain.as_str(),
        "--state",
        state_path,
        "--answers",
        document_path,
        "--yes",
    ];
    let seen = || -> Value {
        let text = std::fs::read(&state).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    };
    let planned = ops(world, &start[..start.len() - 1]).await;
    assert_eq!(planned.code, Some(0), "{planned:?}");
    assert!(!state.exists(), "nothing was begun: {planned:?}");

    // It is killed while it asks for the quota, which takes it seconds; before that there is none.
    let mut first = begun(world, &start).await;
    world
        .until("the identities are made", async || {
            seen()["unpublished"].is_array()
        })
        .await;
    first.kill().await.expect("it is under way");
    assert_eq!(seen()["answers"]["rate_of"], Value::Null, "{}", seen());
    world.control_ses(json!({ "rate": 0.4 })).await;
    let to_publish = ops(world, &start).await;
    world.control_ses(json!({ "rate": 0 })).await;
    assert_eq!(to_publish.code, Some(1), "{to_publish:?}");
    assert_eq!(to_publish.report["next"], "publish", "{to_publish:?}");
    let records = to_publish.report["records"].as_array().expect("records");
    assert_eq!(records.len(), 3, "{records:?}");
    let lines = records.iter().map(|record| {
        let (name, value) = (text(&record[0]), text(&record[1]));
        format!("{name}. 60 IN CNAME {value}.\n")
    });
    world.append_to_zone(&domain, &lines.collect::<String>());
    let waits = ops(world, &start).await;
    assert_eq!(waits.code, Some(1), "{waits:?}");
    assert_eq!(waits.report["next"], "come_back", "{waits:?}");
    let early = ops(world, &start).await;
    assert_eq!(early.report["at"], waits.report["at"], "{early:?}");
    let so_far = std::fs::read_to_string(&document).expect("a document");
    assert!(so_far.contains("not yet"), "{so_far}");

    // Three days later, for the gate and for the file.
    world
        .control_ses(json!({ "advance_seconds": GIVEN_UP }))
        .await;
    let mut aged = seen();
    let began: Timestamp = text(&aged["unpublished"][0]).parse().expect("a time");
    let before = began - SignedDuration::from_secs(GIVEN_UP);
    aged["unpublished"][0] = json!(before.to_string());
    std::fs::write(&state, aged.to_string()).expect("a file");
    let done = ops(world, &start).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(done.report["next"], "done", "{done:?}");
    let document = std::fs::read_to_string(&document).expect("a document");
    assert!(!document.contains("not yet"), "{document}");
    for (question, answer) in account.answers {
        assert_eq!(
            done.report["seen"]["answers"][question], answer,
            "{question}"
        );
        assert!(document.contains(answer), "{answer} in {document}");
    }

    let tag = text(&aged["tag"]);
    for name in ["lasso-keys", "child.lasso-keys", "lasso-unpublished"] {
        let name = format!("{name}.{domain}");
        let identity = world.seen_at_gate(&name).await;
        assert_eq!(identity["exists"], false, "{identity}");
    }
    assert!(tag.starts_with("verify-account-"), "{tag}");
    let identity = world.seen_at_gate(&bystander).await;
    assert_eq!(identity["exists"], true, "{identity}");
    let calls = identity["calls"].as_array().expect("calls");
    let changes = calls.iter().filter(|call| call["changes"] == json!(true));
    assert_eq!(changes.count(), 0, "{identity}");
    let over = ops(world, &start).await;
    assert_eq!((over.code, &over.report["next"]), (Some(0), &json!("done")));
}

/// An identity of another is neither used nor deleted.
async fn leaves_others_alone(world: &World) {
    let other = world.fresh_domain();
    let name = format!("lasso-keys.{other}");
    let theirs = json!({ "name": name, "verified": true });
    world.identity_at_gate(theirs).await;
    let state = file(world, &format!("{other}.json"));
    let state = state.to_str().expect("a path");
    let refused = ops(
        world,
        &["verify-account", &other, "--state", state, "--yes"],
    )
    .await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.told.contains("did not make"), "{refused:?}");
    let identity = world.seen_at_gate(&name).await;
    assert_eq!(
        (&identity["exists"], &identity["tags"]),
        (&json!(true), &json!({}))
    );
}
