//! Times in the API: RFC 3339 in UTC, with exactly three fractional digits of a second. So they
//! sort as texts, and are equal to the output of JavaScript's `toISOString`. Stored times have as
//! many digits as they need.

use jiff::Timestamp;
use serde::Serializer;
use serde_json::Value;

/// A time that may be missing.
pub(crate) trait MaybeTime {
    /// The time, if it is there.
    fn time(&self) -> Option<Timestamp>;
}

impl MaybeTime for Timestamp {
    fn time(&self) -> Option<Timestamp> {
        Some(*self)
    }
}

impl MaybeTime for Option<Timestamp> {
    fn time(&self) -> Option<Timestamp> {
        *self
    }
}

/// For `#[serde(serialize_with = "in_millis")]`, on every time of an answer.
pub(crate) fn in_millis<S: Serializer>(
    time: &impl MaybeTime,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time.time() {
        Some(time) => serializer.collect_str(&format_args!("{time:.3}")),
        None => serializer.serialize_none(),
    }
}

/// The evidence of a line of history, with its times in milliseconds.
pub(crate) fn evidence_in_millis(mut evidence: Value) -> Value {
    for member in ["first_seen_at", "since", "ends_at"] {
        let Some(Value::String(text)) = evidence.get_mut(member) else {
            continue;
        };
        if let Ok(time) = text.parse::<Timestamp>() {
            *text = format!("{time:.3}");
        }
    }
    evidence
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    struct Times {
        #[serde(serialize_with = "in_millis")]
        at: Timestamp,
        #[serde(serialize_with = "in_millis")]
        perhaps: Option<Timestamp>,
    }

    fn shown(text: &str) -> Value {
        let at: Timestamp = text.parse().unwrap();
        serde_json::to_value(Times { at, perhaps: None }).unwrap()
    }

    #[test]
    fn a_time_has_milliseconds_and_is_rounded_down() {
        for (time, expected) in [
            ("2026-06-01T14:03:21Z", "2026-06-01T14:03:21.000Z"),
            ("2026-06-01T14:03:21.5Z", "2026-06-01T14:03:21.500Z"),
            ("2026-06-01T14:03:21.9999Z", "2026-06-01T14:03:21.999Z"),
        ] {
            assert_eq!(shown(time), json!({ "at": expected, "perhaps": null }));
        }
    }

    #[test]
    fn only_members_of_evidence_that_are_times_get_milliseconds() {
        let evidence = json!({ "since": "2026-06-01T14:03:21Z", "note": "2026-06-01T14:03:21Z" });
        let expected =
            json!({ "since": "2026-06-01T14:03:21.000Z", "note": "2026-06-01T14:03:21Z" });
        assert_eq!(evidence_in_millis(evidence), expected);
    }
}
