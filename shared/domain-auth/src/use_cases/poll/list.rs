//! Reading SES's list of identities: 1,000 in a call, as many calls as time allows.

use std::collections::HashMap;

use jiff::Timestamp;

use super::batches::is_permanent;
use super::{Poller, PollerPorts, Times};
use crate::identity::AxisStatus;
use crate::names::DomainName;
use crate::ports::{Clock, ListIdentities, Operation, SesError};
use crate::use_cases::SesBudget;

/// SES's list: each domain identity with the status of its verification.
pub(super) type Listed = HashMap<DomainName, Option<AxisStatus>>;

/// Consecutive pages of the list.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// Their identities.
    pub(super) listed: Listed,
    /// Identities on them that are no domains.
    pub(super) others: usize,
    /// How many were read.
    pub(super) count: usize,
    /// Where the next page starts. `None` after the last, or if no page was read.
    pub(super) next: Option<String>,
    /// The error of the call for the next page.
    pub(super) error: Option<SesError>,
}

impl Pages {
    /// Whether the last page of the list is among them.
    pub(super) fn are_the_last(&self) -> bool {
        self.count > 0 && self.next.is_none()
    }

    /// Whether SES would refuse the same call again, for example because the token has expired.
    pub(super) fn are_refused(&self) -> bool {
        self.count == 0 && self.error.as_ref().is_some_and(is_permanent)
    }
}

impl<P: PollerPorts> Poller<'_, P> {
    /// Reads pages from `start` on, until the last one, an error, or the end of the time.
    pub(super) async fn pages(
        &self,
        budget: &SesBudget,
        start: Option<String>,
        until: Timestamp,
        times: Times,
    ) -> Pages {
        let tools = self.tools.with_budget(budget);
        let mut pages = Pages::default();
        let mut start = start;
        loop {
            let now = self.tools.clock.now();
            if now >= times.ask || (pages.count > 0 && now >= until) {
                return pages;
            }
            let page = || self.tools.ses.identities(start.as_deref());
            let page = match tools.paced(Operation::ListEmailIdentities, page).await {
                Ok(page) => page,
                Err(error) => {
                    pages.error = Some(error);
                    return pages;
                }
            };
            pages.count += 1;
            pages.others += page.others;
            let entries = page.identities.into_iter();
            let entries = entries.map(|entry| (entry.name, entry.verification));
            pages.listed.extend(entries);
            pages.next.clone_from(&page.next);
            start = page.next;
            if start.is_none() {
                return pages;
            }
        }
    }
}
