//! An SES that does what a test tells it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain_auth::identity::{
    AxisStatus, ConfigurationSet, Dkim, MailFromLabel, SesStatus, VerificationToken,
};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{
    Creation, ExistingIdentity, Identities, IdentityOwner, IdentityPage, IdentityStatuses,
    ListIdentities, ListedIdentity, Refusal, STATUS_BATCH, SesError,
};

use crate::CrashPoint;
use crate::builders::{dkim, verification_token};

/// How SES fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SesFault {
    /// Over the quota; nothing is done.
    Throttled,
    /// No answer; nothing is done.
    Unavailable,
    /// No answer, and it was done.
    AnswerLost,
    /// Understood and refused; nothing is done.
    Refused(Refusal),
}

/// Identities in memory.
#[derive(Debug, Default)]
pub struct FakeSes {
    crash: Arc<CrashPoint>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    identities: HashMap<DomainName, Identity>,
    faults: HashMap<&'static str, Vec<SesFault>>,
    calls: HashMap<&'static str, usize>,
    refused: Vec<DomainName>,
}

#[derive(Debug, Clone)]
struct Identity {
    client: Option<String>,
    ours: bool,
    adopted: bool,
    own_keys: bool,
    token: Option<VerificationToken>,
    dkim: Option<Dkim>,
    mail_from: Option<String>,
    configuration_set: Option<String>,
    status: SesStatus,
}

/// Where this is given as the client of an identity, another stack made it.
pub const ANOTHER_STACK: &str = "another stack";

impl Identity {
    fn is_verified(&self) -> bool {
        self.status.verification == AxisStatus::Success
    }
}

impl FakeSes {
    /// An SES on which a caller can die.
    pub fn new(crash: Arc<CrashPoint>) -> Self {
        Self {
            crash,
            state: Mutex::default(),
        }
    }

    /// Fails the next calls of an operation, one fault each.
    pub fn fail(&self, operation: &'static str, faults: &[SesFault]) {
        self.state()
            .faults
            .entry(operation)
            .or_default()
            .extend(faults.iter().rev());
    }

    /// Refuses every batch of statuses with this name in it.
    pub fn refuse(&self, name: &DomainName) {
        self.state().refused.push(name.clone());
    }

    /// Sets what SES says of an identity.
    pub fn set_status(&self, name: &DomainName, status: SesStatus) {
        if let Some(identity) = self.state().identities.get_mut(name) {
            identity.status = status;
        }
    }

    /// Makes SES say that an identity is verified.
    pub fn verify(&self, name: &DomainName) {
        let success = SesStatus {
            verification: AxisStatus::Success,
            dkim: AxisStatus::Pending,
            mail_from: AxisStatus::Pending,
        };
        self.set_status(name, success);
    }

    /// An identity that somebody made without us.
    pub fn add_foreign(&self, name: &DomainName, client: Option<&str>, with_dkim: bool) {
        self.state().identities.insert(
            name.clone(),
            Identity {
                client: client.map(str::to_owned),
                ours: false,
                adopted: false,
                own_keys: false,
                token: Some(verification_token(name)),
                dkim: with_dkim.then(|| dkim(name)),
                mail_from: None,
                configuration_set: None,
                status: pending(),
            },
        );
    }

    /// The same with keys of its owner (BYODKIM) and without a TXT token.
    pub fn add_foreign_with_own_keys(&self, name: &DomainName) {
        self.add_foreign(name, None, false);
        if let Some(identity) = self.state().identities.get_mut(name) {
            identity.own_keys = true;
            identity.token = None;
        }
    }

    /// Gives an identity a custom MAIL FROM domain and a configuration set.
    pub fn furnish(&self, name: &DomainName, mail_from: &str, configuration_set: &str) {
        if let Some(identity) = self.state().identities.get_mut(name) {
            identity.mail_from = Some(mail_from.to_owned());
            identity.configuration_set = Some(configuration_set.to_owned());
        }
    }

    /// Everything that SES has of an identity, in one text: two of them are the same if nothing was
    /// changed.
    pub fn record_of(&self, name: &DomainName) -> Option<String> {
        let state = self.state();
        state.identities.get(name).map(|it| format!("{it:?}"))
    }

    /// As if somebody had deleted an identity by hand.
    pub fn forget(&self, name: &DomainName) {
        self.state().identities.remove(name);
    }

    /// Whether there is an identity, and with whose tag.
    pub fn client_of(&self, name: &DomainName) -> Option<Option<String>> {
        let state = self.state();
        let identity = state.identities.get(name)?;
        Some(identity.client.clone())
    }

    /// An identity that this stack made for a domain that is gone.
    pub fn add_orphan(&self, name: &DomainName, client: &str) {
        self.add_tagged(name, client, true);
    }

