//! What a use case works with.

use super::{SesBudget, paced};
use crate::ports::{Clock, Operation, SesError};

/// What a use case works with.
#[derive(Debug)]
pub struct Tools<'a, S, I, C, D, L> {
    /// Where domains are kept.
    pub store: &'a S,
    /// Amazon SES.
    pub ses: &'a I,
    /// Time.
    pub clock: &'a C,
    /// Randomness.
    pub ids: &'a D,
    /// DNS.
    pub dns: &'a L,
    /// The pace of calls.
    pub budget: &'a SesBudget,
}

impl<S, I, C: Clock, D, L> Tools<'_, S, I, C, D, L> {
    /// Calls SES when the budget allows it.
    pub(super) async fn paced<T, F>(
        &self,
        operation: Operation,
        call: impl Fn() -> F,
    ) -> Result<T, SesError>
    where
        F: Future<Output = Result<T, SesError>>,
    {
        paced(self.budget, self.clock, operation, call).await
    }
}
