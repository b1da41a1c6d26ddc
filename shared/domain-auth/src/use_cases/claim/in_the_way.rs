//! Claims that block a proven claim. They are read once, and judged by the position of each name
//! and the state of its domain.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

use super::ground::Ground;
use crate::claims::ClaimRegister;
use crate::domain::{Challenger, Domain};
use crate::names::{ClientId, DomainName};
use crate::ports::{ReadDomains, StoreError};
use crate::state::Status;

/// The maximum number of holders that one step changes. A transaction of DynamoDB has at most 100
/// items, and a holder that loses its name needs five: its domain, two lines of history, an event
/// and a tombstone. The other items are for the claimant, the register, and tombstones that move
/// out of it.
pub(super) const CHANGED_AT_ONCE: usize = 16;

/// Holders that are read at the same time.
pub(super) const READS_AT_ONCE: usize = 16;

/// Claims that block a proven claim.
#[derive(Debug, Default)]
pub(super) struct InTheWay {
    /// Claims that end.
    pub(super) lost: Vec<Lost>,
    /// Domains that SES has verified.
    pub(super) verified: Vec<Domain>,
    /// Domains above and below that keep their names, by the decision of Lasso support.
    pub(super) beside: Vec<Domain>,
    /// A domain with exactly this name is being removed, or its identity replaced.
    pub(super) busy: bool,
    /// The holder that Lasso support decided against, if Lasso sends for it and this was not
    /// confirmed.
    pub(super) unconfirmed: Option<Domain>,
}

/// A claim that ends.
#[derive(Debug)]
pub(super) struct Lost {
    pub(super) name: DomainName,
    /// The domain that loses it; `None` if it no longer holds the name.
    pub(super) holder: Option<Domain>,
    /// There is no such domain, so no identity has to be deleted at SES.
    pub(super) gone: bool,
}

/// The domains of holders, each read only once in a takeover, unless a write shows that one has
/// changed.
pub(super) type Known = BTreeMap<DomainName, (ClientId, Option<Domain>)>;

/// The claims that block the proven claim, judged by the position of the name and the state of the
/// domain. A claim above the name loses nothing.
pub(super) async fn read<S: ReadDomains>(
    store: &S,
    claims: &ClaimRegister,
    claimant: &Domain,
    ground: &Ground,
    known: &mut Known,
    now: Timestamp,
) -> Result<InTheWay, StoreError> {
    let holders = claims.in_the_way(&claimant.name, &claimant.client);
    let holders: Vec<(DomainName, ClientId)> = holders
        .map(|(name, client)| (name.clone(), client.clone()))
        .collect();
    let is_known = |(name, client): &&(DomainName, ClientId)| {
        known.get(name).is_some_and(|(known, _)| known == client)
    };
    let unknown = holders.iter().filter(|holder| !is_known(holder)).cloned();
    let unknown: Vec<(DomainName, ClientId)> = unknown.collect();
    let mut read = stream::iter(unknown)
        .map(|(name, client)| async move {
            let domain = store.domain(&client, &name).await?;
            Ok::<_, StoreError>((name, (client, domain)))
        })
        .buffered(READS_AT_ONCE);
    while let Some((name, holder)) = read.try_next().await? {
        known.insert(name, holder);
    }
    let mut in_the_way = InTheWay {
        busy: is_deleting(claims, &claimant.name, now),
        ..InTheWay::default()
    };
    for (name, _) in holders {
        let domain = known.get(&name).and_then(|(_, domain)| domain.as_ref());
        in_the_way.judge(name, domain, claims, claimant, ground, now);
    }
    Ok(in_the_way)
}

/// Whether a call may be running that deletes the identity of a client that lost exactly this name.
fn is_deleting(claims: &ClaimRegister, name: &DomainName, now: Timestamp) -> bool {
    let last = claims
        .tombstone(name)
        .filter(|_| claims.claim(name).is_none());
    let until = last.and_then(|last| last.deleting_until);
    until.is_some_and(|until| now < until)
}

impl InTheWay {
    /// Keeps as many claims as one transaction can write, and returns whether there are more.
    pub(super) fn leave_one_step(&mut self) -> bool {
        let Self { lost, beside, .. } = self;
        let more = lost.len() + beside.len() > CHANGED_AT_ONCE;
        lost.truncate(CHANGED_AT_ONCE);
        beside.truncate(CHANGED_AT_ONCE - lost.len());
        more
    }

    fn judge(
        &mut self,
        name: DomainName,
        domain: Option<&Domain>,
        claims: &ClaimRegister,
        claimant: &Domain,
        ground: &Ground,
        now: Timestamp,
    ) {
        let is_same = name == claimant.name;
        let verified = domain.filter(|domain| is_verified(domain.state.status()));
        match (verified, ground) {
            (Some(domain), Ground::Proof(_)) => {
                self.verified.push(domain.clone());
                return;
            }
            // Lasso support has decided about exactly this name.
            (Some(domain), Ground::Decision(_)) if !is_same => {
                self.keep(domain, claimant);
                return;
            }
            (Some(domain), Ground::Decision(_)) => {
                if !ground.may_take(domain.state.status()) {
                    self.unconfirmed = Some(domain.clone());
                }
            }
            (None, Ground::Proof(_) | Ground::Decision(_)) => {}
        }
        if claimant.name.is_below(&name) {
            if let Some(domain) = domain {
                self.keep(domain, claimant);
            }
            return;
        }
        let removing = domain.is_some_and(|domain| !domain.is_there());
        let holder = domain.filter(|domain| domain.is_there() && domain.state.may_hold_its_name());
        let deleting = holder.and_then(|holder| holder.state.deleting_until());
        self.busy |= is_same && (removing || deleting.is_some_and(|until| now < until));
        // A claim that was lost earlier, and is not gone yet, only has to be waited for.
        if claims.claim(&name).is_some() && self.lost.len() <= CHANGED_AT_ONCE {
            self.lost.push(Lost {
                name,
                holder: holder.cloned(),
                gone: domain.is_none(),
            });
        }
    }

    /// A holder keeps its name. If it was told of the claimant, nothing is left to decide about it.
    fn keep(&mut self, holder: &Domain, claimant: &Domain) {
        let mut challengers = holder.challengers.iter();
        let told = challengers.any(|challenger| is_challenger(challenger, claimant));
        if told && self.beside.len() <= CHANGED_AT_ONCE {
            self.beside.push(holder.clone());
        }
    }
}

pub(super) fn is_challenger(challenger: &Challenger, claimant: &Domain) -> bool {
    challenger.client == claimant.client && challenger.name == claimant.name
}

/// Whether SES has verified the domain, so that only Lasso support may take the name from its
/// holder.
pub(super) fn is_verified(status: Status) -> bool {
    match status {
        Status::Verified | Status::Authenticated | Status::AtRisk | Status::Rejected => true,
        Status::Provisioning | Status::Pending | Status::Failed => false,
        Status::Contested | Status::Removing => false,
    }
}
