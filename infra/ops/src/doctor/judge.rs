//! Judges what was answered. Each part of the stack has its file.

mod access;
mod alarms;
mod answered;
mod fixes;
mod limits;
mod mail;
mod operation;

use super::facts::Facts;
use super::finding::Finding;

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

#[cfg(test)]
mod tests;
