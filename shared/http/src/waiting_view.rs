//! Why a domain waits, since when, and for whom, in the lists of Lasso support.

use domain_auth::dns::DnsLook;
use domain_auth::domain::Domain;
use domain_auth::missing::missing_count;
use domain_auth::plain_text::{one_line, quotation};
use domain_auth::state::{State, WaitingFor};
use jiff::Timestamp;
use serde::Serialize;

use crate::obstacle_view::ObstacleView;
use crate::stage::{HiddenBy, Records, Trouble};
use crate::time::in_millis;
use crate::words::seen;

/// Why a domain waits, since when, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Waiting")
)]
pub struct WaitingView {
    /// Who has to do something: `lasso` or `client`; `null` if the service continues automatically, or if
    /// nothing is left to do.
    #[serde(rename = "for")]
    #[cfg_attr(feature = "openapi", schemars(extend("enum" = ["lasso", "client", null])))]
    pub waits_for: Option<&'static str>,
    /// Since when it waits. For records that are gone while the domain is `authenticated`, the time of the first check
    /// by which they count as gone; if none counts yet, that of the last check that found them.
    #[serde(serialize_with = "in_millis")]
    pub since: Timestamp,
    /// The reason, for programs.
    pub reason: WaitReason,
    /// The reason as a sentence. Plain text: a page has to escape it.
    pub why: String,
}

/// The reason why a domain waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WaitReason {
    /// Lasso support decides between two clients.
    Decision,
    /// The name is being transferred to the client of the claim.
    Takeover,
    /// The ownership record.
    Ownership,
    /// Amazon SES registers the domain.
    Registration,
    /// The DNS records.
    Records,
    /// Amazon SES, which looks for the records automatically.
    Ses,
    /// Lasso support takes or refuses the final step.
    FinalStep,
    /// Records that are missing.
    RecordsGone,
    /// Another 72 hours at Amazon SES.
    Restart,
    /// The client's answer to a refusal.
    Answer,
    /// The end of the removal.
    Removal,
    /// Nothing.
    Nothing,
}

/// How many pieces are missing, by the last look at DNS and the last answer of Amazon SES. A decision of Lasso
/// support is none: `waiting` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "MissingCount")
)]
pub struct MissingCountView {
    /// Pieces that sending depends on: the records in `missing_required` of the readiness; and one more
    /// while Amazon SES has not registered or verified the domain, or has not seen the ownership record at all
    /// name servers.
    pub required: usize,
    /// The records in `missing_recommended` of the readiness.
    pub recommended: usize,
}

impl WaitingView {
    /// Of a domain as it is.
    pub fn of(domain: &Domain) -> Self {
        let (reason, why) = why(domain);
        // Also for the index of the lists, so a list has what its entries say.
        let waits_for = match domain.waiting_for() {
            Some(WaitingFor::Lasso) => Some("lasso"),
            Some(WaitingFor::Client) => Some("client"),
            None => None,
        };
        Self {
            waits_for,
            since: domain.waiting_since(),
            reason,
            why,
        }
    }

    /// Adds to `why` the obstacles of a claim, unless the takeover has begun.
    #[must_use]
    pub(crate) fn because_of(mut self, in_the_way: &[ObstacleView]) -> Self {
        if self.reason != WaitReason::Takeover {
            for obstacle in in_the_way {
                self.why.push(' ');
                self.why.push_str(&obstacle.sentence);
            }
        }
        self
    }
}

impl MissingCountView {
    /// Of a domain, with the last look at its DNS.
    pub fn of(domain: &Domain, look: Option<&DnsLook>) -> Self {
        let (required, recommended) = missing_count(domain, look);
        Self {
            required,
            recommended,
        }
    }
}

fn hidden_records(by: HiddenBy) -> &'static str {
    match by {
        HiddenBy::NoSuchDomain => "No record can be seen: the domain does not exist.",
        HiddenBy::Suspended => "No record can be seen: the domain has expired or is suspended.",
        HiddenBy::NotLive => {
            "No record can be seen: the name servers that the domain is delegated to do not serve it."
        }
        HiddenBy::Bogus => "No record can be seen: the DNSSEC signatures of the domain are broken.",
    }
}

