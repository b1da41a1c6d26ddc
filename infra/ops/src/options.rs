//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain_auth::names::DisplayName;

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
    /// Make the changes. Without this flag, the command only shows what it would do.
    #[arg(long)]
    pub yes: bool,
    /// Only show what the command would do. This is the default; the flag makes it explicit in scripts.
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Says what is wrong with a deployed stack, and what to do. Changes nothing.
    Doctor,
    /// Imports existing clients: the domains in a CSV file, with their identities at SES.
    Import(Import),
    /// Compares SES with the table; repairs what a restored table has lost.
    Reconcile(Reconcile),
    /// Lists the messages in the dead-letter queues and why they are there, and moves them back.
    Redrive(Redrive),
    /// Writes everything that is stored about a client as JSON. Changes nothing.
    Export(OfClient),
    /// Erases a client, or says how far an erasure has come.
    Erase(Erase),
    /// Tests, on a domain that you own, what the SES documentation does not say. Takes three days.
    VerifyAccount(VerifyAccount),
}

/// Where to ask SES, and where to write what it answers.
#[derive(Debug, Clone, Args)]
pub struct VerifyAccount {
    /// A domain that you own, without an identity at SES, and without one above it.
    pub domain: String,
    /// The file of the results so far. The first run creates it, and later runs read it.
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
    #[arg(long, default_value = "lasso-ops", value_name = "NAME", value_parser = name_of_person)]
    pub by: String,
    /// Whether to do it.
    #[command(flatten)]
    pub consent: Consent,
}

/// Whether to repair.
#[derive(Debug, Clone, Args)]
pub struct Reconcile {
    /// Who repairs, for the history of the domains.
    #[arg(long, default_value = "lasso-ops", value_name = "NAME", value_parser = name_of_person)]
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
    /// The queue of alerts about stopped mail.
    First,
    /// The queue of all other alerts.
    Alerts,
    /// The queue of the topic.
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

/// What to import, and in which state.
#[derive(Debug, Clone, Args)]
pub struct Import {
    /// The CSV file.
    #[arg(
        help = "A CSV file with the columns client, domain, community, contact_email and no others. The last two are \
                optional."
    )]
    pub file: PathBuf,
    /// What the domains are: authenticated (Lasso sends for them) or verified (the final step is open).
    #[arg(long = "as", value_enum, default_value_t = Standing::Authenticated)]
    pub wanted: Standing,
    /// Who imports, for the history of the domains.
    #[arg(long, default_value = "lasso-ops", value_name = "NAME", value_parser = name_of_person)]
    pub by: String,
    /// Whether to do it.
    #[command(flatten)]
    pub consent: Consent,
}

/// The state of imported domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Standing {
    /// Lasso support still has to take the final step.
    Verified,
    /// Lasso sends for them.
    Authenticated,
}

/// A name for the history of domains, as a token may have it: one line without hidden characters.
fn name_of_person(text: &str) -> Result<String, &'static str> {
    let name = DisplayName::of_claim(text).filter(|name| name.as_str() == text.trim());
    let name = name.map(|name| name.as_str().to_owned());
    name.ok_or("a name is one line of at most 128 characters, none of them hidden")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn who_does_something_is_one_line_that_can_be_read() {
        let by = |name: &str| {
            let line = ["lasso-ops", "reconcile", "--by", name];
            let Command::Reconcile(options) = Arguments::try_parse_from(line).ok()?.command else {
                return None;
            };
            Some(options.by)
        };
        assert_eq!(by(" Anna Berg "), Some("Anna Berg".to_owned()));
        assert_eq!(by(&"ä".repeat(128)), Some("ä".repeat(128)));
        let long = "a".repeat(129);
        for name in [
            "",
            " ",
            "Anna\nBerg",
            "Anna\u{202e}greB",
            "\u{1b}[31mAnna",
            &long,
        ] {
            assert_eq!(by(name), None, "{name:?}");
        }
    }
}
