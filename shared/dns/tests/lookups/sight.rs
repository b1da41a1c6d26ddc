//! The results when every server answers.

use domain_auth::dns::{Data, Lookup, Outcome, RecordType, ZoneOutcome};
use local_dns_server::{Fault, FaultRule};

use crate::net::{
    Net, address, alias, ask, failed, found, no_data, no_such_name, only, question, source, txt,
};

const SOA: &str = "@ 60 SOA ns1 hostmaster 1 7200 900 86400 7\n";

#[tokio::test]
async fn every_record_type_is_normalized() {
    let records = r#"
        @ 60 SOA NS1 hostmaster 1 7200 900 86400 7
        @ 60 NS NS1
        ns1 60 A 127.0.0.1
        text 60 TXT "v=DMARC1; " "p=none" ";"
        text 60 TXT "second"
        odd 60 TXT "tab\009 <b>caf\195\169</b> \"quoted\" "
        cname 60 CNAME Token.DKIM.AmazonSES.com.
        mx 60 MX 20 b
        mx 60 MX 10 A.Example.NET.
        both 60 A 192.0.2.7
        both 60 AAAA 2001:db8::7
    "#;
    let net = Net::start(&[&[("example.com", records)]]).await;
    let ns = |host: &str| Data::Ns {
        host: host.to_owned(),
    };
    let mx = |preference, exchange: &str| Data::Mx {
        preference,
        exchange: exchange.to_owned(),
    };
    let ip = |text: &str| Data::Address {
        address: text.parse().unwrap(),
    };
    for (name, record_type, expected) in [
        (
            "text",
            RecordType::Txt,
            txt(&["second", "v=DMARC1; p=none;"]),
        ),
        (
            "odd",
            RecordType::Txt,
            txt(&[r#"tab\009 <b>caf\195\169</b> "quoted" "#]),
        ),
        (
            "CNAME",
            RecordType::Cname,
            found(
                vec![Data::Cname {
                    target: "token.dkim.amazonses.com".to_owned(),
                }],
                60,
            ),
        ),
        ("cname", RecordType::Txt, alias("token.dkim.amazonses.com")),
        (
            "mx",
            RecordType::Mx,
            found(vec![mx(10, "a.example.net"), mx(20, "b.example.com")], 60),
        ),
        ("both", RecordType::A, found(vec![ip("192.0.2.7")], 60)),
        ("both", RecordType::Aaaa, found(vec![ip("2001:db8::7")], 60)),
    ] {
        let seen = net.ask(&format!("{name}.example.com"), record_type).await;
        assert_eq!(only(&seen), expected, "{name} at the source");
        assert_eq!(seen.recursive, expected, "{name} at the resolver");
    }
    let seen = net.ask("example.com.", RecordType::Ns).await;
    assert_eq!(seen.recursive, found(vec![ns("ns1.example.com")], 60));
    assert_eq!(seen.authoritative[0].server.host, "ns1.example.com");
    assert_eq!(seen.authoritative[0].server.address, address(0));
    let seen = net.ask("example.com", RecordType::Soa).await;
    let soa = Data::Soa {
        primary: "ns1.example.com".to_owned(),
        minimum: 7,
    };
    assert_eq!(source(&seen), [found(vec![soa], 60)]);
}

#[tokio::test]
async fn negative_answers_have_the_ttl_of_the_soa_record() {
    for (soa_ttl, minimum, expected) in [(60, 7, 7), (5, 300, 5)] {
        let records = format!(
            "@ {soa_ttl} SOA ns1 hostmaster 1 7200 900 86400 {minimum}\n\
             @ 60 NS ns1\nns1 60 A 127.0.0.1\nhere 60 A 192.0.2.1\nbelow.empty 60 A 192.0.2.1\n"
        );
        let net = Net::start(&[&[("example.com", &records)]]).await;
        for (name, outcome) in [
            ("here", no_data(expected)),
            ("empty", no_data(expected)),
            ("missing", no_such_name(expected)),
        ] {
            let seen = net
                .ask(&format!("{name}.example.com"), RecordType::Txt)
                .await;
            assert_eq!(only(&seen), outcome, "{name}");
        }
    }
}

#[tokio::test]
async fn a_wildcard_answers_for_the_name_asked() {
    let records = "*.example.com. 60 TXT wild\n";
    let net = Net::start(&[&[("example.com", records)]]).await;
    let seen = net.ask("_amazonses.example.com", RecordType::Txt).await;
    assert_eq!(source(&seen), [txt(&["wild"])]);
}

#[tokio::test]
async fn two_servers_that_disagree_are_both_shown() {
    let head = "@ 60 NS ns1\n@ 60 NS ns2\nns1 60 A 127.0.0.1\nns2 60 A 127.0.0.2\n";
    let new = format!("{SOA}{head}_amazonses 60 TXT token\n");
    let old = format!("{SOA}{head}");
    let net = Net::start(&[&[("example.com", &new)], &[("example.com", &old)]]).await;
    let seen = net.ask("_amazonses.example.com", RecordType::Txt).await;
    assert_eq!(source(&seen), [txt(&["token"]), no_such_name(7)]);
    let servers = seen
        .authoritative
        .iter()
        .map(|answer| answer.server.address);
    assert_eq!(servers.collect::<Vec<_>>(), [address(0), address(1)]);
}

#[tokio::test]
async fn two_addresses_of_a_host_count_as_two_servers() {
    let head = "@ 60 NS ns1\nns1 60 A 127.0.0.1\nns1 60 A 127.0.0.2\n";
    let new = format!("{SOA}{head}_amazonses 60 TXT token\n");
    let old = format!("{SOA}{head}");
    let net = Net::start(&[&[("example.com", &new)], &[("example.com", &old)]]).await;
    let seen = net.ask("_amazonses.example.com", RecordType::Txt).await;
    assert_eq!(source(&seen), [txt(&["token"]), no_such_name(7)]);
}

#[tokio::test]
async fn new_data_at_the_servers_and_old_data_at_the_resolver_are_both_shown() {
    let head = "@ 60 NS ns1\nns1 60 A 127.0.0.2\n";
    let old = format!("{SOA}{head}_dmarc 60 TXT old\n");
    let new = format!("{SOA}{head}_dmarc 60 TXT new\n_amazonses 60 TXT token\n");
    let net = Net::start(&[&[("example.com", &old)], &[("example.com", &new)]]).await;

    let seen = net.ask("_amazonses.example.com", RecordType::Txt).await;
    assert_eq!(source(&seen), [txt(&["token"])]);
    assert_eq!(seen.recursive, no_such_name(7));

    let seen = net.ask("_dmarc.example.com", RecordType::Txt).await;
    assert_eq!(source(&seen), [txt(&["new"])]);
    assert_eq!(seen.recursive, txt(&["old"]));
}

#[tokio::test]
async fn a_delegation_below_the_zone_is_followed() {
    let parent = format!(
        "{SOA}@ 60 NS ns1\nns1 60 A 127.0.0.2\n\
         _domainkey 60 NS with-glue._domainkey\nwith-glue._domainkey 60 A 127.0.0.3\n\
         sub 60 NS ns.elsewhere.example.\n"
    );
    let elsewhere = "@ 60 NS ns\nns 60 A 127.0.0.3\n";
    let keys = "@ 60 NS with-glue\nwith-glue 60 A 127.0.0.3\nt 60 CNAME t.dkim.amazonses.com.\n";
    let sub = "@ 60 NS ns.elsewhere.example.\n_amazonses 60 TXT token\n";
    let net = Net::start(&[
        &[("example.com", &parent), ("elsewhere.example", elsewhere)],
        &[("example.com", &parent)],
        &[("_domainkey.example.com", keys), ("sub.example.com", sub)],
    ])
    .await;

    let seen = net.ask("t._domainkey.example.com", RecordType::Cname).await;
    let target = "t.dkim.amazonses.com".to_owned();
    assert_eq!(source(&seen), [found(vec![Data::Cname { target }], 60)]);
    let server = &seen.authoritative[0].server;
    assert_eq!(server.host, "with-glue._domainkey.example.com");
    assert_eq!(server.address, address(2));

    let seen = net.ask("_amazonses.sub.example.com", RecordType::Txt).await;
    assert_eq!(source(&seen), [txt(&["token"])]);
    assert_eq!(seen.authoritative[0].server.host, "ns.elsewhere.example");
}

#[tokio::test]
async fn names_are_searched_in_known_zones_and_through_delegations() {
    let parent = "@ 60 NS ns1\nns1 60 A 127.0.0.1\nmail 60 NS ns.mail\nns.mail 60 A 127.0.0.2\n\
         bounce.mail 60 TXT hidden\n";
    let child = "@ 60 NS ns\nns 60 A 127.0.0.2\nbounce 60 TXT there\n";
    let zones: [&[(&str, &str)]; 2] = [&[("example.com", parent)], &[("mail.example.com", child)]];
    let net = Net::start(&zones).await;
    let resolver = net.resolver();
    for name in ["example.com", "mail.example.com"] {
        assert!(
            matches!(resolver.zone(name).await, ZoneOutcome::Found(_)),
            "{name}"
        );
    }
    let below = ask(&resolver, "bounce.mail.example.com", RecordType::Txt).await;
    assert_eq!(source(&below), [txt(&["there"])]);
    ask(&resolver, "com.example.com", RecordType::Txt).await;
    let queries = net.servers[0].queries();
    for name in ["bounce.mail.example.com", "com.example.com"] {
        assert_eq!(queries.about_type(name, "SOA"), 0, "{name}");
    }

    let other_run = net.resolver();
    assert!(matches!(
        other_run.zone("example.com").await,
        ZoneOutcome::Found(_)
    ));
    let below = ask(&other_run, "bounce.mail.example.com", RecordType::Txt).await;
    assert_eq!(source(&below), [txt(&["there"])], "by the delegation");
}

#[tokio::test]
async fn explaining_queries_go_to_the_resolver_if_no_server_answers() {
    let zone = "@ 60 NS ns1\nns1 60 A 127.0.0.2\nhere 60 TXT token\n";
    let net = Net::alike(2, "example.com", zone).await;
    let questions = [question("here.example.com", RecordType::Txt)];
    let seen = net.resolver().observe_source(&questions).await;
    assert_eq!(source(&seen[0]), [txt(&["token"])]);
    assert_eq!(seen[0].recursive, Outcome::NotAsked);
    let queries = net.servers[0].queries();
    assert_eq!(queries.about_type("here.example.com", "TXT"), 0);

    net.servers[1].set_faults([FaultRule::everywhere(Fault::ServFail)]);
    let seen = net.resolver().observe_source(&questions).await;
    assert_eq!(seen[0].recursive, txt(&["token"]));
}

#[tokio::test]
async fn a_truncated_answer_is_fetched_over_tcp() {
    let long = "x".repeat(250);
    let texts = (0..20)
        .map(|index| format!("{index:02}{long}"))
        .collect::<Vec<_>>();
    let records = texts.iter().fold(String::new(), |zone, text| {
        zone + &format!("big 60 TXT {text}\n")
    });
    let net = Net::start(&[&[("example.com", &records)]]).await;
    let seen = net.ask("big.example.com", RecordType::Txt).await;
    let expected = txt(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(only(&seen), expected);
    assert_eq!(seen.recursive, expected);
    assert_eq!(net.servers[0].queries().over_tcp(), 2);
}

#[tokio::test]
async fn a_hundred_lookups_in_a_zone_share_one_walk_of_the_delegations() {
    let records = "@ 60 NS ns1\nns1 60 A 127.0.0.1\n";
    let net = Net::start(&[&[("example.com", records)]]).await;
    let questions = (0..100)
        .map(|index| {
            question(
                &format!("t{index}._domainkey.example.com"),
                RecordType::Cname,
            )
        })
        .collect::<Vec<_>>();
    let resolver = net.resolver();
    let seen = resolver.observe(&questions).await;
    let asked = seen.iter().map(|seen| seen.question.clone());
    assert_eq!(
        asked.collect::<Vec<_>>(),
        questions,
        "in the order of the questions"
    );
    let walk = |net: &Net| {
        let queries = net.servers[0].queries();
        ["com", "example.com"].map(|name| queries.about_type(name, "NS"))
    };
    assert_eq!(walk(&net), [1, 1]);
    assert_eq!(net.servers[0].queries().about("ns1.example.com"), 1);

    ask(&resolver.begin_run(), "_dmarc.example.com", RecordType::Txt).await;
    assert_eq!(walk(&net), [2, 2], "the next run remembers nothing");
}

#[tokio::test]
async fn without_questions_there_are_no_observations_and_invalid_names_are_malformed() {
    let net = Net::start(&[&[]]).await;
    assert_eq!(net.resolver().observe(&[]).await, []);
    for name in ["a..example.com", &"a".repeat(64), r"\"] {
        let seen = net.ask(name, RecordType::Txt).await;
        assert_eq!(source(&seen), []);
        assert_eq!(seen.recursive, failed(domain_auth::dns::Failure::Malformed));
    }
    assert_eq!(net.servers[0].queries().total(), 0);
}
