//! Builds the functions for this machine, as plain programs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;

use crate::workspace::{Workspace, cargo};
use crate::{Error, Profile, Progress, previews, process};

/// The output of cargo for each artifact with `--message-format=json`.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// The functions that `sam build` has built in a folder, and the program that writes the emails,
/// which is compiled here.
pub(crate) async fn built(
    workspace: &Workspace,
    folder: &Path,
    progress: Progress,
) -> Result<BTreeMap<String, PathBuf>, Error> {
    let functions = workspace.functions.iter().map(|name| {
        let program = folder.join(logical_id(name)).join("bootstrap");
        if program.is_file() {
            Ok((name.clone(), program))
        } else {
            Err(Error::NotBuilt(program))
        }
    });
    let functions = functions.collect::<Result<BTreeMap<String, PathBuf>, Error>>()?;
    let mut built = build_some(workspace, &[previews::PROGRAM], "--workspace", progress).await?;
    built.extend(functions);
    Ok(built)
}

/// The name of a function in the template: `AddDomainFunction` for the binary `add-domain`, as in
/// the Makefile.
fn logical_id(binary: &str) -> String {
    let words = binary.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    words.collect::<String>() + "Function"
}

/// Builds every binary under `functions/`, and the one that writes the emails. Returns their paths,
/// by name.
pub(crate) async fn build(
    workspace: &Workspace,
    profile: Profile,
    progress: Progress,
) -> Result<BTreeMap<String, PathBuf>, Error> {
    let programs = [previews::PROGRAM];
    let all = workspace.functions.iter().map(String::as_str);
    let all = all.chain(programs);
    let is_released = |name: &&str| match profile {
        Profile::Dev => false,
        Profile::Release => true,
        Profile::ReleaseOf(released) => released == *name,
    };
    let (released, others): (Vec<&str>, Vec<&str>) = all.partition(is_released);
    // With the features of all members, as `cargo test --workspace` compiles them. Release builds
    // have only the features of the deployed crates (`default-members`).
    let mut built = build_some(workspace, &others, "--workspace", progress).await?;
    built.extend(build_some(workspace, &released, "--release", progress).await?);
    Ok(built)
}

/// Builds a program of the workspace, with the features with which the tests are compiled, and says where it is.
/// For tests of programs that are not part of the stack.
///
/// # Errors
///
/// The checkout is not there, or the program does not compile.
pub async fn program(name: &str) -> Result<PathBuf, Error> {
    let workspace = Workspace::find().await?;
    let mut built = build_some(&workspace, &[name], "--workspace", Progress::Silent).await?;
    let program = built.remove(name);
    program.ok_or_else(|| Error::Build(format!("cargo names no program {name}")))
}

async fn build_some(
    workspace: &Workspace,
    functions: &[&str],
    option: &str,
    progress: Progress,
) -> Result<BTreeMap<String, PathBuf>, Error> {
    if functions.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut command = cargo(&workspace.root);
    command.args(["build", "--message-format=json-render-diagnostics", option]);
    for name in functions {
        command.args(["--bin", name]);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(match progress {
            Progress::Silent => Stdio::piped(),
            Progress::Stderr => Stdio::inherit(),
        });
    let output = process::output(&mut command).await?;
    if !output.status.success() {
        return Err(Error::Build(match progress {
            Progress::Silent => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Progress::Stderr => "the compiler's message is above".to_owned(),
        }));
    }
    Ok(executables(&output.stdout))
}

fn executables(messages: &[u8]) -> BTreeMap<String, PathBuf> {
    messages
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Message>(line).ok())
        .filter_map(|message| Some((message.target?.name, message.executable?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_function_is_named_after_its_binary_in_the_template() {
        assert_eq!(
            logical_id("verification-poller"),
            "VerificationPollerFunction"
        );
        assert_eq!(logical_id("console"), "ConsoleFunction");
    }

    #[tokio::test]
    async fn a_folder_without_a_function_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace {
            root: PathBuf::new(),
            target: PathBuf::new(),
            functions: vec!["add-domain".to_owned()],
        };
        let error = built(&workspace, folder.path(), Progress::Silent).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("AddDomainFunction/bootstrap"), "{error}");
        assert!(error.contains("sam build"), "{error}");
    }

    #[test]
    fn executables_are_read_from_cargos_messages() {
        let messages =
            br#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"add-domain"},"executable":"/t/debug/add-domain"}
{"reason":"build-finished","success":true}
"#;
        let found = executables(messages);
        assert_eq!(found.len(), 1);
        assert_eq!(found["add-domain"], Path::new("/t/debug/add-domain"));
    }
}
