//! Reading SES's list of all identities, 1,000 per call. A domain that is verified in the list
//! needs no call of its own; details are requested only for the others. The list of a large account
//! is read over several runs. Each part has effect immediately; missing identities are known when
//! the whole list has been read.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::counter::Counter;
use super::list::{Listed, Pages};
use super::part::Part;
use super::report::SweepTally;
use super::stages::Doubtful;
use super::{Poller, PollerPorts, Times};
use crate::domain::{Change, Domain};
use crate::evidence;
use crate::history::Actor;
use crate::identity::{AxisStatus, SesLook, SesStatus};
use crate::listing::{Listing, Seen, SweepSoFar, Unheld};
use crate::names::DomainName;
use crate::ports::{
    Clock, DomainKey, DomainsByState, ExistingIdentity, Identities, Ids, Operation, SesError,
    StoreError,
};
use crate::run_memory::{RunMemory, Sample};
use crate::state::{FailureReason, Status, Trigger};

/// How often the list is read for domains that wait for SES, even if each is looked at less often.
const LISTING_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// The part of the quota of `ListEmailIdentities` that these reads may use: one call in this many.
const LISTING_SHARE: usize = 10;
/// How often the list is read for all domains.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// How often it is compared with all domains.
const RECONCILE_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// A list that is not finished after this time is read again from the beginning. The API reference
/// of SES does not say how long a token is valid.
const LISTING_EXPIRES: SignedDuration = SignedDuration::from_hours(2);

/// The states that end when SES has seen the records.
const WAITING: [Status; 2] = [Status::Pending, Status::Failed];

/// The states in which SES must have an identity, except `failed`.
const WITH_IDENTITY: [Status; 5] = [
    Status::Pending,
    Status::Verified,
    Status::Authenticated,
    Status::AtRisk,
    Status::Rejected,
];

