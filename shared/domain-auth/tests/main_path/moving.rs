//! How a domain changes its state, and the cost of that.

use domain_auth::diagnosis::RecordState;

use super::*;

fn axes(verification: AxisStatus) -> SesStatus {
    SesStatus {
        verification,
        dkim: AxisStatus::Pending,
        mail_from: AxisStatus::Pending,
    }
}

#[test]
fn a_domain_moves_from_added_to_verified_with_one_event_for_each_state() {
    let world = World::new();
    let added = world.added("maple", "example.com");
    assert_eq!(added.state.status(), Status::Pending);
    assert_eq!(
        added.state.identity(),
        Some(&identity(&domain_name("example.com")))
    );

    world.poll_after(MINUTE);
    assert_eq!(
        world.status("example.com"),
        Status::Pending,
        "not yet is not failed"
    );

    world.ses.verify(&domain_name("example.com"));
    world.poll_after(MINUTE);
    world.poll_after(MINUTE);
    assert_eq!(world.status("example.com"), Status::Verified);
    assert_eq!(world.published(), [EventType::Added, EventType::Verified]);
    assert_eq!(world.store.outbox_length(), 0);
    // The earlier look found nothing, and what Amazon SES says is newer.
    let verified = world.topic.events().pop().unwrap();
    let states: Vec<RecordState> = verified.records.iter().map(|it| it.state).collect();
    assert!(states.contains(&RecordState::Found), "{states:?}");
    assert!(!states.contains(&RecordState::Missing), "{states:?}");
}

#[test]
fn adding_again_changes_nothing() {
    let world = World::new();
    let first = world.added("maple", "example.com");
    let again = world.added("maple", "example.com");
    assert_eq!(first, again);
    assert_eq!(world.ses.identities(), 1);
    assert_eq!(world.published(), [EventType::Added]);
}

#[test]
fn a_second_client_has_to_prove_its_claim_and_ses_is_not_asked() {
    let world = World::new();
    world.added("maple", "example.com");
    for name in ["example.com", "mail.example.com"] {
        let contested = world.added("cedar", name);
        assert_eq!(contested.state.status(), Status::Contested);
        assert_eq!(contested.state.identity(), None);
    }
    assert_eq!(world.ses.identities(), 1);
    world.ses.verify(&domain_name("example.com"));
    world.poll_after(MINUTE);
    assert_eq!(
        world.domain("cedar", "example.com").state.status(),
        Status::Contested
    );
}

#[test]
fn a_throttled_domain_is_finished_by_the_poller() {
    let world = World::new();
    world
        .ses
        .fail("CreateEmailIdentity", &[SesFault::Throttled; 20]);
    assert_eq!(
        world.added("maple", "example.com").state.status(),
        Status::Provisioning
    );
    world.poll_after(MINUTE);
    assert_eq!(world.status("example.com"), Status::Pending);
}

#[test]
fn stored_tokens_are_not_requested_again() {
    let world = World::new();
    world.ses.fail(
        "PutEmailIdentityMailFromAttributes",
        &[SesFault::Unavailable; 2],
    );
    world.added("maple", "example.com");
    world.poll_after(MINUTE);
    world.poll_after(MINUTE);
    assert_eq!(world.status("example.com"), Status::Pending);
    assert_eq!(world.ses.calls("CreateEmailIdentity"), 1);
    assert_eq!(world.ses.calls("VerifyDomainIdentity"), 1);
}

#[test]
fn a_registration_continues_after_a_lost_ses_answer() {
    let world = World::new();
    world
        .ses
        .fail("CreateEmailIdentity", &[SesFault::AnswerLost]);
    world
        .ses
        .fail("VerifyDomainIdentity", &[SesFault::AnswerLost]);
    world.added("maple", "example.com");
    for _ in 0..3 {
        world.poll_after(MINUTE);
    }
    assert_eq!(world.status("example.com"), Status::Pending);
    assert_eq!(world.ses.identities(), 1);
}

#[test]
fn only_the_clients_own_identity_gets_missing_dkim() {
    let world = World::new();
    world
        .ses
        .add_tagged(&domain_name("old.example.com"), "maple", false);
    assert_eq!(
        world.added("maple", "old.example.com").state.status(),
        Status::Pending
    );

    world
        .ses
        .add_tagged(&domain_name("other.example.org"), "cedar", true);
    let contested = world.added("maple", "other.example.org");
    assert_eq!(contested.state.status(), Status::Contested);
    let claims = world
        .store
        .claims("example.org")
        .now_or_never()
        .unwrap()
        .unwrap();
    assert_eq!(claims.holder(&domain_name("other.example.org")), None);
}

