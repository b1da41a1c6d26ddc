//! No answer of a hostile zone takes more than its share of time, memory or trust.

use std::time::{Duration, Instant};

use domain_auth::dns::{Data, Failure, Lookup, Outcome, RecordType};
use domain_auth_dns::Resolver;
use futures::future::join_all;
use local_dns_server::{Fault, FaultRule};

use crate::net::{Net, alias, ask, failed, found, impatient, no_such_name, question, source, txt};

#[tokio::test]
async fn cname_loops_are_shown_and_not_followed() {
    let records = "a 60 CNAME b\nb 60 CNAME a\nself 60 CNAME self\n";
    let net = Net::start(&[&[("example.com", records)]]).await;
    for (name, target) in [("a", "b.example.com"), ("self", "self.example.com")] {
        let name = format!("{name}.example.com");
        let seen = net.ask(&name, RecordType::Txt).await;
        assert_eq!(source(&seen), [alias(target)]);
        assert_eq!(seen.recursive, failed(Failure::ServerFailure));
        let seen = net.ask(&name, RecordType::Cname).await;
        let target = target.to_owned();
        assert_eq!(source(&seen), [found(vec![Data::Cname { target }], 60)]);
    }
}

#[tokio::test]
async fn answers_of_64_kib_arrive_over_tcp_and_long_texts_are_cut() {
    let many = (0..230).fold(String::new(), |zone, index| {
        zone + &format!("many 60 TXT \"{index:03}{}\"\n", "x".repeat(250))
    });
    let strings = format!("\"{}\" ", "y".repeat(255)).repeat(240);
    let records = format!("{many}long 60 TXT ( {strings})\n");
    let net = Net::start(&[&[("example.com", &records)]]).await;

    let seen = net.ask("many.example.com", RecordType::Txt).await;
    for outcome in [&source(&seen)[0], &seen.recursive] {
        let Outcome::Found { data, .. } = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(data.len(), 230);
        assert!(matches!(&data[0], Data::Txt { text } if text.starts_with("000xxx")));
    }
    let seen = net.ask("long.example.com", RecordType::Txt).await;
    assert_eq!(source(&seen), [txt(&[&"y".repeat(4096)])]);
}

#[tokio::test]
async fn control_characters_and_markup_are_shown_escaped() {
    let records = r#"
        text 60 TXT "\000\027[31m<script>alert(1)</script>\127\255"
        a 60 CNAME <b>\010\.\\x.example.net.
    "#;
    let net = Net::start(&[&[("example.com", records)]]).await;
    let seen = net.ask("text.example.com", RecordType::Txt).await;
    let shown = r"\000\027[31m<script>alert(1)</script>\127\255";
    assert_eq!(source(&seen), [txt(&[shown])]);
    let seen = net.ask("a.example.com", RecordType::Txt).await;
    assert_eq!(source(&seen), [alias(r"<b>\010\.\\x.example.net")]);
    let seen = net.ask(r"<b>\010\.\\x.example.com", RecordType::Txt).await;
    assert!(
        matches!(source(&seen)[..], [Outcome::NoSuchName { .. }]),
        "{seen:?}"
    );
}

#[tokio::test]
async fn name_servers_on_special_addresses_are_not_queried() {
    let zone = "@ 60 NS ns1\n@ 60 NS ns2\nns1 60 A 127.0.0.2\nns2 60 A 169.254.169.254\n\
         _amazonses 60 TXT token\n";
    let net = Net::start(&[&[("example.com", zone)], &[("example.com", zone)]]).await;
    let mut config = net.config();
    config.allow_special_addresses = false;
    let resolver = Resolver::new(config).unwrap();
    let seen = ask(&resolver, "_amazonses.example.com", RecordType::Txt).await;
    assert_eq!(source(&seen), vec![failed(Failure::NotPublic); 2]);
    assert_eq!(
        seen.recursive,
        txt(&["token"]),
        "what the resolver sees still counts"
    );
    assert_eq!(net.servers[1].queries().total(), 0);
}

/// A zone with this many name servers, on addresses where a server drops everything.
fn dead_zone(servers: u8) -> String {
    (0..servers).fold("_amazonses 60 TXT token\n".to_owned(), |zone, index| {
        zone + &format!("@ 60 NS ns{index}\nns{index} 60 A 127.0.0.{}\n", index + 2)
    })
}

