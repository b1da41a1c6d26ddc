//! schemathesis makes valid and invalid requests from `docs/openapi.json`, and checks that the
//! responses are as documented and that none is a 5xx.
//!
//! It runs if `SCHEMATHESIS` names its program, as in `.ci/run`; otherwise the tests are shown as
//! ignored.

use std::path::PathBuf;
use std::process::Command;

use reqwest::StatusCode;

use crate::Suite;
use crate::world::{Shared, World};

const PROGRAM: &str = "SCHEMATHESIS";

/// The checks for each response. Other tests check that wrong data is refused: schemathesis does
/// not treat a number in a header as text, nor 413 as a refusal.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

/// Makes every run send the same requests.
const SEED: &str = "20260601";

pub(crate) fn tests(suite: &mut Suite) {
    let program = program();
    suite.alone_if(
        program.is_some(),
        "schemathesis_finds_nothing_as_a_client_administrator",
        async |world: Shared| {
            let token = world.client_admin().to_owned();
            let removing = "--exclude-operation-id=RemoveDomain";
            let tags = [
                "--include-tag=Client Administrator",
                "--include-tag=Everybody",
                "--include-tag=Senders",
            ];
            run(&world, &token, &[&tags[..], &[removing]].concat()).await;
            // Separately and last, because a removed domain has nothing to show to the other tests.
            run(&world, &token, &["--include-operation-id=RemoveDomain"]).await;
        },
    );
    suite.alone_if(
        program.is_some(),
        "schemathesis_finds_nothing_as_the_mass_mail_product",
        async |world: Shared| {
            let token = world.mass_mail().to_owned();
            run(&world, &token, &["--include-tag=Senders"]).await;
        },
    );
    suite.alone_if(
        program.is_some(),
        "schemathesis_finds_nothing_as_lasso_support",
        async |world: Shared| {
            let token = world.support().to_owned();
            // The limits that it invents would apply to the client of all other tests.
            let limits = "--exclude-operation-id=SetClientLimits";
            run(&world, &token, &["--include-tag=Lasso support", limits]).await;
            run(&world, &token, &["--include-operation-id=SetClientLimits"]).await;
            world.recount().await;
        },
    );
}

fn program() -> Option<PathBuf> {
    std::env::var_os(PROGRAM).map(PathBuf::from)
}

async fn run(world: &World, token: &str, operations: &[&str]) {
    // The domain of the document's examples exists.
    let added = world.add(world.client_admin(), "maplehomes.com").await;
    assert!(
        [StatusCode::OK, StatusCode::CREATED].contains(&added.status),
        "{added:?}"
    );
    let mut command = Command::new(program().expect("a program"));
    let folder = world.info.zones_dir.parent().expect("a state folder");
    command
        // It writes a cache into its working folder.
        .current_dir(folder)
        .args([
            "run",
            concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json"),
        ])
        .args(["--url", &world.info.api_url])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--checks", CHECKS])
        .args(["--phases", "examples,coverage,fuzzing"])
        // One worker: several trigger a fault of Python 3.11 now and then.
        .args(["--max-examples", "40", "--seed", SEED, "--workers", "1"])
        .args(["--generation-database", "none", "--request-timeout", "30"])
        .args(["--suppress-health-check", "all", "--no-color"])
        .args(operations);
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.expect("a task that ends");
    let output = output.expect("schemathesis, where SCHEMATHESIS says it is");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    say_cases(&said, operations);
}

/// Prints how many requests there were: a check without requests finds nothing.
#[expect(clippy::print_stdout, reason = "where the other lines about tests are")]
fn say_cases(said: &str, operations: &[&str]) {
    let mut lines = said
        .lines()
        .skip_while(|line| !line.starts_with("Test cases:"));
    let cases = lines.nth(1).map(str::trim);
    let cases = cases.filter(|line| line.contains("generated"));
    let cases = cases.unwrap_or_else(|| panic!("no number of cases: {said}"));
    println!("schemathesis {}: {cases}", operations.join(" "));
}
