//! From a zone file to the diagnosis, over the network in all rounds: the behaviour of servers.
//! People's mistakes are in `tests/corpus`.

use domain_auth::diagnosis::{
    Context, Diagnosis, DiagnosisCode as Code, FormerTokens, RecordState as State, diagnose,
    probes_for, questions_for,
};
use domain_auth::dns::{Lookup, ZoneOutcome};
use domain_auth::identity::{
    AxisStatus, Dkim, DkimToken, MailFromLabel, SesIdentity, SesStatus, VerificationToken,
};
use domain_auth::names::DomainName;
use domain_auth::records::{Record, RecordId as Id, records_of};
use domain_auth_dns::{DnsConfig, Resolver};
use hickory_proto::op::ResponseCode;
use local_dns_server::{Fault, FaultRule};

use crate::net::{Net, impatient};
use crate::odd_server::{OddServer, response_to};

const TOKEN: &str = "QTKk+/gFg2J4mnopQRSTuvwx0123456789abcdefghI=";

/// A complete and correct zone, one record per line.
const RIGHT: [(Id, &str); 7] = [
    (
        Id::Verification,
        "_amazonses TXT \"QTKk+/gFg2J4mnopQRSTuvwx0123456789abcdefghI=\"",
    ),
    (
        Id::Dkim1,
        "tokenone._domainkey CNAME tokenone.dkim.amazonses.com.",
    ),
    (
        Id::Dkim2,
        "tokentwo._domainkey CNAME tokentwo.dkim.amazonses.com.",
    ),
    (
        Id::Dkim3,
        "tokenthree._domainkey CNAME tokenthree.dkim.amazonses.com.",
    ),
    (
        Id::MailFromMx,
        "bounce MX 10 feedback-smtp.us-east-1.amazonses.com.",
    ),
    (
        Id::MailFromSpf,
        "bounce TXT \"v=spf1 include:amazonses.com ~all\"",
    ),
    (Id::Dmarc, "_dmarc TXT \"v=DMARC1; p=none;\""),
];

fn identity() -> SesIdentity {
    let token = |text| DkimToken::parse(text).unwrap();
    SesIdentity {
        verification_token: Some(VerificationToken::parse(TOKEN).unwrap()),
        dkim: Some(Dkim {
            tokens: [token("tokenone"), token("tokentwo"), token("tokenthree")],
            signing_hosted_zone: "dkim.amazonses.com".to_owned(),
        }),
        mail_from: Some(MailFromLabel::default_label()),
        region: "us-east-1".to_owned(),
        adopted: None,
    }
}

/// The correct zone without these records, and with these lines.
fn zone(without: &[Id], lines: &str) -> String {
    let right = RIGHT.iter().filter(|(id, _)| !without.contains(id));
    let right = right.fold(String::new(), |zone, (_, line)| zone + line + "\n");
    format!("{right}{lines}\n")
}

fn set_of(domain: &str) -> (DomainName, Vec<Record>) {
    let domain = DomainName::parse(domain).unwrap();
    let records = records_of(&domain, &identity());
    (domain, records)
}

async fn look(resolver: &Resolver, domain: &str, ses: Option<SesStatus>) -> Diagnosis {
    let (domain, records) = set_of(domain);
    let zone = resolver.zone(domain.as_str()).await;
    let former = FormerTokens {
        verification: Vec::new(),
        dkim: ["oldone", "oldtwo", "oldthree"].map(str::to_owned).to_vec(),
    };
    let context = Context {
        domain: &domain,
        zone: &zone,
        former: &former,
        ses,
        sightings: None,
    };
    let found = match &zone {
        ZoneOutcome::Found(zone) => Some(zone),
        ZoneOutcome::NoSuchDomain | ZoneOutcome::Unknown { .. } => None,
    };
    let questions = questions_for(&domain, &records, found);
    let mut observations = resolver.observe(&questions).await;
    for _ in 0..2 {
        let probes = probes_for(&context, &records, &observations);
        observations.extend(resolver.observe(&probes.aliases).await);
        observations.extend(resolver.observe_source(&probes.explaining).await);
    }
    let left = probes_for(&context, &records, &observations);
    assert!(left.is_empty(), "three rounds are enough: {left:#?}");
    diagnose(&context, &records, &observations)
}

