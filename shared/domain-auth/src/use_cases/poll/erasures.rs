//! The part of a run that continues erasing clients.

use super::counter::Counter;
use super::{Poller, PollerPorts, Report, Times};
use crate::erasure::EraseClients;
use crate::ports::{Clock, StoreError};
use crate::use_cases::erase::go_on;

/// Erasures that one run takes. They are rare.
const TAKEN: usize = 20;

impl<P: PollerPorts> Poller<'_, P> {
    pub(super) async fn go_on_erasing(&self, times: Times) -> Result<Report, StoreError> {
        let (store, clock) = (self.tools.store, self.tools.clock);
        let mut report = Report::default();
        for client in store.erasures_due(clock.now(), TAKEN).await? {
            if clock.now() >= times.write {
                break;
            }
            if let Err(error) = go_on(&self.tools, &client, times.write).await {
                tracing::error!(
                    client = client.as_str(),
                    error = &error as &dyn std::error::Error,
                    "a step of erasing a client failed; it stays due"
                );
                report.count(Counter::Errors, 1);
            }
        }
        Ok(report)
    }
}
