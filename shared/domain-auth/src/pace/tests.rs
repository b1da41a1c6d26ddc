//! The table of check intervals, computed from the function.

use super::*;
use crate::domain::NewDomain;
use crate::history::Actor;
use crate::identity::{Dkim, DkimToken, MailFromLabel, SesIdentity, VerificationToken};
use crate::names::{ClientId, DomainName, EventId};
use crate::ports::Ids;
use crate::state::{
    AtRisk, Authenticated, Contested, Failed, FailureReason, Pending, State, Verified,
};
use crate::watching::Watch;

const T0: Timestamp = Timestamp::UNIX_EPOCH;

struct NoIds;

impl Ids for NoIds {
    fn event_id(&self, _: Timestamp) -> EventId {
        EventId::new(uuid::Uuid::nil())
    }

    fn secret(&self) -> String {
        String::new()
    }

    fn bits(&self) -> [u8; 32] {
        [0; 32]
    }
}

fn identity() -> SesIdentity {
    let token = |text| DkimToken::parse(text).unwrap();
    SesIdentity {
        verification_token: Some(VerificationToken::parse("token").unwrap()),
        dkim: Some(Dkim {
            tokens: [token("a"), token("b"), token("c")],
            signing_hosted_zone: "dkim.amazonses.com".to_owned(),
        }),
        mail_from: Some(MailFromLabel::default_label()),
        region: "us-east-1".to_owned(),
        adopted: None,
    }
}

fn domain(name: &str, state: State) -> Domain {
    let new = NewDomain {
        name: DomainName::parse(name).unwrap(),
        client: ClientId::parse("maple").unwrap(),
        community: None,
        contact_email: None,
    };
    Domain::add(new, state, None, Actor::Service, T0, &NoIds).domain
}

fn pending() -> Domain {
    let deadline = T0 + SignedDuration::from_hours(72);
    domain(
        "example.com",
        State::Pending(Pending {
            identity: identity(),
            deadline,
        }),
    )
}

fn verified(name: &str) -> Domain {
    domain(
        name,
        State::Verified(Verified {
            identity: identity(),
        }),
    )
}

/// Minutes until the next look at a domain that is looked at `at` minutes after it came into its
/// state: the shortest and the longest with jitter.
fn is_paced(domain: &Domain, at: i64, every: i64) {
    let now = T0 + SignedDuration::from_mins(at);
    let wait = next_check(domain, now).duration_since(now);
    let longest = SignedDuration::from_mins(every);
    let shortest = longest - longest / JITTER_PARTS;
    let in_range = shortest <= wait && wait <= longest;
    assert!(
        in_range,
        "after {at} minutes: {wait} is not {every} minutes"
    );
}

#[test]
fn looks_at_a_pending_domain_become_ever_rarer() {
    let domain = pending();
    for (at, every) in [
        (0, 0),
        (14, 0),
        (15, 5),
        (119, 5),
        (120, 15),
        (24 * 60 - 1, 15),
        (24 * 60, 60),
        (70 * 60, 60),
    ] {
        is_paced(&domain, at, every);
    }
    let last = T0 + SignedDuration::from_mins(72 * 60 - 1);
    assert_eq!(Some(next_check(&domain, last)), domain.state.deadline());
}

#[test]
fn looks_are_frequent_again_after_a_person_asks_for_them() {
    let mut domain = pending();
    let hour = 60 * 40;
    is_paced(&domain, hour, 60);
    domain.hurried_at = Some(T0 + SignedDuration::from_mins(hour));
    is_paced(&domain, hour, 0);
    is_paced(&domain, hour + 15, 5);
    is_paced(&domain, hour + 120, 15);

    let mut domain = verified("example.com");
    domain.hurried_at = Some(T0 + SignedDuration::from_mins(hour));
    is_paced(&domain, hour, 0);
    is_paced(&domain, hour + 15, 5);
    let now = T0 + SignedDuration::from_mins(hour + 120);
    assert!(next_check(&domain, now) > now + SignedDuration::from_hours(12));
}

#[test]
fn watched_domains_are_spread_evenly_over_the_day() {
    let mut by_hour = [0_usize; 24];
    for n in 0..2_400 {
        let domain = verified(&format!("d{n}.example.com"));
        let first = next_check(&domain, T0);
        let wait = first.duration_since(T0);
        assert!(wait >= DAY / 2 && wait < DAY * 3 / 2, "{wait}");
        assert_eq!(next_check(&domain, first), first + DAY, "and then daily");
        let late = first + SignedDuration::from_hours(5);
        assert_eq!(
            next_check(&domain, late),
            first + DAY,
            "also after a late look"
        );
        let hour = first.as_second().rem_euclid(86_400) / 3_600;
        by_hour[usize::try_from(hour).unwrap()] += 1;
    }
    for (hour, looks) in by_hour.into_iter().enumerate() {
        assert!((60..=140).contains(&looks), "{looks} in hour {hour}");
    }
}

#[test]
fn a_second_look_follows_six_hours_after_a_bad_one() {
    let mut domain = verified("example.com");
    domain.watch = Watch {
        bad_since: Some(T0),
        ..Watch::default()
    };
    assert_eq!(next_check(&domain, T0), T0 + STRIKES_APART);
    let later = T0 + SignedDuration::from_hours(7);
    assert_eq!(next_check(&domain, later), later + DOUBTED);
}

#[test]
fn broken_and_failed_domains_are_watched_for_a_repair() {
    let broken = domain(
        "example.com",
        State::AtRisk(AtRisk {
            identity: identity(),
            reason: String::new(),
        }),
    );
    let failed = domain(
        "example.com",
        State::Failed(Failed {
            identity: identity(),
            reason: FailureReason::SesRevoked,
        }),
    );
    for (domain, at, every) in [
        (&broken, 0, 15),
        (&broken, 24 * 60, 60),
        (&failed, 0, 5),
        (&failed, 60, 15),
        (&failed, 24 * 60, 6 * 60),
    ] {
        is_paced(domain, at, every);
    }
}

#[test]
fn patience_ends_only_for_waits_on_the_service_or_support() {
    let patience = Patience {
        provisioning: HOUR,
        staff: DAY,
    };
    let provisioning = domain("example.com", State::provisioning());
    assert_eq!(patience.ends(&provisioning), Some(T0 + HOUR));
    let mut verified = verified("example.com");
    assert_eq!(patience.ends(&verified), Some(T0 + DAY));
    verified.stuck_at = Some(T0);
    assert_eq!(patience.ends(&verified), None, "support knows");
    assert_eq!(patience.ends(&pending()), None);
    let sending = domain(
        "example.com",
        State::Authenticated(Authenticated {
            identity: identity(),
        }),
    );
    assert_eq!(patience.ends(&sending), None);
    let mut claim = domain("example.com", State::contested(String::new(), T0));
    assert_eq!(patience.ends(&claim), None, "it waits for the client");
    let State::Contested(contested) = &mut claim.state else {
        panic!("not contested");
    };
    contested.proven_at = Some(T0 + HOUR);
    let taken_over = State::Contested(Contested {
        taking_over_since: Some(T0 + HOUR),
        ..contested.clone()
    });
    assert_eq!(patience.ends(&claim), Some(T0 + HOUR + DAY));
    claim.state = taken_over;
    assert_eq!(patience.ends(&claim), None, "it has been decided");
}
