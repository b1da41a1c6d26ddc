//! The command line.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// Imports today's clients: domains of a CSV file, with the identities that SES has for them.
    Import(Import),
    /// Compares SES with the table; repairs what a restored table has lost.
    Reconcile(Reconcile),
    /// Says what is in the dead-letter queues and why, and moves it back.
    Redrive(Redrive),
    /// Writes everything that is kept of a client as JSON. Changes nothing.
    Export(OfClient),
    /// Erases a client, or says how far that is.
    Erase(Erase),
    /// Answers what the documentation of SES leaves open, on a domain that you own; takes three days.
    VerifyAccount(VerifyAccount),
}

/// Where to ask SES, and where to write what it answers.
#[derive(Debug, Clone, Args)]
pub struct VerifyAccount {
    /// A domain that you own, without an identity at SES, and without one above it.
    pub domain: String,
    /// What has been seen so far. Made by the first start, and read by the next ones.
    #[arg(long, value_name = "FILE", default_value = "verify-account.json")]
    pub state: PathBuf,
    /// Write the answers as Markdown.
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// Whether to do it.
    #[command(flatten)]
    pub consent: Consent,
}

/// Which client.
#[derive(Debug, Clone, Args)]
pub struct OfClient {
    /// The client's identifier.
    pub client: String,
}

/// Which client to erase.
#[derive(Debug, Clone, Args)]
pub struct Erase {
    /// The client's identifier.
    pub client: String,
    /// With --yes: the client's identifier once more.
    #[arg(long, value_name = "CLIENT", requires = "yes")]
    pub confirm: Option<String>,
    /// Who erases it, for the history of its domains.
    #[arg(long, default_value = "lasso-ops", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub by: String,
    /// Whether to do it.
    #[command(flatten)]
    pub consent: Consent,
}

/// Whether to repair.
#[derive(Debug, Clone, Args)]
pub struct Reconcile {
    /// Who repairs, for the history of the domains.
    #[arg(long, default_value = "lasso-ops", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub by: String,
    /// The table that was in use before this one was restored: it knows what was removed since the backup.
    #[arg(long, value_name = "TABLE")]
    pub old_table: Option<String>,
    /// Whether to do it.
    #[command(flatten)]
    pub consent: Consent,
}

/// A dead-letter queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DeadLetters {
    /// Of alerts about stopped mail.
    First,
    /// Of all other alerts.
    Alerts,
    /// Of the topic.
    Topic,
}

/// Whether to move messages.
#[derive(Debug, Clone, Args)]
pub struct Redrive {
    /// The one queue to look at and to move from. Without it all of them, alerts about stopped mail first.
    #[arg(long, value_enum)]
    pub queue: Option<DeadLetters>,
    /// Whether to do it.
    #[command(flatten)]
    pub consent: Consent,
}

/// What to import, and as what.
#[derive(Debug, Clone, Args)]
pub struct Import {
    /// A CSV file with the columns client, domain, community and `contact_email` alone; the last two may be missing.
    pub file: PathBuf,
    /// What the domains are: authenticated (Lasso sends for them) or verified (the final step is open).
    #[arg(long = "as", value_enum, default_value_t = Standing::Authenticated)]
    pub wanted: Standing,
    /// Who imports, for the history of the domains.
    #[arg(long, default_value = "lasso-ops", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub by: String,
    /// Whether to do it.
    #[command(flatten)]
    pub consent: Consent,
}

/// What imported domains are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Standing {
    /// The final step is still Lasso support's.
    Verified,
    /// Lasso sends for them.
    Authenticated,
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
