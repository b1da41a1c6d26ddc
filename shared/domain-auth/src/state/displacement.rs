//! What a client learns after it has lost a name that it held: when, why, and whether its mail has
//! stopped. The domain's page shows this until the client proves the name or gives it up.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Status;
use crate::names::DomainName;
use crate::plain_text::quotation;

/// The loss of a name, as stored with its former holder's domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Displacement {
    /// When the client lost the name.
    pub at: Timestamp,
    /// The reason for the loss.
    pub why: DisplacedBy,
    /// Whether Lasso sent for the domain until then.
    pub was_sending: bool,
}

/// Why a client lost a name. It never says who has it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DisplacedBy {
    /// Another client proved this name, or a name above it.
    ProvenByAnotherClient,
    /// Lasso support decided so.
    ReleasedByLassoSupport {
        /// The reason of Lasso support; the client sees it. Plain text of at most 1,000 characters.
        reason: String,
    },
    /// Amazon SES has an identity with this name that was not created for this client.
    IdentityNotOurs,
}

impl Displacement {
    /// The loss of a name by a domain that was in `status`. `None` if SES never had an identity for
    /// the domain: a name that turns out to be contested when SES is asked counts as contested from
    /// the start, and the client must not learn why.
    pub(super) fn of(status: Status, why: DisplacedBy, now: Timestamp) -> Option<Self> {
        let never_had = why == DisplacedBy::IdentityNotOurs && status == Status::Provisioning;
        (!never_had).then(|| Self {
            at: now,
            why,
            was_sending: status.sends(),
        })
    }

    /// Sentences about the loss, and about mail that has stopped. Both the client and Lasso support
    /// may read them. Plain text in one line: a page has to escape it.
    pub fn sentences(&self, name: &DomainName) -> String {
        let (unicode, day) = (name.to_unicode(), self.at.strftime("%-d %B %Y"));
        let why = match &self.why {
            DisplacedBy::ProvenByAnotherClient if name.as_str() == name.organizational() => {
                format!("Another client proved on {day} that {unicode} is theirs.")
            }
            DisplacedBy::ProvenByAnotherClient => format!(
                "Another client proved on {day} that {unicode}, or a domain above it, is theirs."
            ),
            DisplacedBy::ReleasedByLassoSupport { reason } => format!(
                "Lasso support ended the claim to {unicode} on {day} and gave this reason: {}",
                quotation(reason)
            ),
            DisplacedBy::IdentityNotOurs => {
                format!("Since {day} Lasso cannot confirm that {unicode} belongs to this client.")
            }
        };
        if self.was_sending {
            format!("{why} Lasso no longer sends for {unicode}.")
        } else {
            why
        }
    }
}

impl DisplacedBy {
    /// The reason that Lasso support wrote.
    pub fn explanation(&self) -> Option<&str> {
        match self {
            Self::ReleasedByLassoSupport { reason } => Some(reason),
            Self::ProvenByAnotherClient | Self::IdentityNotOurs => None,
        }
    }

    /// Whether another client, or Lasso support, has already taken the name, so that ending the
    /// former holder's claim has no further effect.
    pub(crate) fn has_ended_the_claim(&self) -> bool {
        match self {
            Self::ProvenByAnotherClient | Self::ReleasedByLassoSupport { .. } => true,
            Self::IdentityNotOurs => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn displacement(why: DisplacedBy, status: Status) -> Displacement {
        Displacement::of(status, why, Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn the_sentences_say_why_a_name_was_lost_and_whether_mail_stopped() {
        let released = |reason: &str| DisplacedBy::ReleasedByLassoSupport {
            reason: reason.to_owned(),
        };
        let (name, below) = (
            DomainName::parse("bücher.example").unwrap(),
            DomainName::parse("mail.example.com").unwrap(),
        );
        for (why, status, name, expected) in [
            (
                DisplacedBy::ProvenByAnotherClient,
                Status::Pending,
                &name,
                "Another client proved on 1 January 1970 that bücher.example is theirs.",
            ),
            (
                DisplacedBy::ProvenByAnotherClient,
                Status::AtRisk,
                &below,
                "Another client proved on 1 January 1970 that mail.example.com, or a domain above it, is \
                 theirs. Lasso no longer sends for mail.example.com.",
            ),
            (
                released("Sold to\nanother \u{202e}builder."),
                Status::Authenticated,
                &name,
                "Lasso support ended the claim to bücher.example on 1 January 1970 and gave this reason: \
                 “Sold to another builder.” Lasso no longer sends for bücher.example.",
            ),
            (
                released("Registrar letter of 26 November"),
                Status::AtRisk,
                &name,
                "Lasso support ended the claim to bücher.example on 1 January 1970 and gave this \
                 reason: “Registrar letter of 26 November”. Lasso no longer sends for bücher.example.",
            ),
            (
                DisplacedBy::IdentityNotOurs,
                Status::Verified,
                &below,
                "Since 1 January 1970 Lasso cannot confirm that mail.example.com belongs to this \
                 client.",
            ),
        ] {
            assert_eq!(displacement(why, status).sentences(name), expected);
        }
    }

    #[test]
    fn a_foreign_identity_found_while_provisioning_is_not_a_loss() {
        let of =
            |status| Displacement::of(status, DisplacedBy::IdentityNotOurs, Timestamp::UNIX_EPOCH);
        assert_eq!(of(Status::Provisioning), None);
        assert!(of(Status::Authenticated).unwrap().was_sending);
    }
}
