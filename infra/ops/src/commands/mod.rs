//! The commands, a file each.

mod doctor;

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
        Command::Doctor => doctor::run(&aws, &stack).await,
    }
}
