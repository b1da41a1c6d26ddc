//! What is asked of SES, and put in words.

use std::time::Duration;

use domain_auth::identity::{AxisStatus, DkimToken};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{
    Clock, Creation, ExistingIdentity, Identities, IdentityStatuses, ListIdentities, Ports,
    SesError,
};
use domain_auth::use_cases::SesTools;

use crate::commands::import::listed;
use crate::commands::patience::patiently;
use crate::outcome::Error;

/// The client that the identities are tagged with, beside the stack.
const CLIENT: &str = "verify-account";

/// No identity above may be verified: then all three would be, by inheritance.
pub(super) async fn nothing_above<P>(
    tools: &SesTools<'_, P>,
    domain: &DomainName,
) -> Result<(), Error>
where
    P: Ports<Ses: Identities>,
{
    for name in std::iter::once(domain.clone()).chain(domain.ancestors()) {
        if describe(tools, &name).await?.is_some() {
            return Err(Error::Input(format!(
                "SES has an identity {name}: choose a domain without one, and without one above it"
            )));
        }
    }
    Ok(())
}

pub(super) async fn describe<P>(
    tools: &SesTools<'_, P>,
    name: &DomainName,
) -> Result<Option<ExistingIdentity>, Error>
where
    P: Ports<Ses: Identities>,
{
    let described = patiently(tools.clock, async || tools.ses.describe(name).await).await;
    described.map_err(|error| Error::failed(format!("describing {name}"), error))
}

pub(super) async fn described<P>(
    tools: &SesTools<'_, P>,
    name: &DomainName,
) -> Result<ExistingIdentity, Error>
where
    P: Ports<Ses: Identities>,
{
    let described = describe(tools, name).await?;
    described
        .ok_or_else(|| Error::failed(format!("the identity {name}"), "it was deleted meanwhile"))
}

fn client() -> Result<ClientId, Error> {
    ClientId::parse(CLIENT).map_err(|error| Error::failed("the tag", error))
}

/// Whether an identity is one that this run made.
fn is_ours(identity: &ExistingIdentity) -> Result<bool, Error> {
    Ok(identity.belongs_to(&client()?))
}

/// Makes an identity, or takes up the one that an earlier start made; its DKIM tokens.
pub(super) async fn made<P>(
    tools: &SesTools<'_, P>,
    name: &DomainName,
) -> Result<Vec<String>, Error>
where
    P: Ports<Ses: Identities>,
{
    let client = client()?;
    let create = async || tools.ses.create(name, &client).await;
    let created = patiently(tools.clock, create).await;
    let created = created.map_err(|error| Error::failed(format!("creating {name}"), error))?;
    let dkim = match created {
        Creation::Created { dkim, .. } => Some(dkim),
        Creation::Exists => {
            let existing = described(tools, name).await?;
            if !is_ours(&existing)? {
                return Err(Error::Input(format!(
                    "SES has an identity {name} that this run did not make: nothing was changed"
                )));
            }
            existing.dkim
        }
    };
    let tokens = dkim.map(|dkim| dkim.tokens).into_iter().flatten();
    Ok(tokens.map(|token| token.as_str().to_owned()).collect())
}

/// The TXT token, which makes SES look for it, and those of DKIM.
pub(super) async fn tokens<P>(
    tools: &SesTools<'_, P>,
    name: &DomainName,
    dkim: Vec<String>,
) -> Result<Vec<String>, Error>
where
    P: Ports<Ses: Identities>,
{
    let text = patiently(tools.clock, async || tools.ses.verify_domain(name).await).await;
    let text = text.map_err(|error| Error::failed("VerifyDomainIdentity", error))?;
    let text = text.as_str().to_owned();
    Ok(std::iter::once(text).chain(dkim).collect())
}

pub(super) async fn token<P>(
    tools: &SesTools<'_, P>,
    name: &DomainName,
) -> Result<Option<()>, Error>
where
    P: Ports<Ses: Identities>,
{
    let token = async || tools.ses.verification_token(name).await;
    let token = patiently(tools.clock, token).await;
    let token = token.map_err(|error| Error::failed(format!("the token of {name}"), error))?;
    Ok(token.map(|_| ()))
}

