//! Measures how many domains per second are looked up, with a round trip of 30 ms to every server.
//!
//! Two DNS servers run inside this process and answer after the delay; one is also the resolver.
//! Each domain has its own zone and name servers, the worst case for the memory of a run, and gets
//! the poller's queries: the TXT record, three CNAMEs, MX and SPF of the MAIL FROM name, DMARC, and
//! the zone itself. The first result is for one query at a time; the second is with the poller's
//! limits.
//!
//! `cargo run --release -p domain-auth-dns --example throughput [domains]`

#![expect(clippy::print_stdout, reason = "it is a program that prints a figure")]

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use domain_auth::dns::{Lookup, Outcome, Question, RecordType};
use domain_auth_dns::{DnsConfig, Limits, RecursiveServers, Resolver};
use futures::stream::{self, StreamExt};
use local_dns_server::{DnsServer, Fault, FaultRule, Options};

const LATENCY: Duration = Duration::from_millis(30);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let domains = match std::env::args().nth(1) {
        Some(count) => count.parse()?,
        None => 1000,
    };
    let zones = tempfile::tempdir()?;
    for index in 0..domains {
        write_zone(zones.path(), &domain(index))?;
    }
    let first = serve(zones.path(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let port = first.address().port();
    let second = serve(zones.path(), ([127, 0, 0, 2], port).into()).await?;

    let one_by_one = Limits {
        calls: 1,
        queries_per_call: 1,
        ..Limits::default()
    };
    println!(
        "{domains} domains, 8 questions each, {} ms to every server",
        LATENCY.as_millis()
    );
    let baseline = measure("one by one", port, one_by_one, domains.min(20)).await?;
    let polled = measure("as polled", port, Limits::default(), domains).await?;
    println!("{:.0} times as fast", polled / baseline);
    let queries = first.queries().total() + second.queries().total();
    println!("{queries} queries in all");
    first.stop().await;
    second.stop().await;
    Ok(())
}

/// Domains per second. Fails if an answer is wrong: a fast wrong answer is not a result.
async fn measure(
    title: &str,
    port: u16,
    limits: Limits,
    domains: usize,
) -> Result<f64, Box<dyn Error>> {
    let resolver = Resolver::new(DnsConfig {
        recursive: RecursiveServers::Given(vec![(Ipv4Addr::LOCALHOST, port).into()]),
        authoritative_port: port,
        allow_special_addresses: true,
        limits,
        ipv6: None,
    })?;
    let began = Instant::now();
    let looks = (0..domains).map(|index| look(resolver.clone(), domain(index)));
    let complete = stream::iter(looks)
        .buffer_unordered(limits.calls)
        .filter(|complete| std::future::ready(*complete))
        .count()
        .await;
    let took = began.elapsed();
    if complete != domains {
        return Err(format!("{title}: {} domains without an answer", domains - complete).into());
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = domains as f64 / took.as_secs_f64();
    println!("{title:>10}: {domains} domains in {took:.2?}, {rate:.1} per second");
    Ok(rate)
}

/// Whether the zone was found, and two name servers and the resolver answered every question.
async fn look(resolver: Resolver, domain: String) -> bool {
    let zone = resolver.zone(&domain).await;
    let questions = questions(&domain);
    let seen = resolver.observe(&questions).await;
    let answered =
        |outcome: &Outcome| !matches!(outcome, Outcome::Failed { .. } | Outcome::TimedOut);
    matches!(zone, domain_auth::dns::ZoneOutcome::Found(_))
        && seen.iter().all(|seen| {
            seen.authoritative.len() == 2
                && answered(&seen.recursive)
                && seen
                    .authoritative
                    .iter()
                    .all(|answer| answered(&answer.outcome))
        })
}

fn questions(domain: &str) -> Vec<Question> {
    [
        ("_amazonses.", RecordType::Txt),
        ("a._domainkey.", RecordType::Cname),
        ("b._domainkey.", RecordType::Cname),
        ("c._domainkey.", RecordType::Cname),
        ("bounce.", RecordType::Mx),
        ("bounce.", RecordType::Txt),
        ("_dmarc.", RecordType::Txt),
        ("", RecordType::Txt),
    ]
    .into_iter()
    .map(|(host, record_type)| Question {
        name: format!("{host}{domain}"),
        record_type,
    })
    .collect()
}

fn domain(index: usize) -> String {
    format!("client{index}.example")
}

fn write_zone(folder: &Path, domain: &str) -> std::io::Result<()> {
    let records = "@ NS ns1\n@ NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.2\n\
        _amazonses TXT token\na._domainkey CNAME a.dkim.amazonses.com.\n\
        bounce MX 10 feedback-smtp.us-east-1.amazonses.com.\n";
    std::fs::write(folder.join(format!("{domain}.zone")), records)
}

async fn serve(zones: &Path, address: SocketAddr) -> Result<DnsServer, Box<dyn Error>> {
    let options = Options {
        zones_dir: zones.to_owned(),
        address,
    };
    let server = DnsServer::start(options).await?;
    server.set_faults([FaultRule::everywhere(Fault::Delay(LATENCY))]);
    Ok(server)
}
