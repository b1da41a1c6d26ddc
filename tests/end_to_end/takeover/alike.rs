//! A contested domain looks the same to its client, whatever the reason.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::removal::delete;
use crate::world::{Shared, text};

/// Held and not verified, held and verified, given up, above and below a held name, and known to
/// SES from elsewhere: the second client cannot tell these apart.
pub(super) async fn alike(world: Shared) {
    let (ours, other) = (world.client_admin(), world.other_client_admin());
    let unverified = world.fresh_domain();
    world.add(ours, &unverified).await;
    let verified = world.fresh_domain();
    world.authenticate(&verified).await;
    let given_up = world.fresh_domain();
    world.add(ours, &given_up).await;
    delete(&world, ours, &given_up).await;
    let child = format!("mail.{}", world.fresh_domain());
    let parent = child.trim_start_matches("mail.").to_owned();
    world.add(ours, &child).await;
    let above = world.fresh_domain();
    world.add(ours, &above).await;
    let below = format!("mail.{above}");
    // Each name is a zone of its own, so its DNS data is the same, too.
    world.create_zone(&below);
    let elsewhere = world.fresh_domain();
    world.identity_of(&elsewhere, "another").await;

    let names = [unverified, verified, given_up, parent, below, elsewhere];
    let answers = world
        .without_poller(async {
            let mut answers = Vec::new();
            for name in &names {
                answers.push(shown_of(&world, other, name).await);
            }
            answers
        })
        .await;
    let expected = &answers[0];
    for (name, shown) in names.iter().zip(&answers) {
        for (n, (one, first)) in shown.iter().zip(expected).enumerate() {
            assert_eq!(one, first, "answer {n} about {name} differs");
        }
    }
}

/// Everything that a client sees of a domain that it adds.
async fn shown_of(world: &Shared, token: &str, name: &str) -> Vec<(StatusCode, Value)> {
    let added = world.add(token, name).await;
    assert_eq!(added.content_type, "application/json");
    // As in every 202 response.
    assert_eq!(added.retry_after, Some(60));
    let since = text(&added.body["added_at"]).parse().expect("a time");
    let masked = |body: &Value, name: &str| masked(body, name, since);
    let mut shown = vec![(added.status, masked(&added.body, name))];
    for path in [
        "",
        "/records?format=json",
        "/records?format=zone",
        "/history",
        "/history?limit=1",
    ] {
        let seen = world.get(token, &format!("/domains/{name}{path}")).await;
        shown.push((seen.status, masked(&seen.body, name)));
    }
    let sender = world.get(token, &format!("/senders/sales@{name}")).await;
    shown.push((sender.status, masked(&sender.body, name)));
    shown
}

/// Without random values, with the same name, and with each time relative to the addition of the
/// domain.
fn masked(body: &Value, name: &str, added_at: jiff::Timestamp) -> Value {
    let mut text = body.to_string().replace(name, "the-domain");
    while let Some(start) = text.find("lasso-domain-verification=") {
        let end = text[start..]
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '=' || c == '-'))
            .map_or(text.len(), |length| start + length);
        text.replace_range(start..end, "the-proof");
    }
    // How a fix leads to a zone of its own, which follows from the requested name.
    let (opening, end) = (
        "first open the-domain: it has a line of its own in the list of your domains, beside ",
        "There, ",
    );
    while let Some(start) = text.find(opening) {
        let length = text[start..].find(end).expect("the end of the opening") + end.len();
        text.replace_range(start..start + length, "");
    }
    let mut body: Value = serde_json::from_str(&text).expect("JSON");
    mask_times(&mut body, added_at);
    body
}

fn mask_times(value: &mut Value, added_at: jiff::Timestamp) {
    match value {
        Value::String(text) => {
            if let Ok(time) = text.parse::<jiff::Timestamp>() {
                *value = json!(format!("{} after", time.duration_since(added_at)));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask_times(item, added_at)),
        Value::Object(members) => {
            // The record's name relative to the zone, which follows from the requested name.
            if let Some(host) = members.get_mut("host") {
                *host = json!("a host");
            }
            // However long the first write took; SES is called after that.
            if let Some(Value::String(looked_at)) = members.get_mut("dns_looked_at") {
                "looked at".clone_into(looked_at);
            }
            if let Some(Value::String(cursor)) = members.get_mut("next_cursor") {
                *cursor = format!("a cursor of {}", cursor.len());
            }
            members
                .values_mut()
                .for_each(|member| mask_times(member, added_at));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
