use domain_auth::diagnosis::{RecordState, Sightings};
use domain_auth::domain::{Challenger, Domain, HiddenBy};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::records::RecordId;
use domain_auth::state::{Contested, FailureReason, Status, Trigger, Unconfirmed};

use super::*;
use crate::openapi::story::{added, at, moved, pending_domain, story};
use crate::operations::Operation;
use crate::routes::Access;

/// A domain in every state, with every reason and stage that changes what is next.
fn domains() -> Vec<Domain> {
    let contested = |change: fn(&mut Contested)| {
        let mut domain = added(State::contested("secret".to_owned(), at(0))).domain;
        if let State::Contested(contested) = &mut domain.state {
            change(contested);
        }
        domain
    };
    let [provisioning, pending, verified, authenticated] =
        story(Trigger::Completed).map(|change| change.domain);
    let [.., rejected] = story(Trigger::Refused {
        reason: "Not one of ours.".to_owned(),
    });
    let after = |domain: &Domain, trigger| {
        moved(domain, trigger, domain_auth::history::Actor::Service, 200).domain
    };
    let failed = [
        FailureReason::DeadlinePassed,
        FailureReason::SesGaveUp,
        FailureReason::SesRevoked,
        FailureReason::IdentityGone,
        FailureReason::RefusedBySes,
    ]
    .map(|reason| after(&pending, Trigger::SesFailed(reason)));
    let mut said_ready = pending.clone();
    said_ready.say_ready(at(5), None, false);
    let mut challenged = authenticated.clone();
    challenged.challengers.push(Challenger {
        client: ClientId::parse("cedar").unwrap(),
        name: DomainName::parse("maplehomes.com").unwrap(),
    });
    let at_risk = after(
        &authenticated,
        Trigger::RecordsBroken {
            reason: "Amazon SES can no longer find the DKIM records.".to_owned(),
        },
    );
    let removing = after(&authenticated, Trigger::Removed);
    let mut domains = vec![
        contested(|_| {}),
        contested(|claim| claim.unconfirmed = Some(Unconfirmed { seen: 1, of: 2 })),
        contested(|claim| claim.proven_at = Some(at(9))),
        contested(|claim| claim.taking_over_since = Some(at(9))),
        provisioning,
        pending,
        said_ready,
        verified,
        authenticated,
        challenged,
        at_risk,
        rejected.domain,
        removing,
    ];
    domains.extend(failed);
    domains
}

/// Whether the state machine and the use cases take a call.
fn is_allowed(operation: Operation, domain: &Domain) -> bool {
    let status = domain.state.status();
    match operation {
        Operation::CheckDomain | Operation::RecheckDomain => status != Status::Removing,
        Operation::NotifyReady | Operation::NotifyForClient => match status {
            Status::Provisioning | Status::Pending | Status::Verified | Status::Rejected => true,
            Status::Contested | Status::Authenticated | Status::AtRisk => false,
            // It is asked about.
            Status::Failed => domain.state.is_refused_by_ses(),
            Status::Removing => false,
        },
        Operation::RestartDomain | Operation::RestartForClient => status == Status::Failed,
        Operation::CompleteDomain => status == Status::Verified,
        Operation::ReleaseDomain => {
            domain.state.is_proven_claim() || !domain.challengers.is_empty()
        }
        _ => false,
    }
}

#[test]
fn every_state_has_a_next_step_whose_call_is_allowed() {
    let mut statuses = Vec::new();
    for domain in domains() {
        statuses.push(domain.state.status());
        for (asker, access) in [
            (Asker::Client, Access::ClientAdmin),
            (Asker::Support, Access::LassoSupport),
        ] {
            let next = next_step(&domain, asker);
            assert!(next.sentence.ends_with(['.', '!']), "{next:?}");
            let Some(call) = next.call else { continue };
            let operation = Operation::at(call.method, &call.path).expect(&call.path);
            assert_eq!(operation.route().access, access, "{call:?}");
            assert!(
                is_allowed(operation, &domain),
                "{call:?}: {:?}",
                domain.state
            );
        }
    }
    assert!(Status::ALL.iter().all(|status| statuses.contains(status)));
}

#[test]
fn support_gets_a_call_to_act_for_the_client() {
    let [.., verified, _] = story(Trigger::Completed);
    let reason = "Not one of ours.".to_owned();
    let service = domain_auth::history::Actor::Service;
    let rejected = moved(&verified.domain, Trigger::Refused { reason }, service, 200).domain;
    let call = next_step(&rejected, Asker::Support).call.unwrap();
    assert!(call.path.ends_with("/notify"), "{call:?}");
    for reason in [FailureReason::SesGaveUp, FailureReason::RefusedBySes] {
        let service = domain_auth::history::Actor::Service;
        let failed = Trigger::SesFailed(reason);
        let failed = moved(&pending_domain(), failed, service, 200).domain;
        let call = next_step(&failed, Asker::Support).call.unwrap();
        assert!(call.path.ends_with("/restart"), "{call:?}");
        let own = next_step(&failed, Asker::Client).call.unwrap();
        let verb = if reason == FailureReason::RefusedBySes {
            "/notify"
        } else {
            "/restart"
        };
        assert!(own.path.ends_with(verb), "{own:?}");
    }
}

