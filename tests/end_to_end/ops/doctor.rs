//! `lasso-ops doctor` on the local stack, and with what is changed by hand behind CloudFormation's back.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::PointInTimeRecoverySpecification;
use reqwest::Method;
use serde_json::json;

use super::ops;
use crate::Suite;
use crate::procedures::production_access;
use crate::world::{Shared, World, between, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone("ops_doctor_finds_what_was_changed_by_hand", examined);
}

/// How the local stack differs from a deployed one: no pager, one machine, limits that the tests set, and
/// no settings of SES but the address that it sends from. The emulator makes a table without its time to live.
const ALWAYS: &[&str] = &[
    "alarms_unheard",
    "chat_unheard",
    "client_above_identity_quota",
    "configuration_set_absent",
    "console_at_loopback",
    "sender_without_identity",
    "ses_rate_above_default",
    "support_emails_above_quota",
    "table_unprotected",
    "table_without_expiry",
];

async fn examined(world: Shared) {
    // As the template has it. The emulator does not make it so.
    recovery(&world, true).await;
    let healthy = findings(&world).await;
    assert_eq!(healthy, owned(ALWAYS));

    schedule(&world, "DISABLED").await;
    recovery(&world, false).await;
    alarm_actions(&world, "DisableAlarmActions").await;
    reading(&world, false).await;
    let concurrency = format!(
        "/2017-10-31/functions/{}/concurrency",
        world.info.functions["remove-domain"]
    );
    let none = json!({ "ReservedConcurrentExecutions": 0 });
    world
        .rest("lambda", Method::PUT, &concurrency, Some(&none))
        .await;
    production_access(&world, false).await;
    world
        .set_variable("check-domain", "CHECKS_PER_MINUTE", "7")
        .await;
    let planted = [
        "alarm_off",
        "contacts_in_sandbox",
        "environment_differs",
        "function_stopped",
        "queue_unread",
        "sandbox",
        "schedule_off",
        "support_not_verified",
        "table_without_recovery",
    ];
    let found = findings(&world).await;
    let new: BTreeSet<String> = found.difference(&healthy).cloned().collect();
    assert_eq!(new, owned(&planted));

    schedule(&world, "ENABLED").await;
    recovery(&world, true).await;
    alarm_actions(&world, "EnableAlarmActions").await;
    reading(&world, true).await;
    world
        .rest("lambda", Method::DELETE, &concurrency, None)
        .await;
    production_access(&world, true).await;
    world
        .set_variable("check-domain", "CHECKS_PER_MINUTE", "1000")
        .await;
    // Throttling is waited for. A refused call means that something was not checked, which is a finding.
    let faults = json!([
        { "operation": "ListEmailIdentities", "times": 2, "error": "Throttling" },
        { "operation": "GetAccount", "times": 1, "error": "AccessDenied" },
    ]);
    world.control_ses(json!({ "faults": faults })).await;
    let found = findings(&world).await;
    let new: BTreeSet<String> = found.difference(&healthy).cloned().collect();
    assert_eq!(new, owned(&["not_checked"]));
    assert_eq!(findings(&world).await, healthy);

    let both = ops(&world, &["--stack", "no-such-stack", "doctor"]).await;
    assert_eq!(both.code, Some(2), "two stacks are named: {both:?}");
}

/// The kinds of what is found; the exit code says whether any of it is more than a warning.
async fn findings(world: &World) -> BTreeSet<String> {
    let ended = ops(world, &["doctor"]).await;
    let findings = ended.report["findings"].as_array();
    let findings = findings.unwrap_or_else(|| panic!("{ended:?}"));
    let serious = findings.iter().any(|it| it["severity"] != "warning");
    assert_eq!(ended.code, Some(i32::from(serious)), "{ended:?}");
    for finding in findings {
        assert!(!text(&finding["what"]).is_empty() && !text(&finding["fix"]).is_empty());
    }
    let codes = findings.iter().map(|it| text(&it["code"]).to_owned());
    codes.collect()
}

fn owned(codes: &[&str]) -> BTreeSet<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

/// Turns the schedule of the poller on or off, as `aws scheduler update-schedule` does.
async fn schedule(world: &World, state: &str) {
    let listed = world
        .rest("scheduler", Method::GET, "/schedules", None)
        .await;
    let name = text(&listed["Schedules"][0]["Name"]).to_owned();
    let path = format!("/schedules/{name}");
    let mut schedule = world.rest("scheduler", Method::GET, &path, None).await;
    schedule["State"] = json!(state);
    world
        .rest("scheduler", Method::PUT, &path, Some(&schedule))
        .await;
}

/// Turns the event source mapping of support-notifier on or off, as `aws lambda update-event-source-mapping` does.
async fn reading(world: &World, enabled: bool) {
    let mapping = world.mapping_of("support-notifier").await;
    let path = format!(
        "/2015-03-31/event-source-mappings/{}",
        text(&mapping["UUID"])
    );
    let change = json!({ "Enabled": enabled });
    world
        .rest("lambda", Method::PUT, &path, Some(&change))
        .await;
}

async fn recovery(world: &World, enabled: bool) {
    let specification = PointInTimeRecoverySpecification::builder();
    let specification = specification.point_in_time_recovery_enabled(enabled);
    let update = Client::new(&world.aws().await).update_continuous_backups();
    let update = update
        .table_name(&world.info.table)
        .point_in_time_recovery_specification(specification.build().expect("a specification"));
    update.send().await.expect("a table");
}

/// Does this to one alarm.
async fn alarm_actions(world: &World, action: &str) {
    let alarms = [("Action", "DescribeAlarms"), ("Version", "2010-08-01")];
    let alarms = world.query("monitoring", &alarms).await;
    let name = between(&alarms, "<AlarmName>", "<");
    let change = [
        ("Action", action),
        ("Version", "2010-08-01"),
        ("AlarmNames.member.1", name),
    ];
    world.query("monitoring", &change).await;
}
