//! Problems of a domain as a whole, independent of its records.

use std::collections::BTreeMap;

use super::answers::is_lame;
use super::case::Case;
use super::finding::{JudgedRecord, RecordState};
use crate::diagnosis::DiagnosisCode as Code;
use crate::dns::{AuthorityAnswer, Failure, Observation, Outcome, RecordType, ZoneOutcome};

/// Why the zone as a whole cannot be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It does not exist.
    NoSuchDomain,
    /// The registrar has delegated it to its name servers for suspended or expired domains.
    Suspended,
    /// The servers that the parent delegates to do not serve it, or others than the zone names.
    NotLive,
    /// The resolver refuses it, because its signatures are broken (DNSSEC).
    Bogus,
    /// DNS did not answer.
    Silent,
}

impl Trouble {
    /// The code that stands for it.
    pub fn code(self) -> Code {
        match self {
            Self::NoSuchDomain => Code::DomainDoesNotExist,
            Self::Suspended => Code::DomainSuspended,
            Self::NotLive => Code::ZoneNotLive,
            Self::Bogus => Code::DnssecFailure,
            Self::Silent => Code::DnsUnavailable,
        }
    }
}

/// At most one reason: if the zone cannot be seen, nothing else can be known of it.
pub(super) fn trouble(case: &Case<'_>, records: &[JudgedRecord]) -> Option<Trouble> {
    let bogus = case.observations.iter().any(|observation| {
        let failure = Failure::DnssecBogus;
        observation.recursive == Outcome::Failed { failure } && is_of_zone(case, observation)
    });
    match case.context.zone {
        ZoneOutcome::NoSuchDomain => Some(Trouble::NoSuchDomain),
        ZoneOutcome::Unknown { .. } | ZoneOutcome::Found(_) if bogus => Some(Trouble::Bogus),
        ZoneOutcome::Unknown { failure } => Some(match failure {
            Some(Failure::DnssecBogus) => Trouble::Bogus,
            Some(Failure::Lame) => Trouble::NotLive,
            Some(
                Failure::ServerFailure
                | Failure::Refused
                | Failure::Malformed
                | Failure::Unreachable
                | Failure::NotPublic,
            )
            | None => Trouble::Silent,
        }),
        ZoneOutcome::Found(_)
            if case.is_suspended() && records.iter().any(|it| it.state != RecordState::Found) =>
        {
            Some(Trouble::Suspended)
        }
        // While its name servers change, records may be seen at the previous ones.
        ZoneOutcome::Found(_) if !records.is_empty() && records.iter().all(is_found) => None,
        ZoneOutcome::Found(_) if is_elsewhere(case) || is_dead(case) => Some(Trouble::NotLive),
        ZoneOutcome::Found(_) => {
            let unknown = |record: &JudgedRecord| {
                record.state == RecordState::Unknown && !record.findings.is_empty()
            };
            let silent = !records.is_empty() && records.iter().all(unknown);
            silent.then_some(Trouble::Silent)
        }
    }
}

/// Whether the name that was asked for is in the domain's own zone, and is not an alias: what an alias leads to
/// may be in another zone, and so may a name that an SPF record includes.
fn is_of_zone(case: &Case<'_>, observation: &Observation) -> bool {
    let front = observation.question.name.strip_suffix(case.zone);
    let is_below = front.is_some_and(|front| front.is_empty() || front.ends_with('.'));
    let zone = observation.zone.as_deref();
    let is_delegated = zone.is_some_and(|zone| !zone.eq_ignore_ascii_case(case.zone));
    let of_alias = |answer: &AuthorityAnswer| matches!(answer.outcome, Outcome::Alias { .. });
    is_below && !is_delegated && !observation.authoritative.iter().any(of_alias)
}

fn is_found(record: &JudgedRecord) -> bool {
    record.state == RecordState::Found
}

impl Case<'_> {
    /// The zone's name servers that were lame or refused in every answer (RFC 9499, "lame delegation"), if
    /// others answered the same questions. Sorted.
    pub(crate) fn lame_servers(&self) -> Vec<&str> {
        let listed = self.context.found_zone().map(|zone| &zone.name_servers);
        let is_listed = |host: &str| {
            listed.is_some_and(|hosts| hosts.iter().any(|own| own.eq_ignore_ascii_case(host)))
        };
        let mut serves: BTreeMap<&str, bool> = BTreeMap::new();
        for observation in self
            .observations
            .iter()
            .filter(|it| it.is_answered_at_source())
        {
            for answer in &observation.authoritative {
                let refuses = matches!(
                    answer.outcome,
                    Outcome::Failed {
                        failure: Failure::Lame | Failure::Refused
                    }
                );
                *serves.entry(&answer.server.host).or_default() |= !refuses;
            }
        }
        let lame = serves.into_iter().filter(|(_, serves)| !serves);
        lame.map(|(host, _)| host)
            .filter(|host| is_listed(host))
            .collect()
    }
}

/// Whether the zone names other servers as its own than those that were asked because the parent
/// delegates to them: then a zone is edited that no resolver asks.
fn is_elsewhere(case: &Case<'_>) -> bool {
    let own = case.own_name_servers();
    let Some(zone) = case.context.found_zone() else {
        return false;
    };
    let Some(observation) = case.observations.get(&zone.apex, RecordType::Ns) else {
        return false;
    };
    let asked = observation.authoritative.iter();
    let mut hosts = asked
        .map(|answer| &answer.server.host)
        .chain(&zone.name_servers)
        .peekable();
    let known = !own.is_empty() && hosts.peek().is_some();
    known && !hosts.any(|host| own.iter().any(|own| own.eq_ignore_ascii_case(host)))
}

/// Whether the servers that the parent delegates to all say that they do not serve the zone, and
/// the resolver knows nothing either.
fn is_dead(case: &Case<'_>) -> bool {
    let mut observations = case.observations.iter().peekable();
    observations.peek().is_some()
        && observations
            .all(|observation| is_lame(observation) && !observation.recursive.is_answer())
}
