//! The service's ports for SES above the model of an account: what the adapter in `shared/aws` makes of
//! SES's answers, without the network between.

use std::collections::HashMap;
use std::ops::Deref;
use std::time::Duration;

use domain_auth::identity::{
    AxisStatus, ConfigurationSet, Dkim, DkimToken, MailFromLabel, SesStatus, VerificationToken,
};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{
    Creation, ExistingIdentity, Identities, IdentityOwner, IdentityPage, IdentityStatuses,
    LIST_PAGE, ListIdentities, ListedIdentity, Refusal, STATUS_BATCH, SesError,
};
use ses_model::{
    Account, Admission, Api, Failure, Identity, New, Operation, SIGNING_HOSTED_ZONE, Signing,
    Status,
};

/// The region of every identity.
pub(crate) const REGION: &str = "us-east-1";
const CLIENT_TAG: &str = "lasso-client";
const STACK_TAG: &str = "lasso-stack";
const ADOPTED_TAG: &str = "lasso-adopted";
const THIS_STACK: &str = "this stack";
/// Where this is given as the client of an identity, another stack made it.
pub const ANOTHER_STACK: &str = "another stack";

/// How calls get to an account: what they pass on the way, and when they arrive.
pub trait Door: Send + Sync {
    /// Makes a call that names these identities.
    fn call<T: Send>(
        &self,
        operation: Operation,
        names: &[DomainName],
        effect: impl FnOnce(&mut Account, Duration) -> Result<T, Failure> + Send,
    ) -> impl Future<Output = Result<T, SesError>> + Send;

    /// A client asks for an identity of a name.
    fn asks(&self, _name: &DomainName, _client: &ClientId) {}

    /// What the caller makes of a description.
    fn described(&self, _name: &DomainName, identity: ExistingIdentity) -> ExistingIdentity {
        identity
    }

    /// What the caller makes of a line of SES's list.
    fn listed(&self, identity: ListedIdentity) -> ListedIdentity {
        identity
    }
}

/// The ports, behind a door.
#[derive(Debug, Clone, Default)]
pub struct SesPort<D>(pub(crate) D);

impl<D> SesPort<D> {
    /// The ports behind this door.
    pub fn behind(door: D) -> Self {
        Self(door)
    }
}

impl<D> Deref for SesPort<D> {
    type Target = D;

    fn deref(&self) -> &D {
        &self.0
    }
}

