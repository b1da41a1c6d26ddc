//! The whole path over HTTP, on the local stack: the real template, real tokens, DNS by zone file,
//! email out of the emulator's mailbox.
//!
//! One stack serves all tests, each with domains of its own. Tests that disturb SES for everybody
//! run alone.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

mod alert_queue;
mod contract;
mod described;
mod dns;
mod fairness;
mod hostile_zones;
mod limits;
mod lists;
mod main_path;
mod overtaken;
mod permissions;
mod ready;
mod registers;
mod registers_limits;
mod removal;
mod requests;
mod resilience;
mod routes;
mod second_look;
mod senders;
mod ses_calls;
mod shared_account;
mod staff;
mod store;
mod store_keys;
mod store_kinds;
mod store_limits;
mod store_lives;
mod store_runs;
mod store_schema;
mod store_turns;
mod support_email;
mod tag_conditions;
mod takeover;
mod world;

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::process::ExitCode;
use std::sync::Arc;

use futures::FutureExt;
use lasso_local::{LocalStack, Options};
use libtest_mimic::{Arguments, Trial};
use tokio::runtime::Runtime;
use tokio::sync::RwLock;

use crate::world::{Shared, World};

/// What the identities of authenticated domains get; without it the stack would leave them alone.
pub(crate) const CONFIGURATION_SET: &str = "lasso-clients";

/// What differs from the template's defaults. The tests share two clients, and the gate has no quota
/// but where a test sets one.
const PARAMETERS: &[(&str, &str)] = &[
    ("ConfigurationSet", CONFIGURATION_SET),
    ("SesCallsPerSecond", "50"),
    ("ChecksPerMinute", "1000"),
    // The tests of the limits set lower ones.
    ("MaxDomainsPerClient", "100000"),
    ("MaxDomainsAddedPerDay", "100000"),
    ("MaxSupportEmailsPerClientPerDay", "100000"),
];

/// Collects tests, and sees to it that those that need the stack for themselves have it.
pub(crate) struct Suite {
    runtime: Arc<Runtime>,
    world: Option<Shared>,
    quiet: Arc<RwLock<()>>,
    trials: Vec<Trial>,
}

impl Suite {
    /// A test that leaves others alone.
    pub(crate) fn shared<F>(&mut self, name: &str, test: impl FnOnce(Shared) -> F + Send + 'static)
    where
        F: Future<Output = ()>,
    {
        let quiet = Arc::clone(&self.quiet);
        self.trial(name, true, async move |world| {
            let _others_may_run = quiet.read().await;
            test(world).await;
        });
    }

    /// A test that changes how SES behaves for everybody.
    pub(crate) fn alone<F>(&mut self, name: &str, test: impl FnOnce(Shared) -> F + Send + 'static)
    where
        F: Future<Output = ()>,
    {
        self.alone_if(true, name, test);
    }

    /// The same, shown as ignored where what it needs is not there.
    pub(crate) fn alone_if<F>(
        &mut self,
        possible: bool,
        name: &str,
        test: impl FnOnce(Shared) -> F + Send + 'static,
    ) where
        F: Future<Output = ()>,
    {
        let quiet = Arc::clone(&self.quiet);
        self.trial(name, possible, async move |world: Shared| {
            let _nobody_else_runs = quiet.write().await;
            let outcome = AssertUnwindSafe(test(Arc::clone(&world)))
                .catch_unwind()
                .await;
            world.calm_ses().await;
            world
                .control_dns(serde_json::json!({ "reset": true }))
                .await;
            if let Err(panic) = outcome {
                resume_unwind(panic);
            }
        });
    }

    fn trial(
        &mut self,
        name: &str,
        possible: bool,
        test: impl AsyncFnOnce(Shared) + Send + 'static,
    ) {
        let (runtime, world) = (Arc::clone(&self.runtime), self.world.clone());
        let trial = Trial::test(name, move || {
            let world = world.ok_or("the stack was not started")?;
            runtime.block_on(test(world));
            Ok(())
        });
        self.trials.push(trial.with_ignored_flag(!possible));
    }
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // The tests wait far more than they compute.
    arguments.test_threads.get_or_insert(8);
    let runtime = Runtime::new().expect("a runtime for the tests");
    let stack = (!arguments.list).then(|| {
        let mut options = Options::isolated();
        for (name, value) in PARAMETERS {
            let (name, value) = ((*name).to_owned(), (*value).to_owned());
            options.parameters.insert(name, value);
        }
        let start = LocalStack::start(options);
        let stack = runtime
            .block_on(start)
            .unwrap_or_else(|error| panic!("{error}"));
        Arc::new(stack)
    });
    let world = stack.as_ref().map(|stack| {
        let world = Arc::new(World::new(stack));
        runtime.block_on(world.calm_ses());
        world
    });
    let mut suite = Suite {
        runtime: Arc::new(runtime),
        world,
        quiet: Arc::default(),
        trials: Vec::new(),
    };
    // First, while the table is small and runs of the poller are short.
    permissions::tests(&mut suite);
    main_path::tests(&mut suite);
    dns::tests(&mut suite);
    removal::tests(&mut suite);
    lists::tests(&mut suite);
    requests::tests(&mut suite);
    overtaken::tests(&mut suite);
    second_look::tests(&mut suite);
    resilience::tests(&mut suite);
    routes::tests(&mut suite);
    senders::tests(&mut suite);
    ses_calls::tests(&mut suite);
    shared_account::tests(&mut suite);
    staff::tests(&mut suite);
    support_email::tests(&mut suite);
    alert_queue::tests(&mut suite);
    tag_conditions::tests(&mut suite);
    store::tests(&mut suite);
    takeover::tests(&mut suite);
    registers::tests(&mut suite);
    registers_limits::tests(&mut suite);
    store::more_tests(&mut suite);
    store_schema::tests(&mut suite);
    ready::tests(&mut suite);
    limits::tests(&mut suite);
    // Last, because they leave many domains behind.
    fairness::tests(&mut suite);
    hostile_zones::tests(&mut suite);
    described::tests(&mut suite);
    let conclusion = libtest_mimic::run(&arguments, suite.trials);
    drop(suite.world);
    if let Some(stack) = stack.and_then(Arc::into_inner) {
        suite.runtime.block_on(stack.stop());
    }
    conclusion.exit_code()
}
