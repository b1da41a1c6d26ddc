//! Identities at Amazon SES: v2 for the identity itself, v1 for the TXT token and for statuses in
//! batches of 100.

mod again;
mod axes;
mod errors;

use std::collections::HashMap;

use aws_sdk_sesv2::types as v2;
use aws_smithy_runtime_api::client::result::SdkError;
use domain_auth::identity::{
    AxisStatus, ConfigurationSet, Dkim, DkimToken, MailFromLabel, VerificationToken,
};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{
    Creation, ExistingIdentity, Identities, IdentityOwner, IdentityPage, IdentityStatuses,
    ListIdentities, ListedIdentity, SesError,
};

use axes::{axis, listed_axis, mail_from_axis};
pub(crate) use errors::error_of;
use errors::refused;

/// Tag that names the client of an identity.
const CLIENT_TAG: &str = "lasso-client";
/// Tag that names the stack that created or adopted an identity.
const STACK_TAG: &str = "lasso-stack";
/// Tag of an identity that existed before and was adopted.
const ADOPTED_TAG: &str = "lasso-adopted";
/// The maximum number of identities on a page (SES API v2 reference, `ListEmailIdentities`).
const PAGE: i32 = 1_000;
/// The zone of Easy DKIM keys, in regions for which SES does not return it (SES developer guide,
/// "Easy DKIM").
const DEFAULT_SIGNING_HOSTED_ZONE: &str = "dkim.amazonses.com";

/// The identities of the account in one region.
#[derive(Debug, Clone)]
pub struct SesIdentities {
    v1: aws_sdk_ses::Client,
    v2: aws_sdk_sesv2::Client,
    region: String,
    stack: String,
    arn_prefix: Option<String>,
}

impl SesIdentities {
    /// Identities of one region; new ones are tagged with `stack`.
    pub fn new(
        v1: aws_sdk_ses::Client,
        v2: aws_sdk_sesv2::Client,
        region: String,
        stack: String,
    ) -> Self {
        Self {
            v1,
            v2,
            region,
            stack,
            arn_prefix: None,
        }
    }

    /// Adds the beginning of every identity's ARN, for functions that adopt identities:
    /// `arn:aws:ses:us-east-1:123456789012:identity/`.
    #[must_use]
    pub fn adopting(self, arn_prefix: String) -> Self {
        Self {
            arn_prefix: Some(arn_prefix),
            ..self
        }
    }
}

impl SesIdentities {
    fn owner_in(&self, tags: &[v2::Tag]) -> IdentityOwner {
        match (value_of(tags, CLIENT_TAG), value_of(tags, STACK_TAG)) {
            (_, Some(stack)) if stack != self.stack => IdentityOwner::AnotherStack,
            (Some(client), Some(_)) => IdentityOwner::Client(client.to_owned()),
            (None, _) | (_, None) => IdentityOwner::Untagged,
        }
    }
}

fn value_of<'a>(tags: &'a [v2::Tag], key: &str) -> Option<&'a str> {
    let tag = tags.iter().find(|tag| tag.key == key)?;
    Some(tag.value.as_str())
}

fn tag(operation: &'static str, key: &str, value: &str) -> Result<v2::Tag, SesError> {
    let tag = v2::Tag::builder().key(key).value(value).build();
    tag.map_err(|error| refused(operation, error))
}

impl Identities for SesIdentities {
    async fn create(&self, name: &DomainName, client: &ClientId) -> Result<Creation, SesError> {
        const OPERATION: &str = "CreateEmailIdentity";
        let answer = self
            .v2
            .create_email_identity()
            .email_identity(name.as_str())
            .tags(tag(OPERATION, CLIENT_TAG, client.as_str())?)
            .tags(tag(OPERATION, STACK_TAG, &self.stack)?)
            .send()
            .await;
        match answer {
            // An identity that has no tokens yet is treated like one that existed before.
            Ok(answer) => {
                let verified = answer.verified_for_sending_status;
                let dkim = answer.dkim_attributes.as_ref().and_then(easy_dkim);
                Ok(dkim.map_or(Creation::Exists, |dkim| Creation::Created {
                    dkim,
                    verified,
                }))
            }
            Err(SdkError::ServiceError(error)) if error.err().is_already_exists_exception() => {
                Ok(Creation::Exists)
            }
            Err(error) => Err(error_of(OPERATION, error)),
        }
    }

