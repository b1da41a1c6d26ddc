//! Instructions for a person: plain text for an email, and a page to print.

use askama::Template;

use super::notes::{claim_notice, note, purpose};
use super::{Handoff, HandoffError};
use crate::names::DomainName;
use crate::names::plain_text;
use crate::providers::{Panel, explained};
use crate::records::{Record, RecordData, Requirement};

#[derive(Template)]
#[template(path = "records.txt", escape = "none")]
struct TextPage<'a> {
    page: Page<'a>,
}

#[derive(Template)]
#[template(path = "records.html")]
struct HtmlPage<'a> {
    page: Page<'a>,
}

pub(super) struct Page<'a> {
    pub(super) domain: String,
    pub(super) shown_domain: String,
    pub(super) zone: &'a str,
    pub(super) place: &'a str,
    /// What a DNS provider is.
    pub(super) explained: String,
    pub(super) url: Option<&'a str>,
    pub(super) steps: &'a [String],
    pub(super) note: Option<&'a str>,
    pub(super) host_field: &'a str,
    pub(super) appends_zone: bool,
    pub(super) rows: Vec<Row<'a>>,
    /// What publishing the ownership record does; none if it is not among the records.
    pub(super) claim: Option<String>,
    /// Whether sending depends on any of them. Not so of an identity that signs with a key of its owner
    /// (BYODKIM) and has no TXT token.
    pub(super) required: bool,
}

pub(super) struct Row<'a> {
    pub(super) number: usize,
    pub(super) id: &'static str,
    pub(super) kind: &'static str,
    pub(super) requirement: &'static str,
    pub(super) purpose: &'static str,
    pub(super) host: String,
    pub(super) name: &'a str,
    pub(super) value_field: String,
    pub(super) value: String,
    pub(super) priority: Option<(String, u16)>,
    pub(super) ttl: u32,
    pub(super) note: Option<String>,
}

pub(super) fn render_text(
    handoff: &Handoff<'_>,
    panel: &Panel,
    records: &[&Record],
) -> Result<String, HandoffError> {
    let page = page(handoff, panel, records);
    Ok(TextPage { page }.render()?)
}

pub(super) fn render_html(
    handoff: &Handoff<'_>,
    panel: &Panel,
    records: &[&Record],
) -> Result<String, HandoffError> {
    let page = page(handoff, panel, records);
    Ok(HtmlPage { page }.render()?)
}

pub(super) fn page<'a>(
    handoff: &Handoff<'_>,
    panel: &'a Panel,
    records: &[&'a Record],
) -> Page<'a> {
    let provider = panel.provider();
    let domain = handoff.domain;
    let client = plain_text::shown(handoff.client.as_str());
    let mut ids = records.iter().map(|record| record.id);
    let mut requirements = records.iter().map(|record| record.requirement);
    Page {
        domain: domain.as_str().to_owned(),
        shown_domain: shown(domain),
        zone: panel.zone(),
        place: panel.place(),
        explained: explained(provider, domain.organizational()),
        url: provider.map(|provider| provider.url.as_str()),
        steps: provider.map_or(&[], |provider| &provider.steps),
        note: provider.and_then(|provider| provider.note.as_deref()),
        host_field: panel.host_field(),
        appends_zone: panel.appends_zone(),
        rows: records
            .iter()
            .enumerate()
            .map(|(index, record)| row(handoff, index, panel, record))
            .collect(),
        claim: ids.find_map(|id| claim_notice(id, domain.as_str(), &client)),
        required: requirements.any(|requirement| requirement == Requirement::Required),
    }
}

fn row<'a>(handoff: &Handoff<'_>, index: usize, panel: &Panel, record: &'a Record) -> Row<'a> {
    let note = note(handoff, panel, record);
    let panel = handoff.panel_for(record, panel);
    let priority = match record.data {
        RecordData::Mx { preference, .. } => {
            let field = panel.priority_field();
            field.map(|field| (field.to_owned(), preference))
        }
        RecordData::Txt { .. } | RecordData::Cname { .. } => None,
    };
    Row {
        number: index + 1,
        id: record.id.as_str(),
        kind: record.data.type_name(),
        requirement: match record.requirement {
            Requirement::Required => "required",
            Requirement::Recommended => "recommended",
        },
        purpose: purpose(record),
        host: panel.host(record).to_owned(),
        name: &record.name,
        value_field: panel.value_field(&record.data).to_owned(),
        value: panel.value(&record.data),
        priority,
        ttl: record.ttl,
        note,
    }
}

/// The Unicode form beside the one that DNS has, if they differ.
fn shown(domain: &DomainName) -> String {
    let unicode = domain.to_unicode();
    if unicode == domain.as_str() {
        unicode
    } else {
        format!("{unicode} ({domain})")
    }
}
