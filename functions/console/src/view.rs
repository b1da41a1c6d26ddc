//! The pages, made of what the API answered.

use askama::Template;
use domain_auth::diagnosis::RecordState;
use domain_auth::records::RecordId;
use domain_auth::state::Status;
use domain_auth_pages::{RecordCard, cards};
use jiff::Timestamp;

use crate::forms::Forms;
use crate::next::{self, Next};
use crate::place::Place;
use crate::session::Person;
use crate::types::{Claim, Domain, Entry, Link, Reconciliation, Summary};
use crate::words;

/// Between two checks of a domain, in seconds.
const BETWEEN_CHECKS: i64 = 30;
/// Most characters of evidence that a page shows.
const LONGEST_EVIDENCE: usize = 12_000;

/// The formats of `GET …/records`, and who wants which.
pub(crate) const FORMATS: [(&str, &str, &str); 6] = [
    (
        "text",
        "Plain text",
        "for anybody; to paste into an email or a ticket",
    ),
    ("html", "Web page", "for anybody; with tables"),
    (
        "zone",
        "Zone file",
        "for who runs BIND or imports zone files",
    ),
    (
        "csv",
        "CSV",
        "for a spreadsheet, or the import of a DNS panel",
    ),
    ("terraform", "Terraform", "for who keeps DNS in code"),
    (
        "route53",
        "Route 53 change batch",
        "for the AWS command line",
    ),
];

#[derive(Template)]
#[template(path = "top.html")]
pub(crate) struct Top<'a> {
    pub(crate) person: &'a Person,
    pub(crate) forms: Forms<'a>,
}

#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message<'a> {
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) link: Option<(&'a str, &'a str)>,
}

/// A domain in a list.
pub(crate) struct Row {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) word: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) next: String,
    pub(crate) communities: String,
    pub(crate) since: String,
    pub(crate) client: String,
    pub(crate) imitates: bool,
}

impl Row {
    /// In a list of the person's own domains.
    pub(crate) fn own(summary: Summary) -> Self {
        let next = words::next_step(&summary).map(str::to_owned);
        let row = Self::of(summary, Some(""));
        Self {
            next: next.unwrap_or(row.next),
            ..row
        }
    }

    /// In the list below `base`, or in a list of many clients.
    pub(crate) fn of(summary: Summary, base: Option<&str>) -> Self {
        let (word, tone) = words::state(summary.status);
        let client = summary.client.clone().unwrap_or_default();
        let own = || format!("/staff/clients/{}", words::path_part(&client));
        let base = base.map_or_else(own, str::to_owned);
        Self {
            path: format!("{base}/domains/{}", summary.domain),
            word,
            tone,
            next: next_of(&summary),
            communities: summary.communities.join(", "),
            since: words::moment(summary.status_since),
            imitates: summary.imitates,
            name: summary.domain_unicode,
            client,
        }
    }
}

fn next_of(summary: &Summary) -> String {
    let step = summary.next_step.as_ref();
    step.map_or(&summary.status_detail, |step| &step.sentence)
        .clone()
}

/// What the form that adds domains holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct AddForm {
    pub(crate) typed: String,
    pub(crate) community: String,
    pub(crate) contact: String,
    pub(crate) problem: Option<String>,
}

#[derive(Template)]
#[template(path = "domains.html")]
pub(crate) struct Domains<'a> {
    pub(crate) base: &'a str,
    pub(crate) add_path: &'a str,
    pub(crate) client: &'a str,
    pub(crate) can_add: bool,
    pub(crate) said: &'a str,
    pub(crate) forms: Forms<'a>,
    pub(crate) typed: &'a str,
    pub(crate) community: &'a str,
    pub(crate) contact: &'a str,
    pub(crate) problem: Option<&'a str>,
    pub(crate) rows: Vec<Row>,
    pub(crate) next_page: Option<String>,
}

/// The records in the order of the page.
#[derive(Default)]
pub(crate) struct Cards {
    main: Vec<RecordCard>,
    has_dkim: bool,
    mail_from: Vec<RecordCard>,
    mail_from_word: &'static str,
    mail_from_tone: &'static str,
    dmarc: Vec<RecordCard>,
    dmarc_word: &'static str,
    dmarc_tone: &'static str,
}