    async fn describe(&self, name: &DomainName) -> Result<Option<ExistingIdentity>, SesError> {
        let ask = || self.v2.get_email_identity().email_identity(name.as_str());
        let answer = again::read(|| ask().send()).await;
        match answer {
            Ok(answer) => Ok(Some(ExistingIdentity {
                dkim: answer.dkim_attributes.as_ref().and_then(easy_dkim),
                own_keys: answer.dkim_attributes.as_ref().is_some_and(has_own_keys),
                ours: value_of(answer.tags(), STACK_TAG) == Some(self.stack.as_str()),
                adopted: value_of(answer.tags(), ADOPTED_TAG).is_some(),
                configuration_set: answer
                    .configuration_set_name
                    .filter(|name| !name.is_empty()),
                dkim_stopped: answer
                    .dkim_attributes
                    .as_ref()
                    .is_some_and(|dkim| stopped(dkim.status())),
                mail_from_domain: answer
                    .mail_from_attributes
                    .map(|mail_from| mail_from.mail_from_domain)
                    .filter(|domain| !domain.is_empty()),
                owner: self.owner_in(answer.tags.as_deref().unwrap_or_default()),
                verified: answer.verified_for_sending_status
                    || answer.verification_status == Some(v2::VerificationStatus::Success),
            })),
            Err(SdkError::ServiceError(error)) if error.err().is_not_found_exception() => Ok(None),
            Err(error) => Err(error_of("GetEmailIdentity", error)),
        }
    }

    async fn adopt(&self, name: &DomainName, client: &ClientId) -> Result<(), SesError> {
        const OPERATION: &str = "TagResource";
        let Some(prefix) = &self.arn_prefix else {
            // A function without this permission: the poller does it.
            return Err(SesError::Unavailable {
                operation: OPERATION,
                source: "this function adopts no identity".into(),
            });
        };
        self.v2
            .tag_resource()
            .resource_arn(format!("{prefix}{name}"))
            .tags(tag(OPERATION, CLIENT_TAG, client.as_str())?)
            .tags(tag(OPERATION, STACK_TAG, &self.stack)?)
            .tags(tag(OPERATION, ADOPTED_TAG, "true")?)
            .send()
            .await
            .map_err(|error| error_of(OPERATION, error))?;
        Ok(())
    }

    async fn verification_token(
        &self,
        name: &DomainName,
    ) -> Result<Option<VerificationToken>, SesError> {
        const OPERATION: &str = "GetIdentityVerificationAttributes";
        let ask = || self.v1.get_identity_verification_attributes();
        let answer = again::read(|| ask().identities(name.as_str()).send())
            .await
            .map_err(|error| error_of(OPERATION, error))?;
        let attributes = answer.verification_attributes.get(name.as_str());
        let token = attributes.and_then(|attributes| attributes.verification_token());
        token
            .filter(|token| !token.is_empty())
            .map(|token| VerificationToken::parse(token).map_err(|error| refused(OPERATION, error)))
            .transpose()
    }

    async fn delete(&self, name: &DomainName) -> Result<(), SesError> {
        let answer = self
            .v2
            .delete_email_identity()
            .email_identity(name.as_str())
            .send()
            .await;
        match answer {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_not_found_exception() => Ok(()),
            Err(error) => Err(error_of("DeleteEmailIdentity", error)),
        }
    }

    async fn verify_domain(&self, name: &DomainName) -> Result<VerificationToken, SesError> {
        const OPERATION: &str = "VerifyDomainIdentity";
        let answer = self
            .v1
            .verify_domain_identity()
            .domain(name.as_str())
            .send()
            .await
            .map_err(|error| error_of(OPERATION, error))?;
        VerificationToken::parse(&answer.verification_token)
            .map_err(|error| refused(OPERATION, error))
    }

    async fn verify_dkim(&self, name: &DomainName) -> Result<Dkim, SesError> {
        const OPERATION: &str = "VerifyDomainDkim";
        let answer = self
            .v1
            .verify_domain_dkim()
            .domain(name.as_str())
            .send()
            .await
            .map_err(|error| error_of(OPERATION, error))?;
        dkim_of(&answer.dkim_tokens, None)
            .ok_or_else(|| refused(OPERATION, domain_auth::identity::MalformedToken))
    }

    async fn set_mail_from(
        &self,
        name: &DomainName,
        label: &MailFromLabel,
    ) -> Result<(), SesError> {
        self.v2
            .put_email_identity_mail_from_attributes()
            .email_identity(name.as_str())
            .mail_from_domain(label.below(name))
            .behavior_on_mx_failure(v2::BehaviorOnMxFailure::UseDefaultValue)
            .send()
            .await
            .map_err(|error| error_of("PutEmailIdentityMailFromAttributes", error))?;
        Ok(())
    }

    async fn set_configuration_set(
        &self,
        name: &DomainName,
        set: &ConfigurationSet,
    ) -> Result<(), SesError> {
        self.v2
            .put_email_identity_configuration_set_attributes()
            .email_identity(name.as_str())
            .configuration_set_name(set.as_str())
            .send()
            .await
            .map_err(|error| error_of("PutEmailIdentityConfigurationSetAttributes", error))?;
        Ok(())
    }

