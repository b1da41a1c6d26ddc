//! The common parts of the emails to Lasso support and to clients.

use domain_auth::diagnosis::RecordState;
use domain_auth::event::{Event, PublishedRecord, RecordStanding};
use domain_auth::plain_text::{shown, shown_about_record};
use domain_auth::providers::explained;
use domain_auth::records::RecordId;
use domain_auth::state::Status;

use crate::draft::{Advice, Part, RecordRow};
use crate::words::{self, moment};

/// The warning about a name that may be made to look like another one.
pub(crate) const IMITATES: &str = "this name mixes the letters of two alphabets, as imitations of other names do. Look at it closely.";

/// Whether Lasso sent for the domain, and has stopped.
pub(crate) fn stops_mail(event: &Event) -> bool {
    let sent = event.previous_status.is_some_and(Status::sends);
    sent && !event.status.sends()
}

/// Whether the records by which Amazon SES verifies a domain were found: the TXT record, or all three of DKIM
/// (Amazon SES developer guide, "Verifying a domain identity").
pub(crate) fn stays_verified(event: &Event) -> bool {
    let is_found = |id: &RecordId| {
        let mut records = event.records.iter();
        records.any(|record| record.id == *id && record.state == RecordState::Found)
    };
    let dkim = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];
    is_found(&RecordId::Verification) || dkim.iter().all(is_found)
}

/// When the client said that it is ready, or asked about the name.
pub(crate) fn ready(event: &Event) -> Option<String> {
    let said = if event.status == Status::Failed {
        "asked about the name"
    } else {
        "said that it is ready for the final step"
    };
    let on = moment(event.ready_at?);
    let who = of_client(event.ready_by.as_deref());
    Some(format!("{who} {said} on {on}."))
}

/// The client, with the person at it who acted, if known. The person's name is text of the client.
pub(crate) fn of_client(person: Option<&str>) -> String {
    let person = person.map(shown).filter(|person| !person.is_empty());
    person.map_or_else(
        || "The client".to_owned(),
        |person| format!("The client ({person})"),
    )
}

/// The state of a domain, after its name, by what the last look found.
pub(crate) fn standing(event: &Event, status: Status) -> &'static str {
    if status == Status::Pending && stays_verified(event) {
        "waits for Amazon SES, which has not verified it yet: its DNS records are published"
    } else {
        words::stands(status)
    }
}

/// The heading if the client says that it is ready.
pub(crate) fn ready_heading(event: &Event) -> &'static str {
    match event.status {
        Status::Verified => "final step wanted",
        Status::Failed => "client asks about the name",
        Status::Pending if stays_verified(event) => "client is ready, Amazon SES is not",
        Status::Contested | Status::Provisioning | Status::Pending => {
            "client is ready, records are not"
        }
        Status::Authenticated | Status::AtRisk | Status::Rejected | Status::Removing => {
            "client is ready"
        }
    }
}

/// What an email is about, with the most important part first, and `heading` after the name of the domain.
pub(crate) fn subject(event: &Event, heading: &str) -> String {
    let name = event.domain.to_unicode();
    if stops_mail(event) {
        format!("SENDING STOPPED: {name}: {heading}")
    } else {
        format!("{name}: {heading}")
    }
}

/// The records for the client that has to publish them, after what "your DNS provider" is.
pub(crate) fn records_of_client(event: &Event) -> Vec<Part> {
    let who = "If you cannot do this yourself, forward this email to the person who looks after your DNS.";
    let provider = explained(None, event.domain.organizational());
    explained_records(event, format!("{provider} {who}"))
}

/// The same for Lasso support, which reads what the client reads.
pub(crate) fn records_for_support(event: &Event) -> Vec<Part> {
    let provider = explained(None, event.domain.organizational());
    explained_records(
        event,
        format!("The fixes are written for the client: “{provider}”"),
    )
}

fn explained_records(event: &Event, provider: String) -> Vec<Part> {
    let is_to_do = event.records.iter().any(|standing| standing.fix.is_some());
    let provider = is_to_do.then_some(Part::Sentence(provider));
    provider.into_iter().chain(records(event)).collect()
}