/// What comes of a call after it was admitted, or was not.
pub fn carry_out<T>(
    admission: Admission,
    operation: Operation,
    effect: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, SesError> {
    let unavailable = || SesError::Unavailable {
        operation: operation.name(),
        source: "no answer".into(),
    };
    match admission {
        Admission::Accepted => effect().map_err(|failure| error_of(operation, &failure)),
        Admission::AnswerLost => match effect() {
            Ok(_) => Err(unavailable()),
            Err(failure) => Err(error_of(operation, &failure)),
        },
        Admission::Failed(failure) => Err(error_of(operation, &failure)),
        Admission::Dropped => Err(unavailable()),
    }
}

/// Whose identity this is, by its tags.
pub fn owner_of(identity: &Identity) -> IdentityOwner {
    match (identity.tag(CLIENT_TAG), identity.tag(STACK_TAG)) {
        (_, Some(stack)) if stack != THIS_STACK => IdentityOwner::AnotherStack,
        (Some(client), Some(_)) => IdentityOwner::Client(client.to_owned()),
        // A tag of a client alone says nothing of this stack.
        (None, _) | (_, None) => IdentityOwner::Nobody,
    }
}

/// Whether the tags say that it existed before and was adopted.
pub fn is_adopted(identity: &Identity) -> bool {
    identity.tag(ADOPTED_TAG).is_some()
}

/// The value of the tag that names a client.
pub(crate) fn client_of(identity: &Identity) -> Option<&str> {
    identity.tag(CLIENT_TAG)
}

/// The tags of an identity of this stack and a client, of another stack, or of a client alone.
pub(crate) fn tags_of(client: &str, ours: bool) -> Vec<(String, String)> {
    let mut tags = vec![(CLIENT_TAG.to_owned(), client.to_owned())];
    if ours || client == ANOTHER_STACK {
        let stack = if ours { THIS_STACK } else { ANOTHER_STACK };
        tags.push((STACK_TAG.to_owned(), stack.to_owned()));
    }
    tags
}

/// An identity with the tags of this owner and a token for the TXT record.
pub fn identity_at_ses(name: &DomainName, owner: &IdentityOwner) -> Identity {
    let mut identity = Identity::new(name.as_str());
    identity.tags = match owner {
        IdentityOwner::Client(client) => tags_of(client, true),
        IdentityOwner::AnotherStack => tags_of(ANOTHER_STACK, false),
        IdentityOwner::Nobody => Vec::new(),
    };
    identity.has_text_token = true;
    identity
}

/// What SES says of an identity on its three axes.
pub fn status_of(account: &Account, identity: &Identity) -> SesStatus {
    let mail_from = identity.mail_from.as_ref();
    SesStatus {
        verification: axis_status(account.verification_in_v1(identity)),
        dkim: axis_status(identity.dkim.status()),
        mail_from: mail_from.map_or(AxisStatus::NotStarted, |it| axis_status(it.axis.status())),
    }
}

/// A status in the service's words.
pub fn axis_status(status: Status) -> AxisStatus {
    match status {
        Status::NotStarted => AxisStatus::NotStarted,
        Status::Pending => AxisStatus::Pending,
        Status::Success => AxisStatus::Success,
        Status::Failed => AxisStatus::Failed,
        Status::TemporaryFailure => AxisStatus::TemporaryFailure,
    }
}

/// A status in the model's words.
pub fn model_status(status: AxisStatus) -> Status {
    match status {
        AxisStatus::NotStarted => Status::NotStarted,
        AxisStatus::Pending => Status::Pending,
        AxisStatus::Success => Status::Success,
        AxisStatus::Failed => Status::Failed,
        AxisStatus::TemporaryFailure => Status::TemporaryFailure,
    }
}

impl<D: Door> Identities for SesPort<D> {
    async fn create(&self, name: &DomainName, client: &ClientId) -> Result<Creation, SesError> {
        self.asks(name, client);
        let tags = tags_of(client.as_str(), true);
        let operation = Operation::CreateEmailIdentity;
        self.call(operation, std::slice::from_ref(name), |account, now| {
            if account.find(name.as_str()).is_some() {
                return Ok(Creation::Exists);
            }
            let new = New {
                tags,
                configuration_set: None,
                signing: Signing::EasyDkim,
            };
            account.create(name.as_str(), new, now)?;
            let identity = account.get(name.as_str())?;
            Ok(Creation::Created {
                dkim: dkim_of(&account.easy_dkim_tokens(identity))?,
                verified: account.may_send(identity),
            })
        })
        .await
    }

    async fn describe(&self, name: &DomainName) -> Result<Option<ExistingIdentity>, SesError> {
        let operation = Operation::GetEmailIdentity;
        let found = self
            .call(operation, std::slice::from_ref(name), |account, _| {
                let identity = account.find(name.as_str());
                identity
                    .map(|identity| existing(account, identity))
                    .transpose()
            })
            .await?;
        Ok(found.map(|identity| self.described(name, identity)))
    }

    async fn adopt(&self, name: &DomainName, client: &ClientId) -> Result<(), SesError> {
        let mut tags = tags_of(client.as_str(), true);
        tags.push((ADOPTED_TAG.to_owned(), "true".to_owned()));
        let operation = Operation::TagResource;
        self.call(operation, std::slice::from_ref(name), |account, now| {
            account.change(name.as_str(), now, |identity| identity.add_tags(tags))
        })
        .await
    }

    async fn verification_token(
        &self,
        name: &DomainName,
    ) -> Result<Option<VerificationToken>, SesError> {
        let operation = Operation::GetIdentityVerificationAttributes;
        self.call(operation, std::slice::from_ref(name), |account, _| {
            let identity = account.find(name.as_str());
            let token = identity.and_then(|identity| account.shown_token(identity));
            token.map(|token| token_of(&token)).transpose()
        })
        .await
    }

    async fn delete(&self, name: &DomainName) -> Result<(), SesError> {
        let operation = Operation::DeleteEmailIdentity;
        self.call(operation, std::slice::from_ref(name), |account, _| {
            // It is gone, however it went.
            account.delete(name.as_str()).ok();
            Ok(())
        })
        .await
    }

    async fn verify_domain(&self, name: &DomainName) -> Result<VerificationToken, SesError> {
        let operation = Operation::VerifyDomainIdentity;
        self.call(operation, std::slice::from_ref(name), |account, now| {
            token_of(&account.verify_domain(name.as_str(), now)?)
        })
        .await
    }

    async fn verify_dkim(&self, name: &DomainName) -> Result<Dkim, SesError> {
        let operation = Operation::VerifyDomainDkim;
        self.call(operation, std::slice::from_ref(name), |account, now| {
            account.verify_dkim(name.as_str(), now)?;
            dkim_of(&account.easy_dkim_tokens(account.get(name.as_str())?))
        })
        .await
    }

    async fn set_mail_from(
        &self,
        name: &DomainName,
        label: &MailFromLabel,
    ) -> Result<(), SesError> {
        let operation = Operation::PutEmailIdentityMailFromAttributes;
        self.call(operation, std::slice::from_ref(name), |account, now| {
            let how = ("USE_DEFAULT_VALUE", REGION);
            account.set_mail_from(name.as_str(), &label.below(name), how, now)
        })
        .await
    }

    async fn set_configuration_set(
        &self,
        name: &DomainName,
        set: &ConfigurationSet,
    ) -> Result<(), SesError> {
        let operation = Operation::PutEmailIdentityConfigurationSetAttributes;
        self.call(operation, std::slice::from_ref(name), |account, now| {
            let set = Some(set.as_str().to_owned());
            account.change(name.as_str(), now, |identity| {
                identity.configuration_set = set
            })
        })
        .await
    }

    fn region(&self) -> &'static str {
        REGION
    }
}

