//! The folder of one running stack. A lock in it keeps out a second stack, and distinguishes a
//! folder in use from one that a killed test left behind.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Error;

/// An open state folder, empty except for the lock.
#[derive(Debug)]
pub(crate) struct StateDir {
    path: PathBuf,
    temporary: bool,
    _lock: File,
}

impl StateDir {
    /// Opens a folder that a person named; files of an earlier stack in it are deleted.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(Error::file("make", path))?;
        let path = path.canonicalize().map_err(Error::file("find", path))?;
        let lock = lock(&path)?.ok_or_else(|| Error::StateDirInUse(path.clone()))?;
        let state = Self {
            path,
            temporary: false,
            _lock: lock,
        };
        state.clear()?;
        Ok(state)
    }

    /// Creates a new folder, which is deleted at the end, and deletes folders that are no longer
    /// used.
    pub(crate) fn temporary(parent: &Path) -> Result<Self, Error> {
        static COUNT: AtomicU32 = AtomicU32::new(0);

        fs::create_dir_all(parent).map_err(Error::file("make", parent))?;
        let file = parent.join("lock");
        let all = File::create(&file).map_err(Error::file("write", &file))?;
        all.lock().map_err(Error::file("lock", &file))?;
        sweep(parent)?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{}-{number}", std::process::id()));
        let mut state = Self::open(&path)?;
        state.temporary = true;
        Ok(state)
    }

    pub(crate) fn zones(&self) -> PathBuf {
        self.path.join("zones")
    }

    /// For the emulator and the functions' code.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.path.join("emulator")
    }

    /// Every email with sample data, as files.
    pub(crate) fn emails(&self) -> PathBuf {
        self.path.join("emails")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("emulator.log")
    }

    /// Addresses and tokens as variables, for a shell to source.
    fn shell_variables(&self) -> PathBuf {
        self.path.join("env")
    }

    /// Exists exactly while the stack is ready for use.
    fn stack_json(&self) -> PathBuf {
        self.path.join("stack.json")
    }

    /// Writes the variables that a shell may source.
    pub(crate) fn publish_shell_variables(&self, text: &str) -> Result<(), Error> {
        publish(&self.shell_variables(), text)
    }

    /// Writes `stack.json`, for which others wait until the stack is ready.
    pub(crate) fn publish_stack_json(&self, json: &str) -> Result<(), Error> {
        publish(&self.stack_json(), json)
    }

    fn clear(&self) -> Result<(), Error> {
        for file in [self.stack_json(), self.shell_variables(), self.log()] {
            ignore_missing(fs::remove_file(&file)).map_err(Error::file("remove", file))?;
        }
        for folder in [self.scratch(), self.zones()] {
            ignore_missing(fs::remove_dir_all(&folder)).map_err(Error::file("remove", folder))?;
        }
        Ok(())
    }
}

impl Drop for StateDir {
    fn drop(&mut self) {
        // Best effort: the next start deletes the rest. The log of a failed test is kept.
        fs::remove_file(self.stack_json()).ok();
        fs::remove_file(self.shell_variables()).ok();
        fs::remove_dir_all(self.scratch()).ok();
        if self.temporary && !std::thread::panicking() {
            fs::remove_dir_all(&self.path).ok();
        }
    }
}

fn lock(path: &Path) -> Result<Option<File>, Error> {
    let path = path.join("lock");
    let file = File::create(&path).map_err(Error::file("write", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(source)) => Err(Error::File {
            doing: "lock",
            path,
            source,
        }),
    }
}

/// Writes a file atomically: a reader sees all of it or nothing.
fn publish(path: &Path, content: &str) -> Result<(), Error> {
    let partial = path.with_extension("partial");
    fs::write(&partial, content)
        .and_then(|()| fs::rename(&partial, path))
        .map_err(Error::file("write", path))
}

fn sweep(parent: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(parent)
        .map_err(Error::file("read", parent))?
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() && lock(&path).is_ok_and(|lock| lock.is_some()) {
            ignore_missing(fs::remove_dir_all(&path)).map_err(Error::file("remove", path))?;
        }
    }
    Ok(())
}

fn ignore_missing(result: std::io::Result<()>) -> std::io::Result<()> {
    result.or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_stack_in_the_same_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let first = StateDir::open(folder.path()).unwrap();
        let error = StateDir::open(folder.path()).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("another local stack is running in"),
            "{error}"
        );
        drop(first);
        StateDir::open(folder.path()).unwrap();
    }

    #[test]
    fn a_second_run_deletes_its_own_old_files_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("zones")).unwrap();
        fs::write(folder.path().join("zones/old.zone"), "").unwrap();
        fs::write(folder.path().join("stack.json"), "{}").unwrap();
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        assert!(!state.zones().exists());
        assert!(!state.stack_json().exists());
        assert!(folder.path().join("notes.txt").exists());
    }

    #[test]
    fn folders_of_killed_tests_are_deleted_and_folders_in_use_are_kept() {
        let parent = tempfile::tempdir().unwrap();
        let left_behind = parent.path().join("1-0");
        fs::create_dir(&left_behind).unwrap();
        let first = StateDir::temporary(parent.path()).unwrap();
        let second = StateDir::temporary(parent.path()).unwrap();
        assert!(!left_behind.exists());
        assert!(first.path.exists() && second.path.exists());
        let path = first.path.clone();
        drop(first);
        assert!(!path.exists());
    }
}
