//! Additional parts of a domain's page for Lasso support: the holder of the name and the competing
//! claims, and next to each other what was seen, what follows from it, and what happened.

use askama::Template;
use domain_auth::state::Status;
use domain_auth_pages::{Record, cards};

use crate::forms::Forms;
use crate::place::Place;
use crate::types::{Claim, Domain, OtherClaim};
use crate::view::{Line, communities, note_within, pretty};
use crate::words;

/// Data about the domain from other endpoints of the API.
#[derive(Default)]
pub(crate) struct Beside {
    /// The newest lines of its history.
    pub(crate) lines: Vec<Line>,
    /// The claims of other clients on the name, each with its domain if there is one.
    pub(crate) others: Vec<(OtherClaim, Option<Domain>)>,
}

/// Longest note of a side, in octets of HTML. There may be many sides, and each has its own page.
const LONGEST_NOTE: usize = 300;

/// Most claims of other clients in a list. A client may have a hundred names below one.
const MOST_CLAIMS: usize = 20;
/// Most octets of the names and identifiers in all such lists of a page: each is in an address, too.
const LONGEST_CLAIMS: usize = 760;

/// Claims of other clients, as many as fit into the page.
#[derive(Default)]
struct Claims {
    shown: Vec<OtherClaim>,
    /// How many more there are.
    more: usize,
}

impl Claims {
    /// As many as fit into `left` octets, which become fewer.
    fn of(all: &[OtherClaim], left: &mut usize) -> Self {
        let fitting = all.iter().take(MOST_CLAIMS).take_while(|other| {
            let rest = left.checked_sub(other.client.len() + other.domain.len());
            *left = rest.unwrap_or_default();
            rest.is_some()
        });
        let shown: Vec<OtherClaim> = fitting.cloned().collect();
        Self {
            more: all.len() - shown.len(),
            shown,
        }
    }
}

/// A claim on the name: a column of the comparison.
struct Side {
    client: String,
    page: String,
    name: String,
    word: &'static str,
    tone: &'static str,
    since: String,
    proven: String,
    contact: String,
    communities: String,
    note: Option<String>,
}

impl Side {
    fn of(client: &str, page: String, domain: &Domain) -> Self {
        let summary = &domain.summary;
        let (word, tone) = words::standing_on_page(domain);
        let proven = domain.claim.as_ref().and_then(|claim| claim.proven_at);
        Self {
            client: client.to_owned(),
            page,
            name: words::name(summary),
            word,
            tone,
            since: words::moment(summary.status_since),
            proven: proven
                .map_or_else(|| "no".to_owned(), |at| format!("on {}", words::moment(at))),
            contact: domain.contact_email.clone().unwrap_or_default(),
            communities: communities(&summary.communities),
            note: summary
                .ready_note
                .as_deref()
                .map(|note| note_within(note, LONGEST_NOTE)),
        }
    }
}

/// Common reasons of Lasso support for a rejection.
const REASONS: [&str; 4] = [
    "The name of the domain does not belong to your organization. Please add the domain that your own email addresses have.",
    "The CNAME records are missing. Please publish them, and tell us that you are ready again.",
    "The domain has no website that shows who you are. Please put one up, and tell us that you are ready again.",
    "Please publish a DMARC record first, and tell us that you are ready again.",
];

#[derive(Template)]
#[template(path = "decide.html")]
pub(crate) struct Decide<'a> {
    place: &'a Place,
    domain: &'a Domain,
    forms: Forms<'a>,
    proven: Option<String>,
    ses: Option<String>,
    reasons: [&'static str; 4],
    evidence: String,
    /// Each record with its state as a word, and the class of its colour.
    seen: Vec<(&'a Record, &'static str, &'static str)>,
    lines: &'a [Line],
    /// The claims that block this one.
    against: Claims,
    /// The claims of clients that have proven the name meanwhile.
    challengers: Claims,
    /// The reason that was entered in a form that was refused.
    typed: &'a str,
    /// This claim, followed by other clients' claims; empty if there are no others.
    sides: Vec<Side>,
}

impl<'a> Decide<'a> {
    pub(crate) fn new(
        place: &'a Place,
        domain: &'a Domain,
        beside: &'a Beside,
        forms: Forms<'a>,
        typed: &'a str,
    ) -> Self {
        let claim = domain.claim.as_ref();
        let mut left = LONGEST_CLAIMS;
        let mut fitting = |all: Option<&Vec<OtherClaim>>| {
            all.map_or_else(Claims::default, |all| Claims::of(all, &mut left))
        };
        let against = fitting(claim.map(|claim| &claim.against));
        let challengers = fitting(claim.map(|claim| &claim.challengers));
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
            seen: domain
                .records
                .iter()
                .zip(cards(&domain.records, domain.dns_provider.as_ref()))
                .map(|(record, card)| (record, card.state_word, card.tone))
                .collect(),
            lines: &beside.lines,
            against,
            challengers,
            typed,
            sides: sides(place, domain, beside),
        }
    }

    fn can_complete(&self) -> bool {
        self.domain.summary.status == Status::Verified
    }

    fn can_restart(&self) -> bool {
        self.domain.summary.status == Status::Failed
    }

    fn can_grant(&self) -> bool {
        self.is_contested() && self.proven.is_some()
    }

    /// If another client holds the name, a decision about that claim comes first.
    fn can_adopt(&self) -> bool {
        let claim = self.domain.claim.as_ref();
        let is_held =
            claim.is_some_and(|claim| claim.holder.is_some() || !claim.against.is_empty());
        self.is_contested() && !is_held
    }

    fn is_contested(&self) -> bool {
        self.domain.summary.status == Status::Contested
    }

    /// Whether another client has proven the name that this one holds. The decision about that claim is on the page of that client's domain.
    fn is_challenged(&self) -> bool {
        let claim = self.domain.claim.as_ref();
        claim.is_some_and(|claim| {
            claim.holder.as_ref() == Some(&self.place.client) && !claim.challengers.is_empty()
        })
    }

    /// A client that has lost the name has no claim to end.
    fn can_release(&self) -> bool {
        let claim = self.domain.claim.as_ref();
        let lost = claim.is_some_and(|claim| claim.lost_at.is_some());
        self.domain.summary.status != Status::Removing && !lost
    }
}

fn sides(place: &Place, domain: &Domain, beside: &Beside) -> Vec<Side> {
    let others = beside.others.iter().filter_map(|(claim, domain)| {
        let domain = domain.as_ref()?;
        Some(Side::of(&claim.client, claim.page(), domain))
    });
    let mut sides: Vec<Side> = others.collect();
    if !sides.is_empty() {
        // Its own note is at the head of the page.
        let own = Side {
            note: None,
            ..Side::of(&place.client, place.path.clone(), domain)
        };
        sides.insert(0, own);
    }
    sides
}
