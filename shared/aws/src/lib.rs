//! The ports of `domain-auth` on DynamoDB, Amazon SES, Amazon SNS and Amazon SQS.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod clients;
mod environment;
mod failure;
mod mail;
mod metrics;
mod ports;
mod ses;
mod sns;
mod sqs;
mod store;
mod system;

pub use clients::{Clients, HttpTimeouts, http_client};
pub use environment::{
    LimitError, MissingVariable, VariableError, limit, limits, optional, positive, required,
};
pub use mail::{LetterMail, SupportMail};
pub use metrics::{MetricLines, NAMESPACE};
pub use ports::AwsPorts;
pub use ses::SesIdentities;
pub use sns::EventTopic;
pub use sqs::MessageQueue;
pub use store::{LOOK_SHARDS, SCHEMA_VERSION, Table};
pub use system::{SystemClock, SystemIds};
