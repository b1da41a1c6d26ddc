//! Whether a client may send from an address now. Data is read by keys, for all addresses together:
//! the claims, the domains that decide, and for domains that Lasso sends for, their last DNS looks,
//! for warnings. DNS is asked only about addresses below such a domain, for a policy of their own.
//! If there is no such domain, the domains at the names above are read, because the client may have
//! lost one of them. For a name that the client does not have, the newest line of its history says whether
//! Lasso support removed it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::registers::{candidates, covering};
use super::sender_policies::NamesBelow;
use super::sender_warnings::{SenderWarning, wants_look, warnings};
use crate::dns::{DnsLook, Lookup, Observation};
use crate::domain::{Domain, RecordsSeen};
use crate::history::{Action, Actor};
use crate::names::{ClientId, DomainName, Eligibility, InvalidReason, SenderDomain, SenderError};
use crate::ports::{Clock, ReadSenders, StoreError};
use crate::state::{Contested, State};

/// How many names above an address's domain are read if no claim covers it: the ones nearest to the
/// organizational domain, which clients usually add.
const ABOVE: usize = 4;

/// The use that an address allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The input is not an address.
    InvalidAddress,
    /// A domain that no client can have: a mailbox provider's, Amazon's, Lasso's, a public suffix, or one
    /// that cannot be added.
    NotYourDomain,
    /// The client has no domain that covers this one. Domains of other clients make no difference.
    NotInitiated(DomainName),
    /// The same, after Lasso support removed the client's domain with this name.
    RemovedBySupport {
        /// The name.
        name: DomainName,
        /// When it was removed.
        at: Timestamp,
    },
    /// A domain of the client covers the address and decides.
    Covered {
        /// That domain.
        by: DomainName,
        /// Its status.
        standing: SenderStanding,
        /// Warnings, although Lasso sends.
        warnings: Vec<SenderWarning>,
    },
}

/// The status of the domain that decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SenderStanding {
    /// Lasso sends.
    Authenticated,
    /// Lasso still sends; the text says which records are broken.
    AtRisk(String),
    /// Amazon SES has not returned the values of the DNS records yet.
    WaitingForRecords,
    /// Amazon SES has not verified the domain; with the DNS state of the records that it looks for.
    WaitingForDns(RecordsSeen),
    /// The claim is contested: the ownership record is awaited.
    ProofWanted,
    /// The claim is contested: the ownership record was found at some name servers only.
    ProofUnconfirmed,
    /// The claim is contested and proven: Lasso support decides.
    WaitingForDecision,
    /// The claim is contested, and the name is being transferred to the client.
    WaitingForTransfer,
    /// The client held the name and lost it, with sentences about it.
    Displaced(String),
    /// The final step has not been taken.
    WaitingForLasso,
    /// It is verified, and another client has proven it, or a name above or below it: Lasso support decides.
    WaitingForChallenge,
    /// SES gave up, with the reason.
    Failed(&'static str),
    /// Lasso support refused the final step, with the reason.
    Rejected(String),
}

/// Judges an address for a client.
pub async fn judge<S: ReadSenders>(
    store: &S,
    below: &NamesBelow<'_, impl Lookup, impl Clock>,
    eligibility: &Eligibility,
    client: &ClientId,
    address: &str,
) -> Result<Verdict, StoreError> {
    let verdicts = judge_all(store, below, eligibility, client, &[address]).await?;
    Ok(verdicts
        .into_iter()
        .next()
        .unwrap_or(Verdict::InvalidAddress))
}

/// Judges addresses for a client, in the given order. Data that several addresses depend on is read
/// once.
pub async fn judge_all<S: ReadSenders>(
    store: &S,
    below: &NamesBelow<'_, impl Lookup, impl Clock>,
    eligibility: &Eligibility,
    client: &ClientId,
    addresses: &[&str],
) -> Result<Vec<Verdict>, StoreError> {
    let asked = addresses.iter().map(|address| asked(address, eligibility));
    let asked: Vec<Result<Asked, Verdict>> = asked.collect();
    let names = asked.iter().flatten().map(|asked| asked.name.clone());
    let mut facts = Facts::read(store, eligibility, client, names.collect()).await?;
    facts.below = below.look(&facts.names_below()).await;
    let verdict = |asked: Result<Asked, Verdict>| match asked {
        Ok(asked) => facts.verdict(&asked),
        Err(verdict) => verdict,
    };
    let verdicts: Vec<Verdict> = asked.into_iter().map(verdict).collect();
    let absent = verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::NotInitiated(name) => Some(name.clone()),
        Verdict::InvalidAddress | Verdict::NotYourDomain => None,
        Verdict::RemovedBySupport { .. } | Verdict::Covered { .. } => None,
    });
    let removed = removed_by_support(store, client, absent.collect()).await?;
    let with_removal = |verdict| match verdict {
        Verdict::NotInitiated(name) => match removed.get(&name) {
            Some(at) => Verdict::RemovedBySupport { name, at: *at },
            None => Verdict::NotInitiated(name),
        },
        other => other,
    };
    Ok(verdicts.into_iter().map(with_removal).collect())
}

