//! IPv6 addresses of name servers cost nothing if this machine has no route to them.

use std::fmt::Write;
use std::time::Instant;

use domain_auth::dns::{Lookup, RecordType, Sighting};
use domain_auth_dns::Resolver;

use crate::net::{Net, ask, impatient, only, question, source, txt};

const NAME: &str = "_amazonses.example.com";

/// The resolver knows `com`, whose servers return the addresses of the name servers below as glue.
async fn net(hosts: &[&str]) -> Net {
    let mut com = "@ 60 NS a.gtld\na.gtld 60 A 127.0.0.2\na.gtld 60 AAAA ::1\n".to_owned();
    let mut zone = "_amazonses 60 TXT token\n".to_owned();
    for (number, address) in hosts.iter().enumerate() {
        let host = format!("ns{number}");
        writeln!(zone, "@ 60 NS {host}\n{host} 60 {address}").unwrap();
        writeln!(
            com,
            "example 60 NS {host}.example\n{host}.example 60 {address}"
        )
        .unwrap();
    }
    Net::start(&[
        &[("com", &com), ("example.com", &zone)],
        &[("com", &com)],
        &[("example.com", &zone)],
    ])
    .await
}

fn resolver(net: &Net, ipv6: bool) -> Resolver {
    let mut config = net.config();
    config.ipv6 = Some(ipv6);
    Resolver::new(config).unwrap()
}

/// One server with an IPv4 address, and one that has only an IPv6 address at which nothing answers.
const MIXED: [&str; 2] = ["A 127.0.0.3", "AAAA ::1"];

#[tokio::test]
async fn ipv6_servers_without_a_route_do_not_count_as_failed_attempts() {
    let net = net(&MIXED).await;
    let began = Instant::now();
    let seen = ask(&resolver(&net, false), NAME, RecordType::Txt).await;
    assert_eq!(only(&seen), txt(&["token"]));
    assert!(began.elapsed() < impatient().reply, "{:?}", began.elapsed());
    assert_eq!(
        net.servers[0]
            .queries()
            .about_type("ns1.example.com", "AAAA"),
        0
    );

    let questions = [question(NAME, RecordType::Txt)];
    let again = resolver(&net, false).ask_again(&questions).await;
    let there = again[0].sighting(|outcome| *outcome == txt(&["token"]));
    assert!(matches!(there, Sighting::Confirmed { .. }), "{again:?}");
    assert_eq!((again[0].listed, again[0].answers.len()), (1, 1));
}

#[tokio::test]
async fn without_an_ipv6_route_the_resolver_answers_for_an_ipv6_only_zone() {
    let net = net(&["AAAA ::1"]).await;
    let began = Instant::now();
    let seen = ask(&resolver(&net, false), NAME, RecordType::Txt).await;
    assert_eq!(source(&seen), []);
    assert_eq!(seen.recursive, txt(&["token"]));
    assert!(began.elapsed() < impatient().reply, "{:?}", began.elapsed());
}

#[tokio::test]
async fn with_an_ipv6_route_an_ipv6_only_server_is_queried() {
    let net = net(&MIXED).await;
    let seen = ask(&resolver(&net, true), NAME, RecordType::Txt).await;
    assert_eq!(seen.authoritative.len(), 2, "{seen:?}");
    let asked = seen
        .authoritative
        .iter()
        .map(|answer| answer.server.address);
    assert!(
        asked.into_iter().any(|address| address.is_ipv6()),
        "{seen:?}"
    );
    assert!(source(&seen).contains(&txt(&["token"])));
}
