//! One email to Lasso support for each event, however often the event is delivered.

use jiff::{SignedDuration, Timestamp};

use crate::names::EventId;
use crate::ports::{Clock, Email, EmailLedger, Lease, Refusal, SendEmail, SesError, StoreError};

/// How long a copy of the function has for sending. Longer than its timeout, so that two copies
/// never send at once; shorter than the first retry of an asynchronous invocation (one minute).
pub const SENDING_LEASE: SignedDuration = SignedDuration::from_secs(30);

/// For how long an email that SES refused is not tried again: Lambda's two retries come within it, so
/// that the event reaches the dead-letter queue without asking SES for the same twice.
pub const REFUSED_FOR: SignedDuration = SignedDuration::from_mins(10);

/// What came of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The email is on its way.
    Sent,
    /// It had been sent before.
    AlreadySent,
}

/// The email was not sent, or nobody knows whether it was. The event has to come again.
#[derive(Debug, thiserror::Error)]
pub enum EmailError {
    /// Another copy of this function is sending it right now, or SES refused it a moment ago.
    #[error("another invocation is sending this email, or Amazon SES has just refused it")]
    InFlight,
    /// SES did not take it.
    #[error(transparent)]
    Ses(#[from] SesError),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sends the email of an event, unless it has been sent.
///
/// A copy that dies between SES's answer and the note of it sends a second email after its lease:
/// SES has no idempotency token for `SendEmail`, and an alert twice is better than none.
pub async fn email_support(
    ledger: &impl EmailLedger,
    mail: &impl SendEmail,
    clock: &impl Clock,
    email: &Email,
) -> Result<Outcome, EmailError> {
    let now = clock.now();
    match ledger
        .lease(email.event_id, now, now + SENDING_LEASE)
        .await?
    {
        Lease::Sent => return Ok(Outcome::AlreadySent),
        Lease::InFlight => return Err(EmailError::InFlight),
        Lease::Granted => {}
    }
    match mail.send(email).await {
        Ok(message_id) => {
            note_sent(ledger, email.event_id, &message_id, clock.now()).await?;
            Ok(Outcome::Sent)
        }
        Err(error) => {
            match &error {
                SesError::Refused {
                    refusal: Refusal::MessageRejected | Refusal::BadRequest,
                    ..
                } => {
                    let until = clock.now() + REFUSED_FOR;
                    ledger.hold_back(email.event_id, until).await?;
                }
                // Nothing was sent: the next delivery need not wait for the lease.
                SesError::Throttled { .. } | SesError::Refused { .. } => {
                    ledger.release(email.event_id).await?;
                }
                SesError::Unavailable { .. } => {}
            }
            Err(error.into())
        }
    }
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
