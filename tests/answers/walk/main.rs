//! Walks through every state and every call. A call that the next step names is accepted and leads
//! further. A refused call names one that is possible. Every answer on the way obeys the rules.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

mod faults;
mod handlers;
mod listed;
mod rendered;
mod scenes;
mod world;

use std::io::Write;

use answer_rules::{Answer, broken};
use domain_auth::diagnosis::RecordState;
use domain_auth::state::Status;
use domain_auth_http::{NextStepCode, NextStepView};

use crate::scenes::{MAPLE, SCENES};
use crate::world::{ALL, Call, MINUTE, Refused, World};

/// After this many rounds of client, Lasso support and service, every domain has reached its final
/// state.
const ROUNDS: usize = 12;

/// The answers, after checking the rules. `None` if the domain is gone.
fn answers(world: &World, scene: &str, wrong: &mut Vec<String>) -> Option<Answer> {
    let answer = world.answers(MAPLE)?;
    let (client, staff) = (world.got(MAPLE, false), world.got(MAPLE, true));
    let others = rendered::others(&answer, client.as_ref(), staff.as_ref());
    wrong.extend(others.map(|what| format!("{scene}: {what}")));
    let listed = listed::wrong(world, &answer);
    wrong.extend(listed.into_iter().map(|what| format!("{scene}: {what}")));
    wrong.extend(
        rendered::wrong(&answer)
            .into_iter()
            .map(|what| format!("{scene}: {what}")),
    );
    wrong.extend(
        broken(&answer)
            .into_iter()
            .map(|what| format!("{scene}: {what}")),
    );
    Some(answer)
}

fn verbs(sentence: &str) -> impl Iterator<Item = &str> {
    let verbs = sentence.split("POST …/").skip(1);
    verbs.filter_map(|rest| rest.split(|it: char| !it.is_ascii_alphabetic()).next())
}

/// The calls in a sentence, written as `POST …/verb`.
fn named(sentence: &str, by_support: bool) -> Vec<Call> {
    verbs(sentence)
        .flat_map(|verb| Call::named(verb, by_support))
        .copied()
        .collect()
}

