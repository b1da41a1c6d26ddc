//! The proof of a contested claim, and what follows from it: a holder that SES has not verified loses
//! the name at once; about one that it has verified, Lasso support decides.

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::claims::ClaimRegister;
use crate::dns::{Data, DnsLook, Outcome, RecordType};
use crate::domain::{Challenger, Change, Domain};
use crate::event::{EventType, Severity};
use crate::evidence;
use crate::history::{Action, Actor, INTERNAL};
use crate::names::{ClientId, DomainName, Note};
use crate::ports::{Clock, CommitChanges, CommitError, Ids, ReadClaims, ReadDomains, StoreError};
use crate::records;
use crate::state::{DisplacedBy, State, Status, Trigger};

/// How often a takeover is tried again when others change the same claims.
const ATTEMPTS: usize = 4;
/// The most holders that one transaction displaces: DynamoDB takes 100 items, and each is three.
const DISPLACED_AT_ONCE: usize = 25;
/// The most holders that are told of a claim which Lasso support decides.
const TOLD: usize = 10;
/// The most challengers that a domain remembers: its item has to stay small, however many clients prove
/// names around it. Of further ones Lasso support learns by their own claims.
const MAX_CHALLENGERS: usize = 50;
/// Holders that are read at the same time.
const READS_AT_ONCE: usize = 8;

/// On what ground a claim is taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    /// The ownership record was seen; with what was seen.
    Proof(Value),
    /// Lasso support has decided about a claim that is proven.
    Decision(Decision),
}

/// What Lasso support decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Who decided.
    pub actor: Actor,
    /// Why; shown to whoever loses a name by it.
    pub reason: Note,
    /// Whether a holder that Lasso sends for may lose its name by it.
    pub confirmed: bool,
}

impl Ground {
    fn actor(&self) -> Actor {
        match self {
            Self::Proof(_) => Actor::Service,
            Self::Decision(decision) => decision.actor.clone(),
        }
    }

    /// Why a holder loses its name to the claimant.
    fn why(&self) -> DisplacedBy {
        match self {
            Self::Proof(_) => DisplacedBy::ProvenByAnotherClient,
            Self::Decision(decision) => DisplacedBy::ReleasedByLassoSupport {
                reason: decision.reason.as_str().to_owned(),
            },
        }
    }

    /// Whether it may end sending for a domain in this state.
    fn may_take(&self, status: Status) -> bool {
        match self {
            Self::Proof(_) => !status.sends(),
            Self::Decision(decision) => decision.confirmed || !status.sends(),
        }
    }
}

/// What a look at the DNS of a contested domain proves: the ownership record of this very claim, at
/// every authoritative server that answered, and at one at least. What the recursive resolver says
/// is no proof, and neither is a record behind an alias.
pub fn proof(domain: &Domain, look: Option<&DnsLook>) -> Option<Value> {
    let State::Contested(contested) = &domain.state else {
        return None;
    };
    let record = records::ownership_record(&domain.name, &contested.ownership_secret);
    let value = record.data.value();
    let own = |observation: &&crate::dns::Observation| {
        let question = &observation.question;
        question.name == record.name && question.record_type == RecordType::Txt
    };
    let observation = look?.observations.iter().find(own)?;
    let answers = observation.authoritative.iter();
    let answers = answers.filter(|answer| answer.outcome.is_answer());
    let shown: Vec<bool> = answers
        .clone()
        .map(|answer| shows(&answer.outcome, &value))
        .collect();
    let proven = !shown.is_empty() && shown.iter().all(|shown| *shown);
    let servers: Vec<&str> = answers.map(|answer| answer.server.host.as_str()).collect();
    proven.then(|| json!({ "record": record.name, "servers": servers }))
}

fn shows(outcome: &Outcome, value: &str) -> bool {
    match outcome {
        Outcome::Found { data, .. } => data
            .iter()
            .any(|data| matches!(data, Data::Txt { text } if text == value)),
        Outcome::Alias { .. } | Outcome::NoData { .. } | Outcome::NoSuchName { .. } => false,
        Outcome::Failed { .. } | Outcome::TimedOut | Outcome::NotAsked => false,
    }
}

