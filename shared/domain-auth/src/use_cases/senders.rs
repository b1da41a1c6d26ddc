//! Whether a client may send from an address, now. Two reads by key: the claims, and the domain that
//! decides.

use super::registers;
use crate::names::{ClientId, DomainName, Eligibility, SenderDomain, SenderError};
use crate::ports::{ReadClaims, ReadDomains, StoreError};
use crate::state::State;

/// What an address may be used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// What was given is no address.
    InvalidAddress,
    /// A domain that no client can have: a mailbox provider's, Amazon's, Lasso's or a public suffix.
    NotYourDomain,
    /// The client has nothing that covers this domain. What another client has makes no difference.
    NotInitiated(DomainName),
    /// A domain of the client covers the address and decides.
    Covered {
        /// Which one.
        by: DomainName,
        /// How it stands.
        standing: SenderStanding,
    },
}

/// How the domain that decides stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SenderStanding {
    /// Lasso sends.
    Authenticated,
    /// Lasso still sends; what was seen to be broken.
    AtRisk(String),
    /// DNS records are awaited.
    WaitingForDns,
    /// The final step is open.
    WaitingForLasso,
    /// SES gave up; why.
    Failed(&'static str),
    /// Lasso support refused the final step; why.
    Rejected(String),
}

/// Judges an address for a client.
pub async fn judge<S>(
    store: &S,
    eligibility: &Eligibility,
    client: &ClientId,
    address: &str,
) -> Result<Verdict, StoreError>
where
    S: ReadDomains + ReadClaims,
{
    let (name, is_suffix) = match SenderDomain::parse(address) {
        Ok(sender) => (sender.name().clone(), false),
        Err(SenderError::NotAnAddress) => return Ok(Verdict::InvalidAddress),
        Err(SenderError::PublicSuffix(name)) => (name, true),
    };
    let name = &name;
    if eligibility.check(name).is_err() {
        return Ok(Verdict::NotYourDomain);
    }
    let claims = registers::covering(store, name, eligibility.suffixes()).await?;
    // A contested claim is in no register; the client's own domain item knows it.
    let by = claims.covering(name, client).unwrap_or(name);
    let domain = store.domain(client, by).await?;
    let standing = domain.and_then(|domain| standing_of(domain.state));
    Ok(match standing {
        Some(standing) => Verdict::Covered {
            by: by.clone(),
            standing,
        },
        None if is_suffix => Verdict::NotYourDomain,
        None => Verdict::NotInitiated(name.clone()),
    })
}

fn standing_of(state: State) -> Option<SenderStanding> {
    match state {
        State::Authenticated(_) => Some(SenderStanding::Authenticated),
        State::AtRisk(at_risk) => Some(SenderStanding::AtRisk(at_risk.reason)),
        State::Contested(_) | State::Provisioning(_) | State::Pending(_) => {
            Some(SenderStanding::WaitingForDns)
        }
        State::Verified(_) => Some(SenderStanding::WaitingForLasso),
        State::Failed(failed) => Some(SenderStanding::Failed(failed.reason.sentence())),
        State::Rejected(rejected) => Some(SenderStanding::Rejected(rejected.reason)),
        State::Removing(_) => None,
    }
}
