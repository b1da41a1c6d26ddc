//! A domain as Lasso support sees it: the client's view, and the client.

use domain_auth::claims::{ClaimRegister, Standing};
use domain_auth::dns::DnsLook;
use domain_auth::domain::{Domain, Situation};
use domain_auth::event::staff_path;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::Page;
use domain_auth::readiness::Verdict;
use domain_auth::reconciliation::{Missing, Orphan, Reconciliation};
use domain_auth::state::{State, Status};
use jiff::Timestamp;
use serde::Serialize;

use crate::cursor::{Cursors, List};
use crate::next_step::{Asker, next_step};
use crate::obstacle_view::{ObstacleView, obstacles};
use crate::time::in_millis;
use crate::view::{DomainSummaryView, DomainView};
use crate::waiting_view::{MissingCountView, WaitingView};

/// One domain, with everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "StaffDomain")
)]
pub struct StaffDomainView {
    /// The client that the domain belongs to.
    pub client: String,
    /// The client's claim to the name.
    pub claim: ClaimView,
    /// Whether a label of the name mixes scripts, as names that imitate other names do.
    pub imitates: bool,
    /// The last note of the client, or of Lasso support on its behalf, in this state, such as with "we are
    /// ready". Plain text: a page has to escape it.
    pub ready_note: Option<String>,
    /// Why the domain waits, since when, and for whom.
    pub waiting: WaitingView,
    /// How many pieces are missing.
    pub missing: MissingCountView,
    /// The domain as the client sees it.
    #[serde(flatten)]
    pub domain: DomainView,
    /// The answers of the last look at DNS.
    pub look: Option<DnsLook>,
}

/// The claim of a client to a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Claim")
)]
pub struct ClaimView {
    /// `held`; `contested`; `leaving`, while the domain is being removed, and its claim with it; or `free`,
    /// if the claim is lost but the domain's state does not show it yet.
    #[cfg_attr(feature = "openapi", schemars(extend("enum" = ["held", "free", "contested", "leaving"])))]
    pub standing: &'static str,
    /// The client that holds the name.
    pub holder: Option<String>,
    /// When the claim was proven. If it is contested, Lasso support has had to decide since then.
    #[serde(serialize_with = "in_millis")]
    pub proven_at: Option<Timestamp>,
    /// When the client lost the name. Until the client proves it again, there is no claim to end.
    #[serde(serialize_with = "in_millis")]
    pub lost_at: Option<Timestamp>,
    /// Clients whose claims stand in the way of this one.
    pub against: Vec<OtherClaimView>,
    /// Why a contested claim needs proof, and until when: those claims, and what else there is. Empty if
    /// the claim is not contested, and if nothing stands in its way any more.
    pub in_the_way: Vec<ObstacleView>,
    /// Clients that have proven this name, or one above or below it, and wait for a decision.
    pub challengers: Vec<OtherClaimView>,
}

/// A claim of another client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "OtherClaim")
)]
pub struct OtherClaimView {
    /// The client.
    pub client: String,
    /// The name.
    pub domain: String,
}

impl OtherClaimView {
    fn new(client: &ClientId, name: &DomainName) -> Self {
        Self {
            client: client.to_string(),
            domain: name.to_string(),
        }
    }
}

/// One domain in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "StaffDomainSummary")
)]
pub struct StaffSummaryView {
    /// The client that the domain belongs to.
    pub client: String,
    /// The email address of a contact at the client.
    pub contact_email: Option<String>,
    /// Whether a label of the name mixes scripts, as names that imitate other names do.
    pub imitates: bool,
    /// The last note of the client, or of Lasso support on its behalf, in this state, such as with "we are
    /// ready". Plain text: a page has to escape it.
    pub ready_note: Option<String>,
    /// Why the domain waits, since when, and for whom.
    pub waiting: WaitingView,
    /// How many pieces are missing.
    pub missing: MissingCountView,
    /// What recipients and mailbox providers will see; `null` before the first look at DNS.
    pub readiness: Option<ReadinessSummaryView>,
    /// The claims on the name, if it is contested or another client has proven it.
    pub claim: Option<ClaimView>,
    /// The domain as the client sees it in a list.
    #[serde(flatten)]
    pub domain: DomainSummaryView,
}

