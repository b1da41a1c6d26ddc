//! A client's domain, and the only way to change it: a [`Change`] that holds the new state, the
//! line of history and the event together.

mod change;
mod events;
mod hidden_by;
mod mail_refused;
mod ready;
mod ready_call;
mod records_seen;
mod situation;
mod told;
mod waiting;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::diagnosis::{Diagnosis, FormerTokens, Sightings};
use crate::history::Actor;
use crate::identity::SesLook;
use crate::links::Link;
use crate::mail_refusal::MailRefusal;
use crate::names::{ClientId, Community, DisplayName, DomainName, EmailAddress};
use crate::records::{self, Record};
use crate::state::{
    ABANDONED_AFTER, AtRisk, Authenticated, Failed, LONGEST_RUN, Pending, Rejected, State, Status,
    Verified,
};
use crate::watching::watch::Watch;

pub use change::{Change, Fate};
pub use hidden_by::HiddenBy;
pub use ready_call::ReadyCall;
pub use records_seen::RecordsSeen;
pub use situation::Situation;

/// A domain of one client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// The name.
    pub name: DomainName,
    /// The client that added it.
    pub client: ClientId,
    /// The client's name, from the token of the last person of the client who did something.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_name: Option<DisplayName>,
    /// The first of its communities, if one was given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub community: Option<Community>,
    /// The other communities. Empty in items of earlier releases.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub other_communities: Vec<Community>,
    /// The email address of a contact at the client.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contact_email: Option<EmailAddress>,
    /// When it was added.
    pub added_at: Timestamp,
    /// The status of the domain.
    pub state: State,
    /// Since when the domain has this status.
    pub state_since: Timestamp,
    /// The last status that SES returned.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ses: Option<SesLook>,
    /// When its records were last looked up in DNS.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dns_looked_at: Option<Timestamp>,
    /// When a check was last requested.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub checked_at: Option<Timestamp>,
    /// Who requested the check, until a look has answered it. Only then the check is added to the
    /// history, with its result. If the check crashes, the poller's next look answers it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub check_asked_by: Option<Actor>,
    /// When a person last asked for progress: the check intervals begin again from then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hurried_at: Option<Timestamp>,
    /// The client's message that it is ready for the final step.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ready: Option<ReadyCall>,
    /// Lasso support has refused the final step before. From then on a person takes it, never the
    /// service automatically.
    #[serde(skip_serializing_if = "is_default", default)]
    pub was_rejected: bool,
    /// Other clients that have proven this name, or a name above or below it, while only Lasso
    /// support may decide. The client never learns who they are.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub challengers: Vec<Challenger>,
    /// Since when there are challengers. `None` in items of earlier releases.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub challenged_at: Option<Timestamp>,
    /// Tokens of its former identities.
    #[serde(skip_serializing_if = "is_default", default)]
    pub former_tokens: FormerTokens,
    /// Data from earlier looks, so that a single bad look changes nothing.
    #[serde(skip_serializing_if = "is_default", default)]
    pub watch: Watch,
    /// When Lasso support was told that the domain has been in its state for too long.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stuck_at: Option<Timestamp>,
    /// When the client's contact was told that the time for the records ends soon, in the present
    /// period of this state.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub warned_at: Option<Timestamp>,
    /// The digest of the stored DNS look: a look with the same digest is not written again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub look_digest: Option<u64>,
    /// Until when a v1 call that makes SES look again may be running. Such a call creates an
    /// identity if there is none, so the identity is not deleted before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub restarting_until: Option<Timestamp>,
    /// When the service looks at the domain next.
    pub next_check: Timestamp,
    /// Grows by one with every change; a write has a condition on the version that it is based on.
    pub version: u64,
    /// The organizational domain under which its claims are stored, so that a new version of the
    /// public suffix list moves no claim. `None` in items of earlier releases.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organizational: Option<String>,
    /// SES has not verified it since it was added. False if this is unknown: in items of earlier
    /// releases.
    #[serde(skip_serializing_if = "is_default", default)]
    pub never_verified: bool,
    /// When DNS looks last found each record.
    #[serde(skip_serializing_if = "is_default", default)]
    pub sightings: Sightings,
    /// Why the last look could see no record of the domain, if the domain itself was the cause.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hidden_by: Option<HiddenBy>,
    /// The links to its page for people without a login. Expired links stay until the next one is
    /// made or withdrawn.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub links: Vec<Link>,
    /// The latest emails about the domain that were not delivered or were reported as spam, oldest
    /// first, at most [`REMEMBERED`](crate::mail_refusal::REMEMBERED).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub mail_refusals: Vec<MailRefusal>,
    /// Amazon SES's identifier of the latest email with instructions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub latest_letter: Option<String>,
}

/// A client whose proven claim competes with another client's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenger {
    /// The client.
    pub client: ClientId,
    /// The name that it has proven.
    pub name: DomainName,
}

/// The data that a client gives when it adds a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDomain {
    /// The name.
    pub name: DomainName,
    /// The client that adds it.
    pub client: ClientId,
    /// The community that the domain is for.
    pub community: Option<Community>,
    /// The email address of a contact at the client.
    pub contact_email: Option<EmailAddress>,
}

