//! The pages, made from the API's responses. The page of one domain is in `domain_view.rs`.

use askama::Template;
use domain_auth_pages::fitting;
use jiff::Timestamp;

use crate::doubt;
use crate::forms::Forms;
use crate::place::{self, Place};
use crate::session::Person;
use crate::types::{Entry, Link, Reconciliation, Summary};
use crate::words;

/// The maximum size, in octets, of a page's content. With its layout, style and script no page is
/// longer than 50 KB.
pub(crate) const LONGEST_MAIN: usize = 37_000;
/// The maximum size, in octets, of evidence in HTML for one line of history, and for a look. All of
/// it is in a file.
const LONGEST_EVIDENCE: usize = 1_000;
/// The maximum length, in characters, of the names of communities in one line.
const LONGEST_COMMUNITIES: usize = 120;
/// The maximum size, in octets of HTML, of a sentence in the short history on a domain's page.
const LONGEST_SENTENCE: usize = 100;
/// The maximum size, in octets of HTML, of a note on a domain's page.
const LONGEST_NOTE_BESIDE: usize = 1_000;
/// The maximum length, in characters, of a note or a reason in a list.
const LONGEST_NOTE: usize = 200;

/// The formats of `GET …/records`, and who needs which.
pub(crate) const FORMATS: [(&str, &str, &str); 7] = [
    (
        "text",
        "Plain text",
        "for everyone, to paste into an email or a ticket",
    ),
    ("html", "Web page", "for everyone, with tables"),
    (
        "zone",
        "Zone file",
        "for your own name servers, and to import at most DNS providers",
    ),
    (
        "csv",
        "CSV",
        "for a spreadsheet, or to import at a DNS provider",
    ),
    (
        "terraform",
        "Terraform",
        "for Route 53 managed with Terraform",
    ),
    (
        "route53",
        "Route 53 change batch",
        "for the AWS command line",
    ),
    ("json", "JSON", "for a program"),
];

#[derive(Template)]
#[template(path = "top.html")]
pub(crate) struct Top<'a> {
    pub(crate) person: &'a Person,
    pub(crate) forms: Forms<'a>,
}

#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message<'a> {
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) link: Option<(&'a str, &'a str)>,
}

/// A domain in a list.
pub(crate) struct Row {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) word: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) next: String,
    pub(crate) communities: String,
    pub(crate) since: String,
    pub(crate) client: String,
    pub(crate) imitates: bool,
    /// Why it waits, in the queue.
    pub(crate) why: Option<String>,
    /// How long it has waited, in the queue.
    pub(crate) how_long: Option<String>,
    /// The note to Lasso support.
    pub(crate) note: Option<String>,
}

impl Row {
    /// A row in a list of the person's own domains.
    pub(crate) fn own(summary: &Summary) -> Self {
        let row = Self::of(summary, Some(""));
        let next = words::next_step_in_list(summary).unwrap_or(&row.next);
        let before = doubt::in_list(summary);
        Self {
            next: before.map_or_else(|| next.to_owned(), |before| format!("{before} {next}")),
            ..row
        }
    }

    /// A row in the queue: since when the domain waits, and why.
    pub(crate) fn queued(summary: &Summary, now: Timestamp) -> Self {
        let waiting = summary.waiting.clone();
        let note = summary
            .ready_note
            .as_deref()
            .map(|note| cut(note, LONGEST_NOTE));
        let row = Self::of(summary, None);
        let Some(waiting) = waiting else {
            return Self { note, ..row };
        };
        Self {
            since: words::moment(waiting.since),
            how_long: Some(words::how_long(waiting.since, now)),
            why: Some(waiting.why),
            note,
            ..row
        }
    }

    /// A row in the list below `base`, or in a list of many clients.
    pub(crate) fn of(summary: &Summary, base: Option<&str>) -> Self {
        let (word, tone) = words::standing(summary);
        let client = summary.client.clone().unwrap_or_default();
        let own = || place::of_client(&client).unwrap_or_default();
        let base = base.map_or_else(own, str::to_owned);
        Self {
            path: format!("{base}/domains/{}", summary.domain),
            word,
            tone,
            next: next_of(summary),
            communities: communities(&summary.communities),
            since: words::moment(summary.status_since),
            imitates: summary.imitates,
            why: None,
            how_long: None,
            note: None,
            name: words::name(summary),
            client,
        }
    }
}

fn next_of(summary: &Summary) -> String {
    let step = summary.next_step.as_ref();
    step.map_or(&summary.status_detail, |step| &step.sentence)
        .clone()
}

/// The content of the form that adds domains.
#[derive(Debug, Clone, Default)]
pub(crate) struct AddForm {
    pub(crate) typed: String,
    pub(crate) community: String,
    pub(crate) contact: String,
    pub(crate) problem: Option<String>,
}

#[derive(Template)]
#[template(path = "domains.html")]
pub(crate) struct Domains<'a> {
    pub(crate) base: &'a str,
    pub(crate) add_path: &'a str,
    pub(crate) client: &'a str,
    pub(crate) can_add: bool,
    pub(crate) said: &'a str,
    pub(crate) forms: Forms<'a>,
    pub(crate) typed: &'a str,
    pub(crate) community: &'a str,
    pub(crate) contact: &'a str,
    pub(crate) problem: Option<&'a str>,
    pub(crate) rows: Vec<Row>,
    pub(crate) next_page: Option<String>,
}

