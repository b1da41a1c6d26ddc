//! Who is told of an event by email, and how soon, as in the table of `docs/alerts.md`.

use crate::alerts::stops_mail;
use crate::event::{Event, EventType, Severity};
use crate::names::EventId;
use crate::state::Status;

/// Who gets emails about events. Each gets an email of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// Lasso support.
    Support,
    /// The contact of the client that the event is about.
    Client,
}

/// An email in the email ledger: at most one for an event and an audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailId {
    /// The event.
    pub event_id: EventId,
    /// Who is told.
    pub audience: Audience,
}

/// The queue in which an event reaches the function that emails it: the message attribute `email`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A queue for events that say that mail stops, so that no other email delays them.
    First,
    /// The queue for all other events.
    Usual,
    /// No queue: no email is sent.
    None,
}

/// Whether an audience is told of the events of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It is told of every event.
    Yes,
    /// It is told of events with the severity `action`.
    IfAction,
    /// It is told of events with the severity `warning`.
    IfWarning,
    /// It is told of events of a domain whose name it has.
    IfHolder,
    /// It is told of no event.
    No,
}

impl Audience {
    /// Every audience.
    pub const ALL: [Self; 2] = [Self::Support, Self::Client];

    /// The name in metrics and in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Support => "support",
            Self::Client => "client",
        }
    }

    /// Whether the audience is told of events of this type.
    pub fn is_told(self, event_type: EventType) -> Told {
        match self {
            Self::Support => support_is_told(event_type),
            Self::Client => client_is_told(event_type),
        }
    }

    /// Whether the audience is told of this event. The client's contact is told only if there is
    /// one.
    pub fn is_told_of(self, event: &Event) -> bool {
        let is_told = match self.is_told(event.event_type) {
            Told::Yes => true,
            Told::IfAction => event.severity == Severity::Action,
            Told::IfWarning => event.severity == Severity::Warning,
            Told::IfHolder => event.status != Status::Contested,
            Told::No => false,
        };
        match self {
            Self::Support => is_told,
            Self::Client => is_told && event.contact_email.is_some(),
        }
    }
}

fn support_is_told(event_type: EventType) -> Told {
    match event_type {
        EventType::Ready | EventType::Verified | EventType::Stuck => Told::Yes,
        EventType::AtRisk | EventType::Recovered | EventType::Failed => Told::Yes,
        EventType::Displaced => Told::Yes,
        // Lasso support decides about a claim that is proven against a holder.
        EventType::Contested => Told::IfAction,
        EventType::Added | EventType::RecordsReady | EventType::Expiring => Told::No,
        EventType::Authenticated | EventType::Rejected | EventType::Removed => Told::No,
    }
}

fn client_is_told(event_type: EventType) -> Told {
    match event_type {
        EventType::RecordsReady | EventType::Expiring | EventType::Authenticated => Told::Yes,
        EventType::Rejected | EventType::AtRisk | EventType::Recovered => Told::Yes,
        EventType::Failed | EventType::Displaced => Told::Yes,
        // Only a removal by Lasso support is a warning.
        EventType::Removed => Told::IfWarning,
        // The claimant knows it from the response to its call, or from DNS.
        EventType::Contested => Told::IfHolder,
        EventType::Added | EventType::Ready => Told::No,
        EventType::Verified | EventType::Stuck => Told::No,
    }
}

impl EmailId {
    /// The id of the email that tells Lasso support of an event.
    pub fn support(event_id: EventId) -> Self {
        Self {
            event_id,
            audience: Audience::Support,
        }
    }

    /// The id of the email that tells the client's contact of an event.
    pub fn client(event_id: EventId) -> Self {
        Self {
            event_id,
            audience: Audience::Client,
        }
    }
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 3] = [Self::First, Self::Usual, Self::None];

    /// The lane of an event.
    pub fn of(event: &Event) -> Self {
        let is_told = |audience: &Audience| audience.is_told_of(event);
        if !Audience::ALL.iter().any(is_told) {
            Self::None
        } else if stops_mail(event) {
            Self::First
        } else {
            Self::Usual
        }
    }

    /// The value of the message attribute `email`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Usual => "usual",
            Self::None => "none",
        }
    }
}

