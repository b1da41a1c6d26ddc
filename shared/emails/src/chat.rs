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
use crate::names::client;

/// How much of a description a channel shows without a fold, in characters; the rest is on the
/// page. The schema of custom notifications allows 8,000.
const LONGEST: usize = 2_000;

/// The most characters of a title in the schema of custom notifications (administrator guide of
/// Amazon Q Developer in chat applications, "Custom notifications"). A message with a longer one
/// does not reach the channel. The summary of a thread keeps to it as well.
const LONGEST_TITLE: usize = 250;

/// How many characters of a client's name a title keeps, before it cuts the domain.
const CLIENT_KEPT: usize = 40;

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
                title: format!("{mark}{}", title(event, &draft.subject, mark.len())),
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
                summary: title(event, &draft.heading, 0),
                event_type: event.event_type.as_str(),
                related_resources: vec![event.domain.to_string()],
            },
        }
    }
}

/// The subject of the email, short enough for a title behind a mark of this many characters. The
/// client's texts in it are cut, first its name and then its domain, and none of our words.
fn title(event: &Event, subject: &str, mark: usize) -> String {
    let longest = LONGEST_TITLE - mark;
    let mut subject = subject.to_owned();
    let client = client(event);
    if let Some(at) = subject.rfind(&client) {
        cut(&mut subject, at, &client, CLIENT_KEPT, longest);
    }
    let name = event.domain.to_unicode();
    if let Some(at) = subject.find(&name) {
        cut(&mut subject, at, &name, 0, longest);
    }
    plain(&subject)
}

/// Cuts `part`, which is at `at` in the text, until the text has at most `longest` characters, but
/// to no fewer than `kept`.
fn cut(text: &mut String, at: usize, part: &str, kept: usize, longest: usize) {
    let over = text.chars().count().saturating_sub(longest);
    let length = part.chars().count();
    if over == 0 || length <= kept {
        return;
    }
    let kept = length.saturating_sub(over + 1).max(kept);
    let short: String = part.chars().take(kept).chain(['…']).collect();
    text.replace_range(at..at + part.len(), &short);
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

#[cfg(test)]
mod tests {
    use domain_auth::event::EventType;
    use domain_auth::names::{DisplayName, DomainName};
    use domain_auth::state::Status;

    use super::*;
    use crate::{Console, alert};

    /// An event about stopped mail with the longest names that there are.
    fn with_long_names(event_type: EventType) -> Event {
        let document = include_str!("../../../docs/events.md");
        let (_, rest) = document.split_once("```json\n").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        let mut event: Event = serde_json::from_str(example).unwrap();
        let label = "a".repeat(60);
        let name = format!("{label}.{label}.{label}.maple-homes.com");
        event.domain = DomainName::parse(&name).unwrap();
        event.client_name = DisplayName::of_claim(&"Maple ".repeat(21));
        event.event_type = event_type;
        event.previous_status = Some(Status::Authenticated);
        event.status = Status::Failed;
        event
    }

    #[test]
    fn a_title_is_as_short_as_the_schema_wants_and_keeps_our_words() {
        for (event_type, words) in [
            (EventType::Failed, ": verification failed (Maple"),
            (EventType::Displaced, ": lost by the client (Maple"),
        ] {
            let event = with_long_names(event_type);
            let message = ChatMessage::of(&event, &alert(&event, &Console::default()));
            let title = message.content.title;
            assert!(title.chars().count() <= LONGEST_TITLE, "{title}");
            let beginning = ":rotating_light: SENDING STOPPED: aaaaaaaaaaaaaaaaaaaa";
            assert!(title.starts_with(beginning), "{title}");
            assert!(title.contains(words), "{title}");
            assert!(message.metadata.summary.chars().count() <= LONGEST_TITLE);
            assert!(message.content.description.chars().count() <= 8_000);
        }
    }

    #[test]
    fn a_long_name_of_a_client_is_cut_before_the_domain() {
        let mut event = with_long_names(EventType::Verified);
        event.domain = DomainName::parse(&format!("{}.com", "a".repeat(60))).unwrap();
        (event.previous_status, event.status) = (Some(Status::Pending), Status::Verified);
        let draft = alert(&event, &Console::default());
        let uncut = title(&event, &draft.subject, 10);
        assert_eq!(uncut, plain(&draft.subject), "short enough");
        let name = event.domain.as_str();
        let short = title(&event, &draft.subject, 100);
        assert!(short.chars().count() <= 150, "{short}");
        assert!(short.starts_with(name) && short.ends_with("…)"), "{short}");
    }
}
