//! Crashes at a chosen step. Every call of a fake passes two points, before and after its effect.
//! At the chosen point the future never continues, as if the process had crashed there; or it
//! continues when a test releases it, as if the process had been slow.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::task::{Poll, Waker};

/// Counts the points that are passed, and stops at one of them.
#[derive(Debug, Default)]
pub struct CrashPoint {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    passed: usize,
    die_at: Option<usize>,
    paused: bool,
    waiting: Vec<Waker>,
    log: Vec<&'static str>,
}

impl CrashPoint {
    /// Stops at the point with this number, counted from one, and from now.
    pub fn die_at(&self, point: usize) {
        let mut state = self.state();
        *state = State {
            die_at: Some(point),
            ..State::default()
        };
    }

    /// Releases the process that waits at the chosen point; no other process stops.
    pub fn let_go(&self) {
        let waiting = {
            let mut state = self.state();
            state.paused = false;
            state.die_at = None;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Keeps only the process that already waits at the chosen point.
    pub fn stop_no_other(&self) {
        self.state().die_at = None;
    }

    /// Stops at no point from now on.
    pub fn live(&self) {
        *self.state() = State::default();
    }

    /// The calls since the count began.
    pub fn log(&self) -> Vec<&'static str> {
        self.state().log.clone()
    }

    /// Passes a point, or stops there.
    pub async fn pass(&self, call: &'static str) {
        let dies = {
            let mut state = self.state();
            state.passed += 1;
            state.log.push(call);
            let dies = state.die_at == Some(state.passed);
            state.paused |= dies;
            dies
        };
        if dies {
            futures::future::poll_fn(|context| {
                let mut state = self.state();
                if state.paused {
                    state.waiting.push(context.waker().clone());
                    Poll::Pending
                } else {
                    Poll::Ready(())
                }
            })
            .await;
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
