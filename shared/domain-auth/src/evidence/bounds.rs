//! The size limit of evidence: if it is too large, its lists and texts are cut at the end.

use serde_json::{Map, Value};

use super::{Evidence, LEFT_OUT};
use crate::action::Action;

/// The maximum size, in octets, of the evidence of one line, as JSON text.
pub(super) const MAX_EVIDENCE: usize = 32 * 1024;
/// The longest text, in octets, and the longest list in evidence that was too large. The second
/// pair is for evidence that is still too large.
const PRUNED: [(usize, usize); 2] = [(1024, 20), (128, 3)];

impl Evidence {
    /// The evidence in at most 32 KB of JSON text, for a line of this action. If it is larger, its
    /// lists and texts are cut at the end, and `left_out` says how many items are missing. Single
    /// values are kept.
    pub(crate) fn bounded(self, action: Action) -> Self {
        let whole = self.for_support();
        if fits(&whole) {
            return self;
        }
        Self::stored(action, bounded_json(whole))
    }

    /// The evidence without its lists, its long texts and the data for Lasso support only, for a
    /// line of this action. It keeps the values that distinguish the reasons of a change.
    pub(crate) fn without_details(&self, action: Action) -> Self {
        Self::stored(action, single_values(&self.for_support()))
    }
}

/// The evidence in at most 32 KB of JSON text. If it is larger, its lists and texts are cut at the
/// end, and `left_out` says how many items are missing. Single values are kept.
pub(super) fn bounded_json(evidence: Value) -> Value {
    if fits(&evidence) {
        return evidence;
    }
    for (octets, entries) in PRUNED {
        let mut left_out = 0;
        let mut pruned = pruned(&evidence, octets, entries, &mut left_out);
        if let Value::Object(members) = &mut pruned {
            members.insert(LEFT_OUT.to_owned(), Value::from(left_out));
        }
        if fits(&pruned) {
            return pruned;
        }
    }
    single_values(&evidence)
}

/// The members that are not lists, objects or long texts. They distinguish the reasons of a change.
pub(super) fn single_values(evidence: &Value) -> Value {
    let members = evidence.as_object();
    let mut kept: Map<String, Value> = members
        .into_iter()
        .flatten()
        .filter(|(_, value)| match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => true,
            Value::String(text) => text.len() <= PRUNED[1].0,
            Value::Array(_) | Value::Object(_) => false,
        })
        .take(PRUNED[0].1)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let all = members.map_or(0, Map::len);
    kept.insert(LEFT_OUT.to_owned(), Value::from(all - kept.len().min(all)));
    Value::Object(kept)
}

fn fits(evidence: &Value) -> bool {
    let text = serde_json::to_vec(evidence);
    text.is_ok_and(|text| text.len() <= MAX_EVIDENCE)
}

fn pruned(value: &Value, octets: usize, entries: usize, left_out: &mut usize) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::String(text) if text.len() <= octets => value.clone(),
        Value::String(text) => {
            *left_out += 1;
            let end = text.floor_char_boundary(octets);
            Value::String(format!("{}…", &text[..end]))
        }
        Value::Array(list) => {
            *left_out += list.len().saturating_sub(entries);
            let kept = list.iter().take(entries);
            kept.map(|value| pruned(value, octets, entries, left_out))
                .collect()
        }
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), pruned(value, octets, entries, left_out)))
            .collect(),
    }
}
