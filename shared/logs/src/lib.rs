//! The lines that the functions log. `docs/logs.md` has their fields.
//!
//! Lambda's own formatter for `LogFormat: JSON` (`lambda_runtime::tracing`) prints only the
//! outermost message of an error, and no time. Without a time Lambda treats every line as `INFO`
//! (AWS Lambda developer guide, "Log-level filtering"). So the functions write their lines with
//! [`init`], always as JSON.
//!
//! Code that logs an error passes it unchanged; this crate formats it:
//!
//! ```
//! # let error = std::io::Error::other("x");
//! tracing::warn!(
//!     error = &error as &dyn std::error::Error,
//!     "an event was not published and stays in the outbox"
//! );
//! ```

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod failure;
mod line;
mod mask;
mod setup;

pub use failure::{ServiceFailure, chain};
pub use line::JsonLines;
pub use mask::masked;
pub use setup::{Failed, failed, init, subscriber};
