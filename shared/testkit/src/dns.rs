//! A DNS that holds what a test puts in.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};

use domain_auth::dns::{
    AuthorityAnswer, Data, Lookup, NameServer, Observation, Outcome, Question, RecordType, Zone,
    ZoneOutcome,
};
use domain_auth::names::DomainName;
use domain_auth::records::{Record, RecordData};

type Answers = HashMap<Question, Vec<Data>>;

/// Records in memory; every organizational domain is a zone. Where nothing was put, there is no
/// such name.
#[derive(Debug, Default)]
pub struct FakeDns {
    answers: Mutex<Answers>,
    silent: bool,
}

impl FakeDns {
    /// A DNS that never answers.
    pub fn silent() -> Self {
        Self {
            silent: true,
            ..Self::default()
        }
    }

    /// Publishes a record as it should be.
    pub fn publish(&self, record: &Record) {
        let (record_type, data) = match record.data.clone() {
            RecordData::Txt { text } => (RecordType::Txt, Data::Txt { text }),
            RecordData::Cname { target } => (RecordType::Cname, Data::Cname { target }),
            RecordData::Mx {
                preference,
                exchange,
            } => (
                RecordType::Mx,
                Data::Mx {
                    preference,
                    exchange,
                },
            ),
        };
        self.put(&record.name, record_type, data);
    }

    /// Puts data at a name, beside what is there.
    pub fn put(&self, name: &str, record_type: RecordType, data: Data) {
        let question = Question {
            name: name.to_owned(),
            record_type,
        };
        self.answers().entry(question).or_default().push(data);
    }

    fn answer(&self, question: &Question) -> Outcome {
        if self.silent {
            return Outcome::TimedOut;
        }
        match self.answers().get(question) {
            Some(data) => Outcome::Found {
                data: data.clone(),
                ttl: 300,
            },
            None => Outcome::NoSuchName { negative_ttl: 300 },
        }
    }

    fn answers(&self) -> std::sync::MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lookup for FakeDns {
    fn fresh(&self) -> Self {
        Self {
            answers: Mutex::new(self.answers().clone()),
            silent: self.silent,
        }
    }

    async fn zone(&self, name: &str) -> ZoneOutcome {
        if self.silent {
            return ZoneOutcome::Unknown { failure: None };
        }
        let apex = DomainName::parse(name)
            .map_or_else(|_| name.to_owned(), |name| name.organizational().to_owned());
        ZoneOutcome::Found(Zone {
            name_servers: vec![format!("ns1.{apex}")],
            apex,
        })
    }

    async fn observe(&self, questions: &[Question]) -> Vec<Observation> {
        let observe = |question: &Question| Observation {
            question: question.clone(),
            authoritative: vec![AuthorityAnswer {
                server: NameServer {
                    host: "ns1.example".to_owned(),
                    address: IpAddr::V4(Ipv4Addr::LOCALHOST),
                },
                outcome: self.answer(question),
            }],
            recursive: self.answer(question),
        };
        questions.iter().map(observe).collect()
    }
}
