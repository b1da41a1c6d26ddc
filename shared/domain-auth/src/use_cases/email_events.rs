//! Emails about events. Each event is in exactly one email to each audience that is told of it,
//! however often it is delivered. No mailbox gets more emails than its limits allow.

mod minute;
mod outcome;
mod sorting;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::StoreTools;
use crate::alerts::{Alert, Place, PlaceAlerts, stops_mail};
use crate::attempts::Attempts;
use crate::audience::{Audience, EmailId};
use crate::event::Event;
use crate::instructions::Day;
use crate::limits::ReadClientRecord;
use crate::mail_limits::{CountEmails, MailLimits, MailWindow};
use crate::ports::{Clock, Email, EmailLedger, Lease, Ports, SendEmail, SesError, alias};
use crate::ses_share::{SesTurns, Turn, TurnRequest};

use sorting::{by_reader, into_lists, is_to_wait, of_length};

pub use outcome::{EmailError, Form, Outcome, RenderError, Settled, causes};
pub use sorting::Item;

/// How long a copy of the function may take to send. Longer than its timeout, so that two copies
/// never send at the same time; shorter than the visibility timeout of messages whose copy crashed.
pub const SENDING_LEASE: SignedDuration = SignedDuration::from_secs(30);

/// How long an email that SES refused permanently is not tried again. Copies of its message that
/// arrive meanwhile become dead letters without a call to SES. A message that is redriven after the
/// cause is repaired comes later than this.
pub const REFUSED_FOR: SignedDuration = SignedDuration::from_mins(1);

/// The longest time for one email if Amazon SES does not respond (10 s), and for storing the result
/// and telling the queue afterwards (5 s). An email is started only if this much time is left.
pub const NEEDED: SignedDuration = SignedDuration::from_secs(15);

/// The wait before the next email after SES has throttled one, because its rate is per second.
const AFTER_THROTTLING: SignedDuration = SignedDuration::from_secs(1);

alias! {
    /// The store behind emails about events.
    MailStore = EmailLedger + PlaceAlerts + ReadClientRecord + CountEmails + SesTurns
}

/// Sends emails about events. `render` renders an email of a form.
pub struct Postman<'a, P: Ports, R> {
    tools: StoreTools<'a, P>,
    mail: &'a P::Mail,
    limits: MailLimits,
    deadline: Timestamp,
    render: R,
    /// An email was started. The first one is sent regardless of the deadline.
    begun: bool,
    throttled: bool,
}

/// How an event is handled after its lease was granted.
enum Begun {
    Over(Outcome),
    Own,
    Summary { day: Day, limit: u32 },
}

