//! Asking about many domains in one call. SES's list of all identities has 1,000 in each call, with
//! the verification status of each. A pending domain waits for this status, so SES is asked for
//! details only after it changes.

use jiff::{SignedDuration, Timestamp};

use super::counter::Counter;
use super::list::Listed;
use super::part::Part;
use super::stages::{Asked, DueDomain};
use super::{Poller, PollerPorts, Times};
use crate::domain::Domain;
use crate::identity::SesStatus;
use crate::ports::{Clock, STATUS_BATCH};
use crate::use_cases::sending_status;

/// From this many domains on, the list takes less time. An account has 10,000 identities by default
/// (Amazon SES developer guide, "Service quotas"), which are ten calls.
const LIST_FROM: usize = 10 * STATUS_BATCH;

/// The greatest age of the DKIM and MAIL FROM status while the verification does not change. If DNS
/// shows more than that status, SES is asked immediately.
const DETAILS_EVERY: SignedDuration = SignedDuration::from_hours(6);

impl<P: PollerPorts> Poller<'_, P> {
    /// Splits domains into those for which the list is enough, and those that SES is asked about.
    /// The list is not read if asking about all domains takes fewer calls; `list_pages` is its last
    /// known length. If it is longer than that, the part that was read in half of the time counts.
    pub(super) async fn settled_by_list(
        &self,
        domains: Vec<DueDomain>,
        list_pages: Option<usize>,
        times: Times,
        part: &mut Part,
    ) -> (Vec<Asked>, Vec<DueDomain>) {
        let calls = domains.len().div_ceil(STATUS_BATCH);
        if domains.len() < LIST_FROM || list_pages.is_some_and(|pages| pages > calls) {
            return (Vec::new(), domains);
        }
        let pages = self.pages(self.tools.budget, None, times.list, times).await;
        if let Some(error) = &pages.error {
            let error = error as &dyn std::error::Error;
            tracing::warn!(
                error,
                "SES did not list its identities; it is asked in batches"
            );
            part.report.count(Counter::Errors, 1);
        }
        let listed = pages.listed;
        let now = self.tools.clock.now();
        let (mut asked, mut to_ask) = (Vec::new(), Vec::new());
        for due in domains {
            match unmoved(due.as_ref(), &listed, now) {
                Some(status) => asked.push(due.unmoved_since(status)),
                None => to_ask.push(due),
            }
        }
        (asked, to_ask)
    }
}

/// The last SES status, if the list agrees with it and it is not too old.
fn unmoved(domain: &Domain, listed: &Listed, now: Timestamp) -> Option<SesStatus> {
    let last = domain.ses?;
    let fresh = now.duration_since(last.details_at?) < DETAILS_EVERY;
    let verification = (*listed.get(&domain.name)?)?;
    let is_settled = !sending_status::is_open(domain, last.status, now);
    (fresh && is_settled && verification == last.status.verification).then_some(last.status)
}