/// The records as the last DNS look found them.
fn records(event: &Event) -> Option<Part> {
    let row = |standing: &RecordStanding| {
        let published = standing.record.as_ref();
        let name = published.map_or("", |record| record.name.as_str());
        let about = |text: &str| shown_about_record(&event.domain, name, text);
        let is_open = words::is_open(standing.state);
        RecordRow {
            kind: published.map_or_else(
                || words::record(standing.id).to_owned(),
                |record| {
                    let requirement = words::requirement(record.requirement);
                    format!("{}, {requirement}", words::record(standing.id))
                },
            ),
            state: words::record_state(standing.state),
            is_open,
            name: name.to_owned(),
            value: published.map_or_else(String::new, |record| value_to_copy(standing, record)),
            message: if standing.code.is_some() {
                about(&standing.message)
            } else {
                String::new()
            },
            fix: standing.fix.as_deref().map(|fix| {
                let value = standing.fix_value.as_deref().unwrap_or_default();
                advice(fix, value, about)
            }),
        }
    };
    let records: Vec<RecordRow> = event.records.iter().map(row).collect();
    (!records.is_empty()).then(|| Part::Records {
        title: "The records, as they were last seen".to_owned(),
        records,
    })
}

/// The value of the field "Value": the one that the fix has for it, and otherwise that of the record. Empty where it
/// is published.
fn value_to_copy(standing: &RecordStanding, record: &PublishedRecord) -> String {
    if standing.state == RecordState::Found {
        return String::new();
    }
    let is_host = |value: &str| value == "@" || record.name.starts_with(value);
    let of_fix = standing.fix_value.as_ref();
    let value = of_fix.filter(|value| !is_host(value) && is_whole(value));
    value.unwrap_or(&record.value).clone()
}

/// A fix with its value taken out, so that it stays unchanged while `cleaned` makes the addresses in the rest
/// unclickable.
fn advice(fix: &str, value: &str, cleaned: impl Fn(&str) -> String) -> Advice {
    let parts = fix.split_once(value).filter(|_| is_whole(value));
    match parts {
        Some((before, behind)) => Advice {
            before: within(before, &cleaned),
            value: value.to_owned(),
            behind: within(behind, &cleaned),
        },
        None => Advice {
            before: cleaned(fix),
            ..Advice::default()
        },
    }
}

/// Cleans a part of a line, and keeps the space between it and its neighbours.
pub(crate) fn within(part: &str, cleaned: impl Fn(&str) -> String) -> String {
    let space = |is_there: bool| if is_there { " " } else { "" };
    let front = space(part.starts_with(char::is_whitespace));
    let end = space(part.ends_with(char::is_whitespace));
    format!("{front}{}{end}", cleaned(part))
}

/// Whether a value may stand in an email as it is. A web address may not: it is part of no value that a fix of this
/// service needs, and mail programs make a link of it.
fn is_whole(value: &str) -> bool {
    !value.is_empty() && !value.contains("//")
}

#[cfg(test)]
mod tests {
    use domain_auth::event::EventType;

    use super::*;
    use crate::alert::heading;

    #[test]
    fn a_ready_domain_with_its_records_is_said_to_wait_only_for_amazon_ses() {
        let document = include_str!("../../../docs/events.md");
        let (_, rest) = document.split_once("```json\n").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        let mut event: Event = serde_json::from_str(example).unwrap();
        (event.event_type, event.status) = (EventType::Ready, Status::Pending);
        event.records = vec![RecordStanding {
            id: RecordId::Verification,
            state: RecordState::Missing,
            code: None,
            message: String::new(),
            record: None,
            fix: None,
            fix_value: None,
        }];
        assert_eq!(heading(&event), "client is ready, records are not");
        assert!(standing(&event, event.status).contains("waits for its DNS records"));
        event.records[0].state = RecordState::Found;
        assert_eq!(heading(&event), "client is ready, Amazon SES is not");
        assert!(standing(&event, event.status).contains("are published"));
    }
}
