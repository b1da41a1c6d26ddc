//! Metrics of the service for its operator, in plain types, as the use cases count them.
//!
//! No metric names a domain or a client. Each pair of a name and a dimension is a metric that costs
//! money, and the history of a domain says what happened to it.

use crate::ports::ses_operation::{Operation, Tally};
use jiff::SignedDuration;

/// One metric of a run or a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What was counted or measured.
    pub name: &'static str,
    /// The unit.
    pub unit: Unit,
    /// One value, or one for each thing that was measured.
    pub values: Vec<f64>,
    /// The dimension and its value: `("Operation", "GetEmailIdentity")`.
    pub by: Option<(&'static str, &'static str)>,
}

/// The unit of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// A duration.
    Seconds,
}

impl Figure {
    /// A count.
    pub fn count(name: &'static str, count: usize) -> Self {
        Self {
            name,
            unit: Unit::Count,
            values: vec![float(count)],
            by: None,
        }
    }

    /// One duration, or several.
    pub fn seconds(name: &'static str, spans: impl IntoIterator<Item = SignedDuration>) -> Self {
        let values = spans.into_iter().map(|span| span.as_secs_f64());
        Self {
            name,
            unit: Unit::Seconds,
            values: values.collect(),
            by: None,
        }
    }

    /// The metric for one value of a dimension.
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

/// `TimeToVerified`: the time between adding a domain and learning that SES has verified it.
pub fn time_to_verified(times: impl IntoIterator<Item = SignedDuration>) -> Option<Figure> {
    let figure = Figure::seconds("TimeToVerified", times);
    (!figure.values.is_empty()).then_some(figure)
}

fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}
