//! Whether a client may send from an address: a sentence for a person, and the next step.

use domain_auth::domain::RecordsSeen;
use domain_auth::email_auth::Policy;
use domain_auth::names::DomainName;
use domain_auth::plain_text::quotation;
use domain_auth::use_cases::sender_warnings::{RefusedByDmarc, SenderWarning, Unsigned, When};
use domain_auth::use_cases::senders::{SenderStanding, Verdict};
use serde::Serialize;

use crate::words::{day, hidden};

/// The answer for one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Sender")
)]
pub struct SenderView {
    /// Whether Lasso sends from the address now.
    pub allowed: bool,
    /// The reason, for programs.
    pub reason: SenderReason,
    /// The reason, as a sentence for people.
    pub message: String,
    /// What to do next; `null` if there is nothing to do.
    pub action: Option<SenderAction>,
    /// What to know although Lasso sends from it; empty if Lasso does not send. For an address below the
    /// client's domain, DNS is asked for a DMARC policy there, for at most a second; without an answer, the policy
    /// of the domain counts.
    pub warnings: Vec<SenderWarningView>,
}

/// The answers for several addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Senders")
)]
pub struct SendersView {
    /// An answer for each address, in the order of the request.
    pub items: Vec<AddressView>,
}

/// The answer for one of several addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "AddressedSender")
)]
pub struct AddressView {
    /// The address as it was sent. Plain text: a page has to escape it.
    pub address: String,
    /// Whether the client may send from it.
    #[serde(flatten)]
    pub sender: SenderView,
}

/// A warning about mail from an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "SenderWarning")
)]
pub struct SenderWarningView {
    /// The kind of step, for programs.
    pub code: SenderWarningCode,
    /// The warning for people, with what to do.
    pub message: String,
}

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SenderWarningCode {
    /// By the DMARC policy of the domain, mail servers would refuse mail from this address, or treat it
    /// as spam.
    RefusedByDmarc,
    /// Recipients can see "via amazonses.com" beside the sender.
    ShowsVia,
    /// It does not meet all of the rules that Gmail, Yahoo and Outlook have for bulk senders.
    BulkRulesUnmet,
}

/// Why an address may be used or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SenderReason {
    /// Lasso sends from it.
    Authenticated,
    /// The client has no domain that covers it, or Lasso support removed it.
    NotInitiated,
    /// Amazon SES has not verified the domain yet: it has not found the DNS records, or has not returned
    /// them yet.
    WaitingForDns,
    /// Amazon SES has verified the domain, and Lasso support takes the final step; or the client has
    /// proven a contested domain, and Lasso support decides about it, or Lasso transfers it.
    WaitingForLasso,
    /// The client had the domain and lost it: another client proved that it is its own, or Lasso support
    /// decided so.
    Displaced,
    /// The claim to the domain is contested: its ownership record has not been found yet, or not at all its
    /// name servers.
    ProofWanted,
    /// Amazon SES stopped looking for the records, or withdrew its verification.
    Failed,
    /// Lasso support refused the final step.
    Rejected,
    /// Lasso still sends from it, but records are missing.
    AtRisk,
    /// Its domain cannot be added: a mailbox provider's, Amazon's, Lasso's, a public suffix, or a name
    /// that `POST /domains` refuses, such as one with an ending that does not exist.
    NotYourDomain,
    /// It is not an email address.
    InvalidAddress,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct SenderAction {
    /// The label of a button.
    pub label: String,
    /// The path in the API.
    pub path: String,
}

impl From<Verdict> for SenderView {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::InvalidAddress => Self::refused(
                SenderReason::InvalidAddress,
                "This is not an email address that mail can be sent from.",
            ),
            Verdict::NotYourDomain => Self::refused(
                SenderReason::NotYourDomain,
                "The domain of this address cannot be authenticated. Send from an address at a \
                 domain of your own.",
            ),
            Verdict::NotInitiated(name) => {
                let name = name.to_unicode();
                let message = format!("{name} is not authenticated yet. Add it to begin.");
                Self::to_be_added(&name, message)
            }
            Verdict::RemovedBySupport { name, at } => {
                let (name, day) = (name.to_unicode(), day(at));
                let message =
                    format!("Lasso support removed {name} on {day}. To use it again, add it.");
                Self::to_be_added(&name, message)
            }
            Verdict::Covered {
                by,
                standing,
                warnings,
            } => Self {
                warnings: warnings.iter().map(|about| warning(&by, about)).collect(),
                action: label_of(&standing).map(|label| SenderAction {
                    label: label.to_owned(),
                    path: format!("/domains/{by}"),
                }),
                ..covered(&by.to_unicode(), standing)
            },
        }
    }
}

