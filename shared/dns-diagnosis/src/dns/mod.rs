//! DNS queries and their results: questions, outcomes and observations, without I/O.
//!
//! The terms are those of RFC 9499. An outcome is never an `Option`: "nothing there" and "no
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
