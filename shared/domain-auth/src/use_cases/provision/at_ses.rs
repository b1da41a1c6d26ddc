//! The SES identity of a domain that is being registered, and whether it is the client's.

use crate::claims::ClaimRegister;
use crate::dns::Lookup;
use crate::domain::Domain;
use crate::evidence::LossReason;
use crate::identity::{Adopted, MailFromLabel, SesIdentity};
use crate::names::DomainName;
use crate::ports::{
    Creation, ExistingIdentity, Identities, IdentityOwner, Operation, Ports, ReadClaims,
    ReadDomains, SesError, StoreError,
};
use crate::state::Progress;
use crate::use_cases::look::free_label;
use crate::use_cases::registers::register_of;
use crate::use_cases::{SesTools, StoreTools, Tools};

/// The identity at SES, after all its values are known.
pub(super) enum Found {
    Identity(SesIdentity),
    /// It is not this client's, with the reason.
    NotOurs(NotOurs),
}

/// Why an identity does not belong to the client, verified or not. Then the name needs proof, or a
/// decision of Lasso support.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::use_cases) enum NotOurs {
    /// It is tagged with another client.
    OfAnotherClient,
    /// It is tagged with another stack.
    OfAnotherStack,
    /// Its tags name no client: it was created by other means.
    MadeElsewhere,
    /// It was created just now, and is verified because of an identity above it, which this client
    /// does not hold.
    BelowAnothers,
}

