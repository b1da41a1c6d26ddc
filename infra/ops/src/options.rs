//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Looks after a deployed stack of Lasso Domain Authentication.
///
/// A command that changes something shows what it would do, and does it only with --yes.
/// Exit codes: 0 in order or done; 1 something needs a person; 2 wrong arguments; 3 could not work.
#[derive(Debug, Parser)]
#[command(name = "lasso-ops", version)]
pub struct Arguments {
    /// Which stack.
    #[command(flatten)]
    pub target: Target,
    /// Write the report as JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Which stack.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// Name of the CloudFormation stack.
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        conflicts_with = "stack_json"
    )]
    pub stack: Option<String>,
    /// The stack.json of a local stack (target/local/stack.json).
    #[arg(long, global = true, value_name = "FILE")]
    pub stack_json: Option<PathBuf>,
    /// Region of the stack [default: that of the AWS configuration].
    #[arg(long, global = true)]
    pub region: Option<String>,
}

/// Whether to do it.
#[derive(Debug, Clone, Copy, Args)]
pub struct Consent {
    /// Do it. Without it, what would be done is shown, and nothing is changed.
    #[arg(long)]
    pub yes: bool,
    /// Only show what would be done. It is the default; here to be written out in scripts.
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Says what is wrong with a deployed stack, and what to do. Changes nothing.
    Doctor,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
