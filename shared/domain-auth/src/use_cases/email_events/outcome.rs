//! The outcome of emailing an event.

use std::sync::Arc;

use jiff::Timestamp;

use crate::audience::Audience;
use crate::event::Event;
use crate::instructions::Day;
use crate::ports::{Refusal, SesError, StoreError};

/// The outcome of an event for one audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An email about this event only was sent.
    Sent,
    /// An email that lists the event was sent.
    Listed,
    /// The summary of the day was sent: the event is the first one beyond the client's limit.
    SummarySent,
    /// The summary of the day covers it.
    InSummary,
    /// Lasso support was told of the same event before the domain was removed and added again.
    Repeated,
    /// The contact's address is on the suppression list of the account.
    Suppressed,
    /// It had been sent before, or needs no email.
    AlreadySent,
}

/// The outcome, or the error. Several events may share an error.
pub type Settled = Result<Outcome, Arc<EmailError>>;

/// The form of an email.
#[derive(Debug, Clone, Copy)]
pub enum Form<'a> {
    /// One event.
    Single {
        /// The event.
        event: &'a Event,
        /// Who reads it.
        audience: Audience,
    },
    /// Two or more events about several domains. For a client's contact, all of them are about this
    /// client's domains.
    List {
        /// The events, the oldest first.
        events: &'a [&'a Event],
        /// Who reads it.
        audience: Audience,
    },
    /// Tells Lasso support that there are more alerts about the client on this day than the limit
    /// allows.
    Summary {
        /// The first event beyond the limit.
        event: &'a Event,
        /// The day.
        day: Day,
        /// The limit.
        limit: u32,
    },
}

/// Why an email could not be rendered.
pub type RenderError = Box<dyn std::error::Error + Send + Sync>;

/// The email was not sent, or it is unknown whether it was. The event has to be delivered again.
#[derive(Debug, thiserror::Error)]
pub enum EmailError {
    /// Another copy of this function is sending it right now.
    #[error("another invocation is sending this email")]
    InFlight,
    /// SES refused it less than [`REFUSED_FOR`](super::REFUSED_FOR) ago, and was not called again.
    #[error("Amazon SES has just refused this email: {reason}")]
    HeldBack {
        /// SES's reason.
        reason: String,
    },
    /// It was not started: the time of this invocation is nearly over.
    #[error("no time was left for the email")]
    NoTime,
    /// There are many events at the same time.
    #[error("the email waits for its turn")]
    Early {
        /// When the event is to be delivered again.
        until: Timestamp,
    },
    /// The contact has reached its daily limit of emails: the event will be in a list on the next
    /// day.
    #[error("the contact has had its emails of the day")]
    DayIsFull {
        /// When the next day begins.
        until: Timestamp,
    },
    /// Conflicts with other alerts of the same client did not end.
    #[error("too many alerts of one client at once")]
    Busy,
    /// SES would accept the email and not send it.
    #[error("the address of Lasso support is on the suppression list of Amazon SES")]
    Suppressed,
    /// The email could not be rendered.
    #[error("the email could not be rendered")]
    Unrendered(#[source] RenderError),
    /// SES did not accept it.
    #[error(transparent)]
    Ses(#[from] SesError),
    /// SES accepted it, but this could not be stored.
    #[error("the email was sent, and may be sent once more")]
    Unnoted(#[source] StoreError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EmailError {
    /// Whether a later attempt fails as well, unless a person repairs the cause first.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::HeldBack { .. } | Self::Unrendered(_) => true,
            Self::Ses(error) => refuses_for_good(error),
            Self::InFlight
            | Self::NoTime
            | Self::Early { .. }
            | Self::DayIsFull { .. }
            | Self::Busy => false,
            Self::Suppressed | Self::Unnoted(_) | Self::Store(_) => false,
        }
    }

    /// Whether SES refuses this email permanently.
    pub fn is_refused_for_good(&self) -> bool {
        match self {
            Self::Ses(error) => refuses_for_good(error),
            Self::HeldBack { .. } | Self::Unrendered(_) | Self::InFlight | Self::NoTime => false,
            Self::Early { .. } | Self::DayIsFull { .. } | Self::Busy | Self::Suppressed => false,
            Self::Unnoted(_) | Self::Store(_) => false,
        }
    }

    /// Whether the email may have been sent despite the error. Then it may be sent twice.
    pub fn may_have_been_sent(&self) -> bool {
        match self {
            Self::Ses(SesError::Unavailable { .. }) | Self::Unnoted(_) => true,
            Self::Ses(SesError::Throttled { .. } | SesError::Refused { .. }) => false,
            Self::HeldBack { .. } | Self::Unrendered(_) | Self::InFlight | Self::NoTime => false,
            Self::Early { .. }
            | Self::DayIsFull { .. }
            | Self::Busy
            | Self::Suppressed
            | Self::Store(_) => false,
        }
    }
}

/// An error with its causes in one line, without email addresses: Amazon SES includes addresses
/// that it refuses.
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        texts.push(cause.to_string());
        source = cause.source();
    }
    let words = texts.join(": ");
    let words = words.split_whitespace().map(|word| {
        if word.contains('@') {
            "(address)"
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Refusals that concern the account or the role are not permanent: they end for all emails after
/// the operator has repaired the cause.
fn refuses_for_good(error: &SesError) -> bool {
    match error {
        SesError::Refused { refusal, .. } => match refusal {
            Refusal::MessageRejected | Refusal::BadRequest => true,
            Refusal::AccessDenied | Refusal::LimitExceeded | Refusal::Other => false,
        },
        SesError::Throttled { .. } | SesError::Unavailable { .. } => false,
    }
}
