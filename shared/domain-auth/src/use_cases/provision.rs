//! Making the identity at SES. Every step can be repeated, so it does not matter where the last
//! attempt ended: the next one takes up what is there.

use std::ops::ControlFlow;

use jiff::Timestamp;
use serde_json::json;

use super::delete_identity::{Deletion, delete_identity};
use super::look::free_label;
use super::registers::register_of;
use super::{Operation, SesBudget, paced};
use crate::claims::ClaimRegister;
use crate::dns::Lookup;
use crate::domain::{Change, Domain};
use crate::evidence;
use crate::history::{Action, Actor, HistoryEntry};
use crate::identity::{MailFromLabel, SesIdentity};
use crate::ports::{
    Clock, CommitChanges, CommitError, Creation, ExistingIdentity, Identities, IdentityOwner, Ids,
    ReadClaims, SesError, StoreError,
};
use crate::state::{Progress, Provisioning, State, Trigger};

/// What came of one attempt.
#[derive(Debug)]
pub enum Provisioned {
    /// The domain is not `provisioning`, or not any more.
    Done(Domain),
    /// SES did not do all of it; what it did is kept, and the poller goes on.
    Later(Domain, SesError),
    /// An identity of before is still being deleted; the domain is due when that is over.
    Waits(Domain),
}

/// What SES has of the domain, once it has all.
enum Found {
    Identity(SesIdentity),
    /// It is not this client's to take up, and why.
    NotOurs(NotOurs),
}

/// Why an identity is not a client's to take up. The name needs proof then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NotOurs {
    /// It is tagged with another client.
    OfAnotherClient,
    /// It is tagged with another stack.
    OfAnotherStack,
    /// Somebody made it by other means, and it is verified.
    VerifiedElsewhere,
    /// It was made just now, and is verified because an identity above it is, which this client does
    /// not hold.
    BelowAnothers,
}

/// What an attempt works with.
#[derive(Debug)]
pub struct Tools<'a, S, I, C, D, L> {
    /// Where domains are kept.
    pub store: &'a S,
    /// Amazon SES.
    pub ses: &'a I,
    /// Time.
    pub clock: &'a C,
    /// Randomness.
    pub ids: &'a D,
    /// DNS.
    pub dns: &'a L,
    /// The pace of calls.
    pub budget: &'a SesBudget,
}

/// Takes a domain that is `provisioning` as far as SES lets it.
pub async fn provision<S, I, C, D, L>(
    tools: &Tools<'_, S, I, C, D, L>,
    domain: Domain,
) -> Result<Provisioned, CommitError>
where
    S: ReadClaims + CommitChanges,
    I: Identities,
    C: Clock,
    D: Ids,
    L: Lookup,
{
    let domain = match without_the_earlier(tools, domain).await? {
        ControlFlow::Continue(domain) => domain,
        ControlFlow::Break(outcome) => return Ok(outcome),
    };
    let State::Provisioning(before) = &domain.state else {
        return Ok(Provisioned::Done(domain));
    };
    let mut progress = before.progress.clone();
    let outcome = ask_ses(tools, &domain, &mut progress).await;
    let now = tools.clock.now();
    let change = match outcome {
        Ok(Found::Identity(identity)) => {
            let evidence = evidence::of_identity(&domain.name, &identity);
            let provisioned = Trigger::Provisioned(identity);
            apply(&domain, provisioned, evidence, now, tools.ids)?
        }
        Ok(Found::NotOurs(why)) => {
            let claims = register_of(tools.store, &domain).await?;
            if is_proven(&claims, &domain) {
                return replace(tools, &domain, now).await;
            }
            let displaced = Trigger::Displaced {
                ownership_secret: tools.ids.secret(),
            };
            let evidence = json!({ "reason": why.code() });
            let mut change = apply(&domain, displaced, evidence, now, tools.ids)?;
            if let State::Contested(contested) = &mut change.domain.state {
                contested.leftover_identity = why == NotOurs::BelowAnothers;
            }
            change.claims = Some(claims.withdrawn(&domain.name, &domain.client, now));
            change
        }
        Err(AskError::Store(error)) => return Err(error.into()),
        Err(AskError::Ses(error)) => {
            let kept = State::Provisioning(Provisioning {
                replace_identity: false,
                deleting_until: None,
                progress,
            });
            let change = domain.looked_at(|domain| domain.state = kept, now);
            tools.store.commit(&change).await?;
            return Ok(Provisioned::Later(change.domain, error));
        }
    };
    tools.store.commit(&change).await?;
    Ok(Provisioned::Done(change.domain))
}

