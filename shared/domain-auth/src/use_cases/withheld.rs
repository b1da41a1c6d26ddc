//! Reasons for which the service does not take the final step automatically. A verified status at
//! SES is not enough: SES also reports it for a domain below a verified one, or for a domain whose
//! records another client has left behind.

use jiff::Timestamp;

use super::confirm::{self, CONFIRM_PATIENCE};
use super::registers::register_of;
use super::{SesTools, Tools};
use crate::claims::ClaimRegister;
use crate::dns::{Lookup, Sighting};
use crate::domain::{Change, Domain};
use crate::event::EventType;
use crate::evidence::{Internal, WithheldReason};
use crate::history::Action;
use crate::identity::AxisStatus;
use crate::ports::{Clock, Identities, Operation, Ports, ReadClaims, SesError};
use crate::records::{Record, RecordId};

/// Why Lasso support has to take the final step although the operator wants the service to take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Withheld {
    /// The name mixes scripts as names made to imitate others do.
    Imitates,
    /// Lasso support has rejected the domain before.
    RejectedBefore,
    /// SES has not seen the three DKIM records of this domain.
    WithoutDkim,
    /// The three DKIM records were seen at fewer name servers than required.
    RecordsNotSeen {
        /// Name servers that showed them.
        seen: usize,
        /// Name servers that should have shown them.
        of: usize,
    },
    /// A domain above this one belongs to another client, and this client has not proven its own.
    BelowAnothers,
    /// Another client held this name before. Its records may still be in DNS, and this client has
    /// not proven the name.
    Leftovers,
    /// SES refused to give the identity its configuration set.
    RefusedBySes,
    /// The identity at SES does not have the tags of this stack and of this client.
    NotOurs,
}

/// What happens by itself if the reason may end.
const AGAIN: &str = " Lasso tries it again automatically.";

/// Data for the decision is missing at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Undecided;

impl Withheld {
    /// The code in the history, which the client does not see.
    fn reason(self) -> WithheldReason {
        match self {
            Self::Imitates => WithheldReason::NameImitates,
            Self::RejectedBefore => WithheldReason::RejectedBefore,
            Self::WithoutDkim => WithheldReason::DkimNotVerified,
            Self::RecordsNotSeen { .. } => WithheldReason::RecordsNotSeen,
            Self::BelowAnothers => WithheldReason::BelowADomainOfAnother,
            Self::Leftovers => WithheldReason::HeldByAnotherBefore,
            Self::RefusedBySes => WithheldReason::RefusedBySes,
            Self::NotOurs => WithheldReason::IdentityNotOurs,
        }
    }

    /// A sentence for Lasso support.
    fn sentence(self) -> String {
        let why = match self {
            Self::Imitates => "the name mixes scripts, as names that imitate other names do",
            Self::RejectedBefore => "Lasso support has rejected the domain before",
            Self::WithoutDkim => "Amazon SES has not seen the three DKIM records of this domain",
            Self::RecordsNotSeen { seen, of } => {
                return format!(
                    "The automatic final step was not taken: over TCP, the three DKIM records were \
                     seen at {seen} of {of} name servers.{AGAIN}"
                );
            }
            Self::BelowAnothers => {
                "the domain is below a domain that this client does not hold, and the client has not \
                 proven that it is its own"
            }
            Self::Leftovers => {
                "another client held this domain before, its records may still be in DNS, and this client \
                 has not proven that the domain is its own"
            }
            Self::RefusedBySes => "Amazon SES refused the configuration set",
            Self::NotOurs => "the identity at Amazon SES is not this client's",
        };
        let again = if self.may_end_soon() { AGAIN } else { "" };
        format!("The automatic final step was not taken: {why}.{again}")
    }

    /// Whether the reason may end within minutes.
    fn may_end_soon(self) -> bool {
        match self {
            Self::WithoutDkim | Self::RecordsNotSeen { .. } => true,
            Self::Imitates | Self::RejectedBefore | Self::BelowAnothers => false,
            Self::Leftovers | Self::RefusedBySes | Self::NotOurs => false,
        }
    }
}

