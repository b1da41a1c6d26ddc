//! The DNS look when a domain is added. With it, the first response, and a hand-off right after it,
//! know the zone, the DNS provider and whether a DMARC policy is published.
//!
//! The zone and the DMARC policy do not depend on SES, so they are queried while SES is called. The
//! records are queried after that. The poller handles queries without an answer in time: the domain
//! stays due.

use std::pin::pin;

use futures::future::{Either, join, join_all, select};
use jiff::{SignedDuration, Timestamp};

use super::StoreTools;
use super::look::{Ahead, after_look, before, look_until};
use crate::diagnosis::{dmarc_name, questions_for};
use crate::dns::{DnsLook, Lookup, Observation, Question, RecordType, ZoneOutcome};
use crate::domain::Domain;
use crate::names::DomainName;
use crate::ports::{Clock, CommitChanges, CommitError, Ports, ReadDomains, StoreError};
use crate::state::Status;

/// How long the caller waits for DNS after the calls to SES have ended, counted from the beginning.
const DNS_PATIENCE: SignedDuration = SignedDuration::from_secs(3);

/// How long the caller waits for the write of a look. A slower write may still succeed.
const WRITE_PATIENCE: SignedDuration = SignedDuration::from_secs(1);

/// A domain and its stored DNS look, if there is one.
pub type Looked = (Domain, Option<DnsLook>);

/// Looks at the DNS of `name` while `registered` calls SES, and writes the look with the domain
/// that `registered` returns. The time of the poller's next look does not change.
///
/// The domain is returned unchanged if it has no records yet, if it was looked at before, or if DNS
/// gave no answer in time.
///
/// # Errors
///
/// The store did not answer. A look that was not written is not an error: the poller looks again.
pub async fn first_look<P>(
    tools: &StoreTools<'_, P>,
    dns: &P::Dns,
    name: &DomainName,
    registered: impl Future<Output = Domain>,
) -> Result<Looked, StoreError>
where
    P: Ports<Store: ReadDomains + CommitChanges, Dns: Lookup>,
{
    let begun = tools.clock.now();
    let deadline = begun + DNS_PATIENCE;
    let ahead = pin!(look_ahead(dns, tools.clock, name, deadline));
    let (domain, mut ahead) = match select(pin!(registered), ahead).await {
        Either::Left((domain, _)) if !wants_look(&domain) => return stored(tools, domain).await,
        Either::Left((domain, ahead)) => (domain, ahead.await),
        Either::Right((ahead, registered)) => (registered.await, ahead),
    };
    if !wants_look(&domain) {
        return stored(tools, domain).await;
    }
    let open = open_questions(&domain, &ahead);
    let answers = observe_each(dns, tools.clock, &open, deadline).await;
    ahead.observations.extend(answers);
    let look = look_until(dns, tools.clock, &domain, None, ahead, deadline).await;
    match look.filter(tells_something) {
        Some(look) => write(tools, domain, look, begun).await,
        None => Ok((domain, None)),
    }
}

/// Whether the domain has records and was never looked at.
fn wants_look(domain: &Domain) -> bool {
    let is_new = match domain.state.status() {
        Status::Contested | Status::Pending => true,
        Status::Provisioning | Status::Verified | Status::Authenticated | Status::AtRisk => false,
        Status::Failed | Status::Rejected | Status::Removing => false,
    };
    is_new && domain.dns_looked_at.is_none()
}

async fn stored<P>(tools: &StoreTools<'_, P>, domain: Domain) -> Result<Looked, StoreError>
where
    P: Ports<Store: ReadDomains>,
{
    let look = match domain.dns_looked_at {
        Some(_) => tools.store.look(&domain.client, &domain.name).await?,
        None => None,
    };
    Ok((domain, look))
}

/// The queries that do not need the tokens from SES.
async fn look_ahead(
    dns: &impl Lookup,
    clock: &impl Clock,
    name: &DomainName,
    deadline: Timestamp,
) -> Ahead {
    let mut names = vec![dmarc_name(name.as_str()), dmarc_name(name.organizational())];
    names.dedup();
    let policies = names.into_iter().map(|name| Question {
        name,
        record_type: RecordType::Txt,
    });
    let policies: Vec<Question> = policies.collect();
    let (zone, observations) = join(
        before(deadline, clock, dns.zone(name.as_str())),
        observe_each(dns, clock, &policies, deadline),
    )
    .await;
    Ahead { zone, observations }
}

/// The first questions about the records that have no answer yet.
fn open_questions(domain: &Domain, ahead: &Ahead) -> Vec<Question> {
    let zone = match &ahead.zone {
        Some(ZoneOutcome::Found(zone)) => Some(zone),
        Some(ZoneOutcome::NoSuchDomain | ZoneOutcome::Unknown { .. }) | None => None,
    };
    let mut questions = questions_for(&domain.name, &domain.records(), zone);
    let answered = |asked: &Question| {
        ahead
            .observations
            .iter()
            .any(|seen| seen.question == *asked)
    };
    questions.retain(|question| !answered(question));
    questions
}

/// The answers that arrive before the deadline. Each question is asked separately, so that a name
/// with silent servers does not hide the answers for others.
async fn observe_each(
    dns: &impl Lookup,
    clock: &impl Clock,
    questions: &[Question],
    deadline: Timestamp,
) -> Vec<Observation> {
    let asked = questions.iter().map(|question| {
        let question = std::slice::from_ref(question);
        before(deadline, clock, dns.observe(question))
    });
    join_all(asked)
        .await
        .into_iter()
        .flatten()
        .flatten()
        .collect()
}

/// Whether DNS gave any answer in time. Without one, DNS counts as not looked at.
fn tells_something(look: &DnsLook) -> bool {
    match &look.zone {
        ZoneOutcome::Found(_) | ZoneOutcome::NoSuchDomain => true,
        ZoneOutcome::Unknown { .. } => !look.observations.is_empty(),
    }
}

/// Writes the look. If another process has changed the domain meanwhile, its look counts.
async fn write<P>(
    tools: &StoreTools<'_, P>,
    domain: Domain,
    look: DnsLook,
    begun: Timestamp,
) -> Result<Looked, StoreError>
where
    P: Ports<Store: ReadDomains + CommitChanges>,
{
    let now = tools.clock.now();
    let sightings = domain.sightings.after(look.diagnosis.states(), begun);
    let mut change = after_look(&domain, None, Some(look), now, tools.ids);
    change.domain.next_check = domain.next_check;
    // Not the time after the call to SES: it would reveal whether SES knows a contested name.
    change.domain.dns_looked_at = Some(begun);
    change.domain.sightings = sightings;
    let written = before(
        now + WRITE_PATIENCE,
        tools.clock,
        tools.store.commit(&change),
    )
    .await;
    match written {
        Some(Ok(())) => Ok((change.domain, change.look)),
        Some(Err(CommitError::Conflict)) => {
            let moved = tools.store.domain(&domain.client, &domain.name).await?;
            stored(tools, moved.unwrap_or(domain)).await
        }
        Some(Err(CommitError::Store(error))) => {
            tracing::warn!(
                domain = %domain.name,
                error = &error as &dyn std::error::Error,
                "the first look at DNS was not written; the poller looks again"
            );
            Ok((domain, None))
        }
        None => {
            tracing::warn!(
                domain = %domain.name,
                "the first look at DNS was not written in time; the poller looks again"
            );
            Ok((domain, None))
        }
    }
}
