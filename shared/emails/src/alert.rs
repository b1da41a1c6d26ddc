//! The email to Lasso support about one event. All data from a client is cleaned
//! ([`domain_auth::plain_text`]) and kept to one line, except its note, which is quoted line by
//! line. So a client's text cannot look like a line of the email, and nothing in it becomes a link.

use domain_auth::event::{Event, EventType, MissingPiece, Severity};
use domain_auth::names::listed;
use domain_auth::plain_text::{quotation, quoted, shown, shown_about};
use domain_auth::records::Requirement;
use domain_auth::state::Status;

use crate::console::Console;
use crate::draft::{Button, Draft, Part, Tone};
use crate::names::{client, client_in_full, contact};
use crate::parts::{
    IMITATES, of_client, ready, ready_heading, records_for_support, standing, stays_verified,
    stops_mail, subject,
};
use crate::waiting::{has_holder, other_sides, stuck_heading, stuck_on, waits_for_decision};
use crate::words::moment;

/// The email of an event.
pub fn alert(event: &Event, console: &Console) -> Draft {
    let client = client(event);
    let heading = subject(event, heading(event));
    let stands = stands(event);
    Draft {
        subject: format!("{heading} ({client})"),
        preheader: stands.clone(),
        tone: tone(event),
        heading,
        parts: parts(event, stands),
        button: Some(button(event, console)),
        small_print: small_print(event),
    }
}

/// What has happened, or what has to be done, in a few words after the name of the domain.
pub(crate) fn heading(event: &Event) -> &'static str {
    match event.event_type {
        EventType::Added => "added",
        EventType::RecordsReady => "records ready",
        EventType::Expiring => "time ends soon",
        EventType::Contested if event.severity == Severity::Action => {
            if has_holder(event) {
                "decision wanted"
            } else {
                "proven, waits for Lasso support"
            }
        }
        EventType::Contested => "contested",
        EventType::Displaced => "lost by the client",
        EventType::Ready => ready_heading(event),
        EventType::Verified => "verified, final step wanted",
        EventType::Authenticated => "authenticated",
        EventType::AtRisk => "records broken, still sending",
        EventType::Recovered => "records repaired",
        EventType::Failed => "verification failed",
        EventType::Rejected => "final step rejected",
        EventType::Removed => "removed",
        EventType::Stuck => stuck_heading(event),
    }
}

fn tone(event: &Event) -> Tone {
    if stops_mail(event) {
        return Tone::Urgent;
    }
    match event.severity {
        Severity::Warning => Tone::Urgent,
        Severity::Action => Tone::Wanted,
        Severity::Resolved => Tone::Good,
        Severity::Info => Tone::Plain,
    }
}

/// The state in a sentence, with its time.
fn stands(event: &Event) -> String {
    let since = event.state_since.unwrap_or(event.occurred_at);
    let name = event.domain.to_unicode();
    let stands = match event.status {
        Status::Contested if waits_for_decision(event) && !has_holder(event) => {
            "is proven by a client, and waits for Lasso support"
        }
        Status::Contested if waits_for_decision(event) => {
            "is proven by a client while another has it, and waits for Lasso support to decide"
        }
        status => standing(event, status),
    };
    format!("{name} {stands}, since {}.", moment(since))
}

fn parts(event: &Event, stands: String) -> Vec<Part> {
    let mut parts = Vec::new();
    if stops_mail(event) {
        parts.push(Part::Sentence(
            "Lasso sent for this domain until now, and has stopped.".to_owned(),
        ));
    }
    parts.push(Part::Sentence(stands));
    parts.push(Part::Sentence(why(event)));
    if let Some(wanted) = &event.wanted {
        parts.push(Part::Callout {
            label: "Wanted",
            text: shown_about(&event.domain, wanted),
            warns: false,
        });
    }
    if event.imitates {
        parts.push(Part::Callout {
            label: "Careful",
            text: IMITATES.to_owned(),
            warns: true,
        });
    }
    if event.previous_status.is_some_and(Status::sends) && event.event_type == EventType::Displaced
    {
        parts.push(Part::Callout {
            label: "Tell",
            text: whom_to_tell(event),
            warns: true,
        });
    }
    parts.extend(ready(event).map(Part::Sentence));
    if let Some(note) = &event.note {
        parts.push(Part::Quote {
            intro: format!("{} wrote:", of_client(event.note_by.as_deref())),
            lines: quoted(note),
        });
    }
    parts.push(Part::Facts(facts(event)));
    parts.extend(other_sides(event));
    parts.extend(missing(event));
    parts.push(Part::Sentence(format!(
        "What happens automatically: {}",
        by_itself(event)
    )));
    parts.extend(records_for_support(event));
    parts
}

/// What happened and why.
fn why(event: &Event) -> String {
    let about = |text: &str| shown_about(&event.domain, text);
    match event.event_type {
        EventType::Stuck => stuck_on(event).to_owned(),
        EventType::Contested if has_holder(event) => format!(
            "{} has proven that the domain is its own. Another client has the name, and Amazon SES has verified it.",
            client_in_full(event)
        ),
        EventType::Added | EventType::Contested | EventType::Displaced | EventType::Ready => {
            about(&event.summary)
        }
        EventType::Verified | EventType::Authenticated | EventType::AtRisk => about(&event.summary),
        EventType::Recovered | EventType::Failed => about(&event.summary),
        EventType::Rejected => format!("The reason: {}", quotation(&about(&event.summary))),
        EventType::Removed | EventType::RecordsReady | EventType::Expiring => about(&event.summary),
    }
}

