//! Events for a chat channel: a custom notification of Amazon Q Developer in chat applications (AWS
//! Chatbot), which shows it in Slack or Microsoft Teams ("Custom notifications" in its
//! administrator guide).
//!
//! Markdown in a client's text would look like ours, and `<!channel>` or `@name` would notify
//! people. So every character that begins markup is replaced.

use domain_auth::email_thread::EmailThread;
use domain_auth::event::Event;
use domain_auth::plain_text::one_line;
use serde::Serialize;

use crate::draft::{Draft, Part, Target, Tone};

/// How much of a description a channel shows without a fold, in characters; the rest is on the
/// page.
const LONGEST: usize = 2_000;

/// A custom notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessage {
    version: &'static str,
    source: &'static str,
    id: String,
    content: Content,
    metadata: Metadata,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    text_type: &'static str,
    title: String,
    description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next_steps: Vec<String>,
    keywords: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    thread_id: String,
    summary: String,
    event_type: &'static str,
    related_resources: Vec<String>,
}

impl ChatMessage {
    /// A short form of the email about an event. `draft` is that email ([`crate::alert`]).
    pub fn of(event: &Event, draft: &Draft) -> Self {
        let mark = match draft.tone {
            Tone::Urgent => ":rotating_light: ",
            Tone::Wanted => ":bell: ",
            Tone::Good => ":white_check_mark: ",
            Tone::Plain => "",
        };
        let mut lines: Vec<String> = draft.parts.iter().flat_map(lines).collect();
        lines.retain(|line| !line.is_empty());
        Self {
            version: "1.0",
            source: "custom",
            id: event.event_id.to_string(),
            content: Content {
                text_type: "client-markdown",
                title: format!("{mark}{}", plain(&draft.subject)),
                description: shortened(&lines.join("\n")),
                next_steps: next_steps(draft),
                keywords: vec![
                    of_names(event.client.as_str()),
                    event.event_type.as_str().to_owned(),
                    event.severity.as_str().to_owned(),
                ],
            },
            metadata: Metadata {
                thread_id: EmailThread::of(&event.client, &event.domain).to_string(),
                summary: plain(&draft.heading),
                event_type: event.event_type.as_str(),
                related_resources: vec![event.domain.to_string()],
            },
        }
    }
}

/// The lines of a part; for records, only the open ones, without their values, which are for
/// copying.
fn lines(part: &Part) -> Vec<String> {
    match part {
        Part::Sentence(text) => vec![of_names(text)],
        Part::Callout { label, text, .. } => vec![format!("*{label}:* {}", plain(text))],
        Part::Quote { intro, lines } => {
            let quoted = lines.iter().map(|line| format!("> {}", plain(line)));
            [plain(intro)].into_iter().chain(quoted).collect()
        }
        Part::Facts(facts) => {
            let shown = facts
                .iter()
                .filter(|(label, _)| ["Client", "Community", "Contact"].contains(label));
            let facts: Vec<String> = shown
                .map(|(label, value)| format!("{label}: {}", plain(value)))
                .collect();
            vec![facts.join(" · ")]
        }
        Part::List { title, items } => {
            let items = items.iter().map(|item| format!("• {}", of_names(item)));
            [plain(title)].into_iter().chain(items).collect()
        }
        Part::Records { records, .. } => {
            let open = records.iter().filter(|record| record.is_open);
            open.map(|record| {
                format!(
                    "• {}: {}. {}",
                    of_names(&record.kind),
                    record.state,
                    of_names(&record.message)
                )
            })
            .collect()
        }
        Part::Table { columns, rows, .. } => {
            let row = |row: &Vec<String>| {
                let cells: Vec<String> = columns
                    .iter()
                    .zip(row)
                    .map(|(column, cell)| format!("{column}: {}", plain(cell)))
                    .collect();
                format!("• {}", cells.join(", "))
            };
            rows.iter().map(row).collect()
        }
    }
}

fn next_steps(draft: &Draft) -> Vec<String> {
    let step = draft.button.as_ref().map(|button| {
        let label = plain(&button.label);
        match &button.target {
            // An address of ours, from the console's address and a path of the API.
            Target::Page(url) => format!("<{}|{label}>", one_line(url)),
            Target::Call(call) => format!("{label}: {}", plain(call)),
        }
    });
    step.into_iter().collect()
}

/// A text in one line without markup, mentions or links.
///
/// An emoji's name is between two colons, the first of which has no space after it. Of two underscores
/// that make text italic, no letter or digit follows the second (`CommonMark` 0.31, "Emphasis and strong
/// emphasis"). Underscores of DNS names, which people copy, are kept with that.
fn of_names(text: &str) -> String {
    let text: Vec<char> = one_line(text).chars().collect();
    let character = |(at, c): (usize, &char)| {
        let next = text.get(at + 1);
        match *c {
            ':' if next.is_some_and(|next| !next.is_whitespace()) && !is_in_time(&text, at) => '꞉',
            '_' if !next.is_some_and(|next| next.is_alphanumeric()) => '＿',
            c => harmless(c),
        }
    };
    text.iter().enumerate().map(character).collect()
}

/// Whether the colon at a place is that of a time such as `14:03`, which has a space or a full stop behind it.
fn is_in_time(text: &[char], colon: usize) -> bool {
    let are_digits = |range: std::ops::Range<usize>| {
        let digits = text.get(range);
        digits.is_some_and(|digits| digits.iter().all(char::is_ascii_digit))
    };
    let ends = |c: &char| c.is_whitespace() || matches!(c, '.' | ',');
    colon >= 2
        && are_digits(colon - 2..colon)
        && are_digits(colon + 1..colon + 3)
        && text.get(colon + 3).is_none_or(ends)
}

/// The same for a text that names no record.
fn plain(text: &str) -> String {
    of_names(text).replace('_', "＿")
}

fn harmless(c: char) -> char {
    match c {
        '<' => '‹',
        '>' => '›',
        '&' => '＆',
        '*' => '∗',
        '~' => '∼',
        '`' => 'ˋ',
        '@' => '＠',
        '|' => '¦',
        '[' => '［',
        ']' => '］',
        c => c,
    }
}

/// At most the longest description, cut after a line.
fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let kept: String = text.chars().take(LONGEST).collect();
    let whole = kept
        .rsplit_once('\n')
        .map_or(kept.as_str(), |(whole, _)| whole);
    format!("{whole}\n…")
}
