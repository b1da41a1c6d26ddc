//! The tools of use cases. Each set contains the tools of the one before it and can be used in its
//! place, so a use case that needs fewer tools accepts a larger set.

use std::ops::Deref;

use futures::future::{TryFuture, TryFutureExt};

use super::SesBudget;
use crate::ports::{Clock, Operation, Ports, SesError};

/// The tools of a use case that calls neither SES nor DNS.
pub struct StoreTools<'a, P: Ports> {
    /// The store of domains.
    pub store: &'a P::Store,
    /// Time.
    pub clock: &'a P::Clock,
    /// Randomness.
    pub ids: &'a P::Ids,
}

/// The tools of a use case that calls SES but not DNS.
pub struct SesTools<'a, P: Ports> {
    at_store: StoreTools<'a, P>,
    /// Amazon SES.
    pub ses: &'a P::Ses,
    /// The rate of calls.
    pub budget: &'a SesBudget,
}

/// The tools of a use case that calls SES and DNS.
pub struct Tools<'a, P: Ports> {
    at_ses: SesTools<'a, P>,
    /// DNS.
    pub dns: &'a P::Dns,
}

impl<'a, P: Ports> StoreTools<'a, P> {
    /// These tools, and Amazon SES, which is called at the rate of `budget`.
    pub fn with_ses(self, ses: &'a P::Ses, budget: &'a SesBudget) -> SesTools<'a, P> {
        SesTools {
            at_store: self,
            ses,
            budget,
        }
    }
}

impl<'a, P: Ports> SesTools<'a, P> {
    /// These tools, and DNS.
    pub fn with_dns(self, dns: &'a P::Dns) -> Tools<'a, P> {
        Tools { at_ses: self, dns }
    }

    /// These tools with another budget.
    pub(super) fn with_budget<'b>(&self, budget: &'b SesBudget) -> SesTools<'b, P>
    where
        'a: 'b,
    {
        let StoreTools { store, clock, ids } = self.at_store;
        StoreTools { store, clock, ids }.with_ses(self.ses, budget)
    }

    /// Calls SES when the budget allows it. If calls are spaced, a throttled call is repeated once.
    pub(super) async fn paced<F>(
        &self,
        operation: Operation,
        call: impl Fn() -> F,
    ) -> Result<F::Ok, SesError>
    where
        F: TryFuture<Error = SesError>,
    {
        let noted = async || {
            self.budget.wait(operation, self.clock).await;
            let answer = TryFutureExt::into_future(call()).await;
            self.budget.note(operation, &answer, self.clock.now());
            answer
        };
        match noted().await {
            Err(SesError::Throttled { .. }) if self.budget.has_pace() => noted().await,
            answer => answer,
        }
    }
}

impl<'a, P: Ports> Deref for SesTools<'a, P> {
    type Target = StoreTools<'a, P>;

    fn deref(&self) -> &Self::Target {
        &self.at_store
    }
}

impl<'a, P: Ports> Deref for Tools<'a, P> {
    type Target = SesTools<'a, P>;

    fn deref(&self) -> &Self::Target {
        &self.at_ses
    }
}
