//! Which messages count as an answer, by kind of server.

use std::net::Ipv4Addr;

use hickory_proto::op::OpCode;
use hickory_proto::rr::rdata::{A, CNAME, MX, NS, SOA, TXT};
use proptest::prelude::*;

use super::*;
use crate::names::parse;

fn name(text: &str) -> Name {
    parse(text).unwrap()
}

fn record(owner: &str, ttl: u32, data: RData) -> Record {
    Record::from_rdata(name(owner), ttl, data)
}

fn txt(owner: &str, strings: &[&str]) -> Record {
    let strings = strings.iter().map(|it| it.as_bytes()).collect();
    record(owner, 300, RData::TXT(TXT::from_bytes(strings)))
}

fn cname(owner: &str, target: &str) -> Record {
    record(owner, 300, RData::CNAME(CNAME(name(target))))
}

fn ns(owner: &str, host: &str) -> Record {
    record(owner, 300, RData::NS(NS(name(host))))
}

fn soa(owner: &str, ttl: u32, minimum: u32) -> Record {
    let soa = SOA::new(
        name("ns.example.com"),
        name("root.example.com"),
        1,
        2,
        3,
        4,
        minimum,
    );
    record(owner, ttl, RData::SOA(soa))
}

fn a(owner: &str, last: u8) -> Record {
    record(owner, 300, RData::A(A(Ipv4Addr::new(192, 0, 2, last))))
}

fn query() -> Query {
    Query::query(name("_amazonses.example.com"), RecordType::TXT)
}

/// A message from an authoritative server.
fn from_authority() -> Message {
    let mut message = Message::response(1, OpCode::Query);
    message.metadata.authoritative = true;
    message
}

fn at_source(message: &Message) -> Reply {
    interpret(message, &query(), Speaker::Authority(&name("example.com")))
}

fn text(text: &str) -> Data {
    Data::Txt {
        text: text.to_owned(),
    }
}

#[test]
fn an_extended_dns_error_about_signatures_is_a_dnssec_failure() {
    for (code, failure) in [
        (5, Failure::ServerFailure),
        (6, Failure::DnssecBogus),
        (7, Failure::DnssecBogus),
        (12, Failure::DnssecBogus),
        (13, Failure::ServerFailure),
        (22, Failure::ServerFailure),
    ] {
        let mut message = Message::response(1, OpCode::Query);
        message.metadata.response_code = ResponseCode::ServFail;
        let mut edns = hickory_proto::op::Edns::new();
        let mut data = vec![0, code];
        data.extend(b"signature expired");
        edns.options_mut().insert(EdnsOption::Unknown(15, data));
        message.edns = Some(edns);
        let reply = interpret(&message, &query(), Speaker::Recursive);
        assert_eq!(reply, Reply::Failed(failure), "{code}");
    }
}

#[test]
fn strings_of_a_record_are_joined_and_records_are_sorted() {
    let mut message = from_authority();
    message.add_answers([
        txt("_AMAZONSES.example.com", &["b", " B"]),
        txt("_amazonses.example.com", &["a"]),
        txt("_amazonses.example.com", &["b B"]),
        txt("other.example.com", &["not asked"]),
    ]);
    let data = vec![text("a"), text("b B")];
    assert_eq!(at_source(&message), Reply::Found { data, ttl: 300 });
}

#[test]
fn a_cname_is_not_followed_even_if_its_target_is_in_the_answer() {
    let mut message = from_authority();
    message.add_answers([
        cname("_amazonses.example.com", "Elsewhere.example.NET"),
        txt("elsewhere.example.net", &["theirs"]),
    ]);
    let target = "elsewhere.example.net".to_owned();
    assert_eq!(at_source(&message), Reply::Alias { target, ttl: 300 });
    message.metadata.response_code = ResponseCode::NXDomain;
    assert!(
        matches!(at_source(&message), Reply::Alias { .. }),
        "the name exists, its target does not (RFC 6604)"
    );
}

#[test]
fn data_beside_a_cname_is_used_instead_of_it() {
    let mut message = from_authority();
    message.add_answers([
        cname("_amazonses.example.com", "x.example.net"),
        txt("_amazonses.example.com", &["ours"]),
    ]);
    assert!(matches!(at_source(&message), Reply::Found { .. }));
}

