//! The facts of evidence, one type for each kind. The member names are those of the API.

use std::ops::Not;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reasons::{AdoptedIdentity, Decided, Expiry, LossReason, SesCall};
use crate::diagnosis::{DiagnosisCode, RecordState};
use crate::final_step::FinalStep;
use crate::identity::{DkimToken, SesStatus, VerificationToken};
use crate::links::LinkId;
use crate::mail_refusal::{Mailing, Undelivered};
use crate::names::Community;
use crate::records::RecordId;
use crate::state::FailureReason;

/// The facts of evidence, without the data for Lasso support only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Facts {
    /// Evidence of `added` and `readded`.
    Addition(Addition),
    /// Evidence of `provisioned`.
    Identity(Identity),
    /// Evidence of `checked`, `verified`, `failed` and `records_recovered`.
    Look(Look),
    /// Evidence of `records_broken`.
    Broken(Broken),
    /// Evidence of `failed`, if no look found the failure.
    Failure(Failure),
    /// Evidence of `restarted`.
    Restart(Restart),
    /// Evidence of `ready` and `reopened`.
    Call(Call),
    /// Evidence of `completed`.
    FinalStep(FinalStepTaken),
    /// Evidence of `rejected`.
    Refusal(Refusal),
    /// Evidence of `proof_found`.
    Ownership(OwnershipSeen),
    /// Evidence of `proof_found`, if Lasso support has decided.
    Decision(Decision),
    /// Evidence of `adopted`.
    Adoption(Adoption),
    /// Evidence of `displaced`, and of `removed` if Lasso support has dropped the claim.
    Loss(Loss),
    /// Evidence of `instructions_sent`.
    Letter(Letter),
    /// Evidence of `email_refused`.
    MailRefusal(MailRefused),
    /// Evidence of `link_made` and `link_withdrawn`.
    Link(LinkTold),
    /// Evidence of `stuck`.
    Stuck(Stuck),
    /// Evidence of `changed`.
    Details(Details),
    /// Evidence of `removed`.
    Removal(Removal),
    /// Evidence of `removed`, if the domain's time has run out.
    Expired(Expired),
    /// Evidence of `challenged`, and of `proof_found` if Lasso support has decided but the claim cannot have
    /// the name yet.
    Nothing(Nothing),
    /// The stored evidence, if it has none of the forms of its action.
    AsStored(Value),
}

/// The data that the client gave when it added a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Addition {
    /// In Unicode, as people write it.
    pub(super) domain: String,
    pub(super) community: Option<Community>,
    /// Masked.
    pub(super) contact_email: Option<String>,
}

/// The details that the client has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) communities: Option<CommunitiesChange>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) contact_email: Option<ContactChange>,
}

/// The communities before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CommunitiesChange {
    pub(super) from: Vec<Community>,
    pub(super) to: Vec<Community>,
}

/// The contact before and after, masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContactChange {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

/// The identity that SES returned when a domain was registered or adopted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(super) region: String,
    pub(super) verification_token: Option<VerificationToken>,
    pub(super) dkim_tokens: Option<[DkimToken; 3]>,
    pub(super) signing_hosted_zone: Option<String>,
    /// The MAIL FROM domain.
    pub(super) mail_from: Option<String>,
    /// Whether the identity existed before.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub(super) adopted: bool,
}

/// What SES and DNS returned. `None` for a source that did not answer or was not asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Look {
    pub(super) ses: Option<SesStatus>,
    pub(super) records: Option<Vec<RecordSeen>>,
}

/// The state of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordSeen {
    pub(super) id: RecordId,
    pub(super) state: RecordState,
    pub(super) code: Option<DiagnosisCode>,
}

/// The second of two looks at records that are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Broken {
    #[serde(flatten)]
    pub(super) look: Look,
    /// When the first one was.
    pub(super) first_seen_at: Option<Timestamp>,
}

/// Why a domain failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(super) reason: FailureReason,
}

/// Why the domain had failed before its verification was restarted for 72 hours, and the calls that
/// SES accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Restart {
    pub(super) failed_by: FailureReason,
    pub(super) asked_of_ses: Vec<SesCall>,
}

/// The client's note when it said that it is ready, and what was missing then, in sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(super) note: Option<String>,
    pub(super) missing: Vec<String>,
}

/// The state of a domain when the final step was taken, and what its identity was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FinalStepTaken {
    #[serde(flatten)]
    pub(super) look: Look,
    pub(super) final_step: FinalStep,
    pub(super) configuration_set: Option<String>,
}

/// Why Lasso support refused the final step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refusal {
    pub(super) reason: String,
}

/// The ownership record of a contested claim, and the name servers that showed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnershipSeen {
    /// The record's name.
    pub record: String,
    /// The hosts of the servers.
    pub servers: Vec<String>,
}

/// A claim that has its name without a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decision {
    pub(super) reason: Decided,
}

/// Which identity a client has taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Adoption {
    pub(super) identity: AdoptedIdentity,
}

/// Why a client lost its name, and the text of Lasso support about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Loss {
    pub(super) reason: LossReason,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) explanation: Option<String>,
}

/// The masked address to which the records were emailed, and the client's note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(super) to: String,
    pub(super) note: Option<String>,
}

/// Which email was not delivered or was reported as spam, and why. The address is masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MailRefused {
    pub(super) to: String,
    pub(super) email: Mailing,
    pub(super) reason: Undelivered,
    /// The status code of the mail server.
    pub(super) status: Option<String>,
}

/// Which link, and when it expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinkTold {
    pub(super) link: LinkId,
    pub(super) ends_at: Timestamp,
}

/// Since when a domain has been in its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stuck {
    pub(super) since: Timestamp,
}

/// Whether the client named the domain that it removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Removal {
    pub(super) confirmed: bool,
}

/// Why a domain was removed automatically.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Expired {
    pub(super) reason: Expiry,
}

/// No facts, only data for Lasso support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Nothing {}
