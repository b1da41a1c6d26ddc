//! Zone files: texts that people write, and changes to them.

use std::io::Write;
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType::{A, AAAA, CAA, CNAME, MX, NS, SOA, SRV, TXT};
use tokio::time::Instant;

use super::client::{ask, code, values};
use super::{server, write};

#[tokio::test]
async fn a_file_of_pasted_records_alone_is_a_zone() {
    let pasted = "_amazonses.maplehomes.com. 1800 IN TXT \"token=\"\n\
                  abc._domainkey CNAME abc.dkim.amazonses.com.\n";
    let (server, _folder) = server(&[("maplehomes.com", pasted)]).await;
    let at = server.address();

    let text = ask(at, "_amazonses.maplehomes.com", TXT).udp().await;
    assert_eq!(values(&text.answers), ["token="]);
    assert_eq!(text.answers[0].ttl, 1800);
    assert!(text.metadata.authoritative);
    let alias = ask(at, "abc._domainkey.maplehomes.com", CNAME).udp().await;
    assert_eq!(values(&alias.answers), ["abc.dkim.amazonses.com."]);
    let servers = ask(at, "maplehomes.com", NS).udp().await;
    assert_eq!(values(&servers.answers), ["ns1.maplehomes.com."]);
    assert_eq!(values(&servers.additionals), ["127.0.0.1"]);
    let address = ask(at, "ns1.maplehomes.com", A).udp().await;
    assert_eq!(values(&address.answers), ["127.0.0.1"]);
    assert_eq!(ask(at, "maplehomes.com", SOA).udp().await.answers.len(), 1);
}

#[tokio::test]
async fn a_full_master_file_is_read_as_rfc_1035_says() {
    let zone = r#"
$ORIGIN example.com.
$TTL 1h
@   IN SOA ns.example.com. admin.example.com. (
        2024010101 ; serial
        1d 2h 4w
        300 )
    IN NS  ns
ns     A   192.0.2.53
       AAAA 2001:db8::53
www 60 IN A 192.0.2.80
mail IN 120 MX 10 mx.other.test.
text   TXT ( "v=DKIM1; p=" ; the first half
             "AB CD" )
quote  TXT "a \"quoted\" word; no comment" bare
_sip._tcp SRV 0 5 5060 sip
@      CAA 0 issue "letsencrypt.org"
raw    TYPE65280 \# 3 01 02ff
$ORIGIN sub.example.com.
deep   A 192.0.2.99
"#;
    let (server, _folder) = server(&[("example.com", zone)]).await;
    let at = server.address();
    assert_eq!(server.problems(), []);

    let soa = ask(at, "example.com", SOA).udp().await;
    assert_eq!(
        values(&soa.answers),
        ["ns.example.com. admin.example.com. 2024010101 86400 7200 2419200 300"]
    );
    assert_eq!(soa.answers[0].ttl, 3600);
    let www = ask(at, "WWW.example.com", A).udp().await;
    assert_eq!(
        (values(&www.answers), www.answers[0].ttl),
        (vec!["192.0.2.80".into()], 60)
    );
    let mail = ask(at, "mail.example.com", MX).udp().await;
    assert_eq!(
        (values(&mail.answers), mail.answers[0].ttl),
        (vec!["10 mx.other.test.".into()], 120)
    );
    for (name, record_type, value) in [
        ("ns.example.com", AAAA, "2001:db8::53"),
        ("text.example.com", TXT, "v=DKIM1; p=AB CD"),
        (
            "quote.example.com",
            TXT,
            "a \"quoted\" word; no commentbare",
        ),
        ("_sip._tcp.example.com", SRV, "0 5 5060 sip.example.com."),
        ("example.com", CAA, "0 issue \"letsencrypt.org\""),
        ("deep.sub.example.com", A, "192.0.2.99"),
    ] {
        let response = ask(at, name, record_type).udp().await;
        assert_eq!(values(&response.answers), [value], "{name}");
    }
    let raw = ask(at, "raw.example.com", 65280.into()).udp().await;
    assert_eq!(raw.answers.len(), 1);
}

#[tokio::test]
async fn an_origin_in_the_file_overrides_the_file_name() {
    let zone = "$ORIGIN cedarhomes.com.\n@ TXT here\nwww A 192.0.2.1\n";
    let (server, _folder) = server(&[("cedar", zone)]).await;
    let response = ask(server.address(), "www.cedarhomes.com", A)
        .directly()
        .udp()
        .await;
    assert_eq!(values(&response.answers), ["192.0.2.1"]);
    let soa = ask(server.address(), "nothing.cedarhomes.com", A)
        .udp()
        .await;
    assert_eq!(soa.authorities[0].name.to_ascii(), "cedarhomes.com.");
}

