//! Judges what was answered. Each part of the stack has its file.

mod access;
mod alarms;
mod limits;
mod mail;
mod operation;

use super::facts::{Asked, Facts};
use super::finding::{Code, Finding};

/// Everything that is wrong, what matters most first.
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    mail::judge(facts, &mut findings);
    limits::judge(facts, &mut findings);
    access::judge(facts, &mut findings);
    alarms::judge(facts, &mut findings);
    operation::judge(facts, &mut findings);
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// What was answered; a finding where nothing was.
fn answered<'a, T>(asked: &'a Asked<T>, about: &str, findings: &mut Vec<Finding>) -> Option<&'a T> {
    match asked {
        Ok(answer) => Some(answer),
        Err(why) => {
            findings.push(Code::NotChecked.found(
                format!("{about} could not be checked: {why}."),
                "Let the caller of lasso-ops read it (docs/ops.md, \"Permissions\"), and run doctor again.",
            ));
            None
        }
    }
}

#[cfg(test)]
mod tests;
