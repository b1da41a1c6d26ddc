//! What to do, if several parts of the stack have the same.

/// How to restore what was changed or deleted outside of CloudFormation, which compares a template with the
/// one before it.
pub(super) const REVERT_DRIFT: &str = "Revert the drift (docs/runbook.md, \"Revert drift\"): a deployment of the same template changes nothing.";
