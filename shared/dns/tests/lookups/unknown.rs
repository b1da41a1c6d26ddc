//! Unknown is not missing: whatever fails, no outcome says that a record is missing.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use domain_auth::dns::{Failure, Lookup, Outcome, RecordType};
use domain_auth_dns::{DnsConfig, RecursiveServers, Resolver};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::TXT;
use hickory_proto::rr::{RData, Record};
use local_dns_server::{Fault, FaultRule};

use crate::net::{Net, address, ask, failed, impatient, no_such_name, question, source, txt};
use crate::odd_server::{OddServer, response_to};

const NAME: &str = "_amazonses.example.com";

/// A resolver and two name servers; the record is everywhere.
async fn two_name_servers() -> Net {
    let zone = "@ 60 SOA ns1 hostmaster 1 7200 900 86400 7\n@ 60 NS ns1\n@ 60 NS ns2\n\
         ns1 60 A 127.0.0.2\nns2 60 A 127.0.0.3\n_amazonses 60 TXT token\n";
    Net::alike(3, "example.com", zone).await
}

#[tokio::test]
async fn each_fault_of_a_server_has_its_own_outcome() {
    let net = two_name_servers().await;
    let here = |fault| FaultRule::under(NAME, fault);
    for (rule, at_source, at_resolver) in [
        (
            here(Fault::ServFail),
            failed(Failure::ServerFailure),
            failed(Failure::ServerFailure),
        ),
        (
            here(Fault::Refused),
            failed(Failure::Refused),
            failed(Failure::Refused),
        ),
        (
            FaultRule::under("example.com", Fault::Refused),
            failed(Failure::Lame),
            failed(Failure::Refused),
        ),
        (here(Fault::Drop), Outcome::TimedOut, Outcome::TimedOut),
        (
            here(Fault::TruncateAndRefuseTcp),
            failed(Failure::Malformed),
            failed(Failure::Malformed),
        ),
        (here(Fault::Lame), failed(Failure::Lame), no_such_name(0)),
        (
            here(Fault::NotAuthoritative),
            failed(Failure::Lame),
            txt(&["token"]),
        ),
        (
            here(Fault::Delay(Duration::from_mins(1))),
            Outcome::TimedOut,
            Outcome::TimedOut,
        ),
    ] {
        for server in &net.servers[1..] {
            server.set_faults([rule.clone()]);
        }
        let seen = net.ask(NAME, RecordType::Txt).await;
        assert_eq!(source(&seen), [at_source.clone(), at_source], "{rule:?}");
        assert_eq!(
            seen.recursive,
            txt(&["token"]),
            "the resolver is well: {rule:?}"
        );
        for server in &net.servers[1..] {
            server.set_faults([]);
        }

        // A resolver never returns a referral to the root.
        if rule != here(Fault::Lame) {
            net.servers[0].set_faults([rule.clone()]);
            let seen = net.ask(NAME, RecordType::Txt).await;
            assert_eq!(seen.recursive, at_resolver, "{rule:?}");
            if rule == here(Fault::Drop) {
                assert_eq!(
                    source(&seen),
                    vec![txt(&["token"]); 2],
                    "the source is well"
                );
            }
            net.servers[0].set_faults([]);
        }
    }
}

