//! Settings and counters of the gate, for a test or a person: `POST /control` and `GET /control`.
//! The README of the crate defines the format.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use ses_model::{Account, BehaviourUpdate, Fault, Identity, Operation, Settings};

use super::feedback::Fate;
use super::made::Made;
use super::upstream::DEFAULT_REGION;

/// Settings that are not the account's: the state after a reset, and the durations of operations.
#[derive(Debug)]
pub(crate) struct Control {
    defaults: Settings,
    latency: Mutex<BTreeMap<String, u64>>,
}

/// The body of `POST /control`. Absent members are not changed.
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
    recipients: BTreeMap<String, Fate>,
    suppressed: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Latency {
    All(u64),
    Each(BTreeMap<String, u64>),
}

/// The actions of an update, besides the settings.
#[derive(Debug, Clone)]
pub(crate) struct Consequences {
    /// Clear the history of each identity and the added time.
    pub(crate) reset: bool,
    /// Move the clock.
    pub(crate) advance: Duration,
    /// Create these identities. An existing identity with the same name is replaced.
    pub(crate) identities: Vec<Identity>,
    /// Apply these fates to emails to these addresses.
    pub(crate) recipients: BTreeMap<String, Fate>,
    /// Put these addresses on the suppression list.
    pub(crate) suppressed: Vec<String>,
}

/// `null`, 0, or a number of calls per second.
#[derive(Debug, Clone, Copy)]
struct Rate(Option<f64>);

/// Called only if the key is present, so that `null` differs from absent.
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
            defaults,
            latency: Mutex::default(),
        }
    }

    /// How much longer an operation takes.
    pub(crate) fn latency(&self, operation: Operation) -> Duration {
        let latency = self.latencies();
        let everyone = operation.is_identity().then(|| latency.get("*")).flatten();
        let own = latency.get(operation.name()).or(everyone);
        Duration::from_millis(own.copied().unwrap_or(0))
    }

    /// Applies the body of `POST /control`, all of it or nothing.
    pub(crate) fn update(
        &self,
        body: &[u8],
        account: &mut Account,
        now: Duration,
    ) -> Result<Consequences, String> {
        let update: Update = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let next = if update.reset {
            &Account::new(self.defaults.clone())
        } else {
            &*account
        };
        let (mut settings, mut admissions) = (next.settings.clone(), next.admissions.clone());
        if update.reset_counts {
            admissions.counts.clear();
        }
        if let Some(Rate(rate)) = update.rate {
            settings.rate = rate;
            admissions.refill();
        }
        let latency = match update.latency_ms {
            Some(Latency::All(latency)) => Some(BTreeMap::from([("*".into(), latency)])),
            Some(Latency::Each(each)) => {
                for operation in each.keys() {
                    Operation::known(operation)?;
                }
                Some(each)
            }
            None => update.reset.then(BTreeMap::new),
        };
        if let Some(window) = update.window_seconds {
            settings.window = seconds("window_seconds", window)?;
        }
        if let Some(recheck) = update.recheck_ms {
            settings.recheck = Duration::from_millis(recheck);
        }
        if let Some(limit) = update.identity_limit {
            settings.identity_limit = limit;
        }
        if let Some(faults) = update.faults {
            faults.iter().try_for_each(Fault::check)?;
            admissions.faults = faults;
        }
        update.behaviour.apply(&mut settings.behaviour);
        let advance = seconds("advance_seconds", update.advance_seconds.unwrap_or(0.0))?;
        let made = update.identities.iter();
        let identities = made
            .map(|made| made.identity(now, DEFAULT_REGION))
            .collect::<Result<_, _>>()?;
        if update.reset {
            *account = Account::default();
        }
        (account.settings, account.admissions) = (settings, admissions);
        if let Some(latency) = latency {
            *self.latencies() = latency;
        }
        Ok(Consequences {
            reset: update.reset,
            advance,
            identities,
            recipients: update.recipients,
            suppressed: update.suppressed,
        })
    }

    /// The body of `GET /control`, without the parts that only the gate has.
    pub(crate) fn report(&self, account: &Account) -> serde_json::Value {
        let (settings, admissions) = (&account.settings, &account.admissions);
        serde_json::json!({
            "rate": settings.rate,
            "latency_ms": *self.latencies(),
            "window_seconds": settings.window.as_secs_f64(),
            "recheck_ms": u64::try_from(settings.recheck.as_millis()).unwrap_or(u64::MAX),
            "identity_limit": settings.identity_limit,
            "behaviour": settings.behaviour,
            "faults": admissions.faults,
            "calls": admissions.counts,
        })
    }

    fn latencies(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.latency.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn seconds(key: &str, value: f64) -> Result<Duration, String> {
    Duration::try_from_secs_f64(value)
        .ok()
        // A century; beyond it, sums of moments could overflow.
        .filter(|duration| *duration <= Duration::from_hours(876_600))
        .ok_or_else(|| format!("`{key}` is a number of seconds, not below 0"))
}
