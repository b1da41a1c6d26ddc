//! What was asked, and what was answered.

use std::collections::BTreeMap;

use jiff::SignedDuration;

pub use super::policy::Policy;

/// An answer, or why there is none.
pub type Asked<T> = Result<T, String>;

/// Everything that a judgement is made from.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The Region of the stack.
    pub region: String,
    /// The result of the last deployment.
    pub stack_status: String,
    /// The template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// How far AWS is ahead of this machine; none if no answer said its time.
    pub ahead: Option<SignedDuration>,
    /// The account at SES.
    pub account: Asked<Account>,
    /// Identities at SES, of whatever kind.
    pub identities: Asked<usize>,
    /// The identity that covers `SenderEmail`, the most specific one.
    pub sender: Asked<Option<Identity>>,
    /// The one that covers `SupportEmail`.
    pub support: Asked<Option<Identity>>,
    /// Whether `SupportEmail` is on the suppression list of the account.
    pub support_suppressed: Asked<bool>,
    /// The configuration set that is named. `Ok(None)` if it does not exist, or if no configuration set
    /// is named.
    pub configuration_set: Asked<Option<ConfigurationSet>>,
    /// The configuration set that the stack has for its own mail.
    pub own_configuration_set: Option<String>,
    /// The issuer's discovery document.
    pub issuer: Asked<Issuer>,
    /// HTTP status of `GET /openapi.json` at the output `ApiUrl`. An error, too, if another server answers.
    pub api: Asked<u16>,
    /// In the same way at `ConsoleApiUrl`, if that is set.
    pub console_api: Option<Asked<u16>>,
    /// HTTP status of the console's first page, if there is a console. An error, too, if another server answers.
    pub console: Option<Asked<u16>>,
    /// Keys in the document at `ConsoleJwksUri`, if it is set.
    pub console_keys: Option<Asked<usize>>,
    /// HTTP statuses of the issuer's endpoints, by the parameters that name them.
    pub console_endpoints: BTreeMap<&'static str, Asked<u16>>,
    /// The alarms of the stack, by their logical names; `None` for an alarm that CloudWatch does not know.
    pub alarms: Asked<BTreeMap<String, Option<Alarm>>>,
    /// Topics that alarms go to, and the one for chat messages, by their ARNs; `None` for a topic that does
    /// not exist.
    pub topics: BTreeMap<String, Asked<Option<Topic>>>,
    /// Their keys and the key `KmsKeyArn`, by what names the key; `None` if there is no such key.
    pub keys: BTreeMap<String, Asked<Option<Key>>>,
    /// The topic for chat messages, if there is one.
    pub chat_topic: Option<String>,
    /// The table.
    pub table: Asked<Option<Table>>,
    /// Functions by their logical names.
    pub functions: BTreeMap<String, Asked<Function>>,
    /// Event source mappings by their logical names; `None` for a mapping that Lambda does not know.
    pub mappings: BTreeMap<String, Asked<Option<Mapping>>>,
    /// Whether the schedule of the poller is on; none if it is not there.
    pub schedule: Asked<Option<bool>>,
    /// Concurrent executions that the account has for functions that reserve none.
    pub concurrency: Asked<u64>,
    /// All concurrent executions of the account, reserved ones included.
    pub executions: Asked<u64>,
    /// Whether SES knows the domains of the table as those of this stack.
    pub known: Asked<Known>,
    /// DNS from here.
    pub dns: Dns,
}

/// The account at SES, in this Region.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Out of the sandbox.
    pub production: bool,
    /// Sending is on.
    pub sending: bool,
    /// `HEALTHY`, `PROBATION` or `SHUTDOWN`.
    pub enforcement: String,
    /// Emails in 24 hours; negative for no limit.
    pub emails_per_day: f64,
    /// Emails per second.
    pub emails_per_second: f64,
}

/// An identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// An address or a domain.
    pub name: String,
    /// Verified for sending.
    pub verified: bool,
    /// Signs with DKIM.
    pub dkim: bool,
}

/// A configuration set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfigurationSet {
    /// Sending with it is on.
    pub sending: bool,
}

/// What an issuer says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Issuer {
    /// `issuer`.
    pub issuer: String,
    /// Keys behind `jwks_uri`.
    pub keys: usize,
    /// `scopes_supported`; empty if it does not say.
    pub scopes: Vec<String>,
    /// `end_session_endpoint` is there.
    pub ends_sessions: bool,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its actions are on.
    pub enabled: bool,
    /// The actions that the alarm calls when it goes off.
    pub actions: Vec<String>,
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Subscriptions that are confirmed.
    pub confirmed: usize,
    /// Subscriptions that wait for their confirmation.
    pub pending: usize,
    /// The key that encrypts it; empty for none.
    pub key: String,
    /// Who may publish to it.
    pub policy: Asked<Policy>,
}

/// A key of AWS KMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// `Enabled`, `Disabled`, `PendingDeletion` or another state (AWS KMS API reference, `KeyMetadata`).
    pub state: String,
    /// Who may use it.
    pub policy: Asked<Policy>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Key schema and indexes are those of the template.
    pub schema: bool,
    /// Point-in-time recovery is on.
    pub recovery: Asked<bool>,
    /// Deletion protection is on.
    pub protected: bool,
    /// The attribute by which items expire, if they do.
    pub expiry: Asked<Option<String>>,
    /// DynamoDB can use the key of the table.
    pub key_usable: bool,
}

/// The domains of the table, by the tags of identities at SES.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Nothing speaks against the table.
    AsOurs,
    /// The table has no domain at all, and this identity has the tag of this stack.
    WithoutTable(String),
    /// The identity of this domain of the table has the tag of another stack.
    OfAnotherStack(String),
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its variables.
    pub environment: BTreeMap<String, String>,
    /// Its architecture.
    pub architecture: String,
    /// Concurrent executions that are reserved for it; none if it shares those of the account.
    pub reserved: Asked<Option<u64>>,
}

/// What reads a queue for a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Its name at Lambda.
    pub uuid: String,
    /// It reads.
    pub on: bool,
}

/// DNS from this machine: whether the resolver answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dns {
    /// Over UDP, without EDNS.
    pub udp: bool,
    /// Over UDP, with EDNS.
    pub edns: bool,
    /// Over TCP.
    pub tcp: bool,
}

impl Facts {
    /// A parameter; empty if it is not set.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// A parameter that is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.parameter(name).parse().ok()
    }
}
