//! The port to DNS.

use std::future::Future;

use super::{Observation, Question, SecondLook, ZoneOutcome};

/// The port: asks DNS. Implementations bound the time of every call.
pub trait Lookup: Send + Sync {
    /// A lookup without cached answers, for a new run or request.
    #[must_use]
    fn fresh(&self) -> Self
    where
        Self: Sized;

    /// Finds the zone that holds `name`.
    fn zone(&self, name: &str) -> impl Future<Output = ZoneOutcome> + Send;

    /// Asks all questions at the authoritative servers, and of the resolver those that
    /// [`Observation::is_for_resolver`] names. The observations are in the order of the questions.
    fn observe(&self, questions: &[Question]) -> impl Future<Output = Vec<Observation>> + Send;

    /// Like [`Self::observe`], for questions that only help to explain: the resolver is asked only if no
    /// authoritative server answers.
    fn observe_source(
        &self,
        questions: &[Question],
    ) -> impl Future<Output = Vec<Observation>> + Send;

    /// Asks the authoritative servers again, over TCP only and remembering nothing of what was asked
    /// before: an answer that was forged on UDP is not seen again. Servers of the zone are asked until
    /// two have answered each question, or there are no more. The second looks are in the order of the
    /// questions.
    fn ask_again(&self, questions: &[Question]) -> impl Future<Output = Vec<SecondLook>> + Send;
}
