//! A record of a domain, as the API returns it and with the field names of the DNS provider.

use std::fmt;

use askama::Template;
use dns_diagnosis::diagnosis::{DiagnosisCode, RecordState};
use dns_diagnosis::providers::{self, Panel};
use dns_diagnosis::records::{self, RecordData, RecordId, Requirement};
use serde::Deserialize;

use crate::fit::{fitting, octets};

/// A record in an answer of the API (`Record` in its OpenAPI document).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Record {
    /// Which record of the set.
    pub id: RecordId,
    /// TXT, CNAME or MX.
    #[serde(rename = "type")]
    pub kind: String,
    /// The full name.
    pub name: String,
    /// The name relative to the zone.
    pub host: String,
    /// The value; of an MX record with its preference.
    pub value: String,
    /// Proposed time to live, in seconds.
    pub ttl: u32,
    /// Whether sending depends on it.
    pub requirement: Requirement,
    /// What the record is for.
    pub note: String,
    /// Its state in DNS.
    pub state: RecordState,
    /// The diagnosis that leads.
    #[serde(default)]
    pub code: Option<String>,
    /// The diagnosis as a sentence.
    pub message: Option<String>,
    /// When the record was last found, if it ever was.
    #[serde(default)]
    pub last_found_at: Option<String>,
    /// What is published.
    pub observed: Vec<String>,
    /// What to do.
    pub fix: Option<Fix>,
    /// How long caches may still hold an old answer.
    pub wait_minutes: Option<u32>,
    /// Further diagnoses of the record.
    pub also: Vec<Also>,
}

/// What to do about a record.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Fix {
    /// A sentence or two.
    pub text: String,
    /// What to publish, ready to be copied.
    pub value: Option<String>,
}

/// A further diagnosis of a record.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Also {
    /// For a person.
    pub message: String,
    /// What to do about it.
    pub fix: Option<Fix>,
}

/// The DNS provider in an answer of the API, by its identifier.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Provider {
    /// A stable identifier, in kebab-case.
    pub id: String,
}

impl Provider {
    /// The known provider; `None` if this release does not know it.
    pub fn known(&self) -> Option<&'static providers::Provider> {
        providers::by_id(&self.id)
    }
}

/// A record as a person publishes it. In a template, `{{ card|safe }}` is its HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordCard {
    /// Its position in the list, from 1.
    pub number: usize,
    /// Which record of the set.
    pub id: RecordId,
    /// TXT, CNAME or MX.
    pub kind: String,
    /// "required" or "recommended".
    pub requirement: &'static str,
    /// What the record is for.
    pub note: String,
    /// The state as in the API.
    pub state: &'static str,
    /// The state as a short label to display.
    pub state_word: &'static str,
    /// The class of its colour: `good`, `bad`, `wait`, or empty.
    pub tone: &'static str,
    /// The values for the fields of the provider's form.
    pub fields: Vec<Field>,
    /// The diagnosis.
    pub message: Option<String>,
    /// The published values, if they are not right.
    pub observed: Vec<String>,
    /// Whether the card has less than was published and said, because all would not fit into a page.
    pub is_cut: bool,
    /// What to do.
    pub fixes: Vec<Fix>,
    /// How long caches may still hold an old answer.
    pub wait_minutes: Option<u32>,
}

/// One field of the provider's form for a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// `host`, `name`, `value`, `priority` or `ttl`.
    pub name: &'static str,
    /// The provider's name for the field.
    pub label: String,
    /// The value to enter.
    pub value: String,
    /// Whether it has a copy button.
    pub copies: bool,
}

#[derive(Template)]
#[template(path = "record.html")]
struct Html<'a> {
    card: &'a RecordCard,
}

impl fmt::Display for RecordCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let html = Html { card: self }.render().map_err(|_| fmt::Error)?;
        f.write_str(&html)
    }
}

/// The maximum size, in octets, of all cards of a page. Anybody may publish anything at the names of the records; with
/// the rest of a page this is less than 50 KB.
const LONGEST_CARDS: usize = 22_000;
/// If the cards are too long for a page, the published values on each card are cut to the first of these sizes, in
/// octets, with which the cards fit. The sentences about the values are cut to twice that size.
const SHORTER: [usize; 4] = [800, 400, 200, 20];

/// The records with the field names of `provider`, if a provider was found. Of a zone with very much at the names of
/// the records, the cards show less; the API has all of it.
pub fn cards(records: &[Record], provider: Option<&Provider>) -> Vec<RecordCard> {
    cards_within(records, provider, LONGEST_CARDS)
}

