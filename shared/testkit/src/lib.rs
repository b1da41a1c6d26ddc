//! Fakes and builders for the tests of the other crates: a store in memory with DynamoDB's
//! guarantees, an SES that a test controls, a clock that stands still, and crashes at any step.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod builders;
mod clock;
mod crash;
mod dns;
pub mod documents;
mod http;
mod logs;
mod memory_clients;
mod memory_data;
mod memory_emails;
mod memory_erasures;
mod memory_keys;
mod memory_limits;
mod memory_senders;
mod memory_store;
mod meter;
mod ports;
mod ses;
mod ses_port;
mod ses_words;
mod topic;

pub use builders::{
    client, dkim, domain_name, identity, new_domain, organizational, verification_token,
};
pub use clock::{SequentialIds, TestClock};
pub use crash::CrashPoint;
pub use dns::FakeDns;
pub use dns_diagnosis::scene::{DnsScene, data_of, no_such_name, observed, seen_again, type_of};
pub use http::{Answer, answer_of, request_in, request_with};
pub use logs::logged;
pub use memory_store::MemoryStore;
pub use meter::RecordingMeter;
pub use ports::TestPorts;
pub use ses::{FakeDoor, FakeSes, SesFault};
pub use ses_port::{Door, SesPort, carry_out};
pub use ses_words::{
    ANOTHER_STACK, axis_status, identity_at_ses, is_adopted, model_status, owner_of, status_of,
};
pub use topic::RecordingTopic;
// Behaviour of SES that its documentation does not define.
pub use ses_model::{Inheritance, TextMissing};