impl<D: Door> IdentityStatuses for SesPort<D> {
    async fn verification(
        &self,
        names: &[DomainName],
    ) -> Result<HashMap<DomainName, AxisStatus>, SesError> {
        let operation = Operation::GetIdentityVerificationAttributes;
        self.statuses(operation, names, |account, identity| {
            Some(account.verification_in_v1(identity))
        })
        .await
    }

    async fn dkim(
        &self,
        names: &[DomainName],
    ) -> Result<HashMap<DomainName, AxisStatus>, SesError> {
        let operation = Operation::GetIdentityDkimAttributes;
        self.statuses(operation, names, |_, identity| Some(identity.dkim.status()))
            .await
    }

    async fn mail_from(
        &self,
        names: &[DomainName],
    ) -> Result<HashMap<DomainName, AxisStatus>, SesError> {
        let operation = Operation::GetIdentityMailFromDomainAttributes;
        self.statuses(operation, names, |_, identity| {
            Some(identity.mail_from.as_ref()?.axis.status())
        })
        .await
    }
}

impl<D: Door> ListIdentities for SesPort<D> {
    async fn identities(&self, start: Option<&str>) -> Result<IdentityPage, SesError> {
        let operation = Operation::ListEmailIdentities;
        let page = self.call(operation, &[], |account, _| {
            let mut rest = account.identities_after(start.unwrap_or_default());
            let page: Vec<&Identity> = rest.by_ref().take(LIST_PAGE).collect();
            let last = page.last().map(|identity| identity.name.clone());
            let listed = page.into_iter().filter_map(|identity| {
                Some(ListedIdentity {
                    name: DomainName::parse_held(&identity.name).ok()?,
                    verification: Some(axis_status(account.verification(identity))),
                })
            });
            Ok(IdentityPage {
                identities: listed.collect(),
                next: last.filter(|_| rest.next().is_some()),
            })
        });
        let page = page.await?;
        let listed = page.identities.into_iter().map(|it| self.listed(it));
        Ok(IdentityPage {
            identities: listed.collect(),
            next: page.next,
        })
    }
}

