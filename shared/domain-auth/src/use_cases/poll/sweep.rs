//! Reading SES's list of all identities, a thousand per call: what is verified there needs no call of
//! its own, and details are asked only of what is not.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::counter::Counter;
use super::part::Part;
use super::report::SweepTally;
use super::stages::Doubtful;
use super::{Poller, PollerPorts, Times};
use crate::domain::{Change, Domain};
use crate::evidence;
use crate::history::Actor;
use crate::identity::{AxisStatus, SesLook, SesStatus};
use crate::names::DomainName;
use crate::ports::{
    Clock, DomainKey, DomainsByState, ExistingIdentity, Identities, Ids, LIST_PAGE, ListIdentities,
    Operation, SesError, StoreError,
};
use crate::run_memory::{RunMemory, Sample};
use crate::state::{FailureReason, Status, Trigger};
use crate::use_cases::SesBudget;

/// How often the list is read for the domains that wait for SES, however seldom each is looked at.
const LISTING_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// The share of the quota of `ListEmailIdentities` that this may take: one part of so many.
const LISTING_SHARE: usize = 10;
/// How often the list is read for all domains.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// How often it is compared with all domains.
const RECONCILE_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// SES's list: each domain identity, and where its verification stands.
pub(super) type Listed = HashMap<DomainName, Option<AxisStatus>>;

/// The states that end when SES has seen the records.
const WAITING: [Status; 2] = [Status::Pending, Status::Failed];

/// The states in which SES must have an identity, but for `failed`.
const WITH_IDENTITY: [Status; 5] = [
    Status::Pending,
    Status::Verified,
    Status::Authenticated,
    Status::AtRisk,
    Status::Rejected,
];

