//! Asking about many domains at once. SES's list of all identities has a thousand in each call, and
//! says of each where its verification stands. Who waits for records waits for that: only where it
//! has moved is there more to ask.

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

/// From so many domains on the list takes less time: an account has 10,000 identities by default
/// (Amazon SES developer guide, "Service quotas"), which are ten calls.
const LIST_FROM: usize = 10 * STATUS_BATCH;

/// How old what SES says of DKIM and MAIL FROM may be while its verification does not move. Where
/// DNS shows more than that, SES is asked at once.
const DETAILS_EVERY: SignedDuration = SignedDuration::from_hours(6);

impl<P: PollerPorts> Poller<'_, P> {
    /// Those of many domains of which the list says enough, and those to be asked about. The list is not
    /// read where asking about all takes fewer calls: `list_pages` is how long it was last. Where it is
    /// longer than known, what was read of it in half of the time counts.
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

/// What SES said last, where the list says the same and it is not too old.
fn unmoved(domain: &Domain, listed: &Listed, now: Timestamp) -> Option<SesStatus> {
    let last = domain.ses?;
    let fresh = now.duration_since(last.details_at?) < DETAILS_EVERY;
    let verification = (*listed.get(&domain.name)?)?;
    let is_settled = !sending_status::is_open(domain, last.status, now);
    (fresh && is_settled && verification == last.status.verification).then_some(last.status)
}
