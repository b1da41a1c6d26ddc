//! Everything that can keep a local stack from starting, each as one sentence that says what to do.

use std::io;
use std::path::PathBuf;

/// Why a local stack did not start, or ended. Print it with its sources, joined by `: `.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another program listens there.
    #[error("port {port} is already in use; stop what uses it, or choose another with {option}")]
    PortInUse {
        /// The port.
        port: u16,
        /// The flag that sets it.
        option: &'static str,
    },
    /// The port cannot be listened on for another reason.
    #[error("cannot listen on port {port}")]
    Port {
        /// The port.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// A second stack in the same folder.
    #[error("another local stack is running in {}; stop it, or choose another folder with --state-dir", .0.display())]
    StateDirInUse(PathBuf),
    /// A file or folder of the state.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// What was attempted, for example `write`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// `cargo metadata`, `cargo build`, Python or pip could not be run at all.
    #[error("cannot run {program}")]
    Run {
        /// What was to run.
        program: String,
        /// Why it failed.
        source: io::Error,
    },
    /// The layout of the workspace.
    #[error("cannot read the workspace: {0}")]
    Workspace(String),
    /// The functions do not compile.
    #[error("the functions could not be built; {0}")]
    Build(String),
    /// `sam build` has not left this program.
    #[error("{} does not exist; run `sam build` first, or `make local`", .0.display())]
    NotBuilt(PathBuf),
    /// No usable interpreter.
    #[error("Python 3.10 or newer is needed and was not found ({found}); install it and try again")]
    NoPython {
        /// What was found instead.
        found: String,
    },
    /// The interpreter has no `venv`.
    #[error(
        "Python cannot make a virtual environment (on Debian and Ubuntu, install python3-venv): {0}"
    )]
    Venv(String),
    /// pip failed, most likely for want of a network.
    #[error(
        "the AWS emulator could not be downloaded with pip; is the package index reachable? {0}"
    )]
    Packages(String),
    /// The DNS server.
    #[error("the DNS server did not start")]
    Dns(#[source] local_dns_server::StartError),
    /// The SES gate.
    #[error("the SES gate did not start")]
    Gate(#[source] ses_gate::StartError),
    /// The emulator's process is gone.
    #[error("the AWS emulator ended unexpectedly ({last_words}); its log is {}", log.display())]
    EmulatorEnded {
        /// The last line of its log.
        last_words: String,
        /// Its log.
        log: PathBuf,
    },
    /// The template, or the emulator's answer to it.
    #[error("infra/template.yaml could not be deployed: {0}")]
    Deploy(String),
    /// A task of the stack panicked, or the runtime is going down.
    #[error("the start was cut short")]
    CutShort,
}

impl Error {
    pub(crate) fn file(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            doing,
            path,
            source,
        }
    }
}
