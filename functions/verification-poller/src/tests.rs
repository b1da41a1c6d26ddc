//! A scheduled run, with fakes.

use domain_auth::domain::Domain;
use domain_auth::final_step::FinalStepPolicy;
use domain_auth::history::Actor;
use domain_auth::ports::{Clock, CommitChanges, Meter};
use domain_auth::state::{State, Status};
use domain_auth::use_cases::poll::{Counter, Settings};
use domain_auth_aws::MetricLines;
use domain_auth_testkit::{
    FakeDns, FakeSes, MemoryStore, RecordingMeter, RecordingTopic, SequentialIds, SesFault,
    TestClock, TestPorts, domain_name, new_domain,
};
use jiff::SignedDuration;
use serde_json::Value;

use super::App;

type TestApp = App<TestPorts>;

fn app() -> TestApp {
    App {
        store: MemoryStore::default(),
        ses: FakeSes::default(),
        publisher: RecordingTopic::default(),
        clock: TestClock::default(),
        ids: SequentialIds::default(),
        dns: FakeDns::default(),
        meter: RecordingMeter::default(),
        settings: Settings::default(),
        final_step: FinalStepPolicy::default(),
    }
}

async fn add(app: &TestApp, name: &str) -> Domain {
    let added = Domain::add(
        new_domain("maple-homes", name),
        State::provisioning(),
        None,
        Actor::Service,
        app.clock.now(),
        &app.ids,
    );
    app.store.commit(&added).await.unwrap();
    added.domain
}

#[tokio::test]
async fn a_run_ends_before_the_deadline_while_ses_throttles_everything() {
    let app = app();
    let now = app.clock.now();
    add(&app, "example.com").await;
    app.ses
        .fail("CreateEmailIdentity", &[SesFault::Throttled; 1_000]);

    let deadline = now + SignedDuration::from_mins(1);
    let report = app.run(deadline).await.unwrap();

    assert!(app.clock.now() < deadline);
    assert!(
        app.ses.calls("CreateEmailIdentity") < 40,
        "throttled calls are spaced"
    );
    assert_eq!(
        report[Counter::Published],
        1,
        "what was to be published is published all the same"
    );
    assert_eq!(
        app.store.all_domains()[0].state.status(),
        Status::Provisioning
    );
}

/// A run with some of everything: a verified domain, an overdue domain, a domain that SES
/// throttles, and a topic that is down.
#[tokio::test]
async fn the_metrics_of_a_run_are_in_the_embedded_metric_format() {
    let app = app();
    let minute = SignedDuration::from_mins(1);
    for name in ["verified.example.com", "waiting.example.com"] {
        add(&app, name).await;
    }
    app.run(app.clock.now() + minute).await.unwrap();
    app.ses.verify(&domain_name("verified.example.com"));
    app.ses
        .fail("GetIdentityDkimAttributes", &[SesFault::Throttled]);
    app.publisher.set_down(true);
    app.clock.advance(minute * 6);
    let started = app.meter.figures().len();
    app.run(app.clock.now() + minute).await.unwrap();

    let mut out = Vec::new();
    MetricLines::new("lasso".to_owned(), "verification-poller", &mut out)
        .record(app.clock.now(), &app.meter.figures()[started..]);
    let lines: Vec<Value> = String::from_utf8(out)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for line in &lines {
        is_in_the_embedded_metric_format(line);
    }
    insta::assert_json_snapshot!(lines);
}

/// The rules of the CloudWatch user guide, "Specification: Embedded metric format", with the limits
/// of `MetricDatum` in the CloudWatch API reference.
fn is_in_the_embedded_metric_format(line: &Value) {
    let metadata = &line["_aws"];
    assert!(metadata["Timestamp"].as_i64().unwrap() > 1_500_000_000_000);
    for directive in metadata["CloudWatchMetrics"].as_array().unwrap() {
        assert_eq!(directive["Namespace"], domain_auth_aws::NAMESPACE);
        for set in directive["Dimensions"].as_array().unwrap() {
            let set = set.as_array().unwrap();
            assert!((1..=30).contains(&set.len()));
            for dimension in set {
                let value = line[dimension.as_str().unwrap()].as_str().unwrap();
                assert!((1..=1024).contains(&value.len()) && value.is_ascii());
            }
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&metrics.len()));
        for metric in metrics {
            assert!(["Count", "Seconds"].contains(&metric["Unit"].as_str().unwrap()));
            let value = &line[metric["Name"].as_str().unwrap()];
            let values = value.as_array().map_or(1, Vec::len);
            assert!(value.is_f64() || (value.is_array() && (1..=100).contains(&values)));
        }
    }
}