/// Deletes an identity that this run made. One that is gone is success; an identity of another owner is left alone.
pub(super) async fn delete<P>(tools: &SesTools<'_, P>, name: &DomainName) -> Result<(), Error>
where
    P: Ports<Ses: Identities>,
{
    let Some(existing) = describe(tools, name).await? else {
        return Ok(());
    };
    if !is_ours(&existing)? {
        return Ok(());
    }
    let deleted = patiently(tools.clock, async || tools.ses.delete(name).await).await;
    deleted.map_err(|error| Error::failed(format!("deleting {name}"), error))
}

pub(super) async fn v1_status<P>(
    tools: &SesTools<'_, P>,
    name: &DomainName,
) -> Result<String, Error>
where
    P: Ports<Ses: IdentityStatuses>,
{
    let names = [name.clone()];
    let asked = patiently(tools.clock, async || tools.ses.verification(&names).await).await;
    let asked = asked.map_err(|error| Error::failed(format!("the status of {name}"), error))?;
    Ok(word(asked.get(name)))
}

async fn dkim_status<P>(tools: &SesTools<'_, P>, name: &DomainName) -> Result<String, Error>
where
    P: Ports<Ses: IdentityStatuses>,
{
    let names = [name.clone()];
    let asked = patiently(tools.clock, async || tools.ses.dkim(&names).await).await;
    let asked = asked.map_err(|error| Error::failed(format!("the status of {name}"), error))?;
    Ok(word(asked.get(name)))
}

fn word(status: Option<&AxisStatus>) -> String {
    let word = status.map(|status| serde_json::to_value(status).unwrap_or_default());
    let word = word.as_ref().and_then(serde_json::Value::as_str);
    word.unwrap_or("nothing").to_owned()
}

/// What each call says of an identity below the verified one.
pub(super) async fn inherited<P>(
    tools: &SesTools<'_, P>,
    child: &DomainName,
) -> Result<String, Error>
where
    P: Ports<Ses: Identities + IdentityStatuses + ListIdentities>,
{
    let client = client()?;
    // An identity of a killed run is deleted, so that Create answers again.
    delete(tools, child).await?;
    let create = async || tools.ses.create(child, &client).await;
    let created = patiently(tools.clock, create).await;
    let created = created.map_err(|error| Error::failed(format!("creating {child}"), error))?;
    let by_create = match created {
        Creation::Created { verified, .. } => verified.to_string(),
        Creation::Exists => "not known (another made it)".to_owned(),
    };
    let by_get = described(tools, child).await?.verified;
    let v1 = v1_status(tools, child).await?;
    let all = listed(tools).await?;
    let listed = all.get(child).and_then(|listed| listed.verification);
    let list = word(listed.as_ref());
    Ok(format!(
        "VerifiedForSendingStatus is {by_create} by Create and {by_get} by Get; List says {list}, v1 says {v1}"
    ))
}

/// What v1 `VerifyDomainDkim` does to an identity of which SES has given up the DKIM records.
pub(super) async fn restarted<P>(
    tools: &SesTools<'_, P>,
    name: &DomainName,
    before: &[String],
) -> Result<String, Error>
where
    P: Ports<Ses: Identities + IdentityStatuses>,
{
    let given_up = dkim_status(tools, name).await?;
    let dkim = patiently(tools.clock, async || tools.ses.verify_dkim(name).await).await;
    let dkim = dkim.map_err(|error| Error::failed("VerifyDomainDkim", error))?;
    let after: Vec<&str> = dkim.tokens.iter().map(DkimToken::as_str).collect();
    let tokens = if after == before {
        "the same tokens"
    } else {
        "other tokens"
    };
    let now = dkim_status(tools, name).await?;
    Ok(format!("DKIM was {given_up}, and is {now} with {tokens}"))
}

/// Whether SES throttles two calls of the same operation within a second, and two of different operations.
pub(super) async fn rate<P>(tools: &SesTools<'_, P>, name: &DomainName) -> &'static str
where
    P: Ports<Ses: Identities + IdentityStatuses>,
{
    let is_throttled = |error: &SesError| match error {
        SesError::Throttled { .. } => true,
        SesError::Unavailable { .. } | SesError::Refused { .. } => false,
    };
    let names = [name.clone()];
    let (mut of_one, mut of_two) = (0, 0);
    for _ in 0..3 {
        tools.clock.sleep(Duration::from_secs(3)).await;
        for _ in 0..3 {
            let answer = tools.ses.describe(name).await;
            of_one += usize::from(answer.as_ref().is_err_and(is_throttled));
        }
        tools.clock.sleep(Duration::from_secs(3)).await;
        let (first, second) = (tools.ses.describe(name).await, tools.ses.dkim(&names).await);
        of_two += usize::from(first.as_ref().is_err_and(is_throttled));
        of_two += usize::from(second.as_ref().is_err_and(is_throttled));
    }
    match (of_one, of_two) {
        (0, _) => "not seen: three calls of one operation at once were not throttled",
        (_, 0) => "each operation",
        (_, _) => "all operations together",
    }
}
