//! Keys of requests, counts of emails and checks, and turns at SES in memory, with the guarantees
//! of the table.

use std::sync::PoisonError;

use domain_auth::check_limit::{CheckCount, CheckLimit, CountChecks};
use domain_auth::idempotency::{Attempt, Begun, IdempotencyLedger, KeyOwner, StoredAnswer};
use domain_auth::instructions::{
    CountInstructions, Counted, Day, Left, PER_CLIENT, PER_DOMAIN, PER_RECIPIENT,
    PER_RECIPIENT_OF_ALL, Recipient,
};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::StoreError;
use domain_auth::ses_share::{CallGroup, SesTurns, Turn, TurnRequest};
use jiff::Timestamp;

use crate::MemoryStore;
use crate::memory_data::Keys;

impl Keys {
    /// The counts of emails to one recipient: from one client, and from all.
    fn to(&mut self, client: &ClientId, to: &Recipient, day: Day) -> (&mut u32, &mut u32) {
        let of_client = (client.clone(), day, to.clone());
        let of_all = (day, to.clone());
        (
            self.to_recipient.entry(of_client).or_default(),
            self.to_recipient_of_all.entry(of_all).or_default(),
        )
    }
}

impl MemoryStore {
    fn keys(&self) -> std::sync::MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IdempotencyLedger for MemoryStore {
    async fn begin(&self, attempt: &Attempt) -> Result<Begun, StoreError> {
        self.crash.pass("begin").await;
        let begun = {
            let mut keys = self.keys();
            let id = (attempt.owner.clone(), attempt.key.clone());
            let stored = keys.requests.get(&id);
            let stored = stored.filter(|(earlier, _)| attempt.at < earlier.expires_at());
            let begun = match stored {
                Some((earlier, _)) if earlier.fingerprint != attempt.fingerprint => {
                    Begun::OtherRequest
                }
                Some((_, Some(answer))) => Begun::Answered(answer.clone()),
                Some((earlier, None)) if attempt.at < earlier.lease_until() => Begun::InProgress,
                Some((_, None)) | None => Begun::Go,
            };
            if begun == Begun::Go {
                keys.requests.insert(id, (attempt.clone(), None));
            }
            begun
        };
        self.crash.pass("begun").await;
        Ok(begun)
    }

    async fn keep(&self, attempt: &Attempt, answer: &StoredAnswer) -> Result<(), StoreError> {
        self.crash.pass("keep").await;
        let id = (attempt.owner.clone(), attempt.key.clone());
        if let Some((stored, kept)) = self.keys().requests.get_mut(&id)
            && stored == attempt
        {
            *kept = Some(answer.clone());
        }
        self.crash.pass("kept").await;
        Ok(())
    }

    async fn forget(&self, attempt: &Attempt) -> Result<(), StoreError> {
        self.crash.pass("forget").await;
        let id = (attempt.owner.clone(), attempt.key.clone());
        let mut keys = self.keys();
        if keys
            .requests
            .get(&id)
            .is_some_and(|(stored, kept)| stored == attempt && kept.is_none())
        {
            keys.requests.remove(&id);
        }
        Ok(())
    }
}

impl CountInstructions for MemoryStore {
    async fn count(
        &self,
        client: &ClientId,
        name: &DomainName,
        to: &Recipient,
        day: Day,
    ) -> Result<Counted, StoreError> {
        self.crash.pass("count").await;
        let mut keys = self.keys();
        let (of_client, of_all) = keys.to(client, to, day);
        let enough = *of_client >= PER_RECIPIENT || *of_all >= PER_RECIPIENT_OF_ALL;
        let emails = keys.emails.entry((client.clone(), day)).or_default();
        let all: u32 = emails.values().sum();
        let of_domain = emails.entry(name.clone()).or_default();
        if *of_domain >= PER_DOMAIN {
            return Ok(Counted::DomainLimit);
        }
        if all >= PER_CLIENT {
            return Ok(Counted::ClientLimit);
        }
        if enough {
            return Ok(Counted::RecipientLimit);
        }
        *of_domain += 1;
        let left = Left {
            domain: PER_DOMAIN - *of_domain,
            client: PER_CLIENT - all - 1,
        };
        let (of_client, of_all) = keys.to(client, to, day);
        *of_client += 1;
        *of_all += 1;
        Ok(Counted::Yes(left))
    }

    async fn give_back(
        &self,
        client: &ClientId,
        name: &DomainName,
        to: &Recipient,
        day: Day,
    ) -> Result<(), StoreError> {
        self.crash.pass("give back").await;
        let mut keys = self.keys();
        let (of_client, of_all) = keys.to(client, to, day);
        *of_client = of_client.saturating_sub(1);
        *of_all = of_all.saturating_sub(1);
        let emails = keys.emails.entry((client.clone(), day)).or_default();
        if let Some(of_domain) = emails.get_mut(name) {
            *of_domain = of_domain.saturating_sub(1);
        }
        Ok(())
    }
}

impl CountChecks for MemoryStore {
    async fn count_check(
        &self,
        asker: &KeyOwner,
        limit: CheckLimit,
        now: Timestamp,
    ) -> Result<CheckCount, StoreError> {
        self.crash.pass("count check").await;
        let mut keys = self.keys();
        match limit.count(keys.checks.get(asker).copied(), now) {
            Ok(forgotten_at) => {
                keys.checks.insert(asker.clone(), forgotten_at);
                Ok(CheckCount::Counted)
            }
            Err(wait) => Ok(CheckCount::TooMany(wait)),
        }
    }
}

impl SesTurns for MemoryStore {
    async fn turn(&self, request: &TurnRequest) -> Result<Turn, StoreError> {
        self.crash.pass("turn").await;
        let mut keys = self.keys();
        Ok(keys.turns.entry(request.group).or_default().take(request))
    }

    async fn keep_for_poller(&self, until: Timestamp) -> Result<(), StoreError> {
        self.crash.pass("keep").await;
        let mut keys = self.keys();
        let state = keys.turns.entry(CallGroup::Identities).or_default();
        state.kept_until = Some(until);
        Ok(())
    }
}