impl<D: Door> SesPort<D> {
    async fn statuses(
        &self,
        operation: Operation,
        names: &[DomainName],
        status: impl Fn(&Account, &Identity) -> Option<Status> + Send + Sync,
    ) -> Result<HashMap<DomainName, AxisStatus>, SesError> {
        assert!(
            names.len() <= STATUS_BATCH,
            "SES takes no more than {STATUS_BATCH}"
        );
        self.call(operation, names, |account, _| {
            let known = names.iter().filter_map(|name| {
                let identity = account.find(name.as_str())?;
                Some((name.clone(), axis_status(status(account, identity)?)))
            });
            Ok(known.collect())
        })
        .await
    }
}

fn existing(account: &Account, identity: &Identity) -> Result<ExistingIdentity, Failure> {
    let own_keys = identity.signing != Signing::EasyDkim;
    let dkim = identity.dkim.status();
    let has_tokens = !own_keys && dkim != Status::NotStarted;
    let tokens = has_tokens.then(|| dkim_of(&account.easy_dkim_tokens(identity)));
    let mail_from = identity.mail_from.as_ref();
    let owner = owner_of(identity);
    Ok(ExistingIdentity {
        dkim: tokens.transpose()?,
        own_keys,
        ours: identity.tag(STACK_TAG) == Some(THIS_STACK),
        adopted: is_adopted(identity),
        configuration_set: identity.configuration_set.clone(),
        mail_from_domain: mail_from.map(|mail_from| mail_from.domain.clone()),
        owner,
        verified: account.may_send(identity) || account.verification(identity) == Status::Success,
        dkim_stopped: matches!(dkim, Status::Failed | Status::NotStarted),
    })
}

fn token_of(token: &str) -> Result<VerificationToken, Failure> {
    VerificationToken::parse(token).map_err(|error| Failure::invalid(error.to_string()))
}

fn dkim_of(tokens: &[String; 3]) -> Result<Dkim, Failure> {
    let token = |text| DkimToken::parse(text).map_err(|error| Failure::invalid(error.to_string()));
    let [first, second, third] = tokens;
    Ok(Dkim {
        tokens: [token(first)?, token(second)?, token(third)?],
        signing_hosted_zone: SIGNING_HOSTED_ZONE.to_owned(),
    })
}

/// What an error of SES means, as in `shared/aws`.
fn error_of(operation: Operation, failure: &Failure) -> SesError {
    let (name, operation) = (failure.name(Api::V2), operation.name());
    let refusal = match name {
        "TooManyRequestsException" | "ConcurrentModificationException" => {
            return SesError::Throttled { operation };
        }
        _ if failure.status(Api::V2) >= 500 => {
            let source = name.into();
            return SesError::Unavailable { operation, source };
        }
        "BadRequestException" => Refusal::BadRequest,
        "AccessDeniedException" => Refusal::AccessDenied,
        "LimitExceededException" => Refusal::LimitExceeded,
        "MessageRejected" | "MailFromDomainNotVerifiedException" => Refusal::MessageRejected,
        _ => Refusal::Other,
    };
    SesError::Refused {
        operation,
        refusal,
        source: format!("{name}: {}", failure.message()).into(),
    }
}
