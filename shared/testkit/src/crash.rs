//! Dying at a chosen step. Every call of a fake passes two points, before and after its effect; at
//! the chosen one, the future never goes on, as if the process had ended there; or it goes on when
//! it is let go, as if the process had been slow.

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
    /// Dies at the point with this number, counted from one, and from now.
    pub fn die_at(&self, point: usize) {
        let mut state = self.state();
        *state = State {
            die_at: Some(point),
            ..State::default()
        };
    }

    /// The process that waits at the chosen point goes on from there, and no other stops.
    pub fn let_go(&self) {
        let waiting = {
            let mut state = self.state();
            state.paused = false;
            state.die_at = None;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Stops only who stands at the chosen point already.
    pub fn stop_no_other(&self) {
        self.state().die_at = None;
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
