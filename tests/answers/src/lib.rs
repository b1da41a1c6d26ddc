//! What holds between the parts of the answers that the API gives for a domain: where it stands, its
//! records, its readiness, its senders, its history and its next step. The rules are one table. The walk
//! over every state and call (`walk/`) and the simulated weeks (`tests/simulation`) check them.

mod answer;
mod rules;

pub use answer::Answer;
pub use rules::{RULES, Rule, broken};
