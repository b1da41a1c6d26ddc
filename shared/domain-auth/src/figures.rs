//! Figures for the operator of the service: what the use cases count, in plain types.
//!
//! No figure names a domain or a client: each pair of a name and a breakdown is one metric that is
//! paid for, and what happened to one domain is in its history.

use crate::ports::ses_operation::{Operation, Tally};
use jiff::SignedDuration;

/// One figure of a run or a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What was counted or measured.
    pub name: &'static str,
    /// In what.
    pub unit: Unit,
    /// One value, or one for each thing that was measured.
    pub values: Vec<f64>,
    /// What the figure is broken down by, and into which part: `("Operation", "GetEmailIdentity")`.
    pub by: Option<(&'static str, &'static str)>,
}

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Time.
    Seconds,
}

impl Figure {
    /// So many things.
    pub fn count(name: &'static str, count: usize) -> Self {
        Self {
            name,
            unit: Unit::Count,
            values: vec![float(count)],
            by: None,
        }
    }

    /// One span of time, or many.
    pub fn seconds(name: &'static str, spans: impl IntoIterator<Item = SignedDuration>) -> Self {
        let values = spans.into_iter().map(|span| span.as_secs_f64());
        Self {
            name,
            unit: Unit::Seconds,
            values: values.collect(),
            by: None,
        }
    }

    /// The same figure for one part of the whole.
    #[must_use]
    pub fn by(mut self, what: &'static str, part: &'static str) -> Self {
        self.by = Some((what, part));
        self
    }
}

/// `SesCalls` and `SesThrottles`, for each operation that was called.
pub fn ses_calls(tally: &[(Operation, Tally)]) -> Vec<Figure> {
    tally
        .iter()
        .flat_map(|(operation, tally)| {
            let part = operation.as_str();
            [
                Figure::count("SesCalls", tally.calls).by("Operation", part),
                Figure::count("SesThrottles", tally.throttled).by("Operation", part),
            ]
        })
        .collect()
}

/// `TimeToVerified`: from adding a domain to learning that SES has verified it.
pub fn time_to_verified(times: impl IntoIterator<Item = SignedDuration>) -> Option<Figure> {
    let figure = Figure::seconds("TimeToVerified", times);
    (!figure.values.is_empty()).then_some(figure)
}

fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}
