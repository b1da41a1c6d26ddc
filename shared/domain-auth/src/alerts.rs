//! How many emails Lasso support gets about the domains of one client. Up to the limit of a day each
//! event is an email of its own; the first one beyond it is one summary; the others of that day are
//! counted, and stay in the queue. What stops mail that Lasso sends is always an email.

use jiff::{SignedDuration, Timestamp};

use crate::domain::Domain;
use crate::event::{Event, EventType, Severity};
use crate::instructions::Day;
use crate::names::{ClientId, DomainName, EventId};
use crate::ports::StoreError;
use crate::state::Status;

/// For how long a domain that was removed and added again is the same one to Lasso support, in what a
/// client can bring about again by removing and adding it ([`Said`]).
pub const SAME_DOMAIN: SignedDuration = SignedDuration::from_hours(24);

/// An event that may be an email.
#[derive(Debug, Clone, Copy)]
pub struct Alert<'a> {
    /// The event.
    pub event_id: EventId,
    /// The client whose emails are counted.
    pub client: &'a ClientId,
    /// The domain.
    pub name: &'a DomainName,
    /// When that was added.
    pub added_at: Timestamp,
    /// What it says, where the client can bring that about again by removing the domain and adding it.
    pub said: Option<Said>,
}

/// What Lasso support is told that a client can bring about as often as it removes its domain and adds it
/// again. Nothing in it says that mail stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Said {
    /// The client says that it is ready, and SES has verified the domain.
    ReadyAndVerified,
    /// The client says that it is ready, and SES has not verified the domain.
    ReadyAndNotVerified,
    /// SES has verified the domain.
    Verified,
    /// The client has proven a name that another one holds, or for which there is no room, and Lasso
    /// support decides.
    ProvenAndContested,
}

/// What an event is by email. Decided once, and stored with the event's entry in the email ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An email of its own.
    Own,
    /// The email that says that there are more than the limit of the day.
    Summary {
        /// The day.
        day: Day,
        /// The limit.
        limit: u32,
    },
    /// No email: the summary of the day stands for it.
    InSummary,
    /// No email: Lasso support was emailed the same within [`SAME_DOMAIN`], before the client removed the
    /// domain and added it again.
    Repeated,
}

/// Alerts about one client's domains on a day. What stops mail is not among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlertCounts {
    /// Those that were an email of their own.
    pub own: u32,
    /// Those beyond the limit: the summary, and what it stands for.
    pub summarized: u32,
}

/// Decides what events are by email.
pub trait PlaceAlerts: Send + Sync {
    /// The place of an event. The first call decides it by the counts of `day` at `now` and counts the
    /// event, in one write: however often it is called, the event is counted once. An event without
    /// an email is settled in the email ledger.
    ///
    /// None where another event was counted at the same time: nothing was decided, and the call is
    /// worth repeating.
    fn place(
        &self,
        alert: &Alert<'_>,
        limit: u32,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Place>, StoreError>> + Send;
}

/// Reads how many alerts there were.
pub trait ReadAlertCounts: Send + Sync {
    /// The alerts of a client on a day.
    fn alerts_on(
        &self,
        client: &ClientId,
        day: Day,
    ) -> impl Future<Output = Result<AlertCounts, StoreError>> + Send;

    /// Whether Lasso support was emailed the same about this domain within [`SAME_DOMAIN`], before its client
    /// removed it and added it again.
    fn was_said(
        &self,
        domain: &Domain,
        said: Said,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

impl<'a> Alert<'a> {
    /// The alert of an event.
    pub fn of(event: &'a Event) -> Self {
        Self {
            event_id: event.event_id,
            client: &event.client,
            name: &event.domain,
            added_at: event.added_at,
            said: said_in(event),
        }
    }
}

impl Said {
    /// Everything of the kind.
    pub const ALL: [Self; 4] = [
        Self::ReadyAndVerified,
        Self::ReadyAndNotVerified,
        Self::Verified,
        Self::ProvenAndContested,
    ];
}

impl AlertCounts {
    /// The place of one more event that is told, under the limit of a client on a day.
    pub fn next(self, limit: u32, day: Day) -> Place {
        if self.summarized > 0 && self.own >= limit {
            Place::InSummary
        } else if self.own < limit {
            Place::Own
        } else {
            Place::Summary { day, limit }
        }
    }
}

fn said_in(event: &Event) -> Option<Said> {
    match event.event_type {
        EventType::Ready if event.status == Status::Verified => Some(Said::ReadyAndVerified),
        EventType::Ready => Some(Said::ReadyAndNotVerified),
        EventType::Verified => Some(Said::Verified),
        // The holder's own event, and that of a claim which awaits its proof, want nothing.
        EventType::Contested if event.severity == Severity::Action => {
            Some(Said::ProvenAndContested)
        }
        EventType::Added | EventType::Contested => None,
        EventType::Authenticated | EventType::AtRisk | EventType::Recovered => None,
        EventType::Failed | EventType::Rejected | EventType::Removed | EventType::Stuck => None,
        EventType::Displaced | EventType::RecordsReady | EventType::Expiring => None,
    }
}

/// Whether an event says that mail which Lasso sends stops, or is about to. Such an event is an email
/// whatever the limit, and counts for none.
pub fn stops_mail(event: &Event) -> bool {
    match event.event_type {
        EventType::AtRisk => true,
        EventType::Failed | EventType::Displaced => {
            event.previous_status.is_some_and(Status::sends)
        }
        EventType::Added | EventType::Contested | EventType::Ready | EventType::Verified => false,
        EventType::Authenticated | EventType::Recovered | EventType::Rejected => false,
        EventType::Removed | EventType::Stuck => false,
        EventType::RecordsReady | EventType::Expiring => false,
    }
}
