//! Identities at SES that no domain holds, and when each may be deleted.

use std::time::Duration;

use domain_auth::identity::AxisStatus;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{Clock, IdentityOwner};
use domain_auth::reconciliation::{ORPHAN_KEPT, Orphan, Reconciliation};
use domain_auth_testkit::domain_name;
use jiff::{SignedDuration, Timestamp};
use ses_model::Status;

use crate::dns::{Published, SimDns};
use crate::ses::{Deletion, SimSes};
use crate::setting::Setting;

/// At the beginning of the weeks, a planted identity has been known for up to this much less than
/// the time that it has to be kept. It reaches that age in a week or soon after; some have already
/// reached it.
const COMES_OF_AGE: Duration = Duration::from_hours(9 * 24);
const OF_AGE_ALREADY: SignedDuration = SignedDuration::from_hours(24);

/// The identities that are planted in each seed. The one that clients add is separate.
const PLANTED: [Kind; 7] = [
    Kind::InVain,
    Kind::InVain,
    Kind::New,
    Kind::Verified,
    Kind::OnceVerified,
    Kind::OfAnotherStack,
    Kind::Untagged,
];

/// The kinds of identities that no domain holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// This stack created it, and SES never verified it: it is unused.
    InVain,
    /// Unused, with a name that clients add and remove.
    Added,
    /// Unused, and not seen before.
    New,
    /// SES has verified it, or will soon.
    Verified,
    /// SES had verified it when it was last seen, and has withdrawn that.
    OnceVerified,
    /// With another stack's tag.
    OfAnotherStack,
    /// Without tags.
    Untagged,
}

/// All planted identities.
#[derive(Debug)]
pub(super) struct Orphans {
    planted: Vec<Planted>,
    /// Whether the operator wants unused ones deleted.
    pub(super) wanted: bool,
}

#[derive(Debug)]
struct Planted {
    name: DomainName,
    kind: Kind,
    /// From when on it has been known for long enough.
    of_age_at: Timestamp,
}

/// How often the rule was checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Orphaned {
    /// Identities that could be deleted, and were.
    pub(crate) deleted: usize,
    /// Identities that were old enough, with deletion wanted, but had to stay.
    pub(crate) kept: usize,
}

impl Orphans {
    /// Plants some at SES, and in the service's data about them. `added` is the name of one that
    /// clients add.
    pub(super) fn plant(
        setting: &Setting,
        ses: &SimSes,
        dns: &SimDns,
        (client, added): (&ClientId, &DomainName),
        wanted: bool,
    ) -> (Self, Reconciliation) {
        let (now, chance) = (setting.clock.now(), &setting.chance);
        let others = PLANTED.into_iter().enumerate();
        let others = others.map(|(n, kind)| (domain_name(&format!("orphan{n}homes.com")), kind));
        let mut planted = Vec::new();
        let mut known = Vec::new();
        let ours = || IdentityOwner::Client(client.to_string());
        for (name, kind) in [(added.clone(), Kind::Added)].into_iter().chain(others) {
            let left = chance.up_to(COMES_OF_AGE);
            let left = SignedDuration::try_from(left).unwrap_or_default() - OF_AGE_ALREADY;
            let of_age_at = if kind == Kind::New {
                now + ORPHAN_KEPT
            } else {
                now + left
            };
            // The stored data may be from before the tag was changed.
            let retagged = chance.happens(0.5);
            let seen_verified = chance.happens(0.5);
            let (owner, verification, was) = match kind {
                Kind::InVain | Kind::Added => (ours(), PENDING, (true, false)),
                Kind::New => (ours(), PENDING, (true, false)),
                Kind::Verified => {
                    dns.publish(&name, Published::Everything);
                    let verified = AxisStatus::Success;
                    (ours(), verified, (true, seen_verified))
                }
                Kind::OnceVerified => {
                    let taken_back = AxisStatus::Failed;
                    (ours(), taken_back, (true, true))
                }
                Kind::OfAnotherStack => (IdentityOwner::AnotherStack, PENDING, (retagged, false)),
                Kind::Untagged => (IdentityOwner::Untagged, PENDING, (retagged, false)),
            };
            ses.put(&name, &owner, verification);
            if kind != Kind::New {
                known.push(Orphan {
                    identity: name.clone(),
                    verified: was.1,
                    ours: was.0,
                    tagged_client: None,
                    first_seen: of_age_at - ORPHAN_KEPT,
                });
            }
            planted.push(Planted {
                name,
                kind,
                of_age_at,
            });
        }
        let reconciliation = Reconciliation {
            checked_at: now,
            identities: planted.len(),
            orphans: known.len(),
            missing: 0,
            orphan_identities: known,
            missing_identities: Vec::new(),
        };
        (Self { planted, wanted }, reconciliation)
    }

    /// An identity was deleted that no domain held. Returns the problem, if there is one.
    pub(super) fn deleted(&self, deletion: &Deletion) -> Result<(), String> {
        let Deletion { name, identity, at } = deletion;
        let planted = self.planted.iter().find(|planted| planted.name == *name);
        let Some(planted) = planted else {
            return Err(format!("{name} was deleted at SES, and never an orphan"));
        };
        let of_age_at = planted.of_age_at;
        if !self.wanted {
            return Err(format!("{name} was deleted at SES, which was not wanted"));
        }
        if *at < of_age_at {
            return Err(format!("{name} was deleted at SES before {of_age_at}"));
        }
        let vain = identity.verification() != Status::Success;
        if !planted.kind.may_go() || !vain {
            return Err(format!("{name} was deleted at SES: {:?}", planted.kind));
        }
        Ok(())
    }

    /// Whether SES may have a name that no client holds.
    pub(super) fn has(&self, name: &DomainName) -> bool {
        self.planted.iter().any(|planted| planted.name == *name)
    }

    /// Checks all of them at the end, after calm times of the length `settling`, in which SES's
    /// list was compared with all domains at least once.
    pub(super) fn settled(
        &self,
        ses: &SimSes,
        now: Timestamp,
        settling: SignedDuration,
    ) -> (Orphaned, Vec<String>) {
        let (mut figures, mut wrong) = (Orphaned::default(), Vec::new());
        for planted in &self.planted {
            let Planted {
                name,
                kind,
                of_age_at,
            } = planted;
            // A client that has added it may have caused its deletion.
            if *kind == Kind::Added {
                continue;
            }
            let there = ses.identity(name).is_some();
            let may_go = self.wanted && kind.may_go() && *of_age_at <= now;
            let has_to_go = may_go && *of_age_at + settling <= now;
            if !there && !may_go {
                wrong.push(format!("SES has lost {name}, which may be in use"));
            }
            if there && has_to_go {
                wrong.push(format!("SES still has {name}, which has no use"));
            }
            let old_enough = self.wanted && *of_age_at + settling <= now;
            figures.deleted += usize::from(!there);
            figures.kept += usize::from(there && old_enough && !kind.may_go());
        }
        (figures, wrong)
    }
}

const PENDING: AxisStatus = AxisStatus::Pending;

impl Kind {
    fn may_go(self) -> bool {
        match self {
            Self::InVain | Self::Added | Self::New => true,
            Self::Verified | Self::OnceVerified | Self::OfAnotherStack | Self::Untagged => false,
        }
    }
}
