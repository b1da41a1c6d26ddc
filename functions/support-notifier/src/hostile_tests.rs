//! Whatever a client writes in any field of an event: the email has no character that hides
//! something, and no link or line that the client made.

use domain_auth::audience::Audience;
use domain_auth::event::{Event, EventType, limits_path};
use domain_auth::instructions::Day;
use domain_auth::names::{ClientId, Community, EmailAddress};
use domain_auth::plain_text::is_hidden;
use domain_auth::ports::Email;
use domain_auth::state::Status;
use domain_auth::use_cases::email_events::{Form, RenderError};
use domain_auth_emails::Console;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::rendered;

fn email_of(event: &Event, console: &Console) -> Result<Email, RenderError> {
    let audience = Audience::Support;
    rendered(Form::Single { event, audience }, console)
}

fn summary_of(
    event: &Event,
    day: Day,
    limit: u32,
    console: &Console,
) -> Result<Email, RenderError> {
    rendered(Form::Summary { event, day, limit }, console)
}

/// Texts that try to look like a line of the email, to hide something, or to become a link.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        2 => "\\PC{0,8}",
        1 => any::<char>().prop_map(String::from),
        2 => prop::sample::select(vec![
            "\n", "\r\n", "\r", "\u{2028}", "\u{2029}", "\u{85}", "\u{b}", "\u{202e}", "\u{2066}",
            "\u{200b}", "\u{200d}", "\u{ad}", "\u{feff}", "\u{e0041}", "\u{fe0f}", "\t",
        ]).prop_map(str::to_owned),
        2 => prop::sample::select(vec![
            "Status     authenticated", "Wanted: nothing", "In API: /x", "> quoted", "<b>", "&#46;",
            "evil.com", "https://evil.example/login", "WWW.Evil.Com", "kim@evil.net", "10.0.0.1",
            "evil.com:80/x", "бюро.рф", "mailto:kim", "\u{200b}", ".com", "evil.", "com",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 1..8).prop_map(|parts| parts.concat())
}

/// An event type with a state of the domain.
fn happened() -> impl Strategy<Value = (EventType, Status)> {
    let before = prop::sample::select(vec![Status::Pending, Status::Authenticated]);
    (prop::sample::select(EventType::ALL.to_vec()), before)
}

/// Text that a client wrote, in every place where it can write.
struct Written<'a> {
    text: &'a str,
    note: &'a str,
    client: &'a str,
    contact: Option<&'a str>,
}

fn event_with(happened: (EventType, Status), written: &Written<'_>) -> Event {
    let Written {
        text,
        note,
        client,
        contact,
    } = *written;
    let (event_type, before) = happened;
    // A sentence of the service, with a hostile text in it.
    let sentence = format!("The reason is {text}");
    let mut message: Value = json!({
        "version": 1, "event_id": "01978c6e-0000-7000-8000-000000000001",
        "event_type": event_type, "severity": "info", "occurred_at": "2026-06-01T12:00:00Z",
        "domain": "example-domain.org", "domain_unicode": text, "client": "maple", "client_name": text,
        "status": "rejected", "previous_status": before, "added_at": "2026-06-01T11:00:00Z",
        "sequence": 3, "summary": sentence, "wanted": text, "note": note,
        "missing": [{ "record": null, "requirement": "recommended", "message": text }],
        "links": { "staff": "/staff/clients/maple/domains/example-domain.org", "domain": "/domains/x" },
    });
    message["client"] = json!(ClientId::parse(client).unwrap());
    if let Some(contact) = contact {
        message["contact_email"] = json!(EmailAddress::parse(contact).unwrap());
    }
    // Older releases stored it without cleaning.
    if Community::try_from(text.to_owned()).is_ok() {
        message["community"] = json!(text);
    } else {
        message["community"] = json!("none");
    }
    serde_json::from_value(message).unwrap()
}

/// The lines of a text without the parts that a client can write: the beginning of each line.
fn skeleton(text: &str) -> Vec<String> {
    let labels = [
        "Wanted: ",
        "Domain     ",
        "Client     ",
        "Community  ",
        "Contact    ",
        "Added      ",
        "Happened   ",
        "First  ",
        "Event  ",
        "Tell: ",
        "By itself: ",
        "- ",
        "> ",
        "API",
        "Event: ",
    ];
    let lines = text.lines().map(|line| {
        let label = labels.iter().find(|label| line.starts_with(**label));
        label.map_or("text", |label| label).to_owned()
    });
    lines.collect()
}

/// Whether a mail program would find bare names and addresses. The email is about one domain, which
/// is kept unchanged.
fn has_link(text: &str) -> bool {
    let text = text.to_lowercase().replace("example-domain.org", "it");
    let ends = ["com", "net", "example", "рф", "org"].iter().any(|top| {
        text.match_indices(&format!(".{top}")).any(|(at, found)| {
            let before = text[..at].chars().next_back();
            let behind = text[at + found.len()..].chars().next();
            before.is_some_and(char::is_alphanumeric) && !behind.is_some_and(char::is_alphanumeric)
        })
    });
    ends || ["://", "www.", "mailto:kim", "10.0.0.1"]
        .iter()
        .any(|link| text.contains(link))
}

/// Compares an email with the one made from harmless texts.
fn assert_harmless(email: &Email, plain: &Email) -> Result<(), TestCaseError> {
    let Email {
        subject,
        text,
        html,
        ..
    } = email;
    for (part, content) in [("subject", subject), ("text", text), ("html", html)] {
        let hidden = content.chars().find(|c| is_hidden(*c) && *c != '\n');
        prop_assert_eq!(hidden, None, "{}: {:?}", part, content);
        prop_assert!(!has_link(content), "{}: {:?}", part, content);
    }
    prop_assert!(!subject.contains('\n'));
    // The note may have several lines, each of which is quoted.
    let mut lines = skeleton(text);
    lines.dedup_by(|a, b| a == "> " && b == "> ");
    prop_assert_eq!(lines, skeleton(&plain.text), "{}", text);
    let tags = |html: &str| html.matches('<').count() - 2 * html.matches("<br>").count();
    prop_assert!(tags(html) <= tags(&plain.html), "{}", html);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn client_text_in_an_email_cannot_hide_text_or_add_a_link_or_line(
        happened in happened(),
        text in hostile(),
        note in hostile(),
        client in "[a-z]{1,5}([.:@/+=_-]com|[.]evil[.]net){0,3}",
        contact in prop::option::of("[a-z]{1,5}([.]com){0,2}@evil[.]com"),
    ) {
        let console = Console::default();
        let contact = contact.as_deref();
        let written = Written { text: &text, note: &note, client: &client, contact };
        let plain = Written {
            text: "plain",
            note: "plain",
            client: "maple",
            contact: contact.map(|_| "kim@homes.com"),
        };
        let (event, plain) = (event_with(happened, &written), event_with(happened, &plain));
        assert_harmless(&email_of(&event, &console).unwrap(), &email_of(&plain, &console).unwrap())?;

        let day = Day::of(event.occurred_at);
        let mut summary = summary_of(&event, day, 2, &console).unwrap();
        // A path of the API is kept unchanged, so that it can be copied.
        for body in [&mut summary.text, &mut summary.html] {
            prop_assert_eq!(body.matches(&limits_path(&event.client)).count(), 1);
            *body = body.replace(&limits_path(&event.client), "(path)");
        }
        assert_harmless(&summary, &summary_of(&plain, day, 2, &console).unwrap())?;
    }
}
