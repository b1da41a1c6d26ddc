//! The email to a client's contact about one event of its domain. It has no data for Lasso support
//! only: no other client, no API path for Lasso support, no event id.

use domain_auth::event::{Event, EventType};
use domain_auth::names::listed;
use domain_auth::plain_text::{quotation, shown, shown_about};
use domain_auth::state::Status;

use crate::console::Console;
use crate::draft::{Button, Draft, Part, Tone};
use crate::parts::{records_of_client, stays_verified, stops_mail, subject};
use crate::words::{self, moment};

/// The meaning of an event for its client.
struct Said {
    /// The heading, after the name of the domain.
    heading: &'static str,
    tone: Tone,
    /// What has happened, and why.
    happened: String,
    /// What the client can do.
    todo: Option<String>,
    /// What happens if the client does nothing, and until when.
    by_itself: Option<String>,
    button: &'static str,
}

/// The email of an event to the client's contact.
pub fn notice(event: &Event, console: &Console) -> Draft {
    let name = event.domain.to_unicode();
    let said = said(event);
    let subject = subject(event, said.heading);
    let mut parts = Vec::new();
    if stops_mail(event) {
        parts.push(Part::Sentence(format!(
            "Lasso has stopped sending your mail from {name}."
        )));
    }
    parts.push(Part::Sentence(said.happened.clone()));
    if let Some(todo) = said.todo {
        parts.push(Part::Callout {
            label: "What to do",
            text: todo,
            warns: said.tone == Tone::Urgent,
        });
    }
    parts.extend(said.by_itself.map(Part::Sentence));
    parts.push(Part::Facts(facts(event)));
    parts.extend(records_of_client(event));
    Draft {
        preheader: said.happened,
        tone: said.tone,
        heading: subject.clone(),
        subject,
        parts,
        button: Some(button(event, said.button, console)),
        small_print: vec![
            because(event.event_type).to_owned(),
            "Questions: reply to this email, and it reaches Lasso support.".to_owned(),
        ],
    }
}

/// The page where it is done, or that of the client's domains if the domain is gone. Without a console, the call that
/// does it, or shows what there is to do.
fn button(event: &Event, label: &str, console: &Console) -> Button {
    let domain = &event.links.domain;
    let has_page = console.page(domain).is_some();
    match event.event_type {
        EventType::Failed if !has_page => {
            console.button(label, &format!("{domain}/restart"), "POST")
        }
        EventType::Rejected if !has_page => console.button(
            "Say that you are ready again",
            &format!("{domain}/notify"),
            "POST",
        ),
        EventType::Added | EventType::Contested | EventType::Displaced | EventType::Ready => {
            console.button(label, domain, "GET")
        }
        EventType::Verified | EventType::Authenticated | EventType::AtRisk => {
            console.button(label, domain, "GET")
        }
        EventType::Recovered | EventType::Failed | EventType::Rejected => {
            console.button(label, domain, "GET")
        }
        EventType::Removed => console.button(label, "/domains", "GET"),
        EventType::Stuck | EventType::RecordsReady | EventType::Expiring => {
            console.button(label, domain, "GET")
        }
    }
}

fn because(event_type: EventType) -> &'static str {
    if event_type == EventType::Removed {
        "Lasso sends this because your address was the contact of the domain."
    } else {
        "Lasso sends this because your address is the contact of the domain. It can be changed on the \
         page of the domain."
    }
}

/// The heading of an event for its client, after the name of the domain.
pub(crate) fn heading(event: &Event) -> &'static str {
    said(event).heading
}

/// What the client can do, and what happens without that; each is empty where there is nothing.
pub(crate) fn ahead(event: &Event) -> (String, String) {
    let said = said(event);
    let texts = (said.todo, said.by_itself);
    (texts.0.unwrap_or_default(), texts.1.unwrap_or_default())
}

/// What happens if the records of a domain that is at risk stay as they are.
fn at_risk(event: &Event) -> String {
    let ahead = if stays_verified(event) {
        "Until the records are repaired, recipients can see \"via amazonses.com\" beside your name, and mail \
         servers may refuse your mail or treat it as spam."
    } else {
        "If the records stay as they are, Amazon SES takes its verification back, and your mail stops."
    };
    format!("Lasso still sends your mail. {ahead} You will be told when the records are back.")
}

