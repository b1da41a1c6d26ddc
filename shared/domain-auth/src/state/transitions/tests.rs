//! Every pair of state and trigger is either a named transition or a refusal.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::identity::{Dkim, DkimToken, MailFromLabel, VerificationToken};
use crate::state::VERIFICATION_WINDOW;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

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

fn state(status: Status) -> State {
    let identity = identity();
    match status {
        Status::Contested => State::contested("secret".to_owned(), NOW),
        Status::Provisioning => State::provisioning(),
        Status::Pending => State::pending(identity, NOW),
        Status::Verified => State::Verified(Verified { identity }),
        Status::Authenticated => State::Authenticated(Authenticated { identity }),
        Status::AtRisk => State::AtRisk(AtRisk {
            identity,
            reason: "gone".to_owned(),
        }),
        Status::Failed => State::Failed(Failed {
            identity,
            reason: FailureReason::DeadlinePassed,
        }),
        Status::Rejected => State::Rejected(Rejected {
            identity,
            reason: "no".to_owned(),
        }),
        Status::Removing => State::removing(true),
    }
}

fn triggers() -> Vec<Trigger> {
    vec![
        Trigger::ProofFound { displaced: None },
        Trigger::Adopted,
        Trigger::Provisioned(identity()),
        Trigger::SesVerified,
        Trigger::SesFailed(FailureReason::SesGaveUp),
        Trigger::Restarted,
        Trigger::Completed,
        Trigger::Refused {
            reason: "no".to_owned(),
        },
        Trigger::Reopened,
        Trigger::RecordsBroken {
            reason: "gone".to_owned(),
        },
        Trigger::RecordsRecovered,
        Trigger::Displaced {
            ownership_secret: "secret".to_owned(),
            why: DisplacedBy::ProvenByAnotherClient,
        },
        Trigger::Removed,
        Trigger::Readded,
        Trigger::ReaddedContested {
            ownership_secret: "secret".to_owned(),
        },
    ]
}

/// The whole table, as ARCHITECTURE.md draws it: state, trigger, next state.
const TRANSITIONS: &[(Status, TriggerKind, Status)] = {
    use Status as S;
    use TriggerKind as T;
    &[
        (S::Contested, T::ProofFound, S::Provisioning),
        (S::Contested, T::Adopted, S::Provisioning),
        (S::Provisioning, T::Provisioned, S::Pending),
        (S::Pending, T::SesVerified, S::Verified),
        (S::Failed, T::SesVerified, S::Verified),
        (S::Pending, T::SesFailed, S::Failed),
        (S::Verified, T::SesFailed, S::Failed),
        (S::Authenticated, T::SesFailed, S::Failed),
        (S::AtRisk, T::SesFailed, S::Failed),
        (S::Rejected, T::SesFailed, S::Failed),
        (S::Failed, T::Restarted, S::Pending),
        (S::Verified, T::Completed, S::Authenticated),
        (S::Verified, T::Refused, S::Rejected),
        (S::Rejected, T::Reopened, S::Verified),
        (S::Authenticated, T::RecordsBroken, S::AtRisk),
        (S::AtRisk, T::RecordsRecovered, S::Authenticated),
        (S::Provisioning, T::Displaced, S::Contested),
        (S::Pending, T::Displaced, S::Contested),
        (S::Verified, T::Displaced, S::Contested),
        (S::Authenticated, T::Displaced, S::Contested),
        (S::AtRisk, T::Displaced, S::Contested),
        (S::Failed, T::Displaced, S::Contested),
        (S::Rejected, T::Displaced, S::Contested),
        (S::Contested, T::Removed, S::Removing),
        (S::Provisioning, T::Removed, S::Removing),
        (S::Pending, T::Removed, S::Removing),
        (S::Verified, T::Removed, S::Removing),
        (S::Authenticated, T::Removed, S::Removing),
        (S::AtRisk, T::Removed, S::Removing),
        (S::Failed, T::Removed, S::Removing),
        (S::Rejected, T::Removed, S::Removing),
        (S::Removing, T::Readded, S::Provisioning),
        (S::Removing, T::ReaddedContested, S::Contested),
    ]
};

#[test]
fn every_pair_of_state_and_trigger_is_a_named_transition_or_a_refusal() {
    for status in Status::ALL {
        for trigger in triggers() {
            let kind = trigger.kind();
            let expected = TRANSITIONS
                .iter()
                .find(|(from, by, _)| *from == status && *by == kind)
                .map(|(_, _, to)| *to);
            let actual = state(status).apply(trigger, NOW);
            match expected {
                Some(to) => assert_eq!(actual.unwrap().status(), to, "{status} by {kind:?}"),
                None => assert_eq!(
                    actual.unwrap_err(),
                    TransitionError {
                        status,
                        trigger: kind
                    }
                ),
            }
        }
    }
}

