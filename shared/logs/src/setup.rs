//! The destination and the level of log lines.

use std::error::Error;
use std::panic::{self, PanicHookInfo};
use std::{env, fmt, io};

use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt;

use crate::failure::chain;
use crate::line::JsonLines;

/// The level if the environment sets none.
const DEFAULT: &str = "info";
/// When a handler fails, the runtime logs the debug form of the error, which has whole responses of
/// services, and panics. Both are logged here instead ([`failed`], [`init`]).
const NOT_TWICE: &str = "lambda_runtime::layers::panic";

/// Writes lines to the standard output, which Lambda sends to CloudWatch Logs, and a line for a
/// panic. Call it once, before the first line.
///
/// The level comes from Lambda's advanced logging controls (`AWS_LAMBDA_LOG_LEVEL`); if that is not
/// set, from `RUST_LOG`; otherwise it is `info`.
pub fn init() {
    let directives = directives(variable("AWS_LAMBDA_LOG_LEVEL"), variable("RUST_LOG"));
    let lines = subscriber(&directives, io::stdout);
    // An existing subscriber is kept, as in a test.
    if tracing::subscriber::set_global_default(lines).is_ok() {
        panic::set_hook(Box::new(log_panic));
    }
}

/// A subscriber that writes lines to `writer`; `directives` select the lines: a level, and levels of
/// modules (`info,domain_auth=debug`). If they cannot be read, the level is `info`.
pub fn subscriber<W>(directives: &str, writer: W) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // Not `EnvFilter`, which adds a regular expression engine to every function.
    let levels: Targets = directives
        .parse()
        .unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .fmt_fields(JsonFields::new())
        .event_format(JsonLines)
        .with_writer(writer)
        .finish()
        .with(levels.with_target(NOT_TWICE, LevelFilter::OFF))
}

/// Lambda has a level `FATAL`, which no line of a function uses.
fn directives(lambda: Option<String>, rust: Option<String>) -> String {
    match lambda {
        Some(level) if level.eq_ignore_ascii_case("fatal") => "error".to_owned(),
        Some(level) => level.to_ascii_lowercase(),
        None => rust.unwrap_or_else(|| DEFAULT.to_owned()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "lines are written before a `Config` is read, that of a missing variable among them"
)]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A panic ends the process of a released function (`panic = "abort"`), so this is its last line.
fn log_panic(info: &PanicHookInfo<'_>) {
    let says = info.payload_as_str().unwrap_or("no text");
    let location = info.location().map(ToString::to_string);
    tracing::error!(panic = says, location, "the function panicked");
}

/// An invocation failed, and the log has a line about it. Its text is the `error` field of that
/// line.
pub struct Failed(String);

/// Logs the error with which an invocation ends, with all its causes. Returns the form that the
/// runtime may show: Lambda passes it on to dead-letter queues.
pub fn failed(sentence: &'static str, error: &(dyn Error + 'static)) -> Failed {
    tracing::error!(error, "{sentence}");
    Failed(chain(error))
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Failed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_level_of_lambda_takes_precedence_over_rust_log() {
        let text = |text: &str| Some(text.to_owned());
        for (lambda, rust, level) in [
            (None, None, "info"),
            (
                None,
                text("warn,domain_auth=debug"),
                "warn,domain_auth=debug",
            ),
            (text("DEBUG"), text("info"), "debug"),
            (text("FATAL"), None, "error"),
        ] {
            assert_eq!(directives(lambda, rust), level);
        }
    }
}
