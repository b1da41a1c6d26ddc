//! Finishes registrations with SES and removals from SES that no request has finished.
//!
//! Clients take turns. While many domains wait, the store is queried every few seconds, so that a
//! domain that another client adds meanwhile gets its turn immediately.

use std::pin::pin;
use std::time::Duration;

use futures::StreamExt;
use futures::future::{Either, select};
use futures::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};

use super::counter::Counter;
use super::line::{self, Line};
use super::removals::try_to_remove;
use super::{Poller, PollerPorts, Report, Times, back_off};
use crate::domain::Domain;
use crate::ports::{
    Clock, CommitError, DomainKey, Due, DueDomains, Operation, SesError, StoreError,
};
use crate::ses_share::SesTurns;
use crate::use_cases::provision::{self, Provisioned};

/// Registrations that run at the same time. Each takes several calls, of operations with separate
/// quotas, so that together they use each quota fully.
const AT_ONCE: usize = 6;
/// Removals that run at the same time, in addition to registrations.
const REMOVALS_AT_ONCE: usize = 4;
/// How many domains of both kinds are taken for each call that the time allows. One call registers
/// a domain; the others ensure that a crowd of one kind does not hide domains of the other.
const TAKEN: usize = 20;

/// From this many waiting domains on, they are a backlog. The run then queries the store again for
/// new ones, and requests that add a domain leave it to the poller, so that they do not jump the
/// queue. Fewer domains are done in some seconds.
const BACKLOG: usize = 5;
/// How often the store is queried again.
const ASK_EVERY: SignedDuration = SignedDuration::from_millis(2_500);
/// How far back the query goes: the index is eventually consistent, and the clocks of the functions
/// that add domains may differ from this one.
const LOOK_BACK: SignedDuration = SignedDuration::from_secs(15);
/// How long before the run's last registration requests may register directly again. Domains that
/// were left to the poller until then still get their turn, at half the rate.
const GIVE_BACK: SignedDuration = SignedDuration::from_secs(6);

/// The shortest wait for the next thing to do.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

/// A piece of work.
enum Job {
    /// Query the store for due domains.
    Ask(Timestamp),
    Register(Domain),
    Remove(Domain),
}

/// The result of a job.
enum Done {
    Asked(Result<Vec<Domain>, StoreError>),
    Registered(DomainKey, Box<Attempt>),
    Removed(DomainKey, Box<Attempt>),
}

/// One turn of a domain.
#[derive(Debug, Default)]
struct Attempt {
    report: Report,
    /// SES throttled it: it needs another turn.
    again: Option<Domain>,
    /// The version at which the run finished with it.
    version: u64,
}

/// The progress of a run.
#[derive(Debug)]
struct Progress {
    line: Line,
    sum: Report,
    registering: usize,
    removing: usize,
    /// When the next registration and the next removal may begin.
    next_registration: Timestamp,
    next_removal: Timestamp,
    /// When the store was last queried, and when it is queried next, if at all.
    asked_at: Timestamp,
    ask_next: Option<Timestamp>,
    asking: bool,
    /// Until when requests leave additions to this run.
    kept_until: Option<Timestamp>,
}