#[tokio::test]
async fn thirteen_dead_servers_take_bounded_time() {
    let zone = dead_zone(13);
    let net = Net::alike(14, "example.com", &zone).await;
    for server in &net.servers[1..] {
        server.set_faults([FaultRule::everywhere(Fault::Drop)]);
    }
    let resolver = net.resolver();
    let began = Instant::now();
    let questions = vec![question("_amazonses.example.com", RecordType::Txt); 20];
    let all = resolver.observe(&questions).await;
    let limits = impatient();
    assert!(began.elapsed() < limits.call + Duration::from_millis(500));
    for seen in all {
        assert_eq!(seen.recursive, txt(&["token"]));
        assert!(!seen.authoritative.is_empty());
        for outcome in source(&seen) {
            assert_eq!(outcome, Outcome::TimedOut);
        }
    }
}

#[tokio::test]
async fn a_lookup_ends_in_time_and_unanswered_queries_are_unknown() {
    let net = Net::start(&[&[("example.com", "_amazonses 60 TXT token\n")]]).await;
    net.servers[0].set_faults([FaultRule::everywhere(Fault::Drop)]);
    let mut config = net.config();
    config.limits.question = Duration::from_millis(400);
    config.limits.call = Duration::from_millis(800);
    let resolver = Resolver::new(config).unwrap();
    let questions = (0..200)
        .map(|index| question(&format!("a{index}.example.com"), RecordType::Txt))
        .collect::<Vec<_>>();
    let began = Instant::now();
    let all = resolver.observe(&questions).await;
    assert!(
        began.elapsed() < Duration::from_millis(1300),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(all.len(), 200);
    assert!(all.iter().all(|seen| seen.recursive == Outcome::TimedOut));
}

#[tokio::test]
async fn domains_with_dead_servers_delay_no_others() {
    let dead = dead_zone(4);
    let good = "@ 60 NS ns1\nns1 60 A 127.0.0.1\n_amazonses 60 TXT token\n";
    let dead_names = (0..15)
        .map(|index| format!("dead{index}.example"))
        .collect::<Vec<_>>();
    let mut zones = dead_names
        .iter()
        .map(|name| (name.as_str(), dead.as_str()))
        .collect::<Vec<_>>();
    zones.push(("example.com", good));
    let net = Net::start(&[&zones, &[], &[], &[], &[]]).await;
    for server in &net.servers[1..] {
        server.set_faults([FaultRule::everywhere(Fault::Drop)]);
    }
    let mut config = net.config();
    config.limits.reply = Duration::from_secs(1);
    let resolver = Resolver::new(config).unwrap();
    let dead = join_all(dead_names.iter().map(async |name| {
        let questions = (0..20)
            .map(|index| question(&format!("a{index}.{name}"), RecordType::Txt))
            .collect::<Vec<_>>();
        resolver.observe(&questions).await
    }));
    let good = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let began = Instant::now();
        let seen = ask(&resolver, "_amazonses.example.com", RecordType::Txt).await;
        (seen, began.elapsed())
    };
    let (_, (seen, took)) = tokio::join!(dead, good);
    assert_eq!(source(&seen), [txt(&["token"])]);
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn a_lookup_that_waits_too_long_for_its_turn_is_unknown() {
    let net = Net::start(&[&[("example.com", "_amazonses 60 TXT token\n")]]).await;
    net.servers[0].set_faults([FaultRule::everywhere(Fault::Drop)]);
    let mut config = net.config();
    config.limits.calls = 1;
    config.limits.turn = Duration::from_millis(50);
    let resolver = Resolver::new(config).unwrap();
    let calls = (0..3).map(|_| ask(&resolver, "_amazonses.example.com", RecordType::Txt));
    for seen in join_all(calls).await {
        assert_eq!(seen.recursive, Outcome::TimedOut);
    }
}

#[tokio::test]
async fn a_chain_of_delegations_ends() {
    // Server n holds the zone n labels below example.com and delegates the next one.
    let zones = (0..12).map(|depth| {
        let apex = format!("{}example.com", "a.".repeat(depth));
        let below = format!("ns.a 60 A 127.0.0.{}\na 60 NS ns.a\n", depth + 3);
        (
            apex,
            format!("@ 60 NS ns\nns 60 A 127.0.0.{}\n{below}", depth + 2),
        )
    });
    let zones = zones.collect::<Vec<_>>();
    let zones = zones
        .iter()
        .map(|(apex, records)| [(apex.as_str(), records.as_str())])
        .collect::<Vec<_>>();
    let mut servers = vec![&zones[0][..]];
    servers.extend(zones.iter().map(|zone| &zone[..]));
    let net = Net::start(&servers).await;
    // The resolver knows nothing below the first zone.
    net.servers[0].set_faults([FaultRule::under("a.example.com", Fault::ServFail)]);
    for (depth, expected) in [(8, no_such_name(5)), (9, failed(Failure::Lame))] {
        let name = format!("_x.{}example.com", "a.".repeat(depth));
        let seen = net.ask(&name, RecordType::Txt).await;
        assert_eq!(source(&seen), [expected], "{depth} delegations");
    }
}
