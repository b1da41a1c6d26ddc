//! Answers as the RFCs require: found, no data, no such name, delegation, alias, wildcard, size.

use std::fmt::Write;

use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::RecordType::{A, AAAA, CNAME, DS, NS, SOA, TXT};
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::{Resolver, TokioResolver};
use local_dns_server::DnsServer;
use tokio::net::UdpSocket;

use super::client::{ask, code, types, values};
use super::server;

const ZONE: &str = "www A 192.0.2.1\n\
                    deep.below TXT found\n\
                    alias CNAME www\n\
                    out CNAME host.elsewhere.test.\n\
                    gone CNAME missing\n\
                    *.wild TXT any\n\
                    real.wild A 192.0.2.9\n";

fn resolver(server: &DnsServer) -> TokioResolver {
    let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    for connection in &mut connections {
        connection.port = server.address().port();
    }
    let server = NameServerConfig::new(server.address().ip(), true, connections.into());
    let config = ResolverConfig::from_parts(None, vec![], vec![server]);
    Resolver::builder_with_config(config, TokioRuntimeProvider::default())
        .build()
        .unwrap()
}

#[tokio::test]
async fn no_data_and_no_such_name_differ_in_the_code_and_have_the_soa() {
    let (server, _folder) = server(&[("maplehomes.com", ZONE)]).await;
    for (name, expected) in [
        ("www.maplehomes.com", ResponseCode::NoError),
        ("below.maplehomes.com", ResponseCode::NoError),
        ("maplehomes.com", ResponseCode::NoError),
        ("nowhere.maplehomes.com", ResponseCode::NXDomain),
        ("x.www.maplehomes.com", ResponseCode::NXDomain),
    ] {
        let response = ask(server.address(), name, AAAA).directly().udp().await;
        assert_eq!(code(&response), expected, "{name}");
        assert_eq!(response.answers, [], "{name}");
        assert_eq!(types(&response.authorities), [SOA], "{name}");
        assert_eq!(response.authorities[0].ttl, 5, "{name}");
        assert!(response.metadata.authoritative);
    }
}

#[tokio::test]
async fn as_a_resolver_it_returns_nxdomain_for_other_names() {
    let (server, _folder) = server(&[("maplehomes.com", ZONE)]).await;
    let at = server.address();
    let other = ask(at, "cedarhomes.com", NS).udp().await;
    assert_eq!(code(&other), ResponseCode::NXDomain);
    assert!(!other.metadata.authoritative);
    assert!(other.metadata.recursion_available);
    // There is something above a zone; otherwise the zone could not exist.
    assert_eq!(code(&ask(at, "com", NS).udp().await), ResponseCode::NoError);
    assert_eq!(code(&ask(at, ".", SOA).udp().await), ResponseCode::NoError);
}

#[tokio::test]
async fn as_an_authoritative_server_it_refuses_other_names() {
    let (server, _folder) = server(&[("maplehomes.com", ZONE)]).await;
    for name in ["cedarhomes.com", "com", "."] {
        let response = ask(server.address(), name, NS).directly().udp().await;
        assert_eq!(code(&response), ResponseCode::Refused, "{name}");
        assert!(!response.metadata.recursion_available);
    }
}

#[tokio::test]
async fn cnames_are_followed_within_the_zones_unless_cname_is_queried() {
    let other = (
        "other.com",
        "there TXT across\nhere CNAME alias.maplehomes.com.\n",
    );
    let (server, _folder) = server(&[("maplehomes.com", ZONE), other]).await;
    let at = server.address();

    let followed = ask(at, "here.other.com", A).udp().await;
    assert_eq!(types(&followed.answers), [CNAME, CNAME, A]);
    let itself = ask(at, "alias.maplehomes.com", CNAME).udp().await;
    assert_eq!(values(&itself.answers), ["www.maplehomes.com."]);
    let out = ask(at, "out.maplehomes.com", TXT).udp().await;
    assert_eq!(
        (code(&out), types(&out.answers)),
        (ResponseCode::NoError, vec![CNAME])
    );
    // RFC 6604 section 3: the code is that of the last name in the chain.
    let gone = ask(at, "gone.maplehomes.com", A).udp().await;
    assert_eq!(
        (code(&gone), types(&gone.answers)),
        (ResponseCode::NXDomain, vec![CNAME])
    );
}

