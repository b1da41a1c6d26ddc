//! Which events have been emailed, and how many emails mailboxes got, in memory, with the
//! guarantees of the table.

use domain_auth::audience::EmailId;
use domain_auth::mail_limits::{CountEmails, MailWindow, Mailbox};
use domain_auth::ports::{EmailLedger, Lease, StoreError};
use jiff::Timestamp;

use crate::MemoryStore;
use crate::memory_data::EmailState;
use crate::memory_store::State;

impl State {
    /// The email has been sent, or will never be sent.
    pub(crate) fn settle(&mut self, id: EmailId) {
        let settled = EmailState {
            sent: true,
            ..EmailState::default()
        };
        self.emails.insert(id, settled);
    }
}

impl EmailLedger for MemoryStore {
    async fn lease(
        &self,
        id: EmailId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, StoreError> {
        self.crash.pass("lease").await;
        let mut state = self.state();
        let email = state.emails.entry(id).or_default();
        if email.sent {
            return Ok(Lease::Sent);
        }
        if email
            .lease_until
            .is_some_and(|lease_until| now < lease_until)
        {
            let reason = email.held_back.clone();
            return Ok(reason.map_or(Lease::InFlight, |reason| Lease::HeldBack { reason }));
        }
        email.lease_until = Some(until);
        email.held_back = None;
        Ok(Lease::Granted)
    }

    async fn sent(&self, ids: &[EmailId], _: &str, _: Timestamp) -> Result<(), StoreError> {
        self.crash.pass("sent").await;
        let mut state = self.state();
        for id in ids {
            state.settle(*id);
        }
        Ok(())
    }

    async fn settle(&self, id: EmailId, _: Timestamp) -> Result<(), StoreError> {
        self.crash.pass("settle").await;
        self.state().settle(id);
        Ok(())
    }

    async fn hold_back(
        &self,
        id: EmailId,
        until: Timestamp,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.crash.pass("hold back").await;
        if let Some(email) = self.state().emails.get_mut(&id) {
            email.lease_until = Some(until);
            email.held_back = Some(reason.to_owned());
        }
        Ok(())
    }

    async fn release(&self, id: EmailId) -> Result<(), StoreError> {
        self.crash.pass("release").await;
        if let Some(email) = self.state().emails.get_mut(&id) {
            email.lease_until = None;
        }
        Ok(())
    }
}

impl CountEmails for MemoryStore {
    async fn count_email(
        &self,
        to: &Mailbox,
        window: MailWindow,
        limit: u32,
    ) -> Result<bool, StoreError> {
        self.crash.pass("count email").await;
        let mut state = self.state();
        let count = state.emails_to.entry((to.clone(), window)).or_default();
        let one_more = *count < limit;
        *count += u32::from(one_more);
        Ok(one_more)
    }

    async fn uncount_email(&self, to: &Mailbox, window: MailWindow) -> Result<(), StoreError> {
        self.crash.pass("uncount email").await;
        let mut state = self.state();
        let count = state.emails_to.entry((to.clone(), window)).or_default();
        *count = count.saturating_sub(1);
        Ok(())
    }

    async fn emails_counted(&self, to: &Mailbox, window: MailWindow) -> Result<u32, StoreError> {
        let state = self.state();
        let count = state.emails_to.get(&(to.clone(), window));
        Ok(count.copied().unwrap_or_default())
    }
}