#[test]
fn a_deadline_always_says_what_happens_then() {
    for domain in domains() {
        assert_eq!(
            domain.deadline().is_some(),
            deadline_means(&domain).is_some(),
            "{:?}",
            domain.state
        );
    }
}

#[test]
fn the_next_step_of_a_client_contains_no_staff_path() {
    let pending = pending_domain();
    let client = next_step(&pending, Asker::Client);
    let support = next_step(&pending, Asker::Support);
    assert_eq!(client.code, NextStepCode::PublishRecords);
    assert_eq!(support.code, NextStepCode::WaitForClient);
    let call = support.call.unwrap();
    assert_eq!(
        call.path,
        "/staff/clients/maple-homes/domains/maplehomes.com/recheck"
    );
}

/// A domain whose DKIM records looks saw in these states, one after the other.
fn seen(mut domain: Domain, states: &[RecordState]) -> Domain {
    for (time, state) in (300..).zip(states) {
        let states = [RecordId::Verification, RecordId::Dkim1, RecordId::Dkim2];
        let states = states.map(|id| (id, *state));
        domain.sightings = domain.sightings.after(states, at(time));
        domain.dns_looked_at = Some(at(time));
    }
    domain
}

#[test]
fn the_next_step_does_not_ask_to_publish_records_without_a_dns_answer() {
    let silent = [RecordState::Missing, RecordState::Unknown];
    let domain = seen(pending_domain(), &silent);
    let said = next_step(&domain, Asker::Client).sentence;
    assert_eq!(said, words::client::SEE_WHETHER_RECORDS_ARE_PUBLISHED);
    let said = next_step(&domain, Asker::Support).sentence;
    assert_eq!(said, words::support::WAIT_FOR_DNS);
    assert!(!words::state(&domain).contains("publish them"));
    let answered = [silent[0], silent[1], RecordState::Missing];
    let domain = seen(pending_domain(), &answered);
    let said = next_step(&domain, Asker::Client).sentence;
    assert_eq!(said, words::client::PUBLISH_RECORDS);
}

#[test]
fn client_and_support_are_told_that_records_are_gone() {
    let gone = [RecordState::Found, RecordState::Missing];
    let pending = seen(pending_domain(), &gone);
    let said = next_step(&pending, Asker::Support).sentence;
    assert_eq!(said, words::support::WAIT_FOR_GONE_RECORDS);
    assert!(!words::state(&pending).contains("some are missing"));
    let service = domain_auth::history::Actor::Service;
    let revoked = Trigger::SesFailed(FailureReason::SesRevoked);
    let failed = moved(&pending, revoked, service, 400).domain;
    for asker in [Asker::Client, Asker::Support] {
        let said = next_step(&failed, asker).sentence;
        assert!(said.contains("again") && said.contains("before"), "{said}");
    }
}

#[test]
fn repairing_a_verified_domain_comes_before_the_final_step() {
    let [_, _, verified, _] = story(Trigger::Completed).map(|change| change.domain);
    let gone = seen(
        verified.clone(),
        &[RecordState::Found, RecordState::Missing],
    );
    let mut bogus = seen(verified, &[RecordState::Found, RecordState::Unknown]);
    bogus.hidden_by = Some(HiddenBy::Bogus);
    for (domain, code, words) in [
        (gone, NextStepCode::RepairRecords, "were there before"),
        (bogus, NextStepCode::RepairDomain, "DNSSEC"),
    ] {
        assert_eq!(next_step(&domain, Asker::Client).code, code);
        let staff = next_step(&domain, Asker::Support);
        assert_eq!(staff.code, NextStepCode::DecideFinalStep);
        let why = crate::waiting_view::WaitingView::of(&domain).why;
        for text in [staff.sentence, why, crate::words::state(&domain)] {
            assert!(text.contains(words), "{text}");
        }
    }
}

#[test]
fn a_failed_domain_with_found_records_announces_its_automatic_restart() {
    let keys = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];
    let service = domain_auth::history::Actor::Service;
    let failed = Trigger::SesFailed(FailureReason::DeadlinePassed);
    let mut domain = moved(&pending_domain(), failed, service, 200).domain;
    domain.dns_looked_at = Some(at(300));
    for (state, by_itself) in [(RecordState::Found, true), (RecordState::Missing, false)] {
        let seen = keys.map(|id| (id, state));
        domain.sightings = Sightings::default().after(seen, at(300));
        let said = "Lasso restarts the verification";
        assert_eq!(words::state(&domain).contains(said), by_itself, "{state:?}");
    }
}
