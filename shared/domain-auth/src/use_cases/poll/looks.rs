//! Looking at domains that are due. SES is asked by the hundred, at its quota, and what it says moves
//! states at once; beside that DNS is looked at, which may take its time and holds up nobody.

use std::collections::HashMap;
use std::pin::pin;

use futures::channel::mpsc;
use futures::{Stream, StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::batches::{Batches, is_permanent};
use super::{Part, Poller, PollerPorts, Report, Times};
use crate::dns::DnsLook;
use crate::domain::{Change, Domain};
use crate::identity::{AxisStatus, SesStatus};
use crate::names::DomainName;
use crate::pace;
use crate::ports::{
    Clock, CommitChanges, Due, Identities, LIST_PAGE, Operation, SesError, StoreError,
};
use crate::state::Status;
use crate::turns::in_turns;
use crate::use_cases::SesBudget;
use crate::use_cases::claim::{self, Ground};
use crate::use_cases::confirm::Proof;
use crate::use_cases::delete_identity::CALL;
use crate::use_cases::expire::{Expiry, expire};
use crate::use_cases::look::{after_look, is_downgrade, look_at_dns, statuses};
use crate::use_cases::restart::RESTART_LEASE;
use crate::watching::{self, Sight};

/// Domains that are looked up in DNS at the same time. A domain whose servers are dead takes one of
/// these places for 15 s, and no other domain's.
const LOOKS_AT_ONCE: usize = 32;
/// Domains that are written at the same time.
const WRITES_AT_ONCE: usize = 16;
/// When SES is asked again about a name that it refuses, and not others with it.
const REFUSED_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// What SES says when it is asked about a batch.
enum Answer {
    /// How each domain stands.
    Statuses(HashMap<DomainName, SesStatus>),
    /// It was throttled or did not answer.
    None,
    /// It would refuse this batch again.
    Refused,
}

/// How long one takeover may go on in a run. It goes on in the next run, so that what the run does after
/// its looks does not wait for it.
const TAKEOVER: SignedDuration = SignedDuration::from_secs(15);

/// What is known of a domain in this run.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) domain: Domain,
    pub(super) ses: Option<SesStatus>,
    pub(super) dns: Option<DnsLook>,
    /// SES was not asked about all of it: its list says that the verification has not moved.
    pub(super) listed: bool,
}

