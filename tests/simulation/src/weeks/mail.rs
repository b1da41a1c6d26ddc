//! A simulated SES that sends email to people outside Lasso.

use std::sync::Arc;
use std::time::Duration;

use domain_auth::instructions::{Letter, SendLetter};
use domain_auth::names::{ClientId, DomainName, EmailAddress};
use domain_auth::ports::{Clock, SesError};

use super::journal::Journal;
use crate::chance::Chance;
use crate::ses::Trouble;
use crate::time::SimClock;

const ANSWER: (Duration, Duration) = (Duration::from_millis(40), Duration::from_millis(40));
const OPERATION: &str = "SendEmail";

/// Sends emails about one domain.
#[derive(Debug)]
pub(super) struct SimMail {
    pub(super) clock: SimClock,
    pub(super) chance: Arc<Chance>,
    pub(super) journal: Journal,
    pub(super) trouble: Trouble,
    pub(super) whose: (ClientId, DomainName),
}

impl SendLetter for SimMail {
    /// No address is on the list.
    async fn is_suppressed(&self, _: &EmailAddress) -> Result<bool, SesError> {
        Ok(false)
    }

    async fn send(&self, _: &EmailAddress, _: &Letter) -> Result<String, SesError> {
        let (least, mean) = ANSWER;
        if self.chance.happens(self.trouble.throttled) {
            let operation = OPERATION;
            return Err(SesError::Throttled { operation });
        }
        let unanswered = self.chance.happens(self.trouble.unanswered);
        if !unanswered || self.chance.happens(0.5) {
            self.journal.letter(&self.whose.0, &self.whose.1);
        }
        self.clock.sleep(self.chance.latency(least, mean)).await;
        if unanswered {
            return Err(SesError::Unavailable {
                operation: OPERATION,
                source: "no answer".into(),
            });
        }
        Ok("message".to_owned())
    }
}
