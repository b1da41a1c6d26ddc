//! The resources that a run of the deployed poller uses: the release binary, on the local stack,
//! with 10,000 domains that are due. All resources of the process count, including network, DNS
//! packets and the SDK's requests.

#![allow(clippy::print_stdout, reason = "a measurement prints what it measures")]

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use domain_auth::domain::{Change, Domain, Fate};
use domain_auth::history::Actor;
use domain_auth::ports::{Clock, CommitChanges, Due, DueDomains, Runs};
use domain_auth::run_memory::RunMemory;
use domain_auth::state::{State, Trigger};
use domain_auth_aws::{SystemClock, SystemIds, Table};
use domain_auth_testkit::{identity, new_domain};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::SignedDuration;
use lasso_local::{LocalStack, Options, Profile, StackInfo};
use reqwest::Client;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

const DOMAINS: usize = 10_000;
/// The zone of all domains. None of their records exists.
const ZONE: &str = "waiting-homes.com";
/// How long they have waited: they are then looked at every quarter of an hour, so once in these
/// runs.
const WAITING_FOR: SignedDuration = SignedDuration::from_hours(3);
const AT_ONCE: usize = 16;
/// Runs in which all domains must be looked at.
const RUNS: usize = 10;

const CPU_GOAL: Duration = Duration::from_millis(1);
const MEMORY_GOAL: u64 = 96 * 1024;

/// The resources that the processes of a function have used so far.
#[derive(Debug, Clone, Copy, Default)]
struct Usage {
    cpu: Duration,
    /// The highest memory use of one process, in KiB.
    peak: u64,
}

