//! Parts of the sentences about evidence.

use jiff::Timestamp;

use super::facts::{Call, Details, Facts, Look, MailRefused};
use crate::actor::Person;
use crate::diagnosis::RecordState;
use crate::mail_refusal::{Mailing, Undelivered};
use crate::names::{Community, DisplayName};
use crate::plain_text::{one_line, quotation};

/// Longest quotation of a person's text in a sentence, in characters: the longest note.
pub(super) const MAX_QUOTE: usize = 1_000;

/// A person's name; the token's subject if there is no name.
pub(super) fn name_of(subject: &str, person: Option<&Person>) -> String {
    let name = person.and_then(|person| person.name.as_ref());
    let name = name.map(DisplayName::as_str);
    let name = name.filter(|name| !name.is_empty());
    name.map_or_else(|| one_line(subject), str::to_owned)
}

/// The person at a client who did something. Identity providers let people choose their names, so a
/// name that seems to be Lasso's is not shown.
pub(super) fn name_of_client(subject: &str, person: Option<&Person>) -> String {
    let person = person.filter(|person| {
        let name = person.name.as_ref();
        name.is_none_or(|name| !names_lasso(name.as_str()))
    });
    name_of(subject, person)
}

/// Whether a name seems to be Lasso's.
pub(super) fn names_lasso(name: &str) -> bool {
    name.to_lowercase().contains("lasso")
}

/// What identity SES has for the domain.
pub(super) fn provisioned(facts: Option<&Facts>) -> &'static str {
    match facts {
        Some(Facts::Identity(identity)) if identity.adopted => {
            "Lasso adopted the identity that Amazon SES already had, without changing it."
        }
        Some(_) | None => "Amazon SES registered the domain and gave the values of its records.",
    }
}

/// What a look found of the records.
pub(super) fn seen(facts: Option<&Facts>) -> String {
    let Some(Facts::Look(Look {
        records: Some(records),
        ..
    })) = facts
    else {
        return String::new();
    };
    let in_state = |state| records.iter().filter(|it| it.state == state).count();
    let looked_for = records.len() - in_state(RecordState::NotLookedYet);
    if looked_for == 0 {
        return String::new();
    }
    let found = in_state(RecordState::Found);
    let were = if found == 1 { "was" } else { "were" };
    let unknown = match in_state(RecordState::Unknown) {
        0 => String::new(),
        unknown => format!(", and DNS did not answer about {unknown}"),
    };
    format!(": {found} of {looked_for} records {were} found{unknown}")
}

/// Which email was not delivered or was reported as spam, and why.
pub(super) fn email_refused(refused: &MailRefused) -> String {
    let email = match refused.email {
        Mailing::Instructions => "the email with the records",
        Mailing::Notice => "an email about the domain to its contact",
    };
    let to = one_line(&refused.to);
    // A line of an earlier release may have no address.
    let to = if to.is_empty() { "of the reader" } else { &to };
    match refused.reason {
        Undelivered::Bounced => {
            let status = refused.status.as_deref().map(one_line);
            let status = status.map(|status| format!(" ({status})"));
            let status = status.unwrap_or_default();
            format!("The address {to} refused {email}{status}.")
        }
        Undelivered::Complained => format!("The recipient {to} reported {email} as spam."),
        Undelivered::Rejected => {
            format!("Amazon SES took {email} for {to}, and then rejected it as harmful.")
        }
    }
}

/// The client's message to Lasso support.
pub(super) fn call_in(facts: Option<&Facts>) -> Option<&Call> {
    match facts {
        Some(Facts::Call(call)) => Some(call),
        Some(_) | None => None,
    }
}

/// What the client wrote, up to the end of the sentence.
pub(super) fn said(call: Option<&Call>) -> String {
    ending(" and wrote ", note_of(call))
}

/// The note of a call that consists only of a note, after a colon, up to the end of the sentence.
pub(super) fn note_in(call: Option<&Call>) -> String {
    ending(": ", note_of(call))
}

pub(super) fn note_of(call: Option<&Call>) -> Option<&str> {
    call.and_then(|call| call.note.as_deref())
}

/// The end of a sentence: with a quoted text after `before`, or with only a full stop.
pub(super) fn ending(before: &str, text: Option<&str>) -> String {
    text.map_or_else(
        || ".".to_owned(),
        |text| format!("{before}{}", quoted(text)),
    )
}

/// The details that the client changed.
pub(super) fn changed(facts: Option<&Facts>) -> String {
    let Some(Facts::Details(Details {
        communities,
        contact_email,
    })) = facts
    else {
        return "changed the domain's details".to_owned();
    };
    let communities = communities.as_ref().map(|change| {
        if change.to.is_empty() {
            return "removed the domain's communities".to_owned();
        }
        let names: Vec<&str> = change.to.iter().map(Community::as_str).collect();
        let names = shortened(&one_line(&names.join(", ")));
        format!("set the domain's communities to {names}")
    });
    let contact = contact_email.as_ref().map(|change| match &change.to {
        Some(to) => format!("set the contact address to {}", one_line(to)),
        None => "removed the contact address".to_owned(),
    });
    let changes: Vec<String> = communities.into_iter().chain(contact).collect();
    if changes.is_empty() {
        "changed the domain's details".to_owned()
    } else {
        changes.join(" and ")
    }
}

/// A person's text in quotation marks at the end of a sentence.
pub(super) fn quoted(text: &str) -> String {
    quotation(&shortened(&one_line(text)))
}

/// The text as one line, cut to the length that a sentence can hold.
pub(super) fn shortened(line: &str) -> String {
    if line.chars().count() <= MAX_QUOTE {
        return line.to_owned();
    }
    let cut: String = line.chars().take(MAX_QUOTE - 1).collect();
    format!("{}…", cut.trim_end())
}

/// "3 June 2026", in UTC.
pub(super) fn day(at: Timestamp) -> String {
    at.strftime("%-d %B %Y").to_string()
}
