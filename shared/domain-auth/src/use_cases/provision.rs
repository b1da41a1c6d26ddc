//! Making the identity at SES. Every step can be repeated, so it does not matter where the last
//! attempt ended: the next one takes up what is there.

use serde_json::json;

use super::look::free_label;
use super::{Operation, SesBudget, paced};
use crate::dns::Lookup;
use crate::domain::{Change, Domain};
use crate::history::Actor;
use crate::identity::{MailFromLabel, SesIdentity};
use crate::ports::{
    Clock, CommitChanges, CommitError, Creation, Identities, Ids, ReadClaims, SesError,
};
use crate::state::{Progress, Provisioning, State, Trigger};

/// What came of one attempt.
#[derive(Debug)]
pub enum Provisioned {
    /// The domain is not `provisioning`, or not any more.
    Done(Domain),
    /// SES did not do all of it; what it did is kept, and the poller goes on.
    Later(Domain, SesError),
}

/// What SES has of the domain, once it has all.
enum Found {
    Identity(SesIdentity),
    /// The identity is tagged with another client.
    OfAnotherClient,
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
    let State::Provisioning(before) = &domain.state else {
        return Ok(Provisioned::Done(domain));
    };
    let replace_identity = before.replace_identity;
    let mut progress = before.progress.clone();
    let outcome = ask_ses(tools, &domain, replace_identity, &mut progress).await;
    let now = tools.clock.now();
    let change = match outcome {
        Ok(Found::Identity(identity)) => {
            let provisioned = Trigger::Provisioned(identity);
            apply(&domain, provisioned, None, now, tools.ids)?
        }
        Ok(Found::OfAnotherClient) => {
            let displaced = Trigger::Displaced {
                ownership_secret: tools.ids.secret(),
            };
            let evidence = json!({ "reason": "identity_of_another_client" });
            let mut change = apply(&domain, displaced, Some(evidence), now, tools.ids)?;
            let claims = tools.store.claims(domain.name.organizational()).await?;
            change.claims = Some(claims.withdrawn(&domain.name, &domain.client, now));
            change
        }
        Err(error) => {
            let kept = State::Provisioning(Provisioning {
                // A fresh identity exists once its tokens do; it must not be replaced again.
                replace_identity: replace_identity && progress.dkim.is_none(),
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

fn apply(
    domain: &Domain,
    trigger: Trigger,
    evidence: Option<serde_json::Value>,
    now: jiff::Timestamp,
    ids: &impl Ids,
) -> Result<Change, CommitError> {
    domain
        .transition(trigger, Actor::Service, evidence, now, ids)
        // The state was matched above, so only a concurrent change could be meant.
        .map_err(|_| CommitError::Conflict)
}

async fn ask_ses<S, I, C, D, L>(
    tools: &Tools<'_, S, I, C, D, L>,
    domain: &Domain,
    replace_identity: bool,
    progress: &mut Progress,
) -> Result<Found, SesError>
where
    I: Identities,
    C: Clock,
    L: Lookup,
{
    let name = &domain.name;
    if progress.dkim.is_none() {
        if replace_identity {
            tools
                .paced(Operation::DeleteEmailIdentity, || tools.ses.delete(name))
                .await?;
        }
        let create = || tools.ses.create(name, &domain.client);
        match tools.paced(Operation::CreateEmailIdentity, create).await? {
            Creation::Created(dkim) => progress.dkim = Some(dkim),
            Creation::Exists => {
                let describe = || tools.ses.describe(name);
                let existing = tools.paced(Operation::GetEmailIdentity, describe).await?;
                if let Some(existing) = existing {
                    if existing
                        .client
                        .is_some_and(|client| client != domain.client.as_str())
                    {
                        return Ok(Found::OfAnotherClient);
                    }
                    progress.mail_from = existing
                        .mail_from_domain
                        .and_then(|mail_from| MailFromLabel::of_mail_from_domain(&mail_from, name));
                    progress.dkim = existing.dkim;
                }
            }
        }
    }
    let dkim = if let Some(dkim) = &progress.dkim {
        dkim.clone()
    } else {
        // An identity without Easy DKIM: made by v1 `VerifyDomainIdentity`, or with own keys.
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
    async fn paced<T, F>(&self, operation: Operation, call: impl Fn() -> F) -> Result<T, SesError>
    where
        F: Future<Output = Result<T, SesError>>,
    {
        paced(self.budget, self.clock, operation, call).await
    }
}
