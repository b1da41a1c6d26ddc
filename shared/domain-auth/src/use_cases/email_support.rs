//! One email to Lasso support for each event, however often the event is delivered, and no more than
//! a day allows for one client.

use jiff::{SignedDuration, Timestamp};

use super::StoreTools;
use crate::alerts::{Alert, Place, PlaceAlerts, stops_mail};
use crate::attempts::Attempts;
use crate::event::Event;
use crate::instructions::Day;
use crate::limits::ReadClientRecord;
use crate::names::EventId;
use crate::ports::{
    Clock, Email, EmailLedger, Lease, Ports, Refusal, SendEmail, SesError, StoreError,
};

/// How long a copy of the function has for sending. Longer than its timeout, so that two copies
/// never send at once; shorter than the pause before the messages of a copy that died come again.
pub const SENDING_LEASE: SignedDuration = SignedDuration::from_secs(30);

/// For how long an email that SES refused for good is not tried again. Its message comes again without
/// a pause and reaches the dead-letter queue within it, so that SES is not asked for the same twice. One
/// that is sent back from there once the cause is repaired comes after it.
pub const REFUSED_FOR: SignedDuration = SignedDuration::from_mins(1);

/// What came of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The email is on its way.
    Sent,
    /// The summary of the day is on its way: the event is the first one beyond the client's limit.
    SummarySent,
    /// The summary of the day stands for it.
    InSummary,
    /// Support was told the same before the domain was removed and added again.
    Repeated,
    /// It had been sent before, or needs no email.
    AlreadySent,
}

/// What an email says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What happened.
    Alert,
    /// That there are more alerts of the client on this day than the limit allows, and the first of
    /// them.
    Summary {
        /// The day.
        day: Day,
        /// The limit.
        limit: u32,
    },
}

/// Why an email could not be rendered.
pub type RenderError = Box<dyn std::error::Error + Send + Sync>;

/// The email was not sent, or nobody knows whether it was. The event has to come again.
#[derive(Debug, thiserror::Error)]
pub enum EmailError {
    /// Another copy of this function is sending it right now.
    #[error("another invocation is sending this email")]
    InFlight,
    /// SES refused it less than [`REFUSED_FOR`] ago, and was not asked again.
    #[error("Amazon SES has just refused this email")]
    HeldBack,
    /// Others kept counting alerts of the same client.
    #[error("too many alerts of one client at once")]
    Busy,
    /// The email has no text.
    #[error("the email could not be rendered")]
    Unrendered(#[source] RenderError),
    /// SES did not take it.
    #[error(transparent)]
    Ses(#[from] SesError),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EmailError {
    /// Whether another attempt in a while fares no better, unless a person repairs the cause first.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::HeldBack | Self::Unrendered(_) => true,
            Self::Ses(error) => is_refused_for_good(error),
            Self::InFlight | Self::Busy | Self::Store(_) => false,
        }
    }
}

/// Whether SES refuses this email, and not only now. What the account or the role may not do, it may once
/// the operator has repaired that, for all emails.
fn is_refused_for_good(error: &SesError) -> bool {
    match error {
        SesError::Refused { refusal, .. } => match refusal {
            Refusal::MessageRejected | Refusal::BadRequest => true,
            Refusal::AccessDenied | Refusal::LimitExceeded | Refusal::Other => false,
        },
        SesError::Throttled { .. } | SesError::Unavailable { .. } => false,
    }
}

/// Sends the email of an event, unless it has been sent or is not to be sent. `limit` is that of a
/// client for which Lasso support has set none.
///
/// A copy that dies between SES's answer and the note of it sends a second email after its lease:
/// SES has no idempotency token for `SendEmail`, and an alert twice is better than none. One that dies
/// before has counted the event, or has not; the next one finds that in the ledger.
pub async fn email_support<P>(
    tools: &StoreTools<'_, P>,
    mail: &P::Mail,
    event: &Event,
    limit: u32,
    render: impl FnOnce(Form) -> Result<Email, RenderError>,
) -> Result<Outcome, EmailError>
where
    P: Ports<Store: EmailLedger + PlaceAlerts + ReadClientRecord, Mail: SendEmail>,
{
    let StoreTools { store, clock, .. } = *tools;
    let now = clock.now();
    match store
        .lease(event.event_id, now, now + SENDING_LEASE)
        .await?
    {
        Lease::Sent => return Ok(Outcome::AlreadySent),
        Lease::InFlight => return Err(EmailError::InFlight),
        Lease::HeldBack => return Err(EmailError::HeldBack),
        Lease::Granted => {}
    }
    let place = if stops_mail(event) {
        Place::Own
    } else {
        placed(tools, event, limit).await?
    };
    let (form, outcome) = match place {
        Place::Own => (Form::Alert, Outcome::Sent),
        Place::Summary { day, limit } => (Form::Summary { day, limit }, Outcome::SummarySent),
        Place::InSummary => return Ok(Outcome::InSummary),
        Place::Repeated => return Ok(Outcome::Repeated),
    };
    let email = match render(form) {
        Ok(email) => email,
        Err(error) => {
            // Nothing was sent: the next delivery need not wait for the lease.
            store.release(event.event_id).await?;
            return Err(EmailError::Unrendered(error));
        }
    };
    match mail.send(&email).await {
        Ok(message_id) => {
            note_sent(store, event.event_id, &message_id, clock.now()).await?;
            Ok(outcome)
        }
        Err(error) => {
            match &error {
                error if is_refused_for_good(error) => {
                    let until = clock.now() + REFUSED_FOR;
                    store.hold_back(event.event_id, until).await?;
                }
                // Nothing was sent: the next delivery need not wait for the lease.
                SesError::Throttled { .. } | SesError::Refused { .. } => {
                    store.release(event.event_id).await?;
                }
                SesError::Unavailable { .. } => {}
            }
            Err(error.into())
        }
    }
}

async fn placed<P>(
    tools: &StoreTools<'_, P>,
    event: &Event,
    limit: u32,
) -> Result<Place, EmailError>
where
    P: Ports<Store: EmailLedger + PlaceAlerts + ReadClientRecord>,
{
    let StoreTools { store, clock, ids } = *tools;
    let own = store.client_record(&event.client).await?.own;
    let limit = own
        .and_then(|own| own.support_emails_per_day)
        .unwrap_or(limit);
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        if let Some(place) = store.place(&Alert::of(event), limit, clock.now()).await? {
            return Ok(place);
        }
    }
    // Nothing was sent: the next delivery need not wait for the lease.
    store.release(event.event_id).await?;
    Err(EmailError::Busy)
}

/// Tries twice: a note that is lost costs a second email.
async fn note_sent(
    ledger: &impl EmailLedger,
    event_id: EventId,
    message_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    if ledger.sent(event_id, message_id, now).await.is_ok() {
        return Ok(());
    }
    ledger.sent(event_id, message_id, now).await
}
