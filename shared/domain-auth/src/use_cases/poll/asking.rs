//! Asking SES in full batches for the status of domains, and handling each answer.

use std::collections::HashMap;

use futures::channel::mpsc::UnboundedSender;
use futures::{StreamExt, stream};
use jiff::SignedDuration;

use super::batches::{Batches, is_permanent};
use super::counter::Counter;
use super::part::Part;
use super::stages::{Asked, Doubtful, DueDomain};
use super::{Poller, PollerPorts, Times};
use crate::domain::Domain;
use crate::event::RecordStanding;
use crate::identity::SesStatus;
use crate::missing::standings_by_ses;
use crate::names::DomainName;
use crate::ports::{Clock, ReadDomains};
use crate::use_cases::SesBudget;
use crate::use_cases::look::{after_look, statuses};
use crate::use_cases::sending_status::settled;
use crate::watching;

/// Domains that are written at the same time.
const WRITES_AT_ONCE: usize = 16;
/// When SES is asked again about a name that it refuses, without other names.
const REFUSED_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// SES's answer to a batch.
enum Answer {
    /// The status of each domain.
    Statuses(HashMap<DomainName, SesStatus>),
    /// It was throttled or did not answer.
    None,
    /// It would refuse this batch again.
    Refused,
}

impl<P: PollerPorts> Poller<'_, P> {
    /// Asks SES about domains that are due, and passes each on to the DNS look.
    pub(super) async fn ask_ses(
        &self,
        domains: Vec<DueDomain>,
        times: Times,
        to_look_up: UnboundedSender<Asked>,
    ) -> Part {
        self.ask(domains, self.tools.budget, times, |due, status| {
            self.move_state(due.answered(status), &to_look_up)
        })
        .await
    }

    /// Asks SES about doubtful domains, and concludes them. No person waits for that. If SES does
    /// not answer, nothing is written: the domains stay due.
    pub(super) async fn ask_about(&self, domains: Vec<Doubtful>, times: Times) -> Part {
        let background = self.tools.budget.in_background();
        self.ask(domains, &background, times, |doubtful, status| {
            self.conclude(doubtful.answered(status), times)
        })
        .await
    }

    /// Asks SES in full batches, and runs `next` for each domain with an answer.
    async fn ask<T: AsRef<Domain>, F: Future<Output = Part>>(
        &self,
        domains: Vec<T>,
        budget: &SesBudget,
        times: Times,
        next: impl Fn(T, Option<SesStatus>) -> F,
    ) -> Part {
        let mut part = Part::default();
        let tools = self.tools.with_budget(budget);
        let (tools, next) = (&tools, &next);
        let mut batches = Batches::of(domains);
        while self.tools.clock.now() < times.ask
            && let Some(batch) = batches.next()
        {
            let names = batch.iter().map(|domain| domain.as_ref().name.clone());
            let statuses = match self.statuses_of(names.collect(), budget, &mut part).await {
                Answer::Statuses(statuses) => statuses,
                Answer::None => continue,
                Answer::Refused => {
                    part.refused(batches.refused(batch));
                    continue;
                }
            };
            batches.answered();
            let done = batch.into_iter().map(|domain| {
                let status = statuses.get(&domain.as_ref().name).copied();
                async move {
                    let status = match status {
                        Some(status) => settled(tools, domain.as_ref(), status, times.ask).await,
                        None => None,
                    };
                    next(domain, status).await
                }
            });
            let mut done = stream::iter(done).buffer_unordered(WRITES_AT_ONCE);
            while let Some(done) = done.next().await {
                part.add(done);
            }
        }
        self.back_off(batches.refused_alone(), &mut part).await;
        part
    }

    /// The SES status of these domains. Without an answer they stay due.
    async fn statuses_of(
        &self,
        names: Vec<DomainName>,
        budget: &SesBudget,
        part: &mut Part,
    ) -> Answer {
        let error = match statuses(&self.tools.with_budget(budget), &names).await {
            Ok(statuses) => return Answer::Statuses(statuses),
            Err(error) => error,
        };
        let refused = is_permanent(&error);
        let error = &error as &dyn std::error::Error;
        tracing::warn!(
            domains = names.len(),
            error,
            "SES did not say how these domains stand; they stay due"
        );
        if refused {
            return Answer::Refused;
        }
        part.report.count(Counter::Errors, 1);
        part.report.count(Counter::Unanswered, names.len());
        Answer::None
    }

    /// Postpones domains that SES refuses while it answers about others. If they were asked about
    /// in each run, their batch would be halved each time.
    async fn back_off(&self, domains: Vec<impl AsRef<Domain>>, part: &mut Part) {
        let next_check = self.tools.clock.now() + REFUSED_AGAIN;
        for domain in &domains {
            let domain = domain.as_ref();
            tracing::error!(
                domain = domain.name.as_str(),
                "SES refuses to say how this domain stands; it is asked again in an hour"
            );
            let change = domain.updated(|domain| domain.next_check = next_check);
            self.commit(domain, change, &mut part.report).await;
        }
    }

    /// Writes the SES status if it changes the state, because a person waits for that, unless the
    /// final step is part of the change, which needs more calls to SES. Then the domain is passed
    /// on to the DNS look.
    async fn move_state(&self, asked: Asked, to_look_up: &UnboundedSender<Asked>) -> Part {
        let mut part = Part::default();
        let (now, domain) = (self.tools.clock.now(), asked.domain());
        let mut change = after_look(domain, asked.status(), None, now, self.tools.ids);
        let watched = watching::is_watched(domain.state.status());
        let asked = if change.history.is_empty() || watched || self.final_step.takes(&change) {
            asked
        } else {
            if let Some(event) = &mut change.event {
                event.records = self.last_seen(&change.domain).await;
            }
            let after = change.domain.clone();
            if !self.commit(domain, change, &mut part.report).await {
                return part;
            }
            asked.written(after)
        };
        if to_look_up.unbounded_send(asked).is_err() {
            tracing::error!("a domain was not handed on to be looked up; it stays due");
        }
        part
    }

    /// How the records stand by what SES says and the last look at DNS, for an email that does not wait for the
    /// next one. The email goes without the look where it cannot be read.
    async fn last_seen(&self, domain: &Domain) -> Vec<RecordStanding> {
        let look = self.tools.store.look(&domain.client, &domain.name).await;
        let look = look.unwrap_or_else(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "the last look at DNS was not read");
            None
        });
        standings_by_ses(domain, look.as_ref())
    }
}
