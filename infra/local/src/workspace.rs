//! Paths in the checkout, from cargo: the target folder may be anywhere.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use tokio::process::Command;

use crate::{Error, process};

/// The checkout that the runner was built from.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    /// Names of the packages under `functions/`.
    pub(crate) functions: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
}

impl Workspace {
    /// Reads the output of `cargo metadata`.
    pub(crate) async fn find() -> Result<Self, Error> {
        let output = process::captured(cargo(own_folder()).args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ]))
        .await?;
        if !output.status.success() {
            return Err(Error::Workspace(process::last_line(&output.stderr)));
        }
        let metadata = serde_json::from_slice(&output.stdout)
            .map_err(|error| Error::Workspace(error.to_string()))?;
        Ok(Self::from_metadata(metadata))
    }

    /// A file of the infrastructure.
    pub(crate) fn infra(&self, name: &str) -> PathBuf {
        self.root.join("infra").join(name)
    }

    /// One of the runner's Python scripts.
    pub(crate) fn script(&self, name: &str) -> PathBuf {
        self.infra("local/python").join(name)
    }

    fn from_metadata(metadata: Metadata) -> Self {
        let folder = metadata.workspace_root.join("functions");
        let functions = metadata
            .packages
            .into_iter()
            .filter(|package| package.manifest_path.starts_with(&folder))
            .map(|package| package.name)
            .collect();
        Self {
            root: metadata.workspace_root,
            target: metadata.target_directory,
            functions,
        }
    }
}

/// The cargo that runs this program, or the one on the path, with the environment of a person's
/// shell. The variables that cargo sets for the program that it runs, and those that
/// `.ci/timed_test.py` sets for the test harness, are removed: build scripts that depend on them
/// would run again.
pub(crate) fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_set_by_cargo) {
            command.env_remove(name);
        }
    }
    command
}

fn is_set_by_cargo(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"]
        .iter()
        .any(|start| variable.starts_with(start))
        || [
            "CARGO_CRATE_NAME",
            "CARGO_PRIMARY_PACKAGE",
            "CARGO_TARGET_TMPDIR",
            "OUT_DIR",
            "RUSTC_BOOTSTRAP",
        ]
        .contains(&variable)
}

fn own_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_the_packages_under_functions() {
        let metadata = serde_json::from_str(
            r#"{"workspace_root": "/w", "target_directory": "/t", "packages": [
                {"name": "add-domain", "manifest_path": "/w/functions/add-domain/Cargo.toml"},
                {"name": "lasso-local", "manifest_path": "/w/infra/local/Cargo.toml"}]}"#,
        )
        .unwrap();
        let workspace = Workspace::from_metadata(metadata);
        assert_eq!(workspace.functions, ["add-domain"]);
        assert_eq!(workspace.target, Path::new("/t"));
        assert_eq!(
            workspace.infra("template.yaml"),
            Path::new("/w/infra/template.yaml")
        );
    }

    #[test]
    fn only_cargo_variables_set_by_a_person_are_passed_on() {
        assert!(is_set_by_cargo("CARGO_PKG_NAME"));
        assert!(is_set_by_cargo("OUT_DIR"));
        assert!(!is_set_by_cargo("CARGO_TARGET_DIR"));
        assert!(!is_set_by_cargo("CARGO_HOME"));
    }
}
