//! Prints every text of this service that people read, each once, so that they can be read in one
//! sitting:
//!
//! ```sh
//! cargo run -p document-tests --example texts            # all
//! cargo run -p document-tests --example texts -- delete  # those with this word
//! ```
//!
//! They come from the snapshots, which the tests compare with the real answers. For every message
//! and fix of the diagnosis, use `cargo run -p corpus-tests --example messages`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool for a terminal"
)]
#![allow(dead_code, reason = "the tests use more of these modules")]

#[path = "files.rs"]
mod files;
#[path = "sayings.rs"]
mod sayings;

fn main() {
    let word = std::env::args().nth(1).unwrap_or_default().to_lowercase();
    for (source, texts) in sayings::sayings() {
        let mut fitting = texts
            .iter()
            .filter(|text| text.to_lowercase().contains(&word))
            .peekable();
        if fitting.peek().is_some() {
            println!("## {source}\n");
        }
        for text in fitting {
            println!("- {text}");
        }
        println!();
    }
}
