//! Tests of the rules: each rule finds an answer that is wrong on purpose.

use answer_rules::{Answer, RULES, broken};
use domain_auth::diagnosis::RecordState;
use domain_auth::identity::AxisStatus;
use domain_auth::readiness::Verdict;
use domain_auth::state::Status;
use domain_auth_http::{NextStepCode, SenderReason, SenderWarningCode};

use crate::scenes::{MAPLE, SCENES};

/// A rule, the scene whose answer obeys it, and a change that breaks it.
type Fault = (&'static str, &'static str, fn(&mut Answer));

const FAULTS: &[Fault] = &[
    (
        "sending is allowed where the state sends",
        "a verified domain",
        |it| {
            it.staff.domain.summary.sending_allowed = true;
        },
    ),
    (
        "sending is allowed where the state sends",
        "a verified domain",
        |it| {
            it.sender
                .iter_mut()
                .for_each(|sender| sender.allowed = true);
        },
    ),
    (
        "a sender's reason follows from the state",
        "a rejected domain",
        |it| {
            it.sender
                .iter_mut()
                .for_each(|sender| sender.reason = SenderReason::Failed);
        },
    ),
    (
        "a warning is given where Lasso sends",
        "an authenticated domain without DKIM",
        |it| {
            it.sender
                .iter_mut()
                .for_each(|sender| sender.allowed = false);
        },
    ),
    (
        "the newest line of history leads to the state",
        "a verified domain",
        |it| {
            it.staff_history.remove(0);
        },
    ),
    (
        "the newest line of history leads to the state",
        "a verified domain",
        |it| {
            it.client_history.remove(0);
        },
    ),
    (
        "a deadline has a meaning and a day in words",
        "a domain that SES gave up",
        |it| {
            it.staff.domain.summary.deadline_means = None;
        },
    ),
    (
        "a deadline has a meaning and a day in words",
        "a domain that SES gave up",
        |it| {
            "Amazon SES stopped looking.".clone_into(&mut it.staff.domain.summary.status_detail);
        },
    ),
    (
        "each next step is a sentence",
        "an authenticated domain",
        |it| {
            it.staff.domain.summary.next_step.sentence.clear();
        },
    ),
    (
        "each next step fits the state",
        "a domain without records in DNS",
        |it| {
            it.staff.domain.summary.next_step.code = NextStepCode::DecideFinalStep;
        },
    ),
    (
        "each call fits the state and the caller",
        "a rejected domain",
        |it| {
            let calls = it.staff.domain.summary.next_step.call.iter_mut();
            calls.for_each(|call| call.path = call.path.replace("/notify", "/complete"));
        },
    ),
    (
        "each call fits the state and the caller",
        "a domain that SES gave up",
        |it| {
            let calls = it.staff.domain.summary.next_step.call.iter_mut();
            calls.for_each(|call| call.path = call.path.replace("maple", "cedar"));
        },
    ),
    (
        "a step to take has a call, and a wait has none",
        "a domain that SES gave up",
        |it| {
            it.staff.domain.summary.next_step.call = None;
        },
    ),
    (
        "without a look there is nothing seen",
        "a domain that was added a moment ago",
        |it| {
            it.staff.domain.records[0].state = RecordState::Missing;
        },
    ),
    (
        "without a look no sentence mentions DNS",
        "a domain that was added a moment ago",
        |it| {
            "Amazon SES has not found the DNS records.".clone_into(&mut it.entry.waiting.why);
        },
    ),
    (
        "without a look no sentence mentions DNS",
        "a holder that Lasso support released",
        |it| {
            "The ownership record was not found.".clone_into(&mut it.entry.waiting.why);
        },
    ),
    (
        "sentences name records that are shown",
        "an adopted domain with a key of its owner",
        |it| {
            "Publish the DNS records.".clone_into(&mut it.staff.domain.summary.next_step.sentence);
        },
    ),
    (
        "sentences name records that are shown",
        "an unproven claim",
        |it| {
            it.staff.domain.records.clear();
        },
    ),
    (
        "no step asks for records that are found",
        "a domain whose records are found",
        |it| {
            it.client.iter_mut().for_each(|view| {
                view.summary.next_step.code = NextStepCode::PublishRecords;
            });
        },
    ),
    (
        "Amazon SES verified what the state says",
        "a verified domain",
        |it| {
            it.staff.domain.ses.iter_mut().for_each(|ses| {
                ses.status.verification = AxisStatus::Failed;
            });
        },
    ),
    (
        "readiness lists what the records lack",
        "a domain without records in DNS",
        |it| {
            it.staff.domain.records[0].state = RecordState::Found;
        },
    ),
    (
        "nothing to do means that nothing is shown beside it",
        "an authenticated domain",
        |it| {
            it.staff
                .domain
                .readiness
                .iter_mut()
                .for_each(|it| it.shows_via = Verdict::Yes);
        },
    ),
    (
        "warnings say what readiness says",
        "an authenticated domain without DKIM",
        |it| {
            it.sender
                .iter_mut()
                .for_each(|sender| sender.warnings.clear());
        },
    ),
    (
        "the warnings of a sender agree",
        "an authenticated domain whose records are gone",
        |it| {
            let warnings = it.sender.iter_mut().flat_map(|sender| &mut sender.warnings);
            let mut via = warnings.filter(|it| it.code == SenderWarningCode::ShowsVia);
            let via = via.next().unwrap();
            "Recipients see it, because mail is not signed for example.com."
                .clone_into(&mut via.message);
        },
    ),
    (
        "the queue waits as the next step says",
        "a proven claim",
        |it| {
            it.entry.waiting.waits_for = Some("client");
        },
    ),
    (
        "open pieces are counted",
        "a domain without records in DNS",
        |it| {
            it.entry.missing.required = 0;
        },
    ),
    (
        "a record's state agrees with its parts",
        "a domain whose records are found",
        |it| {
            it.staff.domain.records[0].last_found_at = None;
        },
    ),
    (
        "both sides see the same domain",
        "a verified domain",
        |it| {
            it.entry.domain.status = Status::Rejected;
        },
    ),
    (
        "a holder holds, and a claimant does not",
        "a verified domain",
        |it| {
            it.staff.claim.holder = None;
        },
    ),
    (
        "a holder holds, and a claimant does not",
        "a claim on a name that Amazon SES has for others",
        |it| {
            it.staff.claim.standing = "free";
        },
    ),
    (
        "a holder holds, and a claimant does not",
        "a claim on a name that another client gave up",
        |it| {
            "Nothing stands in its way.".clone_into(&mut it.entry.waiting.why);
        },
    ),
    (
        "a step to take has a call, and a wait has none",
        "a domain that SES refuses",
        |it| {
            it.client.iter_mut().for_each(|view| {
                view.summary.next_step.call = None;
            });
        },
    ),
    (
        "a loss is told alike",
        "a holder that Lasso support released",
        |it| {
            "Lasso needs proof.".clone_into(&mut it.staff.domain.summary.status_detail);
        },
    ),
    (
        "no axis failed while Amazon SES looks",
        "a domain without records in DNS",
        |it| {
            it.staff
                .domain
                .ses
                .iter_mut()
                .for_each(|ses| ses.status.dkim = AxisStatus::Failed);
        },
    ),
    (
        "what hides all records goes before them",
        "a domain that its registrar has suspended",
        |it| {
            it.client.iter_mut().for_each(|view| {
                view.summary.next_step.code = NextStepCode::PublishRecords;
            });
        },
    ),
    (
        "what is wrong with a verified domain is told by every part",
        "a verified domain that its registrar has suspended",
        |it| {
            let detail = &mut it.staff.domain.summary.status_detail;
            "Amazon SES has verified the domain.".clone_into(detail);
        },
    ),
    (
        "what is wrong with a verified domain is told by every part",
        "a verified domain whose records are gone",
        |it| {
            it.client.iter_mut().for_each(|view| {
                view.summary.next_step.code = NextStepCode::WaitForLasso;
            });
        },
    ),
    (
        "the look of a restart is shown",
        "a domain that its records restart",
        |it| {
            for record in &mut it.staff.domain.records {
                record.state = RecordState::Missing;
            }
        },
    ),
    (
        "records without an answer are not asked for",
        "a domain for which DNS is silent after a look",
        |it| {
            let why = &mut it.entry.waiting.why;
            "Amazon SES has not found the DNS records.".clone_into(why);
        },
    ),
    (
        "records that vanished are told as such",
        "a domain that is restarted without its records",
        |it| {
            let why = &mut it.entry.waiting.why;
            "Amazon SES has not found the DNS records.".clone_into(why);
        },
    ),
    (
        "records that vanished are told as such",
        "a domain that is restarted without its records",
        |it| {
            it.client.iter_mut().for_each(|view| {
                view.summary.next_step.code = NextStepCode::PublishRecords;
            });
        },
    ),
    (
        "Lasso is told once",
        "a domain whose client is ready",
        |it| {
            it.client.iter_mut().for_each(|view| {
                view.summary.next_step.code = NextStepCode::TellLasso;
            });
        },
    ),
];

#[test]
fn every_rule_finds_its_fault_in_an_answer() {
    for (rule, scene, spoil) in FAULTS {
        let made = SCENES.iter().find(|(name, _)| name == scene);
        let (_, made) = made.expect(scene);
        let mut answer = made().answers(MAPLE).unwrap();
        assert_eq!(broken(&answer), Vec::<String>::new(), "{scene}");
        spoil(&mut answer);
        let found = broken(&answer);
        let is_found = found
            .iter()
            .any(|what| what.contains(&format!(": {rule}: ")));
        assert!(
            is_found,
            "{rule} does not find the fault in {scene}: {found:?}"
        );
    }
    let unproven = RULES
        .iter()
        .find(|rule| FAULTS.iter().all(|(name, ..)| *name != rule.name));
    assert!(unproven.is_none(), "no fault for {unproven:?}");
}