/// What recipients and mailbox providers will see, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "ReadinessSummary")
)]
pub struct ReadinessSummaryView {
    /// Whether Amazon SES has verified the domain.
    pub ses_verified: Verdict,
    /// Whether recipients can see "via amazonses.com".
    pub shows_via: Verdict,
    /// Whether all rules for bulk senders are met.
    pub bulk_ready: Verdict,
}

/// A page of the queue, or of another list of Lasso support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "StaffDomainList")
)]
pub struct StaffListView {
    /// The domains. In the queue, the domain that has waited longest comes first.
    pub items: Vec<StaffSummaryView>,
    /// The cursor of the next page; `null` on the last page.
    pub next_cursor: Option<String>,
    /// On the first page of the queue: the result of the last comparison of all domains with Amazon SES's
    /// list of identities; `null` before the first comparison.
    pub reconciliation: Option<ReconciliationView>,
}

/// The differences between the identities at Amazon SES and the domains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Reconciliation")
)]
pub struct ReconciliationView {
    /// When they were compared.
    #[serde(serialize_with = "in_millis")]
    pub checked_at: Timestamp,
    /// The number of identities that no domain holds.
    pub orphans: usize,
    /// The number of domains that should have an identity but have none.
    pub missing: usize,
    /// The first hundred of the identities that no domain holds.
    pub orphan_identities: Vec<OrphanView>,
    /// The first hundred of the domains without an identity.
    pub missing_identities: Vec<MissingView>,
}

/// An identity at Amazon SES that no domain holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "OrphanIdentity")
)]
pub struct OrphanView {
    /// The identity.
    pub identity: String,
    /// Whether Amazon SES has verified it.
    pub verified: bool,
    /// Whether its tags say that this stack made it.
    pub made_by_this_stack: bool,
    /// The client that its tags name.
    pub tagged_client: Option<String>,
    /// When it was first seen without a holder.
    #[serde(serialize_with = "in_millis")]
    pub first_seen: Timestamp,
}

/// A domain without an identity at Amazon SES.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "MissingIdentity")
)]
pub struct MissingView {
    /// The client that has the domain.
    pub client: String,
    /// The domain.
    pub domain: String,
}

impl From<Reconciliation> for ReconciliationView {
    fn from(seen: Reconciliation) -> Self {
        let orphan = |orphan: Orphan| OrphanView {
            identity: orphan.identity.to_string(),
            verified: orphan.verified,
            made_by_this_stack: orphan.ours,
            tagged_client: orphan.tagged_client,
            first_seen: orphan.first_seen,
        };
        let missing = |missing: Missing| MissingView {
            client: missing.client,
            domain: missing.domain.to_string(),
        };
        Self {
            checked_at: seen.checked_at,
            orphans: seen.orphans,
            missing: seen.missing,
            orphan_identities: seen.orphan_identities.into_iter().map(orphan).collect(),
            missing_identities: seen.missing_identities.into_iter().map(missing).collect(),
        }
    }
}

impl StaffDomainView {
    /// The domain with its claim and what the last look at its DNS has shown.
    pub fn new(
        domain: &Domain,
        look: Option<DnsLook>,
        claims: &ClaimRegister,
        now: Timestamp,
    ) -> Self {
        let claim = ClaimView::new(domain, claims, now);
        Self {
            client: domain.client.to_string(),
            imitates: domain.name.mixes_scripts(),
            ready_note: ready_note(domain),
            waiting: WaitingView::of(domain).because_of(&claim.in_the_way),
            claim,
            missing: MissingCountView::of(domain, look.as_ref()),
            domain: DomainView {
                summary: summary(domain),
                ..DomainView::new(domain, look.as_ref())
            },
            look,
        }
    }
}