/// As [`cards`], for a page with room for `longest` octets of cards.
pub fn cards_within(
    records: &[Record],
    provider: Option<&Provider>,
    longest: usize,
) -> Vec<RecordCard> {
    let provider = provider.and_then(Provider::known);
    let numbered = records.iter().enumerate();
    let mut cards: Vec<RecordCard> = numbered
        .map(|(index, record)| card(index + 1, record, provider))
        .collect();
    for most in SHORTER {
        let octets: usize = cards.iter().map(|card| card.to_string().len()).sum();
        if octets <= longest {
            break;
        }
        for card in &mut cards {
            card.shorten(most);
        }
    }
    cards
}

impl RecordCard {
    /// Leaves at most so many octets of the published values, and twice as many of each sentence.
    fn shorten(&mut self, most: usize) {
        let mut left = most;
        let mut shorter = Vec::new();
        for value in &self.observed {
            let part = fitting(value, left);
            if part.len() < value.len() {
                self.is_cut = true;
                if shorter.is_empty() {
                    shorter.push(format!("{part}…"));
                }
                break;
            }
            left -= octets(value);
            shorter.push(value.clone());
        }
        self.observed = shorter;
        let sentences = self.message.iter_mut();
        for text in sentences.chain(self.fixes.iter_mut().map(|fix| &mut fix.text)) {
            let part = fitting(text, 2 * most).len();
            if part < text.len() {
                text.truncate(part);
                text.push('…');
                self.is_cut = true;
            }
        }
    }
}

fn card(
    number: usize,
    record: &Record,
    provider: Option<&'static providers::Provider>,
) -> RecordCard {
    let (state_word, tone) = state(record);
    let also = record.also.iter().filter_map(|also| also.fix.as_ref());
    let mut fixes: Vec<Fix> = record.fix.iter().chain(also).cloned().collect();
    fixes.dedup(); // Several diagnoses may have one and the same.
    let is_found = record.state == RecordState::Found;
    RecordCard {
        number,
        id: record.id,
        kind: record.kind.clone(),
        requirement: match record.requirement {
            Requirement::Required => "required",
            Requirement::Recommended => "recommended",
        },
        note: record.note.clone(),
        state: record.state.as_str(),
        state_word,
        tone,
        fields: fields(record, provider),
        message: message(record),
        observed: if is_found {
            Vec::new()
        } else {
            record.observed.clone()
        },
        is_cut: false,
        fixes,
        wait_minutes: record.wait_minutes.filter(|_| !is_found),
    }
}

