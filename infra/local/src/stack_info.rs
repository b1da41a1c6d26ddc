//! `stack.json`: everything that a person, a script or a test needs to know about a running stack.
//! Its keys must not change, because scripts outside this repository read them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The content of `stack.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackInfo {
    /// Base URL of the HTTP API, without a slash at the end. Works with any HTTP client.
    pub api_url: String,
    /// For any AWS client, with the credentials `test` and `test`.
    pub aws_endpoint_url: String,
    /// The region of the stack.
    pub region: String,
    /// Address and port, UDP and TCP.
    pub dns_server: String,
    /// The DNS server's control address, with `POST` and `GET /control`.
    pub dns_control_url: String,
    /// The folder with the `*.zone` files that the DNS server answers from.
    pub zones_dir: PathBuf,
    /// The SES gate, with `POST` and `GET /control`.
    pub ses_gate_url: String,
    /// Lists every email that was sent.
    pub mailbox_url: String,
    /// The recipient of emails to Lasso support.
    pub support_email: String,
    /// The sender of the emails.
    pub sender_email: String,
    /// An identity token for each person.
    pub tokens: Tokens,
    /// The client of each client administrator.
    pub clients: Clients,
    /// Name of the DynamoDB table.
    pub table: String,
    /// ARN of the SNS topic.
    pub topic_arn: String,
    /// Physical name of each function, by the name of its binary.
    pub functions: BTreeMap<String, String>,
    /// Name of the CloudFormation stack.
    pub stack_name: String,
    /// Events on their way to Lasso support.
    pub alert_queue_url: String,
    /// Events that could not be emailed to Lasso support.
    pub alert_dead_letter_queue_url: String,
    /// Events that say that mail stops, and could not be emailed.
    pub first_alert_dead_letter_queue_url: String,
    /// Events that SNS could not put into the queue of alerts.
    pub dead_letter_queue_url: String,
    /// The output of the emulator and the functions.
    pub log_file: PathBuf,
    /// The console.
    pub console_url: String,
    /// Every email of the service with sample data.
    pub emails_url: String,
    /// The people who can sign in at the console.
    pub users: Users,
}

/// A person with a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The name for the sign-in.
    pub username: String,
    /// The password for the sign-in.
    pub password: String,
}

/// The people of [`Tokens`], for the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Users {
    /// A client administrator.
    pub client_admin: User,
    /// A client administrator of another client.
    pub other_client_admin: User,
    /// Lasso support.
    pub support: User,
    /// A person at the first client without a role.
    pub no_role: User,
}

impl Users {
    /// All with the same password.
    pub(crate) fn with_password(password: &str) -> Self {
        let user = |username: &str| User {
            username: username.to_owned(),
            password: password.to_owned(),
        };
        Self {
            client_admin: user("client_admin"),
            other_client_admin: user("other_client_admin"),
            support: user("support"),
            no_role: user("no_role"),
        }
    }
}

/// An identity token for each person, and an access token for a program, valid for a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// A client administrator.
    pub client_admin: String,
    /// A client administrator of another client.
    pub other_client_admin: String,
    /// Lasso support.
    pub support: String,
    /// The mass-mail product, with its client credentials.
    pub mass_mail: String,
    /// A person at the first client without a role.
    pub no_role: String,
}

/// The client of each client administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clients {
    /// The client of `client_admin` and of `no_role`.
    pub client_admin: String,
    /// The client of `other_client_admin`.
    pub other_client_admin: String,
}

impl Default for Clients {
    fn default() -> Self {
        Self {
            client_admin: "maple-homes".to_owned(),
            other_client_admin: "cedar-homes".to_owned(),
        }
    }
}