#[tokio::test]
async fn a_wildcard_answers_only_for_names_that_do_not_exist() {
    let (server, _folder) = server(&[("maplehomes.com", ZONE)]).await;
    let at = server.address();
    for name in ["x.wild.maplehomes.com", "x.y.wild.maplehomes.com"] {
        let response = ask(at, name, TXT).udp().await;
        assert_eq!(values(&response.answers), ["any"], "{name}");
        assert_eq!(response.answers[0].name.to_ascii(), format!("{name}."));
        assert_eq!(code(&ask(at, name, A).udp().await), ResponseCode::NoError);
    }
    let real = ask(at, "real.wild.maplehomes.com", TXT).udp().await;
    assert_eq!(real.answers, []);
    let below_real = ask(at, "x.real.wild.maplehomes.com", TXT).udp().await;
    assert_eq!(code(&below_real), ResponseCode::NXDomain);
}

#[tokio::test]
async fn a_child_zone_in_its_own_file_answers_for_its_names() {
    let parent = "_domainkey NS ns1._domainkey\n\
                  hidden._domainkey TXT occluded\n\
                  lost NS ns1.lost\n\
                  ns1.lost A 127.0.0.9\n";
    let child = "abc CNAME abc.dkim.amazonses.com.\n";
    let zones = [
        ("maplehomes.com", parent),
        ("_domainkey.maplehomes.com", child),
    ];
    let (server, _folder) = server(&zones).await;
    let at = server.address();

    let held = ask(at, "abc._domainkey.maplehomes.com", CNAME)
        .directly()
        .udp()
        .await;
    assert_eq!(values(&held.answers), ["abc.dkim.amazonses.com."]);
    assert!(held.metadata.authoritative);
    let occluded = ask(at, "hidden._domainkey.maplehomes.com", TXT).udp().await;
    assert_eq!(code(&occluded), ResponseCode::NXDomain);
    // Not held here: to a direct question the answer is a referral with glue, ...
    let referral = ask(at, "x.lost.maplehomes.com", A).directly().udp().await;
    assert_eq!(code(&referral), ResponseCode::NoError);
    assert!(!referral.metadata.authoritative);
    assert_eq!(referral.answers, []);
    assert_eq!(values(&referral.authorities), ["ns1.lost.maplehomes.com."]);
    assert_eq!(values(&referral.additionals), ["127.0.0.9"]);
    // ... through a resolver without an answer, ...
    let dead = ask(at, "x.lost.maplehomes.com", A).udp().await;
    assert_eq!(code(&dead), ResponseCode::ServFail);
    // ... and the DS record would be the parent's.
    let ds = ask(at, "lost.maplehomes.com", DS).directly().udp().await;
    assert!(ds.metadata.authoritative);
    assert_eq!(types(&ds.authorities), [SOA]);
}

#[tokio::test]
async fn name_servers_without_an_address_record_resolve_to_this_server() {
    let zone = "@ NS aria.ns.cloudflare.com.\n@ NS inside\n";
    let (server, _folder) = server(&[("maplehomes.com", zone)]).await;
    for name in ["aria.ns.cloudflare.com", "inside.maplehomes.com"] {
        let response = ask(server.address(), name, A).udp().await;
        assert_eq!(values(&response.answers), ["127.0.0.1"], "{name}");
    }
}