#[test]
fn every_status_has_a_scene_whose_answers_obey_the_rules() {
    let mut wrong = Vec::new();
    let mut statuses = Vec::new();
    for (scene, made) in SCENES {
        let answer = answers(&made(), scene, &mut wrong).unwrap();
        statuses.push(answer.status());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let lacks = Status::ALL.iter().find(|status| !statuses.contains(status));
    assert_eq!(lacks, None);
}

#[test]
fn a_call_that_a_state_forbids_changes_nothing_and_names_an_allowed_one() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for (scene, made) in SCENES {
        for call in Call::ALL {
            let world = made();
            let before = world.domain(MAPLE);
            let answer = world.call(MAPLE, call);
            checked += 1;
            let after = answers(&world, &format!("{scene}, {call:?}"), &mut wrong);
            let Err(problem) = answer else {
                if call.has_reason() && world.domain(MAPLE) == before {
                    wrong.push(format!("{scene}: {call:?} swallows its reason"));
                }
                continue;
            };
            if world.domain(MAPLE) != before {
                wrong.push(format!(
                    "{scene}: {call:?} was refused and changed the domain"
                ));
            }
            let found = after.as_ref().is_some_and(records_are_found);
            if found && UNFOUND.iter().any(|words| problem.detail.contains(words)) {
                wrong.push(format!(
                    "{scene}: {call:?} asks for records that are found: {problem:?}"
                ));
            }
            let status = after.map(|after| after.status());
            wrong
                .extend(misled(*made, call, &problem, status).map(|why| format!("{scene}: {why}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut out = std::io::stdout().lock();
    writeln!(out, "{checked} answers to calls checked").unwrap();
}

/// Words of a refusal that asks for records.
const UNFOUND: [&str; 3] = [
    "waits for its DNS records",
    "have to be published",
    "has to be published",
];

/// Whether all records of a domain were found by the last look.
fn records_are_found(answer: &Answer) -> bool {
    let records = &answer.staff.domain.records;
    let mut states = records.iter().map(|record| record.state);
    !records.is_empty() && states.all(|state| state == RecordState::Found)
}

/// The problem of a refusal: it names no call, or a call that is refused, too.
fn misled(
    made: fn() -> World,
    call: Call,
    problem: &Refused,
    status: Option<Status>,
) -> Option<String> {
    if !call.is_step() {
        return problem
            .detail
            .is_empty()
            .then(|| format!("{call:?} is refused without a word"));
    }
    let by_support = call.is_by_support();
    let named = named(&problem.detail, by_support);
    let text = &problem.detail;
    let waits = match status {
        Some(Status::Provisioning | Status::Removing) | None => true,
        // The client waits for Lasso support.
        Some(Status::Contested | Status::Authenticated) => !by_support,
        Some(Status::Pending | Status::AtRisk) => !by_support,
        Some(Status::Verified | Status::Rejected | Status::Failed) => false,
    };
    if named.is_empty() {
        // If Amazon SES refuses the name, no call of the client helps.
        let asks = !by_support && text.contains("ask Lasso support");
        let names_another = text.contains("POST …/instructions") || text.contains("DELETE");
        return (!waits && !asks && !names_another)
            .then(|| format!("{call:?} names no call: {text}"));
    }
    let taken = |call: &Call| made().call(MAPLE, *call).is_ok();
    // Whether there is an identity to adopt is known only to Amazon SES.
    let fits = |verb: &str| {
        let mut calls = Call::named(verb, by_support).iter();
        verb == "adopt" || calls.len() == 0 || calls.any(taken)
    };
    let all = verbs(&problem.detail).all(fits);
    let any = all && named.iter().any(taken);
    // A decision depends on its body.
    let again = named.contains(&call) && call != Call::Grant;
    (!any || again).then(|| format!("{call:?} names {named:?}, which do not fit: {text}"))
}

#[test]
fn following_the_next_steps_ends_without_a_dead_end() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for (scene, made) in SCENES {
        let world = made();
        let mut way = Vec::new();
        let mut ended = false;
        for _ in 0..ROUNDS {
            let Some(answer) = answers(&world, scene, &mut wrong) else {
                ended = true;
                break;
            };
            checked += 1;
            let client = answer.client.map(|view| view.summary.next_step);
            if client
                .as_ref()
                .is_some_and(|step| step.code == NextStepCode::Nothing)
                && answer.staff.claim.challengers.is_empty()
            {
                ended = true;
                break;
            }
            // The client follows the sentence, and so does Amazon SES.
            world.publish(MAPLE);
            world.ses_says(ALL);
            for step in client
                .iter()
                .chain([&answer.staff.domain.summary.next_step])
            {
                way.push(step.code);
                wrong.extend(untaken(&world, step).map(|why| format!("{scene}: {why}")));
            }
            world.poll_after(MINUTE);
        }
        if !ended {
            wrong.push(format!("{scene} has no end: {way:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut out = std::io::stdout().lock();
    writeln!(out, "{checked} answers on the way checked").unwrap();
}

/// Why the call of a step was refused, although it was made as the step says and the domain had not
/// changed since.
fn untaken(world: &World, step: &NextStepView) -> Option<String> {
    let call = step.call.as_ref()?;
    let by_support = call.path.starts_with("/staff/");
    let (above, verb) = call.path.rsplit_once('/')?;
    let whose = if by_support {
        above.split('/').nth(3)?
    } else {
        MAPLE
    };
    // The other side may have just changed the domain; then the step is a different one.
    let now = world.answers(MAPLE)?;
    let current = if by_support {
        Some(now.staff.domain.summary.next_step)
    } else {
        now.client.map(|view| view.summary.next_step)
    };
    if current.as_ref() != Some(step) {
        return None;
    }
    let first = *Call::named(verb, by_support).first()?;
    let answer = world.call(whose, first);
    answer
        .err()
        .map(|problem| format!("{first:?} of {step:?} is refused: {problem:?}"))
}