#[tokio::test]
async fn an_origin_below_the_zone_starts_no_other_zone() {
    let zone = "$ORIGIN _domainkey.maplehomes.com.\nabc CNAME abc.dkim.amazonses.com.\n";
    let (server, _folder) = server(&[("maplehomes.com", zone)]).await;
    let missing = ask(server.address(), "maplehomes.com", TXT).udp().await;
    assert_eq!(code(&missing), ResponseCode::NoError);
    assert_eq!(missing.authorities[0].name.to_ascii(), "maplehomes.com.");
}

#[tokio::test]
async fn the_last_dot_of_an_origin_may_be_missing() {
    let zone = "$ORIGIN maplehomes.com\nwww A 192.0.2.1\n";
    let (server, _folder) = server(&[("maplehomes.com", zone)]).await;
    let response = ask(server.address(), "www.maplehomes.com", A).udp().await;
    assert_eq!(values(&response.answers), ["192.0.2.1"]);
}

#[tokio::test]
async fn an_appended_record_is_served_within_two_seconds() {
    let (server, folder) = server(&[("maplehomes.com", "www A 192.0.2.1\n")]).await;
    let at = server.address();
    let before = ask(at, "_amazonses.maplehomes.com", TXT).udp().await;
    assert_eq!(code(&before), ResponseCode::NXDomain);

    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(folder.path().join("maplehomes.com.zone"))
        .unwrap();
    writeln!(file, "_amazonses TXT \"token\"").unwrap();
    let published = Instant::now();
    while ask(at, "_amazonses.maplehomes.com", TXT)
        .udp()
        .await
        .answers
        .is_empty()
    {
        assert!(
            published.elapsed() < Duration::from_secs(2),
            "still not served"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_rewrite_of_the_same_length_within_one_tick_is_seen() {
    let (server, folder) = server(&[("maplehomes.com", "www A 192.0.2.1\n")]).await;
    for last in 2..8 {
        write(
            folder.path(),
            "maplehomes.com",
            &format!("www A 192.0.2.{last}\n"),
        );
        server.reload().await;
        let response = ask(server.address(), "www.maplehomes.com", A).udp().await;
        assert_eq!(values(&response.answers), [format!("192.0.2.{last}")]);
    }
}

#[tokio::test]
async fn a_syntax_error_is_reported_and_the_last_good_version_stays() {
    let (server, folder) = server(&[("maplehomes.com", "www A 192.0.2.1\n")]).await;
    write(
        folder.path(),
        "maplehomes.com",
        "www A 192.0.2.2\n\noops THIS is wrong\n",
    );
    server.reload().await;

    let response = ask(server.address(), "www.maplehomes.com", A).udp().await;
    assert_eq!(values(&response.answers), ["192.0.2.1"]);
    let problems = server.problems();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].fatal);
    assert_eq!(
        problems[0].message,
        "line 3: `THIS` is not a record type that is known here"
    );

    write(folder.path(), "maplehomes.com", "www A 192.0.2.2\n");
    server.reload().await;
    let response = ask(server.address(), "www.maplehomes.com", A).udp().await;
    assert_eq!(values(&response.answers), ["192.0.2.2"]);
    assert_eq!(server.problems(), []);
}

#[tokio::test]
async fn zones_appear_and_vanish_with_their_files() {
    let (server, folder) = server(&[]).await;
    let at = server.address();
    write(folder.path(), "new.example", "@ TXT hello\n");
    server.reload().await;
    let response = ask(at, "new.example", TXT).udp().await;
    assert_eq!(values(&response.answers), ["hello"]);

    std::fs::remove_file(folder.path().join("new.example.zone")).unwrap();
    server.reload().await;
    assert_eq!(
        code(&ask(at, "new.example", TXT).udp().await),
        ResponseCode::NXDomain
    );
}

#[tokio::test]
async fn a_record_outside_the_zone_is_ignored_and_reported() {
    let zone = "www A 192.0.2.1\nwww.elsewhere.com. A 192.0.2.2\n";
    let (server, _folder) = server(&[("maplehomes.com", zone)]).await;
    let response = ask(server.address(), "www.elsewhere.com", A)
        .directly()
        .udp()
        .await;
    assert_eq!(code(&response), ResponseCode::Refused);
    let problems = server.problems();
    assert_eq!(problems.len(), 1);
    assert!(!problems[0].fatal, "{problems:?}");
    assert!(
        problems[0].message.contains("www.elsewhere.com"),
        "{problems:?}"
    );
}

#[tokio::test]
async fn a_repeated_record_is_served_once() {
    let zone = "@ TXT same\nmaplehomes.com. 300 IN TXT \"same\"\n@ TXT other\n";
    let (server, _folder) = server(&[("maplehomes.com", zone)]).await;
    let response = ask(server.address(), "maplehomes.com", TXT).udp().await;
    assert_eq!(values(&response.answers), ["same", "other"]);
}
