//! One thing that SES looks for in DNS, and how its status changes.

use std::time::Duration;

use serde::Deserialize;

/// The status of one thing that SES looks for in DNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Status {
    /// SES was never asked to look for it.
    NotStarted,
    /// SES is looking for it.
    Pending,
    /// SES has found it.
    Success,
    /// SES has given up.
    Failed,
    /// SES had found it, but it has disappeared, and SES is looking again.
    TemporaryFailure,
}

impl Status {
    /// The name in the v1 API.
    pub fn v1(self) -> &'static str {
        match self {
            Self::NotStarted => "NotStarted",
            Self::Pending => "Pending",
            Self::Success => "Success",
            Self::Failed => "Failed",
            Self::TemporaryFailure => "TemporaryFailure",
        }
    }

    /// The name in the v2 API.
    pub fn v2(self) -> &'static str {
        match self {
            Self::NotStarted => "NOT_STARTED",
            Self::Pending => "PENDING",
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::TemporaryFailure => "TEMPORARY_FAILURE",
        }
    }
}

/// The result of a DNS look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Everything as expected.
    Found,
    /// No such name, or no record of the type.
    Missing,
    /// Records, but not these.
    Different,
    /// DNS did not answer: nothing is known, and nothing changes.
    Unknown,
}

/// One thing that SES looks for, with its own time limit.
#[derive(Debug, Clone)]
pub struct Axis {
    status: Status,
    /// When it became `Pending` or `TemporaryFailure`: the limit counts from then.
    since: Duration,
    looked_at: Option<Duration>,
    found_at: Option<Duration>,
    seen: Option<Seen>,
    /// Set through the control address, and not looked for in DNS until it is started again.
    pinned: bool,
}

impl Axis {
    /// SES was not asked to look for it.
    pub fn not_started() -> Self {
        Self {
            status: Status::NotStarted,
            since: Duration::ZERO,
            looked_at: None,
            found_at: None,
            seen: None,
            pinned: false,
        }
    }

    /// An axis with this status. A verified one keeps its status without a DNS look, unless it has
    /// to follow DNS.
    pub fn with_status(status: Status, now: Duration, follows_dns: bool) -> Self {
        Self {
            status,
            since: now,
            pinned: !follows_dns && matches!(status, Status::Success | Status::TemporaryFailure),
            ..Self::not_started()
        }
    }

    /// SES starts to look for it.
    pub fn started(now: Duration) -> Self {
        let mut axis = Self::not_started();
        axis.start(now);
        axis
    }

    /// Its status.
    pub fn status(&self) -> Status {
        self.status
    }

    /// When SES last looked.
    pub fn looked_at(&self) -> Option<Duration> {
        self.looked_at
    }

    /// When SES last found it.
    pub fn found_at(&self) -> Option<Duration> {
        self.found_at
    }

    /// The result of the last look.
    pub fn seen(&self) -> Option<Seen> {
        self.seen
    }

    /// Starts to look, or starts again. A verified axis stays verified.
    pub fn start(&mut self, now: Duration) {
        match self.status {
            Status::Success | Status::TemporaryFailure => {}
            Status::NotStarted | Status::Pending | Status::Failed => {
                *self = Self {
                    status: Status::Pending,
                    since: now,
                    looked_at: None,
                    pinned: false,
                    ..self.clone()
                };
            }
        }
    }

    /// Gives up when the limit has passed.
    pub fn expire(&mut self, now: Duration, window: Duration) {
        if self.is_limited() && now >= self.since + window {
            self.status = Status::Failed;
        }
    }

    /// Whether the limit will have passed at this time.
    pub fn expires_by(&self, moment: Duration, window: Duration) -> bool {
        self.is_limited() && moment >= self.since + window
    }

    /// Whether another look is due. SES stops looking after a failure.
    pub fn is_due(&self, now: Duration, interval: Duration) -> bool {
        match self.status {
            Status::NotStarted | Status::Failed => false,
            Status::Pending | Status::Success | Status::TemporaryFailure => {
                !self.pinned
                    && self
                        .looked_at
                        .is_none_or(|looked_at| now >= looked_at + interval)
            }
        }
    }

    /// Applies the result of a look that was started while it was due.
    pub fn observe(&mut self, seen: Seen, now: Duration) {
        self.looked_at = Some(now);
        self.seen = Some(seen);
        match (self.status, seen) {
            (Status::Pending | Status::TemporaryFailure | Status::Success, Seen::Found) => {
                self.status = Status::Success;
                self.found_at = Some(now);
            }
            (Status::Success, Seen::Missing | Seen::Different) => {
                self.status = Status::TemporaryFailure;
                self.since = now;
            }
            (_, Seen::Unknown)
            | (
                Status::Pending | Status::TemporaryFailure | Status::NotStarted | Status::Failed,
                _,
            ) => {}
        }
    }

    fn is_limited(&self) -> bool {
        !self.pinned && matches!(self.status, Status::Pending | Status::TemporaryFailure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_hours(72);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_pending_axis_fails_after_the_window_until_it_is_restarted() {
        let mut axis = Axis::started(at(100));
        axis.expire(at(99) + WINDOW, WINDOW);
        assert_eq!(axis.status(), Status::Pending);
        axis.expire(at(100) + WINDOW, WINDOW);
        assert_eq!(axis.status(), Status::Failed);
        assert!(!axis.is_due(at(101) + WINDOW, at(0)));
        axis.observe(Seen::Found, at(101) + WINDOW);
        assert_eq!(axis.status(), Status::Failed);
        axis.start(at(102) + WINDOW);
        assert_eq!(axis.status(), Status::Pending);
        axis.expire(at(103) + WINDOW, WINDOW);
        assert_eq!(axis.status(), Status::Pending);
    }

    #[test]
    fn a_vanished_record_fails_temporarily_and_then_permanently() {
        let mut axis = Axis::started(at(0));
        axis.observe(Seen::Found, at(1));
        axis.expire(at(2) + WINDOW, WINDOW);
        assert_eq!(axis.status(), Status::Success);
        axis.observe(Seen::Unknown, at(3) + WINDOW);
        assert_eq!(axis.status(), Status::Success);
        axis.observe(Seen::Missing, at(4) + WINDOW);
        assert_eq!(axis.status(), Status::TemporaryFailure);
        let mut back = axis.clone();
        back.observe(Seen::Found, at(5) + WINDOW);
        assert_eq!(back.status(), Status::Success);
        axis.expire(at(4) + WINDOW + WINDOW, WINDOW);
        assert_eq!(axis.status(), Status::Failed);
    }

    #[test]
    fn a_restart_does_not_revoke_a_success() {
        let mut axis = Axis::started(at(0));
        axis.observe(Seen::Found, at(1));
        axis.start(at(2));
        assert_eq!(axis.status(), Status::Success);
    }
}
