//! What is wrong with a deployed stack. [`gather`] asks, [`judge`] decides only from the answers, so
//! that each misconfiguration is a test without AWS.

pub mod facts;
pub mod finding;
pub mod gather;
pub mod judge;
pub mod parameters;
mod policy;
mod web;
