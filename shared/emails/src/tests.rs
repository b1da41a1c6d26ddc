//! Snapshots of every email and message, and rules for all of them.

use std::path::Path;

use domain_auth::event::{Event, EventType};
use domain_auth::plain_text::is_hidden;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::draft::Advice;
use crate::{
    ChatMessage, Console, Draft, Part, Reader, RecordRow, Tone, alert, digest, notice, samples,
};

fn drafts() -> Vec<(String, Draft)> {
    let samples = samples().unwrap().into_iter();
    samples.map(|sample| (sample.name, sample.draft)).collect()
}

#[test]
fn every_email_is_as_its_snapshot_says() {
    for sample in samples().unwrap() {
        let Draft {
            subject, preheader, ..
        } = &sample.draft;
        let mut shown = format!(
            "Subject: {subject}\nPreheader: {preheader}\n\n{}────\n{}",
            sample.draft.text(),
            sample.draft.html().unwrap()
        );
        if let Some(chat) = &sample.chat {
            shown.push_str("────\n");
            shown.push_str(&serde_json::to_string_pretty(chat).unwrap());
            shown.push('\n');
        }
        insta::with_settings!({ snapshot_suffix => sample.name.clone() }, {
            insta::assert_snapshot!("email", shown);
        });
    }
}

#[test]
fn the_preview_has_a_page_with_a_link_to_each_email() {
    let files = crate::preview().unwrap();
    let index = &files[0];
    assert_eq!(index.name, "index.html");
    for file in &files[1..] {
        assert!(
            index.body.contains(&format!("href=\"{}\"", file.name)),
            "{}",
            file.name
        );
        assert!(!file.body.is_empty());
    }
    assert_eq!(
        files
            .iter()
            .filter(|file| Path::new(&file.name).extension() == Some("html".as_ref()))
            .count(),
        drafts().len() + 1 + crate::letter_samples().unwrap().len()
    );
}

/// Mail programs remove `<style>`, so that a class without inline style changes nothing.
#[test]
fn every_element_with_a_class_also_has_an_inline_style() {
    for (name, draft) in drafts() {
        let html = draft.html().unwrap();
        let body = html.split_once("<body").unwrap().1;
        for element in body
            .split('<')
            .filter(|element| element.contains("class=\""))
        {
            let (tag, _) = element.split_once('>').unwrap();
            assert!(tag.contains("style=\""), "{name}: {tag}");
        }
        assert!(
            !html.contains("<img") && !html.contains("<script") && !html.contains("url("),
            "{name}"
        );
    }
}

#[test]
fn subjects_begin_with_the_domain_or_with_sending_stopped() {
    for (name, draft) in drafts() {
        let begins = [
            "mail.maplehomes.com: ",
            "SENDING STOPPED: mail.maplehomes.com: ",
            "mаplehomes.com: ",
            "maplehomes.com and 2 more: ",
            "mail.maplehomes.com and 1 more: ",
            "maple-homes (Maple Homes): ",
        ];
        assert!(
            begins.iter().any(|begin| draft.subject.starts_with(begin)),
            "{name}: {}",
            draft.subject
        );
        assert_eq!(
            draft.subject.starts_with("SENDING STOPPED"),
            name.ends_with("-sending"),
            "{name}"
        );
    }
}

#[test]
fn api_names_of_states_are_never_shown_in_emails() {
    for (name, draft) in drafts() {
        let text = draft.text();
        let (body, _) = text.split_once("-- \n").unwrap_or((&text, ""));
        let types = EventType::ALL.map(EventType::as_str);
        let is_summary = name.ends_with("summary-of-the-day");
        for raw in types
            .into_iter()
            .chain(["at_risk", "provisioning", "null", "0000-7000"])
        {
            assert!(is_summary || !body.contains(raw), "{name}: {raw}\n{body}");
        }
    }
}

