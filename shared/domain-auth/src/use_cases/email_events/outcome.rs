//! What came of an event by email.

use std::sync::Arc;

use jiff::Timestamp;

use crate::audience::Audience;
use crate::event::Event;
use crate::instructions::Day;
use crate::ports::{Refusal, SesError, StoreError};

/// What came of an event for one audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An email of its own is on its way.
    Sent,
    /// An email that lists it is on its way.
    Listed,
    /// The summary of the day is on its way: the event is the first one beyond the client's limit.
    SummarySent,
    /// The summary of the day stands for it.
    InSummary,
    /// Support was told the same before the domain was removed and added again.
    Repeated,
    /// The contact's address is on the suppression list of the account.
    Suppressed,
    /// It had been sent before, or needs no email.
    AlreadySent,
}

/// What came of it, or why nothing did. An error may be that of several events.
pub type Settled = Result<Outcome, Arc<EmailError>>;

/// What an email says.
#[derive(Debug, Clone, Copy)]
pub enum Form<'a> {
    /// What happened.
    Single {
        /// The event.
        event: &'a Event,
        /// Who reads it.
        audience: Audience,
    },
    /// What happened to several domains: two events or more. To a client's contact, all are about
    /// domains of this client.
    List {
        /// The events, the oldest first.
        events: &'a [&'a Event],
        /// Who reads it.
        audience: Audience,
    },
    /// That there are more alerts of the client on this day than the limit allows. To Lasso support.
    Summary {
        /// The first of them.
        event: &'a Event,
        /// The day.
        day: Day,
        /// The limit.
        limit: u32,
    },
}

/// Why an email could not be rendered.
pub type RenderError = Box<dyn std::error::Error + Send + Sync>;

/// The email was not sent, or it is not known whether it was. The event has to come again.
#[derive(Debug, thiserror::Error)]
pub enum EmailError {
    /// Another copy of this function is sending it right now.
    #[error("another invocation is sending this email")]
    InFlight,
    /// SES refused it less than [`REFUSED_FOR`](super::REFUSED_FOR) ago, and was not asked again.
    #[error("Amazon SES has just refused this email")]
    HeldBack,
    /// It was not begun: the time of this invocation is nearly over.
    #[error("no time was left for the email")]
    NoTime,
    /// There are many at once.
    #[error("the email waits for its turn")]
    Early {
        /// When to come again.
        until: Timestamp,
    },
    /// The contact has had as many emails as there may be on a day: it is in a list of the next one.
    #[error("the contact has had its emails of the day")]
    DayIsFull {
        /// When the next day begins.
        until: Timestamp,
    },
    /// Others kept counting alerts of the same client.
    #[error("too many alerts of one client at once")]
    Busy,
    /// SES would accept the email and not send it.
    #[error("the address of Lasso support is on the suppression list of Amazon SES")]
    Suppressed,
    /// The email has no text.
    #[error("the email could not be rendered")]
    Unrendered(#[source] RenderError),
    /// SES did not take it.
    #[error(transparent)]
    Ses(#[from] SesError),
    /// SES took it, and that could not be noted.
    #[error("the email was sent, and may be sent once more")]
    Unnoted(#[source] StoreError),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EmailError {
    /// Whether another attempt in a while fares no better, unless a person repairs the cause first.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::HeldBack | Self::Unrendered(_) => true,
            Self::Ses(error) => refuses_for_good(error),
            Self::InFlight
            | Self::NoTime
            | Self::Early { .. }
            | Self::DayIsFull { .. }
            | Self::Busy => false,
            Self::Suppressed | Self::Unnoted(_) | Self::Store(_) => false,
        }
    }

    /// Whether SES refuses this email, and not only now.
    pub fn is_refused_for_good(&self) -> bool {
        match self {
            Self::Ses(error) => refuses_for_good(error),
            Self::HeldBack | Self::Unrendered(_) | Self::InFlight | Self::NoTime => false,
            Self::Early { .. } | Self::DayIsFull { .. } | Self::Busy | Self::Suppressed => false,
            Self::Unnoted(_) | Self::Store(_) => false,
        }
    }

    /// Whether the email may be on its way all the same. Then it may be sent twice.
    pub fn may_have_been_sent(&self) -> bool {
        match self {
            Self::Ses(SesError::Unavailable { .. }) | Self::Unnoted(_) => true,
            Self::Ses(SesError::Throttled { .. } | SesError::Refused { .. }) => false,
            Self::HeldBack | Self::Unrendered(_) | Self::InFlight | Self::NoTime => false,
            Self::Early { .. }
            | Self::DayIsFull { .. }
            | Self::Busy
            | Self::Suppressed
            | Self::Store(_) => false,
        }
    }
}

/// What the account or the role may not do, it may once the operator has repaired that, for all emails.
fn refuses_for_good(error: &SesError) -> bool {
    match error {
        SesError::Refused { refusal, .. } => match refusal {
            Refusal::MessageRejected | Refusal::BadRequest => true,
            Refusal::AccessDenied | Refusal::LimitExceeded | Refusal::Other => false,
        },
        SesError::Throttled { .. } | SesError::Unavailable { .. } => false,
    }
}