/// The person at the client who has to know that it lost the domain.
fn whom_to_tell(event: &Event) -> String {
    let client = client(event);
    match &event.contact_email {
        Some(contact) => format!("{}, the contact of {client}", shown(contact.as_str())),
        None => format!("an administrator of {client}, which left no contact"),
    }
}

fn facts(event: &Event) -> Vec<(&'static str, String)> {
    let unicode = event.domain.to_unicode();
    let mut facts = vec![("Domain", unicode.clone())];
    if unicode != event.domain.as_str() {
        facts.push(("In DNS", event.domain.to_string()));
    }
    facts.push(("Client", client_in_full(event)));
    let communities = event.community.iter().chain(&event.other_communities);
    if let Some(communities) = listed(communities, shown) {
        facts.push(("Community", communities));
    }
    facts.push(("Contact", contact(event.contact_email.as_ref())));
    facts.push(("Added", moment(event.added_at)));
    facts.push(("Happened", moment(event.occurred_at)));
    facts
}

/// Missing pieces that are not in the records below.
fn missing(event: &Event) -> Option<Part> {
    let items = missing_pieces(event, true);
    (!items.is_empty()).then(|| Part::List {
        title: "Still missing".to_owned(),
        items,
    })
}

/// What is still missing, with or without the pieces that a table of the event's records shows.
pub(crate) fn missing_pieces(event: &Event, has_records: bool) -> Vec<String> {
    let is_below = |piece: &&MissingPiece| {
        let records = event.records.iter();
        piece
            .record
            .is_some_and(|id| records.clone().any(|record| record.id == id))
    };
    event
        .missing
        .iter()
        .filter(|piece| !has_records || !is_below(piece))
        .map(|piece| {
            let message = shown_about(&event.domain, &piece.message);
            match piece.requirement {
                Requirement::Required => message,
                Requirement::Recommended => format!("{message} (recommended)"),
            }
        })
        .collect()
}

/// What happens automatically, and until when.
pub(crate) fn by_itself(event: &Event) -> String {
    let until = event.deadline.map(moment);
    match (event.status, until) {
        (Status::Contested, _) if waits_for_decision(event) => {
            if has_holder(event) {
                "nothing. The claim stays as it is until Lasso support decides.".to_owned()
            } else {
                "the client gets the domain when nothing blocks its claim any more.".to_owned()
            }
        }
        (Status::Contested, Some(until)) => {
            format!("the claim ends on {until}, unless the ownership record is found before.")
        }
        (Status::Contested, None) => "nothing until Lasso support decides.".to_owned(),
        (Status::Provisioning, _) => {
            "the service goes on registering the domain with Amazon SES.".to_owned()
        }
        (Status::Pending, Some(until)) => format!(
            "Amazon SES looks for the records until {until}. When it finds them, there is another email."
        ),
        (Status::Pending, None) => {
            "Amazon SES looks for the records. When it finds them, there is another email.".to_owned()
        }
        (Status::Verified, _) => {
            "Lasso sends mail from the domain after the final step.".to_owned()
        }
        (Status::Authenticated, _) => "Lasso sends, and the records are watched.".to_owned(),
        (Status::AtRisk, _) if stays_verified(event) => {
            "Lasso goes on sending: the records by which Amazon SES verifies the domain are there. The records \
             are looked up again within the hour. When all of them are back, there is another email."
                .to_owned()
        }
        (Status::AtRisk, _) => {
            "Lasso goes on sending, and the records are looked up again within the hour. When they are \
             back, or when Amazon SES takes its verification back and mail stops, there is another email."
                .to_owned()
        }
        (Status::Failed, Some(until)) => {
            format!("the domain is removed on {until}, unless the client starts it again before then.")
        }
        (Status::Failed, None) => "nothing.".to_owned(),
        (Status::Rejected, _) => {
            "nothing. The client sees the reason, and can say that it is ready again.".to_owned()
        }
        (Status::Removing, _) => "the service deletes the identity at Amazon SES.".to_owned(),
    }
}

/// The page for the action. Without a console, the API call that does it or shows what there is to
/// do.
fn button(event: &Event, console: &Console) -> Button {
    let staff = &event.links.staff;
    if console.page(staff).is_some() {
        return console.button(label(event), staff, "GET");
    }
    let is_final = event.status == Status::Verified;
    if is_final {
        return console.button("Take the final step", &format!("{staff}/complete"), "POST");
    }
    console.button("Look at the domain", staff, "GET")
}

fn label(event: &Event) -> &'static str {
    match event.event_type {
        EventType::Ready | EventType::Verified | EventType::Stuck
            if event.status == Status::Verified =>
        {
            "Take the final step"
        }
        EventType::Contested if event.severity == Severity::Action && has_holder(event) => {
            "Decide who has the domain"
        }
        EventType::Stuck if event.status == Status::Contested && has_holder(event) => {
            "Decide who has the domain"
        }
        EventType::Added | EventType::Contested | EventType::Displaced | EventType::Ready => {
            "Open the domain"
        }
        EventType::Verified | EventType::Authenticated | EventType::AtRisk => "Open the domain",
        EventType::Recovered | EventType::Failed | EventType::Rejected => "Open the domain",
        EventType::Removed | EventType::Stuck => "Open the domain",
        EventType::RecordsReady | EventType::Expiring => "Open the domain",
    }
}

fn small_print(event: &Event) -> Vec<String> {
    let reply = if event.contact_email.is_some() {
        "Reply to this email to reach the client."
    } else {
        "The client left no address for questions."
    };
    vec![
        reply.to_owned(),
        format!("API: {}", event.links.staff),
        format!("Event: {} {}", event.event_type.as_str(), event.event_id),
    ]
}
