//! Checks `docs/metrics.md`: it has every metric of the code, with its unit and its dimension, and
//! every alarm of the template. Alarms and dashboard use existing metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use domain_auth::use_cases::poll::Report;
use domain_auth_testkit::documents::{code, table};
use jiff::Timestamp;

use crate::template::{self, Template};
use crate::{files, root, text_of};

const DOCUMENT: &str = "docs/metrics.md";
const COUNTERS: &str = "shared/domain-auth/src/use_cases/poll/counter.rs";
const NAMESPACE: &str = "LassoDomainAuthentication";

/// The unit and the dimension of a metric.
type Kind = (&'static str, Option<String>);

/// The metrics of the code: each `Figure::count(…)` and `Figure::seconds(…)` outside tests.
fn printed() -> BTreeMap<String, Kind> {
    let mut printed = BTreeMap::new();
    let folders = ["functions", "shared"].map(|folder| root().join(folder));
    let sources = folders.iter().flat_map(|folder| files(folder, &["rs"]));
    for file in sources.filter(|file| !is_test(file)) {
        let text = fs::read_to_string(&file).unwrap();
        for (name, kind) in made_in(&text) {
            let before = printed.insert(name.clone(), kind.clone());
            assert!(
                before.is_none_or(|before| before == kind),
                "{name} is of two kinds"
            );
        }
    }
    printed
}

fn made_in(text: &str) -> Vec<(String, Kind)> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let mut made = Vec::new();
    for (call, unit) in [("Figure::count(", "count"), ("Figure::seconds(", "seconds")] {
        for (at, _) in text.match_indices(call) {
            let arguments = &text[at + call.len()..];
            let name = name_in(arguments.split(',').next().unwrap().trim(), text);
            made.push((name, (unit, breakdown(arguments))));
        }
    }
    made
}

fn is_test(file: &Path) -> bool {
    let name = file.file_name().unwrap().to_string_lossy();
    let folders = ["tests", "benches", "examples", "testkit"];
    name.ends_with("tests.rs")
        || file
            .components()
            .any(|part| folders.iter().any(|it| part.as_os_str() == *it))
}

/// A name as a literal, or the value of the constant that holds it.
fn name_in(argument: &str, text: &str) -> String {
    let quoted = |text: &str| text.split('"').nth(1).map(str::to_owned);
    if argument.starts_with('"') {
        return quoted(argument).unwrap();
    }
    let constant = format!("const {argument}: &str =");
    let (_, value) = text
        .split_once(&constant)
        .unwrap_or_else(|| panic!("a metric whose name cannot be read: {argument}"));
    quoted(value).unwrap()
}

/// The dimension in the `.by("…", …)` after the call with these arguments.
fn breakdown(arguments: &str) -> Option<String> {
    let mut depth = 1;
    let end = arguments.find(|c: char| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0
    })?;
    let behind = arguments[end + 1..].trim_start().strip_prefix(".by(")?;
    behind.split('"').nth(1).map(str::to_owned)
}

fn documented() -> BTreeMap<String, Kind> {
    let document = text_of(DOCUMENT);
    let mut documented = BTreeMap::new();
    for row in table(&document, "## The metrics") {
        let (names, by) = row[0].split_once(" by ").unwrap_or((row[0], ""));
        let unit = match row[1] {
            "count" => "count",
            "seconds" => "seconds",
            other => panic!("a unit that no metric has: {other}"),
        };
        for name in code(names) {
            let kind = (unit, code(by).next().map(str::to_owned));
            let before = documented.insert(name.to_owned(), kind);
            assert!(before.is_none(), "{name} is documented twice");
        }
    }
    documented
}

#[test]
fn every_metric_is_documented_and_no_other() {
    assert_eq!(documented(), printed());
}

#[test]
fn each_run_prints_the_metric_of_every_counter() {
    let now = Timestamp::UNIX_EPOCH;
    let figures = Report::default().figures(now, now, &[]);
    let printed: BTreeSet<&str> = figures.iter().map(|figure| figure.name).collect();
    let made = made_in(&text_of(COUNTERS));
    assert!(made.len() > 15);
    for (name, _) in made {
        assert!(printed.contains(name.as_str()), "Counter::ALL lacks {name}");
    }
}

#[test]
fn every_outcome_of_a_look_is_documented() {
    let document = text_of(DOCUMENT);
    let rows = table(&document, "## The metrics");
    let looks = rows
        .iter()
        .find(|row| row[0].starts_with("`Looks`"))
        .unwrap();
    let now = Timestamp::UNIX_EPOCH;
    let figures = Report::default().figures(now, now, &[]);
    let outcomes = figures.iter().filter(|figure| figure.name == "Looks");
    let outcomes: BTreeSet<&str> = outcomes.map(|figure| figure.by.unwrap().1).collect();
    assert_eq!(code(looks[2]).collect::<BTreeSet<_>>(), outcomes);
}

#[test]
fn every_alarm_is_documented_and_watches_a_metric_that_is_there() {
    let document = text_of(DOCUMENT);
    let rows = table(&document, "## Alarms");
    let rows = rows.iter().map(|row| {
        let alarm = code(row[0]).next().unwrap().to_owned();
        (alarm, code(row[1]).next().unwrap().to_owned())
    });
    let alarms = Template::read().alarms();
    let watched = alarms
        .iter()
        .map(|(alarm, (_, metric))| (alarm.clone(), metric.clone()));
    assert_eq!(rows.collect::<BTreeMap<_, _>>(), watched.collect());
    let metrics = documented();
    for (alarm, (namespace, metric)) in alarms {
        assert!(
            namespace != NAMESPACE || metrics.contains_key(&metric),
            "{alarm}: {metric}"
        );
    }
}

