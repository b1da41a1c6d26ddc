//! The control address: faults by name and server, the servers of a zone, and counts.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType::{A, MX, NS, SOA, TXT};
use local_dns_server::{DnsControl, DnsServer, Options};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Duration, Instant};

use super::client::{ask, code, types, values};
use super::{loopback, write};

const ZONE: &str = "maplehomes.com";

/// A server on 127.0.0.1 to 127.0.0.9 with a zone, and its control address.
struct Bench {
    server: DnsServer,
    control: DnsControl,
    folder: TempDir,
}

impl Bench {
    async fn start(zone: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), ZONE, zone);
        let options = Options {
            zones_dir: folder.path().to_path_buf(),
            address: loopback(),
        };
        let more: Vec<IpAddr> = (2..=9).map(ip).collect();
        let server = DnsServer::start_at(options, &more).await.unwrap();
        assert!(
            server.not_listening().is_empty(),
            "Linux routes all of 127/8"
        );
        let control = DnsControl::start(loopback(), &server).await.unwrap();
        Self {
            server,
            control,
            folder,
        }
    }

    fn at(&self, number: u8) -> SocketAddr {
        SocketAddr::new(ip(number), self.server.address().port())
    }

    async fn post(&self, body: Value) -> (u16, Value) {
        let url = format!("{}/control", self.control.url());
        let answer = reqwest::Client::new().post(url).body(body.to_string());
        let answer = answer.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap())
    }

    async fn set(&self, body: Value) -> Value {
        let (status, report) = self.post(body).await;
        assert_eq!(status, 200, "{report}");
        report
    }
}

fn ip(number: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, number).into()
}

#[tokio::test]
async fn a_fault_applies_only_to_its_server() {
    let bench = Bench::start("www A 192.0.2.1\n").await;
    let name = "www.maplehomes.com";
    for (fault, expected) in [
        ("servfail", ResponseCode::ServFail),
        ("refused", ResponseCode::Refused),
        ("nxdomain", ResponseCode::NXDomain),
    ] {
        let faults = json!([{ "fault": fault, "name": ZONE, "server": "127.0.0.2" }]);
        bench.set(json!({ "faults": faults })).await;
        let answer = ask(bench.at(2), name, A).directly();
        assert_eq!(code(&answer.udp().await), expected);
        for spared in [1, 3, 9] {
            let spared = ask(bench.at(spared), name, A).directly().udp().await;
            assert_eq!(spared.answers.len(), 1);
            assert!(spared.metadata.authoritative);
        }
    }
    bench.set(json!({ "faults": [] })).await;
    let healed = ask(bench.at(2), name, A).udp().await;
    assert_eq!(healed.answers.len(), 1);
}

#[tokio::test]
async fn a_fault_applies_only_to_its_transport_and_role() {
    let bench = Bench::start("www A 192.0.2.1\n").await;
    let name = "www.maplehomes.com";
    let faults = json!([
        { "fault": "nxdomain", "transport": "tcp", "asked_as": "name_server" },
        { "fault": "delay", "delay_ms": 300, "asked_as": "name_server" },
    ]);
    bench.set(json!({ "faults": faults })).await;
    let at = bench.at(1);
    let started = Instant::now();
    let answer = ask(at, name, A).directly().tcp().await.unwrap();
    assert_eq!(code(&answer), ResponseCode::NXDomain);
    assert_eq!(types(&answer.authorities), [SOA], "as a whole answer");
    assert!(started.elapsed() >= Duration::from_millis(300));
    let over_udp = ask(at, name, A).directly().udp().await;
    assert_eq!(over_udp.answers.len(), 1);
    let resolved = ask(at, name, A).tcp().await.unwrap();
    assert_eq!(resolved.answers.len(), 1);
}

#[tokio::test]
async fn each_protocol_fault_has_its_effect() {
    let bench = Bench::start("_deep._below TXT here\nwww A 192.0.2.1\n").await;
    let at = bench.at(1);
    let directly = |name, record_type| ask(at, name, record_type).directly();

    bench
        .set(json!({ "faults": [{ "fault": "formerr_to_edns" }] }))
        .await;
    let with = directly("www.maplehomes.com", A).udp().await;
    assert_eq!(code(&with), ResponseCode::FormErr);
    assert!(with.edns.is_none());
    let without = directly("www.maplehomes.com", A).without_edns();
    assert_eq!(without.udp().await.answers.len(), 1);

    let empty = "_below.maplehomes.com";
    let right = json!({ "faults": [] });
    bench.set(right).await;
    assert_eq!(
        code(&directly(empty, TXT).udp().await),
        ResponseCode::NoError
    );
    let denied = json!({ "faults": [{ "fault": "nxdomain_for_empty_non_terminals" }] });
    bench.set(denied).await;
    assert_eq!(
        code(&directly(empty, TXT).udp().await),
        ResponseCode::NXDomain
    );
    let other_type = directly("www.maplehomes.com", TXT).udp().await;
    assert_eq!(code(&other_type), ResponseCode::NoError, "it has records");

    bench
        .set(json!({ "faults": [{ "fault": "no_soa" }] }))
        .await;
    let negative = directly("nothing.maplehomes.com", A).udp().await;
    assert_eq!(code(&negative), ResponseCode::NXDomain);
    assert_eq!(negative.authorities, []);

    bench.set(json!({ "faults": [{ "fault": "bogus" }] })).await;
    let validated = ask(at, "www.maplehomes.com", A).udp().await;
    assert_eq!(code(&validated), ResponseCode::ServFail);
    let unchecked = ask(at, "www.maplehomes.com", A).unchecked().udp().await;
    assert_eq!(unchecked.answers.len(), 1);
    assert_eq!(
        directly("www.maplehomes.com", A).udp().await.answers.len(),
        1
    );
}

