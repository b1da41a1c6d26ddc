//! Makes SES look again for records that were published after it had stopped looking: records that
//! a verified domain did not need, and records of a failed domain.

use jiff::Timestamp;

use super::{LookedUp, Said};
use crate::domain::Domain;
use crate::history::Actor;
use crate::identity::AxisStatus;
use crate::ports::{Clock, CommitChanges, Identities, Operation, SesError};
use crate::records::{RecordId, Requirement};
use crate::state::{FailureReason, State};
use crate::use_cases::delete_identity::CALL;
use crate::use_cases::poll::{Counter, Poller, PollerPorts, Report, Times};
use crate::use_cases::restart::{RESTART_LEASE, look_again};
use crate::watching;
use crate::watching::watch::{DKIM, all_found};

impl<P: PollerPorts> Poller<'_, P> {
    /// SES stops looking after 72 hours. If a verified domain got its other records later than
    /// that, SES is made to look again.
    pub(super) async fn restart_at_ses(
        &self,
        looked: &mut LookedUp,
        times: Times,
        report: &mut Report,
    ) {
        let (Some(mut ses), Some(dns)) = (looked.said.status(), looked.dns.as_ref()) else {
            return;
        };
        let Some(identity) = looked.domain.state.identity().cloned() else {
            return;
        };
        let in_time = self.tools.clock.now() < times.ask;
        if !in_time || !watching::is_watched(looked.domain.state.status()) {
            return;
        }
        let dkim = identity.dkim.is_some() && watching::dkim_wants_restart(ses, dns);
        let mail_from = identity
            .mail_from
            .filter(|_| watching::mail_from_wants_restart(ses, dns));
        if !(dkim || mail_from.is_some()) || !self.is_the_clients(&looked.domain).await {
            return;
        }
        let background = self.tools.budget.in_background();
        let tools = self.tools.with_budget(&background);
        if dkim && self.dkim_looked_for_again(looked, times, report).await {
            ses.dkim = AxisStatus::Pending;
            looked.restarted = true;
        }
        if let Some(label) = &mail_from {
            let again = || tools.ses.set_mail_from(&looked.domain.name, label);
            let operation = Operation::PutEmailIdentityMailFromAttributes;
            if began(tools.paced(operation, again).await) {
                ses.mail_from = AxisStatus::Pending;
                looked.restarted = true;
            }
        }
        looked.said = looked.said.with(ses);
        report.count(Counter::RestartedAtSes, usize::from(looked.restarted));
    }

    /// A failed domain whose required records (or DKIM records) are all in DNS now gets another 72
    /// hours at SES, once for each failure. `None` if this was not done: the look is then concluded
    /// as usual.
    pub(super) async fn restart_failed(
        &self,
        looked: &mut LookedUp,
        times: Times,
    ) -> Option<Report> {
        let in_time = || self.tools.clock.now() < times.ask;
        if !looked.failed_and_is_right_now() || !in_time() {
            return None;
        }
        if !self.is_the_clients(&looked.domain).await {
            return None;
        }
        let budget = self.tools.budget.in_background();
        for operation in [Operation::VerifyDomainIdentity, Operation::VerifyDomainDkim] {
            budget.wait(operation, self.tools.clock).await;
        }
        let mut report = Report::default();
        let until = self.tools.clock.now() + RESTART_LEASE;
        if !in_time() || !self.leased(looked, until, &mut report).await {
            return None;
        }
        // A call that could end after its lease is not made.
        if self.tools.clock.now() + CALL > until {
            return None;
        }
        let before = looked.domain.clone();
        let tools = self.tools.with_budget(&budget);
        match look_again(&tools, before.clone(), &Actor::Service, looked.dns.as_ref()).await {
            Ok(change) => {
                report.written(&before, &change, Ok(()));
                report.count(Counter::RestartedAtSes, 1);
                Some(report)
            }
            Err(error) => {
                tracing::warn!(
                    domain = %before.name,
                    error = &error as &dyn std::error::Error,
                    "SES was not made to look again for a domain that failed; the next look tries it"
                );
                None
            }
        }
    }

    /// Whether the identity at SES has the tags of this stack and of the client. False if SES did
    /// not answer.
    async fn is_the_clients(&self, domain: &Domain) -> bool {
        match self.describe(&domain.name).await {
            Ok(Some(existing)) if existing.belongs_to(&domain.client) => true,
            Ok(_) => {
                tracing::warn!(
                    domain = %domain.name,
                    "the identity at SES is no longer this client's; nothing about it is changed"
                );
                false
            }
            Err(error) => {
                tracing::warn!(
                    domain = %domain.name,
                    error = &error as &dyn std::error::Error,
                    "SES did not say whose the identity is; the next look asks again"
                );
                false
            }
        }
    }

    /// Makes SES look for the DKIM records again. The call creates an identity if there is none, so
    /// a lease is written (until when the call may be running), and the identity is not deleted
    /// before that time. The lease begins after the wait for the quota: a call that could end after
    /// its lease is not made.
    async fn dkim_looked_for_again(
        &self,
        looked: &mut LookedUp,
        times: Times,
        report: &mut Report,
    ) -> bool {
        let operation = Operation::VerifyDomainDkim;
        let (budget, clock) = (self.tools.budget.in_background(), self.tools.clock);
        budget.wait(operation, clock).await;
        if clock.now() >= times.ask {
            return false;
        }
        let until = clock.now() + RESTART_LEASE;
        if !self.leased(looked, until, report).await || clock.now() + CALL > until {
            return false;
        }
        let answer = self.tools.ses.verify_dkim(&looked.domain.name).await;
        budget.note(operation, &answer, clock.now());
        began(answer.map(drop))
    }

    async fn leased(&self, looked: &mut LookedUp, until: Timestamp, report: &mut Report) -> bool {
        let leased = looked
            .domain
            .updated(|domain| domain.restarting_until = Some(until));
        let outcome = self.tools.store.commit(&leased).await;
        let written = report.written(&looked.domain, &leased, outcome);
        if written {
            looked.domain = leased.domain;
        }
        written
    }
}

impl LookedUp {
    /// Whether SES has given up on the domain, and all records are published by which it verifies a
    /// domain: the TXT record, or the three DKIM records.
    fn failed_and_is_right_now(&self) -> bool {
        let State::Failed(failed) = &self.domain.state else {
            return false;
        };
        let has_given_up = match failed.reason {
            FailureReason::DeadlinePassed | FailureReason::SesGaveUp => true,
            FailureReason::SesRevoked => true,
            FailureReason::IdentityGone | FailureReason::RefusedBySes => false,
        };
        // If SES is still looking, or looks again, no restart is needed.
        let has_stopped = match self.said {
            Said::Now(ses) => ses.verification == AxisStatus::Failed,
            Said::Before(_) | Said::Nothing => false,
        };
        let Some(dns) = &self.dns else {
            return false;
        };
        let records = self.domain.records();
        let required = records
            .iter()
            .filter(|record| record.requirement == Requirement::Required);
        let required: Vec<RecordId> = required.map(|record| record.id).collect();
        let has_required = !required.is_empty() && all_found(dns, &required);
        // SES verifies a domain by its DKIM records too.
        has_given_up && has_stopped && (has_required || all_found(dns, &DKIM))
    }
}

fn began(answer: Result<(), SesError>) -> bool {
    match answer {
        Ok(()) => true,
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(
                error,
                "SES was not made to look again; the next look tries it"
            );
            false
        }
    }
}
