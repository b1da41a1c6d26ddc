//! The documents are held to the template and to the code: the functions, the metrics and alarms, the
//! deployment, and the links. What a document says of one crate alone is tested in that crate.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod deploying;
mod files;
mod functions;
mod links;
mod metrics;
mod prose;
mod runbook;
mod sayings;
mod template;

use files::{files, root, text_of};
