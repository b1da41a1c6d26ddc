//! What DNS was asked and what it said: questions, outcomes and observations, free of I/O.
//!
//! The words are those of RFC 8499. An outcome is never an `Option`: "nothing there" and "no
//! answer" are different facts, and only the first may ever count against a domain.

mod delegation;
mod lookup;
mod port;
mod second_look;

pub use delegation::{closest_zone, delegated_zones};
pub use lookup::{
    AuthorityAnswer, Data, Failure, MAX_RECORDS, MAX_TEXT, NameServer, Observation, Outcome,
    Question, RecordType, Zone, ZoneOutcome,
};
pub use port::Lookup;
pub use second_look::{SecondAnswer, SecondLook, Sighting, Transport};