/// Whether an identity above the domain is verified at SES that this client does not hold: then SES's
/// word for the domain says nothing of its DNS.
async fn lies_below_anothers<S, I, C, D, L>(
    tools: &Tools<'_, S, I, C, D, L>,
    domain: &Domain,
) -> Result<bool, AskError>
where
    S: ReadClaims,
    I: Identities,
    C: Clock,
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

fn is_proven(claims: &ClaimRegister, domain: &Domain) -> bool {
    let claim = claims.claim(&domain.name);
    claim.is_some_and(|claim| claim.client == domain.client && claim.proven_at.is_some())
}

/// A proven name is taken from a fresh identity, whoever made the one that is there.
async fn replace<S, I, C, D, L>(
    tools: &Tools<'_, S, I, C, D, L>,
    domain: &Domain,
    now: Timestamp,
) -> Result<Provisioned, CommitError>
where
    S: CommitChanges,
{
    let change = domain.looked_at(
        |domain| {
            domain.state = State::Provisioning(Provisioning {
                replace_identity: true,
                deleting_until: None,
                progress: Progress::default(),
            });
        },
        now,
    );
    tools.store.commit(&change).await?;
    Ok(Provisioned::Waits(change.domain))
}

/// Whether a line of history tells that a name turned out to be contested when SES was asked.
pub fn is_contested_by_ses(entry: &HistoryEntry) -> bool {
    let reason = entry
        .evidence
        .as_ref()
        .and_then(|evidence| evidence["reason"].as_str());
    let codes = NotOurs::ALL.map(NotOurs::code);
    entry.action == Action::Displaced && reason.is_some_and(|reason| codes.contains(&reason))
}

impl NotOurs {
    const ALL: [Self; 4] = [
        Self::OfAnotherClient,
        Self::OfAnotherStack,
        Self::VerifiedElsewhere,
        Self::BelowAnothers,
    ];

    fn of(existing: &ExistingIdentity, domain: &Domain) -> Option<Self> {
        match &existing.owner {
            IdentityOwner::Client(client) if client == domain.client.as_str() => None,
            IdentityOwner::Client(_) => Some(Self::OfAnotherClient),
            IdentityOwner::AnotherStack => Some(Self::OfAnotherStack),
            IdentityOwner::Nobody => existing.verified.then_some(Self::VerifiedElsewhere),
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::OfAnotherClient => "identity_of_another_client",
            Self::OfAnotherStack => "identity_of_another_stack",
            Self::VerifiedElsewhere => "identity_verified_elsewhere",
            Self::BelowAnothers => "below_an_identity_of_another",
        }
    }
}

/// Asking SES needs to know who holds what.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error(transparent)]
    Ses(#[from] SesError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The domain once the identity of an earlier holder, or of an earlier life, is gone. That is written
/// before a new one is made, so that the new one is not deleted by who comes second.
async fn without_the_earlier<S, I, C, D, L>(
    tools: &Tools<'_, S, I, C, D, L>,
    domain: Domain,
) -> Result<ControlFlow<Provisioned, Domain>, CommitError>
where
    S: ReadClaims + CommitChanges,
    I: Identities,
    C: Clock,
{
    let replaces = match &domain.state {
        State::Provisioning(provisioning) => provisioning.replace_identity,
        State::Contested(_) | State::Pending(_) | State::Verified(_) | State::Removing(_) => false,
        State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) | State::Rejected(_) => false,
    };
    if !replaces {
        return Ok(ControlFlow::Continue(domain));
    }
    let domain = match delete_identity(tools, domain).await? {
        Deletion::Gone(domain) => domain,
        Deletion::UnderWay(domain) => return Ok(ControlFlow::Break(Provisioned::Waits(domain))),
        Deletion::Failed(domain, error) => {
            return Ok(ControlFlow::Break(Provisioned::Later(domain, error)));
        }
        // A domain that is `provisioning` holds its name, so it has changed since it was read.
        Deletion::OfAnotherHolder(_) => return Err(CommitError::Conflict),
    };
    let now = tools.clock.now();
    let change = domain.looked_at(
        |domain| {
            domain.state = State::provisioning();
        },
        now,
    );
    tools.store.commit(&change).await?;
    Ok(ControlFlow::Continue(change.domain))
}

