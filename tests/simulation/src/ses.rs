//! A simulated Amazon SES: so many calls per second for each operation, `Throttling` above that, and a
//! verification that takes what is in DNS.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain_auth::identity::{
    AxisStatus, ConfigurationSet, Dkim, MailFromLabel, SesStatus, VerificationToken,
};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{
    Clock, Creation, ExistingIdentity, Identities, IdentityOwner, IdentityPage, IdentityStatuses,
    LIST_PAGE, ListIdentities, ListedIdentity, STATUS_BATCH, SesError,
};
use domain_auth_testkit::identity;

use crate::fault::Fault;
use crate::setting::Setting;

/// How long SES takes to answer.
const ANSWER: (Duration, Duration) = (Duration::from_millis(40), Duration::from_millis(40));
/// Of the calls of a second, those of one operation that SES takes at once: all, and the twentieth on
/// top that forgives calls that come a little early, as in the local stack's SES gate.
const BURST: f64 = 1.05;

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
    buckets: HashMap<&'static str, Bucket>,
    calls: BTreeMap<&'static str, Calls>,
    trouble: Trouble,
}

/// What SES has of a domain.
#[derive(Debug, Clone)]
pub(crate) struct SimIdentity {
    /// The client in its tag.
    pub(crate) client: Option<String>,
    /// The custom MAIL FROM domain.
    pub(crate) mail_from: Option<String>,
    /// The configuration set that was attached.
    pub(crate) configuration_set: Option<ConfigurationSet>,
    /// What it says.
    pub(crate) status: SesStatus,
    /// When SES began to look for the records, or lost them.
    pub(crate) since: Duration,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled_at: Duration,
}

/// Calls of an operation.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Calls {
    /// Those that SES took.
    pub(crate) taken: usize,
    /// Those that it throttled.
    pub(crate) throttled: usize,
}

