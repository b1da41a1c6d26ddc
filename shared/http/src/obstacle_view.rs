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

/// The maximum number of names of other clients in a response. A client may have many below a name.
const MOST_HELD: usize = 10;

/// One thing that stands in the way of a contested claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Obstacle")
)]
pub struct ObstacleView {
    /// The kind of obstacle, for programs.
    pub kind: ObstacleKind,
    /// The other client, if there is one.
    pub client: Option<String>,
    /// When the obstacle ends by itself, if it does.
    #[serde(serialize_with = "in_millis")]
    pub until: Option<Timestamp>,
    /// The obstacle as a sentence. Plain text: a page has to escape it.
    pub sentence: String,
}

/// The kinds of obstacles.
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

/// Everything that stands in the way of a domain; nothing if it is not contested, or if only the time is
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

/// The obstacle that remains of the last claim on exactly this name.
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
            "This client lost the name on {since}: until {until} it needs proof to have it again."
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

#[cfg(test)]
mod tests {
    use domain_auth::claims::Reservation;

    use super::*;
    use crate::openapi::story::{added, at, below, name};

    fn claimant(identity_not_ours: bool) -> Domain {
        let mut domain = added(State::contested("secret".to_owned(), at(0))).domain;
        if let State::Contested(contested) = &mut domain.state {
            contested.identity_not_ours = identity_not_ours;
        }
        domain
    }

    fn told(domain: &Domain, claims: &ClaimRegister, now: Timestamp) -> Vec<String> {
        let obstacles = obstacles(domain, claims, now).into_iter();
        obstacles.map(|it| it.sentence).collect()
    }

    #[test]
    fn a_claim_lists_its_obstacles_and_when_they_end() {
        let cedar = ClientId::parse("cedar").unwrap();
        let (domain, holds) = (claimant(false), "cedar holds maplehomes.com.");
        let free = ClaimRegister::empty("maplehomes.com");
        assert_eq!(obstacles(&domain, &free, at(0)), []);
        let held = free.clone().taken(&name(), &cedar, at(0));
        assert_eq!(told(&domain, &held, at(1)), [holds]);
        let parts = free.clone().taken(&below(), &cedar, at(0));
        let told_of_part = told(&domain, &parts, at(1));
        assert_eq!(told_of_part, ["cedar holds news.maplehomes.com."]);

        let given_up = held
            .clone()
            .released(&name(), &cedar, Reservation::Full, at(2));
        let before = &obstacles(&domain, &given_up, at(3))[0];
        let until = before.until.unwrap();
        assert_eq!(
            before.sentence,
            "cedar held the name until 1 June 2026: other clients need proof until 6 July 2027."
        );
        assert_eq!(
            (before.kind, before.client.as_deref()),
            (ObstacleKind::HeldBefore, Some("cedar"))
        );
        assert_eq!(
            obstacles(&domain, &given_up, until),
            [],
            "it has had its time"
        );

        let domain = claimant(true);
        let adopts = told(&domain, &free, at(0));
        assert!(adopts[0].contains("POST …/adopt"), "{adopts:?}");
        let both = told(&domain, &held, at(1));
        assert_eq!(both[0], holds);
        assert!(!both[1].contains("adopt"), "it would be refused: {both:?}");
    }
}
