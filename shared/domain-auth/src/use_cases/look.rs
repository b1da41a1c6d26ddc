//! A look at a domain: the answers of SES and DNS, and what they mean for its state.

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use jiff::{SignedDuration, Timestamp};

use super::SesTools;
use crate::diagnosis::{Context, Probes, diagnose, probes_for, questions_for};
use crate::dns::{DnsLook, Lookup, Observation, Question, ZoneOutcome};
use crate::domain::{Change, Domain};
use crate::evidence;
use crate::history::Actor;
use crate::identity::{AxisStatus, MailFromLabel, SesLook, SesStatus};
use crate::mail_from::{choose_label, questions_for_labels};
use crate::missing::standings;
use crate::names::DomainName;
use crate::ports::{Clock, IdentityStatuses, Ids, Operation, Ports, SesError};
use crate::state::{FailureReason, State, Status, Trigger, TriggerKind};
use crate::watching::{self, Sight, Watch};

/// The maximum number of rounds of queries for one domain: the records, probes that explain
/// problems, and one for each level of an SPF record, of which there are at most ten (RFC 7208
/// section 4.6.4). Most domains take two.
const ROUNDS: usize = 14;

/// How long a DNS look of one domain may take. A question without an answer by then is unknown.
pub(super) const LOOK_PATIENCE: SignedDuration = SignedDuration::from_secs(15);

/// How long the registration waits to learn whether a MAIL FROM label is free.
const LABEL_PATIENCE: SignedDuration = SignedDuration::from_millis(1_500);

/// Looks at the records of a domain. `None` if it has no records yet.
pub async fn look_at_dns(
    dns: &impl Lookup,
    clock: &impl Clock,
    domain: &Domain,
    ses: Option<SesStatus>,
) -> Option<DnsLook> {
    let deadline = clock.now() + LOOK_PATIENCE;
    look_until(dns, clock, domain, ses, Ahead::default(), deadline).await
}

/// DNS answers from before a look.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// The zone that holds the domain; `None` if it was not queried, or not found in time.
    pub(super) zone: Option<ZoneOutcome>,
    /// Answers to some of the questions of the look.
    pub(super) observations: Vec<Observation>,
}

/// [`look_at_dns`] until `deadline`, with some answers from before.
pub(super) async fn look_until(
    dns: &impl Lookup,
    clock: &impl Clock,
    domain: &Domain,
    ses: Option<SesStatus>,
    ahead: Ahead,
    deadline: Timestamp,
) -> Option<DnsLook> {
    let records = domain.records();
    if records.is_empty() {
        return None;
    }
    let zone = match ahead.zone {
        Some(zone) => Some(zone),
        None => before(deadline, clock, dns.zone(domain.name.as_str())).await,
    };
    let zone = zone.unwrap_or(ZoneOutcome::Unknown { failure: None });
    let known = match &zone {
        ZoneOutcome::Found(zone) => Some(zone),
        ZoneOutcome::NoSuchDomain | ZoneOutcome::Unknown { .. } => None,
    };
    let context = Context {
        domain: &domain.name,
        zone: &zone,
        former: &domain.former_tokens,
        ses,
        sightings: Some(&domain.sightings),
    };
    let questions = questions_for(&domain.name, &records, known);
    let mut observations = first_round(dns, clock, &questions, ahead.observations, deadline).await;
    for _ in 1..ROUNDS {
        let probes = probes_for(&context, &records, &observations);
        if observations.is_empty() || probes.is_empty() {
            break;
        }
        let answers = before(deadline, clock, ask(dns, &probes)).await;
        match answers {
            Some(answers) => observations.extend(answers),
            None => break,
        }
    }
    let diagnosis = diagnose(&context, &records, &observations);
    Some(DnsLook::new(zone, diagnosis, observations, &records))
}

