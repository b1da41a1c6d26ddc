//! The page of one domain.

use askama::Template;
use domain_auth::diagnosis::RecordState;
use domain_auth::names::DomainName;
use domain_auth::providers::explained;
use domain_auth::records::RecordId;
use domain_auth::state::Status;
use domain_auth_pages::{RecordCard, cards, cards_within};
use jiff::Timestamp;

use crate::decide_view::{Beside, Decide};
use crate::forms::Forms;
use crate::lost;
use crate::next::{self, Next, Repairs};
use crate::place::Place;
use crate::types::Domain;
use crate::view::communities;
use crate::words;

/// Seconds between two checks of a domain.
const BETWEEN_CHECKS: i64 = 30;
/// The maximum size, in octets, of the records on the page for Lasso support, which has more beside
/// them.
const LONGEST_CARDS_OF_STAFF: usize = 14_000;

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
    fn of(place: &Place, domain: &Domain) -> Self {
        let mut sorted = Self::default();
        let (records, provider) = (&domain.records, domain.dns_provider.as_ref());
        let cards = if place.is_staff() {
            cards_within(records, provider, LONGEST_CARDS_OF_STAFF)
        } else {
            cards(records, provider)
        };
        for card in cards {
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

    fn is_empty(&self) -> bool {
        self.main.is_empty() && self.mail_from.is_empty() && self.dmarc.is_empty()
    }
}

/// The common state of folded records: the state of the first one that is not right, or of all.
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
    /// What "your DNS provider" is, which the fixes name.
    explained: String,
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
        beside: &'a Beside,
        typed: &'a str,
        now: Timestamp,
    ) -> Result<Self, askama::Error> {
        let summary = &domain.summary;
        let status = summary.status;
        let (word, tone) = words::standing_on_page(domain);
        let known = domain.dns_provider.as_ref();
        let known = known.and_then(domain_auth_pages::Provider::known);
        let decide = if place.is_staff() {
            Decide::new(place, domain, beside, forms, typed).render()?
        } else {
            String::new()
        };
        let next = next::next(place, domain);
        let cards = Cards::of(place, domain);
        Ok(Self {
            place,
            headline: if place.is_staff() {
                words::headline_for_staff(domain, &place.client)
            } else {
                words::headline(domain, Repairs::of(domain))
            },
            name: &summary.domain_unicode,
            word,
            tone,
            since: words::moment(summary.status_since),
            said,
            detail: &summary.status_detail,
            next_step: next::next_step(place, domain, &next),
            deadline: summary
                .deadline
                .and_then(|at| words::deadline(status, at, &summary.status_detail)),
            next,
            decide,
            cards,
            waits_for_records: matches!(status, Status::Pending | Status::Contested)
                || lost::lost(domain).is_some(),
            provider: known.map(|provider| provider.name.clone()),
            explained: explained(known, &bought(&summary.domain)),
            check_in: check_in(domain, now),
            looked_at: domain.dns_looked_at.map(words::moment),
            tell_early: next::tell_early(place, summary),
            communities: communities(&summary.communities),
            can_edit: status != Status::Removing,
            can_remove: status != Status::Removing,
            domain,
            forms,
        })
    }
}

/// The name that was bought, of which the domain may be a part.
fn bought(domain: &str) -> String {
    let name = DomainName::parse(domain);
    name.map_or_else(
        |_| domain.to_owned(),
        |name| name.organizational().to_owned(),
    )
}

fn check_in(domain: &Domain, now: Timestamp) -> i64 {
    let since = |at: Timestamp| now.as_second() - at.as_second();
    let left = domain.dns_looked_at.map(|at| BETWEEN_CHECKS - since(at));
    left.unwrap_or_default().clamp(0, BETWEEN_CHECKS)
}
