//! Identities at Amazon SES: v2 for the identity itself, v1 for the TXT token and for status by
//! the hundred.

use std::collections::HashMap;
use std::error::Error;

use aws_sdk_ses::error::ProvideErrorMetadata;
use aws_sdk_ses::types as v1;
use aws_sdk_sesv2::types as v2;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use domain_auth::identity::{
    AxisStatus, ConfigurationSet, Dkim, DkimToken, MailFromLabel, VerificationToken,
};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{
    Creation, ExistingIdentity, Identities, IdentityOwner, IdentityPage, IdentityStatuses,
    ListIdentities, ListedIdentity, SesError,
};

/// Tag that names the client of an identity.
const CLIENT_TAG: &str = "lasso-client";
/// Tag that names the stack that made an identity.
const STACK_TAG: &str = "lasso-stack";
/// The most identities on a page (SES API v2 reference, `ListEmailIdentities`).
const PAGE: i32 = 1_000;
/// Where Easy DKIM keys are, in regions where SES does not say (SES developer guide, "Easy DKIM").
const DEFAULT_SIGNING_HOSTED_ZONE: &str = "dkim.amazonses.com";

/// The identities of the account in one region.
#[derive(Debug, Clone)]
pub struct SesIdentities {
    v1: aws_sdk_ses::Client,
    v2: aws_sdk_sesv2::Client,
    region: String,
    stack: String,
}

impl SesIdentities {
    /// New identities are tagged with `stack`.
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
        }
    }
}

impl SesIdentities {
    fn owner_in(&self, tags: &[v2::Tag]) -> IdentityOwner {
        let value = |key| tags.iter().find(|tag| tag.key == key).map(|tag| &tag.value);
        match (value(CLIENT_TAG), value(STACK_TAG)) {
            (_, Some(stack)) if *stack != self.stack => IdentityOwner::AnotherStack,
            (Some(client), _) => IdentityOwner::Client(client.clone()),
            (None, _) => IdentityOwner::Nobody,
        }
    }
}

impl Identities for SesIdentities {
    async fn create(&self, name: &DomainName, client: &ClientId) -> Result<Creation, SesError> {
        const OPERATION: &str = "CreateEmailIdentity";
        let tag = |key: &str, value: &str| v2::Tag::builder().key(key).value(value).build();
        let malformed = |error| refused(OPERATION, error);
        let answer = self
            .v2
            .create_email_identity()
            .email_identity(name.as_str())
            .tags(tag(CLIENT_TAG, client.as_str()).map_err(malformed)?)
            .tags(tag(STACK_TAG, &self.stack).map_err(malformed)?)
            .send()
            .await;
        match answer {
            // An identity that has no tokens yet is taken up like one that was there.
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
        let answer = self
            .v2
            .get_email_identity()
            .email_identity(name.as_str())
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(Some(ExistingIdentity {
                dkim: answer.dkim_attributes.as_ref().and_then(easy_dkim),
                ours: answer
                    .tags()
                    .iter()
                    .any(|tag| tag.key == STACK_TAG && tag.value == self.stack),
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
        let answer = self
            .v1
            .get_identity_verification_attributes()
            .set_identities(Some(strings(names)))
            .send()
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
        let answer = self
            .v1
            .get_identity_dkim_attributes()
            .set_identities(Some(strings(names)))
            .send()
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
        let answer = self
            .v1
            .get_identity_mail_from_domain_attributes()
            .set_identities(Some(strings(names)))
            .send()
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
        let answer = self
            .v2
            .list_email_identities()
            .page_size(PAGE)
            .set_next_token(start.map(str::to_owned))
            .send()
            .await
            .map_err(|error| error_of("ListEmailIdentities", error))?;
        let domains = answer
            .email_identities
            .unwrap_or_default()
            .into_iter()
            .filter(|identity| identity.identity_type != Some(v2::IdentityType::EmailAddress));
        let identities = domains.filter_map(|identity| {
            Some(ListedIdentity {
                name: DomainName::parse(identity.identity_name()?).ok()?,
                verification: identity.verification_status().and_then(listed_axis),
            })
        });
        Ok(IdentityPage {
            identities: identities.collect(),
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

/// A status that SES may add later counts as not answered.
fn axis(status: &v1::VerificationStatus) -> Option<AxisStatus> {
    match status {
        v1::VerificationStatus::NotStarted => Some(AxisStatus::NotStarted),
        v1::VerificationStatus::Pending => Some(AxisStatus::Pending),
        v1::VerificationStatus::Success => Some(AxisStatus::Success),
        v1::VerificationStatus::Failed => Some(AxisStatus::Failed),
        v1::VerificationStatus::TemporaryFailure => Some(AxisStatus::TemporaryFailure),
        _ => None,
    }
}

/// The same word in the v2 API.
fn listed_axis(status: &v2::VerificationStatus) -> Option<AxisStatus> {
    match status {
        v2::VerificationStatus::NotStarted => Some(AxisStatus::NotStarted),
        v2::VerificationStatus::Pending => Some(AxisStatus::Pending),
        v2::VerificationStatus::Success => Some(AxisStatus::Success),
        v2::VerificationStatus::Failed => Some(AxisStatus::Failed),
        v2::VerificationStatus::TemporaryFailure => Some(AxisStatus::TemporaryFailure),
        _ => None,
    }
}

fn stopped(status: Option<&v2::DkimStatus>) -> bool {
    matches!(
        status,
        Some(v2::DkimStatus::Failed | v2::DkimStatus::NotStarted)
    )
}

fn mail_from_axis(status: &v1::CustomMailFromStatus) -> Option<AxisStatus> {
    match status {
        v1::CustomMailFromStatus::Pending => Some(AxisStatus::Pending),
        v1::CustomMailFromStatus::Success => Some(AxisStatus::Success),
        v1::CustomMailFromStatus::Failed => Some(AxisStatus::Failed),
        v1::CustomMailFromStatus::TemporaryFailure => Some(AxisStatus::TemporaryFailure),
        _ => None,
    }
}

/// The tokens of an identity that SES signs for with keys of its own; an identity with keys from
/// elsewhere (BYODKIM) has other tokens, which make no CNAME records.
fn easy_dkim(attributes: &v2::DkimAttributes) -> Option<Dkim> {
    if attributes.signing_attributes_origin == Some(v2::DkimSigningAttributesOrigin::External) {
        return None;
    }
    dkim_of(attributes.tokens(), attributes.signing_hosted_zone())
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

fn refused(operation: &'static str, source: impl Error + Send + Sync + 'static) -> SesError {
    SesError::Refused {
        operation,
        source: source.into(),
    }
}

/// What an SDK error means. Both APIs throttle with status 4xx, under different names.
pub(crate) fn error_of<E>(operation: &'static str, error: SdkError<E, Response>) -> SesError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default();
    let throttled = matches!(
        code,
        "Throttling" | "ThrottlingException" | "TooManyRequestsException" | "RequestLimitExceeded"
    );
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    if throttled || status == Some(429) {
        return SesError::Throttled { operation };
    }
    match (&error, status) {
        (SdkError::ConstructionFailure(_), _) => refused(operation, error),
        (SdkError::ServiceError(_), Some(400..500)) => refused(operation, error),
        _ => SesError::Unavailable {
            operation,
            source: error.into(),
        },
    }
}
