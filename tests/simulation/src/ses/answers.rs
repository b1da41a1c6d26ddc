//! What SES answers, operation by operation.

use std::collections::HashMap;

use domain_auth::identity::{
    AxisStatus, ConfigurationSet, Dkim, MailFromLabel, SesStatus, VerificationToken,
};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{
    Clock, Creation, ExistingIdentity, Identities, IdentityOwner, IdentityPage, IdentityStatuses,
    LIST_PAGE, ListIdentities, ListedIdentity, Refusal, STATUS_BATCH, SesError,
};
use domain_auth_testkit::{dkim, verification_token};

use super::{SimIdentity, SimSes, Tag, axes};
use crate::fault::Fault;

impl Identities for SimSes {
    async fn create(&self, name: &DomainName, client: &ClientId) -> Result<Creation, SesError> {
        let now = self.setting.clock.elapsed();
        self.call("CreateEmailIdentity", |state| {
            state.asked.insert(name.clone(), client.clone());
            if state.identities.contains_key(name) {
                return Creation::Exists;
            }
            let made = SimIdentity {
                tag: Tag::Ours(client.clone()),
                adopted: false,
                mail_from: None,
                configuration_set: None,
                status: axes(AxisStatus::Pending),
                since: now,
            };
            state.identities.insert(name.clone(), made);
            Creation::Created {
                dkim: dkim(name),
                verified: false,
            }
        })
        .await
    }

    async fn describe(&self, name: &DomainName) -> Result<Option<ExistingIdentity>, SesError> {
        self.call("GetEmailIdentity", |state| {
            let known = state.identities.get(name)?;
            let unseen = self.setting.has(Fault::DescribingForgotten);
            let asked = state.asked.get(name).filter(|_| unseen);
            let tag = asked.cloned().map_or(known.tag.clone(), Tag::Ours);
            let (owner, ours) = match &tag {
                Tag::Ours(client) => (IdentityOwner::Client(client.to_string()), true),
                Tag::AnotherStack => (IdentityOwner::AnotherStack, false),
                Tag::Nobody => (IdentityOwner::Nobody, false),
            };
            Some(ExistingIdentity {
                dkim: Some(dkim(name)),
                own_keys: false,
                adopted: known.adopted,
                configuration_set: known
                    .configuration_set
                    .as_ref()
                    .map(|set| set.as_str().to_owned()),
                mail_from_domain: known.mail_from.clone(),
                owner,
                ours: ours || self.setting.has(Fault::TagsIgnored),
                verified: known.status.verification == AxisStatus::Success
                    && !self.setting.has(Fault::VerifiedOrphanDeleted),
                dkim_stopped: known.status.dkim == AxisStatus::Failed,
            })
        })
        .await
    }

    async fn adopt(&self, name: &DomainName, client: &ClientId) -> Result<(), SesError> {
        let operation = "TagResource";
        self.call(operation, |state| {
            let Some(identity) = state.change(operation, name) else {
                return Err(SesError::Refused {
                    operation,
                    refusal: Refusal::Other,
                    source: "there is no such identity".into(),
                });
            };
            identity.tag = Tag::Ours(client.clone());
            identity.adopted = true;
            Ok(())
        })
        .await?
    }

    async fn verification_token(
        &self,
        name: &DomainName,
    ) -> Result<Option<VerificationToken>, SesError> {
        self.call("GetIdentityVerificationAttributes", |state| {
            let known = state.identities.contains_key(name);
            known.then(|| verification_token(name))
        })
        .await
    }

    async fn delete(&self, name: &DomainName) -> Result<(), SesError> {
        let now = self.setting.clock.now();
        self.call("DeleteEmailIdentity", |state| {
            if self.setting.has(Fault::DeletionForgotten) {
                return;
            }
            state.delete(name, now);
            if self.setting.has(Fault::DeletionAstray)
                && let Some(other) = state.identities.keys().next().cloned()
            {
                state.delete(&other, now);
            }
        })
        .await
    }

    async fn verify_domain(&self, name: &DomainName) -> Result<VerificationToken, SesError> {
        let now = self.setting.clock.elapsed();
        let operation = "VerifyDomainIdentity";
        self.call(operation, |state| {
            state.look_again(operation, name, now);
            verification_token(name)
        })
        .await
    }

    async fn verify_dkim(&self, name: &DomainName) -> Result<Dkim, SesError> {
        let now = self.setting.clock.elapsed();
        let operation = "VerifyDomainDkim";
        self.call(operation, |state| {
            state.look_again(operation, name, now);
            dkim(name)
        })
        .await
    }

    async fn set_mail_from(
        &self,
        name: &DomainName,
        label: &MailFromLabel,
    ) -> Result<(), SesError> {
        let operation = "PutEmailIdentityMailFromAttributes";
        self.call(operation, |state| {
            if let Some(identity) = state.change(operation, name) {
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
            let Some(identity) = state.change(operation, name) else {
                let source = "there is no such identity".into();
                return Err(SesError::Refused {
                    operation,
                    refusal: Refusal::Other,
                    source,
                });
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

impl ListIdentities for SimSes {
    async fn identities(&self, start: Option<&str>) -> Result<IdentityPage, SesError> {
        self.call("ListEmailIdentities", |state| {
            let after = |name: &DomainName| start.is_none_or(|start| name.as_str() > start);
            let mut rest = state.identities.iter().filter(|(name, _)| after(name));
            let hidden = self.setting.has(Fault::VerifiedOrphanDeleted);
            let listed = |(name, identity): (&DomainName, &SimIdentity)| ListedIdentity {
                name: name.clone(),
                verification: Some(identity.status.verification).filter(|_| !hidden),
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

impl SimSes {
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
}
