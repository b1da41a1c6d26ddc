//! What the parts of a run, which go on beside each other, leave to be decided at its end.

use super::counter::Counter;
use super::report::Report;
use crate::domain::{Change, Domain};

/// What a part of the run leaves to be decided at its end.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) report: Report,
    /// Bad looks that were not yet written: each domain, and the change that was to be.
    pub(super) held: Vec<(Domain, Change)>,
    /// Looks at watched domains that were well before, and the bad ones of them.
    pub(super) looks: usize,
    pub(super) bad: usize,
    /// Of the bad ones, those that repeat one that was not believed.
    pub(super) repeated: usize,
}

impl Part {
    pub(super) fn add(&mut self, part: Self) {
        self.report.add(part.report);
        self.held.extend(part.held);
        self.looks += part.looks;
        self.bad += part.bad;
        self.repeated += part.repeated;
    }

    /// Counts the domains that stay without an answer after SES has refused a batch.
    pub(super) fn refused(&mut self, unanswered: usize) {
        self.report.count(Counter::Unanswered, unanswered);
        self.report
            .count(Counter::Errors, usize::from(unanswered > 0));
    }
}