/// What stands in the way of a proven claim.
#[derive(Debug, Default)]
struct InTheWay {
    /// Names whose holders lose them: SES has not verified these domains.
    unverified: Vec<(DomainName, Option<Domain>)>,
    /// Domains that SES has verified.
    verified: Vec<Domain>,
    /// Domains above and below that stay beside the claim, by the decision of Lasso support.
    beside: Vec<Domain>,
    /// A domain is being removed, or its identity replaced.
    busy: bool,
    /// Lasso sends for the holder that Lasso support decided against, and that was not confirmed.
    unconfirmed: bool,
}

/// Takes over the name of `claimant`, which is contested and proven, or writes that Lasso support has
/// to decide, or that it has to wait. What is given back is the change of the claimant, written.
pub async fn take_over<S>(
    store: &S,
    clock: &impl Clock,
    ids: &impl Ids,
    claimant: &Domain,
    look: Option<&DnsLook>,
    ground: &Ground,
) -> Result<Change, CommitError>
where
    S: ReadDomains + ReadClaims + CommitChanges,
{
    let mut attempt = 0;
    loop {
        let claims = store.claims(claimant.name.organizational()).await?;
        let now = clock.now();
        let mut in_the_way = read_in_the_way(store, &claims, claimant, ground, now).await?;
        if in_the_way.unconfirmed {
            // It was switched on since the caller looked, who looks again.
            return Err(CommitError::Conflict);
        }
        let later = in_the_way.unverified.len() > DISPLACED_AT_ONCE;
        in_the_way.unverified.truncate(DISPLACED_AT_ONCE);
        let mut changes = if !in_the_way.verified.is_empty() {
            undecided(claimant, &in_the_way.verified, ground, now, ids)
        } else if in_the_way.busy {
            let mut change = claimant.looked_at(|_| {}, now);
            change.domain.next_check = now;
            vec![change]
        } else {
            taken(claimant, claims, &in_the_way, later, ground, now, ids)?
        };
        if !later && let Some(change) = changes.first_mut() {
            seen(change, look, now);
            change.answer_check(claimant, || evidence::of_look(None, look), now);
        }
        let written: Vec<&Change> = changes.iter().collect();
        match store.commit_all(&written).await {
            // There are more of them, and then the claimant.
            Ok(()) if later && in_the_way.verified.is_empty() && !in_the_way.busy => {}
            Ok(()) => return changes.into_iter().next().ok_or(CommitError::Conflict),
            Err(CommitError::Conflict) if attempt < ATTEMPTS => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

fn seen(change: &mut Change, look: Option<&DnsLook>, now: Timestamp) {
    // A claim that is taken over shows other records from now on.
    if let (Some(look), Status::Contested) = (look, change.domain.state.status()) {
        change.domain.dns_looked_at = Some(now);
        change.look = Some(look.clone().bounded());
    }
}

/// Reads the holders that stand in the way, and judges each by the state of its domain.
async fn read_in_the_way<S: ReadDomains>(
    store: &S,
    claims: &ClaimRegister,
    claimant: &Domain,
    ground: &Ground,
    now: Timestamp,
) -> Result<InTheWay, StoreError> {
    let holders = claims.in_the_way(&claimant.name, &claimant.client);
    let holders: Vec<(DomainName, ClientId)> = holders
        .map(|(name, claim)| (name.clone(), claim.client.clone()))
        .collect();
    let mut read = stream::iter(holders)
        .map(|(name, client)| async move {
            let domain = store.domain(&client, &name).await?;
            Ok::<_, StoreError>((name, domain))
        })
        .buffered(READS_AT_ONCE);
    let mut in_the_way = InTheWay::default();
    while let Some((name, domain)) = read.try_next().await? {
        let Some(domain) = domain else {
            in_the_way.unverified.push((name, None));
            continue;
        };
        let deleting = domain.state.deleting_until();
        if !domain.is_there() || deleting.is_some_and(|until| now < until) {
            in_the_way.busy = true;
        } else if !is_verified(domain.state.status()) {
            let holds = domain.state.status() != Status::Contested;
            in_the_way.unverified.push((name, holds.then_some(domain)));
        } else if matches!(ground, Ground::Proof(_)) {
            in_the_way.verified.push(domain);
        } else if domain.name == claimant.name {
            // Lasso support has decided against it.
            in_the_way.unconfirmed |= !ground.may_take(domain.state.status());
            in_the_way.unverified.push((name, Some(domain)));
        } else {
            in_the_way.beside.push(domain);
        }
    }
    Ok(in_the_way)
}

/// Whether SES has verified a domain, so that only Lasso support takes it from its holder.
fn is_verified(status: Status) -> bool {
    match status {
        Status::Verified | Status::Authenticated | Status::AtRisk | Status::Rejected => true,
        Status::Provisioning | Status::Pending | Status::Failed => false,
        Status::Contested | Status::Removing => false,
    }
}

/// The claimant takes the name, and whoever stood in the way loses theirs: the claimant's change
/// first. With `later`, they lose it, and the claimant has to wait for the rest of them.
fn taken(
    claimant: &Domain,
    claims: ClaimRegister,
    in_the_way: &InTheWay,
    later: bool,
    ground: &Ground,
    now: Timestamp,
    ids: &impl Ids,
) -> Result<Vec<Change>, CommitError> {
    let lost: Vec<DomainName> = in_the_way
        .unverified
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    let actor = ground.actor();
    let holders = in_the_way.unverified.iter();
    let displaced = holders
        .filter_map(|(_, domain)| domain.as_ref())
        .map(|holder| {
            let by = Some(claimant);
            displaced(holder, by, ground.why(), actor.clone(), now, ids)
        });
    let mut changes: Vec<Change> = displaced.collect::<Result<_, _>>()?;
    if later {
        let register = Some(claims.lost(&lost, now));
        match changes.first_mut() {
            Some(first) => first.claims = register,
            None => return Err(CommitError::Conflict),
        }
        return Ok(changes);
    }
    let evidence = match ground {
        Ground::Proof(evidence) => evidence.clone(),
        Ground::Decision(decision) => json!({
            "reason": "decided_by_lasso_support",
            INTERNAL: { "explanation": decision.reason.as_str() },
        }),
    };
    let last_holder = claims.last_holder(&claimant.name);
    let displaced = last_holder.filter(|holder| **holder != claimant.client);
    let proof_found = Trigger::ProofFound {
        displaced: displaced.cloned(),
    };
    let mut change = claimant
        .transition(proof_found, actor, Some(evidence), now, ids)
        .map_err(|_| CommitError::Conflict)?;
    change.claims = Some(claims.proven(&claimant.name, &claimant.client, &lost, now));
    changes.insert(0, change);
    let beside = in_the_way.beside.iter();
    changes.extend(beside.filter_map(|holder| unchallenged(holder, claimant)));
    Ok(changes)
}

/// Holders against whom a proven claim stood that ends now: nothing is left to decide about them.
pub(super) async fn unchallenged_by<S: ReadDomains>(
    store: &S,
    claims: &ClaimRegister,
    claimant: &Domain,
) -> Result<Vec<Change>, StoreError> {
    let mut changes = Vec::new();
    if claimant.state.is_proven_claim() {
        for (name, claim) in claims.in_the_way(&claimant.name, &claimant.client) {
            let holder = store.domain(&claim.client, name).await?;
            changes.extend(holder.and_then(|holder| unchallenged(&holder, claimant)));
        }
    }
    Ok(changes)
}

fn unchallenged(holder: &Domain, claimant: &Domain) -> Option<Change> {
    let others = |challenger: &Challenger| {
        challenger.client != claimant.client || challenger.name != claimant.name
    };
    let challenged = !holder.challengers.iter().all(others);
    challenged.then(|| holder.updated(|holder| holder.challengers.retain(others)))
}

/// A holder loses its name, to a claimant or to nobody. Where the claimant does not take exactly this
/// name, its identity is left at SES. The claimant is for Lasso support alone to know.
pub(super) fn displaced(
    holder: &Domain,
    by: Option<&Domain>,
    why: DisplacedBy,
    actor: Actor,
    now: Timestamp,
    ids: &impl Ids,
) -> Result<Change, CommitError> {
    let leftover_identity = by.is_none_or(|claimant| claimant.name != holder.name);
    let mut evidence = evidence::of_displacement(&why);
    if let Some(claimant) = by {
        evidence[INTERNAL] = json!({ "client": claimant.client, "name": claimant.name });
    }
    let trigger = Trigger::Displaced {
        ownership_secret: ids.secret(),
        why,
    };
    let mut change = holder
        .transition(trigger, actor, Some(evidence), now, ids)
        // Only what is neither contested nor being removed was read as a holder.
        .map_err(|_| CommitError::Conflict)?;
    if let State::Contested(contested) = &mut change.domain.state {
        contested.leftover_identity = leftover_identity;
    }
    Ok(change)
}

/// Nothing moves: Lasso support is told, once, with both clients named; and so are the holders,
/// without the name of the claimant.
fn undecided(
    claimant: &Domain,
    holders: &[Domain],
    ground: &Ground,
    now: Timestamp,
    ids: &impl Ids,
) -> Vec<Change> {
    let challenger = Challenger {
        client: claimant.client.clone(),
        name: claimant.name.clone(),
    };
    let untold: Vec<&Domain> = holders
        .iter()
        .filter(|holder| holder.challengers.len() < MAX_CHALLENGERS)
        .filter(|holder| !holder.challengers.contains(&challenger))
        .take(TOLD)
        .collect();
    let known = match &claimant.state {
        State::Contested(contested) => contested.proven_at.is_some(),
        State::Provisioning(_) | State::Pending(_) | State::Verified(_) => true,
        State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) => true,
        State::Rejected(_) | State::Removing(_) => true,
    };
    if known && untold.is_empty() {
        return vec![claimant.looked_at(|_| {}, now)];
    }
    let named: Vec<String> = holders
        .iter()
        .take(TOLD)
        .map(|holder| {
            format!(
                "{} ({}, {})",
                holder.client,
                holder.name,
                holder.state.status()
            )
        })
        .collect();
    let mut evidence = match ground {
        Ground::Proof(evidence) => evidence.clone(),
        Ground::Decision(_) => json!({}),
    };
    evidence[INTERNAL] = json!({ "holders": named });
    let mut change = claimant.noted(
        |domain| {
            if let State::Contested(contested) = &mut domain.state {
                contested.proven_at.get_or_insert(now);
            }
        },
        (Action::ProofFound, EventType::Contested),
        Actor::Service,
        Some(evidence),
        now,
        ids,
    );
    change.domain.next_check = claimant.looked_at(|_| {}, now).domain.next_check;
    if let Some(event) = &mut change.event {
        event.severity = Severity::Action;
        event.summary = format!(
            "{} has proven {}, which is held by {}.",
            claimant.client,
            claimant.name,
            named.join(", ")
        );
        event.wanted = Some(
            "Decide who has the domain: release the claim of the other, or grant the claimant's."
                .to_owned(),
        );
    }
    let told = untold.into_iter().map(|holder| {
        let mut change = holder.noted(
            |holder| holder.challengers.push(challenger.clone()),
            (Action::Challenged, EventType::Contested),
            Actor::Service,
            Some(json!({ INTERNAL: { "challenger": challenger } })),
            now,
            ids,
        );
        if let Some(event) = &mut change.event {
            "Somebody else has proven this domain, or one above or below it; Lasso support decides. \
             Nothing has changed so far."
                .clone_into(&mut event.summary);
        }
        change
    });
    [change].into_iter().chain(told).collect()
}
