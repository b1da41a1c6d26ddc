//! The page of a link: what to publish, where, and the present state.
//!
//! It names only the domain and the client that asks for the records. It does not show communities,
//! the contact, notes, other domains, or why Lasso support has refused something.

use askama::Template;
use domain_auth::dns::DnsLook;
use domain_auth::domain::{Domain, RecordsSeen};
use domain_auth::handoff::{Handoff, in_words, zones};
use domain_auth::links::LinkToken;
use domain_auth::plain_text::shown;
use domain_auth::providers::explained;
use domain_auth::state::{State, Status};
use domain_auth::use_cases::check::CHECK_INTERVAL;
use domain_auth::use_cases::links::Opened;
use domain_auth_http::{DomainView, NextStepCode};
use domain_auth_pages::{Frame, Provider, Record, RecordCard, cards};
use jiff::Timestamp;
use serde_json::Value;

use crate::headline::{detail, headline};
use crate::times::seconds_until;

/// The reload interval of a page that waits, in seconds: how often the domain may be checked.
const REFRESH: u32 = 30;

const TOP: &str = "<span class=\"brand\">Lasso</span>";

/// The formats, and who needs which.
const FILES: [(&str, &str, &str); 7] = [
    (
        "zone",
        "Zone file",
        "for your own name servers, and to import at most DNS providers",
    ),
    ("csv", "CSV", "for a spreadsheet"),
    (
        "terraform",
        "Terraform",
        "for Route 53 managed with Terraform",
    ),
    (
        "route53",
        "Route 53 change batch",
        "for the AWS command line",
    ),
    ("text", "Text", "for a ticket or an email"),
    ("html", "Page", "to print"),
    ("json", "JSON", "for a program"),
];

#[derive(Template)]
#[template(path = "opened.html")]
struct Main<'a> {
    token: &'a str,
    domain: String,
    client: String,
    /// What to do, as a sentence, and its colour.
    headline: &'static str,
    tone: &'static str,
    /// Further details.
    detail: Option<String>,
    /// The effect of publishing the ownership record.
    claim: bool,
    deadline: Option<String>,
    provider: Option<&'static domain_auth::providers::Provider>,
    /// What "your DNS provider" is, which the fixes name.
    explained: String,
    zone: Option<String>,
    cards: Vec<RecordCard>,
    /// Diagnoses of the domain as a whole.
    remarks: Vec<Remark>,
    looked_at: Option<String>,
    /// The number of seconds until the next check is possible.
    wait: Option<u64>,
    was_refused: bool,
    files: Vec<File>,
}

/// A file to download.
struct File {
    /// The end of its address.
    query: String,
    label: &'static str,
    /// Who needs it.
    who: String,
}

/// A diagnosis of the domain.
#[derive(serde::Deserialize)]
struct Remark {
    message: String,
    fix: Option<domain_auth_pages::Fix>,
}

