//! `cargo local`: the local stack for a person at a terminal.

use std::error::Error as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use lasso_local::{Error, LocalStack, Options, Profile, StateFolder, guide};
use tokio::signal::unix::{SignalKind, signal};

/// Runs the whole service on this machine: the real template on an AWS emulator, a DNS server and a
/// simulator of SES's verification.
#[derive(Debug, Parser)]
#[command(name = "cargo local", bin_name = "cargo local")]
struct Arguments {
    /// Port of the AWS emulator and the API.
    #[arg(long, default_value_t = 4566)]
    port: u16,
    /// Port of the DNS server, UDP and TCP.
    #[arg(long, default_value_t = 5353)]
    dns_port: u16,
    /// Port of the console.
    #[arg(long, default_value_t = 4580)]
    console_port: u16,
    /// Folder for zones, logs and stack.json [default: target/local in the checkout].
    #[arg(long)]
    state_dir: Option<PathBuf>,
    /// Compile the functions as they are deployed, which takes longer.
    #[arg(long)]
    release: bool,
    /// Deploy the output of "sam build" in this folder instead of compiling. To build and deploy in one step, run
    /// "make local".
    #[arg(long, value_name = "FOLDER", conflicts_with = "release")]
    built: Option<PathBuf>,
    /// A template parameter that differs, for example FinalStep=automatic. May be repeated.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(source) => Err(Error::Run {
            program: "cargo local".to_owned(),
            source,
        }),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {}", sentence(&error)));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Error> {
    let state = arguments
        .state_dir
        .map_or(StateFolder::Checkout, StateFolder::At);
    let mut options = Options::command_line(arguments.port, arguments.dns_port, state);
    options.console_port = arguments.console_port;
    options.built = arguments.built;
    options.parameters.extend(arguments.parameters);
    if arguments.release {
        options.profile = Profile::Release;
    }
    let stop = stop_signal();
    tokio::pin!(stop);

    let mut stack = tokio::select! {
        stack = LocalStack::start(options) => stack?,
        () = &mut stop => return Ok(()),
    };
    print(&guide(stack.info()));

    let mut told = Vec::new();
    loop {
        tokio::select! {
            error = stack.ended() => return Err(error),
            () = &mut stop => break,
            () = tokio::time::sleep(Duration::from_secs(1)) => {
                let problems = stack.dns().problems();
                for problem in problems.iter().filter(|problem| !told.contains(*problem)) {
                    say(&format!("In a zone file: {problem}"));
                }
                told = problems;
            }
        }
    }
    say("Stopping…");
    stack.stop().await;
    Ok(())
}

/// Returns on Ctrl-C, SIGTERM or SIGHUP.
async fn stop_signal() {
    let mut streams = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ]
    .map(|kind| signal(kind).expect("signals can be listened for"));
    let [interrupt, terminate, hangup] = &mut streams;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

fn parameter(argument: &str) -> Result<(String, String), String> {
    argument
        .split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "expected NAME=VALUE".to_owned())
}

/// An error with its causes, on one line.
fn sentence(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[expect(clippy::print_stdout, reason = "the guide is what the command is for")]
fn print(text: &str) {
    print!("{text}");
}

#[expect(
    clippy::print_stderr,
    reason = "the person at the terminal is told what happens"
)]
fn say(text: &str) {
    eprintln!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn an_error_and_its_cause_are_one_line() {
        let error = Error::Run {
            program: "cargo".to_owned(),
            source: std::io::Error::new(std::io::ErrorKind::NotFound, "no such file"),
        };
        assert_eq!(sentence(&error), "cannot run cargo: no such file");
    }

    #[test]
    fn a_parameter_may_contain_an_equals_sign() {
        assert_eq!(
            parameter("A=b=c").unwrap(),
            ("A".to_owned(), "b=c".to_owned())
        );
        assert!(parameter("A").is_err());
    }
}
