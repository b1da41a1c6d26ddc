//! The commands, a file each.

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
use crate::stack::Stack;

/// Carries out what the command line says.
pub async fn run(arguments: Arguments) -> Result<Report, Error> {
    let Arguments {
        target, command, ..
    } = arguments;
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