#[test]
fn a_long_value_is_complete_in_the_text_and_html_bodies() {
    let value = "a.b.c=pmBGN/7MjnfhTKUZ06Enqq1PeGUaOkw8lGhcfwefcHU=".repeat(4);
    let draft = draft_with(Part::Records {
        title: "Records".to_owned(),
        records: vec![RecordRow {
            kind: "TXT".to_owned(),
            state: "missing",
            is_open: true,
            name: "_amazonses.example.com".to_owned(),
            value: value.clone(),
            message: String::new(),
            fix: Some(Advice {
                before: "Change the value to ".to_owned(),
                value: format!("v=spf1 include:spf.example.net {value}"),
                behind: ". Then wait.".to_owned(),
            }),
        }],
    });
    let fix = format!("Change the value to v=spf1 include:spf.example.net {value}. Then wait.");
    let text = draft.text();
    assert!(text.contains(&format!("Value:  {value}")) && text.contains(&fix));
    let html = draft.html().unwrap();
    assert!(
        !html.contains("_amazonses.example.com"),
        "no mail program finds an address in it"
    );
    let html = html.replace("<span>.</span>", ".");
    assert!(
        html.contains(&value) && html.contains("_amazonses.example.com") && html.contains(&fix)
    );
}

fn draft_with(part: Part) -> Draft {
    Draft {
        subject: "subject".to_owned(),
        preheader: "preheader".to_owned(),
        tone: Tone::Plain,
        heading: "heading".to_owned(),
        parts: vec![part],
        button: None,
        small_print: Vec::new(),
    }
}

/// A sample event with a text in every member that people can write.
pub(crate) fn event_with(event_type: EventType, text: &str) -> Event {
    let mut event: Value = json!({
        "version": 1, "event_id": "01978c6e-0000-7000-8000-000000000001", "event_type": event_type,
        "severity": "action", "occurred_at": "2026-06-01T12:00:00Z", "domain": "example-domain.org",
        "domain_unicode": text, "client": "maple", "status": "contested", "previous_status": "authenticated",
        "added_at": "2026-06-01T11:00:00Z", "sequence": 3, "summary": format!("The reason: {text}"),
        "wanted": text, "note": text, "ready_at": "2026-06-01T11:30:00Z",
        "missing": [{ "record": null, "requirement": "recommended", "message": text }],
        "records": [{
            "id": "dkim-1", "state": "wrong", "code": "not_found", "message": text, "fix": text, "fix_value": text,
            "record": { "type": "CNAME", "name": "a._domainkey.example-domain.org", "value": "a.dkim.amazonses.com", "requirement": "required" },
        }],
        "other_sides": [{
            "client": "cedar-secret", "domain": "example-domain.org", "status": "authenticated",
            "state_since": "2026-05-01T12:00:00Z", "contact_email": "kim@secret.net",
            "path": "/staff/clients/cedar-secret/domains/example-domain.org",
        }],
        "links": { "staff": "/staff/clients/maple/domains/example-domain.org", "domain": "/domains/example-domain.org" },
    });
    if domain_auth::names::Community::try_from(text.to_owned()).is_ok() {
        event["community"] = json!(text);
    }
    serde_json::from_value(event).unwrap()
}

#[test]
fn emails_to_clients_contain_nothing_meant_for_lasso_support() {
    for event_type in EventType::ALL {
        let event = event_with(event_type, "plain");
        let draft = notice(&event, &Console::at(Some("https://console.example")));
        for body in [draft.text(), draft.html().unwrap(), draft.subject] {
            for secret in ["cedar", "secret", "/staff", "01978c6e"] {
                assert!(!body.contains(secret), "{event_type:?}, {secret}: {body}");
            }
        }
        let console = Console::at(Some("https://console.example"));
        let list = digest(&[&event, &event], Reader::Client, &console).unwrap();
        for body in [list.text(), list.html().unwrap(), list.subject] {
            for secret in ["cedar", "secret", "/staff", "01978c6e", "plain note"] {
                assert!(!body.contains(secret), "{event_type:?}, {secret}: {body}");
            }
        }
    }
}

