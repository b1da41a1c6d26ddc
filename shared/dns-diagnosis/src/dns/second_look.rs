//! The second look: the answers of a zone's authoritative servers when they are queried again over
//! TCP. It protects actions that a single forged answer must not trigger.
//!
//! Anybody who guesses its port and its identifier can forge an answer over UDP (RFC 5452). A TCP
//! connection cannot be forged from off the path (RFC 7766 section 10). A single server of a zone
//! may also have data that the others do not have, so two of them have to agree if there are two.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Failure, NameServer, Outcome, Question};

/// The number of servers that have to show a record, if the zone has that many.
const WANTED: usize = 2;

/// How a server was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// In a datagram.
    Udp,
    /// On a connection.
    Tcp,
}

/// What one server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondAnswer {
    /// The server.
    pub server: NameServer,
    /// How the server was asked.
    pub transport: Transport,
    /// Its answer.
    pub outcome: Outcome,
}

/// All that the second look has seen of one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondLook {
    /// What was asked.
    pub question: Question,
    /// Addresses of the servers that the zone is delegated to, as far as they were looked up: all of
    /// them, if fewer than two servers have answered. A server whose address could not be looked
    /// up counts as one. 0 if no server could be found.
    pub listed: usize,
    /// The answers, and the failures of the servers that gave no usable answer.
    pub answers: Vec<SecondAnswer>,
}

/// At how many servers a record was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
    /// At as many as are wanted, and no server that answered lacks it.
    Confirmed {
        /// The hosts of the servers that showed it, sorted.
        servers: Vec<String>,
    },
    /// At fewer servers, or a server that answered lacks it.
    Unconfirmed {
        /// Servers that showed it.
        seen: usize,
        /// Servers that should have shown it.
        of: usize,
    },
}

impl SecondLook {
    /// A second look that has found no server.
    pub fn unanswered(question: Question) -> Self {
        Self {
            question,
            listed: 0,
            answers: Vec::new(),
        }
    }

    /// Whether the servers of the zone show what `shows` looks for. Only what came over TCP counts,
    /// and each address counts once. A server that is listed for the zone and does not serve it
    /// (lame), or whose address is not public, does not count as authoritative.
    pub fn sighting(&self, shows: impl Fn(&Outcome) -> bool) -> Sighting {
        let over_tcp = self.answers.iter();
        let over_tcp = over_tcp.filter(|answer| answer.transport == Transport::Tcp);
        let (mut with, mut without) = (BTreeSet::new(), BTreeSet::new());
        let mut not_serving: BTreeSet<IpAddr> = BTreeSet::new();
        let mut hosts = BTreeSet::new();
        for answer in over_tcp {
            let address = answer.server.address;
            if answer.outcome.is_answer() && shows(&answer.outcome) {
                with.insert(address);
                hosts.insert(answer.server.host.clone());
            } else if answer.outcome.is_answer() {
                without.insert(address);
            } else if serves_not(&answer.outcome) {
                not_serving.insert(address);
            }
        }
        let serving = self.listed.saturating_sub(not_serving.len());
        let wanted = serving.clamp(1, WANTED);
        if without.is_empty() && with.len() >= wanted {
            let servers = hosts.into_iter().collect();
            return Sighting::Confirmed { servers };
        }
        Sighting::Unconfirmed {
            seen: with.len(),
            of: wanted.max(with.len() + without.len()),
        }
    }
}

