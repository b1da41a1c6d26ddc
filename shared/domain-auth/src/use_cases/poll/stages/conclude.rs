//! The last stage of a look: the resulting change of the domain, which is written or held back.

use jiff::{SignedDuration, Timestamp};

use super::{LookedUp, Said};
use crate::domain::{Change, Domain};
use crate::ports::{Clock, Ids};
use crate::state::Status;
use crate::use_cases::claim::{self, Ground};
use crate::use_cases::confirm::Proof;
use crate::use_cases::expire::{Expiry, expire};
use crate::use_cases::look::{after_look, is_downgrade};
use crate::use_cases::poll::part::Part;
use crate::use_cases::poll::{Counter, Poller, PollerPorts, Report, Times};
use crate::watching::{self, Sight};

/// How long one takeover may run in a run of the poller. It continues in the next run, so that the
/// work after the looks does not wait for it.
const TAKEOVER: SignedDuration = SignedDuration::from_secs(15);

/// The change that a look makes of a domain.
#[derive(Debug)]
struct Concluded {
    before: Domain,
    change: Change,
    sight: Sight,
}

impl<P: PollerPorts> Poller<'_, P> {
    /// Writes the result of a look, including the final step if the service takes it. A bad look is
    /// held back. If the final step has to wait, the domain stays due.
    pub(in crate::use_cases::poll) async fn conclude(
        &self,
        mut looked: LookedUp,
        times: Times,
    ) -> Part {
        let mut part = Part::default();
        self.restart_at_ses(&mut looked, times, &mut part.report)
            .await;
        if let Some(report) = self.restart_failed(&mut looked, times).await {
            part.report.add(report);
            return part;
        }
        let (tools, dns) = (&self.tools, looked.dns.as_ref());
        part.report.count(Counter::of_look(dns), 1);
        let now = tools.clock.now();
        let proof = Proof::of(tools.dns, tools.clock, &looked.domain, dns, times.ask).await;
        if let Some(report) = self.end_waiting(&looked, &proof, times).await {
            part.report.add(report);
        } else {
            let concluded = looked.concluded(&proof, now, tools.ids);
            concluded.count(now, &mut part);
            self.write(concluded, times, &mut part).await;
        }
        part
    }

    /// Ends a contested claim if it is proven, and removes an expired domain. `None` if the domain
    /// keeps waiting.
    async fn end_waiting(&self, looked: &LookedUp, proof: &Proof, times: Times) -> Option<Report> {
        let (tools, domain) = (&self.tools, &looked.domain);
        let now = tools.clock.now();
        let ended = if let Some(ground) = Ground::of(domain, proof.confirmed()) {
            let until = times.ask.min(now + TAKEOVER);
            let dns = looked.dns.as_ref();
            let taken = claim::take_over(tools, domain, dns, &ground, until).await;
            taken.map(|taken| taken.change)
        } else {
            let expiry = Expiry::of(domain, looked.said.status(), now)?;
            expire(tools, domain, expiry, now).await
        };
        let mut report = Report::default();
        let written = match ended {
            Ok(change) => {
                let written = report.written(domain, &change, Ok(()));
                self.wake_when_stuck(&change, &mut report).await;
                written
            }
            Err(error) => {
                let unchanged = domain.updated(|_| {});
                self.written(domain, &unchanged, Err(error), &mut report)
                    .await
            }
        };
        report.count(Counter::LookedAt, usize::from(written));
        Some(report)
    }

    /// Moves the next look at a claim to the time at which Lasso support is told that it is stuck, if
    /// that comes first.
    async fn wake_when_stuck(&self, written: &Change, report: &mut Report) {
        let stuck = self.settings.patience.ends(&written.domain);
        if stuck.is_some_and(|stuck| stuck < written.domain.next_check) {
            let change = written.domain.updated(|_| {});
            self.commit(&written.domain, change, report).await;
        }
    }

    async fn write(&self, concluded: Concluded, times: Times, part: &mut Part) {
        let Concluded { before, change, .. } = concluded;
        if is_downgrade(&before, &change) {
            part.held.push((before, change));
            return;
        }
        let policy = self.final_step;
        match policy.after_look(&self.tools, change, times.ask).await {
            Some(change) => {
                let written = self.commit(&before, change, &mut part.report).await;
                part.report.count(Counter::LookedAt, usize::from(written));
            }
            None => part.report.count(Counter::Errors, 1),
        }
    }
}

impl LookedUp {
    fn concluded(self, proof: &Proof, now: Timestamp, ids: &impl Ids) -> Concluded {
        let (before, ses) = (self.domain, self.said.status());
        let sight = watching::sight(&before, ses, self.dns.as_ref());
        let mut change = after_look(&before, ses, self.dns, now, ids);
        proof.note(&mut change);
        if let (Said::Before(_), Some(look)) = (self.said, &mut change.domain.ses) {
            look.details_at = before.ses.and_then(|last| last.details_at);
        }
        if self.restarted {
            // SES will see them within minutes.
            change.domain.hurried_at = Some(now);
            change.domain.next_check = now;
        }
        Concluded {
            before,
            change,
            sight,
        }
    }
}

impl Concluded {
    /// Counts looks at watched domains that were well before, and the bad looks among them.
    fn count(&self, now: Timestamp, part: &mut Part) {
        let status = self.before.state.status();
        if watching::is_watched(status) && status != Status::AtRisk {
            let bad =
                matches!(self.sight, Sight::Bad(_)) || is_downgrade(&self.before, &self.change);
            part.bad += usize::from(bad);
            part.looks += usize::from(bad || self.sight == Sight::Good);
            part.repeated += usize::from(bad && self.before.watch.repeats(now));
        }
    }
}
