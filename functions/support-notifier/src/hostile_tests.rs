//! Whatever a client writes, in every field of an event that it can write: the email has no character
//! that hides something, no link that the client made, and no line that the client made.

use domain_auth::event::Event;
use domain_auth::names::{ClientId, Community, EmailAddress};
use domain_auth::plain_text::is_hidden;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::email_of;

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

fn event_with(text: &str, note: &str, client: &str, contact: &str) -> Event {
    // A sentence of the service, with a hostile text in it.
    let sentence = format!("The reason is {text}");
    let mut message: Value = json!({
        "version": 1, "event_id": "01978c6e-0000-7000-8000-000000000001",
        "event_type": "domain.rejected", "severity": "info", "occurred_at": "2026-06-01T12:00:00Z",
        "domain": "example-domain.org", "domain_unicode": text, "client": "maple",
        "status": "rejected", "previous_status": "verified", "added_at": "2026-06-01T11:00:00Z",
        "sequence": 3, "summary": sentence, "wanted": text, "note": note,
        "missing": [{ "record": null, "requirement": "recommended", "message": text }],
        "links": { "staff": "/staff/clients/maple/domains/example-domain.org", "domain": "/domains/x" },
    });
    message["client"] = json!(ClientId::parse(client).unwrap());
    message["contact_email"] = json!(EmailAddress::parse(contact).unwrap());
    // As the present release stored it: not clean.
    if Community::try_from(text.to_owned()).is_ok() {
        message["community"] = json!(text);
    } else {
        message["community"] = json!("none");
    }
    serde_json::from_value(message).unwrap()
}

/// The lines of a text without what a client can put in: how each begins.
fn skeleton(text: &str) -> Vec<String> {
    let labels = [
        "Wanted: ",
        "Domain     ",
        "Client     ",
        "Community  ",
        "Contact    ",
        "Status     ",
        "When       ",
        "- ",
        "> ",
        "In the API: ",
        "Event:      ",
    ];
    let lines = text.lines().map(|line| {
        let label = labels.iter().find(|label| line.starts_with(**label));
        label.map_or("text", |label| label).to_owned()
    });
    lines.collect()
}

/// Bare names and addresses as a mail program looks for them. The email is about one domain, which
/// stays whole.
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_of_a_client_hides_links_or_makes_a_line(
        text in hostile(),
        note in hostile(),
        client in "[a-z]{1,5}([.:@/+=_-]com|[.]evil[.]net){0,3}",
        local in "[a-z]{1,5}([.]com){0,2}",
    ) {
        let contact = format!("{local}@evil.com");
        let email = email_of(&event_with(&text, &note, &client, &contact)).unwrap();
        let plain = email_of(&event_with("plain", "plain", "maple", "kim@homes.com")).unwrap();

        for (part, content) in
            [("subject", &email.subject), ("text", &email.text), ("html", &email.html)]
        {
            let hidden = content.chars().find(|c| is_hidden(*c) && *c != '\n');
            prop_assert_eq!(hidden, None, "{}: {:?}", part, content);
            prop_assert!(!has_link(content), "{}: {:?}", part, content);
        }
        prop_assert!(!email.subject.contains('\n'));
        // The note may have lines of its own, each of which is quoted.
        let mut lines = skeleton(&email.text);
        lines.dedup_by(|a, b| a == "> " && b == "> ");
        prop_assert_eq!(lines, skeleton(&plain.text), "{}", email.text);
        let tags = |html: &str| html.matches('<').count() - 2 * html.matches("<br>").count();
        prop_assert!(tags(&email.html) <= tags(&plain.html), "{}", email.html);
    }
}
