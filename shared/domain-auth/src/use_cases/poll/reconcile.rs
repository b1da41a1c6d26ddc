//! Once a day: identities at SES that no domain holds, and domains whose identity is gone.

use std::collections::{HashMap, HashSet};

use super::list::Listed;
use super::report::ReconcileTally;
use super::{Poller, PollerPorts, Times};
use crate::domain::Domain;
use crate::identity::AxisStatus;
use crate::listing::Unheld;
use crate::names::DomainName;
use crate::ports::{
    Clock, DomainKey, DomainsByState, Identities, IdentityOwner, Operation, Reconciliations,
    StoreError,
};
use crate::reconciliation::{Missing, NAMED, Orphan, Reconciliation};
use crate::state::Status;
use crate::use_cases::registers;

/// The states that may have an identity at SES, in addition to those that must have one.
const ALSO_HELD: [Status; 4] = [
    Status::Contested,
    Status::Provisioning,
    Status::Failed,
    Status::Removing,
];

/// How many identities are described in one run, with one call each.
const DESCRIBED: usize = 25;

impl<P: PollerPorts> Poller<'_, P> {
    /// The identities of a part of the list that no domain holds.
    pub(super) async fn unheld(
        &self,
        listed: &Listed,
        with_identity: &[(Status, DomainKey)],
        times: Times,
    ) -> Result<Unheld, StoreError> {
        let store = self.tools.store;
        let mut held: HashSet<&DomainName> =
            with_identity.iter().map(|(_, key)| &key.name).collect();
        let mut also_held = Vec::new();
        for status in ALSO_HELD {
            also_held.extend(store.keys_in(status).await?);
        }
        held.extend(also_held.iter().map(|key| &key.name));
        let previous = store.reconciliation().await?;
        let known: HashMap<DomainName, Orphan> = previous
            .into_iter()
            .flat_map(|previous| previous.orphan_identities)
            .map(|orphan| (orphan.identity.clone(), orphan))
            .collect();
        let mut unheld: Vec<&DomainName> =
            listed.keys().filter(|name| !held.contains(name)).collect();
        unheld.sort_unstable();
        let (named, deleted) = self.orphans(listed, &unheld, &known, times).await?;
        Ok(Unheld {
            count: unheld.len() - deleted,
            deleted,
            named,
        })
    }

    /// Writes the comparison of SES's list with all domains, for Lasso support.
    pub(super) async fn reconcile(
        &self,
        identities: usize,
        unheld: Unheld,
        mut gone: Vec<Domain>,
    ) -> Result<ReconcileTally, StoreError> {
        let tally = ReconcileTally {
            orphans: unheld.count,
            missing: gone.len(),
            deleted: unheld.deleted,
        };
        gone.truncate(NAMED);
        let reconciliation = Reconciliation {
            checked_at: self.tools.clock.now(),
            identities,
            orphans: tally.orphans,
            missing: tally.missing,
            orphan_identities: unheld.named,
            missing_identities: gone
                .into_iter()
                .map(|domain| Missing {
                    client: domain.client.to_string(),
                    status: domain.state.status(),
                    domain: domain.name,
                })
                .collect(),
        };
        let reconciliation = reconciliation.bounded();
        let store = self.tools.store;
        store.write_reconciliation(&reconciliation).await?;
        Ok(tally)
    }

    /// The failed domains whose identity is gone, among those that are not in the list.
    pub(super) async fn gone_of(
        &self,
        absent: impl Iterator<Item = &DomainKey> + Send,
        times: Times,
    ) -> Result<Vec<Domain>, StoreError> {
        let absent: Vec<DomainKey> = absent.take(DESCRIBED).cloned().collect();
        let mut gone = Vec::new();
        for domain in self.tools.store.domains_at(&absent).await? {
            if self.is_gone(&domain, times).await {
                gone.push(domain);
            }
        }
        Ok(gone)
    }

    /// Details of the identities that no domain holds, and how many of them were deleted. A few of
    /// those that are new are described in each run; the others follow.
    async fn orphans(
        &self,
        listed: &Listed,
        unheld: &[&DomainName],
        known: &HashMap<DomainName, Orphan>,
        times: Times,
    ) -> Result<(Vec<Orphan>, usize), StoreError> {
        let (mut orphans, mut deleted, mut described) = (Vec::new(), 0, 0);
        for name in unheld {
            let verified = listed.get(*name) == Some(&Some(AxisStatus::Success));
            let orphan = if let Some(orphan) = known.get(*name) {
                Orphan {
                    // An orphan that SES once verified stays `verified` even if SES withdrew the
                    // verification, because mail may have been sent with it.
                    verified: verified || orphan.verified,
                    ..orphan.clone()
                }
            } else {
                if described >= DESCRIBED || self.tools.clock.now() >= times.ask {
                    continue;
                }
                described += 1;
                let Ok(Some(existing)) = self.describe(name).await else {
                    continue;
                };
                Orphan {
                    identity: (*name).clone(),
                    verified,
                    ours: existing.ours,
                    tagged_client: match existing.owner {
                        IdentityOwner::Client(client) => Some(client),
                        IdentityOwner::Untagged | IdentityOwner::AnotherStack => None,
                    },
                    first_seen: self.tools.clock.now(),
                }
            };
            if self.delete_if_without_use(&orphan, times).await? {
                deleted += 1;
            } else {
                orphans.push(orphan);
            }
        }
        Ok((orphans, deleted))
    }

    /// Deletes the identity only if the operator wants it, SES still returns the same data as when
    /// the identity was first seen, and the name was not claimed in between.
    async fn delete_if_without_use(
        &self,
        orphan: &Orphan,
        times: Times,
    ) -> Result<bool, StoreError> {
        let now = self.tools.clock.now();
        if !self.settings.reconcile_delete || !orphan.may_be_deleted(now) || now >= times.ask {
            return Ok(false);
        }
        let name = &orphan.identity;
        let operation = Operation::DeleteEmailIdentity;
        let background = self.tools.budget.in_background();
        // First, so that as little time as possible passes between the reads and the call.
        background.wait(operation, self.tools.clock).await;
        let Ok(Some(existing)) = self.describe(name).await else {
            return Ok(false);
        };
        let claims = registers::find(self.tools.store, name, name.organizational()).await?;
        if !existing.ours || existing.adopted || existing.verified || claims.is_held(name) {
            return Ok(false);
        }
        let answer = self.tools.ses.delete(name).await;
        background.note(operation, &answer, self.tools.clock.now());
        match answer {
            Ok(()) => {
                tracing::info!(identity = %name, "an identity that no domain holds was deleted");
                Ok(true)
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "an identity that no domain holds was not deleted");
                Ok(false)
            }
        }
    }
}
