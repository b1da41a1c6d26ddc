//! Prepares the OpenAPI document for serving: without white space, and a second time compressed. At
//! build time it costs no cold start, and the function needs no code for it.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

const DOCUMENT: &str = "../../docs/openapi.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let document: Value = serde_json::from_str(&fs::read_to_string(DOCUMENT)?)?;
    let compact = document.to_string();
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(Path::new(&out).join("openapi.json"), &compact)?;
    let file = File::create(Path::new(&out).join("openapi.json.gz"))?;
    let mut gzip = GzEncoder::new(file, Compression::best());
    gzip.write_all(compact.as_bytes())?;
    gzip.finish()?;
    Ok(())
}
