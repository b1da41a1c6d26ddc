//! When the records of a domain were last found in DNS. A record that has disappeared, or that is
//! back, is described differently from one that was never found.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::judge::RecordState;
use crate::records::RecordId;

/// When the records of a domain were last found. It is stored with the domain: records that the last look
/// found take up little room in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sightings {
    /// When the last look was.
    #[serde(skip_serializing_if = "Option::is_none")]
    looked_at: Option<Timestamp>,
    /// The records that it found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    found: Vec<RecordId>,
    /// The records that an earlier look found, and the last one did not.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    earlier: BTreeMap<RecordId, Earlier>,
    /// The records that are not there, as DNS said when it last answered, and never were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<RecordId>,
    /// The records for which DNS gave no answer at the last look.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    silent: Vec<RecordId>,
    /// The records that are back, and since when.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    back: BTreeMap<RecordId, Timestamp>,
}

/// A record that an earlier look found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Earlier {
    /// When the record was last found.
    at: Timestamp,
    /// A later look has seen that the record is not there. False if DNS did not answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    gone: bool,
}

impl Sightings {
    /// The sightings after a look at `now`, which saw each record in a state.
    #[must_use]
    pub fn after(
        &self,
        seen: impl IntoIterator<Item = (RecordId, RecordState)>,
        now: Timestamp,
    ) -> Self {
        let mut next = Self {
            looked_at: Some(now),
            ..Self::default()
        };
        for (id, state) in seen {
            let last = self.last_found(id);
            match state {
                RecordState::Found => {
                    next.found.push(id);
                    let returns = self.is_gone(id).then_some(now);
                    let back = self.back.get(&id).copied().or(returns);
                    next.back.extend(back.map(|since| (id, since)));
                }
                RecordState::Missing | RecordState::Wrong => match last {
                    Some(at) => {
                        next.earlier.insert(id, Earlier { at, gone: true });
                    }
                    None => next.missing.push(id),
                },
                RecordState::Unknown | RecordState::NotLookedYet => {
                    next.silent.push(id);
                    next.missing
                        .extend(self.missing.contains(&id).then_some(id));
                    let gone = self.is_gone(id);
                    let kept = last.map(|at| Earlier { at, gone });
                    next.earlier.extend(kept.map(|earlier| (id, earlier)));
                    let back = self.back.get(&id).map(|since| (id, *since));
                    next.back.extend(back);
                }
            }
        }
        next
    }

    /// Whether the last look found the record.
    pub fn is_found(&self, id: RecordId) -> bool {
        self.found.contains(&id)
    }

    /// When the record was last found; none for one that was never found.
    pub fn last_found(&self, id: RecordId) -> Option<Timestamp> {
        let earlier = self.earlier.get(&id).map(|earlier| earlier.at);
        self.looked_at.filter(|_| self.is_found(id)).or(earlier)
    }

    /// Whether DNS gave no answer for a record at the last look. Its other sightings are then older.
    pub fn is_silent(&self, id: RecordId) -> bool {
        self.silent.contains(&id)
    }

    /// Whether DNS said, when it last answered, that the record is not there.
    pub fn is_missing(&self, id: RecordId) -> bool {
        self.missing.contains(&id) || self.is_gone(id)
    }

    /// Whether the record was there once, and DNS has said since then that it is not.
    pub fn is_gone(&self, id: RecordId) -> bool {
        self.earlier.get(&id).is_some_and(|earlier| earlier.gone)
    }

    /// Whether the record was gone, and is back.
    pub fn is_back(&self, id: RecordId) -> bool {
        self.back.contains_key(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TXT: RecordId = RecordId::Verification;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3_600).unwrap()
    }

    fn after(states: &[RecordState]) -> Sightings {
        let looks = (0..).zip(states);
        looks.fold(Sightings::default(), |sightings, (hour, state)| {
            sightings.after([(TXT, *state)], at(hour))
        })
    }

    #[test]
    fn a_found_record_counts_as_gone_only_after_dns_says_so() {
        use RecordState::{Found, Missing, Unknown, Wrong};
        for (states, last_found, is_gone, is_back) in [
            (&[Missing][..], None, false, false),
            (&[Unknown], None, false, false),
            (&[Missing, Found], Some(1), false, false),
            (&[Found, Missing, Missing], Some(0), true, false),
            (&[Found, Found, Wrong], Some(1), true, false),
            (&[Found, Unknown], Some(0), false, false),
            (&[Found, Unknown, Found], Some(2), false, false),
            (&[Found, Unknown, Missing], Some(0), true, false),
            (&[Found, Missing, Unknown], Some(0), true, false),
            (&[Found, Missing, Found, Found], Some(3), false, true),
            (&[Found, Missing, Unknown, Found], Some(3), false, true),
            (&[Found, Missing, Found, Unknown], Some(2), false, true),
            (&[Found, Missing, Found, Missing], Some(2), true, false),
        ] {
            let sightings = after(states);
            assert_eq!(sightings.last_found(TXT), last_found.map(at), "{states:?}");
            assert_eq!(sightings.is_gone(TXT), is_gone, "{states:?}");
            assert_eq!(sightings.is_back(TXT), is_back, "{states:?}");
            let is_there = sightings.is_found(TXT);
            assert!(!(is_there && sightings.is_missing(TXT)), "{states:?}");
        }
    }

    #[test]
    fn empty_sightings_are_stored_as_an_empty_object() {
        let json = serde_json::to_value(Sightings::default()).unwrap();
        assert_eq!(json, serde_json::json!({}));
    }
}