/// The answers to `questions`, in their order: the ones in `ahead`, and the others if all of them
/// arrive before the deadline.
async fn first_round(
    dns: &impl Lookup,
    clock: &impl Clock,
    questions: &[Question],
    ahead: Vec<Observation>,
    deadline: Timestamp,
) -> Vec<Observation> {
    let place = |asked: &Question| questions.iter().position(|question| question == asked);
    let mut observations = ahead;
    observations.retain(|observation| place(&observation.question).is_some());
    let is_open =
        |question: &&Question| !observations.iter().any(|seen| seen.question == **question);
    let open: Vec<Question> = questions.iter().filter(is_open).cloned().collect();
    if !open.is_empty() {
        let answers = before(deadline, clock, dns.observe(&open)).await;
        observations.extend(answers.unwrap_or_default());
        observations.sort_by_key(|observation| place(&observation.question));
    }
    observations
}

async fn ask(dns: &impl Lookup, probes: &Probes) -> Vec<Observation> {
    let mut observations = Vec::new();
    if !probes.aliases.is_empty() {
        observations.extend(dns.observe(&probes.aliases).await);
    }
    if !probes.explaining.is_empty() {
        observations.extend(dns.observe_source(&probes.explaining).await);
    }
    observations
}

/// The MAIL FROM label to propose: the first candidate whose name is unused. If DNS does not answer
/// soon, the default.
pub async fn free_label(
    dns: &impl Lookup,
    clock: &impl Clock,
    name: &DomainName,
    region: &str,
) -> MailFromLabel {
    let questions = questions_for_labels(name);
    let deadline = clock.now() + LABEL_PATIENCE;
    match before(deadline, clock, dns.observe(&questions)).await {
        Some(observations) => choose_label(name, region, &observations).label,
        None => MailFromLabel::default_label(),
    }
}

/// The output of a future, if it is ready before the deadline.
pub(super) async fn before<F: Future>(
    deadline: Timestamp,
    clock: &impl Clock,
    future: F,
) -> Option<F::Output> {
    let left = Duration::try_from(deadline.duration_since(clock.now())).ok()?;
    let (future, deadline) = (pin!(future), pin!(clock.sleep(left)));
    match select(future, deadline).await {
        Either::Left((answer, _)) => Some(answer),
        Either::Right(_) => None,
    }
}

/// Asks SES for the three axes of at most [`crate::ports::STATUS_BATCH`] identities, at the same
/// time.
pub async fn statuses(
    tools: &SesTools<'_, impl Ports<Ses: IdentityStatuses>>,
    names: &[DomainName],
) -> Result<HashMap<DomainName, SesStatus>, SesError> {
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let ses = tools.ses;
    let (verification, dkim, mail_from) = futures::future::try_join3(
        tools.paced(Operation::GetIdentityVerificationAttributes, || {
            ses.verification(names)
        }),
        tools.paced(Operation::GetIdentityDkimAttributes, || ses.dkim(names)),
        tools.paced(Operation::GetIdentityMailFromDomainAttributes, || {
            ses.mail_from(names)
        }),
    )
    .await?;
    let axis = |axis: &HashMap<DomainName, AxisStatus>, name| {
        axis.get(name).copied().unwrap_or(AxisStatus::NotStarted)
    };
    Ok(names
        .iter()
        .map(|name| {
            let status = SesStatus {
                verification: axis(&verification, name),
                dkim: axis(&dkim, name),
                mail_from: axis(&mail_from, name),
            };
            (name.clone(), status)
        })
        .collect())
}

