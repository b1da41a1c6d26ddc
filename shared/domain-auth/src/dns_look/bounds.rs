//! The stored part of a look, within bounds. Anybody may publish anything at the queried names, and
//! DynamoDB accepts no item over 400 KB (developer guide, "Service, account, and table quotas").

use serde::Serialize;

use super::DnsLook;
use crate::diagnosis::{Also, Diagnosis, DmarcDiscovery, DomainDiagnosis, Fix, RecordDiagnosis};
use crate::dns::{Observation, ZoneOutcome};

/// The maximum size, in octets, of a look, as JSON text.
pub const MAX_LOOK: usize = 64 * 1024;
/// The maximum size, in octets, of one observation that is kept if the look is too large.
const MAX_OBSERVATION: usize = 8 * 1024;
/// The maximum size, in octets, of one text in it, as JSON.
const MAX_TEXT: usize = 1024;
/// The maximum size, in octets, of the names of the zone's servers.
const MAX_HOSTS: usize = 8 * 1024;
/// The digits of a time to live, and the octets of [`DnsLook::left_out`] with its name.
const TTL_DIGITS: usize = 10;
const LEFT_OUT: usize = 40;

impl DnsLook {
    /// The look in at most [`MAX_LOOK`] octets of JSON. A look that is too large loses the last
    /// items of these lists; the first list is kept longest: fixes, observed values, diagnoses of
    /// the domain, observations, further diagnoses of a record. The state, the leading code and the
    /// message of each record are always kept. An observation is kept whole or dropped, because a
    /// hand-off format repeats all of it. [`DnsLook::left_out`] says how much is missing. Two looks
    /// that differ only in times to live lose the same items.
    #[must_use]
    pub fn bounded(self) -> Self {
        let ttls = TTL_DIGITS * self.outcomes();
        let fits = self
            .without_ttls()
            .is_some_and(|text| text.len() + ttls <= MAX_LOOK);
        if fits { self } else { self.cut() }
    }

    fn outcomes(&self) -> usize {
        let observations = self.observations.iter();
        observations.map(|seen| seen.authoritative.len() + 1).sum()
    }

    fn cut(self) -> Self {
        let Diagnosis {
            records,
            domain,
            dmarc,
            dmarc_above,
        } = self.diagnosis;
        let mut details = Vec::with_capacity(records.len());
        let mut bare = Vec::with_capacity(records.len());
        for record in records {
            details.push((record.fix, record.observed, record.also));
            bare.push(RecordDiagnosis {
                message: clipped(record.message),
                expected: clipped(record.expected),
                observed: Vec::new(),
                fix: None,
                also: Vec::new(),
                ..record
            });
        }
        let mut look = Self {
            zone: zone_clipped(self.zone),
            diagnosis: Diagnosis {
                records: bare,
                domain: Vec::new(),
                dmarc: dmarc_clipped(dmarc),
                dmarc_above,
            },
            observations: Vec::new(),
            left_out: 0,
        };
        let mut room = Room {
            octets: MAX_LOOK.saturating_sub(length(&look) + LEFT_OUT),
            left_out: self.left_out,
        };
        let mut further = Vec::with_capacity(details.len());
        let mut values = Vec::with_capacity(details.len());
        for (record, (fix, observed, also)) in look.diagnosis.records.iter_mut().zip(details) {
            record.fix = fix.map(fix_clipped).filter(|fix| room.takes(fix));
            values.push(observed);
            further.push(also);
        }
        for (record, observed) in look.diagnosis.records.iter_mut().zip(values) {
            let observed = observed.into_iter().map(clipped);
            record.observed = observed.filter(|value| room.takes(value)).collect();
        }
        let domain = domain.into_iter().map(|diagnosis| DomainDiagnosis {
            message: clipped(diagnosis.message),
            fix: diagnosis.fix.map(fix_clipped),
            ..diagnosis
        });
        look.diagnosis.domain = domain.filter(|diagnosis| room.takes(diagnosis)).collect();
        let observations = self.observations.into_iter();
        look.observations = observations
            .filter(|seen| room.takes_observation(seen))
            .collect();
        for (record, also) in look.diagnosis.records.iter_mut().zip(further) {
            let also = also.into_iter().map(|also| Also {
                message: clipped(also.message),
                fix: also.fix.map(fix_clipped),
                ..also
            });
            record.also = also.filter(|also| room.takes(also)).collect();
        }
        look.left_out = room.left_out;
        look
    }
}

/// The part of [`MAX_LOOK`] that is still free.
struct Room {
    octets: usize,
    left_out: usize,
}

impl Room {
    /// Whether there is room for another member of a list, or for a value that replaces a `null`.
    fn takes(&mut self, piece: &impl Serialize) -> bool {
        self.takes_octets(length(piece).saturating_add(1))
    }

    fn takes_observation(&mut self, observation: &Observation) -> bool {
        let ttls = TTL_DIGITS * (observation.authoritative.len() + 1);
        let octets = length(&observation.clone().without_ttls()).saturating_add(ttls + 1);
        if octets > MAX_OBSERVATION {
            self.left_out += 1;
            return false;
        }
        self.takes_octets(octets)
    }

    fn takes_octets(&mut self, octets: usize) -> bool {
        let left = self.octets.checked_sub(octets);
        match left {
            Some(left) => self.octets = left,
            None => self.left_out += 1,
        }
        left.is_some()
    }
}

/// The octets of a value as JSON text.
fn length(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |text| text.len())
}

/// The beginning of a text, at most [`MAX_TEXT`] octets as JSON, with escapes.
fn clipped(text: String) -> String {
    if text.len() * LONGEST_ESCAPE <= MAX_TEXT || length(&text) <= MAX_TEXT {
        return text;
    }
    let mut octets = "\"…\"".len();
    let end = text.char_indices().find(|(_, character)| {
        octets += length(character) - 2;
        octets > MAX_TEXT
    });
    let end = end.map_or(text.len(), |(end, _)| end);
    let mut text = text;
    text.truncate(end);
    text.push('…');
    text
}

/// A control character of one octet becomes `\u001f`.
const LONGEST_ESCAPE: usize = 6;

fn fix_clipped(fix: Fix) -> Fix {
    Fix {
        text: clipped(fix.text),
        field: fix.field.map(clipped),
        value: fix.value.map(clipped),
    }
}

fn zone_clipped(zone: ZoneOutcome) -> ZoneOutcome {
    match zone {
        ZoneOutcome::Found(mut zone) => {
            let mut octets = 0;
            zone.name_servers.retain(|host| {
                octets += length(host) + 1;
                octets <= MAX_HOSTS
            });
            zone.apex = clipped(zone.apex);
            ZoneOutcome::Found(zone)
        }
        ZoneOutcome::NoSuchDomain => ZoneOutcome::NoSuchDomain,
        ZoneOutcome::Unknown { failure } => ZoneOutcome::Unknown { failure },
    }
}

fn dmarc_clipped(dmarc: DmarcDiscovery) -> DmarcDiscovery {
    match dmarc {
        DmarcDiscovery::Published {
            at,
            text,
            dmarc,
            policy,
        } => DmarcDiscovery::Published {
            at,
            text: clipped(text),
            dmarc,
            policy,
        },
        DmarcDiscovery::Void { at, multiple } => DmarcDiscovery::Void { at, multiple },
        DmarcDiscovery::Absent => DmarcDiscovery::Absent,
        DmarcDiscovery::Unknown => DmarcDiscovery::Unknown,
    }
}

#[cfg(test)]
#[path = "bounds_tests.rs"]
mod tests;
