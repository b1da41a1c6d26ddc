//! The email that takes the records to the email administrator, who has no login and may never have
//! heard of Lasso: how many there may be, what is in one, and the ports that count and send them.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::names::{ClientId, DomainName, EmailAddress};
use crate::ports::{SesError, StoreError};
use crate::records::RecordId;

/// Emails for one domain and day: the email administrator, a colleague, and some corrections. More
/// would be a nuisance to whoever gets them.
pub const PER_DOMAIN: u32 = 5;

/// Emails of one client and day: a client that sets up all its communities on one day has some
/// dozens of domains. It bounds what a stolen token can do to the reputation of Lasso's address.
pub const PER_CLIENT: u32 = 50;

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// A day in UTC, by which emails are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// Its midnight, at which it begins.
    start: Timestamp,
}

/// How many emails there may still be on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// For the domain.
    pub domain: u32,
    /// For all domains of the client together.
    pub client: u32,
}

/// Whether one more email may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// It is counted; how many are left behind it.
    Yes(Left),
    /// There were [`PER_DOMAIN`] for this domain.
    DomainLimit,
    /// There were [`PER_CLIENT`] of this client.
    ClientLimit,
}

/// Counts emails before they are sent, so that neither a race nor a death exceeds a limit.
pub trait CountInstructions: Send + Sync {
    /// Counts one more, if there may be one.
    fn count(
        &self,
        client: &ClientId,
        name: &DomainName,
        day: Day,
    ) -> impl Future<Output = Result<Counted, StoreError>> + Send;

    /// Takes one back that was counted and certainly not sent.
    fn give_back(
        &self,
        client: &ClientId,
        name: &DomainName,
        day: Day,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// An email to a person who is not at Lasso.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line, without control characters.
    pub subject: String,
    /// The plain-text body.
    pub text: String,
    /// The HTML body.
    pub html: String,
    /// Whom an answer reaches.
    pub reply_to: Option<EmailAddress>,
    /// The records in it.
    pub records: Vec<RecordId>,
}

/// Sends email to one person.
pub trait SendLetter: Send + Sync {
    /// Sends it; the answer is SES's message id.
    fn send(
        &self,
        to: &EmailAddress,
        letter: &Letter,
    ) -> impl Future<Output = Result<String, SesError>> + Send;
}

impl Day {
    /// The day of a moment.
    pub fn of(now: Timestamp) -> Self {
        let since_midnight = now.as_second().rem_euclid(SECONDS_PER_DAY);
        let midnight = Timestamp::from_second(now.as_second() - since_midnight);
        Self {
            start: midnight.unwrap_or(now),
        }
    }

    /// When the next one begins.
    pub fn end(self) -> Timestamp {
        self.start + SignedDuration::from_secs(SECONDS_PER_DAY)
    }

    /// When nobody asks for it any more, whoever's clock is late.
    pub fn forgotten_at(self) -> Timestamp {
        self.end() + SignedDuration::from_secs(SECONDS_PER_DAY)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.start.strftime("%Y-%m-%d").fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let day = Day::of(at("2026-06-01T23:59:59.9Z"));
        assert_eq!(day.to_string(), "2026-06-01");
        assert_eq!(day, Day::of(at("2026-06-01T00:00:00Z")));
        assert_eq!(day.end(), at("2026-06-02T00:00:00Z"));
        assert_eq!(Day::of(day.end()).to_string(), "2026-06-02");
    }
}
