//! Faults of a name server that a test can set.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::answer::Question;
use super::counts::Transport;

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SERVFAIL.
    ServFail,
    /// REFUSED.
    Refused,
    /// No answer at all, over UDP or TCP.
    Drop,
    /// Every answer over UDP is empty with the TC bit; a TCP connection is reset.
    TruncateAndRefuseTcp,
    /// The server answers like one without the zone: no AA bit, no data, a referral upwards to the
    /// root. (A lame server that answers REFUSED is [`Fault::Refused`].)
    Lame,
    /// The right data without the AA bit, as from a cache.
    NotAuthoritative,
    /// NXDOMAIN for every name, like a server with an old copy of the zone.
    NoSuchName,
    /// FORMERR to every query with EDNS (RFC 6891 section 7).
    FormErrToEdns,
    /// NOTIMP.
    NotImp,
    /// BADVERS to every query with EDNS (RFC 6891 section 6.1.3); others are answered.
    BadVersToEdns,
    /// Answers like a server from before EDNS: without it, and with at most 512 octets over UDP.
    NoOpt,
    /// NXDOMAIN for names that only have names below them, which violates RFC 8020 section 2.
    DenyEmptyNonTerminals,
    /// Negative answers without the SOA record (RFC 2308 section 5 forbids caching them).
    NoSoa,
    /// The zone does not validate (RFC 4035): a resolver answers SERVFAIL, and returns the data
    /// only if the CD bit is set. Answers of a name server do not change.
    Bogus,
    /// Not a fault: names in answers have mixed upper and lower case.
    MixedCase,
    /// Not a fault: names in answers are not compressed (RFC 1035 section 4.1.4 allows both).
    Uncompressed,
    /// Not a fault: answers over UDP have at most 128 octets; longer ones are truncated, and
    /// complete over TCP.
    SmallAnswers,
    /// An answer after this time. Other queries do not wait for it. Can be combined with any
    /// other fault.
    Delay(Duration),
}

/// The role in which a query uses the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedAs {
    /// A recursive resolver: the RD bit is set.
    Resolver,
    /// The name server of a zone.
    NameServer,
}

/// A fault, and the queries that it affects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    suffix: Option<String>,
    server: Option<IpAddr>,
    transport: Option<Transport>,
    asked_as: Option<AskedAs>,
    edns: Option<bool>,
    fault: Fault,
}

impl FaultRule {
    /// Affects every query.
    pub fn everywhere(fault: Fault) -> Self {
        Self {
            suffix: None,
            server: None,
            transport: None,
            asked_as: None,
            edns: None,
            fault,
        }
    }

    /// Affects queries about a name and the names below it. `name` is a domain name, with or
    /// without its last dot, in any case.
    pub fn under(name: &str, fault: Fault) -> Self {
        Self {
            suffix: Some(name.trim_end_matches('.').to_ascii_lowercase()),
            ..Self::everywhere(fault)
        }
    }

    /// Only queries to this address of the server.
    #[must_use]
    pub fn at(self, server: IpAddr) -> Self {
        Self {
            server: Some(server),
            ..self
        }
    }

    /// Only queries over this transport.
    #[must_use]
    pub fn over(self, transport: Transport) -> Self {
        Self {
            transport: Some(transport),
            ..self
        }
    }

    /// Only queries to the server in this role.
    #[must_use]
    pub fn asked_as(self, asked_as: AskedAs) -> Self {
        Self {
            asked_as: Some(asked_as),
            ..self
        }
    }

    /// Only queries with EDNS, or only those without.
    #[must_use]
    pub fn edns(self, edns: bool) -> Self {
        Self {
            edns: Some(edns),
            ..self
        }
    }

    fn applies_to(&self, name: &str, transport: Transport, question: &Question) -> bool {
        let asked_as = if question.recursive {
            AskedAs::Resolver
        } else {
            AskedAs::NameServer
        };
        self.server.is_none_or(|server| server == question.server)
            && self.transport.is_none_or(|only| only == transport)
            && self.asked_as.is_none_or(|only| only == asked_as)
            && self.edns.is_none_or(|only| only == question.edns)
            && self.strikes_name(name)
    }

    fn strikes_name(&self, name: &str) -> bool {
        self.suffix.as_deref().is_none_or(|suffix| {
            name.strip_suffix(suffix)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.') || suffix.is_empty())
        })
    }
}

/// The combined effect of the rules on one query.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The sum of all delays.
    pub(crate) delay: Duration,
    /// The first fault that is not a delay.
    pub(crate) fault: Option<Fault>,
}

/// Applies the rules to a query.
pub(crate) fn verdict(rules: &[FaultRule], question: &Question, transport: Transport) -> Verdict {
    if rules.is_empty() {
        return Verdict::default();
    }
    let name = question.name.to_ascii();
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let mut verdict = Verdict::default();
    let applying = rules
        .iter()
        .filter(|rule| rule.applies_to(&name, transport, question));
    for rule in applying {
        match rule.fault {
            Fault::Delay(delay) => verdict.delay += delay,
            fault => {
                verdict.fault.get_or_insert(fault);
            }
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use hickory_proto::rr::{Name, RecordType};

    use super::*;

    fn question(name: &str) -> Question {
        Question {
            name: Name::from_ascii(name).unwrap(),
            record_type: RecordType::TXT,
            recursive: false,
            unchecked: false,
            edns: true,
            server: Ipv4Addr::new(127, 0, 0, 2).into(),
        }
    }

    fn fault(rules: &[FaultRule], name: &str) -> Option<Fault> {
        verdict(rules, &question(name), Transport::Udp).fault
    }

    #[test]
    fn a_fault_rule_matches_a_suffix_by_whole_labels() {
        let rules = [FaultRule::under("Example.com.", Fault::ServFail)];
        assert_eq!(fault(&rules, "example.COM."), Some(Fault::ServFail));
        assert_eq!(fault(&rules, "a.b.example.com."), Some(Fault::ServFail));
        assert_eq!(fault(&rules, "notexample.com."), None);
    }

    #[test]
    fn delays_add_up_and_only_the_first_other_fault_applies() {
        let rules = [
            FaultRule::everywhere(Fault::Delay(Duration::from_millis(20))),
            FaultRule::under("com", Fault::Delay(Duration::from_millis(10))),
            FaultRule::under("example.com", Fault::Lame),
            FaultRule::everywhere(Fault::Drop),
        ];
        let verdict = verdict(&rules, &question("example.com."), Transport::Udp);
        assert_eq!(verdict.delay, Duration::from_millis(30));
        assert_eq!(verdict.fault, Some(Fault::Lame));
    }

    #[test]
    fn a_rule_applies_only_if_all_its_conditions_match() {
        let rule = FaultRule::everywhere(Fault::Drop);
        let here = Ipv4Addr::new(127, 0, 0, 2).into();
        for (rule, applies) in [
            (rule.clone().at(here), true),
            (rule.clone().at(Ipv4Addr::LOCALHOST.into()), false),
            (rule.clone().over(Transport::Udp), true),
            (rule.clone().over(Transport::Tcp), false),
            (rule.clone().asked_as(AskedAs::NameServer), true),
            (rule.clone().asked_as(AskedAs::Resolver), false),
            (rule.clone().edns(true), true),
            (rule.clone().edns(false), false),
            (rule.clone().at(here).over(Transport::Tcp), false),
        ] {
            let faulty = fault(std::slice::from_ref(&rule), "example.com.").is_some();
            assert_eq!(faulty, applies, "{rule:?}");
        }
    }
}