fn serves_not(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Failed { failure } => match failure {
            Failure::Lame | Failure::NotPublic => true,
            Failure::ServerFailure | Failure::DnssecBogus | Failure::Refused => false,
            Failure::Malformed | Failure::Unreachable => false,
        },
        Outcome::Found { .. } | Outcome::Alias { .. } | Outcome::NoData { .. } => false,
        Outcome::NoSuchName { .. } | Outcome::TimedOut | Outcome::NotAsked => false,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::dns::{Data, RecordType};

    const FOUND: &str = "found";
    const GONE: &str = "gone";
    const SILENT: &str = "silent";
    const LAME: &str = "lame";
    const REFUSED: &str = "refused";

    fn outcome(word: &str) -> Outcome {
        let text = "proof".to_owned();
        let failed = |failure| Outcome::Failed { failure };
        match word {
            FOUND => Outcome::Found {
                data: vec![Data::Txt { text }],
                ttl: 60,
            },
            GONE => Outcome::NoSuchName { negative_ttl: 60 },
            LAME => failed(Failure::Lame),
            REFUSED => failed(Failure::Refused),
            _ => Outcome::TimedOut,
        }
    }

    fn look(listed: usize, answers: &[(u8, Transport, &str)]) -> SecondLook {
        let answers = answers
            .iter()
            .map(|(number, transport, word)| SecondAnswer {
                server: NameServer {
                    host: format!("ns{number}.example"),
                    address: Ipv4Addr::new(192, 0, 2, *number).into(),
                },
                transport: *transport,
                outcome: outcome(word),
            });
        SecondLook {
            question: Question {
                name: "example.com".to_owned(),
                record_type: RecordType::Txt,
            },
            listed,
            answers: answers.collect(),
        }
    }

    fn seen(look: &SecondLook) -> Sighting {
        look.sighting(|outcome| matches!(outcome, Outcome::Found { .. }))
    }

    fn confirmed(hosts: &[&str]) -> Sighting {
        let servers = hosts.iter().map(ToString::to_string).collect();
        Sighting::Confirmed { servers }
    }

    #[test]
    fn two_servers_have_to_agree_if_there_are_two() {
        let tcp = Transport::Tcp;
        let both = look(2, &[(1, tcp, FOUND), (2, tcp, FOUND)]);
        assert_eq!(seen(&both), confirmed(&["ns1.example", "ns2.example"]));
        for other in [GONE, SILENT, REFUSED] {
            let one = look(2, &[(1, tcp, FOUND), (2, tcp, other)]);
            assert_eq!(seen(&one), Sighting::Unconfirmed { seen: 1, of: 2 });
        }
        // A third that answers without it disagrees.
        let three = look(3, &[(1, tcp, FOUND), (2, tcp, FOUND), (3, tcp, GONE)]);
        assert_eq!(seen(&three), Sighting::Unconfirmed { seen: 2, of: 3 });
        // One that is silent does not, as long as two others show it.
        let three = look(3, &[(1, tcp, FOUND), (2, tcp, SILENT), (3, tcp, FOUND)]);
        assert_eq!(seen(&three), confirmed(&["ns1.example", "ns3.example"]));
    }

    #[test]
    fn one_server_is_enough_if_the_zone_has_no_other() {
        let tcp = Transport::Tcp;
        assert_eq!(
            seen(&look(1, &[(1, tcp, FOUND)])),
            confirmed(&["ns1.example"])
        );
        let with_a_lame_one = look(2, &[(1, tcp, FOUND), (2, tcp, LAME)]);
        assert_eq!(seen(&with_a_lame_one), confirmed(&["ns1.example"]));
        // The same address under two names is one server.
        let twice = look(2, &[(1, tcp, FOUND), (1, tcp, FOUND)]);
        assert_eq!(seen(&twice), Sighting::Unconfirmed { seen: 1, of: 2 });
    }

    #[test]
    fn a_second_look_without_answers_confirms_nothing() {
        let tcp = Transport::Tcp;
        for (listed, answers) in [
            (0, &[][..]),
            (1, &[(1, tcp, SILENT)][..]),
            (2, &[(1, tcp, LAME), (2, tcp, LAME)][..]),
        ] {
            let of = listed.clamp(1, 2);
            let looked = seen(&look(listed, answers));
            let expected = Sighting::Unconfirmed { seen: 0, of };
            let lame = Sighting::Unconfirmed { seen: 0, of: 1 };
            assert!(looked == expected || looked == lame, "{looked:?}");
        }
    }

    #[test]
    fn answers_over_udp_do_not_count() {
        let udp = Transport::Udp;
        let forged = look(2, &[(1, udp, FOUND), (2, udp, FOUND)]);
        assert_eq!(seen(&forged), Sighting::Unconfirmed { seen: 0, of: 2 });
    }
}