#[test]
fn the_negative_ttl_is_the_smaller_of_the_soa_ttl_and_its_minimum() {
    for (ttl, minimum, expected) in [(3600, 300, 300), (60, 300, 60), (u32::MAX, 300, 0)] {
        for (code, reply) in [
            (
                ResponseCode::NoError,
                Reply::NoData as fn(Negative) -> Reply,
            ),
            (ResponseCode::NXDomain, Reply::NoSuchName),
        ] {
            let mut message = from_authority();
            message.metadata.response_code = code;
            message.add_authority(soa("example.com", ttl, minimum));
            let negative = Negative {
                ttl: expected,
                zone: Some(name("example.com")),
            };
            assert_eq!(at_source(&message), reply(negative));
        }
    }
}

#[test]
fn the_soa_of_an_unrelated_zone_proves_nothing() {
    let mut message = from_authority();
    message.add_authority(soa("example.net", 60, 60));
    assert_eq!(
        at_source(&message),
        Reply::NoData(Negative { ttl: 0, zone: None })
    );
}

#[test]
fn a_server_that_is_not_authoritative_for_the_zone_is_lame() {
    let mut with_data = from_authority();
    with_data.add_answer(txt("_amazonses.example.com", &["cached"]));
    let mut no_such_name = from_authority();
    no_such_name.metadata.response_code = ResponseCode::NXDomain;
    let mut upwards = from_authority();
    upwards.add_authority(record(".", 1, RData::NS(NS(name("a.root-servers.net")))));
    let mut to_itself = from_authority();
    to_itself.add_authority(ns("example.com", "ns.example.com"));
    let mut to_another_branch = from_authority();
    to_another_branch.add_authority(ns("sub.example.com", "ns.example.com"));
    for mut message in [
        with_data,
        no_such_name,
        upwards,
        to_itself,
        to_another_branch,
    ] {
        message.metadata.authoritative = false;
        assert_eq!(
            at_source(&message),
            Reply::Failed(Failure::Lame),
            "{message:?}"
        );
    }
}

#[test]
fn a_delegation_below_the_zone_is_a_referral_with_believable_glue() {
    let mut message = from_authority();
    message.metadata.authoritative = false;
    message.add_authority(ns("_amazonses.example.com", "NS1.example.com"));
    message.add_authority(ns("_amazonses.example.com", "ns.example.net"));
    message.add_additional(a("ns1.example.com", 1));
    message.add_additional(a("ns.example.net", 2));
    let referral = Referral {
        zone: name("_amazonses.example.com"),
        hosts: vec![
            Host {
                name: name("ns1.example.com"),
                glue: vec![IpAddr::from([192, 0, 2, 1])],
            },
            Host {
                name: name("ns.example.net"),
                glue: Vec::new(),
            },
        ],
    };
    assert_eq!(at_source(&message), Reply::Referral(referral.clone()));
    message.metadata.authoritative = true;
    assert_eq!(
        at_source(&message),
        Reply::Referral(referral),
        "some set AA on referrals"
    );
}

#[test]
fn each_response_code_has_its_own_meaning() {
    for (code, expected) in [
        (
            ResponseCode::ServFail,
            Reply::Failed(Failure::ServerFailure),
        ),
        (ResponseCode::Refused, Reply::Failed(Failure::Refused)),
        (ResponseCode::NotAuth, Reply::Failed(Failure::Refused)),
        (ResponseCode::FormErr, Reply::Failed(Failure::ServerFailure)),
        (ResponseCode::NotImp, Reply::Failed(Failure::ServerFailure)),
        (ResponseCode::BADVERS, Reply::Failed(Failure::ServerFailure)),
        (
            ResponseCode::YXDomain,
            Reply::Failed(Failure::ServerFailure),
        ),
        (
            ResponseCode::Unknown(4000),
            Reply::Failed(Failure::ServerFailure),
        ),
    ] {
        let mut message = from_authority();
        message.metadata.response_code = code;
        message.add_answer(txt("_amazonses.example.com", &["ignored"]));
        assert_eq!(at_source(&message), expected, "{code}");
    }
}

