//! The sentences for lines of history, for the client and for Lasso support, all in this module.
//! Each is plain text in one line; a page has to escape it.
//!
//! A client must not learn that a name turned out to be contested when SES was asked. It reads the
//! lines of a `provisioning` domain as if the domain had been `contested` from the start. So a
//! client reads the same text in both states.

use super::Evidence;
use super::facts::Facts;
use super::internal::Internal;
use super::loss::loss_of;
use super::phrases::{
    call_in, changed, day, email_refused, ending, name_of, name_of_client, names_lasso, note_in,
    note_of, provisioned, quoted, said, seen, shortened,
};
use super::reasons::{Expiry, ShownReason};
use crate::action::Action;
use crate::actor::Actor;
use crate::plain_text::one_line;
use crate::state::{FailureReason, Status};

/// The reader of a line of history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// The domain's client. It does not learn who acts at Lasso, or another client's relation to
    /// the name.
    Client,
    /// Lasso support.
    Support,
}

/// The data for a sentence.
pub(crate) struct Told<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) action: Action,
    pub(crate) from: Option<Status>,
    pub(crate) to: Status,
    pub(crate) evidence: Option<&'a Evidence>,
}

impl Told<'_> {
    /// The sentence for the line.
    pub(crate) fn sentence(&self, reader: Reader) -> String {
        let who = self.who(reader);
        let facts = self.evidence.map(|evidence| &evidence.facts);
        match self.action {
            Action::Added => format!("{who} added the domain."),
            Action::Readded => format!("{who} added the domain again while it was being removed."),
            Action::Provisioned => provisioned(facts).to_owned(),
            Action::Checked => format!("{who} checked the domain{}.", seen(facts)),
            Action::Verified => self.verification(reader),
            Action::Failed => self.failure(facts).to_owned(),
            Action::Restarted => match self.actor {
                Actor::Service => {
                    "Lasso found the records in DNS and asked Amazon SES to look for them again."
                        .to_owned()
                }
                Actor::ClientAdmin { .. }
                | Actor::LassoSupport { .. }
                | Actor::LinkHolder { .. } => format!("{who} restarted the verification."),
            },
            Action::Ready => format!("{who} {}", self.call(facts)),
            Action::Reopened => format!(
                "{who} asked Lasso support to decide again{}",
                said(call_in(facts))
            ),
            Action::Completed => match self.actor {
                Actor::Service => {
                    "Lasso took the final step automatically and can now send for the domain."
                        .to_owned()
                }
                Actor::ClientAdmin { .. }
                | Actor::LassoSupport { .. }
                | Actor::LinkHolder { .. } => {
                    format!(
                        "{who} completed the final step, so that Lasso can send for the domain."
                    )
                }
            },
            Action::Rejected => match facts {
                Some(Facts::Refusal(refusal)) => {
                    format!("{who} rejected the domain: {}", quoted(&refusal.reason))
                }
                Some(_) | None => format!("{who} rejected the domain."),
            },
            Action::RecordsBroken => {
                "Records that the domain's mail needs were gone in two checks \
                                      in a row; Lasso went on sending."
                    .to_owned()
            }
            Action::RecordsRecovered => {
                "The records were back, and the domain was no longer at risk.".to_owned()
            }
            Action::ProofFound => self.proof(&who, reader, facts),
            Action::Adopted => format!(
                "{who} gave the client the identity that Amazon SES already had for the domain{}",
                self.explained(reader)
            ),
            Action::Challenged => self.challenge(reader),
            Action::Unchallenged => match (reader, self.internal()) {
                (Reader::Support, Some(Internal::Challenged { challenger })) => format!(
                    "The claim of the client {} to {} ended, and the domain stays with this client.",
                    challenger.client,
                    challenger.name.to_unicode()
                ),
                (Reader::Client | Reader::Support, _) => {
                    "The other client's claim to the name ended, and the domain stays with this client."
                        .to_owned()
                }
            },
            Action::Displaced => self.loss(&who, reader),
            Action::InstructionsSent => match facts {
                Some(Facts::Letter(letter)) => {
                    format!("{who} had the records emailed to {}.", one_line(&letter.to))
                }
                Some(_) | None => format!("{who} had the records emailed."),
            },
            Action::EmailRefused => match facts {
                Some(Facts::MailRefusal(refused)) => email_refused(refused),
                Some(_) | None => "An email about the domain did not reach its recipient.".to_owned(),
            },
            Action::LinkMade => match facts {
                Some(Facts::Link(link)) => format!(
                    "{who} made a link to the records that ends on {}.",
                    day(link.ends_at)
                ),
                Some(_) | None => format!("{who} made a link to the records."),
            },
            Action::LinkWithdrawn => format!("{who} withdrew a link to the records."),
            Action::Changed => format!("{who} {}.", changed(facts)),
            Action::Stuck => match facts {
                Some(Facts::Stuck(stuck)) => format!(
                    "Lasso support was told that the domain had not moved on since {}.",
                    day(stuck.since)
                ),
                Some(_) | None => {
                    "Lasso support was told that the domain had not moved on.".to_owned()
                }
            },
            Action::Removed => self.removal(&who, reader, facts),
        }
    }

    /// Who did it: a person's name, or the token's subject. A client does not see the names of
    /// people at Lasso. An erased line has no person.
    fn who(&self, reader: Reader) -> String {
        match (self.actor, reader) {
            (Actor::ClientAdmin { subject, .. }, _) if subject.is_empty() => {
                "The client".to_owned()
            }
            (Actor::LassoSupport { subject, .. }, Reader::Support) if subject.is_empty() => {
                "Lasso support".to_owned()
            }
            (Actor::ClientAdmin { subject, person }, _) => {
                let person = person.as_ref();
                let client = person.and_then(|person| person.client_name.as_ref());
                let client = client.filter(|client| !names_lasso(client.as_str()));
                let name = name_of_client(subject, person);
                match (client, reader) {
                    (Some(client), _) => format!("{name} ({})", client.as_str()),
                    (None, Reader::Client) => name,
                    (None, Reader::Support) => format!("{name} (the client)"),
                }
            }
            (Actor::LassoSupport { .. }, Reader::Client) => "Lasso support".to_owned(),
            (Actor::LassoSupport { subject, person }, Reader::Support) => {
                format!("{} (Lasso support)", name_of(subject, person.as_ref()))
            }
            (Actor::LinkHolder { .. }, _) => "A person with a link to the records".to_owned(),
            (Actor::Service, _) => "Lasso".to_owned(),
        }
    }

    fn internal(&self) -> Option<&Internal> {
        self.evidence
            .and_then(|evidence| evidence.internal.as_ref())
    }

    fn verification(&self, reader: Reader) -> String {
        match (reader, self.internal()) {
            (Reader::Support, Some(Internal::Withheld { .. })) => {
                "Amazon SES verified the domain; the final step was left to Lasso support."
                    .to_owned()
            }
            (Reader::Client | Reader::Support, _) => "Amazon SES verified the domain.".to_owned(),
        }
    }

    /// A look has no reason for a failure; the state before it does.
    fn failure(&self, facts: Option<&Facts>) -> &'static str {
        let reason = match facts {
            Some(Facts::Failure(failure)) => Some(failure.reason),
            Some(_) | None => match self.from {
                Some(Status::Pending) => Some(FailureReason::SesGaveUp),
                Some(
                    Status::Verified | Status::Authenticated | Status::AtRisk | Status::Rejected,
                ) => Some(FailureReason::SesRevoked),
                Some(
                    Status::Contested | Status::Provisioning | Status::Failed | Status::Removing,
                )
                | None => None,
            },
        };
        match reason {
            Some(FailureReason::DeadlinePassed) => {
                "Amazon SES looked for the records for 72 hours without finding them."
            }
            Some(FailureReason::SesGaveUp) => {
                "Amazon SES stopped looking for the records before it found them."
            }
            Some(FailureReason::SesRevoked) => {
                "Amazon SES no longer found the records and took its verification back."
            }
            Some(FailureReason::IdentityGone) => "Amazon SES no longer had the domain registered.",
            Some(FailureReason::RefusedBySes) => "Amazon SES did not accept the domain's name.",
            None => "Amazon SES did not verify the domain.",
        }
    }

    /// "We are ready", or a note if there is no final step to be ready for, up to the end of the sentence.
    fn call(&self, facts: Option<&Facts>) -> String {
        let call = call_in(facts);
        let told = match self.from.unwrap_or(self.to) {
            // A name that Amazon SES does not accept.
            Status::Failed if note_of(call).is_none() => {
                return match self.actor {
                    Actor::LassoSupport { .. } => "asked about the domain for the client.",
                    Actor::ClientAdmin { .. } | Actor::LinkHolder { .. } | Actor::Service => {
                        "asked Lasso support about the domain."
                    }
                }
                .to_owned();
            }
            Status::Failed | Status::Removing | Status::Authenticated | Status::AtRisk => {
                return format!("wrote a note{}", note_in(call));
            }
            // A client must not tell these two states apart, and in the first Lasso support is not told.
            Status::Contested | Status::Provisioning if note_of(call).is_none() => {
                return "said that the domain was ready.".to_owned();
            }
            Status::Contested | Status::Provisioning => {
                return format!("wrote a note{}", note_in(call));
            }
            Status::Pending | Status::Verified | Status::Rejected => match self.actor {
                Actor::LassoSupport { .. } => {
                    "said for the client that the domain was ready for the final step"
                }
                Actor::ClientAdmin { .. } | Actor::LinkHolder { .. } | Actor::Service => {
                    "told Lasso support that the domain was ready for the final step"
                }
            },
        };
        let missing = call.map_or(0, |call| call.missing.len());
        let missing = match missing {
            0 => return format!("{told}{}", said(call)),
            1 => "one thing".to_owned(),
            more => format!("{more} things"),
        };
        let written = ending(", and wrote ", note_of(call));
        format!("{told}, with {missing} still missing{written}")
    }

    fn proof(&self, who: &str, reader: Reader, facts: Option<&Facts>) -> String {
        let found = "The ownership record was found";
        match (self.actor, facts) {
            (
                Actor::LassoSupport { .. } | Actor::ClientAdmin { .. } | Actor::LinkHolder { .. },
                _,
            ) => {
                format!(
                    "{who} decided that the domain is this client's{}",
                    self.explained(reader)
                )
            }
            (Actor::Service, Some(Facts::Decision(_))) => format!(
                "Lasso support decided that the domain is this client's{}",
                self.explained(reader)
            ),
            (Actor::Service, _) => match (reader, self.internal()) {
                (Reader::Support, Some(Internal::Holders { holders })) if !holders.is_empty() => {
                    let holders = shortened(&one_line(&holders.join(", ")));
                    format!("{found}, while the name was held by {holders}.")
                }
                (Reader::Client | Reader::Support, _) => format!("{found}."),
            },
        }
    }

    fn challenge(&self, reader: Reader) -> String {
        let asked = "and Lasso support was asked to decide";
        match (reader, self.internal()) {
            (Reader::Support, Some(Internal::Challenged { challenger })) => format!(
                "The client {} proved that {} is its own, {asked}.",
                challenger.client,
                challenger.name.to_unicode()
            ),
            (Reader::Client | Reader::Support, _) => format!(
                "Another client proved that this domain, or one above or below it, is its own, \
                 {asked}."
            ),
        }
    }

    fn loss(&self, who: &str, reader: Reader) -> String {
        let loss = self.evidence.map(|evidence| loss_of(&evidence.facts));
        if loss.is_none()
            && let Actor::LassoSupport { .. } = self.actor
        {
            // The client was erased, so the reason is gone.
            return format!("{who} ended the client's claim to the domain.");
        }
        let loss = loss.unwrap_or_default();
        match loss.reason.map_or(ShownReason::Contested, ShownReason::of) {
            ShownReason::ProvenByAnotherClient => match (reader, self.internal()) {
                (Reader::Support, Some(Internal::Claimant(claimant))) => format!(
                    "The client {} proved that {} is its own, and took the domain over.",
                    claimant.client,
                    claimant.name.to_unicode()
                ),
                (Reader::Client | Reader::Support, _) => {
                    "Another client proved that this domain, or one above it, is its own, and took \
                     the domain over."
                        .to_owned()
                }
            },
            ShownReason::ReleasedByLassoSupport => {
                let who = match self.actor {
                    Actor::LassoSupport { .. } => who,
                    Actor::ClientAdmin { .. } | Actor::LinkHolder { .. } | Actor::Service => {
                        "Lasso support"
                    }
                };
                let why = ending(": ", loss.explanation);
                format!("{who} ended the client's claim to the domain{why}")
            }
            ShownReason::Contested => match (reader, loss.reason) {
                (Reader::Support, Some(_of_ses)) => {
                    "Amazon SES had an identity of the name that was not made for this client, so \
                     Lasso asked for proof that the domain is the client's own."
                        .to_owned()
                }
                (Reader::Client | Reader::Support, _) => {
                    "Lasso asked for proof that the domain is the client's own.".to_owned()
                }
            },
        }
    }

    fn removal(&self, who: &str, reader: Reader, facts: Option<&Facts>) -> String {
        match facts {
            Some(Facts::Expired(expired)) => match expired.reason {
                Expiry::NotProven => {
                    "The claim ended, because its ownership record was not found within 14 days."
                        .to_owned()
                }
                Expiry::Abandoned => {
                    "The domain was removed, because it had failed and was not restarted within 30 \
                     days."
                        .to_owned()
                }
            },
            Some(Facts::Loss(_)) => self.loss(who, reader),
            Some(_) | None => format!("{who} removed the domain."),
        }
    }

    /// Why Lasso support decided, if the reader may know it, up to the end of the sentence.
    fn explained(&self, reader: Reader) -> String {
        let why = match (reader, self.internal()) {
            (
                Reader::Support,
                Some(Internal::Explanation { explanation: why } | Internal::Reason { reason: why }),
            ) => Some(why.as_str()),
            (Reader::Client | Reader::Support, _) => None,
        };
        ending(": ", why)
    }
}

#[cfg(test)]
#[path = "sentences_tests.rs"]
mod tests;
