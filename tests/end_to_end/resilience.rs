//! Failures of SES, and functions that crash.

use std::fs;
use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::time::Instant;

use crate::Suite;
use crate::world::{Shared, at_once};

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone(
        "ses_throttles_everything_and_every_request_is_answered_in_time",
        throttled,
    );
    suite.alone(
        "a_quota_of_one_call_per_second_is_kept_and_nothing_is_lost",
        at_the_quota,
    );
    suite.alone("add_returns_202_within_five_seconds_if_ses_is_slow", slow);
    suite.alone(
        "a_domain_is_completed_despite_lost_answers_of_ses",
        lost_answers,
    );
    suite.alone(
        "a_function_killed_at_each_ses_call_is_finished_by_the_poller",
        killed,
    );
}

const PATIENCE: Duration = Duration::from_secs(5);

async fn throttled(world: Shared) {
    let domains: Vec<String> = (0..8).map(|_| world.fresh_domain()).collect();
    let everything =
        json!({ "faults": [{ "operation": "*", "error": "Throttling", "times": null }] });
    world.control_ses(everything).await;
    let answers = at_once(domains.len(), |n| {
        let (world, domain) = (world.clone(), domains[n].clone());
        async move {
            let started = Instant::now();
            let answer = world.add(world.client_admin(), &domain).await;
            (answer, started.elapsed())
        }
    })
    .await;
    for (answer, took) in answers {
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
        assert_eq!(answer.body["status"], "provisioning");
        assert!(took < PATIENCE, "{took:?}");
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    world.control_ses(json!({ "faults": [] })).await;
    for domain in &domains {
        world.poll_until(domain, "pending").await;
        assert_eq!(
            world.domain(domain).await["records"]
                .as_array()
                .map(Vec::len),
            Some(7)
        );
    }
}

async fn at_the_quota(world: Shared) {
    let domains: Vec<String> = (0..5).map(|_| world.fresh_domain()).collect();
    world.control_ses(json!({ "rate": 1 })).await;
    let answers = at_once(domains.len(), |n| {
        let (world, domain) = (world.clone(), domains[n].clone());
        async move { world.add(world.client_admin(), &domain).await.status }
    })
    .await;
    assert!(answers.contains(&StatusCode::ACCEPTED), "{answers:?}");
    for domain in &domains {
        world.poll_until(domain, "pending").await;
    }
}

async fn slow(world: Shared) {
    let domain = world.fresh_domain();
    world.control_ses(json!({ "latency_ms": 10_000 })).await;
    let started = Instant::now();
    let answer = world.add(world.client_admin(), &domain).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    world.control_ses(json!({ "latency_ms": 0 })).await;
    world.poll_until(&domain, "pending").await;
}

async fn lost_answers(world: Shared) {
    for operation in [
        "CreateEmailIdentity",
        "VerifyDomainIdentity",
        "PutEmailIdentityMailFromAttributes",
    ] {
        let domain = world.fresh_domain();
        let fault = json!({ "operation": operation, "error": "drop_after", "times": 1 });
        world.control_ses(json!({ "faults": [fault] })).await;
        let answer = world.add(world.client_admin(), &domain).await;
        assert_eq!(
            answer.status,
            StatusCode::ACCEPTED,
            "{operation} {answer:?}"
        );
        world.poll_until(&domain, "pending").await;
    }
}

/// The process is killed while SES delays a response: all earlier steps have happened, and no later
/// one.
async fn killed(world: Shared) {
    for operation in [
        "CreateEmailIdentity",
        "VerifyDomainIdentity",
        "PutEmailIdentityMailFromAttributes",
    ] {
        let domain = world.fresh_domain();
        world
            .control_ses(json!({ "latency_ms": { operation: 3_000 } }))
            .await;
        let request = {
            let (world, domain) = (world.clone(), domain.clone());
            tokio::spawn(async move { world.add(world.client_admin(), &domain).await })
        };
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        kill_functions(&world);
        let answer = request.await.expect("an answer");
        assert!(answer.status.is_server_error(), "{operation} {answer:?}");
        world.control_ses(json!({ "latency_ms": 0 })).await;

        world.poll_until(&domain, "pending").await;
        let added = world.domain(&domain).await;
        world.publish(&domain, &added, &["verification"]);
        world.poll_until(&domain, "verified").await;
        world
            .until("support has mail", async || {
                !world.emails_about(&domain).await.is_empty()
            })
            .await;
        world.run_poller().await;
        assert_eq!(world.emails_about(&domain).await.len(), 1, "{operation}");
    }
}

/// Kills the functions of this stack only: their code is in the stack's own folder.
pub(crate) fn kill_functions(world: &Shared) {
    let folder = world.info.log_file.parent().expect("a state folder");
    let is_function = |process: &Path| {
        let program = fs::read_link(process.join("exe"));
        program.is_ok_and(|program| {
            program.starts_with(folder) && program.file_name() == Some("bootstrap".as_ref())
        })
    };
    let processes = fs::read_dir("/proc").expect("a system that lists its processes there");
    let mut killed = 0;
    for process in processes.flatten().map(|entry| entry.path()) {
        let id = process.file_name().and_then(|id| id.to_str()?.parse().ok());
        if let Some(id) = id.and_then(Pid::from_raw)
            && is_function(&process)
        {
            kill_process(id, Signal::KILL).expect("a process of our own");
            killed += 1;
        }
    }
    assert!(killed > 0, "a function was running");
}