impl SendersView {
    /// The verdicts, each with its address.
    pub fn new(verdicts: impl IntoIterator<Item = (String, Verdict)>) -> Self {
        let view = |(address, verdict)| AddressView {
            address,
            sender: SenderView::from(verdict),
        };
        Self {
            items: verdicts.into_iter().map(view).collect(),
        }
    }
}

impl SenderView {
    fn refused(reason: SenderReason, message: impl Into<String>) -> Self {
        Self {
            allowed: false,
            reason,
            message: message.into(),
            action: None,
            warnings: Vec::new(),
        }
    }

    fn to_be_added(name: &str, message: String) -> Self {
        Self {
            action: Some(SenderAction {
                label: format!("Authenticate {name}"),
                path: "/domains".to_owned(),
            }),
            ..Self::refused(SenderReason::NotInitiated, message)
        }
    }

    fn allowed(reason: SenderReason, message: String) -> Self {
        Self {
            allowed: true,
            ..Self::refused(reason, message)
        }
    }
}

fn warning(by: &DomainName, warning: &SenderWarning) -> SenderWarningView {
    let (code, message) = match warning {
        SenderWarning::RefusedByDmarc(refused) => {
            (SenderWarningCode::RefusedByDmarc, refusal(by, refused))
        }
        SenderWarning::ShowsVia(unsigned) => (
            SenderWarningCode::ShowsVia,
            format!(
                "Recipients can see \"via amazonses.com\" beside the sender, because {} for {}. {}",
                why_unsigned(*unsigned),
                by.to_unicode(),
                until_signed(*unsigned)
            ),
        ),
        SenderWarning::BulkRulesUnmet(unmet) => (
            SenderWarningCode::BulkRulesUnmet,
            format!(
                "Mail from {} does not meet the rules of Gmail, Yahoo and Outlook for bulk senders. {}",
                unmet.author.to_unicode(),
                unmet.why.join(" ")
            ),
        ),
    };
    SenderWarningView { code, message }
}

/// Why mail servers would refuse it, and what to do.
fn refusal(by: &DomainName, refused: &RefusedByDmarc) -> String {
    let (author, by) = (refused.author.to_unicode(), by.to_unicode());
    let fate = match refused.policy {
        Policy::Reject => "refused",
        Policy::Quarantine | Policy::None => "treated as spam",
    };
    let (condition, is) = match refused.when {
        When::Always => (String::new(), "is"),
        When::Nonexistent => (format!(" if {author} has no records in DNS"), "is then"),
        When::Exists => (format!(" if {author} has records in DNS"), "is then"),
    };
    let percent = refused.percent.map(|percent| {
        format!(", which older mail servers apply to {percent} % of the mail (pct={percent})")
    });
    let policy = format!(
        "Mail from {author} would be {fate}{condition}: the DMARC policy at _dmarc.{} {is} {}{}",
        refused.policy_of,
        refused.policy.as_str(),
        percent.unwrap_or_default()
    );
    if refused.is_signed {
        format!(
            "{policy}, and it requires mail to be signed for {author}, while Lasso signs it for {by}. Send \
             from an address at {by}, or add {author} as a domain of its own."
        )
    } else {
        format!(
            "{policy}, and neither DKIM nor MAIL FROM of {by} is in place. Make sure that its records are \
             published, and do not send before Amazon SES has found them."
        )
    }
}

/// Why recipients can see "via", in front of the domain.
fn why_unsigned(unsigned: Unsigned) -> &'static str {
    match unsigned {
        Unsigned::LacksCnames
        | Unsigned::CnamesUnknown
        | Unsigned::NotSeenBySes
        | Unsigned::OwnersKey => "mail is not signed",
        Unsigned::NotCheckable | Unsigned::BrokenDnssec => {
            "mail servers cannot check the signatures"
        }
    }
}

/// What ends it that recipients can see "via".
fn until_signed(unsigned: Unsigned) -> &'static str {
    match unsigned {
        Unsigned::LacksCnames => "Publish its CNAME records.",
        Unsigned::CnamesUnknown => "Make sure that its CNAME records are published.",
        Unsigned::NotSeenBySes => {
            "Its CNAME records are published, and Amazon SES signs once it has found them."
        }
        Unsigned::OwnersKey => "Amazon SES has not found the DKIM key of the domain's owner.",
        Unsigned::NotCheckable => "Publish its CNAME records again.",
        Unsigned::BrokenDnssec => "Its DNSSEC is broken and has to be repaired.",
    }
}

