//! The holder of each name, derived from the changes: what a claim may result in, and what it may
//! not.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::{Change, Domain, Fate};
use domain_auth::history::{Action, Actor, HistoryEntry};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::IdentityOwner;
use domain_auth::state::{State, Status};
use domain_auth_testkit::{is_adopted, owner_of};
use jiff::Timestamp;
use ses_model::Operation;

use super::orphans::Orphans;
use crate::dns::SimDns;
use crate::ses::{self, Deletion};

/// How often claims were contested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Contests {
    /// Claims that were proven and took over the name.
    pub(crate) proven: usize,
    /// Claims that competed with a verified holder, so that Lasso support was asked.
    pub(crate) undecided: usize,
    /// Holders that lost a name to a proof.
    pub(crate) displaced: usize,
    /// Claims that Lasso support released or decided.
    pub(crate) decided: usize,
    /// Identities of others that were adopted.
    pub(crate) adopted: usize,
    /// Identities of others that were unchanged in the end.
    pub(crate) left_alone: usize,
}

/// All domains and registers, derived from the writes.
#[derive(Debug, Default)]
pub(super) struct Holders {
    domains: BTreeMap<(DomainName, ClientId), (Status, Timestamp)>,
    registers: HashMap<String, ClaimRegister>,
    secrets: HashSet<String>,
    /// Names whose identity at SES a domain has had.
    pub(super) had: HashSet<DomainName>,
    /// Names that a client has held, with the client: an identity with its tag is its own.
    held: HashSet<(DomainName, ClientId)>,
    /// Names whose holder is to adopt an identity that others created.
    adopting: HashSet<(DomainName, ClientId)>,
    pub(super) contests: Contests,
}

impl Holders {
    /// Whether one client holds both names.
    pub(super) fn have_the_same_holder(&self, one: &DomainName, other: &DomainName) -> bool {
        let holder = |name| {
            self.registers
                .values()
                .find_map(|register| register.holder(name))
        };
        let holder_of_one = holder(one);
        holder_of_one.is_some() && holder_of_one == holder(other)
    }

    /// Changes were written together. Returns the problems.
    pub(super) fn changed(
        &mut self,
        before: &[Option<Domain>],
        changes: &[&Change],
        dns: &SimDns,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut touched: Vec<&str> = Vec::new();
        for (before, change) in before.iter().zip(changes) {
            let domain = &change.domain;
            let key = (domain.name.clone(), domain.client.clone());
            let status = domain.state.status();
            if has_identity(status) {
                self.had.insert(domain.name.clone());
            }
            if holds(status) {
                self.held.insert(key.clone());
            }
            if change.fate == Fate::Stored && adopts(&domain.state) {
                self.adopting.insert(key.clone());
            } else {
                self.adopting.remove(&key);
            }
            let was = match change.fate {
                Fate::Stored => self.domains.insert(key, (status, domain.next_check)),
                Fate::Deleted => self.domains.remove(&key),
            };
            if let Some(claims) = &change.claims {
                let organizational = claims.organizational.clone();
                self.registers.insert(organizational, claims.clone());
            }
            let organizational = domain.name.organizational();
            let moved = was.map(|(was, _)| was) != Some(status) || change.claims.is_some();
            if moved && !touched.contains(&organizational) {
                touched.push(organizational);
            }
            let secret = self.secret(before.as_ref(), domain);
            let steps = change.history.iter();
            let steps = steps.map(|entry| self.contests.step(before.as_ref(), entry, dns));
            let outcomes = steps.chain([secret]).filter_map(Result::err);
            wrong.extend(outcomes.map(|what| format!("{}: {what}", domain.name)));
        }
        for organizational in touched {
            wrong.extend(self.conflicts(organizational));
        }
        wrong
    }

