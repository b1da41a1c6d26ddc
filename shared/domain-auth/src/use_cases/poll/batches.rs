//! The batches in which SES is asked for the status of domains. SES answers for a whole batch or
//! not at all, so one refused name would block 99 others. A refused batch is halved until the
//! refused names are isolated. The halves come after the batches that have not been asked about
//! yet.

use std::collections::VecDeque;

use crate::ports::{Refusal, STATUS_BATCH, SesError};

/// After this many refused calls without any answer, the cause is not a name: SES refuses every
/// call, for example because a permission is missing. A batch with one refused name gets an answer
/// for its other half long before that.
const ALL_REFUSED: usize = 15;

/// The remaining batches, and the results so far.
#[derive(Debug)]
pub(super) struct Batches<T> {
    waiting: VecDeque<Vec<T>>,
    refusals: usize,
    has_answered: bool,
    alone: Vec<T>,
}

impl<T> Batches<T> {
    /// Batches of at most [`STATUS_BATCH`].
    pub(super) fn of(items: Vec<T>) -> Self {
        let mut items = items.into_iter();
        let mut waiting = VecDeque::new();
        loop {
            let batch: Vec<T> = items.by_ref().take(STATUS_BATCH).collect();
            if batch.is_empty() {
                break;
            }
            waiting.push_back(batch);
        }
        Self {
            waiting,
            refusals: 0,
            has_answered: false,
            alone: Vec::new(),
        }
    }

    /// The next batch to ask about.
    pub(super) fn next(&mut self) -> Option<Vec<T>> {
        self.waiting.pop_front()
    }

    /// SES has answered about a batch.
    pub(super) fn answered(&mut self) {
        self.has_answered = true;
    }

    /// SES has refused a batch. The batch is split in halves, unless it has only one name, or SES
    /// refuses everything. Returns how many domains stay without an answer.
    pub(super) fn refused(&mut self, mut batch: Vec<T>) -> usize {
        self.refusals += 1;
        let size = batch.len();
        if size == 1 {
            self.alone.append(&mut batch);
            return size;
        }
        if !self.has_answered && self.refusals >= ALL_REFUSED {
            return size;
        }
        let second = batch.split_off(size.div_ceil(2));
        self.waiting.extend([batch, second]);
        0
    }

    /// The domains that SES refuses while it answers about others.
    pub(super) fn refused_alone(self) -> Vec<T> {
        if self.has_answered {
            self.alone
        } else {
            Vec::new()
        }
    }
}

/// Whether SES will give the same answer to the same names again.
pub(super) fn is_permanent(error: &SesError) -> bool {
    match error {
        SesError::Refused { refusal, .. } => match refusal {
            Refusal::BadRequest | Refusal::Other => true,
            // The refusal is about the caller, whatever the names.
            Refusal::AccessDenied | Refusal::LimitExceeded | Refusal::MessageRejected => false,
        },
        SesError::Throttled { .. } | SesError::Unavailable { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Asks a simulated SES that refuses some names. Returns the answered names, the names that
    /// were refused on their own, the unanswered names, and the number of calls.
    fn ask(names: Vec<u32>, refuses: impl Fn(u32) -> bool) -> (Vec<u32>, Vec<u32>, usize, usize) {
        let mut batches = Batches::of(names);
        let (mut answered, mut unanswered, mut calls) = (Vec::new(), 0, 0);
        while let Some(batch) = batches.next() {
            calls += 1;
            if batch.iter().any(|name| refuses(*name)) {
                unanswered += batches.refused(batch);
            } else {
                batches.answered();
                answered.extend(batch);
            }
        }
        answered.sort_unstable();
        (answered, batches.refused_alone(), unanswered, calls)
    }

    #[test]
    fn one_refused_name_delays_none_of_the_others() {
        for refused in [0, 1, 49, 50, 99] {
            let (answered, alone, unanswered, calls) =
                ask((0..100).collect(), |name| name == refused);
            assert_eq!((answered.len(), alone, unanswered), (99, vec![refused], 1));
            assert!(calls <= 15, "{calls}");
        }
    }

    #[test]
    fn whole_batches_are_requested_before_halves() {
        let mut batches = Batches::of((0..250).collect());
        let first = batches.next().unwrap();
        batches.refused(first);
        let sizes = std::iter::from_fn(|| batches.next()).map(|batch| batch.len());
        assert_eq!(sizes.collect::<Vec<_>>(), [100, 50, 50, 50]);
    }

    #[test]
    fn if_every_call_is_refused_no_name_is_blamed() {
        let (answered, alone, unanswered, calls) = ask((0..1_000).collect(), |_| true);
        assert_eq!((answered.len(), alone.len(), unanswered), (0, 0, 1_000));
        assert!(calls <= 40, "{calls}");
        let (_, alone, unanswered, calls) = ask(vec![7], |_| true);
        assert_eq!((alone.len(), unanswered, calls), (0, 1, 1));
    }

    proptest! {
        #[test]
        fn each_name_is_answered_or_refused_alone(
            count in 2_u32..400,
            refused in prop::collection::btree_set(0_u32..400, 0..6),
        ) {
            let names: Vec<u32> = (0..count).collect();
            let refused: Vec<u32> = refused.into_iter().filter(|name| *name < count).collect();
            prop_assume!(refused.len() < names.len());
            let (answered, mut alone, unanswered, _) = ask(names, |name| refused.contains(&name));
            alone.sort_unstable();
            prop_assert_eq!(answered.len() + refused.len(), count as usize);
            prop_assert_eq!(unanswered, refused.len());
            prop_assert_eq!(alone, refused);
        }
    }
}