fn ready_note(domain: &Domain) -> Option<String> {
    let call = domain.ready_call()?;
    call.note.clone()
}

impl ClaimView {
    /// The claim of a domain's client to the domain's name.
    pub fn new(domain: &Domain, claims: &ClaimRegister, now: Timestamp) -> Self {
        let standing = match (
            domain.state.status(),
            claims.standing(&domain.name, &domain.client, now),
        ) {
            (Status::Removing, _) => "leaving",
            (Status::Contested, _) | (_, Standing::Contested) => "contested",
            (_, Standing::Held) => "held",
            (_, Standing::Free) => "free",
        };
        let proven_at = match &domain.state {
            State::Contested(contested) => contested.proven_at,
            State::Provisioning(_) | State::Pending(_) | State::Verified(_) => {
                proven_at_of(domain, claims)
            }
            State::Authenticated(_) | State::AtRisk(_) => proven_at_of(domain, claims),
            State::Failed(_) | State::Rejected(_) => proven_at_of(domain, claims),
            State::Removing(_) => None,
        };
        let contested = domain.state.status() == Status::Contested;
        let against = claims
            .in_the_way(&domain.name, &domain.client)
            .filter(|_| contested)
            .map(|(name, client)| OtherClaimView::new(client, name));
        let challengers = domain.challengers.iter();
        let challengers = challengers.map(|other| OtherClaimView::new(&other.client, &other.name));
        let displacement = domain.state.displacement();
        let lost = displacement.filter(|_| Situation::of(domain).lost);
        Self {
            standing,
            holder: claims.holder(&domain.name).map(ToString::to_string),
            proven_at,
            lost_at: lost.map(|displacement| displacement.at),
            against: against.collect(),
            in_the_way: obstacles(domain, claims, now),
            challengers: challengers.collect(),
        }
    }
}

impl StaffSummaryView {
    /// The domain with what the last look at its DNS has shown, and with the claims on its name if they
    /// matter.
    pub fn new(domain: &Domain, look: Option<&DnsLook>, claim: Option<ClaimView>) -> Self {
        let readiness = DomainView::new(domain, look).readiness;
        let in_the_way = claim.as_ref().map_or(&[][..], |claim| &claim.in_the_way);
        Self {
            client: domain.client.to_string(),
            contact_email: domain.contact_email.clone().map(String::from),
            imitates: domain.name.mixes_scripts(),
            ready_note: ready_note(domain),
            waiting: WaitingView::of(domain).because_of(in_the_way),
            missing: MissingCountView::of(domain, look),
            readiness: readiness.map(|readiness| ReadinessSummaryView {
                ses_verified: readiness.ses_verified,
                shows_via: readiness.shows_via,
                bulk_ready: readiness.bulk_ready,
            }),
            claim,
            domain: summary(domain),
        }
    }
}

impl StaffListView {
    /// A page of this list.
    pub fn new(
        page: Page<StaffSummaryView>,
        reconciliation: Option<Reconciliation>,
        cursors: &Cursors,
        list: List<'_>,
    ) -> Self {
        let next = page.next.as_ref();
        Self {
            next_cursor: next.map(|start| cursors.cursor_of(list, start)),
            reconciliation: reconciliation.map(ReconciliationView::from),
            items: page.items,
        }
    }
}

/// When the client proved the name that it holds, if it did.
fn proven_at_of(domain: &Domain, claims: &ClaimRegister) -> Option<Timestamp> {
    let claim = claims.claim(&domain.name)?;
    claim.proven_at.filter(|_| claim.client == domain.client)
}

/// What a list shows of a domain, with the path that Lasso support takes to it.
fn summary(domain: &Domain) -> DomainSummaryView {
    DomainSummaryView {
        path: staff_path(&domain.client, &domain.name),
        next_step: next_step(domain, Asker::Support),
        ..DomainSummaryView::from(domain)
    }
}
