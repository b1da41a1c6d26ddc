//! A domain's history, as its client and as Lasso support see it.

use domain_auth::history::{Action, Actor, HistoryEntry};
use domain_auth::ports::Page;
use domain_auth::state::Status;
use jiff::Timestamp;
use serde::Serialize;

use crate::cursor::cursor_of;

/// A page of a domain's history, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryView {
    /// The lines.
    pub items: Vec<HistoryEntryView>,
    /// The cursor of the next page; none after the last.
    pub next_cursor: Option<String>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryEntryView {
    /// When it happened.
    pub at: Timestamp,
    /// Who or what did it.
    pub actor: ActorView,
    /// What happened, in a word.
    pub action: Action,
    /// State before; none for a domain that is new.
    pub from: Option<Status>,
    /// State after.
    pub to: Status,
    /// Why, with what was observed.
    pub evidence: Option<serde_json::Value>,
}

/// Who or what did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActorView {
    /// `client_admin`, `lasso_support` or `service`.
    pub kind: &'static str,
    /// The token's subject, where it is the reader's to know.
    pub subject: Option<String>,
}

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    Client,
    Support,
}

impl HistoryView {
    /// As the client sees it: without who at Lasso acted, and without what another client has to do
    /// with the name.
    pub fn for_client(page: Page<HistoryEntry>) -> Self {
        Self::new(page, Reader::Client)
    }

    /// As Lasso support sees it: everything.
    pub fn for_support(page: Page<HistoryEntry>) -> Self {
        Self::new(page, Reader::Support)
    }

    fn new(page: Page<HistoryEntry>, reader: Reader) -> Self {
        let entry = |entry| entry_view(entry, reader);
        Self {
            items: page.items.into_iter().map(entry).collect(),
            next_cursor: page.next.as_ref().map(cursor_of),
        }
    }
}

fn entry_view(entry: HistoryEntry, reader: Reader) -> HistoryEntryView {
    let evidence = match reader {
        Reader::Support => entry.evidence,
        Reader::Client => entry.evidence.filter(|_| is_the_clients_own(entry.action)),
    };
    HistoryEntryView {
        at: entry.at,
        actor: actor_view(entry.actor, reader),
        action: entry.action,
        from: entry.from,
        to: entry.to,
        evidence,
    }
}

/// Whether the evidence of an action tells of nobody but the client itself.
fn is_the_clients_own(action: Action) -> bool {
    match action {
        Action::Displaced => false,
        Action::Added | Action::ProofFound | Action::Provisioned | Action::Verified => true,
        Action::Failed | Action::Restarted | Action::Completed | Action::Rejected => true,
        Action::Reopened | Action::RecordsBroken | Action::RecordsRecovered => true,
        Action::Removed => true,
    }
}

fn actor_view(actor: Actor, reader: Reader) -> ActorView {
    let (kind, subject) = match actor {
        Actor::ClientAdmin { subject } => ("client_admin", Some(subject)),
        Actor::LassoSupport { subject } => {
            let subject = match reader {
                Reader::Client => None,
                Reader::Support => Some(subject),
            };
            ("lasso_support", subject)
        }
        Actor::Service => ("service", None),
    };
    ActorView { kind, subject }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(actor: Actor, action: Action) -> Page<HistoryEntry> {
        let entry = HistoryEntry {
            at: Timestamp::UNIX_EPOCH,
            sequence: 2,
            actor,
            action,
            from: Some(Status::Verified),
            to: Status::Contested,
            evidence: Some(json!({ "reason": "why" })),
        };
        Page {
            items: vec![entry],
            next: None,
        }
    }

    #[test]
    fn a_client_does_not_learn_who_at_lasso_acted() {
        let actor = Actor::LassoSupport {
            subject: "jo".to_owned(),
        };
        let page = page(actor, Action::Rejected);
        let client = HistoryView::for_client(page.clone());
        assert_eq!(client.items[0].actor.subject, None);
        assert!(client.items[0].evidence.is_some());
        let support = HistoryView::for_support(page);
        assert_eq!(support.items[0].actor.subject.as_deref(), Some("jo"));
    }

    #[test]
    fn a_client_does_not_learn_what_another_has_to_do_with_the_name() {
        let page = page(Actor::Service, Action::Displaced);
        let client = HistoryView::for_client(page.clone());
        assert_eq!(client.items[0].evidence, None);
        let support = HistoryView::for_support(page);
        assert!(support.items[0].evidence.is_some());
    }
}