    fn region(&self) -> &str {
        &self.region
    }
}

impl IdentityStatuses for SesIdentities {
    async fn verification(
        &self,
        names: &[DomainName],
    ) -> Result<HashMap<DomainName, AxisStatus>, SesError> {
        let ask = || self.v1.get_identity_verification_attributes();
        let answer = again::read(|| ask().set_identities(Some(strings(names))).send())
            .await
            .map_err(|error| error_of("GetIdentityVerificationAttributes", error))?;
        Ok(by_name(names, |name| {
            let attributes = answer.verification_attributes.get(name)?;
            axis(&attributes.verification_status)
        }))
    }

    async fn dkim(
        &self,
        names: &[DomainName],
    ) -> Result<HashMap<DomainName, AxisStatus>, SesError> {
        let ask = || self.v1.get_identity_dkim_attributes();
        let answer = again::read(|| ask().set_identities(Some(strings(names))).send())
            .await
            .map_err(|error| error_of("GetIdentityDkimAttributes", error))?;
        Ok(by_name(names, |name| {
            let attributes = answer.dkim_attributes.get(name)?;
            axis(&attributes.dkim_verification_status)
        }))
    }

    async fn mail_from(
        &self,
        names: &[DomainName],
    ) -> Result<HashMap<DomainName, AxisStatus>, SesError> {
        let ask = || self.v1.get_identity_mail_from_domain_attributes();
        let answer = again::read(|| ask().set_identities(Some(strings(names))).send())
            .await
            .map_err(|error| error_of("GetIdentityMailFromDomainAttributes", error))?;
        Ok(by_name(names, |name| {
            let attributes = answer.mail_from_domain_attributes.get(name)?;
            mail_from_axis(&attributes.mail_from_domain_status)
        }))
    }
}

impl ListIdentities for SesIdentities {
    async fn identities(&self, start: Option<&str>) -> Result<IdentityPage, SesError> {
        let ask = || self.v2.list_email_identities().page_size(PAGE);
        let start = || start.map(str::to_owned);
        let answer = again::read(|| ask().set_next_token(start()).send())
            .await
            .map_err(|error| error_of("ListEmailIdentities", error))?;
        let all = answer.email_identities.unwrap_or_default().into_iter();
        let (others, domains): (Vec<_>, Vec<_>) = all
            .partition(|identity| identity.identity_type == Some(v2::IdentityType::EmailAddress));
        let identities = domains.into_iter().filter_map(|identity| {
            Some(ListedIdentity {
                name: DomainName::parse(identity.identity_name()?).ok()?,
                verification: identity.verification_status().and_then(listed_axis),
            })
        });
        Ok(IdentityPage {
            identities: identities.collect(),
            others: others.len(),
            next: answer.next_token.filter(|token| !token.is_empty()),
        })
    }
}

fn strings(names: &[DomainName]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn by_name(
    names: &[DomainName],
    status: impl Fn(&str) -> Option<AxisStatus>,
) -> HashMap<DomainName, AxisStatus> {
    names
        .iter()
        .filter_map(|name| Some((name.clone(), status(name.as_str())?)))
        .collect()
}

fn stopped(status: Option<&v2::DkimStatus>) -> bool {
    matches!(
        status,
        Some(v2::DkimStatus::Failed | v2::DkimStatus::NotStarted)
    )
}

/// The tokens of an identity that signs with keys of SES. An identity with its owner's keys
/// (BYODKIM) has other tokens, which are not for CNAME records.
fn easy_dkim(attributes: &v2::DkimAttributes) -> Option<Dkim> {
    if has_own_keys(attributes) {
        return None;
    }
    dkim_of(attributes.tokens(), attributes.signing_hosted_zone())
}

/// Whether an identity signs with its owner's keys (SES API v2 reference, `DkimAttributes`).
fn has_own_keys(attributes: &v2::DkimAttributes) -> bool {
    attributes.signing_attributes_origin == Some(v2::DkimSigningAttributesOrigin::External)
}

fn dkim_of(tokens: &[String], signing_hosted_zone: Option<&str>) -> Option<Dkim> {
    let [first, second, third] = tokens else {
        return None;
    };
    let token = |text: &str| DkimToken::parse(text).ok();
    Some(Dkim {
        tokens: [token(first)?, token(second)?, token(third)?],
        signing_hosted_zone: signing_hosted_zone
            .filter(|zone| !zone.is_empty())
            .unwrap_or(DEFAULT_SIGNING_HOSTED_ZONE)
            .to_owned(),
    })
}
