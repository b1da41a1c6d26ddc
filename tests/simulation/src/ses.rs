//! A simulated Amazon SES: the account of `ses-model`, with calls that take time, compete with
//! other callers for the quota, and sometimes get no response. It also records changes and
//! deletions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain_auth::identity::{AxisStatus, MailFromLabel, SesStatus};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{Clock, ExistingIdentity, IdentityOwner, ListedIdentity, SesError};
use domain_auth_testkit::{
    Door, SesPort, carry_out, domain_name, identity_at_ses, model_status, owner_of, status_of,
};
use jiff::Timestamp;
use ses_model::{
    Account, Admission, Axis, Behaviour, Failure, Identity, Inheritance, MailFrom, Operation, Seen,
    Settings, TextMissing, TokenSource,
};

use crate::fault::Fault;
use crate::setting::Setting;

/// The response time of SES.
const ANSWER: (Duration, Duration) = (Duration::from_millis(40), Duration::from_millis(40));

/// The service's ports for it.
pub(crate) type SimSes = SesPort<SimDoor>;

/// An account, and the way of calls to it.
#[derive(Debug, Clone)]
pub(crate) struct SimDoor {
    setting: Setting,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    account: Account,
    /// Deletions and changes since they were last read.
    deletions: Vec<Deletion>,
    changes: Vec<Change>,
    /// The client that last requested an identity of a name.
    asked: BTreeMap<DomainName, ClientId>,
    calls: BTreeMap<&'static str, Calls>,
    trouble: Trouble,
}

/// Calls of an operation.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Calls {
    /// Calls that SES accepted.
    pub(crate) taken: usize,
    /// Calls that SES throttled.
    pub(crate) throttled: usize,
}

/// The probabilities of SES's failures.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Trouble {
    /// Other callers in the account use up the quota.
    pub(crate) throttled: f64,
    /// No response; in half of the cases the call was carried out.
    pub(crate) unanswered: f64,
}

/// A call that has deleted an identity.
#[derive(Debug, Clone)]
pub(crate) struct Deletion {
    pub(crate) name: DomainName,
    /// The identity before the deletion.
    pub(crate) identity: Identity,
    /// The wall-clock time.
    pub(crate) at: Timestamp,
}

/// A call that has changed an identity, or could have.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) operation: Operation,
    pub(crate) name: DomainName,
    /// The owner by its tags.
    pub(crate) owner: IdentityOwner,
}

impl SimDoor {
    /// With the account's quota for each operation. A domain below a verified one has the status of
    /// its own records, because the model of the truth (`weeks/truth.rs`) does not know the names
    /// above it.
    pub(crate) fn to_ses(setting: Setting, calls_per_second: u32) -> SimSes {
        let behaviour = Behaviour {
            inheritance: Inheritance::SendingOnly,
            ..Behaviour::default()
        };
        let settings = Settings {
            behaviour,
            rate: Some(f64::from(calls_per_second)),
            identity_limit: usize::MAX,
            token_source: TokenSource::Readable,
            ..Settings::default()
        };
        let state = State {
            account: Account::new(settings),
            ..State::default()
        };
        SesPort::behind(Self {
            setting,
            state: Arc::new(Mutex::new(state)),
        })
    }

