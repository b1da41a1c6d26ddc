//! The poller at full load, compared with the usual approach of other systems, and in weeks of
//! trouble. The code of the service is real, the time is simulated.

mod chance;
mod cpu;
mod dns;
mod fault;
mod goals;
mod load;
mod ses;
mod setting;
mod store;
mod template;
mod time;
mod units;
mod weeks;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::fault::Fault;
use crate::goals::Goals;
use crate::weeks::Weeks;

/// Simulates the poller. Without a command: all of `resources`, `sweep`, `queue` and
/// `fairness`.
#[derive(Debug, Parser)]
#[command(name = "poller-simulation")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 10,000 waiting domains: ours beside one `GetEmailIdentity` for each.
    Sweep,
    /// 5,000 new domains and 5,000 abandoned ones: how long each waits in the queue.
    Queue,
    /// One client's crowd and another client's single domain: how long the single one waits.
    Fairness,
    /// 1,000,000 domains, in shards of three sizes: what each stack takes, and what all cost.
    Million,
    /// Processor time and memory of a run.
    Resources,
    /// Weeks of everything that goes wrong, from many seeds.
    Weeks {
        /// How many seeds.
        #[arg(long, default_value_t = 200)]
        seeds: u64,
        /// The first of them.
        #[arg(long, default_value_t = 1)]
        first: u64,
        /// How many days of trouble each simulates.
        #[arg(long, default_value_t = 7)]
        days: u32,
        /// A deliberate fault of the service, which the run must find.
        #[arg(long)]
        fault: Option<Fault>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut goals = Goals::default();
    let written = run(&arguments, &mut io::stdout().lock(), &mut goals);
    if written.is_ok() && goals.missed().is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn run(arguments: &Arguments, out: &mut impl Write, goals: &mut Goals) -> io::Result<()> {
    match arguments.command {
        // Memory first: its peak is that of the whole process.
        None => {
            load::resources(out, goals)?;
            writeln!(out)?;
            load::sweep(out, goals)?;
            load::queue(out, goals)?;
            load::fairness(out, goals)
        }
        Some(Command::Sweep) => load::sweep(out, goals),
        Some(Command::Fairness) => load::fairness(out, goals),
        Some(Command::Million) => load::million(out, goals),
        Some(Command::Queue) => load::queue(out, goals),
        Some(Command::Resources) => load::resources(out, goals),
        Some(Command::Weeks {
            seeds,
            first,
            days,
            fault,
        }) => {
            let weeks = Weeks {
                first,
                seeds,
                days,
                fault,
            };
            weeks::run(out, goals, weeks)
        }
    }
}
