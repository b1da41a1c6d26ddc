//! Sends the records by email to the person who publishes them.

use jiff::{SignedDuration, Timestamp};

use super::StoreTools;
use super::failure::{Failure, existing};
use super::links::{Made, emailed_link, end_unsent};
use crate::attempts::{Attempts, is_written};
use crate::dns::DnsLook;
use crate::domain::Domain;
use crate::evidence;
use crate::handoff::{Handoff, HandoffError, LettersPage, Sender, letter};
use crate::history::{Action, Actor};
use crate::instructions::{CountInstructions, Counted, Day, Left, Letter, Recipient, SendLetter};
use crate::names::{ClientId, DisplayName, DomainName, EmailAddress, Note};
use crate::ports::{Clock, CommitChanges, CommitError, Ports, ReadDomains, SesError};
use crate::state::Status;

/// A client's request to send the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The recipient.
    pub to: EmailAddress,
    /// The client's note to the recipient.
    pub note: Option<Note>,
}

/// An email that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The email that SES accepted.
    pub letter: Letter,
    /// How many more are allowed today.
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
        /// Whether it is the domain's limit; otherwise it is the client's.
        of_domain: bool,
        /// How long to wait.
        wait: SignedDuration,
    },
    /// The address has reached its daily limit.
    #[error("there were enough emails to this address today")]
    RecipientLimit {
        /// How long to wait.
        wait: SignedDuration,
    },
    /// Amazon SES has the address on its suppression list, and delivers nothing to it.
    #[error("the address is on the suppression list")]
    Suppressed,
    /// The email could not be rendered.
    #[error(transparent)]
    Unrendered(#[from] HandoffError),
    /// SES did not accept it, or it is unknown whether it did.
    #[error(transparent)]
    Ses(#[from] SesError),
}

/// Why the email was not sent.
pub type InstructionsError = Failure<InstructionsRefusal>;

/// Sends the records of a domain to one address, with a link to their page below `base`, unless
/// `base` is empty. The email is counted first, so it counts even if the function crashes. An email
/// to an address on the suppression list counts too, so that this call cannot be used to search the
/// list. The link is valid before the email is sent. If SES certainly did not accept the email, the
/// link ends.
pub async fn send_instructions<P>(
    tools: &StoreTools<'_, P>,
    mail: &P::Mail,
    (client, name): (&ClientId, &DomainName),
    order: &Order,
    actor: &Actor,
    base: &str,
) -> Result<Sent, InstructionsError>
where
    P: Ports<Store: ReadDomains + CommitChanges + CountInstructions, Mail: SendLetter>,
{
    let StoreTools { store, clock, .. } = *tools;
    let domain = existing(store, client, name).await?;
    let look = store.look(client, name).await?;
    // An email that cannot be rendered is refused before it is counted.
    letter_of(&domain, look.as_ref(), order, actor, None)?;

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
    if is_suppressed(mail, &order.to).await {
        return Err(Failure::Refused(InstructionsRefusal::Suppressed));
    }
    let made = match base {
        "" => Ok((domain, None)),
        _ => link_for_email(tools, (client, name)).await,
    };
    let (domain, link) = match made {
        Ok(made) => made,
        Err(error) => {
            store.give_back(client, name, &to, day).await?;
            return Err(error);
        }
    };
    let page = link.as_ref().map(|made| {
        let url = format!("{base}/handoff/{}", made.token.as_str());
        (url, made.link.ends_at)
    });
    let letter = letter_of(&domain, look.as_ref(), order, actor, page.as_ref())?;
    let message = match mail.send(&order.to, &letter).await {
        Ok(message) => message,
        Err(error) => {
            match &error {
                // Certainly not sent.
                SesError::Throttled { .. } | SesError::Refused { .. } => {
                    store.give_back(client, name, &to, day).await?;
                    if let Some(made) = &link {
                        end_unsent(tools, (client, name), &made.link.id).await?;
                    }
                }
                SesError::Unavailable { .. } => {}
            }
            return Err(error.into());
        }
    };
    if let Err(error) = remember(tools, domain, order, (actor, &message)).await {
        // It was sent: an error would make the caller send it twice.
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "an email with instructions is in no history"
        );
    }
    Ok(Sent { letter, left })
}

/// False if SES does not answer: then the email is sent, and SES refuses it if it wants to.
async fn is_suppressed(mail: &impl SendLetter, to: &EmailAddress) -> bool {
    match mail.is_suppressed(to).await {
        Ok(suppressed) => suppressed,
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the suppression list could not be read; the email is sent anyway"
            );
            false
        }
    }
}

fn letter_of(
    domain: &Domain,
    look: Option<&DnsLook>,
    order: &Order,
    actor: &Actor,
    page: Option<&(String, Timestamp)>,
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
        name: actor
            .client_name()
            .or(domain.client_name.as_ref().map(DisplayName::as_str)),
        communities: domain.communities().collect(),
        contact: domain.contact_email.as_ref(),
        note: order.note.as_ref(),
        deadline: domain.deadline().filter(|_| waits_for_records(domain)),
        page: page.map(|(url, ends_at)| LettersPage {
            url,
            ends_at: *ends_at,
        }),
        by_support: match actor {
            Actor::LassoSupport { .. } => true,
            Actor::ClientAdmin { .. } | Actor::LinkHolder { .. } | Actor::Service => false,
        },
    };
    letter(&handoff, &sender).map_err(|error| Failure::Refused(error.into()))
}

/// Whether the domain's deadline is that of its records.
fn waits_for_records(domain: &Domain) -> bool {
    match domain.state.status() {
        Status::Contested | Status::Pending => true,
        Status::Provisioning | Status::Verified | Status::Authenticated => false,
        Status::AtRisk | Status::Failed | Status::Rejected | Status::Removing => false,
    }
}

/// The domain with a new link for an email, and the link.
async fn link_for_email<P>(
    tools: &StoreTools<'_, P>,
    (client, name): (&ClientId, &DomainName),
) -> Result<(Domain, Option<Made>), InstructionsError>
where
    P: Ports<Store: ReadDomains + CommitChanges>,
{
    let StoreTools { store, clock, ids } = *tools;
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let domain = existing(store, client, name).await?;
        let (change, made) = emailed_link(&domain, clock.now(), ids);
        if is_written(store.commit(&change).await)? {
            return Ok((change.domain, Some(made)));
        }
    }
    Err(Failure::Busy)
}

/// Adds a line of history. The address is masked, because history is kept permanently.
async fn remember<P>(
    tools: &StoreTools<'_, P>,
    mut domain: Domain,
    order: &Order,
    (actor, message): (&Actor, &str),
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
        let change = domain.acted(Action::InstructionsSent, actor, evidence, now, |domain| {
            domain.instructions_sent(message);
        });
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