fn apply(
    domain: &Domain,
    trigger: Trigger,
    evidence: serde_json::Value,
    now: jiff::Timestamp,
    ids: &impl Ids,
) -> Result<Change, CommitError> {
    domain
        .transition(trigger, Actor::Service, Some(evidence), now, ids)
        // The state was matched above, so only a concurrent change could be meant.
        .map_err(|_| CommitError::Conflict)
}

async fn ask_ses<S, I, C, D, L>(
    tools: &Tools<'_, S, I, C, D, L>,
    domain: &Domain,
    progress: &mut Progress,
) -> Result<Found, AskError>
where
    S: ReadClaims,
    I: Identities,
    C: Clock,
    L: Lookup,
{
    let name = &domain.name;
    if progress.dkim.is_none() {
        let create = || tools.ses.create(name, &domain.client);
        match tools.paced(Operation::CreateEmailIdentity, create).await? {
            Creation::Created { verified: true, .. }
                if lies_below_anothers(tools, domain).await? =>
            {
                return Ok(Found::NotOurs(NotOurs::BelowAnothers));
            }
            Creation::Created { dkim, .. } => progress.dkim = Some(dkim),
            Creation::Exists => {
                let describe = || tools.ses.describe(name);
                let existing = tools.paced(Operation::GetEmailIdentity, describe).await?;
                if let Some(existing) = existing {
                    if let Some(why) = NotOurs::of(&existing, domain) {
                        return Ok(Found::NotOurs(why));
                    }
                    if existing.verified && lies_below_anothers(tools, domain).await? {
                        return Ok(Found::NotOurs(NotOurs::BelowAnothers));
                    }
                    progress.mail_from = existing
                        .mail_from_domain
                        .and_then(|mail_from| MailFromLabel::of_mail_from_domain(&mail_from, name));
                    // Where SES has given up looking for DKIM, it is made to begin again below.
                    progress.dkim = existing.dkim.filter(|_| !existing.dkim_stopped);
                }
            }
        }
    }
    let dkim = if let Some(dkim) = &progress.dkim {
        dkim.clone()
    } else {
        // An identity without Easy DKIM (made by v1 `VerifyDomainIdentity`, or with own keys), or
        // one whose 72 hours have passed.
        let verify_dkim = || tools.ses.verify_dkim(name);
        let dkim = tools
            .paced(Operation::VerifyDomainDkim, verify_dkim)
            .await?;
        // v1 gives the tokens, and only v2 the zone of the keys, which is regional in newer regions.
        let describe = || tools.ses.describe(name);
        let described = tools
            .paced(Operation::GetEmailIdentity, describe)
            .await?
            .and_then(|existing| existing.dkim);
        progress.dkim.insert(described.unwrap_or(dkim)).clone()
    };
    let verification_token = if let Some(token) = &progress.verification_token {
        token.clone()
    } else {
        let verify_domain = || tools.ses.verify_domain(name);
        let token = tools
            .paced(Operation::VerifyDomainIdentity, verify_domain)
            .await?;
        progress.verification_token.insert(token).clone()
    };
    let mail_from = match progress.mail_from.clone() {
        Some(label) => label,
        None => free_label(tools.dns, tools.clock, name, tools.ses.region()).await,
    };
    let set_mail_from = || tools.ses.set_mail_from(name, &mail_from);
    tools
        .paced(Operation::PutEmailIdentityMailFromAttributes, set_mail_from)
        .await?;
    Ok(Found::Identity(SesIdentity {
        verification_token,
        dkim,
        mail_from,
        region: tools.ses.region().to_owned(),
    }))
}

impl<S, I, C: Clock, D, L> Tools<'_, S, I, C, D, L> {
    /// Calls SES when the budget allows it.
    pub(super) async fn paced<T, F>(
        &self,
        operation: Operation,
        call: impl Fn() -> F,
    ) -> Result<T, SesError>
    where
        F: Future<Output = Result<T, SesError>>,
    {
        paced(self.budget, self.clock, operation, call).await
    }
}
