//! What SES knows about one identity, and how it changes. No I/O.
//!
//! Sources: "Verifying a domain identity", "Troubleshooting domain and email address verification",
//! "Easy DKIM" and "Using a custom MAIL FROM domain" in the Amazon SES developer guide.

use std::time::Duration;

use serde::Deserialize;

use super::behaviour::{FailedDkim, VerifiedAgain};

/// The status of one thing that SES looks for in DNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Status {
    NotStarted,
    Pending,
    Success,
    Failed,
    TemporaryFailure,
}

impl Status {
    /// As the v1 API writes it.
    pub(crate) fn v1(self) -> &'static str {
        match self {
            Self::NotStarted => "NotStarted",
            Self::Pending => "Pending",
            Self::Success => "Success",
            Self::Failed => "Failed",
            Self::TemporaryFailure => "TemporaryFailure",
        }
    }

    /// As the v2 API writes it.
    pub(crate) fn v2(self) -> &'static str {
        match self {
            Self::NotStarted => "NOT_STARTED",
            Self::Pending => "PENDING",
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::TemporaryFailure => "TEMPORARY_FAILURE",
        }
    }
}

/// What a look at DNS brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
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
pub(crate) struct Axis {
    status: Status,
    /// When it became `Pending` or `TemporaryFailure`: the limit runs from there.
    since: Duration,
    looked_at: Option<Duration>,
    found_at: Option<Duration>,
    seen: Option<Seen>,
    /// Set through the control address, and not looked for in DNS until it is started again.
    pinned: bool,
}

impl Axis {
    pub(crate) fn not_started() -> Self {
        Self {
            status: Status::NotStarted,
            since: Duration::ZERO,
            looked_at: None,
            found_at: None,
            seen: None,
            pinned: false,
        }
    }

    /// An axis with this status. What is verified stays so without a look at DNS, unless it is to
    /// follow DNS.
    pub(crate) fn with_status(status: Status, now: Duration, follows_dns: bool) -> Self {
        Self {
            status,
            since: now,
            pinned: !follows_dns && matches!(status, Status::Success | Status::TemporaryFailure),
            ..Self::not_started()
        }
    }

    pub(crate) fn started(now: Duration) -> Self {
        let mut axis = Self::not_started();
        axis.start(now);
        axis
    }

    pub(crate) fn status(&self) -> Status {
        self.status
    }

    pub(crate) fn looked_at(&self) -> Option<Duration> {
        self.looked_at
    }

    pub(crate) fn found_at(&self) -> Option<Duration> {
        self.found_at
    }

    pub(crate) fn seen(&self) -> Option<Seen> {
        self.seen
    }

    /// Starts, or starts again, to look. What is verified stays verified.
    pub(crate) fn start(&mut self, now: Duration) {
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
    pub(crate) fn expire(&mut self, now: Duration, window: Duration) {
        if self.is_limited() && now >= self.since + window {
            self.status = Status::Failed;
        }
    }

    /// Will the limit have passed at this moment?
    pub(crate) fn expires_by(&self, moment: Duration, window: Duration) -> bool {
        self.is_limited() && moment >= self.since + window
    }

    /// Is it time for another look? SES stops looking for what has failed.
    pub(crate) fn is_due(&self, now: Duration, interval: Duration) -> bool {
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

    /// Takes in the result of a look that was begun while it was due.
    pub(crate) fn observe(&mut self, seen: Seen, now: Duration) {
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

/// Whose keys sign the mail of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Signing {
    /// SES's own: three CNAME records.
    EasyDkim,
    /// The caller's (BYODKIM): one TXT record with the public key, at `<selector>._domainkey`.
    External { selector: String },
}

/// A custom MAIL FROM domain.
#[derive(Debug, Clone)]
pub(crate) struct MailFrom {
    pub(crate) domain: String,
    /// `USE_DEFAULT_VALUE` or `REJECT_MESSAGE`.
    pub(crate) behavior: String,
    /// Where its bounces go: `feedback-smtp.<region>.amazonses.com`.
    pub(crate) region: String,
    pub(crate) axis: Axis,
}

/// An identity.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// In lower case.
    pub(crate) name: String,
    /// The TXT record.
    pub(crate) text: Axis,
    /// Was the TXT record ever asked for with v1 `VerifyDomainIdentity`?
    pub(crate) has_text_token: bool,
    /// The TXT record alone decides: v1 `VerifyDomainIdentity` started a verified domain again.
    awaits_text: bool,
    /// The three CNAME records together, or the one TXT record of BYODKIM.
    pub(crate) dkim: Axis,
    pub(crate) signing: Signing,
    pub(crate) dkim_signing: bool,
    /// Bits of the keys of Easy DKIM.
    pub(crate) dkim_key: &'static str,
    /// How often the TXT token, and the DKIM tokens, have been replaced by others.
    pub(crate) text_generation: u32,
    pub(crate) dkim_generation: u32,
    pub(crate) mail_from: Option<MailFrom>,
    pub(crate) configuration_set: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
}

impl Identity {
    /// An identity for which nothing has been started yet.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: Axis::not_started(),
            has_text_token: false,
            awaits_text: false,
            dkim: Axis::not_started(),
            signing: Signing::EasyDkim,
            dkim_signing: true,
            dkim_key: "RSA_2048_BIT",
            text_generation: 0,
            dkim_generation: 0,
            mail_from: None,
            configuration_set: None,
            tags: Vec::new(),
        }
    }

