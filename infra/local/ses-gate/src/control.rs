//! What a test or a person sets at the gate, and what the gate has counted: `POST /control` and
//! `GET /control`. The README of the crate is the contract.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use super::behaviour::{Behaviour, BehaviourUpdate, RateOf};
use super::failure::Failure;
use super::identity::Identity;
use super::made::Made;
use super::operation::Operation;
use super::upstream::DEFAULT_REGION;

/// How the gate behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Calls per second of each identity operation; `None` for no limit. SES: 1.
    pub rate: Option<f64>,
    /// For how long SES looks for records before it gives up. SES: 72 hours.
    pub window: Duration,
    /// How old a look at DNS may be.
    pub recheck: Duration,
    /// How many identities the account may have. SES: 10,000.
    pub identity_limit: usize,
    /// Verification tokens follow from this and the domain: an account of its own per seed.
    pub token_seed: String,
    /// How the gate answers where the documentation of SES says nothing.
    pub behaviour: Behaviour,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate: Some(1.0),
            window: Duration::from_hours(72),
            recheck: Duration::from_secs(1),
            identity_limit: 10_000,
            token_seed: "local account".to_owned(),
            behaviour: Behaviour::default(),
        }
    }
}

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is carried out, and its answer arrives.
    Accepted,
    /// It is carried out, and its answer is lost.
    AnswerLost,
    /// It is not carried out.
    Failed(Failure),
    /// It is not carried out, and the connection ends without an answer.
    Dropped,
}

/// The control block.
#[derive(Debug)]
pub(crate) struct Control {
    defaults: Settings,
    state: Mutex<State>,
}

#[derive(Debug, Clone)]
struct State {
    settings: Settings,
    latency: BTreeMap<String, u64>,
    faults: Vec<Fault>,
    counts: BTreeMap<&'static str, Counts>,
    buckets: BTreeMap<&'static str, Bucket>,
}

/// The calls of one operation.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Counts {
    accepted: u64,
    throttled: u64,
    faulted: u64,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    filled_at: Duration,
}

/// A fault to inject.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    /// An operation, or `*` for every identity operation.
    operation: String,
    /// How often; without it until cleared.
    #[serde(default, alias = "count")]
    times: Option<u64>,
    /// The name of an error, `drop` or `drop_after`.
    error: String,
    /// Only calls that name this identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
}

/// The body of `POST /control`. What is absent stays as it is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Update {
    reset: bool,
    reset_counts: bool,
    #[serde(deserialize_with = "rate")]
    rate: Option<Rate>,
    #[serde(alias = "latency")]
    latency_ms: Option<Latency>,
    #[serde(alias = "window")]
    window_seconds: Option<f64>,
    #[serde(alias = "recheck")]
    recheck_ms: Option<u64>,
    identity_limit: Option<usize>,
    #[serde(alias = "advance")]
    advance_seconds: Option<f64>,
    faults: Option<Vec<Fault>>,
    behaviour: BehaviourUpdate,
    identities: Vec<Made>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Latency {
    All(u64),
    Each(BTreeMap<String, u64>),
}

/// What an update asks for beyond the settings themselves.
#[derive(Debug, Clone)]
pub(crate) struct Consequences {
    /// Forget the identities and the clock's advance.
    pub(crate) reset: bool,
    /// Move the clock.
    pub(crate) advance: Duration,
    /// Have these identities, whatever there was under their names.
    pub(crate) identities: Vec<Identity>,
}

/// `null`, 0, or a number of calls per second.
#[derive(Debug, Clone, Copy)]
struct Rate(Option<f64>);

/// Called only when the key is there, so that `null` is not the same as absent.
fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Rate>, D::Error> {
    let rate: Option<f64> = Deserialize::deserialize(deserializer)?;
    match rate {
        Some(rate) if rate < 0.0 || !rate.is_finite() => Err(serde::de::Error::custom(
            "`rate` is a number of calls per second, 0 or null for no limit",
        )),
        Some(rate) if rate > 0.0 => Ok(Some(Rate(Some(rate)))),
        Some(_) | None => Ok(Some(Rate(None))),
    }
}

