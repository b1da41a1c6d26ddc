//! Where a zone begins, and when this is unknown.

use std::time::Duration;

use domain_auth::dns::{Failure, Lookup, RecordType, Zone, ZoneOutcome};
use local_dns_server::{Fault, FaultRule};

use crate::net::Net;

fn zone(apex: &str, name_servers: &[&str]) -> ZoneOutcome {
    ZoneOutcome::Found(Zone {
        apex: apex.to_owned(),
        name_servers: name_servers.iter().map(|&host| host.to_owned()).collect(),
    })
}

const EXAMPLE: &str = "@ 60 NS ns2\n@ 60 NS NS1\nns1 60 A 127.0.0.1\nns2 60 A 127.0.0.1\n\
     www 60 CNAME example.com.\na.b 60 A 192.0.2.1\n";

#[tokio::test]
async fn the_closest_enclosing_zone_is_found() {
    let sub = "@ 60 NS ns.sub\nns.sub 60 A 127.0.0.1\n";
    let net = Net::start(&[&[("example.com", EXAMPLE), ("sub.example.com", sub)]]).await;
    let example = zone("example.com", &["ns1.example.com", "ns2.example.com"]);
    let sub = zone("sub.example.com", &["ns.sub.sub.example.com"]);
    for (name, expected) in [
        ("example.com", &example),
        ("Example.COM.", &example),
        ("a.b.example.com", &example),
        ("b.example.com", &example),
        ("www.example.com", &example),
        ("sub.example.com", &sub),
        ("ns.sub.sub.example.com", &sub),
        ("missing.example.com", &example),
        ("also.missing.example.com", &example),
        ("example.org", &ZoneOutcome::NoSuchDomain),
    ] {
        assert_eq!(net.resolver().zone(name).await, *expected, "{name}");
    }
}

/// The resolver knows `com`, whose server knows more.
async fn with_a_parent(delegation: &str) -> Net {
    let known = "@ 60 NS a.gtld\na.gtld 60 A 127.0.0.2\nns.example 60 A 127.0.0.3\n";
    let com = format!("@ 60 NS a.gtld\na.gtld 60 A 127.0.0.2\n{delegation}");
    Net::start(&[
        &[("com", known)],
        &[("com", &com)],
        &[("example.com", "@ 60 NS ns\nns 60 A 127.0.0.3\n")],
    ])
    .await
}

#[tokio::test]
async fn a_domain_unknown_to_the_resolver_is_found_at_its_parent_zone() {
    let net = with_a_parent("example 60 NS ns.example\nns.example 60 A 127.0.0.3\n").await;
    let outcome = net.resolver().zone("example.com").await;
    assert_eq!(outcome, zone("example.com", &["ns.example.com"]));
}

#[tokio::test]
async fn name_servers_that_only_the_zone_itself_names_are_included() {
    let delegation = "example 60 NS ns.registrar\nns.registrar 60 A 127.0.0.3\n";
    let net = with_a_parent(delegation).await;
    let both = zone("example.com", &["ns.example.com", "ns.registrar.com"]);
    assert_eq!(net.resolver().zone("example.com").await, both);
}

#[tokio::test]
async fn a_domain_unknown_to_its_parent_zone_does_not_exist() {
    let net = with_a_parent("").await;
    let outcome = net.resolver().zone("example.com").await;
    assert_eq!(outcome, ZoneOutcome::NoSuchDomain);
}

#[tokio::test]
async fn a_zone_that_the_resolver_cannot_reach_is_still_a_zone() {
    let net = with_a_parent("example 60 NS gone.example\ngone.example 60 A 127.0.0.9\n").await;
    for fault in [Fault::ServFail, Fault::Refused, Fault::Drop] {
        net.servers[0].set_faults([FaultRule::under("example.com", fault)]);
        let outcome = net.resolver().zone("example.com").await;
        assert_eq!(
            outcome,
            zone("example.com", &["gone.example.com"]),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn a_zone_without_an_answer_is_unknown() {
    let net = Net::start(&[&[("example.com", EXAMPLE)]]).await;
    for (fault, failure) in [
        (Fault::ServFail, Some(Failure::ServerFailure)),
        (Fault::Refused, Some(Failure::Refused)),
        (Fault::TruncateAndRefuseTcp, Some(Failure::Malformed)),
        (Fault::Drop, None),
        (Fault::Delay(Duration::from_mins(1)), None),
    ] {
        net.servers[0].set_faults([FaultRule::everywhere(fault)]);
        let outcome = net.resolver().zone("example.com").await;
        assert_eq!(outcome, ZoneOutcome::Unknown { failure }, "{fault:?}");
    }
    let outcome = net.resolver().zone("not..a.name").await;
    let failure = Some(Failure::Malformed);
    assert_eq!(outcome, ZoneOutcome::Unknown { failure });
}

/// The zone that an observation names.
async fn zone_seen(net: &Net, name: &str, record_type: RecordType) -> Option<String> {
    net.ask(name, record_type).await.zone
}

const KEYS: &str = "@ 60 TXT keys\nkey 60 CNAME key.example.net.\n";

#[tokio::test]
async fn an_observation_names_the_delegated_zone_that_holds_the_name() {
    let example = "@ 60 NS ns1\nns1 60 A 127.0.0.1\n_amazonses 60 TXT token\n\
         _domainkey 60 NS ns.keys\nns.keys 60 A 127.0.0.2\n";
    let net = Net::start(&[
        &[("example.com", example)],
        &[("_domainkey.example.com", KEYS)],
    ])
    .await;
    let keys = Some("_domainkey.example.com".to_owned());
    let example = Some("example.com".to_owned());
    for (name, record_type, zone) in [
        ("key._domainkey.example.com", RecordType::Cname, &keys),
        ("other._domainkey.example.com", RecordType::Cname, &keys),
        ("_domainkey.example.com", RecordType::Soa, &keys),
        ("_amazonses.example.com", RecordType::Txt, &example),
        ("missing.example.com", RecordType::Txt, &example),
    ] {
        assert_eq!(zone_seen(&net, name, record_type).await, *zone, "{name}");
    }
    // Its servers need not answer: the delegation exists anyway.
    net.servers[1].set_faults([FaultRule::everywhere(Fault::Refused)]);
    let name = "key._domainkey.example.com";
    assert_eq!(zone_seen(&net, name, RecordType::Cname).await, keys);
}

#[tokio::test]
async fn servers_of_two_nested_zones_name_the_one_with_the_name() {
    let example = "@ 60 NS ns1\nns1 60 A 127.0.0.1\n_amazonses 60 TXT token\n";
    let zones = [("example.com", example), ("_domainkey.example.com", KEYS)];
    let net = Net::start(&[&zones[..]]).await;
    let keys = Some("_domainkey.example.com".to_owned());
    // Negative answers have the SOA record of their zone (RFC 2308 section 3).
    for (name, record_type) in [
        ("missing._domainkey.example.com", RecordType::Cname),
        ("_domainkey.example.com", RecordType::Mx),
        ("_domainkey.example.com", RecordType::Soa),
    ] {
        assert_eq!(zone_seen(&net, name, record_type).await, keys, "{name}");
    }
    // A positive answer has none, so only the zone above is known.
    let name = "key._domainkey.example.com";
    let above = zone_seen(&net, name, RecordType::Cname).await;
    assert_eq!(above.as_deref(), Some("example.com"));
}