/// Why Lasso does not send for a domain that Amazon SES has not verified.
fn waiting(name: &str, records: RecordsSeen) -> String {
    match records {
        RecordsSeen::NotLooked | RecordsSeen::Unknown | RecordsSeen::NotNeeded => {
            format!("Amazon SES has not verified {name} yet.")
        }
        RecordsSeen::Missing => {
            format!("Amazon SES has not found the DNS records of {name} yet.")
        }
        RecordsSeen::Gone => {
            format!("The DNS records of {name} were found before, but not all of them now.")
        }
        RecordsSeen::Hidden(by) => {
            let why = hidden(by);
            format!("The records of {name} cannot be seen: {why}.")
        }
        RecordsSeen::Found => format!(
            "The DNS records of {name} are published, but Amazon SES has not verified the domain yet."
        ),
    }
}

fn covered(name: &str, standing: SenderStanding) -> SenderView {
    match standing {
        SenderStanding::Authenticated => SenderView::allowed(
            SenderReason::Authenticated,
            format!("{name} is authenticated."),
        ),
        SenderStanding::AtRisk(reason) => SenderView::allowed(
            SenderReason::AtRisk,
            format!("Lasso still sends mail from {name}, but it needs attention: {reason}"),
        ),
        SenderStanding::WaitingForRecords => SenderView::refused(
            SenderReason::WaitingForDns,
            format!("{name} is being registered with Amazon SES."),
        ),
        SenderStanding::WaitingForDns(records) => {
            SenderView::refused(SenderReason::WaitingForDns, waiting(name, records))
        }
        SenderStanding::ProofWanted => SenderView::refused(
            SenderReason::ProofWanted,
            format!(
                "{name} needs proof that it is yours before Lasso can send for it. Publish its \
                 ownership record."
            ),
        ),
        SenderStanding::ProofUnconfirmed => SenderView::refused(
            SenderReason::ProofWanted,
            format!(
                "The ownership record of {name} was found, and has to be confirmed at all name servers \
                 of the domain before Lasso can send for it."
            ),
        ),
        SenderStanding::WaitingForTransfer => SenderView::refused(
            SenderReason::WaitingForLasso,
            format!("{name} is being transferred to you, which takes a few minutes."),
        ),
        SenderStanding::WaitingForDecision => SenderView::refused(
            SenderReason::WaitingForLasso,
            format!("Your proof for {name} was found. Lasso support decides about the domain now."),
        ),
        SenderStanding::Displaced(happened) => SenderView::refused(
            SenderReason::Displaced,
            format!("{happened} To get it back, publish its ownership record."),
        ),
        SenderStanding::WaitingForChallenge => SenderView::refused(
            SenderReason::WaitingForLasso,
            format!(
                "Amazon SES has verified {name}, but another client has proven that it, or a domain above \
                 or below it, is its own. Lasso support decides."
            ),
        ),
        SenderStanding::WaitingForLasso => SenderView::refused(
            SenderReason::WaitingForLasso,
            format!("Amazon SES has verified {name}, and the final step is open."),
        ),
        SenderStanding::Failed(reason) => SenderView::refused(
            SenderReason::Failed,
            format!("Lasso does not send for {name}: {reason}"),
        ),
        SenderStanding::Rejected(reason) => SenderView::refused(
            SenderReason::Rejected,
            format!(
                "Lasso support refused the final step for {name}: {}",
                quotation(&reason)
            ),
        ),
    }
}

fn label_of(standing: &SenderStanding) -> Option<&'static str> {
    match standing {
        SenderStanding::Authenticated => None,
        SenderStanding::WaitingForDns(
            RecordsSeen::Unknown | RecordsSeen::Missing | RecordsSeen::Gone | RecordsSeen::Found,
        ) => Some("See the DNS records"),
        SenderStanding::WaitingForDns(RecordsSeen::NotLooked) => Some("See the records"),
        SenderStanding::AtRisk(_) => Some("Repair the DNS records"),
        SenderStanding::WaitingForDns(RecordsSeen::Hidden(_)) | SenderStanding::Failed(_) => {
            Some("See what to do")
        }
        SenderStanding::ProofWanted | SenderStanding::ProofUnconfirmed => {
            Some("See the ownership record")
        }
        SenderStanding::WaitingForDns(RecordsSeen::NotNeeded)
        | SenderStanding::WaitingForTransfer
        | SenderStanding::WaitingForRecords
        | SenderStanding::WaitingForLasso
        | SenderStanding::WaitingForChallenge
        | SenderStanding::WaitingForDecision => Some("See its status"),
        SenderStanding::Displaced(_) => Some("See what happened"),
        SenderStanding::Rejected(_) => Some("See the reason"),
    }
}

#[cfg(test)]
#[path = "sender_view_tests.rs"]
mod tests;
