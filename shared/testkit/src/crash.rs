//! Dying at a chosen step. Every call of a fake passes two points, before and after its effect; at
//! the chosen one, the future never goes on, as if the process had ended there.

use std::sync::Mutex;
use std::sync::PoisonError;

/// Counts the points that are passed, and stops at one of them.
#[derive(Debug, Default)]
pub struct CrashPoint {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    passed: usize,
    die_at: Option<usize>,
    log: Vec<&'static str>,
}

impl CrashPoint {
    /// Dies at the point with this number, counted from one, and from now.
    pub fn die_at(&self, point: usize) {
        let mut state = self.state();
        *state = State {
            die_at: Some(point),
            ..State::default()
        };
    }

    /// Lives on, however many points are passed.
    pub fn live(&self) {
        *self.state() = State::default();
    }

    /// The calls passed since the count began.
    pub fn log(&self) -> Vec<&'static str> {
        self.state().log.clone()
    }

    /// Passes a point, or dies there.
    pub async fn pass(&self, call: &'static str) {
        let dies = {
            let mut state = self.state();
            state.passed += 1;
            state.log.push(call);
            state.die_at == Some(state.passed)
        };
        if dies {
            futures::future::pending::<()>().await;
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
