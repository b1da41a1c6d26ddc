//! The part of SES's quota that requests may use. SES allows one identity call per second for each
//! operation, in the whole account (SES developer guide, "Service quotas"); the poller and all
//! functions that answer requests share it. Requests leave the poller at least half of it.
//!
//! All functions count by one item of the store for each [`CallGroup`], which says when the next call
//! may be made.

use jiff::{SignedDuration, Timestamp};

use crate::idempotency::KeyOwner;
use crate::ports::StoreError;

/// The part of the quota that requests may use: one in so many calls.
const SHARE: i32 = 2;

/// How long a request waits for its turn, where it waits at all. At least the interval of the lowest
/// quota, so that a client without a recent turn is not refused by one other who asks all the time.
const PATIENCE: SignedDuration = SignedDuration::from_secs(2);

/// How long a restart waits: a client that restarts several domains one after the other leaves a turn to
/// others each time, and has the next one.
const RESTART_PATIENCE: SignedDuration = SignedDuration::from_secs(6);

/// How far ahead an email takes its turn. What stops mail waits no longer behind the emails of other
/// copies.
const EMAIL_PATIENCE: SignedDuration = SignedDuration::from_secs(1);

/// By how much more than it can be the next turn may lie ahead before it is taken for the work of a
/// clock that was wrong.
const ABSURD: SignedDuration = SignedDuration::from_mins(1);

/// Calls that are counted together, because they are made together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallGroup {
    /// What makes an identity, or makes SES look for its records again.
    Identities,
    /// The three status calls.
    Statuses,
    /// What deletes an identity.
    Deletions,
    /// Emails about events, which have a rate of their own.
    Emails,
}

/// What a request is going to ask of SES.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestCalls {
    /// Registering a domain that was added.
    Register,
    /// Making SES look again for the records of a domain that failed.
    Restart,
    /// How an identity stands.
    Check,
    /// Deleting the identity of a domain that is removed.
    Remove,
}

/// A request for a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnRequest {
    /// The calls that it counts for.
    pub group: CallGroup,
    /// Who asks.
    pub asker: KeyOwner,
    /// When.
    pub now: Timestamp,
    /// The time between two turns.
    pub interval: SignedDuration,
    /// How long the asker waits for its turn. Zero for not at all.
    pub patience: SignedDuration,
    /// Whether it is refused while the poller keeps the quota for its backlog.
    pub yields_to_backlog: bool,
}

/// Whether a request may call SES.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// From this moment on.
    At(Timestamp),
    /// Not now.
    Refused,
}

/// Gives turns at SES to requests of all functions.
pub trait SesTurns: Send + Sync {
    /// Gives the next turn, if it comes soon enough. Of several at once each gets its own.
    fn turn(&self, request: &TurnRequest) -> impl Future<Output = Result<Turn, StoreError>> + Send;

    /// Until then no request that yields to the poller's backlog gets a turn of
    /// [`CallGroup::Identities`]. A later call replaces it.
    fn keep_for_poller(
        &self,
        until: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl CallGroup {
    /// Its name in keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identities => "IDENTITIES",
            Self::Statuses => "STATUSES",
            Self::Deletions => "DELETIONS",
            Self::Emails => "EMAILS",
        }
    }
}

impl RequestCalls {
    fn group(self) -> CallGroup {
        match self {
            // Both call `VerifyDomainIdentity`.
            Self::Register | Self::Restart => CallGroup::Identities,
            Self::Check => CallGroup::Statuses,
            Self::Remove => CallGroup::Deletions,
        }
    }

    fn patience(self) -> SignedDuration {
        match self {
            Self::Register | Self::Check => PATIENCE,
            Self::Restart => RESTART_PATIENCE,
            // No person waits for it: the domain is gone for its client.
            Self::Remove => SignedDuration::ZERO,
        }
    }
}

impl TurnRequest {
    /// A request for these calls, where SES takes `ses_calls_per_second` of each operation.
    pub fn new(
        calls: RequestCalls,
        asker: KeyOwner,
        now: Timestamp,
        ses_calls_per_second: u32,
    ) -> Self {
        let rate = i32::try_from(ses_calls_per_second.max(1)).unwrap_or(i32::MAX);
        Self {
            group: calls.group(),
            asker,
            now,
            interval: SignedDuration::from_secs(1) * SHARE / rate,
            patience: calls.patience(),
            yields_to_backlog: calls == RequestCalls::Register,
        }
    }

    /// A request for the next email about an event, where SES takes `per_second`. The copies of the one
    /// function that sends them are one asker.
    pub fn for_email(now: Timestamp, per_second: u32) -> Self {
        let rate = i32::try_from(per_second.max(1)).unwrap_or(i32::MAX);
        let interval = SignedDuration::from_secs(1) / rate;
        Self {
            group: CallGroup::Emails,
            asker: KeyOwner::Supporter("emails".to_owned()),
            now,
            interval,
            patience: EMAIL_PATIENCE + interval,
            yields_to_backlog: false,
        }
    }

