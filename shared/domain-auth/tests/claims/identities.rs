//! A shared SES account: identities that this stack did not create are neither changed nor deleted,
//! and a client gets them only by adoption.

mod restarted;

use domain_auth::history::{Action, Actor};
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::names::Note;
use domain_auth::ports::{Clock, CommitChanges, Refusal};
use domain_auth::records::RecordId;
use domain_auth::state::{Status, Trigger};
use domain_auth::use_cases::Failure;
use domain_auth::use_cases::SesBudget;
use domain_auth::use_cases::adopt::{AdoptError, AdoptRefusal, adopt};
use domain_auth::use_cases::restart::{RestartError, restart};
use domain_auth_testkit::{ANOTHER_STACK, SesFault, client, domain_name, verification_token};
use futures::FutureExt;
use jiff::SignedDuration;

use crate::world::{DAY, World, admin};

const NAME: &str = "example.com";

/// Identities that this stack did not create for `maple`, each verified or not.
fn foreign() -> impl Iterator<Item = (Option<&'static str>, bool)> {
    let owners = [None, Some("maple"), Some("cedar"), Some(ANOTHER_STACK)];
    owners
        .into_iter()
        .flat_map(|owner| [(owner, false), (owner, true)])
}

/// Creates one. A client tag without the stack tag does not make it this stack's; `cedar`'s
/// identity is this stack's.
fn make(world: &World, owner: Option<&str>, verified: bool) -> String {
    let name = domain_name(NAME);
    if owner == Some("cedar") {
        world.ses.add_tagged(&name, "cedar", true);
    } else {
        world.ses.add_foreign(&name, owner, true);
    }
    world.ses.furnish(&name, "mail.example.com", "by-hand");
    if verified {
        world.ses.set_status(&name, all(AxisStatus::Success));
    }
    world.ses.record_of(&name).unwrap()
}

fn all(status: AxisStatus) -> SesStatus {
    SesStatus {
        verification: status,
        dkim: status,
        mail_from: status,
    }
}

fn support() -> Actor {
    Actor::lasso_support("sam")
}

impl World {
    fn record(&self) -> Option<String> {
        self.ses.record_of(&domain_name(NAME))
    }

    fn restart(&self) -> Result<Status, RestartError> {
        let (client, name) = (client("maple"), domain_name(NAME));
        let budget = SesBudget::unlimited();
        let tools = self.tools(&budget);
        let (domain, actor) = ((&client, &name), admin());
        let restarted = restart(&tools, domain, &actor, 100);
        let restarted = Box::pin(restarted).now_or_never().unwrap();
        restarted.map(|domain| domain.state.status())
    }

    fn adopt(&self, client_id: &str) -> Result<Status, AdoptError> {
        let (client, name) = (client(client_id), domain_name(NAME));
        let budget = SesBudget::unlimited();
        let tools = self.tools(&budget);
        let (domain, reason) = ((&client, &name), Note::parse("made by hand").unwrap());
        let actor = support();
        let adopted = adopt(&tools, domain, &reason, &actor);
        let adopted = Box::pin(adopted).now_or_never().unwrap();
        adopted.map(|change| change.domain.state.status())
    }

    /// Calls that change an identity, or make SES look for its records.
    fn changing_calls(&self) -> usize {
        [
            "DeleteEmailIdentity",
            "VerifyDomainIdentity",
            "VerifyDomainDkim",
            "PutEmailIdentityMailFromAttributes",
            "PutEmailIdentityConfigurationSetAttributes",
        ]
        .map(|operation| self.ses.calls(operation))
        .iter()
        .sum()
    }
}

#[test]
fn a_foreign_identity_makes_the_name_contested_and_is_unchanged() {
    for (owner, verified) in foreign() {
        let context = format!("{owner:?}, verified: {verified}");
        let world = World::new();
        let before = make(&world, owner, verified);
        let added = world.add("maple", NAME);
        assert_eq!(added.state.status(), Status::Contested, "{context}");
        assert_eq!(world.holder(NAME), None, "{context}");
        world.remove("maple", NAME);
        world.settle();
        assert_eq!(world.status("maple", NAME), None, "{context}");
        assert_eq!(world.record(), Some(before), "{context}");
        assert_eq!(world.changing_calls(), 0, "{context}");
    }
}

