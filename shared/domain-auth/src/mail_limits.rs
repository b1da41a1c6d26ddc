//! How many emails about events a mailbox gets per minute and per day, and the rate at which all
//! of them are sent.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::instructions::{Day, Recipient};
use crate::names::{ClientId, EmailAddress};
use crate::ports::StoreError;

/// Emails about one client's domains to one contact per day, not counting emails that say that mail stops. A client
/// chooses the address, which may be a stranger's. Events beyond the limit are listed in one email the next day.
pub const CONTACT_EMAILS_PER_DAY: u32 = 30;

/// Emails about the domains of all clients to one contact per day. Higher, so that one client does not use up the
/// emails of another one that has the same contact.
pub const CONTACT_EMAILS_PER_DAY_OF_ALL: u32 = 120;

const SECONDS_PER_MINUTE: i64 = 60;

/// The operator's limits for emails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailLimits {
    /// Emails of all copies of the function together, per second.
    pub per_second: u32,
    /// Single-event emails to one mailbox per minute. Events beyond the limit are listed in one
    /// email.
    pub singles_per_minute: u32,
    /// Emails to Lasso support per day about a client without a limit of its own.
    pub per_client_per_day: u32,
}

/// The mailbox whose emails are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Mailbox {
    /// Lasso support's.
    Support,
    /// A client contact's.
    Contact(Recipient),
    /// A client contact's, for the emails about this client's domains.
    ContactOf(ClientId, Recipient),
}

/// The time in which emails are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailWindow {
    /// A minute in UTC.
    Minute(Minute),
    /// A day in UTC.
    Day(Day),
}

/// A minute in UTC, which begins at a full minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Minute(i64);

/// Counts emails to mailboxes.
pub trait CountEmails: Send + Sync {
    /// Counts another email if there were fewer than `limit`, and returns whether it did.
    /// Simultaneous calls never count more than `limit`.
    fn count_email(
        &self,
        to: &Mailbox,
        window: MailWindow,
        limit: u32,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Uncounts an email that was certainly not sent.
    fn uncount_email(
        &self,
        to: &Mailbox,
        window: MailWindow,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// How many emails were counted.
    fn emails_counted(
        &self,
        to: &Mailbox,
        window: MailWindow,
    ) -> impl Future<Output = Result<u32, StoreError>> + Send;
}

impl Mailbox {
    /// The mailbox of a contact's address, for emails about one client's domains.
    pub fn of_client(client: &ClientId, contact: &EmailAddress) -> Self {
        Self::ContactOf(client.clone(), Recipient::of(contact))
    }

    /// The mailbox of a contact's address.
    pub fn of(contact: &EmailAddress) -> Self {
        Self::Contact(Recipient::of(contact))
    }
}

impl Minute {
    /// The minute of a moment.
    pub fn of(now: Timestamp) -> Self {
        Self(now.as_second().div_euclid(SECONDS_PER_MINUTE))
    }

    /// When the next one begins.
    pub fn end(self) -> Timestamp {
        let end = self.0.saturating_add(1).saturating_mul(SECONDS_PER_MINUTE);
        Timestamp::from_second(end).unwrap_or(Timestamp::MAX)
    }
}

impl MailWindow {
    /// When its count is no longer needed.
    pub fn forgotten_at(self) -> Timestamp {
        match self {
            Self::Minute(minute) => minute.end() + SignedDuration::from_hours(1),
            Self::Day(day) => day.forgotten_at(),
        }
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_ends_exactly_when_the_next_one_begins() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let minute = Minute::of(at("2026-06-01T12:00:59.9Z"));
        assert_eq!(minute, Minute::of(at("2026-06-01T12:00:00Z")));
        assert_eq!(minute.end(), at("2026-06-01T12:01:00Z"));
        assert_ne!(Minute::of(minute.end()), minute);
    }

    #[test]
    fn spellings_of_a_contacts_address_are_one_mailbox() {
        let of = |text: &str| Mailbox::of(&EmailAddress::parse(text).unwrap());
        assert_eq!(of("Kim+lasso@Example.com"), of("kim@example.com"));
        assert_ne!(of("kim@example.com"), Mailbox::Support);
    }
}
