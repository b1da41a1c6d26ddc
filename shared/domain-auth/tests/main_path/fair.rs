//! Many domains of one client, and a single domain of another client.

use domain_auth::domain::Change;
use domain_auth::idempotency::KeyOwner;
use domain_auth::ports::CommitChanges;
use domain_auth::ses_share::{RequestCalls, SesTurns, Turn, TurnRequest};
use domain_auth::use_cases::Failure;
use domain_auth::use_cases::check::{CheckError, CheckLimits, CheckRefusal, Checked, check};
use jiff::Timestamp;

use super::*;

const SECOND: SignedDuration = SignedDuration::from_secs(1);
const STATUS: &str = "GetIdentityVerificationAttributes";

impl World {
    fn put(&self, client_id: &str, name: &str) {
        let new = new_domain(client_id, name);
        let now = self.clock.now();
        let state = State::provisioning();
        let change = Domain::add(new, state, None, Actor::Service, now, &self.ids);
        self.write(&change);
    }

    fn crowd(&self, client_id: &str, count: usize) {
        for number in 0..count {
            self.put(client_id, &format!("d{number:03}.com"));
        }
    }

    fn write(&self, change: &Change) {
        let written = self.store.commit(change).now_or_never();
        written.unwrap().unwrap();
    }

    fn in_state(&self, client_id: &str, status: Status) -> usize {
        let all = self.store.all_domains();
        let theirs = all
            .iter()
            .filter(|domain| domain.client.as_str() == client_id);
        theirs
            .filter(|domain| domain.state.status() == status)
            .count()
    }

    fn turn(&self, client_id: &str, now: Timestamp) -> Turn {
        let asker = KeyOwner::Client(client(client_id));
        let request = TurnRequest::new(RequestCalls::Register, asker, now, 1);
        self.store.turn(&request).now_or_never().unwrap().unwrap()
    }

    fn check_of(&self, client_id: &str, name: &str) -> Result<Checked, CheckError> {
        let budget = SesBudget::unlimited();
        let tools = self.tools(&budget);
        let whose = (&client(client_id), &domain_name(name));
        let actor = Actor::client_admin("jo");
        let limits = CheckLimits::default();
        let checked = check(&tools, &self.final_step, whose, &actor, limits);
        Box::pin(checked).now_or_never().unwrap()
    }
}

#[test]
fn a_single_domain_gets_its_records_while_240_of_another_client_wait() {
    let world = World::new();
    let start = world.clock.now();
    world.crowd("maple", 240);
    world.clock.advance(SECOND);
    world.put("cedar", "cedar.com");
    world.poll().unwrap();
    let cedar = world.domain("cedar", "cedar.com");
    assert_eq!(cedar.state.status(), Status::Pending);
    let waited = cedar.state_since.duration_since(start);
    assert!(waited < SECOND * 5, "{waited}");
    let done = world.in_state("maple", Status::Pending);
    assert!((40..60).contains(&done), "at the quota: {done}");
}

#[test]
fn a_clients_oldest_domain_is_registered_first_and_none_is_left_out() {
    let world = World::new();
    for (number, owner) in ["maple", "maple", "maple", "cedar", "oak"]
        .iter()
        .enumerate()
    {
        world.put(owner, &format!("d{number}.com"));
        world.clock.advance(SECOND);
    }
    world.poll().unwrap();
    let mut all = world.store.all_domains();
    all.sort_by_key(|domain| domain.state_since);
    let order: Vec<&str> = all.iter().map(|domain| domain.name.as_str()).collect();
    assert_eq!(order, ["d0.com", "d3.com", "d4.com", "d1.com", "d2.com"]);
    assert!(
        all.iter()
            .all(|domain| domain.state.status() == Status::Pending)
    );
}

#[test]
fn a_throttled_domain_gets_another_turn_and_delays_no_other() {
    let world = World::new();
    let start = world.clock.now();
    world.crowd("maple", 3);
    world.put("cedar", "cedar.com");
    let twice_and_again = [SesFault::Throttled; 2];
    world.ses.fail("CreateEmailIdentity", &twice_and_again);
    world.poll().unwrap();
    assert_eq!(world.in_state("maple", Status::Pending), 3);
    let cedar = world.domain("cedar", "cedar.com");
    let waited = cedar.state_since.duration_since(start);
    assert!(waited < SECOND * 10, "{waited}");
}

#[test]
fn requests_leave_registration_to_the_poller_during_a_backlog() {
    let world = World::new();
    let start = world.clock.now();
    world.crowd("maple", 240);
    world.poll().unwrap();
    for second in [1, 20, 40] {
        assert_eq!(world.turn("cedar", start + SECOND * second), Turn::Refused);
    }
    // Some seconds before the last registration, and after it.
    for second in [42, 47, 58] {
        let now = start + SECOND * second;
        assert_eq!(world.turn("cedar", now), Turn::At(now));
    }
}

#[test]
fn without_a_backlog_or_after_it_a_domain_is_registered_at_once() {
    for count in [0, 3, 12] {
        let world = World::new();
        world.crowd("maple", count);
        world.poll().unwrap();
        assert_eq!(world.in_state("maple", Status::Pending), count);
        let now = world.clock.now();
        assert_eq!(world.turn("cedar", now), Turn::At(now), "{count}");
    }
}

