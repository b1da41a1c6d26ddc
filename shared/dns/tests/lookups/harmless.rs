//! Queries do no harm: a resolver would cache "no such name", and Amazon SES would still see it
//! after the record is published.

use std::time::{Duration, Instant};

use domain_auth::dns::{Lookup, Outcome, RecordType, ZoneOutcome};
use local_dns_server::{Fault, FaultRule};

use crate::net::{Net, Zones, ask, no_data, no_such_name, question, source, txt};

const TOP: &str = "@ 60 NS a.gtld\na.gtld 60 A 127.0.0.2\n\
     example 60 NS ns1.example\nexample 60 NS ns2.example\n\
     ns1.example 60 A 127.0.0.3\nns2.example 60 A 127.0.0.4\n";
const HERE: &str = "@ 60 SOA ns1 hostmaster 1 7200 900 86400 7\n\
     @ 60 NS ns1\n@ 60 NS ns2\nns1 60 A 127.0.0.3\nns2 60 A 127.0.0.4\n_amazonses 60 TXT token\n";

/// A resolver on 127.0.0.1 that behaves like all resolvers; the servers of `com` on 127.0.0.2; the
/// servers of `example.com` on 127.0.0.3 and 127.0.0.4.
async fn internet(ns1: &str, ns2: &str) -> Net {
    Net::start(&[
        &[("com", TOP)],
        &[("com", TOP)],
        &[("example.com", ns1)],
        &[("example.com", ns2)],
    ])
    .await
}

/// These servers, with a resolver that has the answers of `example.com`, whether its servers can be
/// reached or not.
async fn with_a_resolver_that_knows() -> Net {
    let here: Zones<'_> = &[("example.com", HERE)];
    Net::start(&[
        &[("com", TOP), ("example.com", HERE)],
        &[("com", TOP)],
        here,
        here,
    ])
    .await
}

fn asked_of_resolver(net: &Net) -> Vec<String> {
    let queries = net.servers[0].queries();
    let names = queries.names_of_resolver();
    names.into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_resolver_is_not_queried_for_names_that_do_not_exist() {
    let net = internet(HERE, HERE).await;
    let resolver = net.resolver();
    for name in ["example.com", "news.example.com", "a.b.example.com"] {
        let zone = resolver.zone(name).await;
        assert!(
            matches!(&zone, ZoneOutcome::Found(zone) if zone.apex == "example.com"),
            "{name}: {zone:?}"
        );
    }
    let unregistered = resolver.zone("unregistered.com").await;
    assert_eq!(unregistered, ZoneOutcome::NoSuchDomain);
    let questions = [
        question("_dmarc.example.com", RecordType::Txt),
        question("t1._domainkey.news.example.com", RecordType::Cname),
        question("bounce.example.com", RecordType::Mx),
        question("_amazonses.example.com", RecordType::Mx),
        question("_amazonses.unregistered.com", RecordType::Txt),
    ];
    // Only the addresses of the servers of `com` are left to be queried.
    let known = ["a.gtld.com", "com"];
    for observe in 0..3 {
        let run = resolver.begin_run();
        let seen = match observe {
            0 => resolver.observe(&questions).await,
            1 => run.observe(&questions).await,
            _ => run.observe_source(&questions).await,
        };
        for observation in &seen[..3] {
            assert_eq!(source(observation), [no_such_name(7), no_such_name(7)]);
        }
        assert_eq!(source(&seen[3]), [no_data(7), no_data(7)]);
        assert!(matches!(source(&seen[4])[..], [Outcome::NoSuchName { .. }]));
        assert!(
            seen.iter()
                .all(|observation| observation.recursive == Outcome::NotAsked)
        );
        assert_eq!(asked_of_resolver(&net), known, "{observe}");
    }
    run_again(&net).await;
    assert_eq!(asked_of_resolver(&net), known);
}

async fn run_again(net: &Net) {
    let questions = [question("_lasso-challenge.example.com", RecordType::Txt)];
    let again = net.resolver().ask_again(&questions).await;
    assert_eq!(again[0].listed, 2);
}

#[tokio::test]
async fn the_resolver_is_queried_for_existing_records() {
    let net = internet(HERE, HERE).await;
    let seen = net.ask("_amazonses.example.com", RecordType::Txt).await;
    assert_eq!(source(&seen), [txt(&["token"]), txt(&["token"])]);
    assert_eq!(seen.recursive, txt(&["token"]));
}

#[tokio::test]
async fn the_resolver_is_not_queried_if_one_server_lacks_the_record() {
    let old = HERE.replace("_amazonses 60 TXT token\n", "");
    let net = internet(HERE, &old).await;
    let seen = net.ask("_amazonses.example.com", RecordType::Txt).await;
    assert_eq!(source(&seen), [txt(&["token"]), no_such_name(7)]);
    assert_eq!(seen.recursive, Outcome::NotAsked);
}

#[tokio::test]
async fn the_resolver_is_queried_in_time_if_no_server_answers() {
    for dead in [vec![2, 3], vec![1, 2, 3]] {
        let net = with_a_resolver_that_knows().await;
        for server in &dead {
            net.servers[*server].set_faults([FaultRule::everywhere(Fault::Drop)]);
        }
        let resolver = net.resolver();
        let began = Instant::now();
        let zone = resolver.zone("example.com").await;
        assert!(matches!(zone, ZoneOutcome::Found(_)), "{dead:?}: {zone:?}");
        let seen = ask(&resolver, "_amazonses.example.com", RecordType::Txt).await;
        assert_eq!(source(&seen), [Outcome::TimedOut, Outcome::TimedOut]);
        assert_eq!(seen.recursive, txt(&["token"]), "{dead:?}");
        assert!(began.elapsed() < Duration::from_secs(4), "{dead:?}");
    }
}

#[tokio::test]
async fn the_resolver_replaces_silent_servers_of_the_tld() {
    let net = with_a_resolver_that_knows().await;
    net.servers[1].set_faults([FaultRule::everywhere(Fault::Drop)]);
    let resolver = net.resolver();
    assert!(matches!(
        resolver.zone("example.com").await,
        ZoneOutcome::Found(_)
    ));
    let seen = ask(&resolver, "_amazonses.example.com", RecordType::Txt).await;
    assert_eq!(source(&seen), [txt(&["token"]), txt(&["token"])]);
    let queries = net.servers[0].queries();
    assert_eq!(queries.of_resolver("example.com", "NS"), 1);
}