impl<P: PollerPorts> Poller<'_, P> {
    pub(super) async fn finish_provisioning(&self, times: Times) -> Result<Report, StoreError> {
        let now = self.tools.clock.now();
        let mut sum = Report::default();
        let due = self
            .take_due(Due::Provisioning, times.register, TAKEN, &mut sum)
            .await?;
        let mut run = Progress::new(sum, now);
        for domain in due {
            run.line.join(domain);
        }
        // No person waits for a domain that its client no longer sees.
        let background = self.tools.budget.in_background();
        let to_remove = self.tools.with_budget(&background);
        let work = |job| async {
            match job {
                Job::Ask(since) => Done::Asked(self.newly_due(since, times).await),
                Job::Register(domain) => {
                    let key = line::key(&domain);
                    Done::Registered(key, Box::new(self.try_to_register(domain).await))
                }
                Job::Remove(domain) => {
                    let (key, version) = (line::key(&domain), domain.version);
                    let (report, again) = try_to_remove(&to_remove, domain).await;
                    let attempt = Attempt {
                        report,
                        again,
                        version,
                    };
                    Done::Removed(key, Box::new(attempt))
                }
            }
        };
        let mut under_way = FuturesUnordered::new();
        loop {
            self.see_to_backlog(&mut run, times).await;
            let now = self.tools.clock.now();
            if now >= times.register {
                break;
            }
            while let Some(job) = self.next_job(&mut run, now) {
                under_way.push(work(job));
            }
            let Some(until) = self.next_moment(&run, now, !under_way.is_empty()) else {
                break;
            };
            let until = until.min(times.register);
            let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
            // Some clocks do not tell shorter times apart.
            let pause = pin!(self.tools.clock.sleep(left.max(SHORTEST_PAUSE)));
            let done = match select(under_way.next(), pause).await {
                Either::Left((Some(done), _)) => done,
                // No work is running.
                Either::Left((None, pause)) => {
                    pause.await;
                    continue;
                }
                Either::Right(_) => continue,
            };
            run.note(done);
        }
        while let Some(done) = under_way.next().await {
            run.note(done);
        }
        Ok(run.sum)
    }

    /// The next job that can begin now.
    fn next_job(&self, run: &mut Progress, now: Timestamp) -> Option<Job> {
        if !run.asking && run.ask_next.is_some_and(|at| at <= now) {
            let since = run.asked_at - LOOK_BACK;
            run.asking = true;
            run.asked_at = now;
            run.ask_next = None;
            return Some(Job::Ask(since));
        }
        let budget = self.tools.budget;
        // The next domain is chosen only when SES can be called: until then a domain of a client
        // with an earlier turn may become due.
        if run.registering < AT_ONCE
            && run.next_registration.max(self.registration_at(now)) <= now
            && let Some(domain) = run.line.registering.next()
        {
            run.registering += 1;
            // While requests register as well, every second call is theirs.
            let given_back = run.kept_until.is_some_and(|until| until <= now);
            run.next_registration = now + budget.interval() * if given_back { 2 } else { 1 };
            return Some(Job::Register(domain));
        }
        if run.removing < REMOVALS_AT_ONCE
            && run.next_removal.max(budget.free_at(DELETING_CALL, now)) <= now
            && let Some(domain) = run.line.removing.next()
        {
            run.removing += 1;
            run.next_removal = now + budget.interval();
            return Some(Job::Remove(domain));
        }
        None
    }

    /// When the quota allows another registration to begin: its first call can be made, and at most
    /// one other registration waits for each of the calls that follow. Registrations that have
    /// begun no longer take turns.
    fn registration_at(&self, now: Timestamp) -> Timestamp {
        let budget = self.tools.budget;
        let following = FOLLOWING_CALLS.map(|call| budget.free_at(call, now) - budget.interval());
        following
            .into_iter()
            .fold(budget.free_at(FIRST_CALL, now), Timestamp::max)
    }

    /// When the next job can begin, if no running job ends before. `None` at the end of all work.
    fn next_moment(&self, run: &Progress, now: Timestamp, is_busy: bool) -> Option<Timestamp> {
        let budget = self.tools.budget;
        let registration = (!run.line.registering.is_empty() && run.registering < AT_ONCE)
            .then(|| run.next_registration.max(self.registration_at(now)));
        let removal = (!run.line.removing.is_empty() && run.removing < REMOVALS_AT_ONCE)
            .then(|| run.next_removal.max(budget.free_at(DELETING_CALL, now)));
        let asking = run.ask_next.filter(|_| !run.asking);
        let next = [registration, removal, asking].into_iter().flatten().min();
        next.or_else(|| is_busy.then_some(Timestamp::MAX))
    }

    /// While there is a backlog, the store is queried repeatedly, and requests leave additions to
    /// this run. After the backlog, the store is queried once more, for domains that were left to
    /// this run until then.
    async fn see_to_backlog(&self, run: &mut Progress, times: Times) {
        let now = self.tools.clock.now();
        let waiting = run.line.registering.len();
        let until = times.register - GIVE_BACK;
        match run.kept_until {
            None if waiting >= BACKLOG && now < until => {
                run.kept_until = Some(until);
                self.keep(until).await;
            }
            Some(kept) if waiting == 0 => {
                run.kept_until = None;
                if now < kept {
                    self.keep(now).await;
                }
                run.ask_next = Some(now + ASK_EVERY);
            }
            None | Some(_) => {}
        }
        let backlog = waiting + run.line.removing.len() >= BACKLOG;
        if run.ask_next.is_none() && (backlog || run.kept_until.is_some()) {
            run.ask_next = Some(run.asked_at + ASK_EVERY);
        }
    }

    async fn keep(&self, until: Timestamp) {
        if let Err(error) = self.tools.store.keep_for_poller(until).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "requests were not told of the backlog; SES throttles what is too much"
            );
        }
    }

    async fn newly_due(&self, since: Timestamp, times: Times) -> Result<Vec<Domain>, StoreError> {
        let now = self.tools.clock.now();
        let limit = self.fits(now, times.register, TAKEN);
        let store = self.tools.store;
        store
            .due_since(Some(since), Due::Provisioning, now, limit)
            .await
    }

    async fn try_to_register(&self, domain: Domain) -> Attempt {
        let mut attempt = Attempt {
            version: domain.version,
            ..Attempt::default()
        };
        let report = &mut attempt.report;
        let before = domain.clone();
        match provision::provision(&self.tools, domain).await {
            Ok(Provisioned::Done(_)) => report.count(Counter::Provisioned, 1),
            Ok(Provisioned::Waits(domain)) => attempt.version = domain.version,
            Ok(Provisioned::Later(domain, SesError::Throttled { .. })) => {
                attempt.again = Some(domain);
            }
            Ok(Provisioned::Later(domain, error @ SesError::Refused { .. })) => {
                tracing::error!(
                    domain = %domain.name,
                    error = &error as &dyn std::error::Error,
                    "SES refuses to register this domain; see the permissions and the limits of the account"
                );
                report.count(Counter::RefusedBySes, 1);
                attempt.version = domain.version;
            }
            Ok(Provisioned::Later(domain, error)) => {
                tracing::warn!(
                    domain = %domain.name,
                    error = &error as &dyn std::error::Error,
                    "provisioning goes on in a later run"
                );
                report.count(Counter::Errors, 1);
                attempt.version = domain.version;
            }
            Err(CommitError::Conflict) => report.count(Counter::Conflicts, 1),
            Err(CommitError::Store(error)) => {
                let (store, clock) = (self.tools.store, self.tools.clock);
                back_off(store, &before, &error, clock.now(), report).await;
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a provisioned domain was not written"
                );
                report.count(Counter::Errors, 1);
            }
        }
        attempt
    }
}