#[test]
fn a_run_without_a_backlog_reads_each_queue_once() {
    let asked = |count| {
        let world = World::new();
        world.crowd("maple", count);
        world.crash.live();
        world.poll().unwrap();
        let log = world.crash.log();
        log.iter().filter(|point| **point == "due").count()
    };
    // Once for each of the two queues.
    assert_eq!((asked(0), asked(3)), (2, 2));
    assert!(asked(40) > 10, "while there is one, every few seconds");
}

#[test]
fn a_removal_is_not_delayed_by_a_hundred_removals_of_another_client() {
    let world = World::new();
    let remove = |client_id: &str, name: &str| {
        let domain = world.added(client_id, name);
        let now = world.clock.now();
        let removed = domain.transition(Trigger::Removed, Actor::Service, None, now, &world.ids);
        world.write(&removed.unwrap());
    };
    for number in 0..100 {
        remove("maple", &format!("d{number:03}.com"));
    }
    world.clock.advance(SECOND);
    remove("cedar", "cedar.com");
    world.poll_after(MINUTE);
    assert_eq!(world.in_state("cedar", Status::Removing), 0);
    assert!(world.in_state("maple", Status::Removing) > 40);
}

#[test]
fn a_client_may_check_30_domains_per_minute_and_delays_no_other() {
    let world = World::new();
    for number in 0..32 {
        world.added("maple", &format!("d{number:03}.com"));
    }
    world.added("cedar", "cedar.com");
    for number in 0..30 {
        let name = format!("d{number:03}.com");
        world.check_of("maple", &name).unwrap();
    }
    let before = world.domain("maple", "d030.com");
    let refused = world.check_of("maple", "d030.com");
    assert!(
        matches!(refused, Err(Failure::Refused(CheckRefusal::TooMany { wait })) if wait.is_positive()),
        "{refused:?}"
    );
    assert_eq!(world.domain("maple", "d030.com"), before, "nothing written");
    let asked = world.ses.calls(STATUS);
    let cedar = world.check_of("cedar", "cedar.com").unwrap();
    assert_eq!(world.ses.calls(STATUS), asked + 1);
    assert!(cedar.change.domain.ses.is_some());
}

#[test]
fn a_check_without_a_turn_shows_the_stored_ses_status() {
    let world = World::new();
    for name in ["a.com", "b.com"] {
        world.added("maple", name);
    }
    world.poll_after(MINUTE);
    world.clock.advance(SignedDuration::from_secs(10));
    let said = world.domain("maple", "b.com").ses;
    world.check_of("maple", "a.com").unwrap();
    let asked = world.ses.calls(STATUS);
    world.ses.verify(&domain_name("b.com"));
    let checked = world.check_of("maple", "b.com").unwrap();
    assert_eq!(world.ses.calls(STATUS), asked, "the turn was had by a.com");
    let domain = &checked.change.domain;
    assert_eq!((domain.ses, domain.state.status()), (said, Status::Pending));
    assert!(domain.dns_looked_at.is_some());
    world.poll_after(MINUTE);
    assert_eq!(world.status("b.com"), Status::Verified);
}

#[test]
fn a_fresh_ses_status_is_not_requested_again() {
    let world = World::new();
    world.added("maple", "example.com");
    world.clock.advance(SECOND);
    world.poll().unwrap();
    let said = world.domain("maple", "example.com").ses;
    let asked = world.ses.calls(STATUS);
    world.clock.advance(SECOND * 4);
    let checked = world.check_of("maple", "example.com").unwrap();
    assert_eq!(world.ses.calls(STATUS), asked);
    assert_eq!(checked.change.domain.ses, said, "as old as it is");

    world.clock.advance(SECOND * 31);
    world.check_of("maple", "example.com").unwrap();
    assert_eq!(world.ses.calls(STATUS), asked + 1);
}

#[test]
fn a_check_asks_ses_again_if_dns_has_more_than_the_last_ses_status() {
    let world = World::new();
    let added = world.added("maple", "example.com");
    world.clock.advance(SECOND);
    world.poll().unwrap();
    world.clock.advance(SECOND);
    world.dns.publish(&added.records()[0]);
    world.ses.verify(&added.name);
    world.check_of("maple", "example.com").unwrap();
    assert_eq!(world.status("example.com"), Status::Verified);
}

#[test]
fn an_ses_status_from_an_earlier_state_is_ignored() {
    let world = World::new();
    world.added("maple", "example.com");
    world.clock.advance(SECOND);
    let failed = SesStatus {
        verification: AxisStatus::Failed,
        dkim: AxisStatus::Failed,
        mail_from: AxisStatus::Failed,
    };
    world.ses.set_status(&domain_name("example.com"), failed);
    world.poll().unwrap();
    assert_eq!(world.status("example.com"), Status::Failed);
    world.clock.advance(SECOND);
    let domain = world.domain("maple", "example.com");
    let now = world.clock.now();
    let restarted = domain.transition(Trigger::Restarted, Actor::Service, None, now, &world.ids);
    world.write(&restarted.unwrap());
    let pending = SesStatus {
        verification: AxisStatus::Pending,
        ..failed
    };
    world.ses.set_status(&domain_name("example.com"), pending);
    world.clock.advance(SECOND);
    world.check_of("maple", "example.com").unwrap();
    assert_eq!(world.status("example.com"), Status::Pending);
}
