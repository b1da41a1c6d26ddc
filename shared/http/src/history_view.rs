//! A domain's history, as its client and as Lasso support see it.

use domain_auth::evidence::ClientEvidence;
use domain_auth::history::{Action, Actor, ClientEntry, ClientLine, HistoryEntry, Reader};
use domain_auth::ports::{Page, PageStart};
use domain_auth::state::Status;
use jiff::Timestamp;
use serde::Serialize;

use crate::cursor::{Cursors, List};
use crate::time::{evidence_in_millis, in_millis};

/// A page of a domain's history, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "History")
)]
pub struct HistoryView {
    /// The lines.
    pub items: Vec<HistoryEntryView>,
    /// The cursor of the next page; `null` on the last page.
    pub next_cursor: Option<String>,
}

/// One event in the history of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "HistoryEntry")
)]
pub struct HistoryEntryView {
    /// When it happened.
    #[serde(serialize_with = "in_millis")]
    pub at: Timestamp,
    /// Who or what acted.
    pub actor: ActorView,
    /// What happened, for programs.
    pub action: Action,
    /// The state before; `null` for a new domain.
    pub from: Option<Status>,
    /// The state after.
    pub to: Status,
    /// The event as a sentence, in the past tense. Plain text: a page has to escape it.
    pub sentence: String,
    /// Why, with what was observed.
    #[cfg_attr(
        feature = "openapi",
        schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")
    )]
    pub evidence: Option<serde_json::Value>,
}

/// Who or what did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Actor")
)]
pub struct ActorView {
    /// `client_admin`, `lasso_support`, `link_holder` (a person without a login, who has a link) or
    /// `service`.
    #[cfg_attr(feature = "openapi", schemars(extend("enum" = ["client_admin", "lasso_support", "link_holder", "service"])))]
    pub kind: &'static str,
    /// The token's subject, if the reader may see it; for a link holder, the identifier of the link.
    pub subject: Option<String>,
    /// The person's name or address, if the token had a claim for it and the reader may see it.
    pub name: Option<String>,
    /// The name of the client that the person acted for, if the token had a claim for it.
    pub client_name: Option<String>,
}

/// Gathers a page of history as its client sees it: without who at Lasso acted, and without what
/// another client has to do with the name. Lines that are not shown leave no gap, so it may take more
/// than one page of the store.
///
/// A domain that turned out to be contested when SES was asked looks as if it had been contested from the
/// start: the client must not learn why a name is contested. This holds for all lines down to the one with
/// which the domain was added, also over the end of a page, so the cursor remembers it.
#[derive(Debug)]
pub struct ClientHistory {
    limit: usize,
    lines: Vec<ClientEntry>,
    next: Option<PageStart>,
    is_last: bool,
    /// Whether the next lines are about a registration with SES that the client must not see.
    from_the_start: bool,
}

/// The first character of the position in a cursor: `<` if the next lines are about a registration that
/// the client must not see, and otherwise `=`, so that both kinds of cursor have the same length. No sort
/// key of history begins with either.
const FROM_THE_START: char = '<';
const AS_IT_WAS: char = '=';

impl ClientHistory {
    /// A page of `limit` lines that begins where a cursor says.
    pub fn new(limit: usize, start: Option<PageStart>) -> Self {
        let (from_the_start, next) = match start {
            None => (false, None),
            Some(PageStart(position)) => {
                let from_the_start = position.starts_with(FROM_THE_START);
                // Cursors that earlier versions gave out have no mark.
                let position = position.trim_start_matches([FROM_THE_START, AS_IT_WAS]);
                (from_the_start, Some(PageStart(position.to_owned())))
            }
        };
        Self {
            limit,
            lines: Vec::with_capacity(limit),
            next,
            is_last: false,
            from_the_start,
        }
    }

    /// How many more lines to read from the store, and from where. `None` if the page is complete.
    pub fn wanted(&self) -> Option<(usize, Option<&PageStart>)> {
        let wanted = self.limit.saturating_sub(self.lines.len());
        (wanted > 0 && !self.is_last).then_some((wanted, self.next.as_ref()))
    }

