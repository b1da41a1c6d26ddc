//! The part of SES's quota that requests of the API may use. SES allows one identity call per
//! second for each operation, in the whole account (SES developer guide, "Service quotas"); the
//! poller and all functions that answer requests share it. Requests leave the poller at least half
//! of it.
//!
//! All functions share one item of the store for each [`CallGroup`], which says when the next call
//! may be made.

use jiff::{SignedDuration, Timestamp};

use crate::idempotency::KeyOwner;
use crate::ports::StoreError;

/// The part of the quota that requests may use: one in this many calls.
const SHARE: i32 = 2;

/// How long a request waits for its turn, if it waits. At least the interval of the lowest quota,
/// so that one client that asks all the time cannot cause the refusal of a client without a recent
/// turn.
const PATIENCE: SignedDuration = SignedDuration::from_secs(2);

/// How long a restart waits. A client that restarts several domains one after the other leaves a
/// turn to others each time, and gets the next one.
const RESTART_PATIENCE: SignedDuration = SignedDuration::from_secs(6);

/// How far ahead emails take turns, the interval after the last one included. So an email about
/// stopped mail, which takes the next turn wherever that is, waits no longer than this behind the
/// emails of other copies of the function.
const EMAIL_PATIENCE: SignedDuration = SignedDuration::from_secs(1);

/// How far ahead an email about stopped mail may take its turn: behind other such emails. Four
/// turns at the lowest rate, for the two copies of the function that send them.
const STOP_PATIENCE: SignedDuration = SignedDuration::from_secs(4);

/// A stored next turn that is later than possible by more than this was written by a wrong clock.
const ABSURD: SignedDuration = SignedDuration::from_mins(1);

/// Calls that are counted together, because they are made together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallGroup {
    /// Calls that create an identity, or make SES look for its records again.
    Identities,
    /// The three status calls.
    Statuses,
    /// Calls that delete an identity.
    Deletions,
    /// Emails about events, which have their own rate.
    Emails,
}

/// The calls that a request is going to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestCalls {
    /// Registering a domain that was added.
    Register,
    /// Making SES look again for the records of a failed domain.
    Restart,
    /// Reading the status of an identity.
    Check,
    /// Deleting the identity of a domain that is removed.
    Remove,
}

/// A request for a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnRequest {
    /// The group of SES calls that this turn allows.
    pub group: CallGroup,
    /// The client or person that asks.
    pub asker: KeyOwner,
    /// The time of the request.
    pub now: Timestamp,
    /// The time between two turns.
    pub interval: SignedDuration,
    /// How long the asker waits for its turn. With zero it does not wait.
    pub patience: SignedDuration,
    /// Whether the request is refused while the poller reserves the quota for its backlog.
    pub yields_to_backlog: bool,
}

/// Whether a request may call SES.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The request may call SES from this time on.
    At(Timestamp),
    /// Not now.
    Refused,
}

/// Gives turns at SES to requests of all functions.
pub trait SesTurns: Send + Sync {
    /// Gives the next turn, if it comes soon enough. Simultaneous requests get separate turns.
    fn turn(&self, request: &TurnRequest) -> impl Future<Output = Result<Turn, StoreError>> + Send;

    /// Reserves [`CallGroup::Identities`] for the poller: until the given time, no request that
    /// yields to its backlog gets a turn. A later call replaces the time.
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
            // No person waits for it: the client no longer sees the domain.
            Self::Remove => SignedDuration::ZERO,
        }
    }
}

impl TurnRequest {
    /// A request for these calls, if SES accepts `ses_calls_per_second` for each operation.
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

    /// A request for the next email about an event, if SES accepts `per_second`. All copies of the
    /// function that sends these emails count as one asker.
    pub fn for_email(now: Timestamp, per_second: u32) -> Self {
        let rate = i32::try_from(per_second.max(1)).unwrap_or(i32::MAX);
        Self {
            group: CallGroup::Emails,
            asker: KeyOwner::Supporter("emails".to_owned()),
            now,
            interval: SignedDuration::from_secs(1) / rate,
            patience: EMAIL_PATIENCE,
            yields_to_backlog: false,
        }
    }

    /// The same for an email about stopped mail, with at most `time` left to wait. Other emails
    /// leave it a turn within a second, and wait for a later one.
    pub fn for_stop(now: Timestamp, per_second: u32, time: SignedDuration) -> Self {
        let request = Self::for_email(now, per_second);
        Self {
            patience: (STOP_PATIENCE + request.interval)
                .min(time)
                .max(SignedDuration::ZERO),
            ..request
        }
    }

    /// After what time an asker that was refused asks again, if it goes on waiting: soon enough that
    /// few turns pass unused.
    pub fn ask_again_after(&self) -> SignedDuration {
        let ahead = self.latest(true).duration_since(self.now);
        (ahead / 2).max(self.interval / 8)
    }

    /// The latest time for the next turn. The client that had the last turn leaves one turn to
    /// others, so that a client that asks all the time does not block them.
    pub fn latest(&self, had_the_last: bool) -> Timestamp {
        let patience = if had_the_last {
            (self.patience - self.interval).max(SignedDuration::ZERO)
        } else {
            self.patience
        };
        self.now + patience
    }

    /// Whether the poller reserves the quota until then.
    pub fn is_kept(&self, until: Timestamp) -> bool {
        self.now < until && until < self.absurd()
    }

    /// A stored turn, or end of the poller's reservation, that is later than this was written by a
    /// wrong clock.
    pub fn absurd(&self) -> Timestamp {
        self.now + self.patience.max(PATIENCE) + self.interval + ABSURD
    }
}

/// The stored state of one group. The store decides in the same way, by conditions of its writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TurnState {
    /// The time of the next turn; `None` before the first.
    pub next_at: Option<Timestamp>,
    /// The asker that had the last turn.
    pub last_asker: Option<KeyOwner>,
    /// Until when the poller reserves the quota.
    pub kept_until: Option<Timestamp>,
}

impl TurnState {
    /// Gives a turn, if one is available.
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
    fn requests_of_all_clients_together_get_half_of_the_quota() {
        let mut state = TurnState::default();
        let turns = (0..60_000).step_by(10).filter(|milliseconds| {
            let client = format!("client-{}", milliseconds % 70);
            let request = request(RequestCalls::Check, &client, *milliseconds);
            state.take(&request) != Turn::Refused
        });
        assert_eq!(turns.count(), 31, "and one whose turn is after the minute");
    }

    #[test]
    fn a_busy_client_delays_a_request_of_another_by_one_turn_only() {
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
    fn a_turn_set_far_ahead_by_a_wrong_clock_blocks_no_client() {
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
