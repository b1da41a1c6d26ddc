//! Measures the pure part of a look, for a domain whose records are all right and for one with a
//! mistake in each record. The poller does this for every domain that waits, in every run.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dns_diagnosis::diagnosis::{Context, FormerTokens, diagnose, probes_for, questions_for};
use dns_diagnosis::dns::{
    AuthorityAnswer, Data, NameServer, Observation, Outcome, Question, RecordType, Zone,
    ZoneOutcome,
};
use dns_diagnosis::identity::{Dkim, DkimToken, MailFromLabel, SesIdentity, VerificationToken};
use dns_diagnosis::names::DomainName;
use dns_diagnosis::records::{Record, RecordData, records_of};

fn identity() -> SesIdentity {
    let token = |text| DkimToken::parse(text).expect("it is a label");
    SesIdentity {
        verification_token: Some(
            VerificationToken::parse("QTKk+/gFg2J4mnopQRSTuvwx0123456789abcdefghI=")
                .expect("it is a token"),
        ),
        dkim: Some(Dkim {
            tokens: [token("tokenone"), token("tokentwo"), token("tokenthree")],
            signing_hosted_zone: "dkim.amazonses.com".to_owned(),
        }),
        mail_from: Some(MailFromLabel::default_label()),
        region: "us-east-1".to_owned(),
        adopted: None,
    }
}

/// What is published for a record: the record itself, or the record with quotation marks and the zone appended.
fn published(record: &Record, damaged: bool) -> Data {
    let tail = if damaged { ".example.com" } else { "" };
    match &record.data {
        RecordData::Txt { text } if damaged => Data::Txt {
            text: format!("\"{text}\""),
        },
        RecordData::Txt { text } => Data::Txt { text: text.clone() },
        RecordData::Cname { target } => Data::Cname {
            target: format!("{target}{tail}"),
        },
        RecordData::Mx {
            preference,
            exchange,
        } => Data::Mx {
            preference: *preference,
            exchange: format!("{exchange}{tail}"),
        },
    }
}

fn type_of(data: &Data) -> RecordType {
    match data {
        Data::Address { .. } => RecordType::A,
        Data::Cname { .. } => RecordType::Cname,
        Data::Mx { .. } => RecordType::Mx,
        Data::Ns { .. } => RecordType::Ns,
        Data::Soa { .. } => RecordType::Soa,
        Data::Txt { .. } => RecordType::Txt,
    }
}

fn observe(records: &[Record], questions: &[Question], damaged: bool) -> Vec<Observation> {
    let answer = |question: &Question| {
        let all = records.iter().filter(|record| record.name == question.name);
        let mut data: Vec<Data> = all.map(|record| published(record, damaged)).collect();
        data.retain(|data| type_of(data) == question.record_type);
        if data.is_empty() {
            Outcome::NoSuchName { negative_ttl: 300 }
        } else {
            Outcome::Found { data, ttl: 300 }
        }
    };
    let server = |host: &str| NameServer {
        host: host.to_owned(),
        address: [192, 0, 2, 1].into(),
    };
    let observe = |question: &Question| Observation {
        question: question.clone(),
        authoritative: ["ns1.dns.example", "ns2.dns.example"]
            .map(|host| AuthorityAnswer {
                server: server(host),
                outcome: answer(question),
            })
            .to_vec(),
        zone: None,
        recursive: answer(question),
    };
    questions.iter().map(observe).collect()
}

fn diagnosis(criterion: &mut Criterion) {
    let domain = DomainName::parse("example.com").expect("it is a domain");
    let zone = ZoneOutcome::Found(Zone {
        apex: "example.com".to_owned(),
        name_servers: vec!["ada.ns.cloudflare.com".to_owned()],
    });
    let former = FormerTokens::default();
    let context = Context {
        domain: &domain,
        zone: &zone,
        former: &former,
        ses: None,
        sightings: None,
    };
    let records = records_of(&domain, &identity());
    let questions = questions_for(&domain, &records, None);
    for (name, damaged) in [("everything right", false), ("a mistake in each", true)] {
        let mut observations = observe(&records, &questions, damaged);
        let probes = probes_for(&context, &records, &observations);
        observations.extend(observe(&records, &probes.explaining, damaged));
        criterion.bench_function(&format!("diagnose, {name}"), |bencher| {
            bencher.iter(|| diagnose(&context, black_box(&records), black_box(&observations)));
        });
        criterion.bench_function(&format!("probes, {name}"), |bencher| {
            bencher.iter(|| probes_for(&context, black_box(&records), black_box(&observations)));
        });
    }
}

criterion_group!(benches, diagnosis);
criterion_main!(benches);