#[tokio::test]
async fn each_kind_of_missing_edns_support_has_its_effect() {
    let long = "x".repeat(250);
    let texts = ["1", "2", "3"].map(|first| format!("long TXT {first}{long}\n"));
    let bench = Bench::start(&format!("www A 192.0.2.1\n{}", texts.concat())).await;
    let at = bench.at(1);
    let with = || ask(at, "www.maplehomes.com", A).directly();
    let without = || with().without_edns();
    for (fault, code_with) in [
        (
            json!({ "fault": "notimp", "edns": true }),
            ResponseCode::NotImp,
        ),
        // Both have the number 16; the parser takes it for the latter.
        (json!({ "fault": "badvers_to_edns" }), ResponseCode::BADSIG),
    ] {
        bench.set(json!({ "faults": [fault] })).await;
        assert_eq!(code(&with().udp().await), code_with);
        assert_eq!(code(&with().tcp().await.unwrap()), code_with);
        assert_eq!(without().udp().await.answers.len(), 1);
    }
    let silent = json!({ "faults": [{ "fault": "drop", "edns": true }] });
    bench.set(silent).await;
    let (dropped, answered) = tokio::join!(with().try_udp(), without().udp());
    assert!(dropped.is_none());
    assert_eq!(answered.answers.len(), 1);

    bench
        .set(json!({ "faults": [{ "fault": "no_opt" }] }))
        .await;
    let short = with().udp().await;
    assert!(short.edns.is_none());
    assert_eq!(short.answers.len(), 1);
    let long = || ask(at, "long.maplehomes.com", TXT).directly();
    assert!(long().udp().await.metadata.truncation);
    let whole = long().tcp().await.unwrap();
    assert_eq!((whole.answers.len(), whole.edns.is_none()), (3, true));
}

#[tokio::test]
async fn unusual_but_valid_responses_can_be_set() {
    let bench = Bench::start("mail MX 10 mx.maplehomes.com.\nmx A 192.0.2.1\n").await;
    let asked = || ask(bench.at(1), "mail.maplehomes.com", MX).directly();
    let plain = asked().try_udp().await.unwrap();
    let set = async |fault: &str| {
        bench.set(json!({ "faults": [{ "fault": fault }] })).await;
    };
    set("mixed_case").await;
    let mixed = asked().udp().await;
    assert_eq!(mixed.answers[0].name.to_string(), "MaIl.MaPlEhOmEs.CoM.");
    assert_eq!(values(&mixed.answers), ["10 Mx.MaPlEhOmEs.CoM."]);
    assert_eq!(mixed.queries[0].name().to_string(), "mail.maplehomes.com.");

    set("uncompressed").await;
    let uncompressed = asked().try_udp().await.unwrap();
    assert_eq!(uncompressed.0.answers, plain.0.answers);
    assert!(uncompressed.1 > plain.1);

    set("small_answers").await;
    assert!(asked().try_udp().await.unwrap().1 <= 128);
    let long = "x".repeat(200);
    write(bench.folder.path(), ZONE, &format!("mail TXT {long}\n"));
    bench.server.reload().await;
    let text = || ask(bench.at(1), "mail.maplehomes.com", TXT).directly();
    assert!(text().udp().await.metadata.truncation);
    assert_eq!(text().tcp().await.unwrap().answers.len(), 1);
}

