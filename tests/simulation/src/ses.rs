//! A simulated Amazon SES: so many calls per second for each operation, `Throttling` above that, and a
//! verification that takes what is in DNS.

mod answers;
mod quota;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain_auth::identity::{AxisStatus, ConfigurationSet, MailFromLabel, SesStatus};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::SesError;

use jiff::Timestamp;
use quota::Quota;
pub(crate) use quota::{Calls, Trouble};

use crate::setting::Setting;

/// Identities, and the account's quota.
#[derive(Debug, Clone)]
pub(crate) struct SimSes {
    setting: Setting,
    calls_per_second: f64,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    identities: BTreeMap<DomainName, SimIdentity>,
    /// Both since somebody last asked for them.
    deletions: Vec<Deletion>,
    changes: Vec<Change>,
    /// Who last asked for an identity of a name.
    asked: BTreeMap<DomainName, ClientId>,
    quota: Quota,
}

/// What SES has of a domain.
#[derive(Debug, Clone)]
pub(crate) struct SimIdentity {
    /// Who made it.
    pub(crate) tag: Tag,
    /// The tags say that it was adopted.
    pub(crate) adopted: bool,
    /// The custom MAIL FROM domain.
    pub(crate) mail_from: Option<String>,
    /// The configuration set that was attached.
    pub(crate) configuration_set: Option<ConfigurationSet>,
    /// What it says.
    pub(crate) status: SesStatus,
    /// When SES began to look for the records, or lost them.
    pub(crate) since: Duration,
}

/// What the tags of an identity say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tag {
    /// This stack made it, for a client.
    Ours(ClientId),
    /// Another stack did.
    AnotherStack,
    /// Nothing.
    Nobody,
}

/// A call that has deleted an identity.
#[derive(Debug, Clone)]
pub(crate) struct Deletion {
    pub(crate) name: DomainName,
    /// As it was.
    pub(crate) identity: SimIdentity,
    /// On the clock on the wall.
    pub(crate) at: Timestamp,
}

/// A call that has changed an identity, or could have.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) operation: &'static str,
    pub(crate) name: DomainName,
    /// What its tags said.
    pub(crate) tag: Tag,
}

impl SimSes {
    /// With the account's quota for each operation.
    pub(crate) fn new(setting: Setting, calls_per_second: u32) -> Self {
        Self {
            setting,
            calls_per_second: f64::from(calls_per_second),
            state: Arc::default(),
        }
    }

    /// Sets how SES fails from now on.
    pub(crate) fn set_trouble(&self, trouble: Trouble) {
        self.state().quota.trouble = trouble;
    }

    /// Makes an identity as if it had been there before.
    pub(crate) fn put(&self, name: &DomainName, tag: Tag, verification: AxisStatus) {
        let made = SimIdentity {
            tag,
            adopted: false,
            mail_from: Some(MailFromLabel::default_label().below(name)),
            configuration_set: None,
            status: axes(verification),
            since: self.setting.clock.elapsed(),
        };
        self.state().identities.insert(name.clone(), made);
    }

    /// Lets SES look at all identities.
    pub(crate) fn look(&self, mut update: impl FnMut(&DomainName, &mut SimIdentity)) {
        for (name, identity) in &mut self.state().identities {
            update(name, identity);
        }
    }

    /// Sets what SES says of an identity.
    pub(crate) fn set_status(&self, name: &DomainName, status: SesStatus) {
        if let Some(identity) = self.state().identities.get_mut(name) {
            identity.status = status;
        }
    }

    /// All calls so far, by operation.
    pub(crate) fn calls(&self) -> BTreeMap<&'static str, Calls> {
        self.state().quota.calls.clone()
    }

    /// How many calls it has throttled so far.
    pub(crate) fn throttled(&self) -> usize {
        let calls = self.calls();
        calls.values().map(|calls| calls.throttled).sum()
    }

    /// What SES has of a name.
    pub(crate) fn identity(&self, name: &DomainName) -> Option<SimIdentity> {
        self.state().identities.get(name).cloned()
    }

    /// What SES says of a name.
    pub(crate) fn status(&self, name: &DomainName) -> Option<SesStatus> {
        self.state()
            .identities
            .get(name)
            .map(|identity| identity.status)
    }

    /// Somebody deletes an identity by hand.
    pub(crate) fn lose(&self, name: &DomainName) {
        self.state().identities.remove(name);
    }

    /// The deletions since this was last called.
    pub(crate) fn take_deletions(&self) -> Vec<Deletion> {
        std::mem::take(&mut self.state().deletions)
    }

    /// The changes since this was last called.
    pub(crate) fn take_changes(&self) -> Vec<Change> {
        std::mem::take(&mut self.state().changes)
    }

    /// How SES fails now.
    pub(crate) fn trouble(&self) -> Trouble {
        self.state().quota.trouble
    }

    /// The names that SES has.
    pub(crate) fn names(&self) -> Vec<DomainName> {
        self.state().identities.keys().cloned().collect()
    }

    /// v2 `GetEmailIdentity`, with the three axes of one identity.
    pub(crate) async fn get(&self, name: &DomainName) -> Result<Option<SesStatus>, SesError> {
        self.call("GetEmailIdentity", |state| {
            state.identities.get(name).map(|identity| identity.status)
        })
        .await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn delete(&mut self, name: &DomainName, at: Timestamp) {
        if let Some(identity) = self.identities.remove(name) {
            let name = name.clone();
            self.deletions.push(Deletion { name, identity, at });
        }
    }

    /// What is about to be changed, where it is there.
    fn change(&mut self, operation: &'static str, name: &DomainName) -> Option<&mut SimIdentity> {
        let identity = self.identities.get_mut(name)?;
        self.changes.push(Change {
            operation,
            name: name.clone(),
            tag: identity.tag.clone(),
        });
        Some(identity)
    }

    /// What the v1 calls do: they make an identity, without tags, where there is none.
    fn look_again(&mut self, operation: &'static str, name: &DomainName, now: Duration) {
        self.identities
            .entry(name.clone())
            .or_insert_with(|| SimIdentity {
                tag: Tag::Nobody,
                adopted: false,
                mail_from: None,
                configuration_set: None,
                status: axes(AxisStatus::Pending),
                since: now,
            });
        if let Some(identity) = self.change(operation, name)
            && identity.status.verification == AxisStatus::Failed
        {
            identity.status = axes(AxisStatus::Pending);
            identity.since = now;
        }
    }
}

/// The three axes, which the records make good together.
pub(crate) fn axes(status: AxisStatus) -> SesStatus {
    SesStatus {
        verification: status,
        dkim: status,
        mail_from: status,
    }
}
