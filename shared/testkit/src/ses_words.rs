//! Converts the data of the SES model into types of the service: tags, statuses, tokens and errors,
//! as the adapter in `shared/aws` does.

use domain_auth::identity::{AxisStatus, Dkim, DkimToken, SesStatus, VerificationToken};
use domain_auth::names::DomainName;
use domain_auth::ports::{ExistingIdentity, IdentityOwner, Refusal, SesError};
use ses_model::{Account, Api, Failure, Identity, Operation, SIGNING_HOSTED_ZONE, Signing, Status};

/// The region of every identity.
pub(crate) const REGION: &str = "us-east-1";
const CLIENT_TAG: &str = "lasso-client";
const STACK_TAG: &str = "lasso-stack";
/// The tag of an identity that existed before.
pub(crate) const ADOPTED_TAG: &str = "lasso-adopted";
const THIS_STACK: &str = "this stack";
/// As the client of an identity, this stands for another stack as its creator.
pub const ANOTHER_STACK: &str = "another stack";

/// The owner of this identity, by its tags.
pub fn owner_of(identity: &Identity) -> IdentityOwner {
    match (identity.tag(CLIENT_TAG), identity.tag(STACK_TAG)) {
        (_, Some(stack)) if stack != THIS_STACK => IdentityOwner::AnotherStack,
        (Some(client), Some(_)) => IdentityOwner::Client(client.to_owned()),
        // A client tag without the stack tag is not from this stack.
        (None, _) | (_, None) => IdentityOwner::Untagged,
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

/// The tags of an identity of this stack and a client, of another stack, or with only a client tag.
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
        IdentityOwner::Untagged => Vec::new(),
    };
    identity.has_text_token = true;
    identity
}

/// The status of an identity on SES's three axes.
pub fn status_of(account: &Account, identity: &Identity) -> SesStatus {
    let mail_from = identity.mail_from.as_ref();
    SesStatus {
        verification: axis_status(account.verification_in_v1(identity)),
        dkim: axis_status(identity.dkim.status()),
        mail_from: mail_from.map_or(AxisStatus::NotStarted, |it| axis_status(it.axis.status())),
    }
}

/// A status as a type of the service.
pub fn axis_status(status: Status) -> AxisStatus {
    match status {
        Status::NotStarted => AxisStatus::NotStarted,
        Status::Pending => AxisStatus::Pending,
        Status::Success => AxisStatus::Success,
        Status::Failed => AxisStatus::Failed,
        Status::TemporaryFailure => AxisStatus::TemporaryFailure,
    }
}

/// A status as a type of the model.
pub fn model_status(status: AxisStatus) -> Status {
    match status {
        AxisStatus::NotStarted => Status::NotStarted,
        AxisStatus::Pending => Status::Pending,
        AxisStatus::Success => Status::Success,
        AxisStatus::Failed => Status::Failed,
        AxisStatus::TemporaryFailure => Status::TemporaryFailure,
    }
}

/// The answer of v2 `GetEmailIdentity` about an identity.
pub(crate) fn existing(
    account: &Account,
    identity: &Identity,
) -> Result<ExistingIdentity, Failure> {
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

/// A token of the TXT record.
pub(crate) fn token_of(token: &str) -> Result<VerificationToken, Failure> {
    VerificationToken::parse(token).map_err(|error| Failure::invalid(error.to_string()))
}

/// The tokens of the CNAME records.
pub(crate) fn dkim_of(tokens: &[String; 3]) -> Result<Dkim, Failure> {
    let token = |text| DkimToken::parse(text).map_err(|error| Failure::invalid(error.to_string()));
    let [first, second, third] = tokens;
    Ok(Dkim {
        tokens: [token(first)?, token(second)?, token(third)?],
        signing_hosted_zone: SIGNING_HOSTED_ZONE.to_owned(),
    })
}

/// The meaning of an SES error, as in `shared/aws`.
pub(crate) fn error_of(operation: Operation, failure: &Failure) -> SesError {
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
