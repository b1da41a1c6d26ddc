//! The actions that a line of a domain's history can have.

use serde::{Deserialize, Serialize};

use crate::state::TriggerKind;

/// What happened, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "HistoryAction")
)]
#[serde(rename_all = "snake_case")]
#[allow(
    missing_docs,
    reason = "where it is a transition, described on `Trigger`"
)]
pub enum Action {
    Added,
    ProofFound,
    Provisioned,
    Verified,
    Failed,
    Restarted,
    Completed,
    Rejected,
    Reopened,
    RecordsBroken,
    RecordsRecovered,
    Displaced,
    Removed,
    Readded,
    /// Lasso support was told that the domain has been in its state for too long.
    Stuck,
    /// The client said that it is ready for the final step.
    Ready,
    /// The client had the records emailed to a person.
    InstructionsSent,
    /// An email about the domain did not reach its recipient.
    EmailRefused,
    /// A person asked for a check of the domain at SES and in DNS.
    Checked,
    /// Another client has proven that the name, or one above or below it, is its own; Lasso support decides.
    Challenged,
    /// The claim of the other client has ended, and the domain stays with this client.
    Unchallenged,
    /// Lasso support has given the client the identity that SES already had.
    Adopted,
    /// The client has made a link to the domain, for a person without a login.
    LinkMade,
    /// The client has withdrawn a link.
    LinkWithdrawn,
    /// The client, or Lasso support on its behalf, has changed the communities or the contact of the domain.
    Changed,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::Added,
        Self::ProofFound,
        Self::Provisioned,
        Self::Verified,
        Self::Failed,
        Self::Restarted,
        Self::Completed,
        Self::Rejected,
        Self::Reopened,
        Self::RecordsBroken,
        Self::RecordsRecovered,
        Self::Displaced,
        Self::Removed,
        Self::Readded,
        Self::Stuck,
        Self::Ready,
        Self::InstructionsSent,
        Self::EmailRefused,
        Self::Checked,
        Self::Challenged,
        Self::Unchallenged,
        Self::Adopted,
        Self::LinkMade,
        Self::LinkWithdrawn,
        Self::Changed,
    ];
}

impl From<TriggerKind> for Action {
    fn from(trigger: TriggerKind) -> Self {
        match trigger {
            TriggerKind::ProofFound => Self::ProofFound,
            TriggerKind::Adopted => Self::Adopted,
            TriggerKind::Provisioned => Self::Provisioned,
            TriggerKind::SesVerified => Self::Verified,
            TriggerKind::SesFailed => Self::Failed,
            TriggerKind::Restarted => Self::Restarted,
            TriggerKind::Completed => Self::Completed,
            TriggerKind::Refused => Self::Rejected,
            TriggerKind::Reopened => Self::Reopened,
            TriggerKind::RecordsBroken => Self::RecordsBroken,
            TriggerKind::RecordsRecovered => Self::RecordsRecovered,
            TriggerKind::Displaced => Self::Displaced,
            TriggerKind::Removed => Self::Removed,
            TriggerKind::Readded | TriggerKind::ReaddedContested => Self::Readded,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_action_is_documented() {
        let documented: BTreeSet<&str> = include_str!("../../../docs/history.md")
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
            .map(|(first, _)| first)
            .filter(|first| *first != "action")
            .collect();
        let words = Action::ALL.map(|action| serde_json::to_value(action).unwrap());
        let words = words.iter().map(|word| word.as_str().unwrap()).collect();
        assert_eq!(documented, words);
    }
}