/// One record of `example.com`, with three servers: the resolver and the two of the zone.
async fn at_three(zones: [&str; 3], id: Id) -> (State, Vec<Code>) {
    let head = "@ NS ns1\n@ NS ns2\nns1 A 127.0.0.2\nns2 A 127.0.0.3\n";
    let files = zones.map(|zone| format!("{head}{zone}"));
    let zones = files
        .each_ref()
        .map(|file| [("example.com", file.as_str())]);
    let net = Net::start(&[&zones[0], &zones[1], &zones[2]]).await;
    of(&look(&net.resolver(), "example.com", None).await, id)
}

fn of(diagnosis: &Diagnosis, id: Id) -> (State, Vec<Code>) {
    let record = diagnosis.records.iter().find(|r| r.id == id).unwrap();
    (record.state, record.codes().collect())
}

#[tokio::test]
async fn a_record_correct_at_its_servers_and_old_at_the_resolver_is_propagating() {
    let (new, old) = (zone(&[], ""), zone(&[Id::Verification], ""));
    assert_eq!(
        at_three([&old, &new, &new], Id::Verification).await,
        (State::Found, vec![Code::Propagating])
    );
}

#[tokio::test]
async fn a_record_correct_at_one_server_and_missing_at_the_other_is_a_disagreement() {
    let (new, old) = (zone(&[], ""), zone(&[Id::Verification], ""));
    assert_eq!(
        at_three([&new, &new, &old], Id::Verification).await,
        (State::Wrong, vec![Code::NameserversDisagree])
    );
}

#[tokio::test]
async fn a_record_without_its_subdomain_part_is_recognized() {
    let file = format!("_amazonses TXT \"{TOKEN}\"\n@ A 192.0.2.1\n");
    let net = Net::start(&[&[("example.com", &file)]]).await;
    let diagnosis = look(&net.resolver(), "mail.example.com", None).await;
    assert_eq!(
        of(&diagnosis, Id::Verification),
        (State::Wrong, vec![Code::HostWithoutZonePart])
    );
}

#[tokio::test]
async fn a_zone_that_its_servers_do_not_serve_is_not_live() {
    let parent = "example 60 NS ns1.other.com.\n";
    let hosts = "ns1 60 A 127.0.0.2\n";
    let net = Net::start(&[&[("com", parent), ("other.com", hosts)], &[]]).await;
    let diagnosis = look(&net.resolver(), "example.com", None).await;
    let codes: Vec<Code> = diagnosis.domain.iter().map(|d| d.code).collect();
    assert_eq!(codes, [Code::ZoneNotLive]);
    assert!(diagnosis.records.iter().all(|r| r.state == State::Unknown));
}

#[tokio::test]
async fn a_nonexistent_domain_is_reported() {
    let net = Net::start(&[&[("com", "other 60 A 192.0.2.1\n")]]).await;
    let diagnosis = look(&net.resolver(), "example.com", None).await;
    assert_eq!(diagnosis.domain[0].code, Code::DomainDoesNotExist);
    assert_eq!(
        of(&diagnosis, Id::Verification),
        (State::Missing, vec![Code::DomainDoesNotExist])
    );
}