    /// Adds what the client may see of a page of the store.
    pub fn add(&mut self, page: Page<ClientLine>) {
        for line in page.items {
            let mut entry = match line {
                ClientLine::Shown(entry) => entry,
                ClientLine::ContestedBySes => {
                    self.from_the_start = true;
                    continue;
                }
            };
            if self.from_the_start {
                // A contested claim is never stuck.
                if entry.action == Action::Stuck {
                    continue;
                }
                entry.from = entry.from.map(as_contested);
                entry.to = as_contested(entry.to);
                self.from_the_start = !matches!(entry.action, Action::Added | Action::Readded);
            }
            self.lines.push(entry);
        }
        self.is_last = page.next.is_none();
        self.next = page.next;
    }

    /// The page.
    pub fn view(self, cursors: &Cursors, list: List<'_>) -> HistoryView {
        let from_the_start = self.from_the_start;
        let next = self.next.map(|PageStart(position)| {
            let mark = if from_the_start {
                FROM_THE_START
            } else {
                AS_IT_WAS
            };
            PageStart(format!("{mark}{position}"))
        });
        let items = self.lines.into_iter().map(entry_for_client).collect();
        HistoryView::new(items, next.as_ref(), cursors, list)
    }
}

impl HistoryView {
    /// As Lasso support sees it: everything.
    pub fn for_support(page: Page<HistoryEntry>, cursors: &Cursors, list: List<'_>) -> Self {
        let items = page.items.into_iter().map(entry_for_support).collect();
        Self::new(items, page.next.as_ref(), cursors, list)
    }

    fn new(
        items: Vec<HistoryEntryView>,
        next: Option<&PageStart>,
        cursors: &Cursors,
        list: List<'_>,
    ) -> Self {
        Self {
            items,
            next_cursor: next.map(|start| cursors.cursor_of(list, start)),
        }
    }
}

fn as_contested(status: Status) -> Status {
    if status == Status::Provisioning {
        Status::Contested
    } else {
        status
    }
}

fn entry_for_client(entry: ClientEntry) -> HistoryEntryView {
    HistoryEntryView {
        at: entry.at,
        actor: actor_view(entry.actor, Reader::Client),
        action: entry.action,
        from: entry.from,
        to: entry.to,
        sentence: entry.sentence,
        evidence: entry
            .evidence
            .map(ClientEvidence::into_json)
            .map(evidence_in_millis),
    }
}

fn entry_for_support(entry: HistoryEntry) -> HistoryEntryView {
    HistoryEntryView {
        sentence: entry.sentence(Reader::Support),
        at: entry.at,
        actor: actor_view(entry.actor, Reader::Support),
        action: entry.action,
        from: entry.from,
        to: entry.to,
        evidence: entry
            .evidence
            .map(|evidence| evidence_in_millis(evidence.for_support())),
    }
}

/// Who did something, as Lasso support sees it.
pub(crate) fn actor_for_support(actor: Actor) -> ActorView {
    actor_view(actor, Reader::Support)
}

fn actor_view(actor: Actor, reader: Reader) -> ActorView {
    let (kind, subject, person) = match (actor, reader) {
        (Actor::ClientAdmin { subject, person }, _) => ("client_admin", Some(subject), person),
        (Actor::LassoSupport { .. }, Reader::Client) => ("lasso_support", None, None),
        (Actor::LassoSupport { subject, person }, Reader::Support) => {
            ("lasso_support", Some(subject), person)
        }
        (Actor::LinkHolder { link }, _) => ("link_holder", Some(link.into()), None),
        (Actor::Service, _) => ("service", None, None),
    };
    let (name, client_name) = person.map_or((None, None), |it| (it.name, it.client_name));
    ActorView {
        kind,
        // No person of an erased client is known.
        subject: subject.filter(|subject| !subject.is_empty()),
        name: name.map(String::from),
        client_name: client_name.map(String::from),
    }
}

#[cfg(test)]
#[path = "history_view_tests.rs"]
mod tests;
