//! Child processes that end together with everything that they started.
//!
//! Each runs in a separate process group. So Ctrl-C at the terminal reaches only the runner, which
//! then stops things in order. Killing the group leaves nothing behind.

use std::process::{Output, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, ChildStdin, Command};

use crate::Error;

/// A running child and its process group. Dropping it kills both.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    group: Option<Pid>,
}

impl Group {
    pub(crate) fn spawn(command: &mut Command) -> Result<Self, Error> {
        let child = command
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| Error::Run {
                program: command.as_std().get_program().display().to_string(),
                source,
            })?;
        let group = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        Ok(Self { child, group })
    }

    /// Its standard input; can be taken once.
    pub(crate) fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Returns when the child has ended without being stopped.
    pub(crate) async fn ended(&mut self) {
        if self.child.wait().await.is_ok() {
            // Before the id is reused: processes that the child left behind are killed with it.
            self.kill();
        }
    }

    /// Kills the group and returns when the child is gone.
    pub(crate) async fn stop(mut self) {
        self.kill();
        self.ended().await;
    }

    /// Collects what it prints until it ends.
    pub(crate) async fn output(mut self) -> std::io::Result<Output> {
        let (stdout, stderr) = (self.child.stdout.take(), self.child.stderr.take());
        let (status, stdout, stderr) =
            tokio::try_join!(self.child.wait(), read_to_end(stdout), read_to_end(stderr))?;
        Ok(Output {
            status,
            stdout,
            stderr,
        })
    }

    fn kill(&mut self) {
        if let Some(group) = self.group.take() {
            // `ESRCH` if the group has already ended, which is the goal.
            kill_process_group(group, Signal::KILL).ok();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a command to its end and returns the output of its piped streams.
pub(crate) async fn output(command: &mut Command) -> Result<Output, Error> {
    let program = command.as_std().get_program().display().to_string();
    Group::spawn(command)?
        .output()
        .await
        .map_err(|source| Error::Run { program, source })
}

/// Like [`output`], with both output streams piped and an empty input.
pub(crate) async fn captured(command: &mut Command) -> Result<Output, Error> {
    output(
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped()),
    )
    .await
}

/// The last non-empty line, for a sentence about the failure.
pub(crate) fn last_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text)
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("it printed nothing")
        .to_owned()
}

async fn read_to_end(
    stream: Option<impl tokio::io::AsyncRead + Unpin>,
) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut bytes).await?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(script);
        command
    }

    #[tokio::test]
    async fn stopping_a_child_also_stops_the_processes_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let alive = folder.path().join("alive");
        let script = format!(
            "(while :; do touch {}; sleep 0.02; done) & wait",
            alive.display()
        );
        let group = Group::spawn(&mut shell(&script)).unwrap();
        while !alive.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        group.stop().await;
        std::fs::remove_file(&alive).ok();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(!alive.exists(), "the grandchild is still running");
    }

    #[tokio::test]
    async fn the_error_names_a_missing_program() {
        let error = captured(&mut Command::new("/no/such/program"))
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "cannot run /no/such/program");
    }

    #[tokio::test]
    async fn output_is_collected_from_both_streams() {
        let output = captured(&mut shell("echo out; echo err >&2; exit 3"))
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(output.stdout, b"out\n");
        assert_eq!(output.stderr, b"err\n");
    }

    #[test]
    fn the_last_line_skips_blank_ones() {
        assert_eq!(last_line(b"first\n  the cause \n\n"), "the cause");
        assert_eq!(last_line(b"\n"), "it printed nothing");
    }
}
