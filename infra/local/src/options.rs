//! The options of a local stack. The command line has a flag for each option that a person needs;
//! the tests set the others.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// How to start a local stack. Begin with [`Options::isolated`] or [`Options::command_line`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Port of the AWS emulator. 0: a free one.
    pub port: u16,
    /// Port of the DNS server, UDP and TCP. 0: a free one.
    pub dns_port: u16,
    /// Port of the console. 0: a free one.
    pub console_port: u16,
    /// The folder for zones, logs and `stack.json`.
    pub state: StateFolder,
    /// How the functions are compiled.
    pub profile: Profile,
    /// A folder from `sam build`, usually `infra/.aws-sam/build`: its template and its programs are
    /// deployed, and only tools are compiled. `None`: the functions are built with
    /// [`Self::profile`].
    pub built: Option<PathBuf>,
    /// The template to deploy. `None`: `infra/template.yaml`, or the template in [`Self::built`].
    pub template: Option<PathBuf>,
    /// Template parameters that differ from those of the local stack.
    pub parameters: BTreeMap<String, String>,
    /// Variables that the functions get in addition to those of the template.
    pub function_environment: BTreeMap<String, String>,
    /// Who is shown the progress.
    pub progress: Progress,
}

/// The location of a stack's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateFolder {
    /// `target/local/` in the checkout, where scripts look for `stack.json`.
    Checkout,
    /// This folder.
    At(PathBuf),
    /// A new folder under `target/local-tests/`, removed when the stack stops.
    Temporary,
}

/// The cargo profile of the functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Fast to compile.
    #[default]
    Dev,
    /// As deployed.
    Release,
    /// The function with this name as it is deployed, for a measurement; the others with the fast
    /// profile.
    ReleaseOf(&'static str),
}

/// Who is shown the progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Progress {
    /// Nothing is shown. If the build fails, the error contains cargo's output.
    #[default]
    Silent,
    /// Progress is shown on stderr, where cargo shows its progress too.
    Stderr,
}

impl Options {
    /// For tests: free ports and a separate folder, so that any number of stacks can run at the
    /// same time.
    pub fn isolated() -> Self {
        Self {
            port: 0,
            dns_port: 0,
            console_port: 0,
            state: StateFolder::Temporary,
            profile: Profile::Dev,
            built: None,
            template: None,
            parameters: BTreeMap::new(),
            function_environment: BTreeMap::new(),
            progress: Progress::Silent,
        }
    }

    /// For a person: these ports, this folder, and progress on stderr. The console is at a free
    /// port.
    pub fn command_line(port: u16, dns_port: u16, state: StateFolder) -> Self {
        Self {
            port,
            dns_port,
            state,
            progress: Progress::Stderr,
            ..Self::isolated()
        }
    }
}

impl Progress {
    #[expect(
        clippy::print_stderr,
        reason = "progress for the person who started the command"
    )]
    pub(crate) fn say(self, sentence: &str) {
        match self {
            Self::Silent => {}
            Self::Stderr => eprintln!("{sentence}"),
        }
    }
}