/// Texts that try to look like a line of an email, to be markup, to notify people, or to become a
/// link.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        2 => "\\PC{0,8}",
        1 => any::<char>().prop_map(String::from),
        3 => prop::sample::select(vec![
            "\n", "\r\n", "\r", "\u{2028}", "\u{85}", "\u{202e}", "\u{200b}", "\u{ad}", "\t", "<b>", "</td>",
            "\" onload=\"x", "&amp;", "<!channel>", "<@U123>", "<https://evil.example|log in>", "*bold*", "`code`",
            "[log in](https://evil.example)", "Wanted: nothing", "Bcc: x@evil.net", "~gone~", "|", "_x_", ":rotating_light:",
        ]).prop_map(str::to_owned),
    ];
    // Something visible is always left.
    prop::collection::vec(part, 1..8).prop_map(|parts| format!("x{}", parts.concat()))
}

proptest! {
    #[test]
    fn client_text_becomes_neither_markup_nor_a_separate_line(
        event_type in prop::sample::select(EventType::ALL.to_vec()),
        text in hostile(),
    ) {
        let console = Console::default();
        let (event, plain) = (event_with(event_type, &text), event_with(event_type, "plain"));
        let of_support = |event: &Event, console: &Console| {
            digest(&[event, event], Reader::Support, console).unwrap()
        };
        for make in [alert as fn(&Event, &Console) -> Draft, notice, of_support] {
            let (draft, plain) = (make(&event, &console), make(&plain, &console));
            let email = draft.email(event.event_id, None, None);
            let email = email.unwrap();
            prop_assert!(!email.subject.chars().any(|c| is_hidden(c) || c == '\n'));
            for body in [&email.text, &email.html] {
                prop_assert!(!body.chars().any(|c| is_hidden(c) && c != '\n'), "{:?}", body);
            }
            // Nothing of it begins an element: there are as many as in the email with a plain text.
            let elements = |html: &str| html.replace("<span>.</span>", ".").matches('<').count() - html.matches("<br>").count();
            let with_facts = |html: &str| html.contains(">Community<");
            let of_plain = plain.html().unwrap();
            if with_facts(&email.html) == with_facts(&of_plain) {
                prop_assert_eq!(elements(&email.html), elements(&of_plain), "{}", email.html);
                let lines = |text: &str| text.lines().filter(|line| !line.starts_with("> ")).count();
                prop_assert_eq!(lines(&email.text), lines(&plain.text()), "{}", email.text);
            }
        }
        let chat = ChatMessage::of(&event, &alert(&event, &console));
        let shown = serde_json::to_value(&chat).unwrap();
        let content = &shown["content"];
        let lists = ["nextSteps", "keywords"].into_iter().filter_map(|list| content[list].as_array());
        let said = lists.flatten().chain([&content["title"], &content["description"]]);
        for said in said.filter_map(Value::as_str) {
            for markup in ['<', '`', '~', '[', '@', '|'] {
                prop_assert!(!said.contains(markup), "{}", said);
            }
        }
    }
}

/// The texts of an event that support's own email has, and a list may not drop.
#[test]
fn a_list_for_support_says_what_the_email_of_each_event_says() {
    let mut event = event_with(EventType::Contested, "Some words of Kim.\nAnd more.");
    event.imitates = true;
    let console = Console::at(Some("https://console.example"));
    let said = [
        "Some words of Kim. And more.",
        "this name mixes the letters of two alphabets",
        "The client said that it is ready for the final step on 1 June 2026, 11:30 UTC.",
        "cedar-secret",
        "kim@secret[.]net",
        "https://console.example/staff/clients/maple/domains/example-domain.org",
    ];
    let list = digest(&[&event, &event], Reader::Support, &console).unwrap();
    let text = list.text();
    let wanted = text.lines().find(|line| line.starts_with("  Wanted"));
    assert!(wanted.unwrap().ends_with("Some words of Kim. And more."));
    for body in [text, list.html().unwrap().replace("<span>.</span>", ".")] {
        for said in said {
            assert!(body.contains(said), "{said}: {body}");
        }
    }
}

