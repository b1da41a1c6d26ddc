//! Responses of the API, with the members that the pages show. The schemas are in
//! `docs/openapi.json`.

use domain_auth::diagnosis::DomainDiagnosis;
use domain_auth::event::MissingPiece;
use domain_auth::identity::SesLook;
use domain_auth::readiness::Readiness;
use domain_auth::state::Status;
use domain_auth_pages::{Provider, Record};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::{place, words};

/// `DomainSummary`: a domain in a list.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Summary {
    /// In A-labels.
    pub(crate) domain: String,
    /// In Unicode.
    pub(crate) domain_unicode: String,
    /// The status of the domain.
    pub(crate) status: Status,
    /// The state in sentences.
    pub(crate) status_detail: String,
    /// Since when.
    pub(crate) status_since: Timestamp,
    /// Its communities.
    pub(crate) communities: Vec<String>,
    /// When its state ends automatically.
    pub(crate) deadline: Option<Timestamp>,
    /// When its client said that it is ready.
    pub(crate) ready_at: Option<Timestamp>,
    /// The next step, if the API returns one in addition to `status_detail`.
    #[serde(default)]
    pub(crate) next_step: Option<NextStep>,
    /// Its client, in lists of Lasso support.
    #[serde(default)]
    pub(crate) client: Option<String>,
    /// Whether the domain imitates another name, in lists of Lasso support.
    #[serde(default)]
    pub(crate) imitates: bool,
    /// Why the domain waits, in lists of Lasso support.
    #[serde(default)]
    pub(crate) waiting: Option<Waiting>,
    /// The client's note with "we are ready", for Lasso support.
    #[serde(default)]
    pub(crate) ready_note: Option<String>,
}

/// `Waiting`: why a domain waits.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Waiting {
    /// Since when.
    pub(crate) since: Timestamp,
    /// The reason, for a person.
    pub(crate) why: String,
}

impl Summary {
    /// The next step.
    pub(crate) fn step(&self) -> StepCode {
        let step = self.next_step.as_ref();
        step.map_or(StepCode::Other, |step| step.code)
    }
}

/// `NextStep`: the next step.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct NextStep {
    /// Its kind.
    #[serde(default)]
    pub(crate) code: StepCode,
    /// For a person.
    pub(crate) sentence: String,
}

/// `NextStepCode`: kinds of next steps. Some are only for the client, some only for Lasso support.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepCode {
    Nothing,
    PublishOwnershipRecord,
    KeepOwnershipRecord,
    WaitForService,
    WaitForSes,
    WaitForLasso,
    WaitForClient,
    PublishRecords,
    PublishRecommendedRecords,
    RepairRecords,
    /// DNS shows no record of the domain: its name, registration or delegation has to be corrected.
    RepairDomain,
    TellLasso,
    Restart,
    AskLasso,
    DecideClaim,
    DecideFinalStep,
    /// A kind that only a later release has.
    #[default]
    #[serde(other)]
    Other,
}

impl StepCode {
    /// Whether there are records to publish.
    pub(crate) fn publishes(self) -> bool {
        match self {
            Self::PublishOwnershipRecord
            | Self::PublishRecords
            | Self::PublishRecommendedRecords
            | Self::RepairRecords
            | Self::Other => true,
            Self::Nothing
            | Self::KeepOwnershipRecord
            | Self::WaitForService
            | Self::WaitForSes
            | Self::WaitForLasso
            | Self::WaitForClient
            | Self::RepairDomain
            | Self::TellLasso
            | Self::Restart
            | Self::AskLasso
            | Self::DecideClaim
            | Self::DecideFinalStep => false,
        }
    }
}

/// `Domain`: one domain with its records; the members for Lasso support are empty for others.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Domain {
    /// The members that lists have, too.
    #[serde(flatten)]
    pub(crate) summary: Summary,
    /// The client's contact.
    pub(crate) contact_email: Option<String>,
    /// The status at SES.
    pub(crate) ses: Option<SesLook>,
    /// When DNS was last looked up.
    pub(crate) dns_looked_at: Option<Timestamp>,
    /// Its DNS provider.
    pub(crate) dns_provider: Option<Provider>,
    /// The records to publish.
    pub(crate) records: Vec<Record>,
    /// Problems of the domain as a whole.
    pub(crate) diagnoses: Vec<DomainDiagnosis>,
    /// What DNS and Amazon SES mean for mail from the domain.
    pub(crate) readiness: Option<Readiness>,
    /// Emails about it that were not delivered or were reported as spam.
    #[serde(default)]
    pub(crate) undelivered: Vec<UndeliveredEmail>,
    /// Its claim, for Lasso support.
    #[serde(default)]
    pub(crate) claim: Option<Claim>,
    /// The last DNS look, for Lasso support.
    #[serde(default)]
    pub(crate) look: Value,
}

/// `UndeliveredEmail`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct UndeliveredEmail {
    /// What happened, and what to do.
    pub(crate) message: String,
    /// The time of the report.
    pub(crate) at: Timestamp,
}

impl UndeliveredEmail {
    /// When, for a person.
    pub(crate) fn when(&self) -> String {
        words::moment(self.at)
    }
}