impl<P: PollerPorts> Poller<'_, P> {
    /// Every five minutes for domains that wait for SES, once an hour for all. If the list cannot
    /// be finished in this run, the next one continues.
    pub(super) async fn sweep(
        &self,
        memory: &mut RunMemory,
        times: Times,
    ) -> Result<Part, StoreError> {
        let mut part = Part::default();
        let now = self.tools.clock.now();
        let fresh = |listing: &&Listing| now.duration_since(listing.begun) < LISTING_EXPIRES;
        let begun = memory.listing.as_ref().filter(fresh).cloned();
        let is_time = |next: Option<Timestamp>| next.is_none_or(|next| next <= now);
        let (for_all, for_waiting) = match &begun {
            Some(listing) => (listing.sweep.is_some(), listing.sweep.is_none()),
            None => (is_time(memory.next_sweep), is_time(memory.next_listing)),
        };
        if !for_all && !for_waiting {
            return Ok(part);
        }
        let mut waiting = self.tools.store.keys_in(Status::Pending).await?;
        let failed = self.tools.store.keys_in(Status::Failed).await?;
        waiting.extend(failed.iter().cloned());
        if !for_all && waiting.is_empty() {
            memory.listing = None;
            memory.next_listing = Some(now + LISTING_EVERY);
            return Ok(part);
        }
        let background = self.tools.budget.in_background();
        let start = begun.as_ref().map(|listing| listing.next.clone());
        let pages = self.pages(&background, start, times.list, times).await;
        if let Some(error) = &pages.error {
            let error = error as &dyn std::error::Error;
            tracing::warn!(
                error,
                "SES did not list its identities; the next run asks again"
            );
            part.report.count(Counter::Errors, 1);
        }
        if pages.count == 0 {
            if pages.are_refused() {
                memory.listing = None;
            }
            return Ok(part);
        }
        part.add(self.notice_verified(&pages.listed, &waiting, times).await?);
        let mut listing = begun.unwrap_or_else(|| Listing {
            begun: now,
            next: String::new(),
            pages: 0,
            identities: 0,
            others: 0,
            sweep: None,
        });
        listing.pages += pages.count;
        listing.identities += pages.listed.len();
        listing.others += pages.others;
        if for_all {
            let reconciles = is_time(memory.next_reconciliation);
            let found = self.sweep_pages(&mut listing, &pages, reconciles, &failed, times);
            part.add(found.await?);
        }
        if let Some(next) = pages.next {
            memory.listing = Some(Listing { next, ..listing });
            return Ok(part);
        }
        let now = self.tools.clock.now();
        memory.listing = None;
        memory.list_pages = Some(listing.pages);
        memory.next_listing = Some(now + self.until_next_listing(listing.pages));
        if let Some(sweep) = listing.sweep {
            memory.next_sweep = (!sweep.again).then_some(now + SWEEP_EVERY);
            if sweep.unheld.is_some() {
                memory.next_reconciliation = Some(now + RECONCILE_EVERY);
            }
        }
        Ok(part)
    }

    /// What these pages show about all domains, and at the end of the list, what the whole list
    /// lacks. `reconciles`: whether a list that begins here is compared with all domains.
    async fn sweep_pages(
        &self,
        listing: &mut Listing,
        pages: &Pages,
        reconciles: bool,
        failed: &[DomainKey],
        times: Times,
    ) -> Result<Part, StoreError> {
        // Read after the list: a domain that was registered meanwhile is only missing from the
        // list, and SES is asked about it.
        let mut keys = Vec::new();
        for status in WITH_IDENTITY {
            let in_state = self.tools.store.keys_in(status).await?;
            keys.extend(in_state.into_iter().map(|key| (status, key)));
        }
        let (salt, ours) = (listing.begun.as_millisecond(), keys.len() + failed.len());
        let sweep = listing.sweep.get_or_insert_with(|| SweepSoFar {
            // Room for domains that are added before the list ends.
            seen: Seen::with_room_for(ours + ours / 8, salt.unsigned_abs()),
            asked: 0,
            again: false,
            unheld: reconciles.then(Unheld::default),
        });
        let Pages { listed, .. } = pages;
        let is_on_these = |key: &&DomainKey| listed.contains_key(&key.name);
        let with_identity = || keys.iter().map(|(_, key)| key);
        let is_last = pages.are_the_last();
        let is_absent = |key: &&DomainKey| !is_on_these(key) && !sweep.seen.may_have(&key.name);
        let absent: Vec<DomainKey> = with_identity()
            .filter(|key| is_last && is_absent(key))
            .cloned()
            .collect();
        let (mut part, mut gone) = (Part::default(), Vec::new());
        let sample = Sample {
            at: self.tools.clock.now(),
            looks: keys.len(),
            bad: absent.len(),
        };
        if self.settings.breaker.trips(sample, &[]) {
            // If the list lacks so many domains, it is not the list of these domains. No call is
            // made.
            part.bad = absent.len();
        } else {
            let doubtful = self.doubtful(listed, &keys).await?;
            sweep.asked += doubtful.len() + absent.len();
            part = self.ask_about(doubtful, times).await;
            gone = self.gone(&absent, times, &mut part).await?;
        }
        part.looks = if is_last {
            keys.len()
        } else {
            with_identity().filter(is_on_these).count()
        };
        if let Some(unheld) = &mut sweep.unheld {
            unheld.add(self.unheld(listed, &keys, times).await?);
        }
        if !is_last {
            let ours = with_identity().chain(failed).filter(is_on_these);
            ours.for_each(|key| sweep.seen.add(&key.name));
            return Ok(part);
        }
        if let Some(unheld) = &sweep.unheld {
            let lost = failed.iter().filter(is_absent);
            gone.extend(self.gone_of(lost, times).await?);
            let tally = self.reconcile(listing.identities, unheld.clone(), gone);
            part.report.reconciled = Some(tally.await?);
        }
        part.report.in_state = self.in_each_state(failed.len(), &keys).await?;
        part.report.sweep = Some(SweepTally {
            identities: listing.identities + listing.others,
            watched: keys
                .iter()
                .filter(|(of_key, _)| looked_after(*of_key))
                .count(),
            asked: sweep.asked,
        });
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

    /// Looks immediately at domains whose verification SES has seen, if they are not due yet.
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
    fn until_next_listing(&self, pages: usize) -> SignedDuration {
        let seconds = i64::try_from(pages * LISTING_SHARE).unwrap_or(i64::MAX);
        let rate = i64::from(self.settings.ses_calls_per_second.max(1));
        LISTING_EVERY.max(SignedDuration::from_secs(seconds / rate))
    }

    /// The watched domains that are in the list but not verified there.
    async fn doubtful(
        &self,
        listed: &Listed,
        keys: &[(Status, DomainKey)],
    ) -> Result<Vec<Doubtful>, StoreError> {
        let is_doubtful = |(status, key): &&(Status, DomainKey)| {
            let verification = listed.get(&key.name);
            let is_other = |listed: &Option<AxisStatus>| *listed != Some(AxisStatus::Success);
            looked_after(*status) && verification.is_some_and(is_other)
        };
        let doubtful = keys.iter().filter(is_doubtful);
        let doubtful: Vec<DomainKey> = doubtful.map(|(_, key)| key.clone()).collect();
        let doubtful = self.tools.store.domains_at(&doubtful).await?;
        Ok(doubtful.into_iter().map(Doubtful::by_list).collect())
    }

    /// The domains whose identity is gone (SES is asked), among those that are not in the list.
    async fn gone(
        &self,
        absent: &[DomainKey],
        times: Times,
        part: &mut Part,
    ) -> Result<Vec<Domain>, StoreError> {
        let mut gone = Vec::new();
        for domain in self.tools.store.domains_at(absent).await? {
            if self.is_gone(&domain, times).await {
                let now = self.tools.clock.now();
                if let Some(change) = failed_for_good(&domain, now, self.tools.ids) {
                    part.held.push((domain.clone(), change));
                }
                part.bad += 1;
                gone.push(domain);
            }
        }
        Ok(gone)
    }

    /// Whether SES says that it has no such identity. Returns false if SES did not answer.
    pub(super) async fn is_gone(&self, domain: &Domain, times: Times) -> bool {
        // A domain that changed since it was listed is handled separately.
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

/// Whether the list covers a domain in this state. SES is asked about other domains when they are
/// due.
fn looked_after(status: Status) -> bool {
    match status {
        Status::Verified | Status::Authenticated | Status::Rejected => true,
        Status::Pending | Status::AtRisk | Status::Failed => false,
        Status::Contested | Status::Provisioning | Status::Removing => false,
    }
}

fn failed_for_good(domain: &Domain, now: Timestamp, ids: &impl Ids) -> Option<Change> {
    let trigger = Trigger::SesFailed(FailureReason::IdentityGone);
    let evidence = evidence::of_failure(FailureReason::IdentityGone);
    let change = domain.transition(trigger, Actor::Service, Some(evidence), now, ids);
    let mut change = change.ok()?;
    // The SES status for an unknown name, instead of the identity's last status.
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