#[tokio::test]
async fn a_bogus_zone_is_unknown_and_reported() {
    let validating = OddServer::start(|query| {
        let mut response = response_to(&query);
        if !query.metadata.checking_disabled {
            response.metadata.response_code = ResponseCode::ServFail;
        }
        vec![response.to_vec().unwrap()]
    })
    .await;
    let mut config = DnsConfig::from_vars(|name| {
        (name == "DNS_SERVERS").then(|| validating.address.to_string())
    })
    .unwrap();
    config.limits = impatient();
    let diagnosis = look(&Resolver::new(config).unwrap(), "example.com", None).await;
    assert_eq!(diagnosis.domain[0].code, Code::DnssecFailure);
    assert_eq!(
        of(&diagnosis, Id::Verification),
        (State::Unknown, vec![Code::DnssecFailure])
    );
}

#[tokio::test]
async fn server_faults_never_make_a_record_missing_or_wrong() {
    let hosts = "ns1 60 A 127.0.0.2\n";
    let parent = "example 60 NS ns1.other.com.\n";
    let right = zone(&[], "");
    let resolver: &[(&str, &str)] = &[("com", parent), ("other.com", hosts)];
    let net = Net::start(&[resolver, &[("example.com", &right)]]).await;
    for fault in [
        Fault::ServFail,
        Fault::Refused,
        Fault::Drop,
        Fault::TruncateAndRefuseTcp,
        Fault::Lame,
        Fault::NotAuthoritative,
    ] {
        net.servers[1].set_faults([FaultRule::everywhere(fault)]);
        let diagnosis = look(&net.resolver(), "example.com", None).await;
        for record in &diagnosis.records {
            assert_eq!(record.state, State::Unknown, "{fault:?}: {record:#?}");
        }
        let code = diagnosis.domain.first().map(|d| d.code);
        assert!(
            matches!(code, Some(Code::DnsUnavailable | Code::ZoneNotLive)),
            "{fault:?}: {code:?}"
        );
    }
    net.servers[1].set_faults([]);
    let diagnosis = look(&net.resolver(), "example.com", None).await;
    assert!(diagnosis.records.iter().all(|r| r.state == State::Found));
}

#[tokio::test]
async fn an_outage_of_one_of_two_servers_changes_nothing() {
    let head = "@ NS ns1\n@ NS ns2\nns1 A 127.0.0.2\nns2 A 127.0.0.3\n";
    let file = format!("{head}{}", zone(&[], ""));
    let net = Net::alike(3, "example.com", &file).await;
    for fault in [Fault::ServFail, Fault::Refused, Fault::Drop, Fault::Lame] {
        net.servers[2].set_faults([FaultRule::everywhere(fault)]);
        let diagnosis = look(&net.resolver(), "example.com", None).await;
        let codes: Vec<Code> = diagnosis.domain.iter().map(|d| d.code).collect();
        let lame = matches!(fault, Fault::Refused | Fault::Lame);
        let said = if lame {
            vec![Code::NameserverLame]
        } else {
            Vec::new()
        };
        assert_eq!(codes, said, "{fault:?}");
        for record in diagnosis.records {
            assert_eq!(
                (record.state, record.code),
                (State::Found, None),
                "{fault:?}: {record:#?}"
            );
        }
    }
}

#[tokio::test]
async fn the_ses_status_adds_a_code_without_changing_states() {
    let net = Net::start(&[&[("example.com", &zone(&[Id::Verification], ""))]]).await;
    let ses = |status| {
        Some(SesStatus {
            verification: status,
            dkim: status,
            mail_from: status,
        })
    };
    let waiting = look(&net.resolver(), "example.com", ses(AxisStatus::Pending)).await;
    assert_eq!(
        of(&waiting, Id::Dkim1),
        (State::Found, vec![Code::OkWaitingForSes])
    );
    assert_eq!(
        of(&waiting, Id::Verification),
        (State::Missing, vec![Code::NotFound])
    );
    let verified = look(&net.resolver(), "example.com", ses(AxisStatus::Success)).await;
    assert_eq!(of(&verified, Id::Dkim1), (State::Found, vec![]));
    assert_eq!(
        of(&verified, Id::Verification),
        (State::Missing, vec![Code::NotNeeded])
    );
}
