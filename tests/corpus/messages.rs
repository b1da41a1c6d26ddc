//! Prints every message and fix of the corpus, each once, to be read aloud:
//!
//! ```sh
//! cargo run -p corpus-tests --example messages            # all
//! cargo run -p corpus-tests --example messages -- delete  # those with this word
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool for a terminal"
)]
#![allow(dead_code, reason = "the tests use more of these modules")]

mod case;
mod world;

use std::collections::BTreeMap;
use std::path::Path;

use futures::StreamExt;

use crate::case::Case;
use crate::world::World;

/// Cases that run at the same time.
const AT_ONCE: usize = 16;

/// The message and the fix of a code, with the cases in which they occur.
type Sayings = BTreeMap<(String, String, String), Vec<String>>;

#[tokio::main]
async fn main() {
    let word = std::env::args().nth(1).unwrap_or_default().to_lowercase();
    let entries = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")).unwrap();
    let cases: Vec<Case> = entries
        .map(|entry| Case::read(&entry.unwrap().path()).unwrap())
        .collect();
    let zones = &World::start(&cases).await.unwrap();
    let looked = futures::stream::iter(&cases).map(|case| async move {
        let look = zones.look(case).await.unwrap().1;
        (case, look.diagnosis)
    });
    let looked: Vec<_> = looked.buffer_unordered(AT_ONCE).collect().await;
    let mut sayings = Sayings::new();
    for (case, diagnosis) in looked {
        let mut say = |code: &str, message: &str, fix: Option<&str>| {
            let plain = |text: &str| text.replace(&case.name, "maplehomes");
            let key = (
                code.to_owned(),
                plain(message),
                plain(fix.unwrap_or("none")),
            );
            sayings.entry(key).or_default().push(case.name.clone());
        };
        for domain in &diagnosis.domain {
            let fix = domain.fix.as_ref().map(|fix| fix.text.as_str());
            say(domain.code.as_str(), &domain.message, fix);
        }
        for record in &diagnosis.records {
            let id = record.id.as_str();
            let code = record.code.map_or("no code", |code| code.as_str());
            let fix = record.fix.as_ref().map(|fix| fix.text.as_str());
            say(&format!("{code} ({id})"), &record.message, fix);
            for also in &record.also {
                let fix = also.fix.as_ref().map(|fix| fix.text.as_str());
                say(&format!("{} ({id})", also.code), &also.message, fix);
            }
        }
    }
    for ((code, message, fix), cases) in sayings {
        let all = format!("{message} {fix}").to_lowercase();
        if all.contains(&word) {
            println!("{code}\n  {message}\n  fix: {fix}\n  in: {}\n", cases[0]);
        }
    }
}
