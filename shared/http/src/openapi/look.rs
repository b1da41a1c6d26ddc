//! The last DNS look of the domain in the examples: its TXT record has a doubled name.

use domain_auth::diagnosis::{Context, FormerTokens, diagnose, questions_for};
use domain_auth::dns::{
    AuthorityAnswer, Data, DnsLook, NameServer, Observation, Outcome, Question, RecordType, Zone,
    ZoneOutcome,
};
use domain_auth::domain::Domain;
use domain_auth::identity::{AxisStatus, SesLook, SesStatus};

use super::story::{NAME, at, pending_domain};

pub(crate) fn looked_at() -> (Domain, DnsLook) {
    let mut domain = pending_domain();
    let ses = SesStatus {
        verification: AxisStatus::Pending,
        dkim: AxisStatus::Pending,
        mail_from: AxisStatus::Pending,
    };
    domain.ses = Some(SesLook {
        status: ses,
        looked_at: at(12),
        details_at: Some(at(12)),
    });
    domain.next_check = at(13);
    let zone = Zone {
        apex: NAME.to_owned(),
        name_servers: vec![
            "ns31.domaincontrol.com".to_owned(),
            "ns32.domaincontrol.com".to_owned(),
        ],
    };
    let records = domain.records();
    let found = ZoneOutcome::Found(zone.clone());
    let mut questions = questions_for(&domain.name, &records, Some(&zone));
    questions.push(Question {
        name: format!("_amazonses.{NAME}.{NAME}"),
        record_type: RecordType::Txt,
    });
    let observations: Vec<Observation> = questions
        .into_iter()
        .map(|question| observed(question, &domain, &zone))
        .collect();
    let context = Context {
        domain: &domain.name,
        zone: &found,
        former: &FormerTokens::default(),
        ses: Some(ses),
        sightings: None,
    };
    let diagnosis = diagnose(&context, &records, &observations);
    domain.saw_dns(&diagnosis, at(12));
    let look = DnsLook::new(found, diagnosis, observations, &records);
    (domain, look)
}

/// What DNS answers: the three CNAMEs are right, the TXT record has the zone twice in its name.
fn observed(question: Question, domain: &Domain, zone: &Zone) -> Observation {
    let records = domain.records();
    let txt = records[0].data.value();
    let target = records
        .iter()
        .find(|record| record.name == question.name && question.record_type == RecordType::Cname);
    let data = if let Some(record) = target {
        Some(Data::Cname {
            target: record.data.value(),
        })
    } else if question.name.starts_with("_amazonses.")
        && question.name.ends_with(".com.maplehomes.com")
    {
        Some(Data::Txt { text: txt })
    } else {
        None
    };
    let outcome = match data {
        Some(data) => Outcome::Found {
            data: vec![data],
            ttl: 300,
        },
        None => Outcome::NoSuchName { negative_ttl: 600 },
    };
    let server = NameServer {
        host: zone.name_servers[0].clone(),
        address: [97, 74, 105, 16].into(),
    };
    let mut observation = Observation {
        question,
        authoritative: vec![AuthorityAnswer {
            server,
            outcome: outcome.clone(),
        }],
        zone: None,
        recursive: outcome,
    };
    observation.spare_resolver();
    observation
}
