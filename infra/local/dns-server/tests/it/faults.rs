//! Faults on request, which a look-up must survive.

use std::io;
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType::{A, NS};
use local_dns_server::{Fault, FaultRule};
use tokio::time::Instant;

use super::client::{ask, code, types};
use super::server;

const ZONES: &[(&str, &str)] = &[
    ("maplehomes.com", "www A 192.0.2.1\n"),
    ("cedarhomes.com", "www A 192.0.2.2\n"),
];

#[tokio::test]
async fn a_response_code_is_returned_for_its_names_until_cleared() {
    let (server, _folder) = server(ZONES).await;
    let at = server.address();
    for (fault, expected) in [
        (Fault::ServFail, ResponseCode::ServFail),
        (Fault::Refused, ResponseCode::Refused),
    ] {
        server.set_faults([FaultRule::under("maplehomes.com", fault)]);
        let answer = ask(at, "www.maplehomes.com", A);
        assert_eq!(code(&answer.udp().await), expected);
        let answer = ask(at, "www.maplehomes.com", A);
        assert_eq!(code(&answer.tcp().await.unwrap()), expected);
        let spared = ask(at, "www.cedarhomes.com", A).udp().await;
        assert_eq!(spared.answers.len(), 1);
    }
    server.set_faults([]);
    assert_eq!(
        ask(at, "www.maplehomes.com", A).udp().await.answers.len(),
        1
    );
}

#[tokio::test]
async fn a_dropped_query_gets_no_answer_over_udp_or_tcp() {
    let (server, _folder) = server(ZONES).await;
    server.set_faults([FaultRule::everywhere(Fault::Drop)]);
    let udp = ask(server.address(), "www.maplehomes.com", A).try_udp();
    let tcp = ask(server.address(), "www.maplehomes.com", A).tcp();
    let (udp, tcp) = tokio::join!(udp, tcp);
    assert!(udp.is_none());
    assert_eq!(tcp.unwrap_err().kind(), io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn no_data_arrives_if_udp_truncates_and_tcp_is_refused() {
    let (server, _folder) = server(ZONES).await;
    server.set_faults([FaultRule::everywhere(Fault::TruncateAndRefuseTcp)]);
    let udp = ask(server.address(), "www.maplehomes.com", A).udp().await;
    assert!(udp.metadata.truncation);
    assert_eq!(udp.answers, []);
    let started = Instant::now();
    let error = ask(server.address(), "www.maplehomes.com", A)
        .tcp()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_delayed_answer_delays_no_other_answer() {
    let (server, _folder) = server(ZONES).await;
    let at = server.address();
    server.set_faults([FaultRule::under(
        "maplehomes.com",
        Fault::Delay(Duration::from_secs(1)),
    )]);
    let started = Instant::now();
    let slow: Vec<_> = (0..50)
        .map(|_| tokio::spawn(ask(at, "www.maplehomes.com", A).udp()))
        .collect();
    ask(at, "www.cedarhomes.com", A).udp().await;
    assert!(started.elapsed() < Duration::from_millis(900));
    for response in slow {
        assert_eq!(response.await.unwrap().answers.len(), 1);
    }
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_secs(1), "{elapsed:?}");
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
}

#[tokio::test]
async fn a_lame_server_returns_no_data_and_is_not_authoritative() {
    let (server, _folder) = server(ZONES).await;
    server.set_faults([FaultRule::everywhere(Fault::Lame)]);
    let lame = ask(server.address(), "www.maplehomes.com", A)
        .directly()
        .udp()
        .await;
    assert_eq!(code(&lame), ResponseCode::NoError);
    assert!(!lame.metadata.authoritative);
    assert_eq!(lame.answers, []);
    assert_eq!(types(&lame.authorities), [NS]);
    assert!(lame.authorities[0].name.is_root());

    server.set_faults([FaultRule::everywhere(Fault::NotAuthoritative)]);
    let cached = ask(server.address(), "www.maplehomes.com", A)
        .directly()
        .udp()
        .await;
    assert!(!cached.metadata.authoritative);
    assert_eq!(cached.answers.len(), 1);
}

#[tokio::test]
async fn queries_are_counted_even_if_a_fault_answers_them() {
    let (server, _folder) = server(ZONES).await;
    let at = server.address();
    server.set_faults([FaultRule::under("maplehomes.com", Fault::ServFail)]);
    ask(at, "WWW.maplehomes.com", A).udp().await;
    ask(at, "www.maplehomes.com", A).tcp().await.unwrap();
    ask(at, "www.maplehomes.com", NS).udp().await;
    let counts = server.queries();
    assert_eq!(
        (counts.total(), counts.over_udp(), counts.over_tcp()),
        (3, 2, 1)
    );
    assert_eq!(counts.about("www.maplehomes.com."), 3);
    assert_eq!(counts.about_type("www.maplehomes.com", "a"), 2);
    assert_eq!(counts.about("cedarhomes.com"), 0);
    server.reset_queries();
    assert_eq!(server.queries().total(), 0);
}
