//! One JSON object for each line.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::{self, Debug};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use crate::failure::{ServiceFailure, chain, fitting};

/// Writes an event as one JSON object: `timestamp`, `level`, `message`, its fields, and the fields
/// of its spans, all on one level. If two have the same name, the inner one is kept.
///
/// An error is a text with all its causes, and the details from an AWS service are in `service`,
/// `error_code` and `aws_request_id`. Every text has masked email addresses and a bounded length.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        let mut line = Line::default();
        line.add("timestamp", timestamp.into());
        line.add("level", event.metadata().level().as_str().into());
        event.record(&mut line);
        let spans = context.event_scope().into_iter().flatten();
        for span in spans {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                line.add_span(fields);
            }
        }
        writeln!(writer, "{}", line.text())
    }
}

/// The members of an object, in the order in which they are shown.
#[derive(Default)]
struct Line {
    names: BTreeSet<String>,
    message: Option<Value>,
    members: Vec<(String, Value)>,
}

impl Line {
    fn add(&mut self, name: &str, value: Value) {
        if name == "message" {
            self.message.get_or_insert(value);
        } else if self.names.insert(name.to_owned()) {
            self.members.push((name.to_owned(), value));
        }
    }

    /// Adds the fields of a span, as [`JsonFields`](tracing_subscriber::fmt::format::JsonFields)
    /// writes them.
    fn add_span(&mut self, fields: &str) {
        let fields = serde_json::from_str::<Map<String, Value>>(fields);
        for (name, value) in fields.into_iter().flatten() {
            let value = match value {
                Value::String(text) => fitting(&text).into(),
                other => other,
            };
            self.add(name_of(&name), value);
        }
    }

    fn text(mut self) -> String {
        let message = self.message.map(|message| ("message".to_owned(), message));
        // After the time and the level.
        let behind = self.members.len().min(2);
        self.members.splice(behind..behind, message);
        let members = self.members.iter().map(|(name, value)| {
            // Every text has a JSON form.
            let name = Value::from(name.as_str());
            format!("{name}:{value}")
        });
        let members: Vec<String> = members.collect();
        format!("{{{}}}", members.join(","))
    }
}

/// The spans of `lambda_runtime` use another style of names.
fn name_of(field: &str) -> &str {
    match field {
        "requestId" => "request_id",
        "xrayTraceId" => "xray_trace_id",
        "tenantId" => "tenant_id",
        other => other.trim_start_matches("r#"),
    }
}

impl Visit for Line {
    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        self.add(field.name(), chain(error).into());
        if let Some(failure) = ServiceFailure::within(error) {
            self.add("service", failure.service.into());
            if let Some(code) = &failure.code {
                self.add("error_code", fitting(code).into());
            }
            if let Some(request_id) = &failure.request_id {
                self.add("aws_request_id", fitting(request_id).into());
            }
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(name_of(field.name()), fitting(value).into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(name_of(field.name()), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(name_of(field.name()), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(name_of(field.name()), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(name_of(field.name()), value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};
    use std::sync::Arc;

    use super::*;
    use crate::setup::subscriber;

    fn lines(directives: &str, log: impl FnOnce()) -> Vec<Value> {
        let (mut written, out) = io::pipe().unwrap();
        tracing::subscriber::with_default(subscriber(directives, Arc::new(out)), log);
        let mut text = String::new();
        written.read_to_string(&mut text).unwrap();
        let line = |line: &str| serde_json::from_str(line).unwrap();
        text.lines().map(line).collect()
    }

    #[derive(Debug, thiserror::Error)]
    #[error("Amazon SES refused CreateEmailIdentity: {because}")]
    struct Refused {
        because: &'static str,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    }

    fn refused() -> Refused {
        Refused {
            because: "bad request",
            source: ServiceFailure {
                service: "SES",
                code: Some("BadRequestException".to_owned()),
                request_id: Some("4f1b".to_owned()),
                source: "jane@example.com is not an identity".into(),
            }
            .into(),
        }
    }

    #[test]
    fn a_line_has_every_cause_and_the_details_of_the_service() {
        let lines = lines("info", || {
            let error = refused();
            tracing::warn!(
                domain = %"example.com",
                error = &error as &dyn Error,
                "SES does not take this name as an identity"
            );
        });
        let [line] = &lines[..] else {
            panic!("{lines:?}");
        };
        assert_eq!(line["level"], "WARN");
        assert_eq!(
            line["message"],
            "SES does not take this name as an identity"
        );
        assert_eq!(line["domain"], "example.com");
        assert_eq!(
            line["error"],
            "Amazon SES refused CreateEmailIdentity: bad request: SES BadRequestException \
             (request 4f1b): j***@example.com is not an identity"
        );
        assert_eq!(line["service"], "SES");
        assert_eq!(line["error_code"], "BadRequestException");
        assert_eq!(line["aws_request_id"], "4f1b");
        // RFC 3339, without which Lambda treats the line as INFO.
        let time = line["timestamp"].as_str().unwrap();
        assert!(time.len() > 20 && time.ends_with('Z'), "{time}");
    }

    #[test]
    fn a_line_has_the_fields_of_the_spans_around_it_and_inner_ones_win() {
        let lines = lines("info", || {
            let outer = tracing::info_span!("invoke", requestId = "r-1", client = "outer");
            let _outer = outer.enter();
            let inner = tracing::info_span!("inner", client = "inner", note = "a@b.com");
            let _inner = inner.enter();
            tracing::info!(octets = 5_u64, done = true, "first");
            tracing::info!(request_id = "r-2", client = "own", "second");
        });
        assert_eq!(lines[0]["request_id"], "r-1");
        assert_eq!(lines[0]["client"], "inner");
        assert_eq!(lines[0]["note"], "a***@b.com");
        assert_eq!(lines[0]["octets"], 5);
        assert_eq!(lines[0]["done"], true);
        assert_eq!(lines[1]["request_id"], "r-2");
        assert_eq!(lines[1]["client"], "own");
    }

    #[test]
    fn texts_neither_end_a_line_nor_contain_addresses() {
        let lines = lines("info", || {
            tracing::info!(
                note = "one\ntwo\r\n{\"level\":\"ERROR\"} \u{7} jane@example.com",
                debugged = ?("jane@example.com",),
                r#type = "x",
                "from {}", "jane@example.com"
            );
            tracing::info!(
                level = "ERROR",
                timestamp = "never",
                "{}",
                "x".repeat(10_000)
            );
        });
        assert_eq!(lines.len(), 2);
        let text = lines[0].to_string();
        assert!(!text.contains("jane"), "{text}");
        assert_eq!(lines[0]["message"], "from j***@example.com");
        assert_eq!(lines[0]["type"], "x");
        assert_eq!(lines[1]["level"], "INFO");
        assert_ne!(lines[1]["timestamp"], "never");
        assert!(lines[1]["message"].as_str().unwrap().len() < 3_000);
    }

    #[test]
    fn errors_of_the_lambda_runtime_are_logged_once() {
        let lines = lines("info", || {
            tracing::error!(target: "lambda_runtime::layers::panic", "Failed");
            tracing::debug!("too low");
            crate::failed("the run of the poller failed", &refused());
        });
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["message"], "the run of the poller failed");
        assert_eq!(lines[0]["error_code"], "BadRequestException");
    }
}
