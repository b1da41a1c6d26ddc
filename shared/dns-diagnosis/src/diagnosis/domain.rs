//! What is wrong with a domain as a whole, whatever its records say.

use serde::{Deserialize, Serialize};

use super::code::DiagnosisCode as Code;
use super::view::is_lame;
use super::{Fix, Look, RecordDiagnosis, RecordState};
use crate::dns::{Failure, Outcome, RecordType, ZoneOutcome};

/// One diagnosis of the domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DomainDiagnosis {
    /// Which.
    pub code: Code,
    /// For the person, with the actual values.
    pub message: String,
    /// What to do, if anything.
    pub fix: Option<Fix>,
}

/// Why the zone as a whole cannot be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    NoSuchDomain,
    NotLive,
    Bogus,
    Silent,
}

impl Trouble {
    fn code(self) -> Code {
        match self {
            Self::NoSuchDomain => Code::DomainDoesNotExist,
            Self::NotLive => Code::ZoneNotLive,
            Self::Bogus => Code::DnssecFailure,
            Self::Silent => Code::DnsUnavailable,
        }
    }
}

pub(super) fn diagnose(look: &Look<'_>, records: &[RecordDiagnosis]) -> Vec<DomainDiagnosis> {
    let mut all: Vec<DomainDiagnosis> = trouble(look, records)
        .into_iter()
        .map(|trouble| DomainDiagnosis {
            code: trouble.code(),
            message: look.trouble_message(trouble),
            fix: look.trouble_fix(trouble),
        })
        .collect();
    for record in records {
        if let Some(code) = record.code
            && is_policy(code)
        {
            all.push(DomainDiagnosis {
                code,
                message: record.message.clone(),
                fix: record.fix.clone(),
            });
        }
        let also = record.also.iter().filter(|also| is_policy(also.code));
        all.extend(also.map(|also| DomainDiagnosis {
            code: also.code,
            message: also.message.clone(),
            fix: also.fix.clone(),
        }));
    }
    all
}

fn is_policy(code: Code) -> bool {
    matches!(code, Code::DmarcBlocksVia | Code::DmarcStrictAlignment)
}

/// At most one reason: where the zone cannot be seen, nothing else can be known of it.
fn trouble(look: &Look<'_>, records: &[RecordDiagnosis]) -> Option<Trouble> {
    let bogus = look.observations.iter().any(|observation| {
        let failure = Failure::DnssecBogus;
        observation.recursive == Outcome::Failed { failure }
    });
    match look.context.zone {
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
        ZoneOutcome::Found(_) if is_elsewhere(look) || is_dead(look) => Some(Trouble::NotLive),
        ZoneOutcome::Found(_) => {
            let unknown = |record: &RecordDiagnosis| {
                record.state == RecordState::Unknown && record.code.is_some()
            };
            let silent = !records.is_empty() && records.iter().all(unknown);
            silent.then_some(Trouble::Silent)
        }
    }
}

/// Whether the zone names other servers as its own than those that were asked because the parent
/// delegates to them: then somebody edits a zone that nobody sees.
fn is_elsewhere(look: &Look<'_>) -> bool {
    let own = look.own_name_servers();
    let Some(zone) = look.context.found_zone() else {
        return false;
    };
    let Some(observation) = look.observations.get(&zone.apex, RecordType::Ns) else {
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
fn is_dead(look: &Look<'_>) -> bool {
    let mut observations = look.observations.iter().peekable();
    observations.peek().is_some()
        && observations
            .all(|observation| is_lame(observation) && !observation.recursive.is_answer())
}