    /// An identity with the tags of this stack and of a client.
    pub fn add_tagged(&self, name: &DomainName, client: &str, with_dkim: bool) {
        self.add_foreign(name, Some(client), with_dkim);
        if let Some(identity) = self.state().identities.get_mut(name) {
            identity.ours = true;
        }
    }

    /// Whether there is such an identity.
    pub fn has(&self, name: &DomainName) -> bool {
        self.state().identities.contains_key(name)
    }

    /// How many identities there are.
    pub fn identities(&self) -> usize {
        self.state().identities.len()
    }

    /// The configuration set of an identity.
    pub fn configuration_set(&self, name: &DomainName) -> Option<String> {
        let state = self.state();
        state.identities.get(name)?.configuration_set.clone()
    }

    /// How often an operation was called.
    pub fn calls(&self, operation: &str) -> usize {
        self.state()
            .calls
            .get(operation)
            .copied()
            .unwrap_or_default()
    }

    async fn call<T>(
        &self,
        operation: &'static str,
        effect: impl FnOnce(&mut State) -> Result<T, SesError> + Send,
    ) -> Result<T, SesError> {
        self.crash.pass(operation).await;
        let answer = {
            let mut state = self.state();
            *state.calls.entry(operation).or_default() += 1;
            let fault = state.faults.get_mut(operation).and_then(Vec::pop);
            let unavailable = || SesError::Unavailable {
                operation,
                source: "no answer".into(),
            };
            match fault {
                None => effect(&mut state),
                Some(SesFault::Throttled) => Err(SesError::Throttled { operation }),
                Some(SesFault::Unavailable) => Err(unavailable()),
                Some(SesFault::AnswerLost) => effect(&mut state).and(Err(unavailable())),
                Some(SesFault::Refused(refusal)) => Err(SesError::Refused {
                    operation,
                    refusal,
                    source: "refused".into(),
                }),
            }
        };
        self.crash.pass(operation).await;
        answer
    }

    fn statuses(
        operation: &'static str,
        state: &State,
        names: &[DomainName],
        axis: impl Fn(SesStatus) -> AxisStatus,
    ) -> Result<HashMap<DomainName, AxisStatus>, SesError> {
        assert!(
            names.len() <= STATUS_BATCH,
            "SES takes no more than {STATUS_BATCH}"
        );
        if names.iter().any(|name| state.refused.contains(name)) {
            return Err(SesError::Refused {
                operation,
                refusal: Refusal::BadRequest,
                source: "a name in it is refused".into(),
            });
        }
        let status = |name: &DomainName| {
            let identity = state.identities.get(name)?;
            Some((name.clone(), axis(identity.status)))
        };
        Ok(names.iter().filter_map(status).collect())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The identity, which v1 makes without tags where there is none.
    fn made_by_v1(&mut self, name: &DomainName) -> &mut Identity {
        let made = || Identity {
            client: None,
            ours: false,
            adopted: false,
            own_keys: false,
            token: None,
            dkim: None,
            mail_from: None,
            configuration_set: None,
            status: SesStatus::NOT_STARTED,
        };
        self.identities.entry(name.clone()).or_insert_with(made)
    }
}

fn pending() -> SesStatus {
    SesStatus {
        verification: AxisStatus::Pending,
        dkim: AxisStatus::Pending,
        mail_from: AxisStatus::Pending,
    }
}

impl Identities for FakeSes {
    async fn create(&self, name: &DomainName, client: &ClientId) -> Result<Creation, SesError> {
        self.call("CreateEmailIdentity", |state| {
            if state.identities.contains_key(name) {
                return Ok(Creation::Exists);
            }
            // What lies below a verified identity is verified.
            let inherited = name.ancestors().iter().any(|above| {
                let above = state.identities.get(above);
                above.is_some_and(Identity::is_verified)
            });
            let mut identity = Identity {
                client: Some(client.to_string()),
                ours: true,
                adopted: false,
                own_keys: false,
                token: Some(verification_token(name)),
                dkim: Some(dkim(name)),
                mail_from: None,
                configuration_set: None,
                status: pending(),
            };
            if inherited {
                identity.status.verification = AxisStatus::Success;
            }
            state.identities.insert(name.clone(), identity);
            Ok(Creation::Created {
                dkim: dkim(name),
                verified: inherited,
            })
        })
        .await
    }

    async fn describe(&self, name: &DomainName) -> Result<Option<ExistingIdentity>, SesError> {
        self.call("GetEmailIdentity", |state| {
            let found = state.identities.get(name).map(|identity| ExistingIdentity {
                dkim: identity.dkim.clone(),
                own_keys: identity.own_keys,
                adopted: identity.adopted,
                configuration_set: identity.configuration_set.clone(),
                mail_from_domain: identity.mail_from.clone(),
                owner: match identity.client.as_deref() {
                    None => IdentityOwner::Nobody,
                    // A tag of a client alone says nothing of this stack.
                    Some(client) if !identity.ours && client != ANOTHER_STACK => {
                        IdentityOwner::Nobody
                    }
                    Some(ANOTHER_STACK) => IdentityOwner::AnotherStack,
                    Some(client) => IdentityOwner::Client(client.to_owned()),
                },
                verified: identity.is_verified(),
                ours: identity.ours,
                dkim_stopped: matches!(
                    identity.status.dkim,
                    AxisStatus::Failed | AxisStatus::NotStarted
                ),
            });
            Ok(found)
        })
        .await
    }