    /// An identity was deleted at SES. Returns the problem, if there is one.
    pub(super) fn deleted(&self, deletion: &Deletion, orphans: &Orphans) -> Result<(), String> {
        let name = &deletion.name;
        if is_adopted(&deletion.identity) {
            return Err(format!("{name} was deleted at SES, which others made"));
        }
        if !self.is_theirs(name, &owner_of(&deletion.identity)) {
            return orphans.deleted(deletion);
        }
        let domains = self.domains.iter();
        let of_name = domains.filter(|((domain, _), _)| domain == name);
        let statuses: Vec<Status> = of_name.map(|(_, (status, _))| *status).collect();
        if statuses.iter().any(|status| has_identity(*status)) {
            return Err(format!("{name} was deleted at SES, and is {statuses:?}"));
        }
        let goes = |status: &Status| [Status::Removing, Status::Provisioning].contains(status);
        if statuses.iter().any(goes) {
            return Ok(());
        }
        if self.had.contains(name) {
            return Err(format!("{name} was deleted at SES, and was held lately"));
        }
        orphans.deleted(deletion)
    }

    /// An identity was changed at SES. Returns the problem, if there is one.
    pub(super) fn touched(&mut self, change: &ses::Change) -> Result<(), String> {
        let ses::Change {
            operation,
            name,
            owner,
        } = change;
        if self.is_theirs(name, owner) {
            return Ok(());
        }
        let adopted = *operation == Operation::TagResource
            && self.adopting.iter().any(|(adopting, _)| adopting == name);
        if adopted {
            self.contests.adopted += 1;
            return Ok(());
        }
        Err(format!(
            "{} changed {name}, which is not theirs: {owner:?}",
            operation.name()
        ))
    }

    /// Whether the tags of an identity name a client that has held the name.
    pub(super) fn is_theirs(&self, name: &DomainName, owner: &IdentityOwner) -> bool {
        match owner {
            IdentityOwner::Client(client) => {
                let mut held = self.held.iter();
                held.any(|(held, holder)| held == name && holder.as_str() == client)
            }
            IdentityOwner::AnotherStack | IdentityOwner::Untagged => false,
        }
    }

    /// The earliest time at which a domain is due.
    pub(super) fn next_check(&self) -> Option<Timestamp> {
        self.domains
            .values()
            .map(|(_, next_check)| *next_check)
            .min()
    }

    /// A client that has a name holds it, and no other client has it, or a name above or below it.
    /// A name that was proven is an exception: its holder is known to have it.
    fn conflicts(&self, organizational: &str) -> Vec<String> {
        let there: Vec<(&DomainName, &ClientId)> = self
            .domains
            .iter()
            .filter(|((name, _), (status, _))| {
                name.organizational() == organizational && holds(*status)
            })
            .map(|((name, client), _)| (name, client))
            .collect();
        let register = self.registers.get(organizational);
        let claim = |name: &DomainName| register.and_then(|register| register.claim(name));
        let unclaimed = there.iter().filter_map(|(name, client)| {
            let holder = claim(name).map(|claim| &claim.client);
            (holder != Some(client))
                .then(|| format!("{client} has {name}, and {holder:?} holds it"))
        });
        let mut wrong: Vec<String> = unclaimed.collect();
        for (at, (name, client)) in there.iter().enumerate() {
            let others = there.iter().skip(at + 1);
            for (other, other_client) in others.filter(|(_, other)| other != client) {
                let proven = [name, other].into_iter().any(|name| {
                    let claim = claim(name);
                    claim.is_some_and(|claim| claim.proven_at.is_some())
                });
                let related = name.is_below(other) || other.is_below(name);
                if name == other || (related && !proven) {
                    wrong.push(format!("{name} of {client} and {other} of {other_client}"));
                }
            }
        }
        wrong
    }

    /// A client that loses a name, or claims it, gets a new secret.
    fn secret(&mut self, before: Option<&Domain>, domain: &Domain) -> Result<(), String> {
        let Some(secret) = secret_of(domain) else {
            return Ok(());
        };
        let kept = before.and_then(secret_of) == Some(secret);
        if kept || self.secrets.insert(secret.to_owned()) {
            Ok(())
        } else {
            Err("a secret is given out twice".to_owned())
        }
    }
}