/// The change of a domain after a look. Without an answer, only the time of the next look changes.
/// One bad look at a domain that SES has verified does not change its state yet ([`watching`]).
pub fn after_look(
    domain: &Domain,
    ses: Option<SesStatus>,
    dns: Option<DnsLook>,
    now: Timestamp,
    ids: &impl Ids,
) -> Change {
    let watch = domain.watch.having_seen(ses, dns.as_ref());
    let sight = if watching::is_watched(domain.state.status()) {
        watching::sight(domain, ses, dns.as_ref())
    } else {
        Sight::Unknown
    };
    let trigger = ses
        .and_then(|status| trigger_of(domain, status, now))
        .or_else(|| trigger_of_sight(domain, sight, now));
    let seen = || evidence::of_look(ses, dns.as_ref());
    let moved = trigger.and_then(|trigger| {
        let evidence = if trigger.kind() == TriggerKind::RecordsBroken {
            evidence::of_broken(ses, dns.as_ref(), domain.watch.bad_since)
        } else {
            seen()
        };
        domain
            .transition(trigger, Actor::Service, Some(evidence), now, ids)
            .ok()
    });
    let mut change = match moved {
        Some(mut change) => {
            change.domain.watch = Watch {
                bad_since: None,
                held_back_since: None,
                ..watch
            };
            change
        }
        None => domain.looked_at(|domain| domain.watch = watch.after(sight, now), now),
    };
    // An answer from SES without DNS is only half of a check.
    if dns.is_some() || domain.records().is_empty() {
        change.answer_check(domain, seen, now);
    }
    if let Some(status) = ses {
        change.domain.ses = Some(SesLook {
            status,
            looked_at: now,
            details_at: Some(now),
        });
    }
    if let Some(look) = dns {
        note_look(&mut change, look, now);
    }
    change
}

/// Puts what DNS returned into a change. Its text is stored only if it differs from the stored one.
pub(super) fn note_look(change: &mut Change, look: DnsLook, now: Timestamp) {
    let before = change.domain.look_digest;
    change.domain.saw_dns(&look.diagnosis, now);
    let look = look.bounded();
    if let Some(event) = &mut change.event {
        event.records = standings(&change.domain.records(), Some(&look));
    }
    let digest = look.digest();
    if digest.is_none() || digest != before {
        change.domain.look_digest = digest;
        change.look = Some(look);
    }
}

/// Whether a change takes something away from a domain that SES had verified, or is about to.
pub fn is_downgrade(before: &Domain, change: &Change) -> bool {
    let (from, to) = (before.state.status(), change.domain.state.status());
    let broke = from != to && matches!(to, Status::AtRisk | Status::Failed);
    let doubted = before.watch.bad_since.is_none() && change.domain.watch.bad_since.is_some();
    watching::is_watched(from) && (broke || doubted)
}

/// The second bad look at a domain that Lasso sends for puts it at risk. The first good look ends
/// this.
fn trigger_of_sight(domain: &Domain, sight: Sight, now: Timestamp) -> Option<Trigger> {
    match (&domain.state, sight) {
        (State::Authenticated(_), Sight::Bad(broken)) if domain.watch.is_second(now) => {
            Some(Trigger::RecordsBroken {
                reason: broken.sentence(),
            })
        }
        (State::AtRisk(_), Sight::Good) => Some(Trigger::RecordsRecovered),
        (_, Sight::Good | Sight::Bad(_) | Sight::Unknown) => None,
    }
}

/// The trigger that follows from the SES status. "Not yet" is never "failed".
fn trigger_of(domain: &Domain, status: SesStatus, now: Timestamp) -> Option<Trigger> {
    use AxisStatus::{Failed, NotStarted, Pending, Success, TemporaryFailure};
    match &domain.state {
        State::Pending(pending) => match status.verification {
            Success => Some(Trigger::SesVerified),
            Failed => Some(Trigger::SesFailed(FailureReason::SesGaveUp)),
            Pending | NotStarted | TemporaryFailure => (now >= pending.deadline)
                .then_some(Trigger::SesFailed(FailureReason::DeadlinePassed)),
        },
        State::Failed(_) => {
            let verified = status.verification == Success && !domain.state.is_without_identity();
            verified.then_some(Trigger::SesVerified)
        }
        State::Verified(_) | State::Authenticated(_) | State::AtRisk(_) | State::Rejected(_) => {
            (status.verification == Failed).then_some(Trigger::SesFailed(FailureReason::SesRevoked))
        }
        State::Contested(_) | State::Provisioning(_) | State::Removing(_) => None,
    }
}