#[tokio::test]
async fn answers_too_long_for_udp_are_truncated_and_complete_over_tcp() {
    let mut zone = String::new();
    for number in 0..100 {
        writeln!(zone, "many TXT \"record number {number} of a hundred\"").unwrap();
    }
    writeln!(
        zone,
        "medium TXT {}",
        "\"0123456789012345678901234567890123456789\" ".repeat(15)
    )
    .unwrap();
    let (server, _folder) = server(&[("maplehomes.com", &zone)]).await;
    let at = server.address();

    for (size, limit) in [(512, 512), (1_232, 1_232), (65_535, 1_232)] {
        let asked = ask(at, "many.maplehomes.com", TXT).edns(size);
        let (response, length) = asked.try_udp().await.unwrap();
        assert!(response.metadata.truncation);
        assert!(response.edns.is_some());
        assert!(length <= limit);
    }
    let whole = ask(at, "many.maplehomes.com", TXT).tcp().await.unwrap();
    assert!(!whole.metadata.truncation);
    assert_eq!(whole.answers.len(), 100);

    let small = ask(at, "medium.maplehomes.com", TXT).without_edns();
    let (small, length) = small.try_udp().await.unwrap();
    assert!(small.metadata.truncation && small.edns.is_none() && length <= 512);
    let large = ask(at, "medium.maplehomes.com", TXT).udp().await;
    assert!(!large.metadata.truncation);
    assert_eq!(large.answers.len(), 1);
}

#[tokio::test]
async fn a_real_resolver_reads_the_zone_and_retries_over_tcp() {
    let zone = format!(
        "{ZONE}long TXT {}\n",
        "\"0123456789012345678901234567890123456789\" ".repeat(60)
    );
    let (server, _folder) = server(&[("maplehomes.com", &zone)]).await;
    let resolver = resolver(&server);

    let found = resolver.lookup("www.maplehomes.com.", A).await.unwrap();
    assert_eq!(values(found.answers()), ["192.0.2.1"]);
    let long = resolver.lookup("long.maplehomes.com.", TXT).await.unwrap();
    assert_eq!(values(long.answers())[0].len(), 2_400);
    assert!(server.queries().over_tcp() >= 1);
    for (name, no_such_name) in [
        ("nowhere.maplehomes.com.", true),
        ("cedarhomes.com.", true),
        ("maplehomes.com.", false),
    ] {
        let error = resolver.lookup(name, TXT).await.unwrap_err();
        assert!(error.is_no_records_found(), "{name}: {error}");
        assert_eq!(error.is_nx_domain(), no_such_name, "{name}");
    }
}

#[tokio::test]
async fn messages_that_are_not_plain_queries_get_an_error_code() {
    let (server, _folder) = server(&[("maplehomes.com", ZONE)]).await;
    let at = server.address();
    let transfer = ask(at, "maplehomes.com", hickory_proto::rr::RecordType::AXFR)
        .udp()
        .await;
    assert_eq!(code(&transfer), ResponseCode::Refused);

    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut buffer = [0; 512];
    let mut exchange = async |octets: &[u8]| {
        socket.send_to(octets, at).await.unwrap();
        let length = socket.recv(&mut buffer).await.unwrap();
        code(&Message::from_vec(&buffer[..length]).unwrap())
    };
    let mut update = Message::query();
    update.metadata.op_code = OpCode::Update;
    assert_eq!(
        exchange(&update.to_vec().unwrap()).await,
        ResponseCode::NotImp
    );
    let nonsense = [0x12, 0x34, 0, 0, 0, 9, 0, 9, 0, 9, 0, 9, 0xff, 0xff, 0xff];
    assert_eq!(exchange(&nonsense).await, ResponseCode::FormErr);
    assert_eq!(
        exchange(&Message::query().to_vec().unwrap()).await,
        ResponseCode::FormErr
    );
}

#[tokio::test]
async fn a_burst_of_queries_is_answered_completely() {
    let (server, _folder) = server(&[("maplehomes.com", ZONE)]).await;
    let at = server.address();
    let asked: Vec<_> = (0..300)
        .map(|_| tokio::spawn(ask(at, "www.maplehomes.com", A).udp()))
        .collect();
    for response in asked {
        assert_eq!(response.await.unwrap().answers.len(), 1);
    }
    assert_eq!(server.queries().about_type("www.maplehomes.com", "A"), 300);
}
