//! `lasso-ops` against the local stack: the program as an operator starts it, its exit codes, and its JSON.

mod doctor;
mod erase;
mod import;
mod reconcile;
mod redrive;
mod verify_account;

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;

use crate::Suite;
use crate::world::World;

pub(crate) fn tests(suite: &mut Suite) {
    doctor::tests(suite);
    import::tests(suite);
    reconcile::tests(suite);
    redrive::tests(suite);
    erase::tests(suite);
    verify_account::tests(suite);
}

/// The result of a run of the program.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code (docs/ops.md).
    pub(crate) code: Option<i32>,
    /// The report; null if there is none.
    pub(crate) report: Value,
    /// The text on stderr.
    pub(crate) told: String,
}

/// Runs `lasso-ops --json` on the stack with these arguments.
pub(crate) async fn ops(world: &World, arguments: &[&str]) -> Ended {
    let output = begun(world, arguments).await.wait_with_output().await;
    let output = output.expect("a program that ends");
    Ended {
        code: output.status.code(),
        report: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        told: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Starts `lasso-ops --json` and does not wait for it. The process ends with the test.
async fn begun(world: &World, arguments: &[&str]) -> Child {
    static PROGRAM: OnceCell<PathBuf> = OnceCell::const_new();
    let program = PROGRAM.get_or_try_init(|| lasso_local::program("lasso-ops"));
    Command::new(program.await.expect("lasso-ops compiles"))
        .arg("--stack-json")
        .arg(file(world, "stack.json"))
        .arg("--json")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a program that starts")
}

/// A file in the folder of the stack, which goes with it.
fn file(world: &World, name: &str) -> PathBuf {
    world.info.log_file.with_file_name(name)
}

/// Writes such a file, and gives its path as an argument.
fn written(world: &World, name: &str, text: &str) -> String {
    let path = file(world, name);
    std::fs::write(&path, text).expect("a folder that takes files");
    path.to_str().expect("a path in UTF-8").to_owned()
}