/// The names that Lasso support has removed from the client's list, each with the time.
async fn removed_by_support<S: ReadSenders>(
    store: &S,
    client: &ClientId,
    names: BTreeSet<DomainName>,
) -> Result<BTreeMap<DomainName, Timestamp>, StoreError> {
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let newest = store.newest_lines(client, &names).await?.into_iter();
    let removed = newest.filter(|(_, line)| {
        line.action == Action::Removed && matches!(line.actor, Actor::LassoSupport { .. })
    });
    Ok(removed.map(|(name, line)| (name, line.at)).collect())
}

/// The domain of an address that a client may have.
struct Asked {
    name: DomainName,
    is_suffix: bool,
}

/// The domain of the address, or the verdict if the address alone decides.
fn asked(address: &str, eligibility: &Eligibility) -> Result<Asked, Verdict> {
    let (name, is_suffix) = match SenderDomain::parse(address) {
        Ok(sender) => (sender.name().clone(), false),
        Err(SenderError::NotAnAddress) => return Err(Verdict::InvalidAddress),
        Err(SenderError::PublicSuffix(name)) => (name, true),
    };
    match eligibility.check(&name) {
        Ok(()) => Ok(Asked { name, is_suffix }),
        Err(_) => Err(Verdict::NotYourDomain),
    }
}

/// The data that the verdicts depend on.
struct Facts {
    /// The domain that decides about each name: the domain that covers it, or the name itself.
    deciding: BTreeMap<DomainName, DomainName>,
    /// The client's domains that decide, and the domains above that it may have lost.
    domains: BTreeMap<DomainName, Domain>,
    /// The last looks of domains that Lasso sends for.
    looks: BTreeMap<DomainName, DnsLook>,
    /// What DNS answered about names below those.
    below: BTreeMap<DomainName, Vec<Observation>>,
}

impl Facts {
    async fn read<S: ReadSenders>(
        store: &S,
        eligibility: &Eligibility,
        client: &ClientId,
        names: BTreeSet<DomainName>,
    ) -> Result<Self, StoreError> {
        let deciding = deciding(store, eligibility, client, names).await?;
        let wanted: BTreeSet<DomainName> = deciding.values().cloned().collect();
        let mut domains = read_named(store, client, &wanted).await?;
        let is_decided = |by: &DomainName| domains.get(by).is_some_and(Domain::is_there);
        let undecided = deciding.iter().filter(|(_, by)| !is_decided(by));
        let above: BTreeSet<DomainName> = undecided
            .flat_map(|(name, _)| above(name))
            .filter(|above| !wanted.contains(above))
            .collect();
        domains.extend(read_named(store, client, &above).await?);
        let sending = domains.values().filter(|domain| wants_look(domain));
        let sending: BTreeSet<DomainName> = sending.map(|domain| domain.name.clone()).collect();
        let looks = if sending.is_empty() {
            BTreeMap::new()
        } else {
            store.looks_at(client, &sending).await?
        };
        Ok(Self {
            deciding,
            domains,
            looks,
            below: BTreeMap::new(),
        })
    }

    /// The names that are below a domain that Lasso sends for, each with that domain.
    fn names_below(&self) -> BTreeMap<&DomainName, &DomainName> {
        let sends = |by: &DomainName| self.domains.get(by).is_some_and(wants_look);
        let names = self.deciding.iter();
        names.filter(|(name, by)| name != by && sends(by)).collect()
    }

    fn seen_below(&self, name: &DomainName) -> &[Observation] {
        self.below.get(name).map_or(&[], Vec::as_slice)
    }

