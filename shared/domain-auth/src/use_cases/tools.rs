//! What use cases work with. Each set of tools has those of the one before it and is taken for it: a use
//! case that asks for less can be given more.

use std::ops::Deref;

use futures::future::{TryFuture, TryFutureExt};

use super::SesBudget;
use crate::ports::{Clock, Operation, Ports, SesError};

/// The tools of a use case that asks neither SES nor DNS.
pub struct StoreTools<'a, P: Ports> {
    /// Where domains are kept.
    pub store: &'a P::Store,
    /// Time.
    pub clock: &'a P::Clock,
    /// Randomness.
    pub ids: &'a P::Ids,
}

/// The tools of a use case that asks SES and not DNS.
pub struct SesTools<'a, P: Ports> {
    at_store: StoreTools<'a, P>,
    /// Amazon SES.
    pub ses: &'a P::Ses,
    /// The pace of calls.
    pub budget: &'a SesBudget,
}

/// The tools of a use case that asks both.
pub struct Tools<'a, P: Ports> {
    at_ses: SesTools<'a, P>,
    /// DNS.
    pub dns: &'a P::Dns,
}

impl<'a, P: Ports> StoreTools<'a, P> {
    /// These, and Amazon SES, which is called at the pace of `budget`.
    pub fn with_ses(self, ses: &'a P::Ses, budget: &'a SesBudget) -> SesTools<'a, P> {
        SesTools {
            at_store: self,
            ses,
            budget,
        }
    }
}

impl<'a, P: Ports> SesTools<'a, P> {
    /// These, and DNS.
    pub fn with_dns(self, dns: &'a P::Dns) -> Tools<'a, P> {
        Tools { at_ses: self, dns }
    }

    /// The same with another budget.
    pub(super) fn with_budget<'b>(&self, budget: &'b SesBudget) -> SesTools<'b, P>
    where
        'a: 'b,
    {
        let StoreTools { store, clock, ids } = self.at_store;
        StoreTools { store, clock, ids }.with_ses(self.ses, budget)
    }

    /// Calls SES when the budget allows it. A throttled call is made once more where there is a pace.
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
