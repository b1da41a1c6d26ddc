//! Checks that the parts of the API's answers for a domain agree: its state, records, readiness,
//! senders, history and next step. The rules are one table. The walk over every state and call
//! (`walk/`) and the simulated weeks (`tests/simulation`) check them.

mod answer;
mod rules;

pub use answer::Answer;
pub use rules::{RULES, Rule, broken};