impl Control {
    pub(crate) fn new(defaults: Settings) -> Self {
        Self {
            state: Mutex::new(State::new(&defaults)),
            defaults,
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        self.state().settings.clone()
    }

    /// How long an operation takes on top of its own time.
    pub(crate) fn latency(&self, operation: Operation) -> Duration {
        let state = self.state();
        let everyone = operation
            .is_identity()
            .then(|| state.latency.get("*"))
            .flatten();
        let own = state.latency.get(operation.name()).or(everyone);
        Duration::from_millis(own.copied().unwrap_or(0))
    }

    /// Decides about a call and counts it.
    pub(crate) fn admit(&self, operation: Operation, names: &[String], now: Duration) -> Admission {
        let mut state = self.state();
        let admission = state.decide(operation, names, now);
        let counts = state.counts.entry(operation.name()).or_default();
        match &admission {
            Some(Admission::Accepted) => counts.accepted += 1,
            Some(_) => counts.faulted += 1,
            None => counts.throttled += 1,
        }
        admission.unwrap_or_else(|| Admission::Failed(Failure::throttled()))
    }

    /// Takes in the body of `POST /control`, all of it or nothing.
    pub(crate) fn update(&self, body: &[u8], now: Duration) -> Result<Consequences, String> {
        let update: Update = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let mut state = self.state();
        let mut next = if update.reset {
            State::new(&self.defaults)
        } else {
            state.clone()
        };
        if update.reset_counts {
            next.counts.clear();
        }
        if let Some(Rate(rate)) = update.rate {
            next.settings.rate = rate;
            next.buckets.clear();
        }
        match update.latency_ms {
            Some(Latency::All(latency)) => next.latency = BTreeMap::from([("*".into(), latency)]),
            Some(Latency::Each(each)) => {
                for operation in each.keys() {
                    known_operation(operation)?;
                }
                next.latency = each;
            }
            None => {}
        }
        if let Some(window) = update.window_seconds {
            next.settings.window = seconds("window_seconds", window)?;
        }
        if let Some(recheck) = update.recheck_ms {
            next.settings.recheck = Duration::from_millis(recheck);
        }
        if let Some(limit) = update.identity_limit {
            next.settings.identity_limit = limit;
        }
        if let Some(faults) = update.faults {
            for fault in &faults {
                known_operation(&fault.operation)?;
                if !matches!(fault.error.as_str(), "drop" | "drop_after")
                    && Failure::named(&fault.error).is_none()
                {
                    let names: Vec<_> = Failure::names().collect();
                    return Err(format!(
                        "`{}` is not an error; known are drop, drop_after, {}",
                        fault.error,
                        names.join(", ")
                    ));
                }
            }
            next.faults = faults;
        }
        update.behaviour.apply(&mut next.settings.behaviour);
        let advance = seconds("advance_seconds", update.advance_seconds.unwrap_or(0.0))?;
        let made = update.identities.iter();
        let identities = made
            .map(|made| made.identity(now, DEFAULT_REGION))
            .collect::<Result<_, _>>()?;
        *state = next;
        Ok(Consequences {
            reset: update.reset,
            advance,
            identities,
        })
    }

    /// The body of `GET /control`, apart from what only the gate knows.
    pub(crate) fn report(&self) -> serde_json::Value {
        let state = self.state();
        serde_json::json!({
            "rate": state.settings.rate,
            "latency_ms": state.latency,
            "window_seconds": state.settings.window.as_secs_f64(),
            "recheck_ms": u64::try_from(state.settings.recheck.as_millis()).unwrap_or(u64::MAX),
            "identity_limit": state.settings.identity_limit,
            "behaviour": state.settings.behaviour,
            "faults": state.faults,
            "calls": state.counts,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            latency: BTreeMap::new(),
            faults: Vec::new(),
            counts: BTreeMap::new(),
            buckets: BTreeMap::new(),
        }
    }

    /// `None` for a call that is over the rate.
    fn decide(
        &mut self,
        operation: Operation,
        names: &[String],
        now: Duration,
    ) -> Option<Admission> {
        let strikes = |fault: &Fault| {
            fault.times != Some(0)
                && (fault.operation == operation.name()
                    || (fault.operation == "*" && operation.is_identity()))
                && fault
                    .identity
                    .as_ref()
                    .is_none_or(|struck| names.iter().any(|name| name.eq_ignore_ascii_case(struck)))
        };
        if let Some(at) = self.faults.iter().position(strikes) {
            let fault = &mut self.faults[at];
            if let Some(times) = &mut fault.times {
                *times -= 1;
            }
            let admission = match fault.error.as_str() {
                "drop" => Admission::Dropped,
                "drop_after" => Admission::AnswerLost,
                name => Admission::Failed(Failure::named(name)?),
            };
            self.faults.retain(|fault| fault.times != Some(0));
            return Some(admission);
        }
        if operation.is_identity()
            && let Some(rate) = self.settings.rate
        {
            // One call at once. The twentieth on top forgives a caller that keeps exact time and
            // whose calls arrive a little early; in the long run the rate is exact.
            const CAPACITY: f64 = 1.05;
            let counted = match self.settings.behaviour.rate_of {
                RateOf::Operation => operation.name(),
                RateOf::All => "*",
            };
            let bucket = self.buckets.entry(counted).or_insert(Bucket {
                tokens: CAPACITY,
                filled_at: now,
            });
            let elapsed = now.saturating_sub(bucket.filled_at).as_secs_f64();
            bucket.tokens = (bucket.tokens + elapsed * rate).min(CAPACITY);
            bucket.filled_at = now;
            if bucket.tokens < 1.0 {
                return None;
            }
            bucket.tokens -= 1.0;
        }
        Some(Admission::Accepted)
    }
}

fn known_operation(name: &str) -> Result<(), String> {
    if name == "*" || Operation::named(name).is_some() {
        return Ok(());
    }
    let names: Vec<_> = Operation::ALL
        .iter()
        .map(|operation| operation.name())
        .collect();
    Err(format!(
        "`{name}` is not an operation; known are *, {}",
        names.join(", ")
    ))
}

fn seconds(key: &str, value: f64) -> Result<Duration, String> {
    Duration::try_from_secs_f64(value)
        .ok()
        // A century; beyond it, sums of moments could overflow.
        .filter(|duration| *duration <= Duration::from_hours(876_600))
        .ok_or_else(|| format!("`{key}` is a number of seconds, not below 0"))
}