    /// The same, with tokens of a later generation.
    pub(crate) fn of_generation(name: &str, generation: u32) -> Self {
        Self {
            text_generation: generation,
            dkim_generation: generation,
            ..Self::new(name)
        }
    }

    /// Is it one address, and not a domain? The gate takes addresses as verified at once: the
    /// emulator sends no mail with a link to click.
    pub(crate) fn is_address(&self) -> bool {
        is_address(&self.name)
    }

    /// Asks for the TXT record (v1 `VerifyDomainIdentity`), the domain verified or not.
    pub(crate) fn verify_text(&mut self, now: Duration, verified: VerifiedAgain) {
        self.has_text_token = true;
        let is_verified = matches!(
            self.verification(),
            Status::Success | Status::TemporaryFailure
        );
        match verified {
            VerifiedAgain::Pending if is_verified => {
                self.text = Axis::started(now);
                self.awaits_text = true;
            }
            VerifiedAgain::Pending | VerifiedAgain::Keeps => self.text.start(now),
        }
    }

    /// Takes in a look for the TXT record.
    pub(crate) fn observe_text(&mut self, seen: Seen, now: Duration) {
        self.text.observe(seen, now);
        if self.text.status() == Status::Success {
            self.awaits_text = false;
        }
    }

    /// Asks for the CNAME records of Easy DKIM (v1 `VerifyDomainDkim`). Of BYODKIM the reference says
    /// nothing; the gate takes the worse case: its keys are lost.
    pub(crate) fn verify_dkim(&mut self, now: Duration, failed: FailedDkim) {
        if self.dkim.status() == Status::Failed && self.signing == Signing::EasyDkim {
            match failed {
                FailedDkim::Restarts => {}
                FailedDkim::StaysFailed => return,
                FailedDkim::NewTokens => {
                    self.dkim_generation += 1;
                    self.dkim_key = "RSA_1024_BIT";
                }
            }
        }
        self.sign_with(Signing::EasyDkim, now);
    }

    /// Changes whose keys sign. Other keys are looked for from the start, the same ones again.
    pub(crate) fn sign_with(&mut self, signing: Signing, now: Duration) {
        if self.signing == signing {
            self.dkim.start(now);
        } else {
            self.dkim = Axis::started(now);
            self.signing = signing;
        }
    }

    /// Is the identity verified? SES verifies a domain when it detects **either** the TXT record
    /// **or** the DKIM records.
    pub(crate) fn verification(&self) -> Status {
        if self.is_address() {
            return Status::Success;
        }
        if self.awaits_text {
            return self.text.status();
        }
        let rank = |status| match status {
            Status::NotStarted => 0,
            Status::Failed => 1,
            Status::Pending => 2,
            Status::TemporaryFailure => 3,
            Status::Success => 4,
        };
        let (text, dkim) = (self.text.status(), self.dkim.status());
        if rank(text) >= rank(dkim) { text } else { dkim }
    }

    /// Lets every limit run out that has passed.
    pub(crate) fn expire(&mut self, now: Duration, window: Duration) {
        self.text.expire(now, window);
        self.dkim.expire(now, window);
        if let Some(mail_from) = &mut self.mail_from {
            mail_from.axis.expire(now, window);
        }
    }

    /// Will one of the limits have passed at this moment?
    pub(crate) fn expires_by(&self, moment: Duration, window: Duration) -> bool {
        self.text.expires_by(moment, window)
            || self.dkim.expires_by(moment, window)
            || self
                .mail_from
                .as_ref()
                .is_some_and(|mail_from| mail_from.axis.expires_by(moment, window))
    }
}

/// Is this the name of an address identity?
pub(crate) fn is_address(name: &str) -> bool {
    name.contains('@')
}

/// The domains above a domain, nearest first.
pub(crate) fn parents(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(name.split_once('.'), |(_, parent)| parent.split_once('.'))
        .map(|(_, parent)| parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_hours(72);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn waiting_ends_in_failure_after_the_window_until_it_is_started_again() {
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
    fn what_vanishes_fails_for_a_time_and_then_for_good() {
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
    fn starting_again_does_not_take_back_a_success() {
        let mut axis = Axis::started(at(0));
        axis.observe(Seen::Found, at(1));
        axis.start(at(2));
        assert_eq!(axis.status(), Status::Success);
    }

    #[test]
    fn either_the_txt_or_the_dkim_records_verify_a_domain() {
        let mut identity = Identity::new("example.com");
        assert_eq!(identity.verification(), Status::NotStarted);
        identity.dkim.start(at(0));
        assert_eq!(identity.verification(), Status::Pending);
        identity.text.start(at(0));
        identity.dkim.observe(Seen::Found, at(1));
        assert_eq!(identity.verification(), Status::Success);
        identity.expire(at(0) + WINDOW, WINDOW);
        assert_eq!(identity.text.status(), Status::Failed);
        assert_eq!(identity.verification(), Status::Success);
    }

    #[test]
    fn parents_are_the_names_above() {
        let names: Vec<_> = parents("a.b.example.com").collect();
        assert_eq!(names, ["b.example.com", "example.com", "com"]);
    }
}
