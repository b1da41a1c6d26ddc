//! The errors that prevent a local stack from starting. Each is a sentence that says what to do.

use std::io;
use std::path::PathBuf;

/// Why a local stack did not start, or ended. Print it with its sources, joined by `: `.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another program listens on the port.
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
        /// The cause.
        source: io::Error,
    },
    /// A second stack uses the same folder.
    #[error("another local stack is running in {}; stop it, or choose another folder with --state-dir", .0.display())]
    StateDirInUse(PathBuf),
    /// A file or folder of the state.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// The attempted action, for example `write`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// `cargo metadata`, `cargo build`, Python or pip could not be run at all.
    #[error("cannot run {program}")]
    Run {
        /// The program.
        program: String,
        /// The cause.
        source: io::Error,
    },
    /// The layout of the workspace.
    #[error("cannot read the workspace: {0}")]
    Workspace(String),
    /// The functions do not compile.
    #[error("the functions could not be built; {0}")]
    Build(String),
    /// `sam build` has not built this program.
    #[error("{} does not exist; run `sam build` first, or `make local`", .0.display())]
    NotBuilt(PathBuf),
    /// No usable interpreter.
    #[error("Python 3.10 or newer is needed and was not found ({found}); install it and try again")]
    NoPython {
        /// What was found.
        found: String,
    },
    /// The interpreter has no `venv`.
    #[error(
        "Python cannot make a virtual environment (on Debian and Ubuntu, install python3-venv): {0}"
    )]
    Venv(String),
    /// pip failed, most likely because there is no network.
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
    /// The emulator's process has ended.
    #[error("the AWS emulator ended unexpectedly ({last_words}); its log is {}", log.display())]
    EmulatorEnded {
        /// The last line of its log.
        last_words: String,
        /// Its log.
        log: PathBuf,
    },
    /// The template, or the emulator's response to it.
    #[error("infra/template.yaml could not be deployed: {0}")]
    Deploy(String),
    /// A task of the stack panicked, or the runtime is shutting down.
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
