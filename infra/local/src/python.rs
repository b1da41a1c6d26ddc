//! A virtual environment with the emulator, created once and shared by every stack of the checkout.
//!
//! Its key is a digest of its content, so a changed `infra/requirements.txt` makes a new one. It
//! gets its name only when it is complete, and only one process creates it at a time.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::workspace::Workspace;
use crate::{Error, Progress, process};

const OLDEST: (u32, u32) = (3, 10);

/// An interpreter found on the path.
#[derive(Debug, PartialEq, Eq)]
struct Interpreter {
    program: &'static str,
    version: (u32, u32),
}

/// Returns the interpreter of the virtual environment, which is created if it does not exist.
pub(crate) async fn environment(
    workspace: &Workspace,
    progress: Progress,
) -> Result<PathBuf, Error> {
    let requirements = workspace.infra("requirements.txt");
    let pinned = fs::read(&requirements).map_err(Error::file("read", &requirements))?;
    let interpreter = find_interpreter().await?;
    let folder = workspace.target.join("local-venv");
    fs::create_dir_all(&folder).map_err(Error::file("make", &folder))?;

    let made = folder.join(key(&pinned, interpreter.version));
    if !made.exists() {
        let _only_one = lock(&folder, progress).await?;
        if !made.exists() {
            progress.say("Installing the AWS emulator into target/ (once; about half a minute)…");
            make(&interpreter, &requirements, &made).await?;
        }
    }
    Ok(python_in(&made))
}

/// Tries all names under which a recent enough Python may be installed.
async fn find_interpreter() -> Result<Interpreter, Error> {
    let mut found = Vec::new();
    for program in [
        "python3",
        "python",
        "python3.14",
        "python3.13",
        "python3.12",
        "python3.11",
        "python3.10",
    ] {
        let mut command = python(Path::new(program));
        let probe = command.args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
        let Ok(output) = process::captured(probe).await else {
            continue;
        };
        match version(&output.stdout) {
            Some(version) if version >= OLDEST => return Ok(Interpreter { program, version }),
            Some((major, minor)) => found.push(format!("{program} is {major}.{minor}")),
            None => {}
        }
    }
    found.dedup();
    let found = if found.is_empty() {
        "there is no python3 on the path".into()
    } else {
        found.join(", ")
    };
    Err(Error::NoPython { found })
}

fn version(printed: &[u8]) -> Option<(u32, u32)> {
    let (major, minor) = str::from_utf8(printed).ok()?.trim().split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn key(pinned: &[u8], (major, minor): (u32, u32)) -> String {
    let digest = hex::encode(Sha256::digest(pinned));
    format!("{}-python{major}.{minor}", &digest[..12])
}

async fn make(interpreter: &Interpreter, requirements: &Path, made: &Path) -> Result<(), Error> {
    let partial = made.with_extension("partial");
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(Error::file("remove", &partial))?;
    }
    let mut venv = python(Path::new(interpreter.program));
    let output = process::captured(venv.args(["-m", "venv"]).arg(&partial)).await?;
    if !output.status.success() {
        let words = if output.stderr.is_empty() {
            &output.stdout
        } else {
            &output.stderr
        };
        return Err(Error::Venv(process::last_line(words)));
    }
    let mut pip = python(&python_in(&partial));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ])
    .arg("--requirement")
    .arg(requirements);
    let output = process::captured(&mut pip).await?;
    if !output.status.success() {
        return Err(Error::Packages(process::last_line(&output.stderr)));
    }
    fs::rename(&partial, made).map_err(Error::file("rename", &partial))
}

async fn lock(folder: &Path, progress: Progress) -> Result<File, Error> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(Error::file("write", &path))?;
    if file.try_lock().is_ok() {
        return Ok(file);
    }
    progress.say("Waiting for another local stack that is installing the AWS emulator…");
    tokio::task::spawn_blocking(move || file.lock().map(|()| file))
        .await
        .map_err(|_| Error::CutShort)?
        .map_err(Error::file("lock", path))
}

fn python_in(environment: &Path) -> PathBuf {
    environment.join("bin/python")
}

/// An interpreter that ignores the settings of a person's shell.
pub(crate) fn python(program: &Path) -> Command {
    let mut command = Command::new(program);
    for variable in [
        "PYTHONHOME",
        "PYTHONPATH",
        "VIRTUAL_ENV",
        "__PYVENV_LAUNCHER__",
    ] {
        command.env_remove(variable);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number_and_not_as_text() {
        assert!(version(b"3.9\n").unwrap() < OLDEST);
        assert!(version(b"3.10\n").unwrap() >= OLDEST);
        assert_eq!(version(b"command not found"), None);
    }

    #[test]
    fn different_requirements_or_python_make_a_new_environment() {
        let one = key(b"ministack==1", (3, 11));
        assert_ne!(one, key(b"ministack==2", (3, 11)));
        assert_ne!(one, key(b"ministack==1", (3, 12)));
    }

    #[tokio::test]
    async fn two_processes_do_not_make_the_environment_at_the_same_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path(), Progress::Silent).await.unwrap();
        let second = lock(folder.path(), Progress::Silent);
        tokio::pin!(second);
        let waiting = tokio::time::timeout(std::time::Duration::from_millis(100), &mut second);
        assert!(
            waiting.await.is_err(),
            "the second did not wait for the first"
        );
        drop(first);
        second.await.unwrap();
    }
}
