//! The AWS emulator: ministack, as a separate process with its own environment.
//!
//! The functions are its children and inherit that environment, so it contains nothing from the
//! person's shell: no credentials, no proxies, no profile.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::ChildStdin;

use crate::{Error, process, python};

/// The only region of a local stack.
pub(crate) const REGION: &str = "us-east-1";

/// The addresses and settings for the emulator and the functions.
#[derive(Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) port: u16,
    pub(crate) gate_url: &'a str,
    pub(crate) dns_server: SocketAddr,
    pub(crate) functions: &'a BTreeMap<String, String>,
}

/// A running emulator. It ends when this is dropped, and whenever the runner ends.
#[derive(Debug)]
pub(crate) struct Emulator {
    group: process::Group,
    /// Closed by the kernel when the runner is gone; `emulator.py` watches it.
    _lifeline: Option<ChildStdin>,
    log: PathBuf,
}

impl Emulator {
    /// Starts it; `deploy` waits until it answers.
    pub(crate) fn start(
        python: &Path,
        script: &Path,
        scratch: &Path,
        log: PathBuf,
        surroundings: &Surroundings<'_>,
    ) -> Result<Self, Error> {
        let (temporary, state) = (scratch.join("tmp"), scratch.join("state"));
        for folder in [&temporary, &state] {
            fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        }
        let output = File::create(&log).map_err(Error::file("write", &log))?;
        let errors = output.try_clone().map_err(Error::file("write", &log))?;

        let mut command = python::python(python);
        command
            .arg(script)
            .current_dir(scratch)
            .env_clear()
            .envs(kept_variables())
            .envs(variables(surroundings))
            .envs(surroundings.functions)
            // The emulator unpacks the functions here. It names the folder by its port, so two
            // successive emulators on one port would otherwise find each other's files.
            .env("TMPDIR", &temporary)
            .env("STATE_DIR", &state)
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors);
        let mut group = process::Group::spawn(&mut command)?;
        let lifeline = group.take_stdin();
        Ok(Self {
            group,
            _lifeline: lifeline,
            log,
        })
    }

    /// Returns when it has ended without being stopped, with its last output.
    pub(crate) async fn ended(&mut self) -> Error {
        self.group.ended().await;
        let last_words = fs::read(&self.log).map_or_else(
            |error| format!("its log cannot be read: {error}"),
            |log| process::last_line(&log),
        );
        Error::EmulatorEnded {
            last_words,
            log: self.log.clone(),
        }
    }

    /// Stops it and every function that it started.
    pub(crate) async fn stop(self) {
        self.group.stop().await;
    }
}

/// The variables that any program needs to run.
fn kept_variables() -> impl Iterator<Item = (&'static str, std::ffi::OsString)> {
    ["PATH", "HOME", "LANG", "RUST_BACKTRACE"]
        .into_iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)))
}

fn variables(surroundings: &Surroundings<'_>) -> Vec<(&'static str, String)> {
    let port = surroundings.port;
    vec![
        // IAM is enforced: a function that lacks a permission in the template fails here too.
        ("AUTH", "true".to_owned()),
        ("BIND_HOST", "127.0.0.1".to_owned()),
        ("MINISTACK_HOST", "127.0.0.1".to_owned()),
        ("GATEWAY_PORT", port.to_string()),
        ("MINISTACK_REGION", REGION.to_owned()),
        // Services with fixed ports that nothing here uses.
        ("IOT_MTLS_ENABLED", "0".to_owned()),
        ("SFTP_ENABLED", "0".to_owned()),
        // It must not use a Docker on this machine.
        ("DOCKER_HOST", "unix:///nonexistent".to_owned()),
        ("PYTHONUNBUFFERED", "1".to_owned()),
        // Variables of the functions. Unset in production.
        ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}")),
        ("AWS_ENDPOINT_URL_SES", surroundings.gate_url.to_owned()),
        ("AWS_ENDPOINT_URL_SESV2", surroundings.gate_url.to_owned()),
        (
            "PUBLIC_URL",
            format!("http://127.0.0.1:{port}/_aws/execute-api/{{api}}"),
        ),
        ("DNS_SERVERS", surroundings.dns_server.to_string()),
        (
            "DNS_AUTHORITATIVE_PORT",
            surroundings.dns_server.port().to_string(),
        ),
    ]
}
