//! Checks the documents against the template and the code: the functions, the metrics and alarms,
//! the deployment, and the links. A document about one crate only is checked in that crate.

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
