//! A meter that stores its metrics.

use std::sync::{Mutex, PoisonError};

use domain_auth::figures::Figure;
use domain_auth::ports::Meter;
use jiff::Timestamp;

/// Stores metrics in the order of recording.
#[derive(Debug, Default)]
pub struct RecordingMeter {
    figures: Mutex<Vec<Figure>>,
}

impl RecordingMeter {
    /// The recorded metrics.
    pub fn figures(&self) -> Vec<Figure> {
        self.recorded().clone()
    }

    /// The values of a metric, for one value of its dimension if it has one.
    pub fn values(&self, name: &str, part: Option<&str>) -> Vec<f64> {
        self.recorded()
            .iter()
            .filter(|figure| figure.name == name && figure.by.map(|by| by.1) == part)
            .flat_map(|figure| figure.values.clone())
            .collect()
    }

    fn recorded(&self) -> std::sync::MutexGuard<'_, Vec<Figure>> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meter for RecordingMeter {
    fn record(&self, _: Timestamp, figures: &[Figure]) {
        self.recorded().extend_from_slice(figures);
    }
}
