//! The records as an email to a person who may never have heard of Lasso: who sent it and why, the
//! client's note, and then the instructions of the formats `text` and `html`.
//!
//! A client's text is quoted as plain text, under the client's name. It is not in a header, it is
//! escaped, and web addresses in it are broken.

use std::fmt::Write as _;

use askama::Template;
use jiff::Timestamp;

use super::page::{Page, page};
use super::proposal::Proposal;
use super::{Document, Handoff, HandoffError, HandoffFormat, in_words, render};
use crate::names::plain_text::{quoted, shown};
use crate::names::{ClientId, Community, DomainName, EmailAddress, Note, listed};
use crate::providers::Panel;
use crate::records::{Record, RecordId};

/// An email to a person who is not at Lasso.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The client that has it sent.
    pub client: ClientId,
    /// The domain that it is about.
    pub domain: DomainName,
    /// One line, without control characters.
    pub subject: String,
    /// The plain-text body.
    pub text: String,
    /// The HTML body.
    pub html: String,
    /// Whom an answer reaches.
    pub reply_to: Option<EmailAddress>,
    /// The records in it.
    pub records: Vec<RecordId>,
    /// The records as files.
    pub attachments: Vec<Document>,
}

/// On whose behalf it is sent.
#[derive(Debug, Clone)]
pub struct Sender<'a> {
    /// The client.
    pub client: &'a ClientId,
    /// What the client is called, if that is known; its identifier otherwise.
    pub name: Option<&'a str>,
    /// The communities that the domain is for.
    pub communities: Vec<&'a Community>,
    /// The email address of a contact at the client.
    pub contact: Option<&'a EmailAddress>,
    /// What the client has to say.
    pub note: Option<&'a Note>,
    /// Until when the records have to be there, if there is such a time.
    pub deadline: Option<Timestamp>,
    /// The page with the same records.
    pub page: Option<LettersPage<'a>>,
    /// Lasso support sends it on the client's behalf, and the note is its own.
    pub by_support: bool,
}

/// The page that a letter leads to.
#[derive(Debug, Clone, Copy)]
pub struct LettersPage<'a> {
    /// Its address.
    pub url: &'a str,
    /// When the address ends.
    pub ends_at: Timestamp,
}

/// The formats that are attached: what most providers import, and what a spreadsheet opens.
const ATTACHED: [HandoffFormat; 2] = [HandoffFormat::Zone, HandoffFormat::Csv];

#[derive(Template)]
#[template(path = "instructions.txt", escape = "none")]
struct TextLetter<'a> {
    page: &'a Page<'a>,
    who: &'a Who,
}

#[derive(Template)]
#[template(path = "instructions.html")]
struct HtmlLetter<'a> {
    page: &'a Page<'a>,
    who: &'a Who,
}

struct Who {
    client: String,
    community: Option<String>,
    contact: Option<String>,
    note: Vec<String>,
    deadline: Option<String>,
    url: Option<String>,
    url_ends_at: String,
    by_support: bool,
    /// Whom to tell when the records are there.
    tell: String,
}

/// How a value looks that is to be copied: nothing in it is shortened or hyphenated.
const VALUE: &str = "font-family:Consolas,Menlo,'DejaVu Sans Mono',monospace;font-size:14px;\
                     word-break:break-all;-webkit-hyphens:none;hyphens:none";

/// A name or a value in HTML, with each dot in an element of its own, so that mail programs that look for
/// addresses find none. What is copied is the same.
fn unlinked(value: &str) -> String {
    let mut html = String::new();
    for c in value.chars() {
        match c {
            '.' => html.push_str("<span>.</span>"),
            '&' | '<' | '>' | '"' | '\'' => {
                // Writing to a `String` does not fail.
                write!(html, "&#{};", u32::from(c)).ok();
            }
            c => html.push(c),
        }
    }
    html
}

/// Whom to tell when the records are there.
fn tell(sender: &Sender<'_>, client: &str, contact: Option<&str>) -> String {
    match contact {
        Some(contact) => {
            format!("tell {contact} at {client}, for example with a reply to this email.")
        }
        None if sender.by_support => format!("tell your contact at {client}."),
        None => format!("tell the person at {client} who asked you."),
    }
}

/// Renders the email.
pub fn letter(handoff: &Handoff<'_>, sender: &Sender<'_>) -> Result<Letter, HandoffError> {
    let panel = Panel::of(handoff.zone, handoff.domain.organizational());
    let proposal = Proposal::of(handoff);
    let records: Vec<&Record> = proposal.records.iter().collect();
    let page = page(handoff, &panel, &records);
    let client = shown(sender.name.unwrap_or(sender.client.as_str()));
    let contact = sender.contact.map(|contact| shown(contact.as_str()));
    let who = Who {
        tell: tell(sender, &client, contact.as_deref()),
        client,
        community: listed(sender.communities.iter().copied(), shown),
        contact,
        note: sender
            .note
            .map(|note| quoted(note.as_str()))
            .unwrap_or_default(),
        deadline: sender.deadline.map(in_words),
        url: sender.page.map(|page| page.url.to_owned()),
        url_ends_at: sender
            .page
            .map_or_else(String::new, |page| in_words(page.ends_at)),
        by_support: sender.by_support,
    };
    Ok(Letter {
        client: sender.client.clone(),
        domain: handoff.domain.clone(),
        subject: format!("{}: DNS records to add", handoff.domain.to_unicode()),
        text: TextLetter {
            page: &page,
            who: &who,
        }
        .render()?,
        html: HtmlLetter {
            page: &page,
            who: &who,
        }
        .render()?,
        reply_to: sender.contact.cloned(),
        records: records.iter().map(|record| record.id).collect(),
        attachments: ATTACHED
            .into_iter()
            .map(|format| render(format, handoff))
            .collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
#[path = "letter_tests.rs"]
mod tests;
