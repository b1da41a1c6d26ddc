//! How many emails Lasso support gets about the domains of one client. Up to the daily limit, each
//! event is an email of its own. The first event beyond the limit is a summary email. Later events
//! of that day are counted and stay in the queue. An event that says that mail stops is always an
//! email of its own.

use jiff::{SignedDuration, Timestamp};

use crate::domain::Domain;
use crate::event::{Event, EventType, Severity};
use crate::instructions::Day;
use crate::names::{ClientId, DomainName, EventId};
use crate::ports::StoreError;
use crate::state::Status;

/// A domain that was removed and added again within this time counts as the same domain for alerts
/// that the client can cause again by removing and adding it ([`Said`]).
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
    /// The kind of alert, if the client can cause it again by removing the domain and adding it.
    pub said: Option<Said>,
}

/// Alerts that a client can cause as often as it removes its domain and adds it again. None of them
/// says that mail stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Said {
    /// The client says that it is ready, and SES has verified the domain.
    ReadyAndVerified,
    /// The client says that it is ready, and SES has not verified the domain.
    ReadyAndNotVerified,
    /// SES has verified the domain.
    Verified,
    /// The client has proven a name that another client holds, or for which there is no room. Lasso
    /// support decides.
    ProvenAndContested,
}

/// How an event is reported by email. Decided only once, and stored with the event's entry in the
/// email ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An email of its own.
    Own,
    /// The summary email, which says that there are more events than the daily limit.
    Summary {
        /// The day.
        day: Day,
        /// The limit.
        limit: u32,
    },
    /// No email: the daily summary covers it.
    InSummary,
    /// No email: Lasso support got the same alert within [`SAME_DOMAIN`], before the client removed
    /// the domain and added it again.
    Repeated,
}

/// Alerts about one client's domains on a day, without alerts about stopped mail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlertCounts {
    /// Alerts that were an email of their own.
    pub own: u32,
    /// Alerts beyond the limit: the summary, and those that it covers.
    pub summarized: u32,
}

/// Decides how events are reported by email.
pub trait PlaceAlerts: Send + Sync {
    /// Decides the place of an event. The first call decides by the counts of `day` at `now` and
    /// counts the event, in one write; a repeated call does not count it again. An event without an
    /// email is marked as settled in the email ledger.
    ///
    /// `None` if another event was counted at the same time: nothing was decided, and the caller
    /// should repeat the call.
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
    /// All kinds.
    pub const ALL: [Self; 4] = [
        Self::ReadyAndVerified,
        Self::ReadyAndNotVerified,
        Self::Verified,
        Self::ProvenAndContested,
    ];
}

impl AlertCounts {
    /// The place of the next event about a client on a day, under this limit.
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
        // An event to the holder, or of a claim without a proof, needs no action.
        EventType::Contested if event.severity == Severity::Action => {
            Some(Said::ProvenAndContested)
        }
        EventType::Added | EventType::Contested => None,
        EventType::Authenticated | EventType::AtRisk | EventType::Recovered => None,
        EventType::Failed | EventType::Rejected | EventType::Removed | EventType::Stuck => None,
        EventType::Displaced | EventType::RecordsReady | EventType::Expiring => None,
    }
}

/// Whether the event says that mail which Lasso sends has stopped. Such an event is always an email
/// and does not count towards the limit. An `at_risk` domain still sends: if many are at risk at
/// once, a domain that stops must not wait behind them.
pub fn stops_mail(event: &Event) -> bool {
    match event.event_type {
        EventType::Failed | EventType::Displaced => {
            event.previous_status.is_some_and(Status::sends)
        }
        // A removal by Lasso support, which the client has to learn. A client that removes a domain stops mail on purpose.
        EventType::Removed => {
            event.severity == Severity::Warning && event.previous_status.is_some_and(Status::sends)
        }
        EventType::Added | EventType::Contested | EventType::Ready | EventType::Verified => false,
        EventType::Authenticated | EventType::AtRisk | EventType::Recovered => false,
        EventType::Rejected | EventType::Stuck => false,
        EventType::RecordsReady | EventType::Expiring => false,
    }
}