#[test]
fn a_restart_gives_the_domain_another_72_hours() {
    let later = NOW + SignedDuration::from_hours(100);
    let restarted = state(Status::Failed)
        .apply(Trigger::Restarted, later)
        .unwrap();
    assert_eq!(restarted.deadline(), Some(later + VERIFICATION_WINDOW));
}

#[test]
fn a_name_that_ses_refuses_fails_and_can_be_restarted() {
    let refused = Trigger::SesFailed(FailureReason::RefusedBySes);
    let failed = state(Status::Provisioning).apply(refused, NOW).unwrap();
    assert!(failed.is_without_identity());
    let restarted = failed.apply(Trigger::Restarted, NOW).unwrap();
    assert_eq!(restarted, State::provisioning());
}

#[test]
fn a_restart_without_an_identity_at_ses_makes_a_new_one() {
    let failed = State::Failed(Failed {
        identity: identity(),
        reason: FailureReason::IdentityGone,
    });
    let restarted = failed.apply(Trigger::Restarted, NOW).unwrap();
    assert_eq!(restarted, State::provisioning());
}

#[test]
fn a_proven_claim_starts_from_a_fresh_identity() {
    let proven = state(Status::Contested)
        .apply(Trigger::ProofFound { displaced: None }, NOW)
        .unwrap();
    let State::Provisioning(provisioning) = proven else {
        panic!("{proven:?}");
    };
    assert!(provisioning.replace_identity && provisioning.may_adopt);
    assert_eq!(provisioning.progress, crate::state::Progress::default());
}

#[test]
fn losing_a_name_records_the_time_the_reason_and_the_sending_state() {
    let later = NOW + SignedDuration::from_hours(1);
    for status in Status::ALL {
        let why = DisplacedBy::ReleasedByLassoSupport {
            reason: "sold".to_owned(),
        };
        let displaced = Trigger::Displaced {
            ownership_secret: "new".to_owned(),
            why: why.clone(),
        };
        let Ok(lost) = state(status).apply(displaced, later) else {
            continue;
        };
        let expected = Displacement {
            at: later,
            why,
            was_sending: matches!(status, Status::Authenticated | Status::AtRisk),
        };
        assert_eq!(lost.displacement(), Some(&expected), "{status}");
        let stored = serde_json::to_string(&lost).unwrap();
        assert_eq!(serde_json::from_str::<State>(&stored).unwrap(), lost);
        let again = lost
            .apply(Trigger::ProofFound { displaced: None }, later)
            .unwrap();
        assert_eq!(again.displacement(), None, "it has the name again");
    }
}

#[test]
fn a_contested_claim_of_the_previous_release_is_read() {
    let stored =
        r#"{"status":"contested","ownership_secret":"secret","expires_at":"1970-01-15T00:00:00Z"}"#;
    let state_before = serde_json::from_str::<State>(stored).unwrap();
    assert_eq!(state_before, state(Status::Contested));
    assert_eq!(serde_json::to_string(&state_before).unwrap(), stored);
}

#[test]
fn a_domain_added_again_waits_for_a_running_deletion() {
    let under_way = Some(NOW + SignedDuration::from_secs(30));
    let mut removing = state(Status::Pending).apply(Trigger::Removed, NOW).unwrap();
    removing.set_deleting(under_way);
    let State::Provisioning(again) = removing.apply(Trigger::Readded, NOW).unwrap() else {
        panic!("it is made again");
    };
    assert!(!again.replace_identity, "it is the client's own");
    assert_eq!(again.deleting_until, under_way);
}

#[test]
fn a_removal_waits_while_the_identity_may_still_be_created() {
    for status in Status::ALL {
        let Ok(State::Removing(removing)) = state(status).apply(Trigger::Removed, NOW) else {
            continue;
        };
        let creating = status == Status::Provisioning;
        assert_eq!(removing.settles_at, creating.then_some(NOW + LONGEST_RUN));
        assert_eq!(removing.identity_exists, status != Status::Contested);
    }
}

#[test]
fn states_survive_storage() {
    for status in Status::ALL {
        let stored = serde_json::to_string(&state(status)).unwrap();
        assert!(stored.contains(&format!("\"status\":\"{status}\"")));
        assert_eq!(
            serde_json::from_str::<State>(&stored).unwrap(),
            state(status)
        );
        assert_eq!(Status::parse(status.as_str()), Some(status));
    }
}