    /// Sets the behaviour of SES that its documentation does not define.
    pub(crate) fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.state().account.settings.behaviour);
    }

    /// Whether v1 gives up on a missing TXT record although the DKIM records verified the domain.
    pub(crate) fn gives_up_on_text(&self) -> bool {
        self.state().account.settings.behaviour.text_missing == TextMissing::Failed
    }

    /// Sets the failures of SES from now on.
    pub(crate) fn set_trouble(&self, trouble: Trouble) {
        self.state().trouble = trouble;
    }

    /// The present failures of SES.
    pub(crate) fn trouble(&self) -> Trouble {
        self.state().trouble
    }

    /// Adds an identity as if it had existed before.
    pub(crate) fn put(&self, name: &DomainName, owner: &IdentityOwner, verification: AxisStatus) {
        let now = self.setting.clock.elapsed();
        let mut identity = identity_at_ses(name, owner);
        identity.mail_from = Some(MailFrom {
            domain: MailFromLabel::default_label().below(name),
            behavior: "USE_DEFAULT_VALUE".to_owned(),
            region: "us-east-1".to_owned(),
            axis: Axis::started(now),
        });
        let status = model_status(verification);
        identity.set_status((status, status, status), now);
        self.state().account.put([identity]);
    }

    /// Updates all identities, as a look of SES does.
    pub(crate) fn look(&self, mut update: impl FnMut(&DomainName, &mut Identity)) {
        for identity in self.state().account.identities_mut() {
            update(&domain_name(&identity.name), identity);
        }
    }

    /// Makes SES find all records of an identity.
    pub(crate) fn verify(&self, name: &DomainName) {
        let now = self.setting.clock.elapsed();
        if let Some(identity) = self.state().account.find_mut(name.as_str()) {
            identity.observe(Seen::Found, now);
        }
    }

    /// All calls so far, by operation.
    pub(crate) fn calls(&self) -> BTreeMap<&'static str, Calls> {
        self.state().calls.clone()
    }

    /// How many calls it has throttled so far.
    pub(crate) fn throttled(&self) -> usize {
        let calls = self.calls();
        calls.values().map(|calls| calls.throttled).sum()
    }

    /// The identity of a name.
    pub(crate) fn identity(&self, name: &DomainName) -> Option<Identity> {
        self.state().account.find(name.as_str()).cloned()
    }

    /// The status of a name.
    pub(crate) fn status(&self, name: &DomainName) -> Option<SesStatus> {
        let account = &self.state().account;
        let identity = account.find(name.as_str())?;
        Some(status_of(account, identity))
    }

    /// Deletes an identity, as if by hand.
    pub(crate) fn lose(&self, name: &DomainName) {
        self.state().account.delete(name.as_str()).ok();
    }

    /// The deletions since the last call of this function.
    pub(crate) fn take_deletions(&self) -> Vec<Deletion> {
        std::mem::take(&mut self.state().deletions)
    }

    /// The changes since the last call of this function.
    pub(crate) fn take_changes(&self) -> Vec<Change> {
        std::mem::take(&mut self.state().changes)
    }

    /// The names that SES has.
    pub(crate) fn names(&self) -> Vec<DomainName> {
        let state = self.state();
        let identities = state.account.identities();
        identities.map(|it| domain_name(&it.name)).collect()
    }

    /// v2 `GetEmailIdentity`, with the three axes of one identity.
    pub(crate) async fn get(&self, name: &DomainName) -> Result<Option<SesStatus>, SesError> {
        let operation = Operation::GetEmailIdentity;
        self.call(operation, std::slice::from_ref(name), |account, _| {
            let identity = account.find(name.as_str());
            Ok(identity.map(|identity| status_of(account, identity)))
        })
        .await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn half_of_the_way(&self) {
        let (least, mean) = ANSWER;
        let latency = self.setting.chance.latency(least, mean);
        self.setting.clock.sleep(latency / 2).await;
    }

    fn take<T>(
        &self,
        operation: Operation,
        names: &[DomainName],
        effect: impl FnOnce(&mut Account, Duration) -> Result<T, Failure>,
    ) -> Result<T, SesError> {
        let chance = &self.setting.chance;
        let now = self.setting.clock.elapsed();
        let mut state = self.state();
        let trouble = state.trouble;
        let admitted = state.account.admit(operation, &[], now) == Admission::Accepted
            && !chance.happens(trouble.throttled);
        let calls = state.calls.entry(operation.name()).or_default();
        let admission = if admitted {
            calls.taken += 1;
            match chance.happens(trouble.unanswered) {
                true if chance.happens(0.5) => Admission::AnswerLost,
                true => Admission::Dropped,
                false => Admission::Accepted,
            }
        } else {
            calls.throttled += 1;
            Admission::Failed(Failure::throttled())
        };
        carry_out(admission, operation, || {
            let [name] = names else {
                return effect(&mut state.account, now);
            };
            let before = state.account.find(name.as_str()).cloned();
            let answer = effect(&mut state.account, now);
            self.note(&mut state, (operation, name), before);
            answer
        })
    }

    /// Records what a call has changed or deleted, or undoes it if the service has that fault.
    fn note(
        &self,
        state: &mut State,
        (operation, name): (Operation, &DomainName),
        before: Option<Identity>,
    ) {
        if operation == Operation::DeleteEmailIdentity {
            let Some(identity) = before else { return };
            if self.setting.has(Fault::DeletionForgotten) {
                state.account.put([identity]);
                return;
            }
            let at = self.setting.clock.now();
            let astray = self.setting.has(Fault::DeletionAstray);
            let other = state.account.identities().next().filter(|_| astray);
            let other = other.map(|other| other.name.clone());
            let other = other.and_then(|other| state.account.delete(&other).ok());
            let deleted = [identity].into_iter().chain(other);
            state.deletions.extend(deleted.map(|identity| Deletion {
                name: domain_name(&identity.name),
                identity,
                at,
            }));
        } else if changes_what_is_there(operation) && state.account.find(name.as_str()).is_some() {
            let owner = before.as_ref().map_or(IdentityOwner::Untagged, owner_of);
            state.changes.push(Change {
                operation,
                name: name.clone(),
                owner,
            });
            let attaches = operation == Operation::PutEmailIdentityConfigurationSetAttributes;
            if attaches && self.setting.has(Fault::ConfigurationSetForgotten) {
                state.account.put(before);
            }
        }
    }
}

/// The v1 operations create an identity, without tags, if there is none: that counts, too.
fn changes_what_is_there(operation: Operation) -> bool {
    [
        Operation::TagResource,
        Operation::VerifyDomainIdentity,
        Operation::VerifyDomainDkim,
        Operation::PutEmailIdentityMailFromAttributes,
        Operation::PutEmailIdentityConfigurationSetAttributes,
    ]
    .contains(&operation)
}

impl Door for SimDoor {
    async fn call<T: Send>(
        &self,
        operation: Operation,
        names: &[DomainName],
        effect: impl FnOnce(&mut Account, Duration) -> Result<T, Failure> + Send,
    ) -> Result<T, SesError> {
        self.half_of_the_way().await;
        let take = || self.take(operation, names, effect);
        let answer = self.setting.apart.take(take);
        self.half_of_the_way().await;
        answer
    }

    fn asks(&self, name: &DomainName, client: &ClientId) {
        self.state().asked.insert(name.clone(), client.clone());
    }

    fn described(&self, name: &DomainName, mut identity: ExistingIdentity) -> ExistingIdentity {
        if self.setting.has(Fault::DescribingForgotten)
            && let Some(client) = self.state().asked.get(name)
        {
            identity.owner = IdentityOwner::Client(client.to_string());
            identity.ours = true;
        }
        identity.ours |= self.setting.has(Fault::TagsIgnored);
        identity.verified &= !self.setting.has(Fault::VerifiedOrphanDeleted);
        identity
    }

    fn listed(&self, mut identity: ListedIdentity) -> ListedIdentity {
        if self.setting.has(Fault::VerifiedOrphanDeleted) {
            identity.verification = None;
        }
        identity
    }
}

/// The three axes, all with one status.
pub(crate) fn axes(status: AxisStatus) -> SesStatus {
    SesStatus {
        verification: status,
        dkim: status,
        mail_from: status,
    }
}
