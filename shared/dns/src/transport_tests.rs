//! Which data counts as a response, and that no octets make the parser fail.

use hickory_proto::rr::rdata::{A, CNAME, MX, NS, SOA, TXT};
use hickory_proto::rr::{RData, Record, RecordType};
use proptest::prelude::*;

use super::*;
use crate::names;
use crate::reply::{Speaker, interpret};

fn asked() -> Message {
    let name = names::parse("_amazonses.example.com").unwrap();
    let flags = Flags {
        recursion: false,
        unchecked: false,
        edns: true,
        stream: false,
    };
    request(&Query::query(name, RecordType::TXT), flags)
}

fn answered(request: &Message) -> Message {
    let mut response = Message::response(request.metadata.id, OpCode::Query);
    response.add_queries(request.queries.clone());
    response
}

/// Every kind of record that is parsed, in every section where it is searched.
fn full_response(request: &Message) -> Message {
    let name = |text: &str| names::parse(text).unwrap();
    let record = |owner: &str, data| Record::from_rdata(name(owner), 300, data);
    let soa = SOA::new(
        name("ns.example.com"),
        name("root.example.com"),
        1,
        2,
        3,
        4,
        5,
    );
    let mut response = answered(request);
    response
        .add_answer(record(
            "_amazonses.example.com",
            RData::CNAME(CNAME(name("x.example.net"))),
        ))
        .add_answer(record(
            "_amazonses.example.com",
            RData::TXT(TXT::from_bytes(vec![b"a", b"\x00\xff"])),
        ))
        .add_answer(record(
            "_amazonses.example.com",
            RData::MX(MX::new(10, name("mx.example.com"))),
        ))
        .add_authority(record("example.com", RData::NS(NS(name("ns.example.com")))))
        .add_authority(record("example.com", RData::SOA(soa)))
        .add_additional(record("ns.example.com", RData::A(A::new(192, 0, 2, 1))));
    response
}

#[test]
fn a_response_to_another_question_is_ignored() {
    let request = asked();
    let good = answered(&request);
    let mut other_id = good.clone();
    other_id.metadata.id = !request.metadata.id;
    let mut other_name = good.clone();
    other_name.queries[0].name = names::parse("example.org").unwrap();
    let mut no_question = good.clone();
    no_question.queries.clear();
    let mut an_echo = good.clone();
    an_echo.metadata.message_type = MessageType::Query;

    assert!(matches!(
        read(&good.to_vec().unwrap(), &request),
        Some(Ok(_))
    ));
    for message in [other_id, other_name, no_question, an_echo] {
        assert!(
            read(&message.to_vec().unwrap(), &request).is_none(),
            "{message:?}"
        );
    }
}

#[test]
fn a_refusal_may_omit_the_question() {
    let request = asked();
    let mut refusal = answered(&request);
    refusal.queries.clear();
    refusal.metadata.response_code = ResponseCode::Refused;
    assert!(read(&refusal.to_vec().unwrap(), &request).is_some());
}

#[test]
fn an_incomplete_response_is_truncated_with_the_tc_bit_and_malformed_without() {
    let request = asked();
    let mut response = answered(&request);
    response.metadata.truncation = true;
    let mut octets = response.to_vec().unwrap();
    octets[7] = 1; // one answer is announced, none is there
    assert!(matches!(
        read(&octets, &request),
        Some(Ok(Received::Truncated))
    ));
    octets[2] &= !0b10;
    assert!(matches!(
        read(&octets, &request),
        Some(Err(Failure::Malformed))
    ));
}

proptest! {
    #[test]
    fn reading_arbitrary_octets_never_panics(
        mut octets in prop::collection::vec(any::<u8>(), 0..600),
        keep_question in any::<bool>(),
    ) {
        let request = asked();
        let mut start = answered(&request).to_vec().unwrap();
        start[6..12].copy_from_slice(&[0, 3, 0, 2, 0, 2]);
        if keep_question {
            start.append(&mut octets);
            octets = start;
        }
        if let Some(Ok(Received::Whole(message))) = read(&octets, &request) {
            let zone = names::parse("com").unwrap();
            for speaker in [Speaker::Recursive, Speaker::Authority(&zone)] {
                let _reply = interpret(&message, &request.queries[0], speaker);
            }
        }
    }

    #[test]
    fn flipping_bits_of_a_response_never_panics(flips in prop::collection::vec((0_usize..2000, any::<u8>()), 1..20)) {
        let request = asked();
        let mut octets = full_response(&request).to_vec().unwrap();
        let length = octets.len();
        for (place, value) in flips {
            octets[2 + place % (length - 2)] = value;
        }
        if let Some(Ok(Received::Whole(message))) = read(&octets, &request) {
            let zone = names::parse("com").unwrap();
            for speaker in [Speaker::Recursive, Speaker::Authority(&zone)] {
                let _reply = interpret(&message, &request.queries[0], speaker);
            }
        }
    }
}