/// Why the service does not complete a domain that SES reports as verified; `None` if it does.
/// Reasons that cost no call are checked first.
pub(super) async fn withheld<P>(
    tools: &Tools<'_, P>,
    domain: &Domain,
    until: Timestamp,
) -> Result<Option<Withheld>, Undecided>
where
    P: Ports<Store: ReadClaims, Ses: Identities, Dns: Lookup>,
{
    let dkim = domain.ses.map(|ses| ses.status.dkim);
    let known = [
        (domain.name.mixes_scripts(), Withheld::Imitates),
        (domain.was_rejected, Withheld::RejectedBefore),
        (dkim != Some(AxisStatus::Success), Withheld::WithoutDkim),
    ];
    if let Some((_, why)) = known.into_iter().find(|(applies, _)| *applies) {
        return Ok(Some(why));
    }
    let claims = register_of(tools.store, domain).await;
    let claims = claims.map_err(|error| {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(
            error,
            "the claims could not be read; the final step has to wait"
        );
        Undecided
    })?;
    if let Some(why) = rests_on_others(tools, domain, &claims, until).await? {
        return Ok(Some(why));
    }
    if tools.clock.now() + CONFIRM_PATIENCE > until {
        return Err(Undecided);
    }
    let records: Vec<Record> = domain.records().into_iter().filter(is_dkim).collect();
    let sighting = confirm::sighting(tools.dns, tools.clock, &records).await;
    Ok(match sighting {
        Sighting::Confirmed { .. } => None,
        Sighting::Unconfirmed { seen, of } => Some(Withheld::RecordsNotSeen { seen, of }),
    })
}

/// Whether SES may have verified the domain because of another client's identity or records. A name
/// that its client has proven is its own.
async fn rests_on_others(
    tools: &SesTools<'_, impl Ports<Ses: Identities>>,
    domain: &Domain,
    claims: &ClaimRegister,
    until: Timestamp,
) -> Result<Option<Withheld>, Undecided> {
    let own = claims.claim(&domain.name);
    if own.is_some_and(|own| own.client == domain.client && own.proven_at.is_some()) {
        return Ok(None);
    }
    if claims.was_anothers(&domain.name, &domain.client) {
        return Ok(Some(Withheld::Leftovers));
    }
    for above in domain.name.ancestors() {
        match claims.holder(&above) {
            Some(holder) if *holder == domain.client => return Ok(None),
            Some(_) => return Ok(Some(Withheld::BelowAnothers)),
            None => {}
        }
        if tools.clock.now() >= until {
            return Err(Undecided);
        }
        let describe = || tools.ses.describe(&above);
        let operation = Operation::GetEmailIdentity;
        let identity = tools.paced(operation, describe).await;
        if identity
            .map_err(|error| undecided(&error))?
            .is_some_and(|it| it.verified)
        {
            return Ok(Some(Withheld::BelowAnothers));
        }
    }
    Ok(None)
}

fn undecided(error: &SesError) -> Undecided {
    let error = error as &dyn std::error::Error;
    tracing::info!(
        error,
        "SES did not say what it has above a domain; the final step waits"
    );
    Undecided
}

fn is_dkim(record: &Record) -> bool {
    match record.id {
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => true,
        RecordId::Verification | RecordId::MailFromMx | RecordId::MailFromSpf => false,
        RecordId::Dmarc | RecordId::Ownership => false,
    }
}

/// The change with an event that tells Lasso support why a person is needed. If the reason may end
/// within minutes, the domain is looked at often.
pub(super) fn left_to_a_person(mut change: Change, why: Withheld, now: Timestamp) -> Change {
    let verified = change.history.iter_mut().rev();
    let verified = verified.filter(|line| line.action == Action::Verified);
    for line in verified.take(1) {
        let withheld = Internal::Withheld {
            final_step_withheld: why.reason(),
        };
        let evidence = line.evidence.take();
        line.evidence = evidence.map(|evidence| evidence.with_internal(withheld));
        if why.may_end_soon() {
            change.domain.hurried_at = Some(now);
        }
    }
    if let Some(event) = &mut change.event
        && event.event_type == EventType::Verified
    {
        event.summary = format!("{} {}", event.summary, why.sentence());
    }
    change
}