impl<P: PollerPorts> Poller<'_, P> {
    pub(super) async fn look_at_domains(&self, times: Times) -> Result<Part, StoreError> {
        let mut part = Part::default();
        let due = self
            .take_due(Due::Look, times.ask, LIST_PAGE, &mut part.report)
            .await?;
        let now = self.tools.clock.now();
        let (asked, unasked): (Vec<Domain>, Vec<Domain>) =
            due.into_iter().partition(|domain| asks_ses(domain, now));
        let (mut seen, asked) = self.settled_by_list(asked, times, &mut part).await;
        seen.extend(unasked.into_iter().map(|domain| Seen::of(domain, None)));
        // There may be no time to look up all of them; whoever was looked up now is not first again.
        seen.sort_by_key(|seen| seen.domain.dns_looked_at);
        let seen = in_turns(seen, usize::MAX, |seen| seen.domain.client.clone());
        let asked = in_turns(asked, usize::MAX, |domain| domain.client.clone());
        let (sender, answered) = mpsc::unbounded();
        let to_look_up = stream::select(answered, stream::iter(seen));
        let (asking, looking) = futures::future::join(
            self.ask_ses(asked, times, sender),
            self.look_up(to_look_up, times),
        )
        .await;
        part.add(asking);
        part.add(looking);
        Ok(part)
    }

    /// Asks SES in full batches, and hands each domain on.
    async fn ask_ses(
        &self,
        domains: Vec<Domain>,
        times: Times,
        to_look_up: mpsc::UnboundedSender<Seen>,
    ) -> Part {
        let mut part = Part::default();
        let mut batches = Batches::of(domains);
        while self.tools.clock.now() < times.ask
            && let Some(batch) = batches.next()
        {
            let names = batch.iter().map(|domain| domain.name.clone()).collect();
            let answer = self.statuses_of(names, self.tools.budget, &mut part).await;
            let statuses = match answer {
                Answer::Statuses(statuses) => statuses,
                Answer::None => continue,
                Answer::Refused => {
                    part.refused(batches.refused(batch));
                    continue;
                }
            };
            batches.answered();
            let moves = batch.into_iter().map(|domain| {
                let ses = statuses.get(&domain.name).copied();
                self.move_state(domain, ses)
            });
            let mut moves = stream::iter(moves).buffer_unordered(WRITES_AT_ONCE);
            while let Some((seen, report)) = moves.next().await {
                part.report.add(report);
                if let Some(seen) = seen
                    && to_look_up.unbounded_send(seen).is_err()
                {
                    tracing::error!("a domain was not handed on to be looked up; it stays due");
                }
            }
        }
        self.back_off(batches.refused_alone(), &mut part).await;
        part
    }

    /// What SES says of these domains. Where it does not answer they stay due.
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
        part.report.errors += 1;
        part.report.unanswered += names.len();
        Answer::None
    }

    /// Puts off domains that SES refuses to speak of while it answers about others: asked about at
    /// each run, they would have their batch halved each time.
    async fn back_off(&self, domains: Vec<Domain>, part: &mut Part) {
        let next_check = self.tools.clock.now() + REFUSED_AGAIN;
        for domain in domains {
            tracing::error!(
                domain = domain.name.as_str(),
                "SES refuses to say how this domain stands; it is asked again in an hour"
            );
            let change = domain.updated(|domain| domain.next_check = next_check);
            self.commit(&domain, change, &mut part.report).await;
        }
    }

    /// Writes what SES says where it moves the state, because a person waits for that, unless the
    /// final step goes with it, which takes SES's time. What comes back is still to be looked up in
    /// DNS.
    async fn move_state(&self, domain: Domain, ses: Option<SesStatus>) -> (Option<Seen>, Report) {
        let mut report = Report::default();
        let now = self.tools.clock.now();
        let change = after_look(&domain, ses, None, now, self.tools.ids);
        let watched = watching::is_watched(domain.state.status());
        if change.history.is_empty() || watched || self.final_step.takes(&change) {
            return (Some(Seen::of(domain, ses)), report);
        }
        let after = change.domain.clone();
        let written = self.commit(&domain, change, &mut report).await;
        (written.then(|| Seen::of(after, ses)), report)
    }

    async fn look_up(&self, domains: impl Stream<Item = Seen>, times: Times) -> Part {
        let mut part = Part::default();
        let mut want_ses = Vec::new();
        let looks = domains
            .map(|seen| self.look(seen, times))
            .buffer_unordered(LOOKS_AT_ONCE);
        let mut looks = pin!(looks);
        while let Some((looked, wants_ses)) = looks.next().await {
            part.add(looked);
            want_ses.extend(wants_ses);
        }
        part.add(self.ask_about(want_ses, times).await);
        part
    }

    /// Looks at DNS and writes what was seen; without the time for it, what SES says is worth being
    /// written all the same, for as long as there is time for that. A watched domain comes back
    /// where DNS shows something else than SES said last.
    async fn look(&self, mut seen: Seen, times: Times) -> (Part, Option<Seen>) {
        let tools = &self.tools;
        if tools.clock.now() < times.dns {
            seen.dns = look_at_dns(tools.dns, tools.clock, &seen.domain, seen.ses).await;
        } else if seen.ses.is_none() || tools.clock.now() >= times.write {
            return (Part::default(), None);
        }
        let watched = watching::is_watched(seen.domain.state.status());
        let surprising = seen
            .dns
            .as_ref()
            .is_some_and(|dns| watching::wants_ses(&seen.domain, dns));
        let half_asked = seen.listed || (watched && seen.ses.is_none());
        if half_asked && surprising {
            (Part::default(), Some(seen))
        } else {
            (self.conclude(seen, times).await, None)
        }
    }

    /// Asks SES about watched domains that seem to have changed. Nobody waits for that. Where it does
    /// not answer, half of the truth is not written: they stay due.
    pub(super) async fn ask_about(&self, seen: Vec<Seen>, times: Times) -> Part {
        let mut part = Part::default();
        let background = self.tools.budget.in_background();
        let mut batches = Batches::of(seen);
        while self.tools.clock.now() < times.ask
            && let Some(batch) = batches.next()
        {
            let names = batch.iter().map(|seen| seen.domain.name.clone()).collect();
            let statuses = match self.statuses_of(names, &background, &mut part).await {
                Answer::Statuses(statuses) => statuses,
                Answer::None => continue,
                Answer::Refused => {
                    part.refused(batches.refused(batch));
                    continue;
                }
            };
            batches.answered();
            let concluded = batch.into_iter().map(|mut seen| {
                seen.ses = statuses.get(&seen.domain.name).copied();
                seen.listed = false;
                self.conclude(seen, times)
            });
            let mut concluded = stream::iter(concluded).buffer_unordered(WRITES_AT_ONCE);
            while let Some(looked) = concluded.next().await {
                part.add(looked);
            }
        }
        let alone = batches.refused_alone().into_iter();
        let alone = alone.map(|seen| seen.domain).collect();
        self.back_off(alone, &mut part).await;
        part
    }

    /// Writes what a look has shown, with the final step where the service takes it, or holds it
    /// back where it is a bad one. Where the final step has to wait, the domain stays due.
    async fn conclude(&self, mut seen: Seen, times: Times) -> Part {
        let mut part = Part::default();
        let restarted = self.restart_at_ses(&mut seen, times, &mut part).await;
        let Seen {
            domain,
            ses,
            dns,
            listed,
        } = seen;
        let sight = watching::sight(&domain, ses, dns.as_ref());
        part.report.dns.count(dns.as_ref());
        let now = self.tools.clock.now();
        let (tools, looked) = (&self.tools, dns.as_ref());
        let proof = Proof::of(tools.dns, tools.clock, &domain, looked, times.ask).await;
        if let Some(report) = self.end_waiting(&domain, ses, looked, &proof, times).await {
            part.report.add(report);
            return part;
        }
        let mut change = after_look(&domain, ses, dns, now, self.tools.ids);
        proof.note(&mut change);
        if let (true, Some(look)) = (listed, &mut change.domain.ses) {
            look.details_at = domain.ses.and_then(|before| before.details_at);
        }
        let status = domain.state.status();
        if watching::is_watched(status) && status != Status::AtRisk {
            let bad = matches!(sight, Sight::Bad(_)) || is_downgrade(&domain, &change);
            part.bad += usize::from(bad);
            part.looks += usize::from(bad || sight == Sight::Good);
            part.repeated += usize::from(bad && domain.watch.repeats(now));
        }
        if restarted {
            // SES will see them within minutes.
            change.domain.hurried_at = Some(now);
            change.domain.next_check = now;
        }
        if is_downgrade(&domain, &change) {
            part.held.push((domain, change));
        } else if let Some(change) = self.take_final_step(change, times).await {
            let written = self.commit(&domain, change, &mut part.report).await;
            part.report.looked_at += usize::from(written);
        } else {
            part.report.errors += 1;
        }
        part
    }

    /// Ends the waiting of a contested claim by its proof, and of what has had its time. None where
    /// it goes on.
    async fn end_waiting(
        &self,
        domain: &Domain,
        ses: Option<SesStatus>,
        dns: Option<&DnsLook>,
        proof: &Proof,
        times: Times,
    ) -> Option<Report> {
        let tools = &self.tools;
        let now = tools.clock.now();
        let ended = if let Some(ground) = Ground::of(domain, proof.confirmed()) {
            let until = times.ask.min(now + TAKEOVER);
            claim::take_over(tools, domain, dns, &ground, until).await
        } else {
            let expiry = Expiry::of(domain, ses, now)?;
            expire(tools, domain, expiry, now).await
        };
        let mut report = Report::default();
        let written = match ended {
            Ok(change) => report.written(domain, &change, Ok(())),
            Err(error) => {
                let unchanged = domain.updated(|_| {});
                self.written(domain, &unchanged, Err(error), &mut report)
                    .await
            }
        };
        report.looked_at += usize::from(written);
        Some(report)
    }

    async fn take_final_step(&self, change: Change, times: Times) -> Option<Change> {
        let policy = self.final_step;
        policy.after_look(&self.tools, change, times.ask).await
    }

    /// SES stops looking after 72 hours. Where a domain that it has verified got its other records
    /// later than that, SES is made to look again.
    async fn restart_at_ses(&self, seen: &mut Seen, times: Times, part: &mut Part) -> bool {
        let (Some(mut ses), Some(dns)) = (seen.ses, seen.dns.as_ref()) else {
            return false;
        };
        let Some(identity) = seen.domain.state.identity().cloned() else {
            return false;
        };
        let in_time = self.tools.clock.now() < times.ask;
        if !in_time || !watching::is_watched(seen.domain.state.status()) {
            return false;
        }
        let dkim = identity.dkim.is_some() && watching::dkim_wants_restart(ses, dns);
        let mail_from = identity
            .mail_from
            .filter(|_| watching::mail_from_wants_restart(ses, dns));
        if !(dkim || mail_from.is_some()) || !self.is_the_clients(&seen.domain).await {
            return false;
        }
        let background = self.tools.budget.in_background();
        let tools = self.tools.with_budget(&background);
        let mut restarted = false;
        if dkim
            && self
                .dkim_looked_for_again(seen, times, &mut part.report)
                .await
        {
            ses.dkim = AxisStatus::Pending;
            restarted = true;
        }
        if let Some(label) = &mail_from {
            let again = || tools.ses.set_mail_from(&seen.domain.name, label);
            let operation = Operation::PutEmailIdentityMailFromAttributes;
            if began(tools.paced(operation, again).await) {
                ses.mail_from = AxisStatus::Pending;
                restarted = true;
            }
        }
        seen.ses = Some(ses);
        part.report.restarted_at_ses += usize::from(restarted);
        restarted
    }

    /// Whether the identity at SES carries this stack's tag and the client's. False where SES did not
    /// answer.
    async fn is_the_clients(&self, domain: &Domain) -> bool {
        match self.describe(&domain.name).await {
            Ok(Some(existing)) if existing.belongs_to(&domain.client) => true,
            Ok(_) => {
                tracing::warn!(
                    domain = %domain.name,
                    "the identity at SES is not this client's any more; nothing about it is changed"
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

    /// Makes SES look for the DKIM records again. The call makes an identity where there is none, so it is
    /// written down until when it may be under way (a lease), and the identity is not deleted before. That
    /// begins after the wait for the quota: a call that could end after its lease is not made.
    async fn dkim_looked_for_again(
        &self,
        seen: &mut Seen,
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
        if !self.leased(seen, until, report).await || clock.now() + CALL > until {
            return false;
        }
        let answer = self.tools.ses.verify_dkim(&seen.domain.name).await;
        budget.note(operation, &answer, clock.now());
        began(answer.map(drop))
    }

    async fn leased(&self, seen: &mut Seen, until: Timestamp, report: &mut Report) -> bool {
        let leased = seen
            .domain
            .updated(|domain| domain.restarting_until = Some(until));
        let outcome = self.tools.store.commit(&leased).await;
        let written = report.written(&seen.domain, &leased, outcome);
        if written {
            seen.domain = leased.domain;
        }
        written
    }
}

impl Seen {
    pub(super) fn of(domain: Domain, ses: Option<SesStatus>) -> Self {
        Self {
            domain,
            ses,
            dns: None,
            listed: false,
        }
    }
}

impl Part {
    pub(super) fn add(&mut self, part: Self) {
        self.report.add(part.report);
        self.held.extend(part.held);
        self.looks += part.looks;
        self.bad += part.bad;
        self.repeated += part.repeated;
    }

    /// Counts the domains that stay without an answer after SES has refused a batch.
    fn refused(&mut self, unanswered: usize) {
        self.report.unanswered += unanswered;
        self.report.errors += usize::from(unanswered > 0);
    }
}

/// Whether SES is asked about a domain that is due. What it has verified is in its list of all
/// identities, which is cheaper, unless somebody waits or it seems broken.
fn asks_ses(domain: &Domain, now: Timestamp) -> bool {
    match domain.state.status() {
        Status::Pending | Status::AtRisk => true,
        Status::Failed => !domain.state.is_without_identity(),
        Status::Verified | Status::Authenticated | Status::Rejected => {
            pace::is_hurried(domain, now) || domain.watch.bad_since.is_some()
        }
        Status::Contested | Status::Provisioning | Status::Removing => false,
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