/// An error of SES, or of the store that knows the holders.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    #[error(transparent)]
    Ses(#[from] SesError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Creates the identity, uses the client's own, or adopts one if the client may have it. Nothing is
/// changed at SES before it is known that the identity is the client's.
pub(super) async fn ask_ses<P>(
    tools: &Tools<'_, P>,
    domain: &Domain,
    may_adopt: bool,
    progress: &mut Progress,
) -> Result<Found, AskError>
where
    P: Ports<Store: ReadDomains + ReadClaims, Ses: Identities, Dns: Lookup>,
{
    let name = &domain.name;
    if progress.dkim.is_none() {
        let create = || tools.ses.create(name, &domain.client);
        match tools.paced(Operation::CreateEmailIdentity, create).await? {
            Creation::Created { verified: true, .. }
                if !may_adopt && lies_below_anothers(tools, domain).await? =>
            {
                return Ok(Found::NotOurs(NotOurs::BelowAnothers));
            }
            Creation::Created { dkim, .. } => {
                progress.dkim = Some(dkim);
                progress.seen = true;
            }
            Creation::Exists => {}
        }
    }
    let mut own_keys = false;
    if !progress.seen {
        let existing = describe_existing(tools, name, progress).await?;
        if let Some(why) = NotOurs::of(&existing, domain) {
            if !may_adopt {
                let claims = register_of(tools.store, domain).await?;
                if !is_proven(&claims, domain) {
                    return Ok(Found::NotOurs(why));
                }
            }
            let adopt = || tools.ses.adopt(name, &domain.client);
            tools.paced(Operation::TagResource, adopt).await?;
            return Ok(Found::Identity(adopted(tools, name, existing).await?));
        }
        if existing.adopted {
            return Ok(Found::Identity(adopted(tools, name, existing).await?));
        }
        if !may_adopt && existing.verified && lies_below_anothers(tools, domain).await? {
            return Ok(Found::NotOurs(NotOurs::BelowAnothers));
        }
        progress.seen = true;
        own_keys = existing.own_keys;
        progress.mail_from = existing
            .mail_from_domain
            .and_then(|mail_from| MailFromLabel::of_mail_from_domain(&mail_from, name));
        // If SES has given up looking for DKIM, it is made to start again below.
        progress.dkim = existing.dkim.filter(|_| !existing.dkim_stopped);
    }
    if progress.dkim.is_none() && !own_keys {
        // An identity without Easy DKIM (created by v1 `VerifyDomainIdentity`), or one whose 72
        // hours have passed.
        let verify_dkim = async || {
            unless_overtaken(tools, domain, Operation::VerifyDomainDkim).await?;
            tools.ses.verify_dkim(name).await
        };
        let dkim = tools
            .paced(Operation::VerifyDomainDkim, verify_dkim)
            .await?;
        // v1 returns the tokens; only v2 returns the zone of the keys, which is regional in newer
        // regions.
        let describe = || tools.ses.describe(name);
        let described = tools
            .paced(Operation::GetEmailIdentity, describe)
            .await?
            .and_then(|existing| existing.dkim);
        progress.dkim = Some(described.unwrap_or(dkim));
    }
    let verification_token = if let Some(token) = &progress.verification_token {
        token.clone()
    } else {
        let verify_domain = async || {
            unless_overtaken(tools, domain, Operation::VerifyDomainIdentity).await?;
            tools.ses.verify_domain(name).await
        };
        let token = tools
            .paced(Operation::VerifyDomainIdentity, verify_domain)
            .await?;
        progress.verification_token.insert(token).clone()
    };
    Ok(Found::Identity(SesIdentity {
        verification_token: Some(verification_token),
        dkim: progress.dkim.clone(),
        mail_from: set_mail_from(tools, domain, progress).await?,
        region: tools.ses.region().to_owned(),
        adopted: None,
    }))
}

/// Whether SES has verified an identity above the domain that this client does not hold. Then the
/// domain's status at SES does not depend on the domain's own DNS.
async fn lies_below_anothers<P>(tools: &SesTools<'_, P>, domain: &Domain) -> Result<bool, AskError>
where
    P: Ports<Store: ReadClaims, Ses: Identities>,
{
    let claims = register_of(tools.store, domain).await?;
    if is_proven(&claims, domain) {
        return Ok(false);
    }
    for above in domain.name.ancestors() {
        let describe = || tools.ses.describe(&above);
        let identity = tools.paced(Operation::GetEmailIdentity, describe).await?;
        if identity.is_some_and(|identity| identity.verified) {
            return Ok(claims.holder(&above) != Some(&domain.client));
        }
    }
    Ok(false)
}

pub(in crate::use_cases) fn is_proven(claims: &ClaimRegister, domain: &Domain) -> bool {
    let claim = claims.claim(&domain.name);
    claim.is_some_and(|claim| claim.client == domain.client && claim.proven_at.is_some())
}

impl NotOurs {
    /// `None` for an identity with the tags of this stack and of the domain's client.
    pub(in crate::use_cases) fn of(existing: &ExistingIdentity, domain: &Domain) -> Option<Self> {
        if existing.belongs_to(&domain.client) {
            return None;
        }
        Some(match &existing.owner {
            IdentityOwner::Client(_) => Self::OfAnotherClient,
            IdentityOwner::AnotherStack => Self::OfAnotherStack,
            IdentityOwner::Untagged => Self::MadeElsewhere,
        })
    }

    pub(super) fn reason(self) -> LossReason {
        match self {
            Self::OfAnotherClient => LossReason::IdentityOfAnotherClient,
            Self::OfAnotherStack => LossReason::IdentityOfAnotherStack,
            Self::MadeElsewhere => LossReason::IdentityMadeElsewhere,
            Self::BelowAnothers => LossReason::BelowAnIdentityOfAnother,
        }
    }
}

/// The identity that SES has. If it has disappeared since it was created, the next attempt creates
/// it again.
async fn describe_existing<P>(
    tools: &SesTools<'_, P>,
    name: &DomainName,
    progress: &mut Progress,
) -> Result<ExistingIdentity, SesError>
where
    P: Ports<Ses: Identities>,
{
    let describe = || tools.ses.describe(name);
    let existing = tools.paced(Operation::GetEmailIdentity, describe).await?;
    existing.ok_or_else(|| {
        *progress = Progress::default();
        SesError::Unavailable {
            operation: Operation::GetEmailIdentity.as_str(),
            source: "the identity was there a moment ago, and is not there now".into(),
        }
    })
}

/// An identity that now has the client's tags, with its existing values. Its TXT token is read,
/// without a call that would make SES look for records again.
pub(in crate::use_cases) async fn adopted<P>(
    tools: &SesTools<'_, P>,
    name: &DomainName,
    existing: ExistingIdentity,
) -> Result<SesIdentity, SesError>
where
    P: Ports<Ses: Identities>,
{
    let token = || tools.ses.verification_token(name);
    let verification_token = tools
        .paced(Operation::GetIdentityVerificationAttributes, token)
        .await?;
    let mail_from = existing.mail_from_domain;
    Ok(SesIdentity {
        verification_token,
        dkim: existing.dkim,
        mail_from: mail_from
            .and_then(|mail_from| MailFromLabel::of_mail_from_domain(&mail_from, name)),
        region: tools.ses.region().to_owned(),
        adopted: Some(Adopted {
            configuration_set: existing.configuration_set,
        }),
    })
}

/// The MAIL FROM domain of the identity from now on: its existing one, or one that is free in DNS.
/// `None` if SES refuses it: mail is sent without one, too.
async fn set_mail_from<P>(
    tools: &Tools<'_, P>,
    domain: &Domain,
    progress: &mut Progress,
) -> Result<Option<MailFromLabel>, SesError>
where
    P: Ports<Store: ReadDomains, Ses: Identities, Dns: Lookup>,
{
    let name = &domain.name;
    let label = match &progress.mail_from {
        Some(label) => label.clone(),
        None => free_label(tools.dns, tools.clock, name, tools.ses.region()).await,
    };
    let operation = Operation::PutEmailIdentityMailFromAttributes;
    let set = async || {
        unless_overtaken(tools, domain, operation).await?;
        tools.ses.set_mail_from(name, &label).await
    };
    match tools.paced(operation, set).await {
        Ok(()) => Ok(Some(label)),
        Err(error) if error.is_bad_request() => {
            // SES refuses an unacceptable MAIL FROM domain in the same way as a missing identity.
            describe_existing(tools, name, progress).await?;
            tracing::warn!(
                domain = %name,
                error = &error as &dyn std::error::Error,
                "SES does not take the MAIL FROM domain; the domain goes on without one"
            );
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Fails if the domain has changed since it was read: another function has registered it, or its
/// client has removed it. A v1 call creates an identity without tags if there is none, so it must
/// not follow a deletion. The version is read after the wait for the quota, right before the call.
async fn unless_overtaken<P>(
    tools: &StoreTools<'_, P>,
    domain: &Domain,
    operation: Operation,
) -> Result<(), SesError>
where
    P: Ports<Store: ReadDomains>,
{
    let unavailable = |source| SesError::Unavailable {
        operation: operation.as_str(),
        source,
    };
    let stored = tools.store.domain(&domain.client, &domain.name).await;
    let stored = stored.map_err(|error| unavailable(error.into()))?;
    let version = stored.map(|stored| stored.version);
    if version == Some(domain.version) {
        Ok(())
    } else {
        Err(unavailable("the domain has changed meanwhile".into()))
    }
}