impl Contests {
    fn step(
        &mut self,
        before: Option<&Domain>,
        entry: &HistoryEntry,
        dns: &SimDns,
    ) -> Result<(), String> {
        let support = matches!(entry.actor, Actor::LassoSupport { .. });
        match entry.action {
            Action::Displaced => {
                let verified = entry.from.is_some_and(domain_auth::watching::is_watched);
                self.displaced += usize::from(!support && !entry_is_of_ses(entry));
                self.decided += usize::from(support);
                if verified && !support {
                    return Err(format!("a verified holder was displaced: {entry:?}"));
                }
            }
            Action::ProofFound => {
                let Some(claimant) = before else {
                    return Err("a claim that was not there is proven".to_owned());
                };
                let secret = secret_of(claimant);
                let shown = secret.is_some_and(|secret| dns.is_proven(&claimant.name, secret));
                let decided = support && is_proven(claimant);
                if !shown && !decided {
                    return Err(format!("a claim is proven by nothing: {entry:?}"));
                }
                self.decided += usize::from(support);
                self.undecided += usize::from(entry.to == Status::Contested);
                self.proven += usize::from(entry.to != Status::Contested);
            }
            Action::Added | Action::Readded | Action::Provisioned | Action::Verified => {}
            Action::Adopted => self.decided += usize::from(support),
            Action::Failed | Action::Restarted | Action::Completed | Action::Rejected => {}
            Action::Reopened | Action::RecordsBroken | Action::RecordsRecovered => {}
            Action::Removed | Action::Stuck | Action::Ready | Action::InstructionsSent => {}
            Action::Challenged | Action::Unchallenged | Action::Checked | Action::Changed => {}
            Action::EmailRefused | Action::LinkMade | Action::LinkWithdrawn => {}
        }
        Ok(())
    }
}

/// Whether a domain in this state adopts an identity that others created.
fn adopts(state: &State) -> bool {
    match state {
        State::Provisioning(provisioning) => provisioning.may_adopt,
        State::Contested(_) | State::Pending(_) | State::Verified(_) => false,
        State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) => false,
        State::Rejected(_) | State::Removing(_) => false,
    }
}

/// SES already has the name for another owner.
fn entry_is_of_ses(entry: &HistoryEntry) -> bool {
    entry.from == Some(Status::Provisioning) && entry.is_contested_by_ses()
}

fn secret_of(domain: &Domain) -> Option<&str> {
    match &domain.state {
        State::Contested(contested) => Some(&contested.ownership_secret),
        State::Provisioning(_) | State::Pending(_) | State::Verified(_) => None,
        State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) => None,
        State::Rejected(_) | State::Removing(_) => None,
    }
}

fn is_proven(domain: &Domain) -> bool {
    match &domain.state {
        State::Contested(contested) => contested.proven_at.is_some(),
        State::Provisioning(_) | State::Pending(_) | State::Verified(_) => false,
        State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) => false,
        State::Rejected(_) | State::Removing(_) => false,
    }
}

/// Whether SES has an identity of a domain in this state, which must stay.
fn has_identity(status: Status) -> bool {
    match status {
        Status::Contested | Status::Removing | Status::Provisioning => false,
        Status::Pending | Status::Verified | Status::Authenticated => true,
        Status::AtRisk | Status::Failed | Status::Rejected => true,
    }
}

/// Whether a client that has a domain in this state holds its name.
pub(super) fn holds(status: Status) -> bool {
    match status {
        Status::Contested | Status::Removing => false,
        Status::Provisioning | Status::Pending | Status::Verified | Status::Authenticated => true,
        Status::AtRisk | Status::Failed | Status::Rejected => true,
    }
}
