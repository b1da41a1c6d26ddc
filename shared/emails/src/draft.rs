//! An email as values, before it is rendered.

use domain_auth::email_thread::EmailThread;
use domain_auth::names::{EmailAddress, EventId};
use domain_auth::plain_text::one_line;
use domain_auth::ports::Email;

/// An email before it is rendered. Its texts are plain text, not HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The subject. Its most important part comes first, because a phone shows only the beginning.
    pub subject: String,
    /// The text that a list of emails shows after the subject.
    pub preheader: String,
    /// The colour of the bar above the heading.
    pub tone: Tone,
    /// The first line: what has happened, or what has to be done.
    pub heading: String,
    /// Its content, in order.
    pub parts: Vec<Part>,
    /// The only button. It is before the records, or after all parts if there are no records.
    pub button: Option<Button>,
    /// Identifiers and the like, a line each: last and small.
    pub small_print: Vec<String>,
}

/// The importance of an email.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Mail has stopped, or is about to.
    Urgent,
    /// A person has to act.
    Wanted,
    /// Something went well.
    Good,
    /// News.
    Plain,
}

/// A part of an email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A paragraph.
    Sentence(String),
    /// A paragraph that stands out, after a label.
    Callout {
        /// The label.
        label: &'static str,
        /// The rest.
        text: String,
        /// Whether it warns.
        warns: bool,
    },
    /// A person's text, line by line ([`domain_auth::plain_text::quoted`]).
    Quote {
        /// Says who wrote it.
        intro: String,
        /// The lines.
        lines: Vec<String>,
    },
    /// Labels with their values.
    Facts(Vec<(&'static str, String)>),
    /// A list.
    List {
        /// What it lists.
        title: String,
        /// The items.
        items: Vec<String>,
    },
    /// DNS records, each with its state, diagnosis and fix.
    Records {
        /// What it lists.
        title: String,
        /// The records.
        records: Vec<RecordRow>,
    },
    /// A table, as in a digest. On a narrow screen each row is a block, with the first cell as its
    /// heading.
    Table {
        /// What it lists.
        title: String,
        /// The headings of the columns. Rows have the same length.
        columns: Vec<&'static str>,
        /// The rows.
        rows: Vec<Vec<String>>,
    },
}

/// A DNS record in an email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// Its type, and whether it is required, such as "TXT, required".
    pub kind: String,
    /// Its state as a short label.
    pub state: &'static str,
    /// Whether there is something to do about it.
    pub is_open: bool,
    /// Its full name; empty if unknown. Never shortened, linked or hyphenated.
    pub name: String,
    /// The value to publish; empty if unknown. Never shortened, linked or hyphenated.
    pub value: String,
    /// The diagnosis.
    pub message: String,
    /// What to do.
    pub fix: Option<Advice>,
}

/// What to do about a record, with the value that is to be copied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Advice {
    /// The text in front of the value, or all of it.
    pub before: String,
    /// The value; empty where there is none. Never shortened, linked or hyphenated.
    pub value: String,
    /// The text after the value.
    pub behind: String,
}

/// The only button of an email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Its label.
    pub label: String,
    /// Its target.
    pub target: Target,
}

/// The target of a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A page with this address.
    Page(String),
    /// There is no page: the API call that does it.
    Call(String),
}

impl Draft {
    /// The parts before the button, and the parts after it.
    pub(crate) fn around_button(&self) -> (&[Part], &[Part]) {
        let is_records = |part: &Part| matches!(part, Part::Records { .. });
        let first = self.parts.iter().position(is_records);
        self.parts.split_at(first.unwrap_or(self.parts.len()))
    }

    /// The email as it is sent, with both bodies. `thread` is its conversation.
    pub fn email(
        &self,
        event_id: EventId,
        thread: Option<EmailThread>,
        reply_to: Option<EmailAddress>,
    ) -> Result<Email, askama::Error> {
        Ok(Email {
            subject: one_line(&self.subject),
            text: self.text(),
            html: self.html()?,
            reply_to,
            event_id,
            thread,
            about: None,
        })
    }
}