    fn verdict(&self, Asked { name, is_suffix }: &Asked) -> Verdict {
        let by = self.deciding.get(name).unwrap_or(name);
        if let Some(domain) = self.domains.get(by)
            && let Some(standing) = standing_of(domain)
        {
            return Verdict::Covered {
                by: domain.name.clone(),
                standing,
                warnings: warnings(name, domain, self.looks.get(by), self.seen_below(name)),
            };
        }
        // A contested claim on a name that the client has lost or not proven yet is in no register.
        // But its domain item shows that it covers the address, and what has to be done first.
        let mut above = above(name).filter_map(|above| self.domains.get(&above));
        let contested = above.find(|domain| match domain.state {
            State::Contested(_) => true,
            State::Provisioning(_) | State::Pending(_) | State::Verified(_) => false,
            State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) => false,
            State::Rejected(_) | State::Removing(_) => false,
        });
        if let Some(domain) = contested
            && let Some(standing) = standing_of(domain)
        {
            return Verdict::Covered {
                by: domain.name.clone(),
                standing,
                warnings: Vec::new(),
            };
        }
        match to_be_added(name) {
            Some(name) if !is_suffix => Verdict::NotInitiated(name),
            Some(_) | None => Verdict::NotYourDomain,
        }
    }
}

/// Which domain of the client decides about each name. A contested claim is in no register; the
/// client's own domain item with exactly this name shows it.
async fn deciding<S: ReadSenders>(
    store: &S,
    eligibility: &Eligibility,
    client: &ClientId,
    names: BTreeSet<DomainName>,
) -> Result<BTreeMap<DomainName, DomainName>, StoreError> {
    let suffixes = eligibility.suffixes();
    let candidates = |name: &DomainName| candidates(name, suffixes.organizational(name));
    let wanted: BTreeSet<String> = names.iter().flat_map(candidates).collect();
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let registers = store.registers(&wanted).await?;
    let by = |name: DomainName| {
        let candidates = candidates(&name);
        let registers = candidates.iter().filter_map(|key| registers.get(key));
        let by = covering(registers, &name, client).cloned();
        let by = by.unwrap_or_else(|| name.clone());
        (name, by)
    };
    Ok(names.into_iter().map(by).collect())
}

/// The name that the client can add. One may be added only above the name of a host.
fn to_be_added(name: &DomainName) -> Option<DomainName> {
    match DomainName::parse_for_sending(name.as_str()) {
        Ok(name) => Some(name),
        Err(error) if error.reason == InvalidReason::WwwHost => error.suggestion,
        Err(_) => None,
    }
}

async fn read_named<S: ReadSenders>(
    store: &S,
    client: &ClientId,
    names: &BTreeSet<DomainName>,
) -> Result<BTreeMap<DomainName, Domain>, StoreError> {
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    store.domains_named(client, names).await
}

/// The names above, of which the client may have lost one; the topmost first.
fn above(name: &DomainName) -> impl Iterator<Item = DomainName> + use<> {
    name.ancestors().into_iter().rev().take(ABOVE)
}

fn standing_of(domain: &Domain) -> Option<SenderStanding> {
    match &domain.state {
        State::Authenticated(_) => Some(SenderStanding::Authenticated),
        State::AtRisk(at_risk) => Some(SenderStanding::AtRisk(at_risk.reason.clone())),
        State::Contested(contested) => Some(standing_of_claim(&domain.name, contested)),
        State::Provisioning(_) => Some(SenderStanding::WaitingForRecords),
        State::Pending(_) => Some(SenderStanding::WaitingForDns(RecordsSeen::of(domain))),
        State::Verified(_) if !domain.challengers.is_empty() => {
            Some(SenderStanding::WaitingForChallenge)
        }
        State::Verified(_) => Some(SenderStanding::WaitingForLasso),
        State::Failed(failed) => Some(SenderStanding::Failed(failed.reason.sentence())),
        State::Rejected(rejected) => Some(SenderStanding::Rejected(rejected.reason.clone())),
        State::Removing(_) => None,
    }
}

fn standing_of_claim(name: &DomainName, claim: &Contested) -> SenderStanding {
    match &claim.displaced {
        _ if claim.taking_over_since.is_some() => SenderStanding::WaitingForTransfer,
        _ if claim.proven_at.is_some() => SenderStanding::WaitingForDecision,
        _ if claim.unconfirmed.is_some() => SenderStanding::ProofUnconfirmed,
        Some(displacement) => SenderStanding::Displaced(displacement.sentences(name)),
        None => SenderStanding::ProofWanted,
    }
}
