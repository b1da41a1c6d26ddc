//! The log lines of code, as a function writes them.

use std::io::{self, Read};
use std::sync::Arc;
use std::thread;

use serde_json::Value;

/// The lines of level `info` and above that `act` logs on this thread, parsed from the JSON that
/// goes to CloudWatch Logs.
pub fn logged(act: impl FnOnce()) -> Vec<Value> {
    let (mut written, out) = io::pipe().expect("a pipe");
    // It is read at the same time: a pipe has a limited size.
    let reader = thread::spawn(move || {
        let mut text = String::new();
        written.read_to_string(&mut text).expect("text in UTF-8");
        text
    });
    let lines = domain_auth_logs::subscriber("info", Arc::new(out));
    tracing::subscriber::with_default(lines, act);
    let text = reader.join().expect("a reader that ends");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line in JSON"))
        .collect()
}
