//! What a command ends with: a report for people or for machines, and the exit code.

use std::fmt;
use std::io::Write;
use std::process::ExitCode;

use serde::Serialize;

use crate::aws::AwsError;
use crate::sentence::sentence;
use crate::stack::StackError;

/// Everything is in order, or was done.
pub const IN_ORDER: u8 = 0;
/// The command ran, and something needs a person: a finding, a row that was not imported, a difference.
pub const NEEDS_A_PERSON: u8 = 1;
/// The arguments do not make sense. clap ends with the same code.
pub const WRONG_ARGUMENTS: u8 = 2;
/// The command could not do its work: no credentials, no such stack, no answer.
pub const FAILED: u8 = 3;

/// What a command has to say.
pub struct Report {
    text: String,
    json: serde_json::Value,
    /// Whether something needs a person: exit code 1.
    needs_a_person: bool,
    /// A remark for the person if the report goes to a file.
    remark: Option<String>,
}

/// The command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The asynchronous runtime did not start.
    #[error("cannot start")]
    Runtime(#[source] std::io::Error),
    /// The stack is not known.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// AWS gave no answer, or refused.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// A file cannot be read or written.
    #[error("{path}")]
    File {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The arguments do not make sense.
    #[error("{0}")]
    Input(String),
    /// A use case or a port failed.
    #[error("{doing}")]
    Failed {
        /// What was being done.
        doing: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// Something failed while `doing`.
    pub fn failed(
        doing: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Failed {
            doing: doing.into(),
            source: source.into(),
        }
    }

    /// The exit code of the command.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) | Self::Stack(StackError::NotNamed) => WRONG_ARGUMENTS,
            Self::Runtime(_)
            | Self::Stack(StackError::Absent { .. } | StackError::Other(..) | StackError::Aws(_))
            | Self::Aws(_)
            | Self::File { .. }
            | Self::Failed { .. } => FAILED,
        }
    }
}

impl Report {
    /// A report that is shown as its text, or as its JSON with `--json`.
    pub fn new<T: Serialize + fmt::Display>(report: &T, needs_a_person: bool) -> Self {
        Self {
            text: report.to_string(),
            json: serde_json::to_value(report).unwrap_or_default(),
            needs_a_person,
            remark: None,
        }
    }

    /// The report with a sentence on stderr.
    #[must_use]
    pub fn with_remark(self, remark: String) -> Self {
        Self {
            remark: Some(remark),
            ..self
        }
    }

    /// The sentence on stderr.
    pub fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }

    /// The report as JSON.
    pub fn json(&self) -> &serde_json::Value {
        &self.json
    }

    /// The exit code of the command.
    pub fn exit_code(&self) -> u8 {
        if self.needs_a_person {
            NEEDS_A_PERSON
        } else {
            IN_ORDER
        }
    }
}

/// Writes a report. A reader that goes away, such as `head`, has read enough.
fn write(out: &mut impl Write, text: &str) -> std::io::Result<()> {
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Prints the report, or on stderr the error with its causes, and gives the exit code.
#[expect(clippy::print_stderr, reason = "the operator is told what went wrong")]
pub fn tell(result: Result<Report, Error>, json: bool) -> ExitCode {
    match result {
        Ok(report) => {
            let text = if json {
                format!("{:#}\n", report.json)
            } else {
                report.text.clone()
            };
            if let Err(error) = write(&mut std::io::stdout().lock(), &text) {
                eprintln!("error: writing the report: {error}");
                return ExitCode::from(FAILED);
            }
            if let Some(remark) = report.remark() {
                eprintln!("{remark}");
            }
            ExitCode::from(report.exit_code())
        }
        Err(error) => {
            eprintln!("error: {}", sentence(&error));
            ExitCode::from(error.exit_code())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    struct Fails(io::ErrorKind);

    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn wrong_arguments_and_failures_have_different_exit_codes() {
        let absent = || StackError::Absent {
            name: "lasso".to_owned(),
            region: "us-east-1".to_owned(),
        };
        let codes = [
            Error::Input("no client".to_owned()),
            Error::Stack(StackError::NotNamed),
            Error::Stack(absent()),
            Error::failed("reading the table", absent()),
        ];
        assert_eq!(codes.map(|error| error.exit_code()), [2, 2, 3, 3]);
    }

    #[test]
    fn a_closed_pipe_is_not_a_failure_but_a_full_disk_is() {
        assert!(write(&mut Fails(io::ErrorKind::BrokenPipe), "a").is_ok());
        assert!(write(&mut Fails(io::ErrorKind::StorageFull), "a").is_err());
    }
}
