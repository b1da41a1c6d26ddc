//! The event that reports a change: what it says about the domain, and the action that it asks of Lasso
//! support.

use jiff::Timestamp;

use super::{Domain, ReadyCall, RecordsSeen};
use crate::event::{Event, EventType, Links, SCHEMA_VERSION, staff_path};
use crate::names::EventId;
use crate::ports::Ids;
use crate::state::{Failed, FailureReason, State, Status};

impl Domain {
    pub(crate) fn event(
        &self,
        event_type: Option<EventType>,
        previous: Option<Status>,
        now: Timestamp,
        ids: &impl Ids,
    ) -> Option<Event> {
        event_type
            .map(|event_type| Event::about(self, event_type, ids.event_id(now), previous, now))
    }
}

impl Event {
    /// The event for `domain` as it is after the change.
    pub(crate) fn about(
        domain: &Domain,
        event_type: EventType,
        event_id: EventId,
        previous_status: Option<Status>,
        now: Timestamp,
    ) -> Self {
        let call = ready_call(domain, event_type);
        Self {
            version: SCHEMA_VERSION,
            event_id,
            event_type,
            severity: event_type.severity(),
            occurred_at: now,
            domain: domain.name.clone(),
            domain_unicode: domain.name.to_unicode(),
            client: domain.client.clone(),
            client_name: domain.client_name.clone(),
            community: domain.community.clone(),
            other_communities: domain.other_communities.clone(),
            contact_email: domain.contact_email.clone(),
            previous_status,
            status: domain.state.status(),
            state_since: Some(domain.state_since),
            deadline: domain.deadline(),
            added_at: domain.added_at,
            sequence: domain.version,
            summary: summary(domain, event_type),
            wanted: wanted(domain, event_type).map(str::to_owned),
            note: call.and_then(|call| call.note.clone()),
            note_by: call.and_then(|call| call.note_by.clone()),
            ready_at: call.and_then(|_| domain.ready_at()),
            ready_by: call.and_then(|call| call.by.clone()),
            missing: Vec::new(),
            records: Vec::new(),
            other_sides: Vec::new(),
            imitates: domain.name.mixes_scripts(),
            links: Links {
                staff: staff_path(&domain.client, &domain.name),
                domain: format!("/domains/{}", domain.name),
            },
        }
    }
}

/// The client's message, if it matters for the action of Lasso support.
fn ready_call(domain: &Domain, event_type: EventType) -> Option<&ReadyCall> {
    match event_type {
        EventType::Ready | EventType::Verified | EventType::Stuck => domain.ready_call(),
        EventType::Added | EventType::Contested | EventType::Displaced => None,
        EventType::Authenticated | EventType::AtRisk | EventType::Recovered => None,
        EventType::Failed | EventType::Rejected | EventType::Removed => None,
        EventType::RecordsReady | EventType::Expiring => None,
    }
}

/// The action that is asked of Lasso support.
fn wanted(domain: &Domain, event_type: EventType) -> Option<&'static str> {
    match &domain.state {
        State::Failed(Failed {
            reason: FailureReason::IdentityGone,
            ..
        }) => Some("Find out who deleted the identity, and have the client restart the domain."),
        State::Failed(Failed {
            reason: FailureReason::RefusedBySes,
            ..
        }) => Some(
            "Ask the client whether the name is right. If it is, ask AWS Support why Amazon SES does not \
             accept it; if not, the client removes the domain and adds the right one.",
        ),
        State::Pending(_)
            if event_type == EventType::Ready && RecordsSeen::of(domain) == RecordsSeen::Found =>
        {
            Some(
                "Nothing yet: the DNS records are published. The final step opens when Amazon SES has \
                 verified the domain.",
            )
        }
        state => event_type.wanted(state.status()),
    }
}

fn summary(domain: &Domain, event_type: EventType) -> String {
    match event_type {
        EventType::Added => "The domain was added.".to_owned(),
        EventType::RecordsReady => {
            "Amazon SES has registered the domain; its DNS records can be published.".to_owned()
        }
        EventType::Expiring => expiring(domain),
        EventType::Contested => {
            "The claim to this domain is contested; Lasso waits for proof.".to_owned()
        }
        EventType::Displaced => displaced(domain),
        EventType::Ready if domain.state.is_refused_by_ses() => {
            "The client asks Lasso support about the name, which Amazon SES does not accept.".to_owned()
        }
        EventType::Ready => "The client says that it is ready for the final step.".to_owned(),
        EventType::Verified if domain.ready_at().is_some() => {
            "Amazon SES has verified the domain. The client has said that it is ready for the final \
             step."
                .to_owned()
        }
        EventType::Verified => "Amazon SES has verified the domain.".to_owned(),
        EventType::Authenticated => "Lasso may send for this domain.".to_owned(),
        EventType::AtRisk | EventType::Failed | EventType::Rejected => match &domain.state {
            State::AtRisk(at_risk) => at_risk.reason.clone(),
            State::Failed(failed) => failed.reason.sentence().to_owned(),
            State::Rejected(rejected) => rejected.reason.clone(),
            State::Contested(_) | State::Provisioning(_) | State::Pending(_) => String::new(),
            State::Verified(_) | State::Authenticated(_) | State::Removing(_) => String::new(),
        },
        EventType::Recovered => "The records are in DNS again.".to_owned(),
        EventType::Removed => "The domain was removed.".to_owned(),
        EventType::Stuck if domain.state.is_proven_claim() => format!(
            "The claim was proven on {}, and has waited for Lasso support since.",
            domain.waits_since()
        ),
        EventType::Stuck => format!(
            "The domain has been {} since {}.",
            domain.state.status(),
            domain.state_since
        ),
    }
}

fn expiring(domain: &Domain) -> String {
    let until = domain.deadline().unwrap_or(domain.next_check);
    let until = until.strftime("%-d %B %Y, %H:%M UTC");
    match domain.state {
        State::Contested(_) => {
            format!("The ownership record has not been found. The claim ends on {until}.")
        }
        State::Provisioning(_) | State::Pending(_) | State::Verified(_) | State::Removing(_) => {
            format!("Amazon SES has not found the records yet. It stops looking on {until}.")
        }
        State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) | State::Rejected(_) => {
            format!("The time of the domain ends on {until}.")
        }
    }
}

fn displaced(domain: &Domain) -> String {
    let happened = domain.state.displacement();
    let happened = happened.map(|displacement| displacement.sentences(&domain.name));
    happened.unwrap_or_default()
}