#[tokio::test]
async fn servers_of_the_parent_zone_refer_to_the_servers_set_for_a_zone() {
    let bench = Bench::start("www A 192.0.2.1\n").await;
    write(bench.folder.path(), "mail.maplehomes.com", "_x TXT here\n");
    bench.server.reload().await;
    let servers = json!({ ZONE: ["127.0.0.2"], "mail.maplehomes.com": ["127.0.0.3"] });
    bench.set(json!({ "servers": servers })).await;
    let asked = |number| ask(bench.at(number), "_x.mail.maplehomes.com", TXT).directly();
    let referred = asked(2).udp().await;
    assert_eq!(code(&referred), ResponseCode::NoError);
    assert!(!referred.metadata.authoritative);
    assert_eq!(referred.answers, []);
    assert_eq!(types(&referred.authorities), [NS]);
    assert_eq!(
        referred.authorities[0].name.to_string(),
        "mail.maplehomes.com."
    );
    assert_eq!(referred.additionals[0].data.ip_addr(), Some(ip(3)));
    assert_eq!(asked(3).udp().await.answers.len(), 1);
    assert_eq!(code(&asked(4).udp().await), ResponseCode::Refused);
}

#[tokio::test]
async fn servers_can_be_set_for_a_zone_without_a_file() {
    let bench = Bench::start("www A 192.0.2.1\n").await;
    let servers = json!({ ZONE: ["127.0.0.2", "127.0.0.5"], "cedarhomes.com.": ["127.0.0.3"] });
    bench.set(json!({ "servers": servers })).await;
    let resolver = bench.at(1);
    let named = ask(resolver, ZONE, NS).udp().await;
    assert_eq!(named.answers.len(), 2);
    for (host, address) in [("ns1", 2), ("ns2", 5)] {
        let host = format!("{host}.{ZONE}");
        let found = ask(resolver, &host, A).udp().await;
        let found = found.answers[0].data.ip_addr();
        assert_eq!(found, Some(ip(address)));
    }
    for (number, expected) in [(2, ResponseCode::NoError), (3, ResponseCode::Refused)] {
        let answer = ask(bench.at(number), "www.maplehomes.com", A).directly();
        assert_eq!(code(&answer.udp().await), expected);
    }
    write(bench.folder.path(), "cedarhomes.com", "");
    bench.server.reload().await;
    let elsewhere = ask(bench.at(2), "cedarhomes.com", SOA).directly();
    assert_eq!(code(&elsewhere.udp().await), ResponseCode::Refused);
    // After the reset, the zone file applies.
    bench.set(json!({ "servers": {} })).await;
    let anywhere = ask(bench.at(3), "www.maplehomes.com", A).directly();
    assert_eq!(code(&anywhere.udp().await), ResponseCode::NoError);
}

#[tokio::test]
async fn queries_are_counted_by_server_and_transport() {
    let bench = Bench::start("www A 192.0.2.1\n").await;
    ask(bench.at(2), "www.maplehomes.com", A)
        .directly()
        .udp()
        .await;
    ask(bench.at(2), "www.maplehomes.com", A)
        .tcp()
        .await
        .unwrap();
    ask(bench.at(3), "www.maplehomes.com", TXT).udp().await;
    let url = format!("{}/control", bench.control.url());
    let report = reqwest::get(&url).await.unwrap().text().await.unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let expected = json!({
        "total": 3,
        "udp": 2,
        "tcp": 1,
        "by_name": { "www.maplehomes.com": { "A": 2, "TXT": 1 } },
        "of_resolver": { "www.maplehomes.com": { "A": 1, "TXT": 1 } },
        "by_server": {
            "127.0.0.2": { "udp": 1, "tcp": 1 },
            "127.0.0.3": { "udp": 1, "tcp": 0 },
        },
    });
    assert_eq!(report["questions"], expected);
    let report = bench.set(json!({ "reset_counts": true })).await;
    assert_eq!(report["questions"]["total"], 0);
    assert_eq!(bench.server.queries().total(), 0);
}

#[tokio::test]
async fn invalid_settings_change_nothing_and_list_the_known_ones() {
    let bench = Bench::start("www A 192.0.2.1\n").await;
    bench
        .set(json!({ "faults": [{ "fault": "refused" }] }))
        .await;
    for (body, says) in [
        (json!({ "faults": [{ "fault": "flood" }] }), "servfail"),
        (json!({ "faults": [{ "fault": "delay" }] }), "delay_ms"),
        (
            json!({ "faults": [{ "fault": "drop", "delay_ms": 1 }] }),
            "delay_ms",
        ),
        (
            json!({ "faults": [{ "fault": "drop", "name": "a..b" }] }),
            "a..b",
        ),
        (json!({ "servers": { ZONE: ["localhost"] } }), "IP address"),
        (json!({ "fault": [] }), "unknown field"),
    ] {
        let (status, answer) = bench.post(json!({ "reset": true })).await;
        assert_eq!(status, 200, "{answer}");
        bench
            .set(json!({ "faults": [{ "fault": "refused" }] }))
            .await;
        let (status, answer) = bench.post(body).await;
        assert_eq!(status, 400);
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(says), "{error}");
        let still = ask(bench.at(1), "www.maplehomes.com", A).udp().await;
        assert_eq!(code(&still), ResponseCode::Refused);
    }
}
