//! The records by email to whoever publishes them.

use jiff::SignedDuration;

use super::StoreTools;
use super::failure::{Failure, existing};
use crate::attempts::{Attempts, is_written};
use crate::dns::DnsLook;
use crate::domain::Domain;
use crate::evidence;
use crate::handoff::{Handoff, HandoffError, Sender, letter};
use crate::history::{Action, Actor};
use crate::instructions::{CountInstructions, Counted, Day, Left, Letter, Recipient, SendLetter};
use crate::names::{ClientId, DomainName, EmailAddress, Note};
use crate::ports::{Clock, CommitChanges, CommitError, Ports, ReadDomains, SesError};

/// What a client wants sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// To whom.
    pub to: EmailAddress,
    /// What the client has to say about it.
    pub note: Option<Note>,
}

/// An email that is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What SES took.
    pub letter: Letter,
    /// How many there may still be today.
    pub left: Left,
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum InstructionsRefusal {
    /// There are no records yet.
    #[error("there are no records to send")]
    NotReady,
    /// A limit was reached.
    #[error("there were enough emails today")]
    Limit {
        /// Of the domain, or of the client.
        of_domain: bool,
        /// How long to wait.
        wait: SignedDuration,
    },
    /// The address has had enough emails today.
    #[error("there were enough emails to this address today")]
    RecipientLimit {
        /// How long to wait.
        wait: SignedDuration,
    },
    /// The email has no text.
    #[error(transparent)]
    Unrendered(#[from] HandoffError),
    /// SES did not take it, or nobody knows whether it did.
    #[error(transparent)]
    Ses(#[from] SesError),
}

/// Why it was not done.
pub type InstructionsError = Failure<InstructionsRefusal>;

/// Sends the records of a domain to one address. The email is counted first: one that dies with the
/// function counts.
pub async fn send_instructions<P>(
    tools: &StoreTools<'_, P>,
    mail: &P::Mail,
    (client, name): (&ClientId, &DomainName),
    order: &Order,
    actor: &Actor,
) -> Result<Sent, InstructionsError>
where
    P: Ports<Store: ReadDomains + CommitChanges + CountInstructions, Mail: SendLetter>,
{
    let StoreTools { store, clock, .. } = *tools;
    let domain = existing(store, client, name).await?;
    let look = store.look(client, name).await?;
    let letter = letter_of(&domain, look.as_ref(), order, actor)?;

    let now = clock.now();
    let day = Day::of(now);
    let wait = day.end().duration_since(now);
    let limit = |of_domain| Failure::Refused(InstructionsRefusal::Limit { of_domain, wait });
    let to = Recipient::of(&order.to);
    let left = match store.count(client, name, &to, day).await? {
        Counted::Yes(left) => left,
        Counted::DomainLimit => return Err(limit(true)),
        Counted::ClientLimit => return Err(limit(false)),
        Counted::RecipientLimit => {
            return Err(Failure::Refused(InstructionsRefusal::RecipientLimit {
                wait,
            }));
        }
    };
    if let Err(error) = mail.send(&order.to, &letter).await {
        match &error {
            // Certainly not sent.
            SesError::Throttled { .. } | SesError::Refused { .. } => {
                store.give_back(client, name, &to, day).await?;
            }
            SesError::Unavailable { .. } => {}
        }
        return Err(error.into());
    }
    if let Err(error) = remember(tools, domain, order, actor).await {
        // It is on its way: an error would make the caller send it twice.
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "an email with instructions is in no history"
        );
    }
    Ok(Sent { letter, left })
}

fn letter_of(
    domain: &Domain,
    look: Option<&DnsLook>,
    order: &Order,
    actor: &Actor,
) -> Result<Letter, InstructionsError> {
    let records = domain.records();
    if records.is_empty() {
        return Err(Failure::Refused(InstructionsRefusal::NotReady));
    }
    let handoff = Handoff {
        domain: &domain.name,
        zone: look.and_then(DnsLook::zone),
        records: &records,
        observations: look.map_or(&[], |look| &look.observations),
        client: &domain.client,
    };
    let sender = Sender {
        client: &domain.client,
        communities: domain.communities().collect(),
        contact: domain.contact_email.as_ref(),
        note: order.note.as_ref(),
        by_support: match actor {
            Actor::LassoSupport { .. } => true,
            Actor::ClientAdmin { .. } | Actor::Service => false,
        },
    };
    letter(&handoff, &sender).map_err(|error| Failure::Refused(error.into()))
}

/// A line of history, with the address made unrecognizable: history is kept for good.
async fn remember<P>(
    tools: &StoreTools<'_, P>,
    mut domain: Domain,
    order: &Order,
    actor: &Actor,
) -> Result<(), CommitError>
where
    P: Ports<Store: ReadDomains + CommitChanges>,
{
    let StoreTools { store, clock, ids } = *tools;
    let now = clock.now();
    let evidence = evidence::of_letter(&order.to, order.note.as_ref());
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let (actor, evidence) = (actor.clone(), Some(evidence.clone()));
        let change = domain.acted(Action::InstructionsSent, actor, evidence, now, |_| {});
        if is_written(store.commit(&change).await)? {
            return Ok(());
        }
        match store.domain(&domain.client, &domain.name).await? {
            Some(fresh) => domain = fresh,
            None => return Ok(()),
        }
    }
    Err(CommitError::Conflict)
}