impl Cards {
    fn of(domain: &Domain) -> Self {
        let mut sorted = Self::default();
        for card in cards(&domain.records, domain.dns_provider.as_ref()) {
            match card.id {
                RecordId::Verification | RecordId::Ownership => sorted.main.push(card),
                RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
                    sorted.has_dkim = true;
                    sorted.main.push(card);
                }
                RecordId::MailFromMx | RecordId::MailFromSpf => sorted.mail_from.push(card),
                RecordId::Dmarc => sorted.dmarc.push(card),
            }
        }
        (sorted.mail_from_word, sorted.mail_from_tone) = together(&sorted.mail_from);
        (sorted.dmarc_word, sorted.dmarc_tone) = together(&sorted.dmarc);
        sorted
    }

    /// How many are published otherwise than they should be.
    fn wrong(&self) -> usize {
        let all = self.main.iter().chain(&self.mail_from).chain(&self.dmarc);
        let wrong = RecordState::Wrong.as_str();
        all.filter(|card| card.state == wrong).count()
    }

    fn is_empty(&self) -> bool {
        self.main.is_empty() && self.mail_from.is_empty() && self.dmarc.is_empty()
    }
}

/// The state of folded records: of the first that is not in order, or of all.
fn together(cards: &[RecordCard]) -> (&'static str, &'static str) {
    let found = RecordState::Found.as_str();
    let first = cards.iter().find(|card| card.state != found);
    let shown = first.or_else(|| cards.first());
    shown.map_or(("", ""), |card| (card.state_word, card.tone))
}

#[derive(Template)]
#[template(path = "domain.html")]
pub(crate) struct DomainPage<'a> {
    place: &'a Place,
    pub(crate) headline: String,
    name: &'a str,
    word: &'static str,
    tone: &'static str,
    since: String,
    said: &'a str,
    detail: &'a str,
    next_step: Option<String>,
    deadline: Option<String>,
    next: Next,
    decide: String,
    cards: Cards,
    waits_for_records: bool,
    provider: Option<String>,
    check_in: i64,
    looked_at: Option<String>,
    domain: &'a Domain,
    tell_early: Option<&'static str>,
    communities: String,
    can_edit: bool,
    can_remove: bool,
    forms: Forms<'a>,
}

impl<'a> DomainPage<'a> {
    pub(crate) fn new(
        place: &'a Place,
        domain: &'a Domain,
        forms: Forms<'a>,
        said: &'a str,
        now: Timestamp,
    ) -> Result<Self, askama::Error> {
        let summary = &domain.summary;
        let status = summary.status;
        let (word, tone) = words::state(status);
        let known = domain.dns_provider.as_ref();
        let known = known.and_then(domain_auth_pages::Provider::known);
        let decide = if place.is_staff() {
            Decide::new(place, domain, forms).render()?
        } else {
            String::new()
        };
        let next = next::next(place, domain);
        let cards = Cards::of(domain);
        Ok(Self {
            place,
            headline: if place.is_staff() {
                words::headline_for_staff(domain, &place.client)
            } else {
                words::headline(domain)
            },
            name: &summary.domain_unicode,
            word,
            tone,
            since: words::moment(summary.status_since),
            said,
            detail: &summary.status_detail,
            next_step: next::next_step(place, domain, &next, cards.wrong()),
            deadline: summary
                .deadline
                .and_then(|at| words::deadline(status, at, &summary.status_detail)),
            next,
            decide,
            cards,
            waits_for_records: matches!(status, Status::Pending | Status::Contested),
            provider: known.map(|provider| provider.name.clone()),
            check_in: check_in(domain, now),
            looked_at: domain.dns_looked_at.map(words::moment),
            tell_early: next::tell_early(place, summary),
            communities: summary.communities.join(", "),
            can_edit: status != Status::Removing,
            can_remove: status != Status::Removing,
            domain,
            forms,
        })
    }
}

fn check_in(domain: &Domain, now: Timestamp) -> i64 {
    let since = |at: Timestamp| now.as_second() - at.as_second();
    let left = domain.dns_looked_at.map(|at| BETWEEN_CHECKS - since(at));
    left.unwrap_or_default().clamp(0, BETWEEN_CHECKS)
}

/// Why Lasso support rejects, mostly.
const REASONS: [&str; 4] = [
    "The name of the domain does not belong to your organization. Please add the domain that your own email addresses have.",
    "The CNAME records are missing. Please publish them, and tell us that you are ready again.",
    "The domain has no website that shows who you are. Please put one up, and tell us that you are ready again.",
    "Please publish a DMARC record first, and tell us that you are ready again.",
];

#[derive(Template)]
#[template(path = "decide.html")]
struct Decide<'a> {
    place: &'a Place,
    domain: &'a Domain,
    forms: Forms<'a>,
    proven: Option<String>,
    ses: Option<String>,
    reasons: [&'static str; 4],
    evidence: String,
}