impl<P: PollerPorts> Poller<'_, P> {
    /// Every five minutes for those that wait for SES, once an hour for all. Where it cannot be
    /// finished in this run, the next one begins from the start.
    pub(super) async fn sweep(
        &self,
        memory: &mut RunMemory,
        times: Times,
    ) -> Result<Part, StoreError> {
        let mut part = Part::default();
        let now = self.tools.clock.now();
        let is_time = |next: Option<Timestamp>| next.is_none_or(|next| next <= now);
        let (for_all, for_waiting) = (is_time(memory.next_sweep), is_time(memory.next_listing));
        if !for_all && !for_waiting {
            return Ok(part);
        }
        let (mut waiting, mut failed) = (Vec::new(), 0);
        for status in WAITING {
            let in_state = self.tools.store.keys_in(status).await?;
            if status == Status::Failed {
                failed = in_state.len();
            }
            waiting.extend(in_state);
        }
        if !for_all && waiting.is_empty() {
            memory.next_listing = Some(now + LISTING_EVERY);
            return Ok(part);
        }
        let background = self.tools.budget.in_background();
        let listed = match self.list(&background, times).await {
            Ok(Some(listed)) => listed,
            Ok(None) => return Ok(part),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(
                    error,
                    "SES did not list its identities; the next run asks again"
                );
                part.report.count(Counter::Errors, 1);
                return Ok(part);
            }
        };
        part.add(self.notice_verified(&listed, &waiting, times).await?);
        memory.next_listing = Some(now + self.until_next_listing(listed.len()));
        if !for_all {
            return Ok(part);
        }
        // Read after the list: what was registered meanwhile is only missing in the list, and is
        // asked about.
        let mut keys = Vec::new();
        for status in WITH_IDENTITY {
            let in_state = self.tools.store.keys_in(status).await?;
            keys.extend(in_state.into_iter().map(|key| (status, key)));
        }
        part.report.in_state = self.in_each_state(failed, &keys).await?;
        let gone = self.watch_list(&listed, &keys, times, &mut part).await?;
        memory.next_sweep = Some(now + SWEEP_EVERY);
        if is_time(memory.next_reconciliation) {
            let reconciled = self.reconcile(&listed, &keys, gone, times).await?;
            part.report.reconciled = Some(reconciled);
            memory.next_reconciliation = Some(now + RECONCILE_EVERY);
        }
        Ok(part)
    }

    /// How many domains are in each state, for the dashboard.
    async fn in_each_state(
        &self,
        failed: usize,
        with_identity: &[(Status, DomainKey)],
    ) -> Result<BTreeMap<Status, usize>, StoreError> {
        let in_state = WITH_IDENTITY.into_iter().map(|status| {
            let keys = with_identity.iter();
            (status, keys.filter(|(of_key, _)| *of_key == status).count())
        });
        let mut in_state: BTreeMap<Status, usize> = in_state.collect();
        in_state.insert(Status::Failed, failed);
        for status in [Status::Contested, Status::Provisioning] {
            in_state.insert(status, self.tools.store.keys_in(status).await?.len());
        }
        Ok(in_state)
    }

    /// Looks at once at those whose verification SES has seen, when their time has not come yet.
    async fn notice_verified(
        &self,
        listed: &Listed,
        waiting: &[DomainKey],
        times: Times,
    ) -> Result<Part, StoreError> {
        let verified: Vec<DomainKey> = waiting
            .iter()
            .filter(|key| listed.get(&key.name) == Some(&Some(AxisStatus::Success)))
            .cloned()
            .collect();
        let now = self.tools.clock.now();
        // The others are looked at in this run anyway.
        let not_due =
            |domain: &Domain| WAITING.contains(&domain.state.status()) && now < domain.next_check;
        let mut domains = self.tools.store.domains_at(&verified).await?;
        domains.retain(not_due);
        let doubtful = domains.into_iter().map(Doubtful::by_list);
        Ok(self.ask_about(doubtful.collect(), times).await)
    }

    /// The longer the list, the less often it is read.
    fn until_next_listing(&self, identities: usize) -> SignedDuration {
        let calls = identities.div_ceil(LIST_PAGE) * LISTING_SHARE;
        let seconds = i64::try_from(calls).unwrap_or(i64::MAX);
        let rate = i64::from(self.settings.ses_calls_per_second.max(1));
        LISTING_EVERY.max(SignedDuration::from_secs(seconds / rate))
    }

    /// The whole list. None where the time of the run is over before.
    pub(super) async fn list(
        &self,
        budget: &SesBudget,
        times: Times,
    ) -> Result<Option<Listed>, SesError> {
        let tools = self.tools.with_budget(budget);
        let mut listed = Listed::new();
        let mut start: Option<String> = None;
        loop {
            if self.tools.clock.now() >= times.ask {
                return Ok(None);
            }
            let page = || self.tools.ses.identities(start.as_deref());
            let page = tools.paced(Operation::ListEmailIdentities, page).await?;
            let entries = page.identities.into_iter();
            listed.extend(entries.map(|entry| (entry.name, entry.verification)));
            start = page.next;
            if start.is_none() {
                return Ok(Some(listed));
            }
        }
    }

    /// Asks about the watched domains that the list does not show as verified, and about those that
    /// it does not show at all. What comes back are the domains whose identity is gone.
    async fn watch_list(
        &self,
        listed: &Listed,
        keys: &[(Status, DomainKey)],
        times: Times,
        part: &mut Part,
    ) -> Result<Vec<Domain>, StoreError> {
        let looked_after = |status: &Status| match status {
            Status::Verified | Status::Authenticated | Status::Rejected => true,
            // These are asked about at their own pace.
            Status::Pending | Status::AtRisk | Status::Failed => false,
            Status::Contested | Status::Provisioning | Status::Removing => false,
        };
        let watched = keys.iter().filter(|(status, _)| looked_after(status));
        let absent: Vec<DomainKey> = keys
            .iter()
            .filter(|(_, key)| !listed.contains_key(&key.name))
            .map(|(_, key)| key.clone())
            .collect();
        let doubtful: Vec<DomainKey> = watched
            .clone()
            .filter(|(_, key)| {
                let verification = listed.get(&key.name);
                verification.is_some_and(|listed| *listed != Some(AxisStatus::Success))
            })
            .map(|(_, key)| key.clone())
            .collect();
        let mut tally = SweepTally {
            identities: listed.len(),
            watched: watched.count(),
            asked: 0,
        };
        let sample = |bad| Sample {
            at: self.tools.clock.now(),
            looks: keys.len(),
            bad,
        };
        let mut found = Part::default();
        let mut gone = Vec::new();
        if self.settings.breaker.trips(sample(absent.len()), &[]) {
            // A list that lacks so much is not the list of these domains. No call is worth it.
            found.bad = absent.len();
        } else {
            let doubtful = self.tools.store.domains_at(&doubtful).await?;
            tally.asked = doubtful.len() + absent.len();
            let doubtful = doubtful.into_iter().map(Doubtful::by_list);
            found = self.ask_about(doubtful.collect(), times).await;
            for domain in self.tools.store.domains_at(&absent).await? {
                if self.is_gone(&domain, times).await {
                    let now = self.tools.clock.now();
                    if let Some(change) = failed_for_good(&domain, now, self.tools.ids) {
                        found.held.push((domain.clone(), change));
                    }
                    found.bad += 1;
                    gone.push(domain);
                }
            }
        }
        found.looks = keys.len();
        found.report.sweep = Some(tally);
        part.add(found);
        Ok(gone)
    }

    /// Whether SES says that it has no such identity. Not knowing is no.
    pub(super) async fn is_gone(&self, domain: &Domain, times: Times) -> bool {
        // What changed since it was listed is a matter of its own.
        if !WITH_IDENTITY.contains(&domain.state.status())
            && domain.state.status() != Status::Failed
        {
            return false;
        }
        self.tools.clock.now() < times.ask && matches!(self.describe(&domain.name).await, Ok(None))
    }

    pub(super) async fn describe(
        &self,
        name: &DomainName,
    ) -> Result<Option<ExistingIdentity>, SesError> {
        let background = self.tools.budget.in_background();
        let tools = self.tools.with_budget(&background);
        let describe = || tools.ses.describe(name);
        tools.paced(Operation::GetEmailIdentity, describe).await
    }
}

fn failed_for_good(domain: &Domain, now: Timestamp, ids: &impl Ids) -> Option<Change> {
    let trigger = Trigger::SesFailed(FailureReason::IdentityGone);
    let evidence = evidence::of_failure(FailureReason::IdentityGone);
    let change = domain.transition(trigger, Actor::Service, Some(evidence), now, ids);
    let mut change = change.ok()?;
    // What SES says of a name that it does not know, instead of what it said of the identity.
    change.domain.ses = Some(SesLook {
        status: SesStatus {
            verification: AxisStatus::NotStarted,
            dkim: AxisStatus::NotStarted,
            mail_from: AxisStatus::NotStarted,
        },
        looked_at: now,
        details_at: Some(now),
    });
    Some(change)
}
