//! The calls that named each identity, so that a test can show that no call has changed one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// How many calls are kept for each identity. If there are more, the oldest read-only calls are
/// dropped first.
const KEPT: usize = 1_000;

/// A call that named an identity.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    pub(crate) operation: String,
    /// Whether the operation changes an identity.
    pub(crate) changes: bool,
    /// The access key; `None` for a call without a signature.
    pub(crate) caller: Option<String>,
    /// `done`, `drop`, or the name of the error.
    pub(crate) outcome: String,
    /// Whether the response was lost (`drop_after`).
    pub(crate) answer_lost: bool,
    pub(crate) at: String,
}

/// The calls, by identity, in the order in which they were answered.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<BTreeMap<String, VecDeque<Entry>>>);

impl History {
    pub(crate) fn add(&self, names: &[String], entry: &Entry) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for name in names {
            let calls = all.entry(name.clone()).or_default();
            if calls.len() >= KEPT {
                let oldest = calls.iter().position(|call| !call.changes).unwrap_or(0);
                calls.remove(oldest);
            }
            calls.push_back(entry.clone());
        }
    }

    pub(crate) fn of(&self, name: &str) -> Vec<Entry> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(name)
            .map(|calls| calls.iter().cloned().collect())
            .unwrap_or_default()
    }

    pub(crate) fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_change_an_identity_are_kept_longest() {
        let history = History::default();
        let names = ["example.com".to_owned()];
        let entry = |changes| Entry {
            operation: "Some".to_owned(),
            changes,
            caller: None,
            outcome: "done".to_owned(),
            answer_lost: false,
            at: String::new(),
        };
        history.add(&names, &entry(false));
        history.add(&names, &entry(true));
        for _ in 0..2 * KEPT {
            history.add(&names, &entry(false));
        }
        let kept = history.of("example.com");
        assert_eq!(kept.len(), KEPT);
        assert!(kept[0].changes);
    }
}
