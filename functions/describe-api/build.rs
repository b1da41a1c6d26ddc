//! Prepares the OpenAPI document for serving: without white space, and a second time compressed. At
//! build time it costs no cold start, and the function needs no code for it.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

const DOCUMENT: &str = "../../docs/openapi.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let compact = without_space(&fs::read_to_string(DOCUMENT)?);
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(Path::new(&out).join("openapi.json"), &compact)?;
    let file = File::create(Path::new(&out).join("openapi.json.gz"))?;
    let mut gzip = GzEncoder::new(file, Compression::best());
    gzip.write_all(compact.as_bytes())?;
    gzip.finish()?;
    Ok(())
}

/// A JSON text without the white space between its tokens (RFC 8259 section 2). Its members keep their order,
/// which matters to generators of clients.
fn without_space(text: &str) -> String {
    let (mut in_string, mut is_escaped) = (false, false);
    let is_kept = |character: &char| {
        let was_in_string = in_string;
        if *character == '"' && !is_escaped {
            in_string = !in_string;
        }
        is_escaped = was_in_string && *character == '\\' && !is_escaped;
        was_in_string || !character.is_ascii_whitespace()
    };
    text.chars().filter(is_kept).collect()
}