fn message(record: &Record) -> Option<String> {
    let all = record.also.iter().map(|also| &also.message);
    let all: Vec<String> = record.message.iter().chain(all).cloned().collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// Whether Amazon SES has verified the domain without it.
fn is_not_needed(record: &Record) -> bool {
    let code = record.code.as_deref();
    code == Some(DiagnosisCode::NotNeeded.as_str())
}

/// The state as a short label, and the class of its colour.
fn state(record: &Record) -> (&'static str, &'static str) {
    match record.state {
        RecordState::Found => ("Published", "good"),
        RecordState::Missing | RecordState::Wrong if is_not_needed(record) => {
            ("Not needed", "good")
        }
        RecordState::Missing if record.last_found_at.is_some() => ("Not there any more", "bad"),
        RecordState::Missing => ("Not published yet", "wait"),
        RecordState::Wrong => ("Has to be changed", "bad"),
        RecordState::Unknown => ("DNS did not answer", "wait"),
        RecordState::NotLookedYet => ("Not looked up yet", ""),
    }
}

fn fields(record: &Record, provider: Option<&'static providers::Provider>) -> Vec<Field> {
    let field = |name, label: &str, value: String, copies| Field {
        name,
        label: label.to_owned(),
        value,
        copies,
    };
    let data = data(record);
    let panel = Panel::at(provider, zone(record));
    let wanted = records::Record {
        id: record.id,
        name: record.name.clone(),
        data: data.clone(),
        ttl: record.ttl,
        requirement: record.requirement,
    };
    let host = panel.host(&wanted).to_owned();
    let mut fields = vec![field("host", panel.host_field(), host.clone(), true)];
    if host != record.name {
        fields.push(field("name", "Full name", record.name.clone(), true));
    }
    fields.push(field(
        "value",
        panel.value_field(&data),
        panel.value(&data),
        true,
    ));
    if let (RecordData::Mx { preference, .. }, Some(label)) = (&data, panel.priority_field()) {
        fields.push(field("priority", label, preference.to_string(), false));
    }
    fields.push(field("ttl", "TTL", record.ttl.to_string(), false));
    fields
}

/// The apex of the zone: the part of the full name after the relative one. Empty if the name is
/// given in full because no zone is known.
fn zone(record: &Record) -> String {
    let behind = match record.host.as_str() {
        "@" => Some(record.name.as_str()),
        host => record.name.strip_prefix(host),
    };
    let zone = behind.unwrap_or_default();
    zone.strip_prefix('.').unwrap_or(zone).to_owned()
}

fn data(record: &Record) -> RecordData {
    let mx = || {
        let (preference, exchange) = record.value.split_once(' ')?;
        Some(RecordData::Mx {
            preference: preference.parse().ok()?,
            exchange: exchange.to_owned(),
        })
    };
    let target = || RecordData::Cname {
        target: record.value.clone(),
    };
    let text = || RecordData::Txt {
        text: record.value.clone(),
    };
    match record.id {
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => target(),
        RecordId::MailFromMx => mx().unwrap_or_else(text),
        RecordId::Verification | RecordId::MailFromSpf => text(),
        RecordId::Dmarc | RecordId::Ownership => text(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn record(id: &str, kind: &str, host: &str, value: &str) -> Value {
        json!({
            "id": id, "type": kind, "name": format!("{host}.example.com"), "host": host,
            "value": value, "ttl": 300, "requirement": "required", "note": "What it is for.",
            "state": "missing", "code": "not_found", "message": "There is none yet.", "expected": value,
            "observed": [], "wait_minutes": 5, "also": [],
            "fix": { "text": "Add it.", "field": null, "value": value },
        })
    }

    fn read(records: Value) -> Vec<Record> {
        serde_json::from_value(records).unwrap()
    }

    fn at(provider: &str) -> Provider {
        Provider {
            id: provider.to_owned(),
        }
    }

    #[test]
    fn the_fields_of_a_record_card_are_those_of_the_providers_panel() {
        let records = read(json!([
            record("verification", "TXT", "_amazonses", "token"),
            record(
                "mail-from-mx",
                "MX",
                "bounce",
                "10 feedback-smtp.us-east-1.amazonses.com"
            ),
        ]));
        let values = |provider: Option<Provider>| -> Vec<(String, String)> {
            let cards = cards(&records, provider.as_ref());
            let fields = cards.into_iter().flat_map(|card| card.fields);
            fields.map(|field| (field.label, field.value)).collect()
        };
        insta::assert_debug_snapshot!("unknown", values(None));
        insta::assert_debug_snapshot!("route53", values(Some(at("route53"))));
        insta::assert_debug_snapshot!("cloudflare", values(Some(at("cloudflare"))));
        assert_eq!(values(Some(at("one of a later release"))), values(None));
    }

    #[test]
    fn published_values_are_escaped_on_record_cards() {
        let mut hostile = record("verification", "TXT", "_amazonses", "token");
        hostile["state"] = json!("wrong");
        hostile["observed"] = json!(["<img src=x onerror=alert(1)>", "\"><script>"]);
        let cards = cards(&read(json!([hostile])), None);
        insta::assert_snapshot!(cards[0].to_string());
    }

    #[test]
    fn record_cards_of_a_very_full_zone_fit_into_a_page() {
        let with = |value: String, times: usize| {
            let mut much = record("verification", "TXT", "_amazonses", "token");
            much["state"] = json!("wrong");
            much["observed"] = json!(vec![value.clone(); times]);
            much["message"] = json!(format!("There is {value}."));
            much["fix"]["text"] = json!(format!("Remove {value}."));
            cards(&read(json!(vec![much; 7])), None)
        };
        let octets = |cards: &[RecordCard]| -> usize {
            cards.iter().map(|card| card.to_string().len()).sum()
        };
        let common = with("v=spf1 include:example.net -all".to_owned(), 5);
        assert!(
            common
                .iter()
                .all(|card| !card.is_cut && card.observed.len() == 5)
        );
        let much = with("<".repeat(160), 5);
        assert!(much.iter().any(|card| card.is_cut));
        assert!(octets(&much) <= LONGEST_CARDS, "{}", octets(&much));
        assert!(much[0].to_string().contains("not all of it is shown"));
    }

    #[test]
    fn a_record_at_the_zone_apex_has_the_zones_name() {
        let mut record = record("ownership", "TXT", "@", "secret");
        record["name"] = json!("example.com");
        let fields = &cards(&read(json!([record])), None)[0].fields;
        assert_eq!((&*fields[0].value, &*fields[1].value), ("@", "example.com"));
    }
}
