//! Where lines go, and which of them.

use std::error::Error;
use std::panic::{self, PanicHookInfo};
use std::{env, fmt, io};

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::JsonFields;

use crate::failure::chain;
use crate::line::JsonLines;

/// What is written where the environment says nothing.
const DEFAULT: &str = "info";
/// The runtime logs the debug form of an error that a handler ends with, which holds whole answers of
/// services, and panics. Both are logged here ([`failed`], [`init`]).
const NOT_TWICE: &str = "lambda_runtime::layers::panic=off";

/// Writes lines to the standard output, which Lambda takes to CloudWatch Logs, and a line for a
/// panic. Called once, before the first line.
///
/// The level is that of Lambda's advanced logging controls (`AWS_LAMBDA_LOG_LEVEL`), or else of
/// `RUST_LOG`, or else `info`.
pub fn init() {
    let directives = directives(variable("AWS_LAMBDA_LOG_LEVEL"), variable("RUST_LOG"));
    let lines = subscriber(&directives, io::stdout);
    // Where there is one already, as in a test, it stays.
    if tracing::subscriber::set_global_default(lines).is_ok() {
        panic::set_hook(Box::new(log_panic));
    }
}

/// What writes lines, of which `directives` say which (as in `RUST_LOG`), to `writer`.
pub fn subscriber<W>(directives: &str, writer: W) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse_lossy(format!("{directives},{NOT_TWICE}"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .fmt_fields(JsonFields::new())
        .event_format(JsonLines)
        .with_writer(writer)
        .finish()
}

/// Lambda has a level `FATAL`, which no line of a function has.
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

/// A released function ends with a panic (`panic = "abort"`), so this is the last that it says.
fn log_panic(info: &PanicHookInfo<'_>) {
    let says = info.payload_as_str().unwrap_or("no text");
    let location = info.location().map(ToString::to_string);
    tracing::error!(panic = says, location, "the function panicked");
}

/// An invocation failed, and the log has a line about it. What it shows is that line's `error`.
pub struct Failed(String);

/// Logs the error that an invocation ends with, with all its causes, and makes of it what the
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
    fn the_level_of_lambda_goes_before_that_of_the_environment() {
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