/// `Claim`: the claim on the name.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Claim {
    /// `held`, `free`, `contested` or `leaving`.
    pub(crate) standing: String,
    /// The client that holds the name.
    pub(crate) holder: Option<String>,
    /// When it was proven.
    pub(crate) proven_at: Option<Timestamp>,
    /// When the client lost the name, if it has not proven it since.
    #[serde(default)]
    pub(crate) lost_at: Option<Timestamp>,
    /// The claims that block it.
    pub(crate) against: Vec<OtherClaim>,
    /// Why the claim needs proof.
    #[serde(default)]
    pub(crate) in_the_way: Vec<Obstacle>,
    /// Clients that have proven the name meanwhile.
    pub(crate) challengers: Vec<OtherClaim>,
}

/// Why a contested claim needs proof.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Obstacle {
    pub(crate) sentence: String,
}

impl Claim {
    /// Other clients' claims, each once.
    pub(crate) fn others(&self) -> Vec<OtherClaim> {
        let mut others: Vec<OtherClaim> = Vec::new();
        for other in self.against.iter().chain(&self.challengers) {
            if !others.contains(other) {
                others.push(other.clone());
            }
        }
        others
    }
}

/// `OtherClaim`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct OtherClaim {
    /// The client.
    pub(crate) client: String,
    /// The claimed domain.
    pub(crate) domain: String,
}

impl OtherClaim {
    /// Its page in the console.
    pub(crate) fn page(&self) -> String {
        let client = place::of_client(&self.client).unwrap_or_default();
        format!("{client}/domains/{}", self.domain)
    }
}

/// A page of a list.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct List<T> {
    /// The entries.
    pub(crate) items: Vec<T>,
    /// The cursor of the next page; `None` in a list without pages.
    #[serde(default)]
    pub(crate) next_cursor: Option<String>,
    /// Identities without a domain, in the queue of Lasso support.
    #[serde(default)]
    pub(crate) reconciliation: Option<Reconciliation>,
}

/// `Reconciliation`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Reconciliation {
    /// The time of the comparison.
    pub(crate) checked_at: Timestamp,
    /// How many identities at SES have no domain.
    pub(crate) orphans: usize,
    /// How many domains have no identity at SES.
    pub(crate) missing: usize,
    /// The first hundred of the identities at SES without a domain.
    pub(crate) orphan_identities: Vec<Orphan>,
    /// The first hundred of the domains without an identity at SES.
    pub(crate) missing_identities: Vec<OtherClaim>,
}

/// `OrphanIdentity`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Orphan {
    /// Its name.
    pub(crate) identity: String,
    /// Whether SES has verified it.
    pub(crate) verified: bool,
    /// Whether this stack created it.
    pub(crate) made_by_this_stack: bool,
    /// The client in its tags.
    pub(crate) tagged_client: Option<String>,
}

/// `HistoryEntry`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Entry {
    /// The time of the entry.
    pub(crate) at: Timestamp,
    /// The person or service that acted.
    pub(crate) actor: Actor,
    /// What, in a sentence.
    pub(crate) sentence: String,
    /// From which state.
    pub(crate) from: Option<Status>,
    /// To which.
    pub(crate) to: Status,
    /// The observations.
    pub(crate) evidence: Value,
}

/// `Actor`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Actor {
    /// `client_admin`, `lasso_support`, `link_holder` or `service`.
    pub(crate) kind: String,
    /// The identifier of the person.
    pub(crate) subject: Option<String>,
}

/// `Notified`: the response to "we are ready".
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Notified {
    /// Whether and when Lasso support was told.
    pub(crate) sentence: String,
    /// What is still missing.
    pub(crate) missing: Vec<MissingPiece>,
}

/// A domain that was added, or that the client already has (`DomainAgain`).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Added {
    /// In A-labels.
    pub(crate) domain: String,
    /// In Unicode.
    pub(crate) domain_unicode: String,
    /// The community that was added to a domain that the client already has.
    #[serde(default, rename = "community_added")]
    pub(crate) further_community: Option<String>,
    /// The contact that was not stored, because the client already has the domain.
    #[serde(default)]
    pub(crate) contact_email_not_taken: Option<String>,
}

impl Added {
    /// What has happened to a domain that the client already has.
    pub(crate) fn again(&self) -> String {
        let name = &self.domain_unicode;
        let added = match &self.further_community {
            Some(community) => format!("{community} was added to {name}, which you already have."),
            None => format!("You already have {name}."),
        };
        match &self.contact_email_not_taken {
            Some(contact) => format!(
                "{added} Its contact is still the same: {contact} was not stored. You can change the contact on the \
                 page of the domain, under “Communities and contact”."
            ),
            None => added,
        }
    }
}

/// `Link`: a hand-off link.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Link {
    /// Its identifier.
    pub(crate) id: String,
    /// When it was made.
    pub(crate) made_at: Timestamp,
    /// When it ends.
    pub(crate) ends_at: Timestamp,
}

/// `MadeLink`: a hand-off link, with its address.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct MadeLink {
    /// The address that a person opens.
    pub(crate) url: String,
    /// When it ends.
    pub(crate) ends_at: Timestamp,
}
