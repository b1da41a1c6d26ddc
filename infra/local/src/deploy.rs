//! Passes the template to the emulator with `python/deploy.py`, which uses the AWS SDK of the
//! emulator; so the runner does not need a dozen SDK crates.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;

use crate::emulator::REGION;
use crate::{Clients, Error, Tokens, process, python};

/// The stack's name, which is also the prefix of its resources.
pub(crate) const STACK_NAME: &str = "lasso-domain-auth";
/// The recipient of emails to Lasso support.
pub(crate) const SUPPORT_EMAIL: &str = "support@lasso.example";
/// The sender of the emails.
pub(crate) const SENDER_EMAIL: &str = "notifications@lasso.example";
/// The scope of the mass-mail product, which `deploy.py` creates.
const MASS_MAIL_SCOPE: &str = "lasso/mass-mail";

/// The input of `deploy.py`.
#[derive(Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) endpoint: String,
    pub(crate) region: &'static str,
    pub(crate) stack_name: &'static str,
    /// The template, deployed unchanged except for `CodeUri`.
    pub(crate) template: PathBuf,
    /// The program of each function, by the name of its binary.
    pub(crate) executables: BTreeMap<String, PathBuf>,
    /// A folder for the zip files.
    pub(crate) scratch: PathBuf,
    /// Template parameters. Issuer and audience come from the user pool that `deploy.py` creates.
    pub(crate) parameters: BTreeMap<String, String>,
    /// The sender, verified with SES so that the service may send from it.
    pub(crate) sender_email: &'static str,
    pub(crate) users: Vec<User>,
    /// The public URL of the console.
    pub(crate) console_url: String,
    /// The URL at which the console reaches the API.
    pub(crate) api_url: String,
}

/// A person in the user pool.
#[derive(Debug, Serialize)]
pub(crate) struct User {
    pub(crate) name: &'static str,
    /// In readable form.
    pub(crate) full_name: Option<&'static str>,
    pub(crate) email: &'static str,
    pub(crate) client: Option<String>,
    /// The client's name in readable form.
    pub(crate) client_name: Option<&'static str>,
    pub(crate) group: Option<&'static str>,
}

/// The output of `deploy.py`.
#[derive(Debug, Deserialize)]
pub(crate) struct Deployed {
    pub(crate) api_id: String,
    /// `None` if the parameters have no console.
    pub(crate) console_api_id: Option<String>,
    /// The password of every person.
    pub(crate) password: String,
    pub(crate) tokens: Tokens,
    /// Outputs of the template.
    pub(crate) outputs: BTreeMap<String, String>,
    /// The physical name of each function, by the name of its binary.
    pub(crate) functions: BTreeMap<String, String>,
}

impl Deployed {
    pub(crate) fn output(&self, name: &str) -> Result<String, Error> {
        self.outputs
            .get(name)
            .cloned()
            .ok_or_else(|| Error::Deploy(format!("the template has no output {name}")))
    }
}

/// Parameters of a local stack; `overrides` take precedence.
pub(crate) fn parameters(overrides: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let architecture = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x86_64"
    };
    let mut parameters = BTreeMap::from(
        [
            ("SupportEmail", SUPPORT_EMAIL),
            ("SenderEmail", SENDER_EMAIL),
            ("OwnDomains", "lasso.example"),
            // The usual address of development servers for web pages.
            (
                "AllowedOrigins",
                "http://localhost:3000,http://localhost:5173",
            ),
            ("MassMailScope", MASS_MAIL_SCOPE),
            // So that the tests cover the permissions for chat messages.
            ("ChatMessages", "true"),
            ("Architecture", architecture),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    parameters.extend(overrides);
    parameters
}

/// One person for each kind of response of the API.
pub(crate) fn users(clients: &Clients) -> Vec<User> {
    let (one, other) = (&clients.client_admin, &clients.other_client_admin);
    vec![
        User {
            name: "client_admin",
            full_name: Some("Anna Berg"),
            email: "admin@maplehomes.com",
            client: Some(one.clone()),
            client_name: Some("Maple Homes"),
            group: Some("client-admin"),
        },
        User {
            name: "other_client_admin",
            full_name: None,
            email: "admin@cedarhomes.com",
            client: Some(other.clone()),
            client_name: None,
            group: Some("client-admin"),
        },
        User {
            name: "support",
            full_name: Some("Sam Field"),
            email: SUPPORT_EMAIL,
            client: None,
            client_name: None,
            group: Some("lasso-support"),
        },
        User {
            name: "no_role",
            full_name: None,
            email: "intern@maplehomes.com",
            client: Some(one.clone()),
            client_name: Some("Maple Homes"),
            group: None,
        },
    ]
}

/// Carries out the plan.
pub(crate) async fn deploy(python: &Path, script: &Path, plan: &Plan) -> Result<Deployed, Error> {
    let plan = serde_json::to_vec(plan).map_err(|error| Error::Deploy(error.to_string()))?;
    let mut command = python::python(python);
    command
        .arg(script)
        .env_clear()
        // Without the person's AWS configuration, and without a query to the machine's metadata
        // service.
        .envs([
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_DEFAULT_REGION", REGION),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut group = process::Group::spawn(&mut command)?;
    if let Some(mut stdin) = group.take_stdin() {
        // It ends early only with a message on stderr, which is the better error.
        stdin.write_all(&plan).await.ok();
    }
    let output = group.output().await.map_err(|source| Error::Run {
        program: script.display().to_string(),
        source,
    })?;
    if !output.status.success() {
        return Err(Error::Deploy(process::last_line(&output.stderr)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| Error::Deploy(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_of_the_caller_replaces_the_default() {
        let overrides = BTreeMap::from([("OwnDomains".to_owned(), "ours.com".to_owned())]);
        let parameters = parameters(overrides);
        assert_eq!(parameters["OwnDomains"], "ours.com");
        assert_eq!(parameters["SupportEmail"], SUPPORT_EMAIL);
    }
}