/// How SES fails now and then: probabilities.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Trouble {
    /// Somebody else in the account has used the quota.
    pub(crate) throttled: f64,
    /// No answer; in half of the cases it was done all the same.
    pub(crate) unanswered: f64,
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
        self.state().trouble = trouble;
    }

    /// Makes an identity as if it had been there before.
    pub(crate) fn put(&self, name: &DomainName, client: &ClientId, verification: AxisStatus) {
        let made = SimIdentity {
            client: Some(client.to_string()),
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
        self.state().calls.clone()
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

    /// How SES fails now.
    pub(crate) fn trouble(&self) -> Trouble {
        self.state().trouble
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

    async fn call<T>(
        &self,
        operation: &'static str,
        effect: impl FnOnce(&mut State) -> T + Send,
    ) -> Result<T, SesError> {
        let (least, mean) = ANSWER;
        self.setting
            .clock
            .sleep(self.setting.chance.latency(least, mean) / 2)
            .await;
        let answer = self.setting.apart.take(|| self.take(operation, effect));
        self.setting
            .clock
            .sleep(self.setting.chance.latency(least, mean) / 2)
            .await;
        answer
    }

    fn take<T>(
        &self,
        operation: &'static str,
        effect: impl FnOnce(&mut State) -> T,
    ) -> Result<T, SesError> {
        let now = self.setting.clock.elapsed();
        let mut state = self.state();
        let trouble = state.trouble;
        let admitted = state.admit(operation, self.calls_per_second, now)
            && !self.setting.chance.happens(trouble.throttled);
        let calls = state.calls.entry(operation).or_default();
        if !admitted {
            calls.throttled += 1;
            return Err(SesError::Throttled { operation });
        }
        calls.taken += 1;
        if self.setting.chance.happens(trouble.unanswered) {
            if self.setting.chance.happens(0.5) {
                effect(&mut state);
            }
            let source = "no answer".into();
            return Err(SesError::Unavailable { operation, source });
        }
        Ok(effect(&mut state))
    }

    async fn statuses(
        &self,
        operation: &'static str,
        names: &[DomainName],
        axis: impl Fn(SesStatus) -> AxisStatus + Send + Sync,
    ) -> Result<HashMap<DomainName, AxisStatus>, SesError> {
        assert!(names.len() <= STATUS_BATCH, "more than SES takes");
        self.call(operation, |state| {
            let known = names.iter().filter_map(|name| {
                let status = state.identities.get(name)?.status;
                Some((name.clone(), axis(status)))
            });
            known.collect()
        })
        .await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn admit(&mut self, operation: &'static str, per_second: f64, now: Duration) -> bool {
        let most = per_second * BURST;
        let bucket = self.buckets.entry(operation).or_insert(Bucket {
            tokens: most,
            filled_at: now,
        });
        let passed = now.saturating_sub(bucket.filled_at).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * per_second).min(most);
        bucket.filled_at = now;
        let admitted = bucket.tokens >= 1.0;
        if admitted {
            bucket.tokens -= 1.0;
        }
        admitted
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

impl Identities for SimSes {
    async fn create(&self, name: &DomainName, client: &ClientId) -> Result<Creation, SesError> {
        let now = self.setting.clock.elapsed();
        self.call("CreateEmailIdentity", |state| {
            if state.identities.contains_key(name) {
                return Creation::Exists;
            }
            let made = SimIdentity {
                client: Some(client.to_string()),
                mail_from: None,
                configuration_set: None,
                status: axes(AxisStatus::Pending),
                since: now,
            };
            state.identities.insert(name.clone(), made);
            Creation::Created {
                dkim: identity(name).dkim,
                verified: false,
            }
        })
        .await
    }

    async fn describe(&self, name: &DomainName) -> Result<Option<ExistingIdentity>, SesError> {
        self.call("GetEmailIdentity", |state| {
            let known = state.identities.get(name)?;
            Some(ExistingIdentity {
                dkim: Some(identity(name).dkim),
                mail_from_domain: known.mail_from.clone(),
                owner: match known.client.clone() {
                    Some(client) => IdentityOwner::Client(client),
                    None => IdentityOwner::Nobody,
                },
                ours: true,
                verified: known.status.verification == AxisStatus::Success,
                dkim_stopped: known.status.dkim == AxisStatus::Failed,
            })
        })
        .await
    }

    async fn delete(&self, name: &DomainName) -> Result<(), SesError> {
        self.call("DeleteEmailIdentity", |state| {
            if !self.setting.has(Fault::DeletionForgotten) {
                state.identities.remove(name);
            }
        })
        .await
    }

    async fn verify_domain(&self, name: &DomainName) -> Result<VerificationToken, SesError> {
        let now = self.setting.clock.elapsed();
        self.call("VerifyDomainIdentity", |state| {
            state.look_again(name, now);
            identity(name).verification_token
        })
        .await
    }

    async fn verify_dkim(&self, name: &DomainName) -> Result<Dkim, SesError> {
        let now = self.setting.clock.elapsed();
        self.call("VerifyDomainDkim", |state| {
            state.look_again(name, now);
            identity(name).dkim
        })
        .await
    }

    async fn set_mail_from(
        &self,
        name: &DomainName,
        label: &MailFromLabel,
    ) -> Result<(), SesError> {
        self.call("PutEmailIdentityMailFromAttributes", |state| {
            if let Some(identity) = state.identities.get_mut(name) {
                identity.mail_from = Some(label.below(name));
            }
        })
        .await
    }

    async fn set_configuration_set(
        &self,
        name: &DomainName,
        set: &ConfigurationSet,
    ) -> Result<(), SesError> {
        let operation = "PutEmailIdentityConfigurationSetAttributes";
        let forgets = self.setting.has(Fault::ConfigurationSetForgotten);
        self.call(operation, |state| {
            let Some(identity) = state.identities.get_mut(name) else {
                let source = "there is no such identity".into();
                return Err(SesError::Refused { operation, source });
            };
            if !forgets {
                identity.configuration_set = Some(set.clone());
            }
            Ok(())
        })
        .await?
    }

    fn region(&self) -> &'static str {
        "us-east-1"
    }
}

impl State {
    fn look_again(&mut self, name: &DomainName, now: Duration) {
        if let Some(identity) = self.identities.get_mut(name)
            && identity.status.verification == AxisStatus::Failed
        {
            identity.status = axes(AxisStatus::Pending);
            identity.since = now;
        }
    }
}

impl ListIdentities for SimSes {
    async fn identities(&self, start: Option<&str>) -> Result<IdentityPage, SesError> {
        self.call("ListEmailIdentities", |state| {
            let after = |name: &DomainName| start.is_none_or(|start| name.as_str() > start);
            let mut rest = state.identities.range(..).filter(|(name, _)| after(name));
            let listed = |(name, identity): (&DomainName, &SimIdentity)| ListedIdentity {
                name: name.clone(),
                verification: Some(identity.status.verification),
            };
            let identities: Vec<ListedIdentity> =
                rest.by_ref().take(LIST_PAGE).map(listed).collect();
            let last = identities.last().map(|listed| listed.name.to_string());
            IdentityPage {
                next: last.filter(|_| rest.next().is_some()),
                identities,
            }
        })
        .await
    }
}

impl IdentityStatuses for SimSes {
    async fn verification(
        &self,
        names: &[DomainName],
    ) -> Result<HashMap<DomainName, AxisStatus>, SesError> {
        let axis = |status: SesStatus| status.verification;
        self.statuses("GetIdentityVerificationAttributes", names, axis)
            .await
    }

    async fn dkim(
        &self,
        names: &[DomainName],
    ) -> Result<HashMap<DomainName, AxisStatus>, SesError> {
        self.statuses("GetIdentityDkimAttributes", names, |status| status.dkim)
            .await
    }

    async fn mail_from(
        &self,
        names: &[DomainName],
    ) -> Result<HashMap<DomainName, AxisStatus>, SesError> {
        let axis = |status: SesStatus| status.mail_from;
        self.statuses("GetIdentityMailFromDomainAttributes", names, axis)
            .await
    }
}
