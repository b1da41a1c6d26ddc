//! Zones as people publish them, each with its expected diagnosis. Each file of `cases/` is a test
//! with its name; `README.md` says how to add one.
//!
//! One DNS server has the zones of all cases. The test looks at the domains over the network, with
//! the resolver and the code of the service.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

mod case;
mod names;
mod verdict;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain_auth::diagnosis::DiagnosisCode;
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

use crate::case::Case;
use crate::world::World;

/// With fewer cases than this, some were lost.
const AT_LEAST: usize = 150;
/// All of them together must not take longer.
const AT_MOST: Duration = Duration::from_mins(1);
/// Cases that run at the same time. Most of the time is spent waiting for silent servers.
const AT_ONCE: usize = 16;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let begun = Instant::now();
    let (cases, unreadable) = read_cases(&folder().join("cases"));
    let runtime = Arc::new(Runtime::new().unwrap());
    let world = match runtime.block_on(World::start(&cases)) {
        Ok(world) => Arc::new(world),
        Err(error) => {
            say(&format!(
                "The zones of the corpus cannot be served:\n{error}"
            ));
            return ExitCode::FAILURE;
        }
    };
    let count = cases.len();
    let mut trials = vec![about_the_whole(cases.clone(), unreadable)];
    trials.extend(names::trials(&folder().join("names.toml")));
    trials.extend(cases.into_iter().map(|case| {
        let (runtime, world) = (Arc::clone(&runtime), Arc::clone(&world));
        Trial::test(case.name.clone(), move || {
            let looked = runtime.block_on(world.look(&case))?;
            verdict::hold(&case, &looked.0, &looked.1).map_err(Failed::from)
        })
    }));
    let all = arguments.filter.is_none() && !arguments.list;
    let conclusion = libtest_mimic::run(&arguments, trials);
    let took = begun.elapsed();
    if all {
        say(&format!("{count} zones in {:.1} s", took.as_secs_f64()));
    }
    if all && took > AT_MOST {
        say("The corpus takes too long.");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

/// The rules for all files together.
fn about_the_whole(cases: Vec<Case>, unreadable: Vec<String>) -> Trial {
    Trial::test("the corpus is whole", move || {
        let mut wrong = unreadable;
        if cases.len() < AT_LEAST {
            wrong.push(format!("{} cases are fewer than {AT_LEAST}", cases.len()));
        }
        for case in &cases {
            let known = |code: &&String| {
                let mut all = DiagnosisCode::ALL.iter();
                all.any(|known| known.as_str() == code.as_str())
            };
            let codes = case.fields.code.iter().chain(&case.fields.also);
            let unknown: Vec<&String> = codes.filter(|code| !known(code)).collect();
            if !unknown.is_empty() && case.fields.known_wrong.is_none() {
                wrong.push(format!("{}: no codes are {unknown:?}", case.name));
            }
        }
        for code in DiagnosisCode::ALL {
            let has = |case: &Case| {
                let codes = case.fields.code.iter().chain(&case.fields.also);
                let mut codes = codes.chain(&case.fields.domain);
                codes.any(|own| own == code.as_str())
            };
            if !cases.iter().any(has) {
                wrong.push(format!("no case has the code {code}"));
            }
        }
        if wrong.is_empty() {
            return Ok(());
        }
        Err(Failed::from(wrong.join("\n")))
    })
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The cases in the order of their names, and the files that are not valid cases.
fn read_cases(folder: &Path) -> (Vec<Case>, Vec<String>) {
    let (mut cases, mut unreadable) = (Vec::new(), Vec::new());
    let entries = std::fs::read_dir(folder).unwrap();
    for path in entries.map(|entry| entry.unwrap().path()) {
        match Case::read(&path) {
            Ok(case) => cases.push(case),
            Err(error) => unreadable.push(format!("{}: {error}", path.display())),
        }
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    (cases, unreadable)
}

#[expect(clippy::print_stdout, reason = "where the other lines about tests are")]
fn say(text: &str) {
    println!("{text}");
}
