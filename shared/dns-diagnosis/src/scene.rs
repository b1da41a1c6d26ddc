//! Records of many zones, with answers as RFC 1034 defines them (sections 3.6.2, 4.3.2 and 4.3.3),
//! and helpers for observations. Used by tests of this crate, by the fake DNS of the service's unit
//! tests, and by the simulation.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use crate::dns::{
    AuthorityAnswer, Data, NameServer, Observation, Outcome, Question, RecordType, SecondAnswer,
    SecondLook, Transport,
};
use crate::records::{Record, RecordData};

/// Time to live of answers, in seconds, unless a scene has another.
const TTL: u32 = 300;

/// What one server has. Servers with different content are different scenes.
#[derive(Debug, Clone)]
pub struct DnsScene {
    /// By the labels of the name from the right, so that what lies below a name comes after it.
    names: BTreeMap<String, Vec<Data>>,
    ttl: u32,
    negative_ttl: u32,
}

impl Default for DnsScene {
    fn default() -> Self {
        Self::with_ttl(TTL, TTL)
    }
}

impl DnsScene {
    /// An empty one, with the time to live of answers with data and of those without, in seconds.
    pub fn with_ttl(ttl: u32, negative_ttl: u32) -> Self {
        Self {
            names: BTreeMap::new(),
            ttl,
            negative_ttl,
        }
    }

    /// Publishes a record as it should be, beside what is there.
    pub fn publish(&mut self, record: &Record) {
        self.put(&record.name, data_of(record));
    }

    /// Puts data at a name, beside what is there.
    pub fn put(&mut self, name: &str, data: Data) {
        let there = self.names.entry(from_the_right(name)).or_default();
        if let Err(at) = there.binary_search(&data) {
            there.insert(at, data);
        }
    }

    /// Takes away all that is at the record's name and of its type.
    pub fn unpublish(&mut self, record: &Record) {
        self.remove(&record.name, type_of(&data_of(record)));
    }

    /// Takes away all that is at a name and of a type.
    pub fn remove(&mut self, name: &str, record_type: RecordType) {
        let name = from_the_right(name);
        if let Some(there) = self.names.get_mut(&name) {
            there.retain(|data| type_of(data) != record_type);
            if there.is_empty() {
                self.names.remove(&name);
            }
        }
    }

    /// Whether a record is there as it should be.
    pub fn has(&self, record: &Record) -> bool {
        self.at(&record.name).contains(&data_of(record))
    }

    /// What a server with all of this answers.
    pub fn answer(&self, question: &Question) -> Outcome {
        let mut there = self.at(&question.name);
        let exists = !there.is_empty() || self.has_below(&question.name);
        if !exists {
            there = self.wildcard(&question.name);
        }
        let of_type = there
            .iter()
            .filter(|it| type_of(it) == question.record_type);
        let data: Vec<Data> = of_type.cloned().collect();
        if !data.is_empty() {
            return Outcome::Found {
                data,
                ttl: self.ttl,
            };
        }
        for data in there {
            if let Data::Cname { target } = data {
                return Outcome::Alias {
                    target: target.clone(),
                    ttl: self.ttl,
                };
            }
        }
        let negative_ttl = self.negative_ttl;
        if exists || !there.is_empty() {
            Outcome::NoData { negative_ttl }
        } else {
            Outcome::NoSuchName { negative_ttl }
        }
    }

    fn at(&self, name: &str) -> &[Data] {
        let there = self.names.get(&from_the_right(name));
        there.map_or(&[], Vec::as_slice)
    }

    /// A name without records exists where there are some below it.
    fn has_below(&self, name: &str) -> bool {
        let below = from_the_right(name) + ".";
        let next = self.names.range(below.clone()..).next();
        next.is_some_and(|(next, _)| next.starts_with(&below))
    }

