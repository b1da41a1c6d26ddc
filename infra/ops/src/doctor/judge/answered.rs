//! Answers that were not given.

use super::super::facts::Asked;
use super::super::finding::{Code, Finding};

/// The answer; a finding if there was none.
pub(super) fn answered<'a, T>(
    asked: &'a Asked<T>,
    about: &str,
    findings: &mut Vec<Finding>,
) -> Option<&'a T> {
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
