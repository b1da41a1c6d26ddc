//! The history of a domain: who or what changed it, when, from which state to which, and why.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::{ClientEvidence, Evidence, Told};
use crate::state::Status;

pub use crate::action::Action;
pub use crate::actor::{Actor, Person};
pub use crate::evidence::Reader;

/// One line of a domain's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredLine")]
pub struct HistoryEntry {
    /// When it happened.
    pub at: Timestamp,
    /// The domain's version after the change.
    pub sequence: u64,
    /// Who or what acted.
    pub actor: Actor,
    /// What happened, for programs.
    pub action: Action,
    /// State before; absent for a domain that is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Status>,
    /// The state after.
    pub to: Status,
    /// Why, with the observations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// A line as it is stored: its evidence has the forms of its action.
#[derive(Deserialize)]
struct StoredLine {
    at: Timestamp,
    sequence: u64,
    actor: Actor,
    action: Action,
    #[serde(default)]
    from: Option<Status>,
    to: Status,
    #[serde(default)]
    evidence: Option<serde_json::Value>,
}

impl From<StoredLine> for HistoryEntry {
    fn from(stored: StoredLine) -> Self {
        let action = stored.action;
        let evidence = stored.evidence;
        Self {
            at: stored.at,
            sequence: stored.sequence,
            actor: stored.actor,
            action,
            from: stored.from,
            to: stored.to,
            evidence: evidence.map(|evidence| Evidence::stored(action, evidence)),
        }
    }
}

/// A line of history as far as the domain's client may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientLine {
    /// A line with the part that the client may read.
    Shown(ClientEntry),
    /// A name turned out to be contested when SES was asked. The client must not learn this: the
    /// line is not shown, and earlier lines look as if the name had been contested from the start.
    ContestedBySes,
}

/// A line that the client may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientEntry {
    /// When it happened.
    pub at: Timestamp,
    /// Who or what acted.
    pub actor: Actor,
    /// What happened, for programs.
    pub action: Action,
    /// State before; absent for a domain that is new.
    pub from: Option<Status>,
    /// The state after.
    pub to: Status,
    /// Why, with the observations, as far as the client may know.
    pub evidence: Option<ClientEvidence>,
    /// The sentence for the line: plain text in one line.
    pub sentence: String,
}

impl HistoryEntry {
    /// The line after its client was erased: what happened and when, without who did it, and
    /// without texts by and about people.
    #[must_use]
    pub fn without_persons(self) -> Self {
        Self {
            actor: self.actor.without_person(),
            evidence: self
                .evidence
                .and_then(|evidence| evidence.without_persons(self.action)),
            ..self
        }
    }

    /// The line as far as the domain's client may read it.
    pub fn for_client(self) -> ClientLine {
        if self.is_contested_by_ses() {
            return ClientLine::ContestedBySes;
        }
        let sentence = self.sentence(Reader::Client);
        ClientLine::Shown(ClientEntry {
            sentence,
            at: self.at,
            actor: self.actor,
            action: self.action,
            from: self.from,
            to: self.to,
            evidence: ClientEvidence::of(self.action, self.evidence.as_ref()),
        })
    }

    /// The sentence for the line, as far as the reader may know: plain text in one line, which a
    /// page has to escape.
    pub fn sentence(&self, reader: Reader) -> String {
        let told = Told {
            actor: &self.actor,
            action: self.action,
            from: self.from,
            to: self.to,
            evidence: self.evidence.as_ref(),
        };
        told.sentence(reader)
    }

    /// Whether it says that a name turned out to be contested when SES was asked.
    pub fn is_contested_by_ses(&self) -> bool {
        let evidence = self.evidence.as_ref();
        self.action == Action::Displaced && evidence.is_some_and(Evidence::is_contested_by_ses)
    }
}
