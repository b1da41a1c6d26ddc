//! What the functions do, on ports: one module for each thing that somebody wants done.

pub mod add;
pub mod adopt;
pub mod check;
pub mod claim;
pub mod client_limits;
mod confirm;
pub mod decide;
mod delete_identity;
pub mod email_support;
pub mod expire;
mod failure;
mod final_step;
pub mod first_look;
pub mod links;
pub mod look;
pub mod notify;
pub mod poll;
pub mod provision;
pub mod publish;
pub mod registers;
pub mod release;
pub mod remove;
pub mod restart;
pub mod send_instructions;
pub mod sender_warnings;
pub mod senders;
mod ses_budget;
mod tools;
mod turn;
mod withheld;

pub use failure::Failure;
pub use ses_budget::SesBudget;
pub use tools::{SesTools, StoreTools, Tools};
pub use turn::wait_for_turn;
