//! One of each email with sample data, to look at: `cargo local` shows them, and
//! `cargo run --bin email-previews` writes them to files.

mod letter;
mod lists;
mod look;
mod rarer;

use domain_auth::audience::Audience;
use domain_auth::event::Event;
use domain_auth::instructions::Day;
use serde_json::{Value, json};

use self::look::records;
pub use letter::{LetterError, letter_samples};

use crate::{ChatMessage, Console, Draft, alert, digest, notice, summary};

/// An email with sample data.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Its identifier: `support-verified`, `client-failed`.
    pub name: String,
    /// The email.
    pub draft: Draft,
    /// The message for a chat channel, if there is one.
    pub chat: Option<ChatMessage>,
}

/// Every email.
pub fn samples() -> Result<Vec<Sample>, serde_json::Error> {
    let console = Console::at(Some("https://console.lasso.example"));
    let mut samples = Vec::new();
    for (name, event) in events()? {
        if Audience::Support.is_told_of(&event) {
            let draft = alert(&event, &console);
            samples.push(Sample {
                name: format!("support-{name}"),
                chat: Some(ChatMessage::of(&event, &draft)),
                draft,
            });
        }
        if Audience::Client.is_told_of(&event) {
            samples.push(Sample {
                name: format!("client-{name}"),
                draft: notice(&event, &console),
                chat: None,
            });
        }
    }
    for (name, reader, events) in lists::lists(&events()?) {
        let events: Vec<&Event> = events.iter().collect();
        samples.extend(digest(&events, reader, &console).map(|draft| Sample {
            name: name.to_owned(),
            draft,
            chat: None,
        }));
    }
    if let Some((_, event)) = events()?.first() {
        samples.push(Sample {
            name: "support-without-console".to_owned(),
            draft: alert(event, &Console::default()),
            chat: None,
        });
        let day = Day::of(event.occurred_at);
        samples.push(Sample {
            name: "support-summary-of-the-day".to_owned(),
            draft: summary(event, day, 50, &console),
            chat: None,
        });
    }
    let mut all = events()?.into_iter();
    samples.extend(
        all.find(|(name, _)| *name == "expiring")
            .map(|(_, event)| Sample {
                name: "client-without-console".to_owned(),
                draft: notice(&event, &Console::default()),
                chat: None,
            }),
    );
    Ok(samples)
}