#[tokio::test]
async fn an_answer_is_used_even_if_the_other_server_fails() {
    let net = two_name_servers().await;
    for fault in [Fault::ServFail, Fault::Refused, Fault::Drop, Fault::Lame] {
        net.servers[2].set_faults([FaultRule::everywhere(fault)]);
        let seen = net.ask(NAME, RecordType::Txt).await;
        assert!(source(&seen).contains(&txt(&["token"])), "{fault:?}");
        assert_eq!(seen.authoritative.len(), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn a_third_server_is_asked_when_one_of_two_fails() {
    let zone = (2..=6).fold("_amazonses 60 TXT token\n".to_owned(), |zone, last| {
        zone + &format!("@ 60 NS ns{last}\nns{last} 60 A 127.0.0.{last}\n")
    });
    // Nothing listens on 127.0.0.4, .5 and .6.
    let net = Net::alike(3, "example.com", &zone).await;
    let seen = net.ask(NAME, RecordType::Txt).await;
    let good = source(&seen);
    let good = good.iter().filter(|outcome| **outcome == txt(&["token"]));
    assert_eq!(good.count(), 2, "{seen:?}");
}

#[tokio::test]
async fn a_closed_port_and_a_server_without_address_count_as_no_answer() {
    let closed = "@ 60 NS ns1\nns1 60 A 127.0.0.9\n_amazonses 60 TXT token\n";
    let nowhere =
        "@ 60 NS ns1\n@ 60 NS alias\nns1 60 TXT none\nalias 60 CNAME www\nwww 60 A 127.0.0.1\n";
    let net = Net::start(&[&[("example.com", closed), ("nowhere.example", nowhere)]]).await;
    let seen = net.ask(NAME, RecordType::Txt).await;
    assert_eq!(source(&seen), [failed(Failure::Unreachable)]);
    assert_eq!(seen.recursive, txt(&["token"]));
    let seen = net.ask("www.nowhere.example", RecordType::A).await;
    assert_eq!(source(&seen), []);
}

#[tokio::test]
async fn a_silent_server_is_waited_for_once_per_run() {
    let net = two_name_servers().await;
    net.servers[2].set_faults([FaultRule::everywhere(Fault::Drop)]);
    let resolver = net.resolver();
    ask(&resolver, NAME, RecordType::Txt).await;
    net.servers[2].reset_queries();
    let questions = vec![question(NAME, RecordType::Txt); 50];
    for seen in resolver.observe(&questions).await {
        assert_eq!(source(&seen), [txt(&["token"]), Outcome::TimedOut]);
    }
    assert_eq!(net.servers[2].queries().total(), 0);

    net.servers[2].set_faults([]);
    let seen = ask(&resolver.begin_run(), NAME, RecordType::Txt).await;
    assert_eq!(
        source(&seen),
        vec![txt(&["token"]); 2],
        "the next run asks again"
    );
}

#[tokio::test]
async fn a_lost_packet_is_sent_again() {
    let seen_before = Mutex::new(HashSet::new());
    let server = OddServer::start(move |query| {
        // The first copy of each query is lost.
        if seen_before.lock().unwrap().insert(query.metadata.id) {
            return Vec::new();
        }
        vec![with_text(&query, "token")]
    })
    .await;
    let seen = ask(&only(&[&server]), NAME, RecordType::Txt).await;
    assert_eq!(seen.recursive, txt(&["token"]));
}

#[tokio::test]
async fn the_second_resolver_is_asked_when_the_first_fails() {
    let silent = OddServer::start(|_| Vec::new()).await;
    let refuses = OddServer::start(|query| vec![with_code(&query, ResponseCode::Refused)]).await;
    let good = OddServer::start(|query| vec![with_text(&query, "token")]).await;
    for first in [&silent, &refuses] {
        let resolver = only(&[first, &good]);
        for _ in 0..2 {
            let seen = ask(&resolver, NAME, RecordType::Txt).await;
            assert_eq!(seen.recursive, txt(&["token"]));
        }
    }
    let seen = ask(&only(&[&refuses]), NAME, RecordType::Txt).await;
    assert_eq!(seen.recursive, failed(Failure::Refused));
}

#[tokio::test]
async fn a_failure_that_disappears_without_dnssec_validation_means_a_bogus_zone() {
    let validating = OddServer::start(|query| {
        vec![if query.metadata.checking_disabled {
            with_text(&query, "token")
        } else {
            with_code(&query, ResponseCode::ServFail)
        }]
    })
    .await;
    let seen = ask(&only(&[&validating]), NAME, RecordType::Txt).await;
    assert_eq!(seen.recursive, failed(Failure::DnssecBogus));
}

#[tokio::test]
async fn a_server_without_edns_support_is_queried_without_edns() {
    let old = OddServer::start(|query| {
        vec![if query.edns.is_some() {
            with_code(&query, ResponseCode::FormErr)
        } else {
            with_text(&query, "token")
        }]
    })
    .await;
    let seen = ask(&only(&[&old]), NAME, RecordType::Txt).await;
    assert_eq!(seen.recursive, txt(&["token"]));
}

#[tokio::test]
async fn unreadable_responses_are_malformed_and_forgeries_are_ignored() {
    let garbage = OddServer::start(|query| {
        let mut octets = query.metadata.id.to_be_bytes().to_vec();
        octets.extend([0x84, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0, 0xc0, 0xff]);
        vec![octets]
    })
    .await;
    let seen = ask(&only(&[&garbage]), NAME, RecordType::Txt).await;
    assert_eq!(seen.recursive, failed(Failure::Malformed));

    let forged = OddServer::start(|query| {
        let mut other_id = query.clone();
        other_id.metadata.id ^= 1;
        let mut other_name = query.clone();
        other_name.queries[0].name = query.queries[0].name.base_name();
        vec![
            with_text(&other_id, "forged"),
            with_text(&other_name, "forged"),
            vec![1, 2, 3],
            with_text(&query, "token"),
        ]
    })
    .await;
    let seen = ask(&only(&[&forged]), NAME, RecordType::Txt).await;
    assert_eq!(seen.recursive, txt(&["token"]));
}

#[tokio::test]
async fn without_a_resolver_the_outcome_is_a_failure() {
    let net = Net::start(&[&[]]).await;
    let mut config = net.config();
    config.recursive = RecursiveServers::Given(vec![(address(8), net.port).into()]);
    let seen = ask(&Resolver::new(config).unwrap(), NAME, RecordType::Txt).await;
    assert_eq!(source(&seen), []);
    assert_eq!(seen.recursive, failed(Failure::Unreachable));
}

/// A resolver that queries only these servers.
fn only(servers: &[&OddServer]) -> Resolver {
    let servers = servers.iter().map(|server| server.address).collect();
    Resolver::new(DnsConfig {
        recursive: RecursiveServers::Given(servers),
        limits: impatient(),
        ..DnsConfig::system()
    })
    .unwrap()
}

fn with_code(query: &Message, code: ResponseCode) -> Vec<u8> {
    let mut response = response_to(query);
    response.metadata.response_code = code;
    response.to_vec().unwrap()
}

fn with_text(query: &Message, text: &str) -> Vec<u8> {
    let mut response = response_to(query);
    let name = query.queries[0].name.clone();
    let data = RData::TXT(TXT::new(vec![text.to_owned()]));
    response.add_answer(Record::from_rdata(name, 60, data));
    response.to_vec().unwrap()
}