    /// The latest moment at which the next turn may be. The client that had the last turn leaves one turn to
    /// others, so that one client that asks all the time shuts no other out.
    pub fn latest(&self, had_the_last: bool) -> Timestamp {
        let patience = if had_the_last {
            (self.patience - self.interval).max(SignedDuration::ZERO)
        } else {
            self.patience
        };
        self.now + patience
    }

    /// Whether the poller keeps the quota until then.
    pub fn is_kept(&self, until: Timestamp) -> bool {
        self.now < until && until < self.absurd()
    }

    /// From when on the next turn, or the end of the poller's hold, is too far ahead to be true.
    pub fn absurd(&self) -> Timestamp {
        self.now + self.patience.max(PATIENCE) + self.interval + ABSURD
    }
}

/// What the store has of one group. The table decides the same by conditions of its writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TurnState {
    /// When the next turn is; none before the first.
    pub next_at: Option<Timestamp>,
    /// Who had the last one.
    pub last_asker: Option<KeyOwner>,
    /// Until when the poller keeps the quota.
    pub kept_until: Option<Timestamp>,
}

impl TurnState {
    /// Gives a turn, if there is one.
    pub fn take(&mut self, request: &TurnRequest) -> Turn {
        let kept = self.kept_until.is_some_and(|until| request.is_kept(until));
        if kept && request.yields_to_backlog {
            return Turn::Refused;
        }
        let next = self.next_at.filter(|next| *next < request.absurd());
        let turn = next.map_or(request.now, |next| next.max(request.now));
        let had_the_last = self.last_asker.as_ref() == Some(&request.asker);
        if turn > request.latest(had_the_last) {
            return Turn::Refused;
        }
        self.next_at = Some(turn + request.interval);
        self.last_asker = Some(request.asker.clone());
        Turn::At(turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::ClientId;

    const T0: Timestamp = Timestamp::constant(1_780_315_200, 0);

    fn request(calls: RequestCalls, client: &str, milliseconds: i64) -> TurnRequest {
        let asker = KeyOwner::Client(ClientId::parse(client).unwrap());
        let now = T0 + SignedDuration::from_millis(milliseconds);
        TurnRequest::new(calls, asker, now, 1)
    }

    #[test]
    fn requests_get_half_of_the_quota_however_many_ask() {
        let mut state = TurnState::default();
        let turns = (0..60_000).step_by(10).filter(|milliseconds| {
            let client = format!("client-{}", milliseconds % 70);
            let request = request(RequestCalls::Check, &client, *milliseconds);
            state.take(&request) != Turn::Refused
        });
        assert_eq!(turns.count(), 31, "and one whose turn is after the minute");
    }

    #[test]
    fn one_client_that_asks_all_the_time_makes_another_wait_for_one_turn() {
        for asked_at in (0..8_000).step_by(130) {
            let mut state = TurnState::default();
            for milliseconds in (0..asked_at).step_by(20) {
                state.take(&request(RequestCalls::Check, "maple", milliseconds));
            }
            let other = request(RequestCalls::Check, "cedar", asked_at);
            let Turn::At(turn) = state.take(&other) else {
                panic!("cedar is refused after {asked_at} ms");
            };
            assert!(turn.duration_since(other.now) <= PATIENCE);
        }
    }

    #[test]
    fn adding_yields_to_the_backlog_of_the_poller_and_a_restart_does_not() {
        let mut state = TurnState {
            kept_until: Some(T0 + SignedDuration::from_secs(10)),
            ..TurnState::default()
        };
        let at = |calls, milliseconds| request(calls, "maple", milliseconds);
        assert_eq!(
            state.take(&at(RequestCalls::Register, 9_999)),
            Turn::Refused
        );
        assert_eq!(
            state.take(&at(RequestCalls::Restart, 1_000)),
            Turn::At(T0 + SignedDuration::from_secs(1))
        );
        assert_eq!(
            state.take(&at(RequestCalls::Register, 10_000)),
            Turn::At(T0 + SignedDuration::from_secs(10))
        );
    }

    #[test]
    fn a_turn_that_a_wrong_clock_put_far_ahead_stops_no_client() {
        let hour = SignedDuration::from_hours(1);
        let mut state = TurnState {
            next_at: Some(T0 + hour),
            ..TurnState::default()
        };
        let request = request(RequestCalls::Remove, "maple", 0);
        assert_eq!(state.take(&request), Turn::At(T0));
        assert_eq!(state.take(&request), Turn::Refused, "and it counts again");
    }

    #[test]
    fn a_higher_quota_gives_more_turns_to_one_client_too() {
        let mut state = TurnState::default();
        let turns = (0..100).filter(|_| {
            let mut request = request(RequestCalls::Register, "maple", 0);
            request.interval = SignedDuration::from_millis(20);
            state.take(&request) != Turn::Refused
        });
        assert_eq!(turns.count(), 100);
    }
}
