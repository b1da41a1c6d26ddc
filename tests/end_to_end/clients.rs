//! Clients in other languages, generated from `docs/openapi.json`: a short program with each uses the
//! API as a product would (`tests/clients`).
//!
//! They run if `OPENAPI_PYTHON_CLIENT` and `OPENAPI_TYPESCRIPT` name the generators, as in
//! `.ci/run`; otherwise the tests are shown as ignored.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Suite;
use crate::world::{Shared, World};

/// The generator of the Python client. `python` is in the same folder.
const PYTHON: &str = "OPENAPI_PYTHON_CLIENT";
/// The generator of the TypeScript types, in `node_modules/.bin`. `tsc` is in the same folder.
const TYPESCRIPT: &str = "OPENAPI_TYPESCRIPT";

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients");

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared_if(
        program(PYTHON).is_some(),
        "a_generated_python_client_works",
        python,
    );
    suite.shared_if(
        program(TYPESCRIPT).is_some(),
        "a_generated_typescript_client_works",
        typescript,
    );
}

async fn python(world: Shared) {
    let generator = program(PYTHON).expect("a program");
    let folder = folder(&world, "python-client");
    let config = Path::new(CLIENTS).join("python/generator.yaml");
    let mut generate = Command::new(&generator);
    generate
        .args(["generate", "--meta", "none", "--fail-on-warning"])
        .args(["--path", DOCUMENT])
        .args([OsStr::new("--config"), config.as_os_str()])
        .args([
            OsStr::new("--output-path"),
            folder.join("lasso_api").as_os_str(),
        ]);
    run(generate).await;
    let program = copied("python/walk.py", &folder);
    let mut walk = Command::new(generator.with_file_name("python"));
    walk.arg(program);
    run(walking(walk, &world)).await;
}

async fn typescript(world: Shared) {
    let generator = program(TYPESCRIPT).expect("a program");
    let folder = folder(&world, "typescript-client");
    let modules = generator.parent().and_then(Path::parent);
    let modules = modules.expect("a folder node_modules");
    std::os::unix::fs::symlink(modules, folder.join("node_modules")).expect("a link");
    for file in ["package.json", "tsconfig.json", "walk.ts"] {
        copied(&format!("typescript/{file}"), &folder);
    }
    let mut generate = Command::new(&generator);
    generate
        .args([DOCUMENT, "--output"])
        .arg(folder.join("api.d.ts"));
    run(generate).await;
    let mut compile = Command::new(generator.with_file_name("tsc"));
    compile.arg("--project").arg(&folder);
    run(compile).await;
    let mut walk = Command::new("node");
    walk.arg(folder.join("built/walk.js"));
    run(walking(walk, &world)).await;
}

fn program(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

/// A new folder next to the state of the stack.
fn folder(world: &World, name: &str) -> PathBuf {
    let state = world.info.zones_dir.parent().expect("a state folder");
    let folder = state.join(name);
    fs::create_dir(&folder).expect("a folder that is new");
    folder
}

fn copied(file: &str, folder: &Path) -> PathBuf {
    let from = Path::new(CLIENTS).join(file);
    let to = folder.join(from.file_name().expect("a file"));
    fs::copy(&from, &to).expect("a file of tests/clients");
    to
}

/// With the variables that the programs need.
fn walking(mut program: Command, world: &World) -> Command {
    program
        .env("API_URL", &world.info.api_url)
        .env("TOKEN", world.client_admin())
        .env("DOMAIN", world.fresh_domain());
    program
}

async fn run(mut program: Command) {
    let said = format!("{program:?}");
    let output = tokio::task::spawn_blocking(move || program.output());
    let output = output.await.expect("a task that ends");
    let output = output.unwrap_or_else(|error| panic!("{said}: {error}"));
    assert!(
        output.status.success(),
        "{said}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
