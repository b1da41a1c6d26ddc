//! The stacks of the tests: one that most tests share, and a few for tests that change how SES,
//! DNS, a role or a function behaves. Each of those tests has a stack to itself while it runs, so
//! that tests do not disturb each other.
//!
//! A stack starts when the first test needs it, so a filter that matches one test starts only one
//! stack.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use lasso_local::{LocalStack, Options};
use tokio::sync::{OnceCell, Semaphore};

use crate::PARAMETERS;
use crate::world::{Shared, World};

/// How many tests run on the shared stack at the same time. They mostly wait, but two emulators
/// with their functions are enough for two cores: the functions' time limits for SES and DNS are
/// seconds.
const AT_ONCE: usize = 4;
/// How many tests have a stack to themselves while others run on the shared stack.
const QUIET: usize = 1;
/// How many of them run when the shared stack has no more tests.
const QUIET_AFTERWARDS: usize = 2;

/// A variable with a folder from `sam build`. If it is set, the tests run on what is deployed from
/// this folder, and not on functions that are compiled for the tests.
const BUILT: &str = "LASSO_BUILT";

/// All stacks, and how long each test has used one.
#[derive(Debug)]
pub(crate) struct Stacks {
    started: Mutex<Vec<Arc<LocalStack>>>,
    /// Why a stack did not start. Then no other stack is started.
    broken: OnceLock<String>,
    shared: OnceCell<Shared>,
    at_once: Semaphore,
    /// The number of tests for the shared stack that have not run yet.
    sharing: AtomicUsize,
    /// The stacks that no test is using.
    quiet: Mutex<Vec<Shared>>,
    quiet_turns: Semaphore,
    took: Mutex<Vec<(Duration, String)>>,
}

impl Stacks {
    pub(crate) fn new() -> Self {
        Self {
            started: Mutex::default(),
            broken: OnceLock::new(),
            shared: OnceCell::new(),
            at_once: Semaphore::new(AT_ONCE),
            sharing: AtomicUsize::new(0),
            quiet: Mutex::default(),
            quiet_turns: Semaphore::new(QUIET),
            took: Mutex::default(),
        }
    }

    /// Runs a test on the shared stack.
    pub(crate) async fn beside_others<F: Future<Output = ()>>(
        &self,
        name: &str,
        test: impl FnOnce(Shared) -> F,
    ) -> Result<(), String> {
        let _shares = Sharing::new(self);
        let _turn = self.at_once.acquire().await.expect("it is never closed");
        let world = self.shared.get_or_try_init(|| self.start()).await?;
        let world = Arc::clone(world);
        self.timed(name, test(world)).await;
        Ok(())
    }

    /// Runs a test on a stack that it has to itself, and then resets SES and DNS.
    pub(crate) async fn alone<F: Future<Output = ()>>(
        &self,
        name: &str,
        test: impl FnOnce(Shared) -> F,
    ) -> Result<(), String> {
        let _turn = self
            .quiet_turns
            .acquire()
            .await
            .expect("it is never closed");
        let free = locked(&self.quiet).pop();
        let world = match free {
            Some(world) => world,
            None => self.start().await?,
        };
        let test = self.timed(name, test(Arc::clone(&world)));
        let outcome = AssertUnwindSafe(test).catch_unwind().await;
        world.calm_ses().await;
        world
            .control_dns(serde_json::json!({ "reset": true }))
            .await;
        locked(&self.quiet).push(world);
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
        Ok(())
    }

    async fn timed(&self, name: &str, test: impl Future<Output = ()>) {
        let started = Instant::now();
        test.await;
        locked(&self.took).push((started.elapsed(), name.to_owned()));
    }

    async fn start(&self) -> Result<Shared, String> {
        if let Some(error) = self.broken.get() {
            return Err(error.clone());
        }
        let mut options = Options::isolated();
        options.built = std::env::var_os(BUILT).map(Into::into);
        for (name, value) in PARAMETERS {
            let (name, value) = ((*name).to_owned(), (*value).to_owned());
            options.parameters.insert(name, value);
        }
        let stack = LocalStack::start(options).await.map_err(|error| {
            let error = error.to_string();
            self.broken.get_or_init(|| error).clone()
        })?;
        let stack = Arc::new(stack);
        let world = Arc::new(World::new(&stack));
        locked(&self.started).push(stack);
        world.calm_ses().await;
        Ok(world)
    }

    /// Stops all stacks. Returns how long each successful test took, the longest first.
    pub(crate) async fn stop(self) -> Vec<(Duration, String)> {
        drop((self.shared, self.quiet));
        let started = self.started.into_inner();
        for stack in started.unwrap_or_else(PoisonError::into_inner) {
            if let Some(stack) = Arc::into_inner(stack) {
                stack.stop().await;
            }
        }
        let took = self.took.into_inner();
        let mut took = took.unwrap_or_else(PoisonError::into_inner);
        took.sort_unstable_by(|one, other| other.cmp(one));
        took
    }
}

/// A test that waits for the shared stack, or runs on it. All tests start immediately, each on its
/// own thread, so all are counted long before the first ends.
struct Sharing<'a>(&'a Stacks);

impl<'a> Sharing<'a> {
    fn new(stacks: &'a Stacks) -> Self {
        stacks.sharing.fetch_add(1, Ordering::SeqCst);
        Self(stacks)
    }
}

impl Drop for Sharing<'_> {
    fn drop(&mut self) {
        if self.0.sharing.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.quiet_turns.add_permits(QUIET_AFTERWARDS - QUIET);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