/// A page could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    #[error("what the API shows of a domain cannot be read")]
    View(#[from] serde_json::Error),
    #[error("the page could not be rendered")]
    Template(#[from] askama::Error),
}

/// The page of a live link. `was_refused`: whether a check from this page was refused.
pub(crate) fn opened(
    opened: &Opened,
    token: &LinkToken,
    was_refused: bool,
    now: Timestamp,
) -> Result<String, PageError> {
    let Opened { domain, link, look } = opened;
    let view = DomainView::new(domain, look.as_ref());
    let step = view.summary.next_step.code;
    let mut view = serde_json::to_value(view)?;
    let mut take = |member: &str| view.get_mut(member).map_or(Value::Null, Value::take);
    let records: Vec<Record> = serde_json::from_value(take("records"))?;
    let provider: Option<Provider> = serde_json::from_value(take("dns_provider"))?;
    let remarks = serde_json::from_value(take("diagnoses"))?;
    let status = domain.state.status();
    let seen = RecordsSeen::of(domain);
    let (headline, tone) = headline(status, step, seen, &records);
    let known = provider.as_ref().and_then(Provider::known);
    let checked_at = domain.checked_at.map(|at| at + CHECK_INTERVAL);
    let main = Main {
        token: token.as_str(),
        domain: name(domain),
        client: client(domain),
        headline,
        tone,
        detail: detail(status, seen, &records).filter(|_| step != NextStepCode::AskLasso),
        claim: step == NextStepCode::PublishOwnershipRecord,
        deadline: deadline(domain).map(in_words),
        provider: known,
        explained: explained(known, domain.name.organizational()),
        zone: zone(domain, look.as_ref()),
        cards: cards(&records, provider.as_ref()),
        remarks,
        looked_at: domain.dns_looked_at.map(in_words),
        wait: checked_at.and_then(|at| seconds_until(at, now)),
        was_refused,
        files: if records.is_empty() {
            Vec::new()
        } else {
            files(domain, look.as_ref())
        },
    };
    let foot = Foot {
        ends_at: in_words(link.ends_at),
        client: &main.client,
    };
    let title = format!("DNS records for {}", main.domain);
    let frame = Frame {
        title: &title,
        top: TOP,
        main: &main.render()?,
        foot: &foot.render()?,
        refresh_seconds: (waits(status) || tone == "bad").then_some(REFRESH),
        reloads_without_script: true,
        session: "",
        // The refusal of a check is shown once.
        address: if was_refused { token.as_str() } else { "" },
    };
    Ok(frame.render()?)
}

/// The files to download: one for each format. Route 53 has one change batch for each hosted zone
/// if the records are in several.
fn files(domain: &Domain, look: Option<&DnsLook>) -> Vec<File> {
    let records = domain.records();
    let zones = zones(&Handoff {
        domain: &domain.name,
        zone: look.and_then(DnsLook::zone),
        records: &records,
        observations: look.map_or(&[], |look| &look.observations),
        client: &domain.client,
    });
    let mut files = Vec::new();
    for (format, label, who) in FILES {
        if format == "route53" && zones.len() > 1 {
            files.extend(zones.iter().map(|zone| File {
                query: format!("format={format}&zone={zone}"),
                label,
                who: format!("{who}, of the hosted zone {zone}"),
            }));
        } else {
            files.push(File {
                query: format!("format={format}"),
                label,
                who: who.to_owned(),
            });
        }
    }
    files
}

#[derive(Template)]
#[template(
    source = "<p>This link works until {{ ends_at }}, or until {{ client }} withdraws it. Anyone who has \
              it can see this page, and nothing else. Lasso never asks you for a password.</p>",
    ext = "html"
)]
struct Foot<'a> {
    ends_at: String,
    client: &'a str,
}

/// The page for a link that cannot be opened, whatever the reason.
pub(crate) fn not_found() -> String {
    plain(
        "This link does not work",
        "<h1>This link does not work</h1>\n<p>It may have expired or been withdrawn, or a part of it is \
         missing. Ask the person who gave it to you for a new link.</p>",
    )
}

/// The page after an error of the service.
pub(crate) fn failed() -> String {
    plain(
        "Not now",
        "<h1>This page cannot be shown now</h1>\n<p>Something failed on our side, and nothing was changed. \
         Try again in a minute.</p>",
    )
}

/// A page without any data of the request.
fn plain(title: &str, main: &str) -> String {
    let frame = Frame {
        title,
        top: TOP,
        main,
        ..Frame::default()
    };
    frame.render().unwrap_or_else(|_| title.to_owned())
}

/// What the client is called; its identifier if no token has said it.
fn client(domain: &Domain) -> String {
    let name = domain.client_name.as_ref().map(|name| shown(name.as_str()));
    let name = name.filter(|name| !name.is_empty());
    name.unwrap_or_else(|| shown(domain.client.as_str()))
}

/// The name; with its Unicode form and its DNS form if they differ.
fn name(domain: &Domain) -> String {
    let (name, unicode) = (domain.name.as_str(), domain.name.to_unicode());
    if unicode == name {
        unicode
    } else {
        format!("{unicode} ({name})")
    }
}

/// The zone for the records, if it is known.
fn zone(domain: &Domain, look: Option<&DnsLook>) -> Option<String> {
    let look = look.filter(|_| domain.dns_looked_at.is_some())?;
    Some(look.zone()?.apex.clone())
}

/// Until when the records have to be published, if there is such a time.
fn deadline(domain: &Domain) -> Option<Timestamp> {
    match &domain.state {
        State::Contested(_) | State::Pending(_) => domain.deadline(),
        State::Provisioning(_) | State::Verified(_) | State::Authenticated(_) => None,
        State::AtRisk(_) | State::Failed(_) | State::Rejected(_) | State::Removing(_) => None,
    }
}

/// Whether the content of the page may change automatically soon.
fn waits(status: Status) -> bool {
    match status {
        Status::Contested | Status::Provisioning | Status::Pending => true,
        Status::AtRisk | Status::Failed => true,
        Status::Verified | Status::Authenticated | Status::Rejected | Status::Removing => false,
    }
}