/// The longest pause of support-notifier in seconds (`functions/support-notifier/src/pace.rs`).
const LONGEST_PAUSE: i64 = 300;

/// Amazon SQS developer guide, "Available CloudWatch metrics for Amazon SQS": a message that was
/// received three times is not in `ApproximateAgeOfOldestMessage` until it is processed.
#[test]
fn the_alarms_of_delayed_alerts_cover_tried_and_unreceived_messages() {
    let template = Template::read();
    for (alarm, part, queue) in [
        ("AlertsDelayedAlarm", "alerts", "AlertQueue"),
        ("FirstAlertsDelayedAlarm", "first", "FirstAlertQueue"),
    ] {
        let properties = &template.resource(alarm)["Properties"];
        assert_eq!(
            properties["TreatMissingData"].as_str(),
            Some("notBreaching")
        );
        let metrics = template::list(&properties["Metrics"]);
        let expression = metrics[0]["Expression"].as_str().unwrap();
        assert!(expression.starts_with("MAX("), "{alarm}: {expression}");
        let mut watched = BTreeSet::new();
        for metric in &metrics[1..] {
            let statistic = &metric["MetricStat"];
            assert_eq!(statistic["Stat"].as_str(), Some("Maximum"), "{alarm}");
            // Otherwise a period has no attempt in it, and the alarm ends meanwhile.
            let period = statistic["Period"].as_i64().unwrap();
            assert!(period >= 2 * LONGEST_PAUSE, "{alarm}: {period}");
            assert!(expression.contains(metric["Id"].as_str().unwrap()));
            let metric = &statistic["Metric"];
            let last = template::list(&metric["Dimensions"]).pop().unwrap();
            let texts = [&metric["MetricName"], &last["Name"], &last["Value"]];
            watched.insert(texts.map(template::string));
        }
        let queue = format!("{queue}.QueueName");
        let both = [
            ["OldestAlertAge", "Queue", part],
            ["ApproximateAgeOfOldestMessage", "QueueName", &queue],
        ];
        let both = both.map(|texts| texts.map(str::to_owned));
        assert_eq!(watched, BTreeSet::from(both), "{alarm}");
    }
}

#[test]
fn the_runbook_and_the_metrics_say_when_the_oldest_dead_letter_sets_off_its_alarm() {
    let template = Template::read();
    let properties = &template.resource("OldestDeadLetterAlarm")["Properties"];
    let days = properties["Threshold"].as_i64().unwrap() / (24 * 60 * 60);
    assert_eq!(days, 7, "both pages say seven");
    let said = [
        (
            "docs/runbook.md",
            "has been in a dead-letter queue for seven days",
        ),
        (DOCUMENT, "a message has been there for seven days"),
    ];
    for (page, sentence) in said {
        assert!(text_of(page).contains(sentence), "{page}");
    }
}

#[test]
fn each_queue_of_alerts_has_dead_letters_that_return_to_it_and_an_alarm_for_them() {
    let template = Template::read();
    for (queue, dead, alarm) in [
        (
            "FirstAlertQueue",
            "FirstAlertDeadLetterQueue",
            "FirstAlertDeadLetterAlarm",
        ),
        ("AlertQueue", "AlertDeadLetterQueue", "AlertDeadLetterAlarm"),
    ] {
        let properties = &template.resource(queue)["Properties"];
        let policy = template::string(&properties["RedrivePolicy"]["deadLetterTargetArn"]);
        assert_eq!(policy, format!("{dead}.Arn"), "{queue}");
        let dimensions = &template.resource(alarm)["Properties"]["Dimensions"];
        let name = format!("{dead}.QueueName");
        let watched = template::string(&template::list(dimensions)[0]["Value"]);
        assert_eq!(watched, name, "{alarm}");
        let oldest = &template.resource("OldestDeadLetterAlarm")["Properties"]["Metrics"];
        let is_watched = template::list(oldest).iter().skip(1).any(|metric| {
            let dimensions = &metric["MetricStat"]["Metric"]["Dimensions"];
            template::string(&template::list(dimensions)[0]["Value"]) == name
        });
        assert!(is_watched, "{dead}");
    }
}

#[test]
fn the_documents_say_that_a_redrive_dry_run_hides_messages_from_an_alarm() {
    let pages = [
        ("docs/ops.md", "\n## `redrive`\n", "`OldestDeadLetterAlarm`"),
        (
            "docs/runbook.md",
            "\n### `OldestDeadLetterAlarm`\n",
            "dry run of `lasso-ops redrive`",
        ),
    ];
    for (page, heading, named) in pages {
        let text = text_of(page);
        let (_, section) = text.split_once(heading).unwrap();
        let (section, _) = section.split_once("\n#").unwrap();
        assert!(section.contains(named), "{page}");
    }
}

#[test]
fn the_dashboard_shows_metrics_that_are_there() {
    let (text, metrics) = (template::text(), documented());
    let begin = format!("[\"{NAMESPACE}\", \"");
    let shown: Vec<&str> = text
        .split(&begin)
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(!shown.is_empty());
    for metric in shown {
        assert!(
            metrics.contains_key(metric),
            "{metric} is no metric of the service"
        );
    }
}