/// A value in readable form, cut if it is long in HTML.
pub(crate) fn pretty(value: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    match fitting(&text, LONGEST_EVIDENCE) {
        part if part.len() < text.len() => format!("{part}\n…"),
        _all => text,
    }
}

/// A note of a client beside other things. A thousand common characters fit.
pub(crate) fn note(text: &str) -> String {
    note_within(text, LONGEST_NOTE_BESIDE)
}

/// The beginning of a note, with at most `most` octets in HTML.
pub(crate) fn note_within(text: &str, most: usize) -> String {
    match fitting(text, most) {
        part if part.len() < text.len() => format!("{part}…"),
        all => all.to_owned(),
    }
}

/// The first communities, and how many more there are.
pub(crate) fn communities(all: &[String]) -> String {
    let mut shown = String::new();
    for (number, community) in all.iter().enumerate() {
        let community = cut(community, LONGEST_COMMUNITIES);
        let length = shown.chars().count() + community.chars().count();
        if number > 0 && length > LONGEST_COMMUNITIES {
            return format!("{shown} and {} more", all.len() - number);
        }
        if number > 0 {
            shown.push_str(", ");
        }
        shown.push_str(&community);
    }
    shown
}

/// The first characters of a text.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A live link.
pub(crate) struct LinkLine {
    pub(crate) made: String,
    pub(crate) ends: String,
    /// The address of the form that withdraws it.
    pub(crate) withdraw: String,
}

impl LinkLine {
    pub(crate) fn of(link: &Link, place: &Place) -> Self {
        Self {
            made: words::moment(link.made_at),
            ends: words::moment(link.ends_at),
            withdraw: format!("{}/{}", place.under("links"), link.id),
        }
    }
}

#[derive(Template)]
#[template(path = "hand_over.html")]
pub(crate) struct HandOver<'a> {
    pub(crate) place: &'a Place,
    pub(crate) name: &'a str,
    pub(crate) said: &'a str,
    pub(crate) forms: Forms<'a>,
    pub(crate) email: &'a str,
    pub(crate) note: &'a str,
    pub(crate) links: Vec<LinkLine>,
    pub(crate) formats: [(&'static str, &'static str, &'static str); 7],
}

#[derive(Template)]
#[template(path = "remove.html")]
pub(crate) struct Remove<'a> {
    pub(crate) place: &'a Place,
    pub(crate) name: &'a str,
    pub(crate) said: &'a str,
    pub(crate) sends: bool,
    pub(crate) forms: Forms<'a>,
}

#[derive(Template)]
#[template(path = "settings.html")]
pub(crate) struct Settings<'a> {
    pub(crate) place: &'a Place,
    pub(crate) name: &'a str,
    pub(crate) said: &'a str,
    pub(crate) communities: String,
    pub(crate) contact: &'a str,
    pub(crate) forms: Forms<'a>,
}

/// A line of history.
pub(crate) struct Line {
    pub(crate) sentence: String,
    pub(crate) at: String,
    pub(crate) who: String,
    pub(crate) evidence: String,
}

impl Line {
    /// A line of the short history on a domain's page for Lasso support.
    pub(crate) fn short(entry: &Entry) -> Self {
        let mut line = Self::of(entry, true);
        let part = fitting(&line.sentence, LONGEST_SENTENCE);
        if part.len() < line.sentence.len() {
            line.sentence = format!("{part}…");
        }
        line
    }

    /// A line with the evidence, for Lasso support.
    pub(crate) fn of(entry: &Entry, with_evidence: bool) -> Self {
        let who = match entry.actor.kind.as_str() {
            "client_admin" => "Client Administrator",
            "lasso_support" => "Lasso support",
            "link_holder" => "Person with a link",
            _ => "automatically",
        };
        // If a line has a name, the identifier says who it is.
        let subject = entry.actor.subject.as_ref().filter(|_| with_evidence);
        let subject = subject.map(|subject| format!(" {subject}"));
        let moved = match entry.from {
            Some(from) if from != entry.to => {
                format!(" · {} → {}", words::state(from).0, words::state(entry.to).0)
            }
            Some(_) | None => String::new(),
        };
        Self {
            sentence: entry.sentence.clone(),
            at: words::moment(entry.at),
            who: format!("{who}{}{moved}", subject.unwrap_or_default()),
            evidence: if with_evidence && !entry.evidence.is_null() {
                pretty(&entry.evidence)
            } else {
                String::new()
            },
        }
    }
}

#[derive(Template)]
#[template(path = "history.html")]
pub(crate) struct History<'a> {
    pub(crate) place: &'a Place,
    pub(crate) name: &'a str,
    /// Where in the history the page begins.
    pub(crate) cursor: Option<&'a str>,
    pub(crate) lines: Vec<Line>,
    pub(crate) next_page: Option<String>,
}

#[derive(Template)]
#[template(path = "queue.html")]
pub(crate) struct Queue<'a> {
    pub(crate) said: &'a str,
    pub(crate) search: &'a str,
    pub(crate) tabs: Vec<(String, &'static str, bool)>,
    pub(crate) heading: &'a str,
    pub(crate) empty: &'a str,
    pub(crate) rows: Vec<Row>,
    pub(crate) next_page: Option<String>,
    pub(crate) reconciliation: Option<&'a Reconciliation>,
}
