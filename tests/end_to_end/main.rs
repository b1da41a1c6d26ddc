//! The whole path over HTTP, on the local stack: the real template, real tokens, DNS from zone
//! files, email from the emulator's mailbox.
//!
//! Most tests share one stack, each with its own domains. A test that disturbs SES for others has a
//! stack to itself while it runs (`stacks.rs`).

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

mod alert_queue;
mod alert_times;
mod clients;
mod console;
mod contract;
mod described;
mod dns;
mod dns_truth;
mod erasure;
mod fairness;
mod hostile_zones;
mod limits;
mod links;
mod lists;
mod mail_feedback;
mod main_path;
mod manners;
mod mass_mail;
mod open_questions;
mod ops;
mod overtaken;
mod permissions;
mod procedures;
mod ready;
mod redeployed;
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
mod stacks;
mod staff;
mod store;
mod store_keys;
mod store_kinds;
mod store_limits;
mod store_lives;
mod store_recount;
mod store_runs;
mod store_schema;
mod store_senders;
mod store_turns;
mod support_email;
mod tag_conditions;
mod takeover;
mod world;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Arguments, Conclusion, Failed, Trial};
use tokio::runtime::Runtime;

use crate::stacks::Stacks;
use crate::world::Shared;

/// The configuration set of authenticated domains; without it the stack would not set one.
pub(crate) const CONFIGURATION_SET: &str = "lasso-clients";

/// Values that differ from the template's defaults. The tests share two clients, and the gate has
/// no quota unless a test sets one.
const PARAMETERS: &[(&str, &str)] = &[
    ("ConfigurationSet", CONFIGURATION_SET),
    ("SesCallsPerSecond", "50"),
    ("ChecksPerMinute", "1000"),
    // The tests of the limits set lower ones.
    ("MaxDomainsPerClient", "100000"),
    ("MaxDomainsAddedPerDay", "100000"),
    ("MaxSupportEmailsPerClientPerDay", "100000"),
];

/// Collects tests, and gives a stack to those that need one to themselves.
pub(crate) struct Suite {
    runtime: Arc<Runtime>,
    stacks: Arc<Stacks>,
    trials: Vec<Trial>,
}

impl Suite {
    /// A test that does not disturb others.
    pub(crate) fn shared<F>(&mut self, name: &str, test: impl FnOnce(Shared) -> F + Send + 'static)
    where
        F: Future<Output = ()>,
    {
        self.shared_if(true, name, test);
    }

    /// A test that does not disturb others, shown as ignored if it lacks something that it needs.
    pub(crate) fn shared_if<F>(
        &mut self,
        possible: bool,
        name: &str,
        test: impl FnOnce(Shared) -> F + Send + 'static,
    ) where
        F: Future<Output = ()>,
    {
        self.trial(name, possible, async move |name, stacks: Arc<Stacks>| {
            stacks.beside_others(&name, test).await
        });
    }

    /// A test that changes how SES behaves for all tests on the stack.
    pub(crate) fn alone<F>(&mut self, name: &str, test: impl FnOnce(Shared) -> F + Send + 'static)
    where
        F: Future<Output = ()>,
    {
        self.alone_if(true, name, test);
    }

    /// A test that changes how SES behaves, shown as ignored if it lacks something that it needs.
    pub(crate) fn alone_if<F>(
        &mut self,
        possible: bool,
        name: &str,
        test: impl FnOnce(Shared) -> F + Send + 'static,
    ) where
        F: Future<Output = ()>,
    {
        self.trial(name, possible, async move |name, stacks: Arc<Stacks>| {
            stacks.alone(&name, test).await
        });
    }

    fn trial(
        &mut self,
        name: &str,
        possible: bool,
        test: impl AsyncFnOnce(String, Arc<Stacks>) -> Result<(), String> + Send + 'static,
    ) {
        let (runtime, stacks) = (Arc::clone(&self.runtime), Arc::clone(&self.stacks));
        let own_name = name.to_owned();
        let trial = Trial::test(name, move || {
            let outcome = runtime.block_on(test(own_name, stacks));
            outcome.map_err(Failed::from)
        });
        self.trials.push(trial.with_ignored_flag(!possible));
    }

    /// Runs the tests, stops the stacks, and prints which tests took longest.
    fn run(self, arguments: &mut Arguments) -> Conclusion {
        // A thread for each, so that a test that waits for a stack does not block another.
        arguments.test_threads.get_or_insert(self.trials.len());
        let conclusion = libtest_mimic::run(arguments, self.trials);
        if let Some(stacks) = Arc::into_inner(self.stacks) {
            say_slowest(&self.runtime.block_on(stacks.stop()));
        }
        conclusion
    }
}

#[expect(clippy::print_stdout, reason = "where the other lines about tests are")]
fn say_slowest(took: &[(Duration, String)]) {
    if took.is_empty() {
        return;
    }
    println!("The longest, without waiting for a stack:");
    // In the form that `.ci/timed_test.py` reads.
    for (took, name) in took.iter().take(10) {
        println!("{:7.1} s  {name}", took.as_secs_f64());
    }
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let runtime = Runtime::new().expect("a runtime for the tests");
    let mut suite = Suite {
        runtime: Arc::new(runtime),
        stacks: Arc::new(Stacks::new()),
        trials: Vec::new(),
    };
    // First, while the table is small and runs of the poller are short.
    permissions::tests(&mut suite);
    main_path::tests(&mut suite);
    console::tests(&mut suite);
    manners::tests(&mut suite);
    clients::tests(&mut suite);
    dns::tests(&mut suite);
    dns_truth::tests(&mut suite);
    removal::tests(&mut suite);
    erasure::tests(&mut suite);
    links::tests(&mut suite);
    lists::tests(&mut suite);
    requests::tests(&mut suite);
    open_questions::tests(&mut suite);
    overtaken::tests(&mut suite);
    second_look::tests(&mut suite);
    resilience::tests(&mut suite);
    redeployed::tests(&mut suite);
    ops::tests(&mut suite);
    procedures::tests(&mut suite);
    routes::tests(&mut suite);
    mass_mail::tests(&mut suite);
    senders::tests(&mut suite);
    ses_calls::tests(&mut suite);
    shared_account::tests(&mut suite);
    staff::tests(&mut suite);
    support_email::tests(&mut suite);
    mail_feedback::tests(&mut suite);
    alert_queue::tests(&mut suite);
    alert_times::tests(&mut suite);
    tag_conditions::tests(&mut suite);
    store::tests(&mut suite);
    takeover::tests(&mut suite);
    registers::tests(&mut suite);
    registers_limits::tests(&mut suite);
    store::more_tests(&mut suite);
    store_recount::tests(&mut suite);
    store_schema::tests(&mut suite);
    ready::tests(&mut suite);
    limits::tests(&mut suite);
    // Last, because they leave many domains behind.
    fairness::tests(&mut suite);
    hostile_zones::tests(&mut suite);
    described::tests(&mut suite);
    suite.run(&mut arguments).exit_code()
}
