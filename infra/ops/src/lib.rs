//! What an operator does to a deployed stack: `lasso-ops`, one module for each command under
//! [`commands`]. docs/ops.md shows each with an example.

#![deny(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

pub mod aws;
pub mod commands;
pub mod doctor;
pub mod options;
pub mod outcome;
pub mod sentence;
pub mod stack;
pub mod xml;
