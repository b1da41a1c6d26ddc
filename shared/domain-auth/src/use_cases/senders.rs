//! Whether a client may send from an address, now. Two reads by key: the claims, and the domain that
//! decides; where Lasso sends a third one, its last look at DNS, for warnings. Where there is no such domain, a few more at the names above, of which the client may have
//! lost one.

use super::registers;
use super::sender_warnings::{self, SenderWarning};
use crate::names::{ClientId, DomainName, Eligibility, SenderDomain, SenderError};
use crate::ports::{ReadClaims, ReadDomains, StoreError};
use crate::state::{Contested, State};

/// How many names above an address's domain are read when nothing covers it: the ones nearest to the
/// organizational domain, which are what clients add.
const ABOVE: usize = 4;

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
        /// What the client should know although Lasso sends.
        warnings: Vec<SenderWarning>,
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
    /// The claim is contested: the ownership record is awaited.
    ProofWanted,
    /// The claim is contested and proven: Lasso support decides.
    WaitingForDecision,
    /// The client held the name and lost it; what happened, in sentences.
    Displaced(String),
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
    if let Some(domain) = store.domain(client, by).await? {
        let warnings = sender_warnings::warnings(store, client, name, &domain).await?;
        if let Some(standing) = standing_of(&domain.name, domain.state) {
            let by = domain.name;
            return Ok(Verdict::Covered {
                by,
                standing,
                warnings,
            });
        }
    }
    // What the client has lost is in the register no more, but its domain item says that it covered
    // the address, and why it does so no longer.
    for above in name.ancestors().into_iter().rev().take(ABOVE) {
        let domain = store.domain(client, &above).await?;
        let lost = domain.filter(|domain| domain.state.displacement().is_some());
        if let Some(domain) = lost
            && let Some(standing) = standing_of(&domain.name, domain.state)
        {
            let by = domain.name;
            return Ok(Verdict::Covered {
                by,
                standing,
                warnings: Vec::new(),
            });
        }
    }
    Ok(if is_suffix {
        Verdict::NotYourDomain
    } else {
        Verdict::NotInitiated(name.clone())
    })
}

fn standing_of(name: &DomainName, state: State) -> Option<SenderStanding> {
    match state {
        State::Authenticated(_) => Some(SenderStanding::Authenticated),
        State::AtRisk(at_risk) => Some(SenderStanding::AtRisk(at_risk.reason)),
        State::Contested(contested) => Some(standing_of_claim(name, &contested)),
        State::Provisioning(_) | State::Pending(_) => Some(SenderStanding::WaitingForDns),
        State::Verified(_) => Some(SenderStanding::WaitingForLasso),
        State::Failed(failed) => Some(SenderStanding::Failed(failed.reason.sentence())),
        State::Rejected(rejected) => Some(SenderStanding::Rejected(rejected.reason)),
        State::Removing(_) => None,
    }
}

fn standing_of_claim(name: &DomainName, claim: &Contested) -> SenderStanding {
    match &claim.displaced {
        _ if claim.proven_at.is_some() => SenderStanding::WaitingForDecision,
        Some(displacement) => SenderStanding::Displaced(displacement.sentences(name)),
        None => SenderStanding::ProofWanted,
    }
}
