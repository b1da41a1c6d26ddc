//! Packs the public suffix list: as a finite state transducer it takes 70 kB in every function, and
//! nothing has to be read when a function starts.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use fst::SetBuilder;

const RULES: &str = "public-suffixes.txt";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={RULES}");
    let mut rules = BTreeSet::new();
    let text = fs::read_to_string(RULES)?;
    for rule in text.lines().filter(|line| !line.starts_with("//")) {
        rules.insert(backwards(rule));
        rules.insert(backwards(&in_a_labels(rule)?));
    }
    let mut packed = SetBuilder::memory();
    packed.extend_iter(rules)?;
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(
        Path::new(&out).join("public-suffixes.fst"),
        packed.into_inner()?,
    )?;
    Ok(())
}

/// The name of a rule in A-labels, behind its `*.` or `!`.
fn in_a_labels(rule: &str) -> Result<String, idna::Errors> {
    let name = rule.trim_start_matches(['*', '!', '.']);
    let mark = rule.strip_suffix(name).unwrap_or_default();
    Ok(mark.to_owned() + &idna::domain_to_ascii(name)?)
}

/// As names are looked up: from their end.
fn backwards(rule: &str) -> Vec<u8> {
    rule.bytes().rev().collect()
}
