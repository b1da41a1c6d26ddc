//! Wiring only.

#![deny(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

use std::process::ExitCode;

use clap::Parser;
use lasso_ops::options::Arguments;
use lasso_ops::{commands, outcome};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let json = arguments.json;
    let result = match runtime {
        Ok(runtime) => runtime.block_on(commands::run(arguments)),
        Err(source) => Err(outcome::Error::Runtime(source)),
    };
    outcome::tell(result, json)
}
