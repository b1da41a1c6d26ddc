//! `lasso-ops doctor`: what is wrong with a deployed stack, and what to do. It only reads.

use std::fmt;

use serde::Serialize;

use crate::aws::Aws;
use crate::doctor::finding::{Finding, Severity};
use crate::doctor::gather::gather;
use crate::doctor::judge::judge;
use crate::outcome::{Error, Report};
use crate::stack::Stack;

/// What was found.
#[derive(Debug, Serialize)]
struct Examination {
    stack: String,
    region: String,
    findings: Vec<Finding>,
}

pub(super) async fn run(aws: &Aws, stack: &Stack) -> Result<Report, Error> {
    let facts = gather(aws, stack).await;
    let findings = judge(&facts);
    let needs_a_person = findings
        .iter()
        .any(|finding| finding.severity != Severity::Warning);
    let found = Examination {
        stack: stack.name.clone(),
        region: aws.region().to_owned(),
        findings,
    };
    Ok(Report::new(&found, needs_a_person))
}

impl fmt::Display for Examination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let severity = match finding.severity {
                Severity::Problem => "PROBLEM",
                Severity::Warning => "warning",
                Severity::Unchecked => "unchecked",
            };
            writeln!(f, "{severity}: {}\n  {}", finding.what, finding.fix)?;
        }
        let of = |severity| {
            let of = self.findings.iter();
            of.filter(|finding| finding.severity == severity).count()
        };
        writeln!(
            f,
            "{} in {}: {} problems, {} warnings, {} not checked.",
            self.stack,
            self.region,
            of(Severity::Problem),
            of(Severity::Warning),
            of(Severity::Unchecked),
        )
    }
}
