//! A person requests a check. Whatever happens to the check, the history says once who requested
//! it, with its result.

use domain_auth::history::{Action, HistoryEntry};
use domain_auth::ports::CommitChanges;
use domain_auth::use_cases::check::{self, CHECK_INTERVAL, CheckLimits};

use super::*;

impl World {
    /// Does the work of `POST /domains/example.com/check`. `None` if the process crashed.
    fn check(&self) -> Option<Result<check::Checked, check::CheckError>> {
        let (client, name) = (client("maple"), domain_name("example.com"));
        let actor = Actor::client_admin("jo");
        let budget = SesBudget::unlimited();
        let tools = self.tools(&budget);
        Box::pin(check::check(
            &tools,
            &self.final_step,
            (&client, &name),
            &actor,
            CheckLimits::default(),
        ))
        .now_or_never()
    }

    fn history(&self) -> Vec<HistoryEntry> {
        let (client, name) = (client("maple"), domain_name("example.com"));
        let page = self.store.history(&client, &name, 100, None);
        page.now_or_never().unwrap().unwrap().items
    }

    fn checks(&self) -> Vec<HistoryEntry> {
        let mut lines = self.history();
        lines.retain(|line| line.action == Action::Checked);
        lines
    }
}

#[test]
fn a_check_and_its_result_precede_its_changes_in_the_history() {
    let world = World::new();
    world.added("maple", "example.com");
    world.ses.verify(&domain_name("example.com"));
    world.check().unwrap().unwrap();
    let newest: Vec<_> = world.history().into_iter().take(2).collect();
    assert_eq!(
        [newest[0].action, newest[1].action],
        [Action::Verified, Action::Checked]
    );
    assert_eq!(newest[1].to, Status::Pending);
    let evidence = newest[1].evidence.as_ref().unwrap().for_support();
    assert_eq!(evidence["ses"]["verification"], "success");
    let records = evidence["records"].as_array().unwrap();
    assert_eq!(records.len(), 7);
    assert_eq!(records[0]["id"], "verification");
    assert_eq!(records[0]["code"], "not_found");
}

#[test]
fn a_crash_at_any_step_of_a_check_leaves_the_work_to_the_poller() {
    let prepare = || {
        let world = World::new();
        world.added("maple", "example.com");
        world.poll_after(MINUTE);
        // Old enough that SES is asked again.
        world.clock.advance(SignedDuration::from_secs(6));
        world
    };
    let points = {
        let world = prepare();
        world.crash.live();
        world.check().unwrap().unwrap();
        world.crash.log().len()
    };
    assert!(points > 8, "{points} points");
    let mut asked = 0;
    for point in 1..=points {
        let world = prepare();
        world.crash.die_at(point);
        assert!(world.check().is_none(), "point {point}");
        world.crash.live();
        let written = world.domain("maple", "example.com").checked_at.is_some();
        asked += usize::from(written);
        world.poll_after(CHECK_INTERVAL);
        let checks = world.checks();
        assert_eq!(checks.len(), usize::from(written), "point {point}");
        for line in checks {
            assert!(matches!(line.actor, Actor::ClientAdmin { .. }));
            assert!(
                line.evidence.unwrap().for_support()["records"].is_array(),
                "point {point}"
            );
        }
    }
    assert!(asked > 5, "{asked}");
}

#[test]
fn a_crashed_check_stays_in_the_history() {
    let died = || {
        let world = World::new();
        world.added("maple", "example.com");
        let asked = world.domain("maple", "example.com").updated(|domain| {
            domain.check_asked_by = Some(Actor::client_admin("kim"));
        });
        world.store.commit(&asked).now_or_never().unwrap().unwrap();
        world
    };
    let subjects = |world: &World| -> Vec<Actor> {
        world.checks().into_iter().map(|line| line.actor).collect()
    };

    let again = died();
    again.check().unwrap().unwrap();
    assert_eq!(
        subjects(&again),
        [Actor::client_admin("jo"), Actor::client_admin("kim")]
    );

    let removed = died();
    let domain = removed.domain("maple", "example.com");
    let marked = domain
        .transition(
            Trigger::Removed,
            Actor::client_admin("jo"),
            None,
            removed.clock.now(),
            &removed.ids,
        )
        .unwrap();
    let lines: Vec<Action> = marked.history.iter().map(|line| line.action).collect();
    assert_eq!(lines, [Action::Checked, Action::Removed]);
}
