//! The service's ports for SES on top of the model of an account. They convert SES's answers as the
//! adapter in `shared/aws` does, but without a network.

use std::collections::HashMap;
use std::ops::Deref;
use std::time::Duration;

use domain_auth::identity::{AxisStatus, ConfigurationSet, Dkim, MailFromLabel, VerificationToken};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{
    Creation, ExistingIdentity, Identities, IdentityPage, IdentityStatuses, LIST_PAGE,
    ListIdentities, ListedIdentity, STATUS_BATCH, SesError,
};
use ses_model::{Account, Admission, Failure, Identity, New, Operation, Signing, Status};

use crate::ses_words::{
    ADOPTED_TAG, REGION, axis_status, dkim_of, error_of, existing, tags_of, token_of,
};

/// The way of calls to an account: the points they pass, and when they arrive.
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

    /// Changes the description that the caller gets.
    fn described(&self, _name: &DomainName, identity: ExistingIdentity) -> ExistingIdentity {
        identity
    }

    /// Changes an entry of SES's list that the caller gets.
    fn listed(&self, identity: ListedIdentity) -> ListedIdentity {
        identity
    }
}

/// The ports with a door.
#[derive(Debug, Clone, Default)]
pub struct SesPort<D>(pub(crate) D);

impl<D> SesPort<D> {
    /// The ports with this door.
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

/// The result of a call that was admitted or refused.
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
            // It is gone, even if this fails.
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
                identity.configuration_set = set;
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
                others: 0,
                identities: listed.collect(),
                next: last.filter(|_| rest.next().is_some()),
            })
        });
        let page = page.await?;
        let listed = page.identities.into_iter().map(|it| self.listed(it));
        Ok(IdentityPage {
            others: page.others,
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