/// The first call of a registration and of a removal, in most cases.
const FIRST_CALL: Operation = Operation::CreateEmailIdentity;
/// The other calls of a registration.
const FOLLOWING_CALLS: [Operation; 2] = [
    Operation::VerifyDomainIdentity,
    Operation::PutEmailIdentityMailFromAttributes,
];
const DELETING_CALL: Operation = Operation::DeleteEmailIdentity;

impl Progress {
    fn new(sum: Report, now: Timestamp) -> Self {
        Self {
            line: Line::default(),
            sum,
            registering: 0,
            removing: 0,
            next_registration: now,
            next_removal: now,
            asked_at: now,
            ask_next: None,
            asking: false,
            kept_until: None,
        }
    }

    fn note(&mut self, done: Done) {
        match done {
            Done::Asked(outcome) => {
                self.asking = false;
                match outcome {
                    Ok(domains) => {
                        let joined = domains.into_iter().map(|domain| self.line.join(domain));
                        self.sum
                            .count(Counter::Due, joined.filter(|joined| *joined).count());
                    }
                    Err(error) => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "the store did not say what has become due; the next run sees it"
                        );
                        self.sum.count(Counter::Errors, 1);
                    }
                }
            }
            Done::Registered(key, attempt) => {
                self.registering -= 1;
                self.end_turn(key, *attempt);
            }
            Done::Removed(key, attempt) => {
                self.removing -= 1;
                self.end_turn(key, *attempt);
            }
        }
    }

    fn end_turn(&mut self, key: DomainKey, attempt: Attempt) {
        self.sum.add(attempt.report);
        match attempt.again {
            Some(domain) => self.line.again(domain),
            None => self.line.leave(key, attempt.version),
        }
    }
}