impl Domain {
    /// Its communities, in the order in which they were given.
    pub fn communities(&self) -> impl Iterator<Item = &Community> {
        self.community.iter().chain(&self.other_communities)
    }

    /// Stores the client's name, if the actor's token has one.
    fn learn_client_name(&mut self, actor: &Actor) {
        if let Some(name) = actor.client_name().and_then(DisplayName::of_claim) {
            self.client_name = Some(name);
        }
    }

    /// Replaces its communities. A duplicate counts once.
    pub fn set_communities(&mut self, communities: Vec<Community>) {
        self.community = None;
        self.other_communities.clear();
        for community in communities {
            self.add_community(community);
        }
    }

    /// Adds a community, if it is not there yet.
    pub fn add_community(&mut self, community: Community) {
        if self.community.is_none() {
            self.community = Some(community);
        } else if self.communities().all(|known| *known != community) {
            self.other_communities.push(community);
        }
    }

    /// Whether the client has the domain. Only Lasso support sees a domain that is being removed.
    pub fn is_there(&self) -> bool {
        self.state.status() != Status::Removing
    }

    /// Whether `other`, read later, has not left the state since, and has the same identity. Only
    /// then an answer to an earlier query is still about it.
    pub fn is_same_visit(&self, other: &Self) -> bool {
        let secret = |domain: &Self| match &domain.state {
            State::Contested(contested) => Some(contested.ownership_secret.clone()),
            State::Provisioning(_) | State::Pending(_) | State::Verified(_) => None,
            State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) => None,
            State::Rejected(_) | State::Removing(_) => None,
        };
        self.added_at == other.added_at
            && self.state_since == other.state_since
            && self.state.status() == other.state.status()
            && self.state.identity() == other.state.identity()
            && secret(self) == secret(other)
    }

    /// The organizational domain under which its claims are kept.
    pub fn organizational(&self) -> &str {
        let stored = self.organizational.as_deref();
        stored.unwrap_or_else(|| self.name.organizational())
    }

    /// Stores the organizational domain, if an earlier release did not.
    fn keep_organizational(&mut self) {
        if self.organizational.is_none() {
            self.organizational = Some(self.name.organizational().to_owned());
        }
    }

    /// The first time at which no call that deletes or creates the identity can be running.
    pub(crate) fn after_calls_under_way(&self, now: Timestamp) -> Timestamp {
        let ends = [self.state.deleting_until(), self.state.settles_at()];
        ends.into_iter().flatten().fold(now, Timestamp::max)
    }

    /// Until when a call that creates the identity at SES may be running, if there may be one: the
    /// registration of the domain, or a call that makes SES look for its records again.
    pub(crate) fn may_be_made_until(&self, now: Timestamp) -> Option<Timestamp> {
        let registering = self.state.status() == Status::Provisioning;
        let registering = registering.then(|| now + LONGEST_RUN);
        let until = registering.max(self.restarting_until);
        until.filter(|until| now < *until)
    }

    /// The last status of the domain's identity at SES. `None` if the domain has no identity: the
    /// status that SES returns for the name is then about another owner's identity.
    pub fn ses_of_identity(&self) -> Option<SesLook> {
        self.ses.filter(|_| !self.state.is_without_identity())
    }

    /// When the state ends automatically, if it does.
    pub fn deadline(&self) -> Option<Timestamp> {
        match &self.state {
            State::Failed(_) => Some(self.state_since + ABANDONED_AFTER),
            State::Contested(_) | State::Provisioning(_) | State::Pending(_) => {
                self.state.deadline()
            }
            State::Verified(_) | State::Authenticated(_) | State::AtRisk(_) => None,
            State::Rejected(_) | State::Removing(_) => None,
        }
    }

    /// Stores the result of a DNS look, and which records it found.
    pub fn saw_dns(&mut self, diagnosis: &Diagnosis, now: Timestamp) {
        self.dns_looked_at = Some(now);
        self.sightings = self.sightings.after(diagnosis.states(), now);
        self.hidden_by = HiddenBy::of(diagnosis);
    }

    /// Starts the check intervals again as if the domain had just come into its state, and makes it
    /// due.
    pub fn hurry(&mut self, now: Timestamp) {
        self.hurried_at = Some(now);
        self.next_check = now;
    }

    /// The records to publish. None until SES has returned the tokens; only the ownership record
    /// while the claim is contested.
    pub fn records(&self) -> Vec<Record> {
        match &self.state {
            State::Contested(contested) => {
                vec![records::ownership_record(
                    &self.name,
                    &contested.ownership_secret,
                )]
            }
            State::Provisioning(_) | State::Removing(_) => Vec::new(),
            State::Pending(Pending { identity, .. })
            | State::Verified(Verified { identity })
            | State::Authenticated(Authenticated { identity })
            | State::AtRisk(AtRisk { identity, .. })
            | State::Failed(Failed { identity, .. })
            | State::Rejected(Rejected { identity, .. }) => {
                records::records_of(&self.name, identity)
            }
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