impl Told {
    /// The word in `docs/alerts.md`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::IfAction => "if `action`",
            Self::IfWarning => "if `warning`",
            Self::IfHolder => "if it has the name",
            Self::No => "no",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event_type: EventType) -> Event {
        let document = include_str!("../../../docs/events.md");
        let (_, rest) = document.split_once("```json\n").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        let mut event: Event = serde_json::from_str(example).unwrap();
        event.severity = event_type.severity();
        event.event_type = event_type;
        event
    }

    /// `docs/alerts.md` has this table.
    #[test]
    fn the_document_says_who_is_told_of_each_event() {
        use domain_auth_testkit::documents::{code, table};
        const DOCUMENT: &str = include_str!("../../../docs/alerts.md");
        let rows = table(DOCUMENT, "## Who is told by email");
        let documented: Vec<[&str; 3]> = rows
            .iter()
            .map(|row| [code(row[0]).next().unwrap(), row[1], row[2]])
            .collect();
        let in_code = EventType::ALL.map(|event_type| {
            let told = |audience: Audience| audience.is_told(event_type).as_str();
            [
                event_type.as_str(),
                told(Audience::Support),
                told(Audience::Client),
            ]
        });
        assert_eq!(documented, in_code);
    }

    #[test]
    fn a_client_without_a_contact_is_not_told() {
        let mut rejected = event(EventType::Rejected);
        assert!(Audience::Client.is_told_of(&rejected));
        assert_eq!(Lane::of(&rejected), Lane::Usual);
        rejected.contact_email = None;
        assert!(!Audience::Client.is_told_of(&rejected));
        assert_eq!(Lane::of(&rejected), Lane::None);
    }

    #[test]
    fn support_is_told_only_of_proven_claims() {
        let mut contested = event(EventType::Contested);
        contested.status = Status::Contested;
        assert_eq!(Lane::of(&contested), Lane::None);
        contested.severity = Severity::Action;
        assert!(Audience::Support.is_told_of(&contested));
        assert!(!Audience::Client.is_told_of(&contested));
    }

    #[test]
    fn a_holder_is_told_that_another_client_has_proven_the_name() {
        let mut challenged = event(EventType::Contested);
        challenged.status = Status::Authenticated;
        assert!(Audience::Client.is_told_of(&challenged));
        assert!(
            !Audience::Support.is_told_of(&challenged),
            "once, by the claimant's"
        );
        assert_eq!(Lane::of(&challenged), Lane::Usual);
    }

    #[test]
    fn a_client_is_told_only_of_removals_by_lasso_support() {
        let mut removed = event(EventType::Removed);
        assert_eq!(Lane::of(&removed), Lane::None);
        removed.severity = Severity::Warning;
        assert!(Audience::Client.is_told_of(&removed));
        assert!(!Audience::Support.is_told_of(&removed));
        removed.previous_status = Some(Status::Contested);
        assert_eq!(Lane::of(&removed), Lane::Usual);
        removed.previous_status = Some(Status::Authenticated);
        assert_eq!(Lane::of(&removed), Lane::First);
        removed.contact_email = None;
        assert_eq!(Lane::of(&removed), Lane::None);
    }

    #[test]
    fn events_about_stopped_mail_go_first() {
        let mut at_risk = event(EventType::AtRisk);
        at_risk.previous_status = Some(Status::Authenticated);
        assert_eq!(Lane::of(&at_risk), Lane::Usual, "it still sends");
        let mut failed = event(EventType::Failed);
        failed.previous_status = Some(Status::Pending);
        assert_eq!(Lane::of(&failed), Lane::Usual);
        failed.previous_status = Some(Status::AtRisk);
        assert_eq!(Lane::of(&failed), Lane::First);
    }

    #[test]
    fn events_that_support_is_not_told_of_have_the_severity_info() {
        for event_type in EventType::ALL {
            let is_info = event_type.severity() == Severity::Info;
            let is_told = Audience::Support.is_told(event_type) == Told::Yes;
            assert_eq!(is_told, !is_info, "{event_type:?}");
        }
    }
}
