//! Results of the concurrent parts of a run that are decided at its end.

use super::counter::Counter;
use super::report::Report;
use crate::domain::{Change, Domain};

/// The results of one part of the run that are decided at its end.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) report: Report,
    /// Bad looks that are not written yet: each domain with its change.
    pub(super) held: Vec<(Domain, Change)>,
    /// Looks at watched domains that were well before, and how many of them were bad.
    pub(super) looks: usize,
    pub(super) bad: usize,
    /// Bad looks that repeat an earlier one that was ignored.
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
