//! The limit of emails about a single event to one mailbox per minute.

use std::sync::Arc;

use super::{EmailError, Form, Item, MailStore, Outcome, Postman, RenderError, Settled};
use crate::mail_limits::{CountEmails, MailWindow, Minute};
use crate::ports::{Clock, Email, Ports, SendEmail, StoreError};

impl<P, R> Postman<'_, P, R>
where
    P: Ports<Store: MailStore, Mail: SendEmail>,
    R: Fn(Form<'_>) -> Result<Email, RenderError>,
{
    /// An email for each event, up to the limit. Returns the events beyond it: the first one and all later ones, so
    /// that their order stays.
    pub(super) async fn singles(
        &mut self,
        items: &[Item<'_>],
        singles: Vec<usize>,
        settled: &mut [Option<Settled>],
    ) -> Vec<usize> {
        let mut above = Vec::new();
        for at in singles {
            let item = &items[at];
            let counted = if above.is_empty() {
                self.counted(item).await
            } else {
                Ok(None)
            };
            let outcome = match counted {
                Ok(Some(minute)) => {
                    let outcome = self.single(item).await;
                    if is_nothing_sent(&outcome) {
                        self.give_back(item, minute).await;
                    }
                    outcome
                }
                Ok(None) => {
                    above.push(at);
                    continue;
                }
                Err(error) => self.failed(&[item.id()], error.into()).await,
            };
            settled[at] = Some(outcome.map_err(Arc::new));
        }
        above
    }

    /// Returns the leases of events that wait for the end of the minute.
    pub(super) async fn wait(
        &self,
        items: &[Item<'_>],
        above: &[usize],
        settled: &mut [Option<Settled>],
    ) {
        let until = Minute::of(self.tools.clock.now()).end();
        for at in above {
            let ids = [items[*at].id()];
            let early = self.failed(&ids, EmailError::Early { until }).await;
            settled[*at] = Some(early.map_err(Arc::new));
        }
    }

    /// The minute in which the email is counted; `None` if the limit is reached.
    async fn counted(&self, item: &Item<'_>) -> Result<Option<MailWindow>, StoreError> {
        let minute = MailWindow::Minute(Minute::of(self.tools.clock.now()));
        let limit = self.limits.singles_per_minute;
        let store = self.tools.store;
        let is_counted = store.count_email(&item.mailbox(), minute, limit).await?;
        Ok(is_counted.then_some(minute))
    }

    /// An email that was not sent uses up nothing of the limit.
    async fn give_back(&self, item: &Item<'_>, minute: MailWindow) {
        let store = self.tools.store;
        if let Err(error) = store.uncount_email(&item.mailbox(), minute).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "an email that was not sent counts for the limit of the minute"
            );
        }
    }
}

/// Whether certainly no email was sent.
fn is_nothing_sent(outcome: &Result<Outcome, EmailError>) -> bool {
    match outcome {
        Ok(Outcome::Suppressed | Outcome::AlreadySent) => true,
        Ok(Outcome::InSummary | Outcome::Repeated) => true,
        Ok(Outcome::Sent | Outcome::Listed | Outcome::SummarySent) => false,
        Err(error) => !error.may_have_been_sent(),
    }
}
