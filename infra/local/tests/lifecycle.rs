//! Stacks start at the same time, and leave nothing behind however they end.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lasso_local::{LocalStack, Options, StackInfo};

/// The status line of a `GET`.
fn get(url: &str) -> String {
    let (host, path) = url
        .trim_start_matches("http://")
        .split_once('/')
        .expect("a URL with a path");
    let mut stream = TcpStream::connect(host).expect("the port is open");
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .expect("it takes the request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer.lines().next().unwrap_or_default().to_owned()
}

fn listens(url: &str) -> bool {
    TcpStream::connect(url.trim_start_matches("http://")).is_ok()
}

fn eventually(what: &str, limit: Duration, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < limit, "{what} within {limit:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn command(state_dir: &Path, port: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lasso-local"));
    command
        .args(["--dns-port", "0", "--state-dir"])
        .arg(state_dir)
        .args(["--port", port])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn ready(runner: &mut Child, state_dir: &Path) -> StackInfo {
    let file = state_dir.join("stack.json");
    let start = Instant::now();
    while !file.exists() {
        let ended = runner.try_wait().expect("it can be asked");
        assert!(ended.is_none(), "the runner ended before it was ready");
        assert!(start.elapsed() < Duration::from_mins(10), "never ready");
        std::thread::sleep(Duration::from_millis(50));
    }
    let json = fs::read(file).expect("it was there");
    serde_json::from_slice(&json).expect("it has the keys of the contract")
}

#[tokio::test]
async fn two_stacks_run_side_by_side_and_leave_nothing_behind() {
    let (one, other) = tokio::join!(
        LocalStack::start(Options::isolated()),
        LocalStack::start(Options::isolated()),
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    let (info, other_info) = (one.info().clone(), other.info().clone());
    assert_ne!(info.aws_endpoint_url, other_info.aws_endpoint_url);
    assert_ne!(info.dns_server, other_info.dns_server);
    for info in [&info, &other_info] {
        let status = get(&format!("{}/domains", info.api_url));
        assert!(status.contains(" 401 "), "without a token: {status}");
        assert!(get(&info.mailbox_url).contains(" 200 "));
        assert!(info.zones_dir.join("maplehomes.com.zone").exists());
    }

    one.stop().await;
    assert!(!listens(&info.aws_endpoint_url));
    assert!(!info.zones_dir.exists());
    assert!(listens(&other_info.aws_endpoint_url), "the other goes on");

    drop(other);
    let second = Duration::from_secs(1);
    eventually("a dropped stack is gone", second, || {
        !listens(&other_info.aws_endpoint_url)
    });
}

#[test]
fn killing_the_runner_stops_everything_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let mut runner = command(folder.path(), "0").spawn().unwrap();
    let info = ready(&mut runner, folder.path());
    runner.kill().unwrap();
    runner.wait().unwrap();
    let limit = Duration::from_secs(2);
    eventually("the emulator is gone", limit, || {
        !listens(&info.aws_endpoint_url)
    });
}

#[test]
fn a_port_in_use_prints_one_sentence_and_exits_with_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path(), &port)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        format!(
            "error: port {port} is already in use; stop what uses it, or choose another with \
             --port\n"
        )
    );
}