    async fn adopt(&self, name: &DomainName, client: &ClientId) -> Result<(), SesError> {
        self.call("TagResource", |state| {
            let Some(identity) = state.identities.get_mut(name) else {
                return Err(SesError::Refused {
                    operation: "TagResource",
                    refusal: Refusal::Other,
                    source: "there is no such identity".into(),
                });
            };
            identity.client = Some(client.to_string());
            identity.ours = true;
            identity.adopted = true;
            Ok(())
        })
        .await
    }

    async fn verification_token(
        &self,
        name: &DomainName,
    ) -> Result<Option<VerificationToken>, SesError> {
        self.call("GetIdentityVerificationAttributes", |state| {
            let identity = state.identities.get(name);
            Ok(identity.and_then(|identity| identity.token.clone()))
        })
        .await
    }

    async fn delete(&self, name: &DomainName) -> Result<(), SesError> {
        self.call("DeleteEmailIdentity", |state| {
            state.identities.remove(name);
            Ok(())
        })
        .await
    }

    async fn verify_domain(&self, name: &DomainName) -> Result<VerificationToken, SesError> {
        self.call("VerifyDomainIdentity", |state| {
            let identity = state.made_by_v1(name);
            let token = verification_token(name);
            identity.token = Some(token.clone());
            if identity.status.verification != AxisStatus::Success {
                identity.status.verification = AxisStatus::Pending;
            }
            Ok(token)
        })
        .await
    }

    async fn verify_dkim(&self, name: &DomainName) -> Result<Dkim, SesError> {
        self.call("VerifyDomainDkim", |state| {
            let identity = state.made_by_v1(name);
            identity.dkim = Some(dkim(name));
            identity.own_keys = false;
            if identity.status.dkim != AxisStatus::Success {
                identity.status.dkim = AxisStatus::Pending;
            }
            Ok(dkim(name))
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
            Ok(())
        })
        .await
    }

    async fn set_configuration_set(
        &self,
        name: &DomainName,
        set: &ConfigurationSet,
    ) -> Result<(), SesError> {
        self.call("PutEmailIdentityConfigurationSetAttributes", |state| {
            if let Some(identity) = state.identities.get_mut(name) {
                identity.configuration_set = Some(set.as_str().to_owned());
            }
            Ok(())
        })
        .await
    }

    fn region(&self) -> &'static str {
        "us-east-1"
    }
}

impl IdentityStatuses for FakeSes {
    async fn verification(
        &self,
        names: &[DomainName],
    ) -> Result<HashMap<DomainName, AxisStatus>, SesError> {
        self.call("GetIdentityVerificationAttributes", |state| {
            Self::statuses(
                "GetIdentityVerificationAttributes",
                state,
                names,
                |status| status.verification,
            )
        })
        .await
    }

    async fn dkim(
        &self,
        names: &[DomainName],
    ) -> Result<HashMap<DomainName, AxisStatus>, SesError> {
        self.call("GetIdentityDkimAttributes", |state| {
            Self::statuses("GetIdentityDkimAttributes", state, names, |status| {
                status.dkim
            })
        })
        .await
    }

    async fn mail_from(
        &self,
        names: &[DomainName],
    ) -> Result<HashMap<DomainName, AxisStatus>, SesError> {
        self.call("GetIdentityMailFromDomainAttributes", |state| {
            Self::statuses(
                "GetIdentityMailFromDomainAttributes",
                state,
                names,
                |status| status.mail_from,
            )
        })
        .await
    }
}

/// As many as SES has on a page.
const PAGE: usize = 1_000;

impl ListIdentities for FakeSes {
    async fn identities(&self, start: Option<&str>) -> Result<IdentityPage, SesError> {
        self.call("ListEmailIdentities", |state| {
            let mut names: Vec<&DomainName> = state.identities.keys().collect();
            names.sort_unstable();
            let after = |name: &&&DomainName| start.is_none_or(|start| name.as_str() > start);
            let page: Vec<&DomainName> = names.iter().filter(after).take(PAGE).copied().collect();
            let last = page.last().map(ToString::to_string);
            let more = last != names.last().map(ToString::to_string);
            Ok(IdentityPage {
                identities: page
                    .into_iter()
                    .map(|name| ListedIdentity {
                        name: name.clone(),
                        verification: Some(state.identities[name].status.verification),
                    })
                    .collect(),
                next: last.filter(|_| more),
            })
        })
        .await
    }
}