#[expect(clippy::too_many_lines, reason = "a list of samples")]
pub(crate) fn events() -> Result<Vec<(&'static str, Event)>, serde_json::Error> {
    let sample = |members: &Value| -> Result<Event, serde_json::Error> {
        let mut event = json!({
            "version": 1,
            "event_id": "01978c6e-0000-7000-8000-000000000001",
            "event_type": "domain.verified",
            "severity": "action",
            "occurred_at": "2026-06-02T14:03:00Z",
            "domain": "mail.maplehomes.com",
            "domain_unicode": "mail.maplehomes.com",
            "client": "maple-homes",
            "client_name": "Maple Homes",
            "community": "Maple Ridge",
            "other_communities": ["Cedar Hollow"],
            "contact_email": "kim@maplehomes.com",
            "previous_status": "pending",
            "status": "verified",
            "state_since": "2026-06-02T14:03:00Z",
            "added_at": "2026-06-01T12:00:00Z",
            "sequence": 5,
            "summary": "Amazon SES has verified the domain.",
        });
        if let (Some(event), Some(members)) = (event.as_object_mut(), members.as_object()) {
            event.extend(members.clone());
        }
        let path = format!("domains/{}", event["domain"].as_str().unwrap_or_default());
        event["links"] = json!({
            "staff": format!("/staff/clients/maple-homes/{path}"), "domain": format!("/{path}"),
        });
        serde_json::from_value(event)
    };
    let of = |event_type: &str, severity: &str, before: &str, status: &str, summary: &str| {
        json!({
            "event_type": format!("domain.{event_type}"), "severity": severity,
            "previous_status": before, "status": status, "summary": summary,
        })
    };
    let with = |mut members: Value, more: &Value| {
        if let (Some(members), Some(more)) = (members.as_object_mut(), more.as_object()) {
            members.extend(more.clone());
        }
        members
    };
    let wanted = "Complete the final step, or reject with a reason.";
    let repair = "Help the client to repair the DNS records.";
    let ready = json!({
        "ready_at": "2026-06-02T09:30:00Z", "ready_by": "Kim Maple", "note_by": "Kim Maple",
        "note": "All records are in since this morning.\nOur newsletter goes out on Friday, so we would be glad if this could be done by then. Thanks, Kim",
    });
    let happened = [
        (
            "verified",
            with(
                of(
                    "verified",
                    "action",
                    "pending",
                    "verified",
                    "Amazon SES has verified the domain. The client has said that it is ready for the final step.",
                ),
                &with(
                    with(json!({ "wanted": wanted }), &ready),
                    &json!({ "records": records(&[]) }),
                ),
            ),
        ),
        (
            "verified-imitation",
            with(
                of(
                    "verified",
                    "action",
                    "pending",
                    "verified",
                    "Amazon SES has verified the domain.",
                ),
                &json!({ "wanted": wanted, "imitates": true, "domain": "xn--mplehomes-0yh.com", "contact_email": null }),
            ),
        ),
        (
            "ready-not-verified",
            with(
                of(
                    "ready",
                    "action",
                    "pending",
                    "pending",
                    "The client says that it is ready for the final step.",
                ),
                &with(
                    with(
                        ready.clone(),
                        &json!({
                            "wanted": "Help the client with what is missing. The final step opens when Amazon SES has verified the domain.",
                            "deadline": "2026-06-04T12:00:00Z",
                            "missing": [
                                { "record": null, "requirement": "required", "message": "Amazon SES has not verified the domain yet." },
                            ],
                        }),
                    ),
                    &json!({ "records": records(&["verification", "dkim-2"]) }),
                ),
            ),
        ),
        (
            "at-risk",
            with(
                of(
                    "at_risk",
                    "warning",
                    "authenticated",
                    "at_risk",
                    "Missing or wrong in DNS: 1 of the three DKIM records.",
                ),
                &json!({ "wanted": repair, "records": records(&["dkim-2"]) }),
            ),
        ),
        (
            "failed-sending",
            with(
                of(
                    "failed",
                    "warning",
                    "at_risk",
                    "failed",
                    "Amazon SES has taken its verification back.",
                ),
                &json!({ "wanted": repair, "deadline": "2026-07-02T14:03:00Z", "records": records(&["verification", "dkim-2"]) }),
            ),
        ),
        (
            "failed-waiting",
            with(
                of(
                    "failed",
                    "warning",
                    "pending",
                    "failed",
                    "Amazon SES did not find the records within 72 hours.",
                ),
                &json!({ "wanted": repair, "deadline": "2026-07-02T14:03:00Z", "records": records(&["verification"]) }),
            ),
        ),
        (
            "recovered",
            of(
                "recovered",
                "resolved",
                "at_risk",
                "authenticated",
                "The records are in DNS again.",
            ),
        ),
        (
            "displaced-sending",
            with(
                of(
                    "displaced",
                    "warning",
                    "authenticated",
                    "contested",
                    "Another client has proven that mail.maplehomes.com is its own.",
                ),
                &json!({
                    "wanted": "Tell the client what happened, and that its domain's page shows the ownership record.",
                    "deadline": "2026-06-16T14:03:00Z",
                }),
            ),
        ),
        (
            "contested",
            with(
                of(
                    "contested",
                    "action",
                    "contested",
                    "contested",
                    "maple-homes has proven mail.maplehomes.com.",
                ),
                &json!({
                    "wanted": "Decide who has the domain: end the claim of the other client, or grant the \
                        claimant's.",
                    "other_sides": [
                        {
                            "client": "cedar-homes", "domain": "mail.maplehomes.com", "status": "authenticated",
                            "state_since": "2025-11-20T08:00:00Z", "contact_email": "it@cedarhomes.net",
                            "path": "/staff/clients/cedar-homes/domains/mail.maplehomes.com",
                        },
                    ],
                }),
            ),
        ),
        (
            "stuck-at-ses",
            with(
                of(
                    "stuck",
                    "action",
                    "provisioning",
                    "provisioning",
                    "The domain has been provisioning since 2026-06-01T12:00:00Z.",
                ),
                &json!({ "wanted": "Find out why this domain does not move on.", "state_since": "2026-06-01T12:00:00Z" }),
            ),
        ),
        (
            "stuck-final-step",
            with(
                of(
                    "stuck",
                    "action",
                    "verified",
                    "verified",
                    "The domain has been verified since 2026-05-30T12:00:00Z.",
                ),
                &with(
                    json!({ "wanted": wanted, "state_since": "2026-05-30T12:00:00Z" }),
                    &ready,
                ),
            ),
        ),
        (
            "records-ready",
            with(
                of(
                    "records_ready",
                    "info",
                    "provisioning",
                    "pending",
                    "Amazon SES has registered the domain; its DNS records can be published.",
                ),
                &json!({ "deadline": "2026-06-05T14:03:00Z" }),
            ),
        ),
        (
            "expiring",
            with(
                of(
                    "expiring",
                    "info",
                    "pending",
                    "pending",
                    "Amazon SES has not found the records yet. It stops looking on 4 June 2026, 12:00 UTC.",
                ),
                &json!({ "deadline": "2026-06-04T12:00:00Z", "records": records(&["verification"]) }),
            ),
        ),
        (
            "authenticated",
            of(
                "authenticated",
                "info",
                "verified",
                "authenticated",
                "Lasso may send for this domain.",
            ),
        ),
        (
            "claim-ended",
            with(
                of(
                    "removed",
                    "warning",
                    "contested",
                    "removing",
                    "Lasso support ended the claim to this domain and gave this reason: “The registrar's letter names another owner.”",
                ),
                &json!({}),
            ),
        ),
        (
            "removed-by-support-sending",
            of(
                "removed",
                "warning",
                "authenticated",
                "removing",
                "Lasso support removed this domain on your behalf.",
            ),
        ),
        (
            "rejected",
            of(
                "rejected",
                "info",
                "verified",
                "rejected",
                "The name is a web shop's, and not the builder's.",
            ),
        ),
    ];
    happened
        .into_iter()
        .chain(rarer::rarer())
        .map(|(name, members)| Ok((name, sample(&members)?)))
        .collect()
}
