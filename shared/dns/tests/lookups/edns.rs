//! Servers that do not support EDNS (RFC 6891), or are behind a device that does not.

use std::time::{Duration, Instant};

use domain_auth::dns::{Lookup, RecordType, Sighting};
use local_dns_server::{Fault, FaultRule, Transport};

use crate::net::{Net, ask, impatient, only, question, txt};

const NAME: &str = "_amazonses.example.com";

/// A resolver on 127.0.0.1, and one name server on 127.0.0.2.
async fn net() -> Net {
    let zone = "@ 60 NS ns1\nns1 60 A 127.0.0.2\n_amazonses 60 TXT token\n";
    Net::alike(2, "example.com", zone).await
}

fn with_edns(fault: Fault) -> Vec<FaultRule> {
    vec![FaultRule::everywhere(fault).edns(true)]
}

/// The behaviours of such servers.
fn ways() -> Vec<(&'static str, Vec<FaultRule>)> {
    let no_tcp = FaultRule::everywhere(Fault::TruncateAndRefuseTcp).over(Transport::Tcp);
    vec![
        ("FORMERR", with_edns(Fault::FormErrToEdns)),
        ("NOTIMP", with_edns(Fault::NotImp)),
        ("BADVERS", with_edns(Fault::BadVersToEdns)),
        ("no OPT", vec![FaultRule::everywhere(Fault::NoOpt)]),
        ("silence", with_edns(Fault::Drop)),
        (
            "truncated without TCP",
            [with_edns(Fault::TruncateAndRefuseTcp), vec![no_tcp]].concat(),
        ),
    ]
}

#[tokio::test]
async fn a_server_without_edns_support_is_queried_without_edns() {
    for (way, rules) in ways() {
        let net = net().await;
        for server in &net.servers {
            server.set_faults(rules.clone());
        }
        let seen = net.ask(NAME, RecordType::Txt).await;
        assert_eq!(only(&seen), txt(&["token"]), "{way} at the source");
        assert_eq!(seen.recursive, txt(&["token"]), "{way} at the resolver");
    }
}

#[tokio::test]
async fn a_server_without_edns_support_is_queried_without_edns_over_tcp_too() {
    for (way, rules) in ways() {
        if way == "truncated without TCP" {
            continue;
        }
        let net = net().await;
        net.servers[1].set_faults(rules);
        let questions = [question(NAME, RecordType::Txt)];
        let again = net.resolver().ask_again(&questions).await;
        let there = again[0].sighting(|outcome| *outcome == txt(&["token"]));
        assert!(
            matches!(there, Sighting::Confirmed { .. }),
            "{way}: {again:?}"
        );
    }
}

#[tokio::test]
async fn a_server_without_edns_support_is_recognized_once_per_run() {
    for (way, rules) in ways() {
        let net = net().await;
        net.servers[1].set_faults(rules);
        let resolver = net.resolver();
        ask(&resolver, NAME, RecordType::Txt).await;
        net.servers[1].reset_queries();
        let began = Instant::now();
        let questions = vec![question(NAME, RecordType::Txt); 20];
        for seen in resolver.observe(&questions).await {
            assert_eq!(only(&seen), txt(&["token"]), "{way}");
        }
        assert_eq!(net.servers[1].queries().total(), 20, "{way}");
        let longest = impatient().reply + Duration::from_secs(1);
        assert!(began.elapsed() < longest, "{way}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_server_that_cannot_read_any_query_is_a_failure() {
    for fault in [Fault::NotImp, Fault::TruncateAndRefuseTcp] {
        let net = net().await;
        net.servers[1].set_faults([FaultRule::everywhere(fault)]);
        let seen = net.ask(NAME, RecordType::Txt).await;
        assert!(!only(&seen).is_answer(), "{fault:?}");
        assert_eq!(seen.recursive, txt(&["token"]));
    }
}

#[tokio::test]
async fn long_answers_without_edns_arrive_over_tcp_or_with_edns() {
    let text = "x".repeat(250);
    let zone = format!(
        "@ 60 NS ns1\nns1 60 A 127.0.0.2\n_amazonses 60 TXT 1{text}\n_amazonses 60 TXT 2{text}\n\
         _amazonses 60 TXT 3{text}\n"
    );
    let expected = ["1", "2", "3"].map(|first| format!("{first}{text}"));
    let expected = txt(&expected.each_ref().map(String::as_str));
    let net = Net::alike(2, "example.com", &zone).await;
    net.servers[1].set_faults([FaultRule::everywhere(Fault::NoOpt)]);
    let seen = net.ask(NAME, RecordType::Txt).await;
    assert_eq!(only(&seen), expected);
    assert_eq!(net.servers[1].queries().over_tcp(), 1);

    // One lost packet is not a reason to query without EDNS from then on: here there is no TCP.
    let lost = with_edns(Fault::Drop);
    net.servers[1].set_faults(lost);
    let resolver = net.resolver();
    ask(&resolver, NAME, RecordType::Mx).await;
    net.servers[1]
        .set_faults([FaultRule::everywhere(Fault::TruncateAndRefuseTcp).over(Transport::Tcp)]);
    let seen = ask(&resolver, NAME, RecordType::Txt).await;
    assert_eq!(only(&seen), expected);
}
