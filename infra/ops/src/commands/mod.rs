//! The commands, a file each.

pub mod another_stack;
mod connected;
pub mod doctor;
pub mod erase;
pub mod export;
pub mod import;
pub mod patience;
pub mod reconcile;
pub mod redrive;
pub mod verify_account;

use crate::aws::Aws;
use crate::options::{Arguments, Command};
use crate::outcome::{Error, Report};
use crate::stack::{Stack, StackError};

/// Carries out what the command line says.
pub async fn run(arguments: Arguments) -> Result<Report, Error> {
    let Arguments {
        target, command, ..
    } = arguments;
    if target.stack.is_none() && target.stack_json.is_none() {
        return Err(StackError::NotNamed.into());
    }
    let aws = Aws::connect(&target).await?;
    let stack = Stack::read(&aws, &target).await?;
    match command {
        Command::Doctor => Box::pin(doctor::run(&aws, &stack)).await,
        Command::Erase(options) => Box::pin(erase::run(&aws, &stack, &options)).await,
        Command::Export(options) => Box::pin(export::run(&aws, &stack, &options)).await,
        Command::Reconcile(options) => Box::pin(reconcile::run(&aws, &stack, &options)).await,
        Command::Redrive(options) => Box::pin(redrive::run(&aws, &stack, &options)).await,
        Command::VerifyAccount(options) => {
            Box::pin(verify_account::run(&aws, &stack, &options)).await
        }
        Command::Import(options) => Box::pin(import::run(&aws, &stack, &options)).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use futures::FutureExt;

    use super::*;
    use crate::outcome::WRONG_ARGUMENTS;

    #[test]
    fn a_command_without_a_stack_is_refused_before_any_aws_call() {
        let arguments = Arguments::parse_from(["lasso-ops", "doctor"]);
        let refused = run(arguments).now_or_never().unwrap().err().unwrap();
        assert_eq!(refused.exit_code(), WRONG_ARGUMENTS);
        assert!(refused.to_string().contains("--stack NAME"), "{refused}");
    }
}