#[test]
fn a_resolver_need_not_be_authoritative_but_must_not_refer() {
    let mut message = from_authority();
    message.metadata.authoritative = false;
    message.metadata.recursion_available = true;
    message.add_answer(txt("_amazonses.example.com", &["cached"]));
    let found = interpret(&message, &query(), Speaker::Recursive);
    assert!(matches!(found, Reply::Found { .. }));

    let mut elsewhere = Message::response(1, OpCode::Query);
    elsewhere.add_authority(ns("com", "a.gtld-servers.net"));
    assert_eq!(
        interpret(&elsewhere, &query(), Speaker::Recursive),
        Reply::Failed(Failure::Refused)
    );
}

#[test]
fn a_hostile_answer_is_kept_small() {
    let mut message = from_authority();
    for index in 0..1000_u16 {
        message.add_answer(record(
            "_amazonses.example.com",
            300,
            RData::TXT(TXT::from_bytes(vec![&[0xff; 255]; 20])),
        ));
        message.add_answer(txt("_amazonses.example.com", &[&index.to_string()]));
    }
    let Reply::Found { data, .. } = at_source(&message) else {
        panic!("records were there");
    };
    assert_eq!(data.len(), MAX_RECORDS);
    for datum in data {
        let Data::Txt { text } = datum else {
            panic!("TXT was asked");
        };
        assert!(text.len() <= domain_auth::dns::MAX_TEXT);
    }

    let mut message = from_authority();
    message.metadata.authoritative = false;
    for host in 0..1000 {
        let host = format!("ns{host}.example.com");
        message.add_authority(ns("_amazonses.example.com", &host));
        for last in 0..200 {
            message.add_additional(a(&host, last));
        }
    }
    let Reply::Referral(referral) = at_source(&message) else {
        panic!("it delegates");
    };
    assert_eq!(referral.hosts.len(), MAX_HOSTS);
    assert!(
        referral
            .hosts
            .iter()
            .all(|host| host.glue.len() <= MAX_ADDRESSES)
    );
}

#[test]
fn names_in_data_are_in_lower_case() {
    let mut message = from_authority();
    message.add_answer(record(
        "example.com",
        7,
        RData::MX(MX::new(
            10,
            Name::from_ascii("Feedback-SMTP.example.NET.").unwrap(),
        )),
    ));
    let query = Query::query(name("example.com"), RecordType::MX);
    let exchange = "feedback-smtp.example.net".to_owned();
    let data = vec![Data::Mx {
        preference: 10,
        exchange,
    }];
    let zone = name("example.com");
    assert_eq!(
        interpret(&message, &query, Speaker::Authority(&zone)),
        Reply::Found { data, ttl: 7 }
    );
}

proptest! {
    #[test]
    fn any_set_of_labels_and_octets_is_shown_in_printable_ascii(
        labels in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 1..6),
        octets in prop::collection::vec(any::<u8>(), 0..255),
    ) {
        let mut hostile = Name::from_labels(labels.iter().map(Vec::as_slice)).unwrap();
        hostile.set_fqdn(true);
        let mut message = from_authority();
        message.add_answer(record("_amazonses.example.com", 1, RData::CNAME(CNAME(hostile))));
        message.add_answer(record(
            "_amazonses.example.com",
            1,
            RData::TXT(TXT::from_bytes(vec![&octets])),
        ));
        let mut seen = Vec::new();
        for record_type in [RecordType::TXT, RecordType::A] {
            let query = Query::query(name("_amazonses.example.com"), record_type);
            match interpret(&message, &query, Speaker::Recursive) {
                Reply::Found { data, .. } => match &data[..] {
                    [Data::Txt { text }] => seen.push(text.clone()),
                    other => prop_assert!(false, "{other:?}"),
                },
                Reply::Alias { target, .. } => seen.push(target),
                other => prop_assert!(false, "{other:?}"),
            }
        }
        prop_assert!(seen.iter().flat_map(|it| it.bytes()).all(|it| it == b' ' || it.is_ascii_graphic()));
    }
}