impl<'a> Decide<'a> {
    fn new(place: &'a Place, domain: &'a Domain, forms: Forms<'a>) -> Self {
        let claim = domain.claim.as_ref();
        let proven = claim.and_then(|claim: &Claim| claim.proven_at);
        let axes = domain.ses.as_ref().map(|ses| {
            let axis = |axis: domain_auth::identity::AxisStatus| {
                let word = serde_json::to_value(axis).unwrap_or_default();
                word.as_str().unwrap_or_default().replace('_', " ")
            };
            let status = &ses.status;
            format!(
                "verification {}, DKIM {}, MAIL FROM {}",
                axis(status.verification),
                axis(status.dkim),
                axis(status.mail_from)
            )
        });
        let evidence = if domain.look.is_null() {
            String::new()
        } else {
            pretty(&domain.look)
        };
        Self {
            place,
            domain,
            forms,
            proven: proven.map(words::moment),
            ses: axes,
            reasons: REASONS,
            evidence,
        }
    }

    fn can_complete(&self) -> bool {
        self.domain.summary.status == Status::Verified
    }

    fn can_restart(&self) -> bool {
        self.domain.summary.status == Status::Failed
    }

    fn can_grant(&self) -> bool {
        self.can_adopt() && self.proven.is_some()
    }

    fn can_adopt(&self) -> bool {
        self.domain.summary.status == Status::Contested
    }

    fn can_release(&self) -> bool {
        self.domain.summary.status != Status::Removing
    }
}

fn pretty(value: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    if text.len() <= LONGEST_EVIDENCE {
        return text;
    }
    let shown: String = text.chars().take(LONGEST_EVIDENCE).collect();
    shown + "\n…"
}

/// A link that is good.
pub(crate) struct LinkLine {
    pub(crate) made: String,
    pub(crate) ends: String,
    /// Where its withdrawal is sent to.
    pub(crate) withdraw: String,
}

impl LinkLine {
    pub(crate) fn of(link: &Link, place: &Place) -> Self {
        Self {
            made: words::moment(link.made_at),
            ends: words::moment(link.ends_at),
            withdraw: format!("{}/{}", place.under("links"), link.id),
        }
    }
}

#[derive(Template)]
#[template(path = "hand_over.html")]
pub(crate) struct HandOver<'a> {
    pub(crate) place: &'a Place,
    pub(crate) name: &'a str,
    pub(crate) said: &'a str,
    pub(crate) forms: Forms<'a>,
    pub(crate) email: &'a str,
    pub(crate) note: &'a str,
    pub(crate) links: Vec<LinkLine>,
    pub(crate) formats: [(&'static str, &'static str, &'static str); 6],
}

#[derive(Template)]
#[template(path = "remove.html")]
pub(crate) struct Remove<'a> {
    pub(crate) place: &'a Place,
    pub(crate) name: &'a str,
    pub(crate) said: &'a str,
    pub(crate) sends: bool,
    pub(crate) forms: Forms<'a>,
}

#[derive(Template)]
#[template(path = "settings.html")]
pub(crate) struct Settings<'a> {
    pub(crate) place: &'a Place,
    pub(crate) name: &'a str,
    pub(crate) said: &'a str,
    pub(crate) communities: String,
    pub(crate) contact: &'a str,
    pub(crate) forms: Forms<'a>,
}

/// A line of history.
pub(crate) struct Line {
    pub(crate) sentence: String,
    pub(crate) at: String,
    pub(crate) who: String,
    pub(crate) evidence: String,
}

impl Line {
    /// With the evidence, for Lasso support.
    pub(crate) fn of(entry: Entry, with_evidence: bool) -> Self {
        let who = match entry.actor.kind.as_str() {
            "client_admin" => "Client Administrator",
            "lasso_support" => "Lasso support",
            "link_holder" => "Person with a link",
            _ => "by itself",
        };
        // Of a name the identifier says whose it is.
        let subject = entry.actor.subject.filter(|_| with_evidence);
        let subject = subject.map(|subject| format!(" {subject}"));
        let moved = match entry.from {
            Some(from) if from != entry.to => {
                format!(" · {} → {}", words::state(from).0, words::state(entry.to).0)
            }
            Some(_) | None => String::new(),
        };
        Self {
            sentence: entry.sentence,
            at: words::moment(entry.at),
            who: format!("{who}{}{moved}", subject.unwrap_or_default()),
            evidence: if with_evidence && !entry.evidence.is_null() {
                pretty(&entry.evidence)
            } else {
                String::new()
            },
        }
    }
}

#[derive(Template)]
#[template(path = "history.html")]
pub(crate) struct History<'a> {
    pub(crate) place: &'a Place,
    pub(crate) name: &'a str,
    pub(crate) lines: Vec<Line>,
    pub(crate) next_page: Option<String>,
}

#[derive(Template)]
#[template(path = "queue.html")]
pub(crate) struct Queue<'a> {
    pub(crate) said: &'a str,
    pub(crate) search: &'a str,
    pub(crate) tabs: Vec<(String, &'static str, bool)>,
    pub(crate) heading: &'a str,
    pub(crate) empty: &'a str,
    pub(crate) rows: Vec<Row>,
    pub(crate) next_page: Option<String>,
    pub(crate) reconciliation: Option<Reconciliation>,
}