/// What a pending domain waits for.
fn of_pending(records: Records) -> (WaitReason, &'static str) {
    match records {
        Records::NotLooked => (
            WaitReason::Records,
            "Amazon SES has not verified the domain yet.",
        ),
        Records::NotNeeded => (
            WaitReason::Ses,
            "Amazon SES has not verified the domain yet.",
        ),
        Records::Unknown => (
            WaitReason::Records,
            "DNS gave no answer for the records at the last check; Lasso asks again automatically.",
        ),
        Records::Missing => (
            WaitReason::Records,
            "Amazon SES has not found the DNS records.",
        ),
        Records::Gone => (
            WaitReason::Records,
            "The last check did not find DNS records that were there before.",
        ),
        Records::Hidden(by) => (WaitReason::Records, hidden_records(by)),
        Records::Found => (
            WaitReason::Ses,
            "The DNS records are published, but Amazon SES has not verified the domain yet.",
        ),
    }
}

/// Why the final step of a verified domain is open.
fn of_verified(domain: &Domain) -> &'static str {
    if domain.was_rejected {
        "Amazon SES has verified the domain. The final step was refused before, and the client asks for it \
         again."
    } else if domain.ready_at().is_some() {
        "Amazon SES has verified the domain, and the client has said that it is ready for the final step."
    } else {
        "Amazon SES has verified the domain, and the final step is open."
    }
}

fn why(domain: &Domain) -> (WaitReason, String) {
    if !domain.challengers.is_empty() {
        let why = "Another client has proven that this name, or one above or below it, is its own: decide \
            with release.";
        return (WaitReason::Decision, why.to_owned());
    }
    let (reason, why) = match &domain.state {
        State::Contested(contested) if contested.taking_over_since.is_some() => (
            WaitReason::Takeover,
            "The claim is proven or granted, and the name is being transferred to this client.",
        ),
        State::Contested(contested) if contested.proven_at.is_some() => (
            WaitReason::Decision,
            "This client has proven that the name is its own, but the claim of another client stands in \
             the way: decide with release.",
        ),
        State::Contested(contested) if contested.unconfirmed.is_some() => (
            WaitReason::Ownership,
            "The ownership record was found, but not yet at all name servers of the domain.",
        ),
        State::Contested(_) if domain.dns_looked_at.is_none() => (
            WaitReason::Ownership,
            "The client has not proven yet that the name is its own.",
        ),
        State::Contested(_) => (
            WaitReason::Ownership,
            "The client has not proven that the name is its own: the ownership record was not found.",
        ),
        State::Provisioning(_) => (
            WaitReason::Registration,
            "Amazon SES has not registered the domain yet. Lasso will try again.",
        ),
        State::Pending(_) => of_pending(Records::of(domain)),
        State::Verified(_) => {
            let open = of_verified(domain);
            let trouble = Trouble::of(domain).map(seen);
            let why = [Some(open.to_owned()), trouble].into_iter().flatten();
            let why: Vec<String> = why.collect();
            return (WaitReason::FinalStep, why.join(" "));
        }
        State::Authenticated(_) => {
            let sends = "Lasso sends mail from this domain.";
            let (reason, why) = match Trouble::of(domain) {
                None => (WaitReason::Nothing, sends.to_owned()),
                Some(trouble @ (Trouble::RecordsGone | Trouble::Hidden(_))) => {
                    let why = format!("{sends} {}", seen(trouble));
                    (WaitReason::RecordsGone, why)
                }
                Some(trouble @ Trouble::NotInUse) => {
                    (WaitReason::Ses, format!("{sends} {}", seen(trouble)))
                }
            };
            return (reason, why);
        }
        State::AtRisk(_) if Records::of(domain) == Records::Found => (
            WaitReason::Ses,
            "The DNS records are found again. The domain recovers automatically once Amazon SES and DNS \
             agree.",
        ),
        State::AtRisk(at_risk) => {
            return (WaitReason::RecordsGone, one_line(&at_risk.reason));
        }
        State::Failed(failed) => (WaitReason::Restart, failed.reason.sentence()),
        State::Rejected(rejected) => {
            let reason = quotation(&rejected.reason);
            let why = format!("Lasso support refused the final step: {reason}");
            return (WaitReason::Answer, why);
        }
        State::Removing(_) => (
            WaitReason::Removal,
            "The domain is being removed. Nothing has to be done.",
        ),
    };
    (reason, why.to_owned())
}
