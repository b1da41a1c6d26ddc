//! The email with the records for the email administrator, who has no login and may never have
//! heard of Lasso: its limits, its content, and the ports that count and send it.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::names::{ClientId, DomainName, EmailAddress};
use crate::ports::{SesError, StoreError};

pub use crate::handoff::Letter;

/// Emails for one domain and day: the email administrator, a colleague, and some corrections. More
/// would be a nuisance to their recipients.
pub const PER_DOMAIN: u32 = 5;

/// The maximum number of emails on behalf of one client per day. A client that sets up all its communities in a day has
/// some dozens of domains. The limit bounds what a stolen token can do to the reputation of Lasso's
/// address.
pub const PER_CLIENT: u32 = 50;

/// The maximum number of emails on behalf of one client to one address per day, over all its domains.
pub const PER_RECIPIENT: u32 = 5;

/// The maximum number of emails on behalf of all clients to one address per day. An agency that manages the DNS of
/// several clients gets some from each.
pub const PER_RECIPIENT_OF_ALL: u32 = 20;

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// A day in UTC, for counting emails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// Its midnight, when it begins.
    start: Timestamp,
}

/// How many more emails are allowed on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// For the domain.
    pub domain: u32,
    /// For all domains of the client together.
    pub client: u32,
}

/// Whether another email may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// It is counted; the value is how many more are allowed.
    Yes(Left),
    /// The domain has reached [`PER_DOMAIN`].
    DomainLimit,
    /// The client has reached [`PER_CLIENT`].
    ClientLimit,
    /// The client has reached [`PER_RECIPIENT`] for this address, or all clients have reached
    /// [`PER_RECIPIENT_OF_ALL`].
    RecipientLimit,
}

/// The mailbox behind an address, by which emails are counted: in lower case, and without a tag
/// (`name+tag@example.com`, RFC 5233), which most providers deliver to the same mailbox.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Recipient(String);

/// Counts emails before they are sent, so that neither a race nor a crash exceeds a limit.
pub trait CountInstructions: Send + Sync {
    /// Counts another email, if the limits allow it.
    fn count(
        &self,
        client: &ClientId,
        name: &DomainName,
        to: &Recipient,
        day: Day,
    ) -> impl Future<Output = Result<Counted, StoreError>> + Send;

    /// Uncounts an email that was certainly not sent.
    fn give_back(
        &self,
        client: &ClientId,
        name: &DomainName,
        to: &Recipient,
        day: Day,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Sends email to one person.
pub trait SendLetter: Send + Sync {
    /// Whether the address is on SES's suppression list: SES accepts an email to such an address,
    /// but does not deliver it.
    fn is_suppressed(
        &self,
        to: &EmailAddress,
    ) -> impl Future<Output = Result<bool, SesError>> + Send;

    /// Sends it; returns SES's message id.
    fn send(
        &self,
        to: &EmailAddress,
        letter: &Letter,
    ) -> impl Future<Output = Result<String, SesError>> + Send;
}

impl Recipient {
    /// The mailbox of an address.
    pub fn of(address: &EmailAddress) -> Self {
        let address = address.as_str().to_ascii_lowercase();
        let (local, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
        let mailbox = match local.split_once('+') {
            Some((mailbox, _)) if !mailbox.is_empty() => mailbox,
            Some(_) | None => local,
        };
        Self(format!("{mailbox}@{domain}"))
    }

    /// The address of the mailbox. Personal: it is stored as a digest.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recipient")
    }
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

    /// The day of a date as [`Day`] shows it.
    pub fn parse(date: &str) -> Option<Self> {
        let midnight = format!("{date}T00:00:00Z").parse().ok()?;
        Some(Self::of(midnight))
    }

    /// Its midnight, at which it begins.
    pub fn start(self) -> Timestamp {
        self.start
    }

    /// When the next one begins.
    pub fn end(self) -> Timestamp {
        self.start + SignedDuration::from_secs(SECONDS_PER_DAY)
    }

    /// When it is no longer read, even by a process whose clock is late.
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
    fn spellings_of_one_mailbox_are_one_recipient() {
        let of = |text: &str| Recipient::of(&EmailAddress::parse(text).unwrap());
        let dns = of("dns@example.com");
        assert_eq!(of("DNS@Example.COM"), dns);
        assert_eq!(of("dns+lasso@example.com"), dns);
        assert_ne!(of("dns@example.net"), dns);
        assert_eq!(of("+tag@example.com").as_str(), "+tag@example.com");
    }

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let day = Day::of(at("2026-06-01T23:59:59.9Z"));
        assert_eq!(day.to_string(), "2026-06-01");
        assert_eq!(day, Day::of(at("2026-06-01T00:00:00Z")));
        assert_eq!(Day::parse(&day.to_string()), Some(day));
        assert_eq!(Day::parse("June"), None);
        assert_eq!(day.end(), at("2026-06-02T00:00:00Z"));
        assert_eq!(Day::of(day.end()).to_string(), "2026-06-02");
    }
}
