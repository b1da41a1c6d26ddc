//! Decides about a call before it is carried out: the quota, and the faults that a test has set.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::behaviour::RateOf;
use crate::failure::Failure;
use crate::operation::Operation;
use crate::settings::Settings;

/// The decision about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It is carried out, and its response arrives.
    Accepted,
    /// It is carried out, and its response is lost.
    AnswerLost,
    /// It is not carried out.
    Failed(Failure),
    /// It is not carried out, and the connection ends without a response.
    Dropped,
}

/// A fault to inject.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// An operation, or `*` for every identity operation.
    pub operation: String,
    /// How often; if absent, until it is cleared.
    #[serde(default, alias = "count")]
    pub times: Option<u64>,
    /// The name of an error, `drop` or `drop_after`.
    pub error: String,
    /// Only calls that name this identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
}

/// The calls of one operation.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Counts {
    /// Calls that were carried out.
    pub accepted: u64,
    /// Calls over the quota.
    pub throttled: u64,
    /// Calls that a fault affected.
    pub faulted: u64,
}

/// The used part of the quota, the remaining faults, and the calls so far.
#[derive(Debug, Clone, Default)]
pub struct Admissions {
    /// The remaining faults. The first one that applies is used first.
    pub faults: Vec<Fault>,
    /// By operation.
    pub counts: BTreeMap<&'static str, Counts>,
    buckets: BTreeMap<&'static str, Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    filled_at: Duration,
}

impl Fault {
    /// Checks that the fault is valid.
    pub fn check(&self) -> Result<(), String> {
        Operation::known(&self.operation)?;
        let known = matches!(self.error.as_str(), "drop" | "drop_after");
        if known || Failure::named(&self.error).is_some() {
            return Ok(());
        }
        let names: Vec<_> = Failure::names().collect();
        Err(format!(
            "`{}` is not an error; known are drop, drop_after, {}",
            self.error,
            names.join(", ")
        ))
    }

    fn applies_to(&self, operation: Operation, names: &[String]) -> bool {
        let of_operation = self.operation == operation.name()
            || (self.operation == "*" && operation.is_identity());
        let concerned =
            |identity: &String| names.iter().any(|name| name.eq_ignore_ascii_case(identity));
        self.times != Some(0) && of_operation && self.identity.as_ref().is_none_or(concerned)
    }

    fn admission(&self) -> Admission {
        match self.error.as_str() {
            "drop" => Admission::Dropped,
            "drop_after" => Admission::AnswerLost,
            name => Admission::Failed(Failure::named(name).unwrap_or_else(Failure::throttled)),
        }
    }
}

impl Admissions {
    /// Decides about a call that names these identities, and counts it.
    pub(crate) fn admit(
        &mut self,
        operation: Operation,
        names: &[String],
        settings: &Settings,
        now: Duration,
    ) -> Admission {
        let fault = self.applied_fault(operation, names);
        let within = fault.is_some() || self.is_within_quota(operation, settings, now);
        let counts = self.counts.entry(operation.name()).or_default();
        if let Some(admission) = fault {
            counts.faulted += 1;
            admission
        } else if within {
            counts.accepted += 1;
            Admission::Accepted
        } else {
            counts.throttled += 1;
            Admission::Failed(Failure::throttled())
        }
    }

    /// Resets the quota as if there had been no calls for a long time.
    pub fn refill(&mut self) {
        self.buckets.clear();
    }

    fn applied_fault(&mut self, operation: Operation, names: &[String]) -> Option<Admission> {
        let at = self
            .faults
            .iter()
            .position(|fault| fault.applies_to(operation, names))?;
        let fault = &mut self.faults[at];
        if let Some(times) = &mut fault.times {
            *times -= 1;
        }
        let admission = fault.admission();
        self.faults.retain(|fault| fault.times != Some(0));
        Some(admission)
    }

    fn is_within_quota(
        &mut self,
        operation: Operation,
        settings: &Settings,
        now: Duration,
    ) -> bool {
        let Some(rate) = settings.rate.filter(|_| operation.is_identity()) else {
            return true;
        };
        // All calls of one second may come at once. The additional twentieth tolerates a caller that
        // keeps exact time and whose calls arrive a little early; in the long run the rate is
        // exact.
        let capacity = rate.max(1.0) * 1.05;
        let counted = match settings.behaviour.rate_of {
            RateOf::Operation => operation.name(),
            RateOf::All => "*",
        };
        let bucket = self.buckets.entry(counted).or_insert(Bucket {
            tokens: capacity,
            filled_at: now,
        });
        let elapsed = now.saturating_sub(bucket.filled_at).as_secs_f64();
        bucket.tokens = (bucket.tokens + elapsed * rate).min(capacity);
        bucket.filled_at = now;
        let within = bucket.tokens >= 1.0;
        if within {
            bucket.tokens -= 1.0;
        }
        within
    }
}
