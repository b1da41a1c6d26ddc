//! CloudWatch metrics: one line of JSON on standard output for each combination of dimensions.
//! CloudWatch reads it from the function's log (CloudWatch user guide, "Specification: Embedded
//! metric format"). This needs no API call and no permission.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use domain_auth::figures::{Figure, Unit};
use domain_auth::ports::Meter;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The namespace of all metrics of the service.
pub const NAMESPACE: &str = "LassoDomainAuthentication";

/// The maximum number of values of one metric in one line (embedded metric format specification,
/// "Target members").
const VALUES: usize = 100;

/// Writes metrics with the dimensions `Stack` and `Function`, and the metric's own dimension.
#[derive(Debug)]
pub struct MetricLines<W> {
    stack: String,
    function: &'static str,
    out: Mutex<W>,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "_aws")]
    metadata: Metadata<'a>,
    /// Dimensions and values, by their names.
    #[serde(flatten)]
    members: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    /// Milliseconds since the epoch.
    timestamp: i64,
    cloud_watch_metrics: [Directive<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: [Vec<&'a str>; 1],
    metrics: Vec<Definition<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition<'a> {
    name: &'a str,
    unit: &'static str,
}

impl<W: Write + Send> MetricLines<W> {
    /// Metrics of a function of a stack. The log of a Lambda function is its standard output.
    pub fn new(stack: String, function: &'static str, out: W) -> Self {
        Self {
            stack,
            function,
            out: Mutex::new(out),
        }
    }

    fn line(&self, now: Timestamp, by: Option<(&str, &str)>, figures: &[Metric<'_>]) -> String {
        let mut dimensions = vec!["Stack", "Function"];
        let mut members = Map::from_iter([
            ("Stack".to_owned(), json!(self.stack)),
            ("Function".to_owned(), json!(self.function)),
        ]);
        if let Some((what, part)) = by {
            dimensions.push(what);
            members.insert(what.to_owned(), json!(part));
        }
        let metrics = figures.iter().map(|metric| Definition {
            name: metric.name,
            unit: match metric.unit {
                Unit::Count => "Count",
                Unit::Seconds => "Seconds",
            },
        });
        let metadata = Metadata {
            timestamp: now.as_millisecond(),
            cloud_watch_metrics: [Directive {
                namespace: NAMESPACE,
                dimensions: [dimensions],
                metrics: metrics.collect(),
            }],
        };
        for metric in figures {
            let value = match metric.values {
                [value] => json!(value),
                values => json!(values),
            };
            members.insert(metric.name.to_owned(), value);
        }
        // The line has only numbers, texts and maps with text keys, so serialization cannot fail.
        serde_json::to_string(&Line { metadata, members }).unwrap_or_default()
    }
}

/// A metric, or some of its values if it has too many for one line.
struct Metric<'a> {
    name: &'static str,
    unit: Unit,
    values: &'a [f64],
}

impl<W: Write + Send> Meter for MetricLines<W> {
    fn record(&self, now: Timestamp, figures: &[Figure]) {
        let mut lines: BTreeMap<_, Vec<Metric<'_>>> = BTreeMap::new();
        for figure in figures {
            for (part, values) in figure.values.chunks(VALUES).enumerate() {
                // A name can be only once in a line, so further values need further lines.
                lines.entry((figure.by, part)).or_default().push(Metric {
                    name: figure.name,
                    unit: figure.unit,
                    values,
                });
            }
        }
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        for ((by, _), figures) in lines {
            let line = self.line(now, by, &figures);
            // One write for each line, so that no other log line is mixed into it.
            if let Err(error) = out.write_all(format!("{line}\n").as_bytes()) {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "figures were not written"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_with_many_values_or_dimensions_take_several_lines() {
        let many = Figure {
            name: "TimeToVerified",
            unit: Unit::Seconds,
            values: (0..250).map(f64::from).collect(),
            by: None,
        };
        let part = Figure::count("SesCalls", 3).by("Operation", "GetEmailIdentity");
        let mut out = Vec::new();
        MetricLines::new("lasso".to_owned(), "verification-poller", &mut out)
            .record(Timestamp::UNIX_EPOCH, &[many, part]);
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let counts: Vec<_> = lines
            .iter()
            .filter_map(|line| Some(line.get("TimeToVerified")?.as_array()?.len()))
            .collect();
        assert_eq!(counts, [100, 100, 50]);
        let part = lines.iter().find(|line| line.get("SesCalls").is_some());
        assert_eq!(
            part.unwrap()["_aws"]["CloudWatchMetrics"][0]["Dimensions"],
            json!([["Stack", "Function", "Operation"]])
        );
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn without_metrics_no_line_is_written() {
        let mut out = Vec::new();
        MetricLines::new("lasso".to_owned(), "check-domain", &mut out)
            .record(Timestamp::UNIX_EPOCH, &[]);
        assert!(out.is_empty());
    }
}
