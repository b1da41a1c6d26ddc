//! Repeated queries over TCP: to which servers, how, and with what result.

use domain_auth::dns::{Lookup, Outcome, RecordType, SecondLook, Sighting, Transport};
use local_dns_server::{Fault, FaultRule};

use crate::net::{Net, Zones, address, question};

const NAME: &str = "_lasso-challenge.maple.com";

/// Three servers of one zone, on 127.0.0.2 to 127.0.0.4; the resolver is on 127.0.0.1.
async fn three() -> Net {
    let zone: Zones = &[(
        "maple.com",
        "@ NS ns2
         @ NS ns3
         @ NS ns4
         ns2 A 127.0.0.2
         ns3 A 127.0.0.3
         ns4 A 127.0.0.4
         _lasso-challenge TXT proof",
    )];
    Net::start(&[zone, zone, zone, zone]).await
}

async fn again(net: &Net) -> SecondLook {
    let resolver = net.resolver();
    let mut looks = resolver.ask_again(&[question(NAME, RecordType::Txt)]).await;
    assert_eq!(looks.len(), 1);
    looks.remove(0)
}

fn seen(look: &SecondLook) -> Sighting {
    look.sighting(|outcome| matches!(outcome, Outcome::Found { .. }))
}

#[tokio::test]
async fn the_second_look_queries_two_servers_over_tcp_and_none_over_udp() {
    let net = three().await;
    let look = again(&net).await;
    assert!(look.answers.iter().all(|it| it.transport == Transport::Tcp));
    assert!(matches!(seen(&look), Sighting::Confirmed { servers } if servers.len() == 2));
    let asked = net.servers[1..].iter();
    let (udp, tcp) = asked.fold((0, 0), |(udp, tcp), server| {
        let queries = server.queries();
        (udp + queries.over_udp(), tcp + queries.over_tcp())
    });
    assert_eq!((udp, tcp), (0, 2));
}

#[tokio::test]
async fn an_answer_forged_over_udp_is_not_confirmed_over_tcp() {
    let net = three().await;
    for server in &net.servers[1..] {
        let truth = FaultRule::under(NAME, Fault::NoSuchName);
        server.set_faults([truth.over(local_dns_server::Transport::Tcp)]);
    }
    let forged = net.ask(NAME, RecordType::Txt).await;
    assert!(
        forged
            .authoritative
            .iter()
            .all(|answer| matches!(answer.outcome, Outcome::Found { .. }))
    );
    let look = again(&net).await;
    assert_eq!(seen(&look), Sighting::Unconfirmed { seen: 0, of: 2 });
}

#[tokio::test]
async fn a_third_server_takes_the_place_of_one_that_fails() {
    for fault in [Fault::Drop, Fault::ServFail, Fault::TruncateAndRefuseTcp] {
        let net = three().await;
        net.servers[1].set_faults([FaultRule::everywhere(fault)]);
        let look = again(&net).await;
        assert!(
            matches!(seen(&look), Sighting::Confirmed { servers } if servers == ["ns3.maple.com", "ns4.maple.com"]),
            "{fault:?}: {look:?}"
        );
    }
}

#[tokio::test]
async fn one_server_of_several_does_not_confirm_a_record() {
    for fault in [Fault::Drop, Fault::ServFail, Fault::TruncateAndRefuseTcp] {
        let net = three().await;
        for server in &net.servers[2..] {
            server.set_faults([FaultRule::everywhere(fault)]);
        }
        let look = again(&net).await;
        let expected = Sighting::Unconfirmed { seen: 1, of: 2 };
        assert_eq!(seen(&look), expected, "{fault:?}: {look:?}");
        assert_eq!(look.listed, 3);
    }
}

#[tokio::test]
async fn a_zone_with_one_server_address_is_confirmed_there() {
    let zone: Zones = &[(
        "maple.com",
        "@ NS ns1
         @ NS ns2
         ns1 A 127.0.0.2
         ns2 A 127.0.0.2
         _lasso-challenge TXT proof",
    )];
    let net = Net::start(&[zone, zone]).await;
    let look = again(&net).await;
    assert_eq!(look.listed, 1);
    assert_eq!(look.answers.len(), 1);
    assert_eq!(look.answers[0].server.address, address(1));
    assert!(matches!(seen(&look), Sighting::Confirmed { .. }));
}

#[tokio::test]
async fn a_lame_server_does_not_count_as_a_server_of_the_zone() {
    let zone: Zones = &[(
        "maple.com",
        "@ NS ns1
         @ NS ns2
         ns1 A 127.0.0.2
         ns2 A 127.0.0.3
         _lasso-challenge TXT proof",
    )];
    let net = Net::start(&[zone, zone, zone]).await;
    net.servers[2].set_faults([FaultRule::everywhere(Fault::Refused)]);
    assert!(matches!(
        seen(&again(&net).await),
        Sighting::Confirmed { .. }
    ));
    net.servers[2].set_faults([FaultRule::under(NAME, Fault::Refused)]);
    let refuses_the_name = seen(&again(&net).await);
    assert_eq!(refuses_the_name, Sighting::Unconfirmed { seen: 1, of: 2 });
}

#[tokio::test]
async fn a_name_server_without_a_known_address_counts_as_listed() {
    let zone: Zones = &[(
        "maple.com",
        "@ NS ns1
         @ NS ns.cedar.com.
         ns1 A 127.0.0.2
         _lasso-challenge TXT proof",
    )];
    let net = Net::start(&[zone, zone]).await;
    net.servers[0].set_faults([FaultRule::under("cedar.com", Fault::ServFail)]);
    let look = again(&net).await;
    assert_eq!(look.listed, 2);
    assert_eq!(seen(&look), Sighting::Unconfirmed { seen: 1, of: 2 });
}

#[tokio::test]
async fn no_record_is_confirmed_without_a_zone() {
    let net = three().await;
    net.servers[0].set_faults([FaultRule::everywhere(Fault::Drop)]);
    let look = again(&net).await;
    assert_eq!(look.listed, 0);
    assert_eq!(seen(&look), Sighting::Unconfirmed { seen: 0, of: 1 });
}