/// The steps that could delete an identity: SES does not create the client's identity at first, the
/// client removes the domain, and possibly adds it again.
#[test]
fn failing_calls_never_change_identities_of_others() {
    let operations = ["CreateEmailIdentity", "GetEmailIdentity"];
    let faults = [
        SesFault::Throttled,
        SesFault::Unavailable,
        SesFault::AnswerLost,
        SesFault::Refused(Refusal::AccessDenied),
    ];
    for (owner, verified) in foreign() {
        for operation in operations {
            for fault in faults {
                for added_again in [false, true] {
                    let context =
                        format!("{owner:?} {verified} {operation} {fault:?} {added_again}");
                    let world = World::new();
                    let before = make(&world, owner, verified);
                    world.ses.fail(operation, &[fault; 3]);
                    world.add("maple", NAME);
                    world.remove("maple", NAME);
                    if added_again {
                        world.add("maple", NAME);
                    }
                    world.settle();
                    let status = world.status("maple", NAME);
                    let expected = added_again.then_some(Status::Contested);
                    assert_eq!(status, expected, "{context}");
                    assert_eq!(world.record(), Some(before), "{context}");
                    assert_eq!(world.changing_calls(), 0, "{context}");
                }
            }
        }
    }
}

#[test]
fn an_identity_recreated_by_others_is_left_unchanged() {
    let world = World::new();
    let fault = [SesFault::Throttled; 2];
    world.ses.fail("VerifyDomainIdentity", &fault);
    assert_eq!(
        world.add("maple", NAME).state.status(),
        Status::Provisioning
    );
    let before = make(&world, None, true);
    let calls = world.changing_calls();
    world.settle();
    assert_eq!(world.status("maple", NAME), Some(Status::Contested));
    assert_eq!(world.record(), Some(before));
    assert_eq!(world.changing_calls(), calls);
}

#[test]
fn a_proof_adopts_an_existing_identity_unchanged() {
    for (owner, verified) in foreign() {
        let context = format!("{owner:?}, verified: {verified}");
        let world = World::new();
        make(&world, owner, verified);
        world.add("maple", NAME);
        world.publish_proof("maple", NAME);
        world.poll_after(DAY);
        world.settle();
        let expected = if verified {
            Status::Verified
        } else {
            Status::Pending
        };
        let domain = world.domain("maple", NAME).unwrap();
        assert_eq!(domain.state.status(), expected, "{context}");
        assert_eq!(world.changing_calls(), 0, "{context}: nothing but tags");
        assert_eq!(world.ses.calls("TagResource"), 1, "{context}");
        let tag = world.ses.client_of(&domain_name(NAME));
        assert_eq!(tag, Some(Some("maple".to_owned())), "{context}");
        let identity = domain.state.identity().unwrap();
        let token = verification_token(&domain_name(NAME));
        assert_eq!(identity.verification_token, Some(token), "{context}");
        let mail_from = identity.mail_from.as_ref().unwrap();
        assert_eq!(mail_from.as_str(), "mail", "{context}");
        let adopted = identity.adopted.as_ref().unwrap();
        assert_eq!(adopted.configuration_set.as_deref(), Some("by-hand"));
        let history = world.history("maple", NAME);
        let provisioned = history
            .iter()
            .find(|line| line.action == Action::Provisioned)
            .unwrap();
        let evidence = provisioned.evidence.as_ref().unwrap().for_support();
        assert_eq!(evidence["adopted"], true);
    }
}

#[test]
fn a_byodkim_identity_without_a_txt_token_is_adopted() {
    let world = World::new();
    let name = domain_name(NAME);
    world.ses.add_foreign_with_own_keys(&name);
    world.ses.set_status(&name, all(AxisStatus::Success));
    world.add("maple", NAME);
    world.publish_proof("maple", NAME);
    world.poll_after(DAY);
    world.settle();
    let domain = world.domain("maple", NAME).unwrap();
    assert_eq!(domain.state.status(), Status::Verified);
    let records: Vec<RecordId> = domain.records().iter().map(|record| record.id).collect();
    assert_eq!(
        records,
        [RecordId::Dmarc],
        "what DNS shows of it is not known here"
    );
    let completed = Trigger::Completed;
    let (now, ids) = (world.clock.now(), &world.ids);
    let completed = domain.transition(completed, support(), None, now, ids);
    world
        .store
        .commit(&completed.unwrap())
        .now_or_never()
        .unwrap()
        .unwrap();
    for _ in 0..4 {
        world.poll_after(DAY);
    }
    assert_eq!(world.status("maple", NAME), Some(Status::Authenticated));
    world
        .ses
        .set_status(&name, all(AxisStatus::TemporaryFailure));
    for _ in 0..3 {
        world.poll_after(SignedDuration::from_hours(7));
    }
    assert_eq!(
        world.status("maple", NAME),
        Some(Status::AtRisk),
        "SES says so"
    );
    world.ses.set_status(&name, all(AxisStatus::Success));
    world.poll_after(SignedDuration::from_hours(2));
    assert_eq!(world.status("maple", NAME), Some(Status::Authenticated));
    assert_eq!(world.changing_calls(), 0);
}