    fn wildcard(&self, name: &str) -> &[Data] {
        let parents = std::iter::successors(name.split_once('.'), |(_, rest)| rest.split_once('.'));
        let wildcards = parents.map(|(_, parent)| self.at(&format!("*.{parent}")));
        wildcards
            .into_iter()
            .find(|it| !it.is_empty())
            .unwrap_or(&[])
    }
}

fn from_the_right(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    name.rsplit('.').collect::<Vec<_>>().join(".")
}

/// A server does not have the name.
pub fn no_such_name() -> Outcome {
    Outcome::NoSuchName { negative_ttl: TTL }
}

/// What a record's data is in an answer.
pub fn data_of(record: &Record) -> Data {
    match record.data.clone() {
        RecordData::Txt { text } => Data::Txt { text },
        RecordData::Cname { target } => Data::Cname { target },
        RecordData::Mx {
            preference,
            exchange,
        } => Data::Mx {
            preference,
            exchange,
        },
    }
}

/// The type of a record with this data.
pub fn type_of(data: &Data) -> RecordType {
    match data {
        Data::Address { address } if address.is_ipv4() => RecordType::A,
        Data::Address { .. } => RecordType::Aaaa,
        Data::Cname { .. } => RecordType::Cname,
        Data::Mx { .. } => RecordType::Mx,
        Data::Ns { .. } => RecordType::Ns,
        Data::Soa { .. } => RecordType::Soa,
        Data::Txt { .. } => RecordType::Txt,
    }
}

/// What is seen if the servers `ns1.<zone>`, `ns2.<zone>` and so on answer so, and the resolver, if it
/// is asked.
pub fn observed(
    question: &Question,
    zone: &str,
    servers: impl IntoIterator<Item = Outcome>,
    recursive: Outcome,
) -> Observation {
    let answers = (1..).zip(servers).map(|(number, outcome)| AuthorityAnswer {
        server: NameServer {
            host: format!("ns{number}.{zone}"),
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)),
        },
        outcome,
    });
    let mut observation = Observation {
        question: question.clone(),
        authoritative: answers.collect(),
        zone: None,
        recursive,
    };
    observation.spare_resolver();
    observation
}

/// What is seen over TCP if every server answers as in an observation.
pub fn seen_again(observation: Observation) -> SecondLook {
    let answers = observation.authoritative;
    SecondLook {
        question: observation.question,
        listed: answers.len(),
        answers: answers
            .into_iter()
            .map(|answer| SecondAnswer {
                server: answer.server,
                transport: Transport::Tcp,
                outcome: answer.outcome,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(scene: &DnsScene, name: &str, record_type: RecordType) -> Outcome {
        scene.answer(&Question {
            name: name.to_owned(),
            record_type,
        })
    }

    #[test]
    fn names_without_data_empty_names_cnames_and_wildcards_are_distinguished() {
        let (text, target) = ("v=DMARC1; p=none;".to_owned(), "other.example".to_owned());
        let mut scene = DnsScene::default();
        scene.put("a.b.example.com", Data::Txt { text: text.clone() });
        scene.put("alias.example.com", Data::Cname { target });
        scene.put("*.wild.example.com", Data::Txt { text: text.clone() });
        let found = |name| matches!(answer(&scene, name, RecordType::Txt), Outcome::Found { .. });
        assert!(found("A.b.example.com") && found("any.wild.example.com"));
        let no_data = Outcome::NoData { negative_ttl: TTL };
        for name in ["a.b.example.com", "b.example.com", "wild.example.com"] {
            assert_eq!(answer(&scene, name, RecordType::Mx), no_data, "{name}");
        }
        let alias = answer(&scene, "alias.example.com", RecordType::Txt);
        assert!(matches!(alias, Outcome::Alias { .. }), "{alias:?}");
        for name in ["c.example.com", "xb.example.com", "a.b.example.org"] {
            assert_eq!(
                answer(&scene, name, RecordType::Txt),
                no_such_name(),
                "{name}"
            );
        }
    }
}
