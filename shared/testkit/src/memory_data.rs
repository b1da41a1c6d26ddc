//! Data of the store in memory, besides domains and claims.

use std::collections::HashMap;

use domain_auth::alerts::{AlertCounts, Place, Said};
use domain_auth::idempotency::{Attempt, IdempotencyKey, KeyOwner, StoredAnswer};
use domain_auth::instructions::{Day, Recipient};
use domain_auth::limits::ClientRecord;
use domain_auth::names::{ClientId, DomainName, EventId};
use domain_auth::ses_share::{CallGroup, TurnState};
use jiff::Timestamp;

/// Data of clients.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clients {
    pub(crate) records: HashMap<ClientId, ClientRecord>,
    pub(crate) alerts: HashMap<(ClientId, Day), AlertCounts>,
    pub(crate) places: HashMap<EventId, Place>,
    pub(crate) said: HashMap<(ClientId, DomainName, Said), (Timestamp, Timestamp)>,
}

/// Data of requests and emails.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    pub(crate) requests: HashMap<(KeyOwner, IdempotencyKey), (Attempt, Option<StoredAnswer>)>,
    pub(crate) emails: HashMap<(ClientId, Day), HashMap<DomainName, u32>>,
    pub(crate) checks: HashMap<KeyOwner, Timestamp>,
    pub(crate) turns: HashMap<CallGroup, TurnState>,
    pub(crate) to_recipient: HashMap<(ClientId, Day, Recipient), u32>,
    pub(crate) to_recipient_of_all: HashMap<(Day, Recipient), u32>,
}

/// An email in the ledger.
#[derive(Debug, Clone, Default)]
pub(crate) struct EmailState {
    pub(crate) lease_until: Option<Timestamp>,
    pub(crate) held_back: Option<String>,
    pub(crate) sent: bool,
}

/// How many records may still be erased.
pub(crate) struct Room {
    left: usize,
}

impl Room {
    /// Room for `records` records.
    pub(crate) fn of(records: usize) -> Self {
        Self { left: records }
    }

    /// How many records there is room for.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// Takes room for another record, if there is room. Returns whether there was.
    pub(crate) fn takes(&mut self) -> bool {
        let takes = self.left > 0;
        self.left = self.left.saturating_sub(1);
        takes
    }
}