/// The register of claims may have no room for a name that no other client has.
#[test]
fn a_proven_claim_without_a_holder_is_not_said_to_be_between_two_clients() {
    let console = Console::at(Some("https://console.example"));
    for event_type in [EventType::Contested, EventType::Stuck] {
        let mut event = event_with(event_type, "plain");
        assert!(
            alert(&event, &console)
                .text()
                .contains("Decide who has the domain")
        );
        event.other_sides.clear();
        let list = digest(&[&event, &event], Reader::Support, &console).unwrap();
        for body in [alert(&event, &console).text(), list.text()] {
            for of_another in [
                "nother client has",
                "another has it",
                "ecide who",
                "decision",
            ] {
                assert!(!body.contains(of_another), "{of_another}: {body}");
            }
        }
    }
}

#[test]
fn client_text_makes_no_emoji_and_no_italics_in_chat() {
    let mut event = event_with(EventType::Ready, ":rotating_light: _under_ SENDING STOPPED");
    event.client_name = domain_auth::names::DisplayName::of_claim("Oak _x_ :rotating_light:");
    let message = ChatMessage::of(&event, &alert(&event, &Console::default()));
    let shown = serde_json::to_value(&message).unwrap();
    for member in ["title", "description"] {
        let text = shown["content"][member].as_str().unwrap();
        let text = text.trim_start_matches(":rotating_light: ");
        for markup in [":rotating", "_under_", "_x_"] {
            assert!(!text.contains(markup), "{markup}: {text}");
        }
    }
}

#[test]
fn a_list_for_support_says_what_is_missing_and_what_happens_by_itself() {
    let mut event = event_with(EventType::Ready, "The policy is missing.");
    event.status = domain_auth::state::Status::Pending;
    event.deadline = Some("2027-01-02T09:00:00Z".parse().unwrap());
    let list = digest(&[&event, &event], Reader::Support, &Console::default()).unwrap();
    let text = list.text();
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    for said in [
        "Still missing The policy is missing. (recommended)",
        "What happens Amazon SES looks for the records until 2 January 2027",
        "(added 1 June 2026, 11:00 UTC)",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn a_list_has_no_link_to_the_page_of_a_removed_domain() {
    let mut event = event_with(EventType::Removed, "plain");
    event.status = domain_auth::state::Status::Removing;
    let console = Console::at(Some("https://console.example"));
    let list = digest(&[&event, &event], Reader::Client, &console).unwrap();
    let text = list.text();
    let state = text.lines().find(|line| line.starts_with("  State"));
    assert!(state.unwrap().ends_with(" removed"), "{text}");
    assert!(!text.contains("/domains/example-domain.org"), "{text}");
}

#[test]
fn a_list_about_one_domain_uses_the_singular() {
    let event = event_with(EventType::Failed, "plain");
    for reader in [Reader::Support, Reader::Client] {
        let list = digest(&[&event, &event], reader, &Console::default()).unwrap();
        assert!(list.heading.starts_with("example-domain.org: "));
        for body in [list.text(), list.html().unwrap()] {
            assert!(!body.contains("1 domains") && !body.contains("these domains"));
        }
    }
}

/// `LONGEST_LIST` of `domain-auth`: large mailbox providers show 100 KB of HTML.
#[test]
fn the_longest_list_is_short_enough_for_mailbox_providers() {
    let text = "Complete the final step, or reject with a reason.";
    let mut event = event_with(EventType::Verified, text);
    // Only `domain.ready` has these.
    event.missing.clear();
    let console = Console::at(Some("https://console.example.lasso.example"));
    for reader in [Reader::Support, Reader::Client] {
        let list = digest(&[&event; 30], reader, &console).unwrap();
        let length = list.html().unwrap().len();
        assert!(length < 100_000, "{length}");
    }
}