fn main() -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Runtime::new()?;
    let mut options = Options::isolated();
    options.profile = Profile::ReleaseOf("verification-poller");
    println!("Building the poller for release, and starting the local stack…");
    let stack = runtime.block_on(LocalStack::start(options))?;
    let reached = runtime.block_on(measure(stack.info()));
    runtime.block_on(stack.stop());
    Ok(if reached? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Whether the goals are met.
async fn measure(info: &StackInfo) -> Result<bool, Failure> {
    let table = table(info).await;
    let http = Client::new();
    let function = &info.functions["verification-poller"];
    // So that the scheduled run does not start with half of them.
    let now = SystemClock.now();
    let until = now + SignedDuration::from_mins(15);
    while table.begin_run(now, until).await?.is_none() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    println!("Adding {DOMAINS} domains that wait for their records…");
    fs::write(info.zones_dir.join(format!("{ZONE}.zone")), "")?;
    control_ses(info, &http, 0).await?;
    let numbers = stream::iter(0..DOMAINS);
    let added = numbers.map(|number| add(info, &http, &table, number));
    added
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    control_ses(info, &http, 1).await?;
    table.end_run(until, &RunMemory::default()).await?;

    println!("\n run   seconds      due   processor time of each   peak memory");
    let mut left = DOMAINS;
    let before = usage(function)?;
    for run in 1..=RUNS {
        let (started, earlier) = (Instant::now(), usage(function)?);
        invoke(info, &http, function).await?;
        let seconds = started.elapsed().as_secs_f64();
        let due = due(&table).await?;
        let (taken, done) = (usage(function)?, left.saturating_sub(due));
        let each = taken.cpu.saturating_sub(earlier.cpu) / u32::try_from(done.max(1))?;
        println!(
            "{run:>4}{seconds:>10.1}{left:>9}{:>22} µs{:>11.1} MB",
            each.as_micros(),
            megabytes(taken.peak),
        );
        left = due;
        if left == 0 {
            break;
        }
    }
    let taken = usage(function)?;
    let each = taken.cpu.saturating_sub(before.cpu) / u32::try_from(DOMAINS)?;
    println!();
    let mut reached = true;
    for (goal, figure, met) in [
        (
            "every domain was looked at",
            format!("{left} left"),
            left == 0,
        ),
        (
            "processor time for each domain is under 1 ms",
            format!("{} µs", each.as_micros()),
            each < CPU_GOAL,
        ),
        (
            "peak memory is under 96 MB",
            format!("{:.1} MB", megabytes(taken.peak)),
            taken.peak < MEMORY_GOAL,
        ),
    ] {
        println!(
            "{}: {goal} ({figure})",
            if met { "reached" } else { "MISSED" }
        );
        reached &= met;
    }
    Ok(reached)
}

async fn table(info: &StackInfo) -> Table {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(&info.aws_endpoint_url)
        .region(Region::new(info.region.clone()))
        .credentials_provider(Credentials::new("test", "test", None, None, "local"))
        .http_client(domain_auth_aws::http_client())
        .load()
        .await;
    Table::new(aws_sdk_dynamodb::Client::new(&config), info.table.clone())
}

/// A domain that waits for its records and is due, with its identity at SES.
async fn add(info: &StackInfo, http: &Client, table: &Table, number: usize) -> Result<(), Failure> {
    let new = new_domain(
        &format!("client-{:02}", number % 100),
        &format!("n{number:05}.{ZONE}"),
    );
    let tags = json!([
        { "Key": "lasso-client", "Value": new.client.as_str() },
        { "Key": "lasso-stack", "Value": info.stack_name },
    ]);
    let identity_of_it = json!({ "EmailIdentity": new.name.as_str(), "Tags": tags });
    http.post(format!("{}/v2/email/identities", info.ses_gate_url))
        .header("authorization", root("ses"))
        .json(&identity_of_it)
        .send()
        .await?
        .error_for_status()?;
    let (now, ids) = (SystemClock.now(), SystemIds);
    let since = now - WAITING_FOR;
    let state = State::provisioning();
    let added = Domain::add(new, state, None, Actor::Service, since, &ids).domain;
    let provisioned = Trigger::Provisioned(identity(&added.name));
    let mut domain = added
        .transition(provisioned, Actor::Service, None, since, &ids)?
        .domain;
    domain.next_check = now;
    domain.version = 1;
    let change = Change {
        domain,
        fate: Fate::Stored,
        claims: None,
        history: Vec::new(),
        event: None,
        look: None,
        client_count: None,
        link: None,
    };
    Ok(table.commit(&change).await?)
}

async fn control_ses(info: &StackInfo, http: &Client, rate: u32) -> Result<(), Failure> {
    http.post(format!("{}/control", info.ses_gate_url))
        .json(&json!({ "rate": rate }))
        .send()
        .await?
        .error_for_status()?;
    Ok(())
}

/// Runs the poller; waits while a scheduled run is active.
async fn invoke(info: &StackInfo, http: &Client, function: &str) -> Result<(), Failure> {
    let url = format!(
        "{}/2015-03-31/functions/{function}/invocations",
        info.aws_endpoint_url
    );
    loop {
        let request = http.post(&url).header("authorization", root("lambda"));
        let answer: Value = request.body("{}").send().await?.json().await?;
        match answer["skipped"].as_bool() {
            Some(false) => return Ok(()),
            Some(true) => tokio::time::sleep(Duration::from_millis(200)).await,
            None => return Err(format!("the poller answered {answer}").into()),
        }
    }
}

/// How many domains have not been looked at: those that have not changed since they were added.
async fn due(table: &Table) -> Result<usize, Failure> {
    let due = table.due(Due::Look, SystemClock.now(), DOMAINS).await?;
    Ok(due.iter().filter(|domain| domain.ses.is_none()).count())
}

/// The resources that the processes of a function have used, from `proc_pid_stat(5)` and
/// `proc_pid_status(5)`.
fn usage(function: &str) -> Result<Usage, Failure> {
    let its_own = format!("AWS_LAMBDA_FUNCTION_NAME={function}");
    let ticks = rustix::param::clock_ticks_per_second();
    let mut usage = Usage::default();
    for process in fs::read_dir("/proc")? {
        let folder = process?.path();
        // Other users' processes, and those that have just ended, cannot be read.
        let Ok(environment) = fs::read(folder.join("environ")) else {
            continue;
        };
        let mut variables = environment.split(|byte| *byte == 0);
        if !variables.any(|variable| variable == its_own.as_bytes()) {
            continue;
        }
        let stat = fs::read_to_string(folder.join("stat"))?;
        // After the name of the program, which is in parentheses and may contain anything.
        let (_, fields) = stat.rsplit_once(')').ok_or("no name in stat")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let [user, system] = [fields[11].parse::<u64>()?, fields[12].parse::<u64>()?];
        usage.cpu += Duration::from_millis((user + system) * 1000 / ticks);
        let status = fs::read_to_string(folder.join("status"))?;
        let status: BTreeMap<&str, &str> = status
            .lines()
            .filter_map(|line| line.split_once(':'))
            .collect();
        let peak = status["VmHWM"].trim().trim_end_matches(" kB");
        usage.peak = usage.peak.max(peak.parse()?);
    }
    Ok(usage)
}

fn megabytes(kibibytes: u64) -> f64 {
    f64::from(u32::try_from(kibibytes).unwrap_or(u32::MAX)) / 1024.0
}

/// The operator, whom the emulator recognizes by this key.
fn root(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=0"
    )
}