fn said(event: &Event) -> Said {
    let name = event.domain.to_unicode();
    let why = shown_about(&event.domain, &event.summary);
    let until = event.deadline.map(moment);
    let news = |heading, tone| Said {
        heading,
        tone,
        happened: why.clone(),
        todo: None,
        by_itself: None,
        button: "Open the domain",
    };
    match event.event_type {
        EventType::Authenticated => Said {
            happened: format!("{name} is authenticated: Lasso sends your mail from it."),
            todo: None,
            by_itself: Some(
                "Leave the DNS records as they are. They are watched, and you are told when one of them \
                 breaks."
                    .to_owned(),
            ),
            ..news("authenticated", Tone::Good)
        },
        EventType::Rejected => Said {
            happened: format!("Lasso support rejected the final step for {name}. The reason: {}", quotation(&why)),
            todo: Some(
                "Put that right. Then, on the page of the domain in Lasso, click “It is solved: we are ready again”.".to_owned(),
            ),
            ..news("rejected by Lasso support", Tone::Wanted)
        },
        EventType::AtRisk => Said {
            happened: format!("DNS records that your mail needs are missing or wrong. {why}"),
            todo: Some("Repair the records below, or forward this email to the person who looks after your DNS.".to_owned()),
            by_itself: Some(at_risk(event)),
            button: "See what is wrong",
            ..news("repair the DNS records", Tone::Urgent)
        },
        EventType::Recovered => Said {
            happened: format!("The DNS records of {name} are in place again. Nothing is left to do."),
            ..news("records repaired", Tone::Good)
        },
        EventType::Failed => {
            let (todo, heading, tone) = failed(event);
            Said {
                todo: Some(todo.to_owned()),
                by_itself: until.map(|until| format!("Without that the domain is removed on {until}.")),
                button: "Start again",
                ..news(heading, tone)
            }
        }
        EventType::Displaced => Said {
            todo: Some("To get the domain back, publish the ownership record on its page.".to_owned()),
            by_itself: until.map(|until| format!("Without it the claim ends on {until}.")),
            button: "See the ownership record",
            ..news("lost", if stops_mail(event) { Tone::Urgent } else { Tone::Wanted })
        },
        EventType::RecordsReady => Said {
            happened: format!("The DNS records for {name} can be published now."),
            todo: Some("Publish them, or send them to the person who looks after your DNS.".to_owned()),
            by_itself: until.map(|until| format!("Amazon SES looks for them until {until}.")),
            button: "See the records",
            ..news("the DNS records are ready", Tone::Wanted)
        },
        EventType::Expiring => {
            let (todo, button, heading) = expiring(event);
            Said { todo: Some(todo.to_owned()), button, ..news(heading, Tone::Wanted) }
        }
        EventType::Added => news("added", Tone::Plain),
        EventType::Contested if event.status == Status::Contested => {
            news("proof of ownership needed", Tone::Wanted)
        }
        EventType::Contested => Said {
            todo: Some(
                "If the domain is yours, reply to this email and say so, so that Lasso support knows both sides."
                    .to_owned(),
            ),
            ..news("another client claims it", Tone::Wanted)
        },
        EventType::Ready => news("Lasso was told that you are ready", Tone::Plain),
        EventType::Verified => Said {
            happened: format!("Amazon SES has verified {name}."),
            ..news("verified", Tone::Good)
        },
        // By Lasso support; a client is told of no other removal.
        EventType::Removed => {
            let (happened, todo, heading, tone) = removed(event, &name, &why);
            Said {
                happened,
                todo: Some(todo.to_owned()),
                button: "See your domains",
                ..news(heading, tone)
            }
        }
        EventType::Stuck => Said {
            happened: format!("{name} {}.", words::stands(event.status)),
            ..news("still waiting", Tone::Plain)
        },
    }
}

/// What the client can do, the heading and the tone, if a domain has failed.
fn failed(event: &Event) -> (&'static str, &'static str, Tone) {
    if stops_mail(event) {
        (
            "Repair the DNS records. Then, on the page of the domain in Lasso, click “Start again”.",
            "not verified any more",
            Tone::Urgent,
        )
    } else {
        (
            "Publish the DNS records. Then, on the page of the domain in Lasso, click “Start again”.",
            "not verified",
            Tone::Wanted,
        )
    }
}

/// What the client can do, the button and the heading, if the time for it ends soon.
fn expiring(event: &Event) -> (&'static str, &'static str, &'static str) {
    if event.status == Status::Contested {
        (
            "To have the domain, publish the ownership record on its page: it proves that the domain is yours.",
            "See the ownership record",
            "your claim to the domain ends soon",
        )
    } else {
        (
            "Publish the DNS records, or send them to the person who looks after your DNS.",
            "See the records",
            "the time for the DNS records ends soon",
        )
    }
}

/// What happened, what the client can do, the heading and the tone, if Lasso support has removed a domain or
/// ended a claim.
fn removed(event: &Event, name: &str, why: &str) -> (String, &'static str, &'static str, Tone) {
    if event.previous_status == Some(Status::Contested) {
        return (
            why.to_owned(),
            "The domain is not in your list any more. If you think that this is wrong, reply to this email. \
             To claim the domain again, add it, and publish its new ownership record.",
            "the claim has ended",
            Tone::Wanted,
        );
    }
    let tone = if stops_mail(event) {
        Tone::Urgent
    } else {
        Tone::Wanted
    };
    (
        format!("Lasso support removed {name} from your list of domains."),
        "If you think that this is wrong, reply to this email. To use the domain again, add it, and publish \
         its new records.",
        "removed by Lasso support",
        tone,
    )
}

/// The state of the domain for its client.
pub(crate) fn state(event: &Event) -> &'static str {
    if event.status == Status::Removing || event.event_type == EventType::Removed {
        "removed"
    } else {
        words::state_word(event.status)
    }
}

/// The path of the page about the domain: that of the client's domains if the domain is gone.
pub(crate) fn path(event: &Event) -> &str {
    if event.event_type == EventType::Removed {
        "/domains"
    } else {
        &event.links.domain
    }
}

fn facts(event: &Event) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Domain", event.domain.to_unicode())];
    let communities = event.community.iter().chain(&event.other_communities);
    if let Some(communities) = listed(communities, shown) {
        facts.push(("Community", communities));
    }
    facts.push(("State", state(event).to_owned()));
    let since = event.state_since.unwrap_or(event.occurred_at);
    facts.push(("Since", moment(since)));
    facts
}