#[test]
fn an_unavailable_topic_loses_no_event_and_keeps_the_order() {
    let world = World::new();
    world.topic.set_down(true);
    world.added("maple", "example.com");
    world.ses.verify(&domain_name("example.com"));
    let report = world.poll_after(MINUTE);
    assert_eq!(
        world.status("example.com"),
        Status::Verified,
        "publishing holds nothing up"
    );
    assert_eq!(report[Counter::Unpublished], 2);
    world.topic.set_down(false);
    world.poll_after(MINUTE);
    assert_eq!(world.published(), [EventType::Added, EventType::Verified]);
}

#[test]
fn a_domain_fails_at_the_deadline_and_a_later_success_still_verifies_it() {
    let world = World::new();
    world.added("maple", "example.com");
    world.poll_after(SignedDuration::from_hours(71));
    assert_eq!(world.status("example.com"), Status::Pending);
    world.poll_after(SignedDuration::from_hours(1));
    let State::Failed(failed) = world.domain("maple", "example.com").state else {
        panic!("the deadline has passed");
    };
    assert_eq!(failed.reason, FailureReason::DeadlinePassed);
    world.ses.verify(&domain_name("example.com"));
    world.poll_after(SignedDuration::from_hours(6));
    assert_eq!(world.status("example.com"), Status::Verified);
    assert_eq!(
        world.published(),
        [
            EventType::Added,
            EventType::Expiring,
            EventType::Failed,
            EventType::Verified
        ]
    );
}

#[test]
fn each_ses_status_moves_a_pending_domain_to_its_state() {
    use AxisStatus::{Failed, NotStarted, Pending, Success, TemporaryFailure};
    for (answer, expected) in [
        (NotStarted, Status::Pending),
        (Pending, Status::Pending),
        (TemporaryFailure, Status::Pending),
        (Failed, Status::Failed),
        (Success, Status::Verified),
    ] {
        let world = World::new();
        world.added("maple", "example.com");
        world
            .ses
            .set_status(&domain_name("example.com"), axes(answer));
        world.poll_after(MINUTE);
        assert_eq!(world.status("example.com"), expected, "{answer:?}");
        let domain = world.domain("maple", "example.com");
        assert_eq!(domain.ses.unwrap().status, axes(answer));
    }
}

#[test]
fn a_domain_fails_if_ses_revokes_its_verification() {
    let world = World::new();
    world.added("maple", "example.com");
    world.ses.verify(&domain_name("example.com"));
    world.poll_after(MINUTE);
    world.ses.set_status(
        &domain_name("example.com"),
        axes(AxisStatus::TemporaryFailure),
    );
    world.poll_after(SignedDuration::from_hours(24));
    assert_eq!(world.status("example.com"), Status::Verified);
    world
        .ses
        .set_status(&domain_name("example.com"), axes(AxisStatus::Failed));
    world.poll_after(SignedDuration::from_hours(24));
    assert_eq!(world.status("example.com"), Status::Failed);
}

#[test]
fn a_hundred_domains_cost_one_call_for_each_axis() {
    let world = World::new();
    for n in 0..100 {
        world.added("maple", &format!("d{n}-example.com"));
    }
    world.poll_after(MINUTE);
    for operation in [
        "GetIdentityVerificationAttributes",
        "GetIdentityDkimAttributes",
        "GetIdentityMailFromDomainAttributes",
    ] {
        assert_eq!(world.ses.calls(operation), 1, "{operation}");
    }
}

#[test]
fn a_thousand_waiting_domains_cost_one_list_page_and_the_details_of_changed_ones() {
    let world = World::new();
    for n in 0..1_000 {
        world.added("maple", &format!("d{n}-example.com"));
    }
    let batches = || world.ses.calls("GetIdentityVerificationAttributes");
    world.poll_after(MINUTE);
    assert_eq!(batches(), 10, "each of them is asked about once");
    let pages = world.ses.calls("ListEmailIdentities");

    world.poll_after(MINUTE);
    assert_eq!(batches(), 10);
    assert_eq!(world.ses.calls("ListEmailIdentities"), pages + 1);
    let domain = world.domain("maple", "d7-example.com");
    let look = domain.ses.unwrap();
    assert!(look.details_at < Some(look.looked_at));

    world.ses.verify(&domain_name("d7-example.com"));
    world.poll_after(MINUTE);
    assert_eq!(world.status("d7-example.com"), Status::Verified);
    assert_eq!(batches(), 11);

    world.poll_after(SignedDuration::from_hours(6));
    assert_eq!(batches(), 21, "what is too old is asked again");
}