impl<'a, P, R> Postman<'a, P, R>
where
    P: Ports<Store: MailStore, Mail: SendEmail>,
    R: Fn(Form<'_>) -> Result<Email, RenderError>,
{
    /// A postman that starts no email which might not be finished by `deadline`, when the function
    /// is cut off.
    pub fn new(
        tools: StoreTools<'a, P>,
        mail: &'a P::Mail,
        limits: MailLimits,
        deadline: Timestamp,
        render: R,
    ) -> Self {
        Self {
            tools,
            mail,
            limits,
            deadline,
            render,
            begun: false,
            throttled: false,
        }
    }

    /// Emails each of `items`, or finds that it was emailed before or needs no email. The results
    /// are in the order of `items`. Events that say that mail stops come first, each in an email of
    /// its own.
    ///
    /// If a copy crashes after SES has accepted an email and before it has stored that, a second
    /// email is sent after the lease: SES has no idempotency token for `SendEmail`, and two alerts
    /// are better than none. This applies to all events of a list together.
    pub async fn email(&mut self, items: &[Item<'_>]) -> Vec<Settled> {
        let mut settled: Vec<Option<Settled>> = items.iter().map(|_| None).collect();
        let (first, usual): (Vec<usize>, Vec<usize>) =
            (0..items.len()).partition(|at| stops_mail(items[*at].event));
        for at in first {
            self.alone(items, at, &mut settled).await;
        }
        for of_one in by_reader(items, &usual) {
            self.tell_one_reader(items, &of_one, &mut settled).await;
        }
        let untouched = || Err(Arc::new(EmailError::NoTime));
        let settled = settled.into_iter();
        settled
            .map(|outcome| outcome.unwrap_or_else(untouched))
            .collect()
    }

    async fn alone(&mut self, items: &[Item<'_>], at: usize, settled: &mut [Option<Settled>]) {
        let item = &items[at];
        let outcome = match self.begin(item).await {
            Ok(Begun::Own) => self.single(item).await,
            Ok(Begun::Over(outcome)) => Ok(outcome),
            Ok(Begun::Summary { day, limit }) => self.summary(item, day, limit).await,
            Err(error) => Err(error),
        };
        settled[at] = Some(outcome.map_err(Arc::new));
    }

    /// Events that do not stop mail: one email each up to the limit per minute, and lists for
    /// the rest.
    async fn tell_one_reader(
        &mut self,
        items: &[Item<'_>],
        of_one: &[usize],
        settled: &mut [Option<Settled>],
    ) {
        let mut own = Vec::new();
        for at in of_one {
            match self.begin(&items[*at]).await {
                Ok(Begun::Own) => own.push(*at),
                Ok(Begun::Over(outcome)) => settled[*at] = Some(Ok(outcome)),
                Ok(Begun::Summary { day, limit }) => {
                    let outcome = self.summary(&items[*at], day, limit).await;
                    settled[*at] = Some(outcome.map_err(Arc::new));
                }
                Err(error) => settled[*at] = Some(Err(Arc::new(error))),
            }
        }
        let (lists, singles) = into_lists(items, own);
        let above = self.singles(items, singles, settled).await;
        for list in lists {
            self.list(items, &list, settled).await;
        }
        if is_to_wait(items, &above) {
            self.wait(items, &above, settled).await;
            return;
        }
        for list in of_length(items, &above) {
            self.list(items, &list, settled).await;
        }
    }

    /// Takes the lease of the email, and decides how the event is reported by email.
    async fn begin(&mut self, item: &Item<'_>) -> Result<Begun, EmailError> {
        if !self.is_in_time() {
            return Err(EmailError::NoTime);
        }
        let StoreTools { store, clock, .. } = self.tools;
        let now = clock.now();
        match store.lease(item.id(), now, now + SENDING_LEASE).await? {
            Lease::Sent => return Ok(Begun::Over(Outcome::AlreadySent)),
            Lease::InFlight => return Err(EmailError::InFlight),
            Lease::HeldBack { reason } => return Err(EmailError::HeldBack { reason }),
            Lease::Granted => {}
        }
        if stops_mail(item.event) {
            return Ok(Begun::Own);
        }
        match item.audience {
            Audience::Support => match self.placed(item.event).await? {
                Place::Own => Ok(Begun::Own),
                Place::Summary { day, limit } => Ok(Begun::Summary { day, limit }),
                Place::InSummary => Ok(Begun::Over(Outcome::InSummary)),
                Place::Repeated => Ok(Begun::Over(Outcome::Repeated)),
            },
            Audience::Client => {
                let day = Day::of(now);
                let window = MailWindow::Day(day);
                let mut is_full = false;
                for (mailbox, limit) in item.counted_on_a_day() {
                    is_full |= store.emails_counted(&mailbox, window).await? >= limit;
                }
                if !is_full {
                    return Ok(Begun::Own);
                }
                // Nothing was sent: the next delivery need not wait for the lease.
                store.release(item.id()).await?;
                Err(EmailError::DayIsFull { until: day.end() })
            }
        }
    }

    fn is_in_time(&self) -> bool {
        !self.begun || self.tools.clock.now() + NEEDED <= self.deadline
    }

    async fn placed(&self, event: &Event) -> Result<Place, EmailError> {
        let StoreTools { store, clock, ids } = self.tools;
        let own = store.client_record(&event.client).await?.own;
        let limit = own
            .and_then(|own| own.support_emails_per_day)
            .unwrap_or(self.limits.per_client_per_day);
        let mut attempts = Attempts::default();
        while attempts.again(clock, ids).await {
            if let Some(place) = store.place(&Alert::of(event), limit, clock.now()).await? {
                return Ok(place);
            }
        }
        // Nothing was sent: the next delivery need not wait for the lease.
        store.release(EmailId::support(event.event_id)).await?;
        Err(EmailError::Busy)
    }

    async fn single(&mut self, item: &Item<'_>) -> Result<Outcome, EmailError> {
        let (event, audience) = (item.event, item.audience);
        let form = Form::Single { event, audience };
        let sent = self.deliver(&[item], form).await?;
        Ok(sent.unwrap_or(Outcome::Sent))
    }

    async fn summary(
        &mut self,
        item: &Item<'_>,
        day: Day,
        limit: u32,
    ) -> Result<Outcome, EmailError> {
        let event = item.event;
        let form = Form::Summary { event, day, limit };
        let sent = self.deliver(&[item], form).await?;
        Ok(sent.unwrap_or(Outcome::SummarySent))
    }

    /// One email that lists several events for one reader.
    async fn list(&mut self, items: &[Item<'_>], list: &[usize], settled: &mut [Option<Settled>]) {
        let listed: Vec<&Item<'_>> = list.iter().map(|at| &items[*at]).collect();
        let Some(item) = listed.first() else { return };
        let audience = item.audience;
        let events: Vec<&Event> = listed.iter().map(|item| item.event).collect();
        let sent = match events.as_slice() {
            [event] => {
                self.deliver(&listed, Form::Single { event, audience })
                    .await
            }
            events => self.deliver(&listed, Form::List { events, audience }).await,
        };
        let sent = sent.map(|none| none.unwrap_or(Outcome::Listed));
        let sent = sent.map_err(Arc::new);
        for at in list {
            settled[*at] = Some(sent.clone());
        }
    }

    /// Sends one email about events whose leases were granted. Returns an outcome early if no email
    /// is to be sent.
    async fn deliver(
        &mut self,
        listed: &[&Item<'_>],
        form: Form<'_>,
    ) -> Result<Option<Outcome>, EmailError> {
        let ids: Vec<EmailId> = listed.iter().map(|item| item.id()).collect();
        match self.try_to_deliver(listed, &ids, form).await {
            Ok(outcome) => Ok(outcome),
            Err(error) => self.failed(&ids, error).await.map(Some),
        }
    }

    async fn try_to_deliver(
        &mut self,
        listed: &[&Item<'_>],
        ids: &[EmailId],
        form: Form<'_>,
    ) -> Result<Option<Outcome>, EmailError> {
        let Some(item) = listed.first() else {
            return Ok(None);
        };
        if !self.is_in_time() {
            return Err(EmailError::NoTime);
        }
        let StoreTools { store, clock, .. } = self.tools;
        let email = (self.render)(form).map_err(EmailError::Unrendered)?;
        if self.is_suppressed(item).await {
            return match item.audience {
                Audience::Support => Err(EmailError::Suppressed),
                Audience::Client => {
                    for id in ids {
                        store.settle(*id, clock.now()).await?;
                    }
                    Ok(Some(Outcome::Suppressed))
                }
            };
        }
        self.turn(stops_mail(item.event)).await?;
        self.begun = true;
        let sent = self.mail.send(&item.to, &email).await;
        self.throttled = matches!(sent, Err(SesError::Throttled { .. }));
        let message_id = sent?;
        // Tries twice: if this write is lost, a second email is sent.
        if store.sent(ids, &message_id, clock.now()).await.is_err() {
            let again = store.sent(ids, &message_id, clock.now()).await;
            again.map_err(EmailError::Unnoted)?;
        }
        if item.audience == Audience::Client && !stops_mail(item.event) {
            let day = MailWindow::Day(Day::of(clock.now()));
            for (mailbox, _) in item.counted_on_a_day() {
                if let Err(error) = store.count_email(&mailbox, day, u32::MAX).await {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "an email to a contact was not counted"
                    );
                }
            }
        }
        Ok(None)
    }

    /// False if SES does not answer: then the email is sent, and SES refuses it if it wants to.
    async fn is_suppressed(&self, item: &Item<'_>) -> bool {
        let now = self.tools.clock.now();
        match self.mail.is_suppressed(&item.to, now).await {
            Ok(suppressed) => suppressed,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the suppression list could not be read; the email is sent anyway"
                );
                false
            }
        }
    }

    /// Waits for the next turn, which all copies share, so that they stay below the rate of SES. An
    /// email about stopped mail gets a turn before all others that wait.
    async fn turn(&mut self, is_stop: bool) -> Result<(), EmailError> {
        let StoreTools { store, clock, .. } = self.tools;
        if std::mem::take(&mut self.throttled) {
            clock.sleep(AFTER_THROTTLING.unsigned_abs()).await;
        }
        loop {
            let (now, rate) = (clock.now(), self.limits.per_second);
            let request = if is_stop {
                let time = self.deadline.duration_since(now) - NEEDED;
                TurnRequest::for_stop(now, rate, time)
            } else {
                TurnRequest::for_email(now, rate)
            };
            match store.turn(&request).await? {
                Turn::At(at) => {
                    let wait = at.duration_since(clock.now());
                    if wait.is_positive() {
                        clock.sleep(wait.unsigned_abs()).await;
                    }
                    return Ok(());
                }
                Turn::Refused => {
                    let again = request.ask_again_after();
                    let until = clock.now() + again;
                    if until + NEEDED > self.deadline {
                        return Err(EmailError::Early { until });
                    }
                    clock.sleep(again.unsigned_abs()).await;
                }
            }
        }
    }

    /// Returns the leases if nothing was sent, so that the next delivery need not wait for them.
    /// Passes on the error.
    async fn failed(&self, ids: &[EmailId], error: EmailError) -> Result<Outcome, EmailError> {
        let StoreTools { store, clock, .. } = self.tools;
        if error.may_have_been_sent() {
            return Err(error);
        }
        for id in ids {
            if error.is_refused_for_good() {
                let until = clock.now() + REFUSED_FOR;
                store.hold_back(*id, until, &causes(&error)).await?;
            } else {
                store.release(*id).await?;
            }
        }
        Err(error)
    }
}
