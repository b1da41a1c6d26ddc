//! What stands in the way of a contested claim, as Lasso support sees it: why the client needs proof, and
//! until when.

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::Domain;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::state::State;
use jiff::Timestamp;
use serde::Serialize;

use crate::time::in_millis;
use crate::words::day;

/// Most names of other clients that are told. A client may have many below a name.
const MOST_HELD: usize = 10;

/// One thing that stands in the way of a contested claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Obstacle")
)]
pub struct ObstacleView {
    /// What it is, for programs.
    pub kind: ObstacleKind,
    /// The other client, where there is one.
    pub client: Option<String>,
    /// When it ends by itself, where it does.
    #[serde(serialize_with = "in_millis")]
    pub until: Option<Timestamp>,
    /// The same for a person. Plain text: a page has to escape it.
    pub sentence: String,
}

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ObstacleKind {
    /// Another client holds the name, or one above or below it.
    HeldByAnother,
    /// Another client held the name before, and what it published may still be there.
    HeldBefore,
    /// This client held the name and lost it.
    LostBefore,
    /// Amazon SES has an identity that was not made for this client.
    IdentityAtSes,
}

impl ObstacleView {
    fn new(kind: ObstacleKind, sentence: String) -> Self {
        Self {
            kind,
            client: None,
            until: None,
            sentence,
        }
    }

    fn of_client(self, client: &ClientId) -> Self {
        Self {
            client: Some(client.to_string()),
            ..self
        }
    }

    fn until(self, until: Timestamp) -> Self {
        Self {
            until: Some(until),
            ..self
        }
    }
}

/// Everything that stands in the way of a domain; nothing where it is not contested, or where only the time is
/// missing that a claim needs to notice.
pub(crate) fn obstacles(
    domain: &Domain,
    claims: &ClaimRegister,
    now: Timestamp,
) -> Vec<ObstacleView> {
    let State::Contested(contested) = &domain.state else {
        return Vec::new();
    };
    let (name, client) = (&domain.name, &domain.client);
    let others = claims
        .touching(name)
        .filter(|(_, holder)| *holder != client);
    let held = others
        .take(MOST_HELD)
        .map(|(held, holder)| held_by(held, holder));
    let before = before(domain, claims, now);
    let is_held = claims.holder(name).is_some_and(|holder| holder != client);
    let at_ses = contested.identity_not_ours.then(|| at_ses(is_held));
    held.chain(before).chain(at_ses).collect()
}

fn held_by(name: &DomainName, holder: &ClientId) -> ObstacleView {
    let sentence = format!("{holder} holds {}.", name.to_unicode());
    ObstacleView::new(ObstacleKind::HeldByAnother, sentence).of_client(holder)
}

/// What stays of the last claim on exactly this name.
fn before(domain: &Domain, claims: &ClaimRegister, now: Timestamp) -> Option<ObstacleView> {
    let (name, client) = (&domain.name, &domain.client);
    if let Some(claim) = claims.claim(name) {
        let lost = claim.client == *client && claim.lost;
        let sentence = "This client lost the name, and needs proof to have it again.";
        return lost.then(|| ObstacleView::new(ObstacleKind::LostBefore, sentence.to_owned()));
    }
    let tombstone = claims.tombstone(name).filter(|it| it.counts(now))?;
    let (since, until) = (day(tombstone.released_at), day(tombstone.until));
    if tombstone.client == *client {
        let sentence = format!(
            "This client lost the name on {since}, and needs proof to have it again before {until}."
        );
        let lost = ObstacleView::new(ObstacleKind::LostBefore, sentence).until(tombstone.until);
        return tombstone.lost.then_some(lost);
    }
    let held = |sentence: String| {
        ObstacleView::new(ObstacleKind::HeldBefore, sentence).of_client(&tombstone.client)
    };
    let holder = &tombstone.client;
    Some(if tombstone.keeps_the_name(now) {
        held(format!(
            "{holder} held the name until {since}, and its identity is being deleted at Amazon SES."
        ))
    } else {
        let sentence = format!(
            "{holder} held the name until {since}: other clients need proof until {until}."
        );
        held(sentence).until(tombstone.until)
    })
}

fn at_ses(is_held: bool) -> ObstacleView {
    let has = "Amazon SES has an identity of the name, or of one above it, that was not made for this client";
    let sentence = if is_held {
        format!("{has}.")
    } else {
        format!("{has}: adopt gives the identity of the name to this client (POST …/adopt).")
    };
    ObstacleView::new(ObstacleKind::IdentityAtSes, sentence)
}
