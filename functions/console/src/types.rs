//! What the API answers, as far as a page shows it. The schemas are in `docs/openapi.json`.

use domain_auth::diagnosis::DomainDiagnosis;
use domain_auth::event::MissingPiece;
use domain_auth::identity::SesLook;
use domain_auth::readiness::Readiness;
use domain_auth::state::Status;
use domain_auth_pages::{Provider, Record};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::words;

/// `DomainSummary`: a domain in a list.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Summary {
    /// In A-labels.
    pub(crate) domain: String,
    /// As a person reads it.
    pub(crate) domain_unicode: String,
    /// Where it stands.
    pub(crate) status: Status,
    /// The same in sentences.
    pub(crate) status_detail: String,
    /// Since when.
    pub(crate) status_since: Timestamp,
    /// The communities that it is for.
    pub(crate) communities: Vec<String>,
    /// When its state ends by itself.
    pub(crate) deadline: Option<Timestamp>,
    /// When its client said that it is ready.
    pub(crate) ready_at: Option<Timestamp>,
    /// What to do now, where the API says it apart from `status_detail`.
    #[serde(default)]
    pub(crate) next_step: Option<NextStep>,
    /// Whose it is, in lists of Lasso support.
    #[serde(default)]
    pub(crate) client: Option<String>,
    /// Whether it imitates another name, in lists of Lasso support.
    #[serde(default)]
    pub(crate) imitates: bool,
    /// Why it waits, in lists of Lasso support.
    #[serde(default)]
    pub(crate) waiting: Option<Waiting>,
    /// The note with "we are ready", for Lasso support.
    #[serde(default)]
    pub(crate) ready_note: Option<String>,
}

/// `Waiting`: what a domain waits for.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Waiting {
    /// Since when.
    pub(crate) since: Timestamp,
    /// For a person.
    pub(crate) why: String,
}

impl Summary {
    /// What to do now.
    pub(crate) fn step(&self) -> StepCode {
        let step = self.next_step.as_ref();
        step.map_or(StepCode::Other, |step| step.code)
    }
}

/// `NextStep`: what to do now.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct NextStep {
    /// Its kind.
    #[serde(default)]
    pub(crate) code: StepCode,
    /// For a person.
    pub(crate) sentence: String,
}

/// `NextStepCode`: kinds of next steps. Some are for the client alone, some for Lasso support.
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
    /// DNS shows no record of the domain: its name, registration or delegation is to be corrected.
    RepairDomain,
    TellLasso,
    Restart,
    AskLasso,
    DecideClaim,
    DecideFinalStep,
    /// One that only a later release knows.
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

/// `Domain`: one domain with its records; what Lasso support alone sees is empty for others.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Domain {
    /// What a list has.
    #[serde(flatten)]
    pub(crate) summary: Summary,
    /// Who looks after it.
    pub(crate) contact_email: Option<String>,
    /// What SES says.
    pub(crate) ses: Option<SesLook>,
    /// When DNS was looked up.
    pub(crate) dns_looked_at: Option<Timestamp>,
    /// The provider of its DNS.
    pub(crate) dns_provider: Option<Provider>,
    /// What to publish.
    pub(crate) records: Vec<Record>,
    /// What is wrong with the domain as a whole.
    pub(crate) diagnoses: Vec<DomainDiagnosis>,
    /// What it all means.
    pub(crate) readiness: Option<Readiness>,
    /// Emails about it that did not reach their reader.
    #[serde(default)]
    pub(crate) undelivered: Vec<UndeliveredEmail>,
    /// Its claim, for Lasso support.
    #[serde(default)]
    pub(crate) claim: Option<Claim>,
    /// What the last look saw, for Lasso support.
    #[serde(default)]
    pub(crate) look: Value,
}

/// `UndeliveredEmail`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct UndeliveredEmail {
    /// What happened, and what to do.
    pub(crate) message: String,
    /// When.
    pub(crate) at: Timestamp,
}

impl UndeliveredEmail {
    /// When, for a person.
    pub(crate) fn when(&self) -> String {
        words::moment(self.at)
    }
}

/// `Claim`: whose the name is.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Claim {
    /// `held`, `free`, `contested` or `leaving`.
    pub(crate) standing: String,
    /// Whose it is.
    pub(crate) holder: Option<String>,
    /// Since when it is proven.
    pub(crate) proven_at: Option<Timestamp>,
    /// The claims in the way.
    pub(crate) against: Vec<OtherClaim>,
    /// Why it needs proof.
    #[serde(default)]
    pub(crate) in_the_way: Vec<Obstacle>,
    /// Who has proven the name meanwhile.
    pub(crate) challengers: Vec<OtherClaim>,
}

/// Why a contested claim needs proof.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Obstacle {
    pub(crate) sentence: String,
}

impl Claim {
    /// The claims of others, each once.
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
    /// Whose.
    pub(crate) client: String,
    /// On what.
    pub(crate) domain: String,
}

impl OtherClaim {
    /// Its page in the console.
    pub(crate) fn page(&self) -> String {
        let client = words::path_part(&self.client);
        format!("/staff/clients/{client}/domains/{}", self.domain)
    }
}

/// A page of a list.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct List<T> {
    /// The entries.
    pub(crate) items: Vec<T>,
    /// Where the next page starts; none in a list without pages.
    #[serde(default)]
    pub(crate) next_cursor: Option<String>,
    /// Identities without a holder, in the queue of Lasso support.
    #[serde(default)]
    pub(crate) reconciliation: Option<Reconciliation>,
}

/// `Reconciliation`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Reconciliation {
    /// When.
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
    /// Whether this service made it.
    pub(crate) made_by_this_stack: bool,
    /// For whom.
    pub(crate) tagged_client: Option<String>,
}

/// `HistoryEntry`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Entry {
    /// When.
    pub(crate) at: Timestamp,
    /// Who.
    pub(crate) actor: Actor,
    /// What, in a sentence.
    pub(crate) sentence: String,
    /// From which state.
    pub(crate) from: Option<Status>,
    /// To which.
    pub(crate) to: Status,
    /// What was seen.
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

/// `Notified`: the answer to "we are ready".
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Notified {
    /// Whether and when Lasso support was told.
    pub(crate) sentence: String,
    /// What is not in place.
    pub(crate) missing: Vec<MissingPiece>,
}

/// A domain that was added.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Added {
    /// In A-labels.
    pub(crate) domain: String,
    /// As a person reads it.
    pub(crate) domain_unicode: String,
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
    /// What a person opens.
    pub(crate) url: String,
    /// When it ends.
    pub(crate) ends_at: Timestamp,
}
