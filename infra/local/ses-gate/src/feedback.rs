//! The fate of an email after SES accepted it: recipients that bounce or complain, emails that SES
//! rejects, and the suppression list. SES publishes each as an event on a topic (SES developer
//! guide, "Examples of event data that Amazon SES publishes to Amazon SNS").

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The fate of each email to a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fate {
    /// The mail server refuses it permanently, and the address is suppressed.
    Bounce,
    /// The mail server refuses it temporarily.
    SoftBounce,
    /// The recipient reports it as spam, and the address is suppressed.
    Complaint,
    /// SES rejects an email that it had accepted.
    Reject,
}

/// The recipients with a fate, and the suppression list.
#[derive(Debug, Default)]
pub(crate) struct Feedback(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    topic: Option<String>,
    fates: BTreeMap<String, Fate>,
    suppressed: BTreeSet<String>,
}

/// An email that SES accepted.
#[derive(Debug)]
pub(crate) struct Sent<'a> {
    /// The body of the call.
    pub(crate) request: &'a Value,
    /// Its identifier.
    pub(crate) message_id: &'a str,
    /// The time of the call.
    pub(crate) at: &'a str,
}

impl Feedback {
    /// From now on publishes events on this topic, also after a reset.
    pub(crate) fn publish_to(&self, topic: String) {
        self.state().topic = Some(topic);
    }

    /// Adds recipients and suppressed addresses.
    pub(crate) fn add(&self, fates: BTreeMap<String, Fate>, suppressed: Vec<String>) {
        let mut state = self.state();
        let fates = fates.into_iter();
        let lower = |address: String| address.to_ascii_lowercase();
        state
            .fates
            .extend(fates.map(|(to, fate)| (lower(to), fate)));
        state.suppressed.extend(suppressed.into_iter().map(lower));
    }

    pub(crate) fn reset(&self) {
        let mut state = self.state();
        state.fates.clear();
        state.suppressed.clear();
    }

    /// Whether an address is on the suppression list.
    pub(crate) fn is_suppressed(&self, address: &str) -> bool {
        self.state()
            .suppressed
            .contains(&address.to_ascii_lowercase())
    }

    /// What `GET /control` shows.
    pub(crate) fn report(&self) -> Value {
        let state = self.state();
        json!({ "recipients": state.fates, "suppressed": state.suppressed })
    }

    /// The topic and the events of an email: one for each recipient with a fate, if the email uses
    /// a configuration set.
    pub(crate) fn events(&self, sent: &Sent<'_>) -> Option<(String, Vec<Value>)> {
        sent.request["ConfigurationSetName"].as_str()?;
        let mut state = self.state();
        let topic = state.topic.clone()?;
        let to = texts(&sent.request["Destination"]["ToAddresses"]);
        let mut events = Vec::new();
        for address in to {
            let key = address.to_ascii_lowercase();
            let Some(fate) = state.fates.get(&key).copied() else {
                continue;
            };
            events.push(event(fate, &address, sent));
            if matches!(fate, Fate::Bounce | Fate::Complaint) {
                state.suppressed.insert(key);
            }
        }
        (!events.is_empty()).then_some((topic, events))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|text| Some(text.as_str()?.to_owned()))
        .collect()
}

fn event(fate: Fate, address: &str, sent: &Sent<'_>) -> Value {
    let feedback_id = format!("{}-feedback", sent.message_id);
    let bounce = |kind: &str, sub_type: &str, status: &str, diagnostic: &str| {
        json!({
            "eventType": "Bounce",
            "bounce": {
                "bounceType": kind,
                "bounceSubType": sub_type,
                "bouncedRecipients": [{
                    "emailAddress": address,
                    "action": "failed",
                    "status": status,
                    "diagnosticCode": diagnostic,
                }],
                "timestamp": sent.at,
                "feedbackId": feedback_id,
                "reportingMTA": "dsn; mta.example.com",
            },
        })
    };
    let mut event = match fate {
        Fate::Bounce => bounce(
            "Permanent",
            "General",
            "5.1.1",
            "smtp; 550 5.1.1 user unknown",
        ),
        Fate::SoftBounce => bounce(
            "Transient",
            "MailboxFull",
            "4.2.2",
            "smtp; 452 4.2.2 mailbox full",
        ),
        Fate::Complaint => json!({
            "eventType": "Complaint",
            "complaint": {
                "complainedRecipients": [{ "emailAddress": address }],
                "timestamp": sent.at,
                "feedbackId": feedback_id,
                "complaintSubType": null,
                "userAgent": "Yahoo!-Mail-Feedback/1.0",
                "complaintFeedbackType": "abuse",
                "arrivalDate": sent.at,
            },
        }),
        Fate::Reject => json!({
            "eventType": "Reject",
            "reject": { "reason": "Bad content" },
        }),
    };
    event["mail"] = mail(sent);
    event
}

fn mail(sent: &Sent<'_>) -> Value {
    let request = sent.request;
    let from = &request["FromEmailAddress"];
    let to = &request["Destination"]["ToAddresses"];
    let subject = &request["Content"]["Simple"]["Subject"]["Data"];
    let mut tags = BTreeMap::from([
        (
            "ses:configuration-set".to_owned(),
            vec![request["ConfigurationSetName"].clone()],
        ),
        ("ses:operation".to_owned(), vec![json!("SendEmail")]),
    ]);
    for tag in request["EmailTags"].as_array().into_iter().flatten() {
        let name = tag["Name"].as_str().unwrap_or_default().to_owned();
        tags.insert(name, vec![tag["Value"].clone()]);
    }
    json!({
        "timestamp": sent.at,
        "source": from,
        "sourceArn": "arn:aws:ses:us-east-1:000000000000:identity/sender",
        "sendingAccountId": "000000000000",
        "messageId": sent.message_id,
        "destination": to,
        "headersTruncated": false,
        "headers": [
            { "name": "From", "value": from },
            { "name": "Subject", "value": subject },
        ],
        "commonHeaders": {
            "from": [from],
            "to": to,
            "messageId": sent.message_id,
            "subject": subject,
        },
        "tags": tags,
    })
}