#[test]
fn a_crash_at_any_step_of_an_adoption_changes_only_tags() {
    let prepare = || {
        let world = World::new();
        make(&world, None, true);
        world.add("maple", NAME);
        world.publish_proof("maple", NAME);
        world.clock.advance(DAY);
        world.crash.live();
        world
    };
    let points = {
        let world = prepare();
        world.try_poll().unwrap();
        world.crash.log().len()
    };
    assert!(points > 10, "{points} points");
    for point in 1..=points {
        let context = format!("died at point {point}");
        let world = prepare();
        world.crash.die_at(point);
        world.try_poll();
        world.crash.live();
        world.poll_after(DAY);
        world.settle();
        assert_eq!(
            world.status("maple", NAME),
            Some(Status::Verified),
            "{context}"
        );
        assert_eq!(world.changing_calls(), 0, "{context}");
        let domain = world.domain("maple", NAME).unwrap();
        assert!(
            domain.state.identity().unwrap().adopted.is_some(),
            "{context}"
        );
    }
}

#[test]
fn lasso_support_can_give_an_existing_identity_to_a_client() {
    let world = World::new();
    make(&world, None, true);
    assert!(matches!(world.adopt("maple"), Err(AdoptError::NotFound)));
    world.add("maple", NAME);
    assert_eq!(world.adopt("maple").unwrap(), Status::Provisioning);
    assert_eq!(world.holder(NAME).as_deref(), Some("maple"));
    world.settle();
    assert_eq!(world.status("maple", NAME), Some(Status::Verified));
    assert_eq!(world.changing_calls(), 0);
    let again = world.adopt("maple");
    let Err(Failure::Refused(AdoptRefusal::NotContested(situation))) = again else {
        panic!("{again:?}");
    };
    assert_eq!(situation.status, Status::Verified);
    assert!(world.actions("maple", NAME).contains(&Action::Adopted));
}

#[test]
fn a_held_name_or_a_missing_identity_cannot_be_adopted() {
    let world = World::new();
    world.add("maple", NAME);
    world.add("cedar", NAME);
    assert!(matches!(
        world.adopt("cedar"),
        Err(Failure::Refused(AdoptRefusal::HeldByAnother))
    ));
    world.remove("maple", NAME);
    world.settle();
    assert!(matches!(
        world.adopt("cedar"),
        Err(Failure::Refused(AdoptRefusal::NoIdentity(_)))
    ));
    assert_eq!(world.status("cedar", NAME), Some(Status::Contested));
}

#[test]
fn an_adopted_identity_keeps_its_configuration_set_in_the_final_step() {
    use domain_auth::identity::ConfigurationSet;
    use domain_auth::use_cases::decide::{Decision, decide};

    let world = World::new();
    make(&world, None, true);
    world.add("maple", NAME);
    world.adopt("maple").unwrap();
    world.settle();
    let set = ConfigurationSet::parse("mass-mail").unwrap();
    let (client, name, actor) = (client("maple"), domain_name(NAME), support());
    let budget = SesBudget::unlimited();
    let tools = world.tools(&budget);
    let (domain, complete) = ((&client, &name), Decision::Complete);
    let decided = decide(&tools, Some(&set), domain, &complete, &actor);
    let decided = Box::pin(decided).now_or_never().unwrap().unwrap();
    assert_eq!(decided.domain.state.status(), Status::Authenticated);
    assert_eq!(
        world.ses.configuration_set(&name).as_deref(),
        Some("by-hand")
    );
}
