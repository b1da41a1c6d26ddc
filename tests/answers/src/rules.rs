//! The rules for the parts of an answer, in any state of the domain. A broken rule returns a
//! sentence with the contradiction.

mod looked;
mod trouble;

use domain_auth::diagnosis::RecordState;
use domain_auth::event::staff_path;
use domain_auth::identity::AxisStatus;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::readiness::Verdict;
use domain_auth::records::RecordId;
use domain_auth::state::Status;
use domain_auth_http::{
    DeadlineMeans, DomainSummaryView, NextStepCode as Code, NextStepView, RecordView, SenderReason,
    SenderWarningCode, WaitReason,
};

use crate::Answer;

/// One rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The rule in words.
    pub name: &'static str,
    /// Whether the rule holds; if not, the contradiction.
    pub holds: fn(&Answer) -> Result<(), String>,
}

const fn rule(name: &'static str, holds: fn(&Answer) -> Result<(), String>) -> Rule {
    Rule { name, holds }
}

/// All rules.
pub const RULES: &[Rule] = &[
    rule("sending is allowed where the state sends", sending),
    rule("a sender's reason follows from the state", reason),
    rule("a warning is given where Lasso sends", warned),
    rule("the newest line of history leads to the state", history),
    rule("a deadline has a meaning and a day in words", deadline),
    rule("each next step is a sentence", sentence),
    rule("each next step fits the state", fitting),
    rule("each call fits the state and the caller", call),
    rule("a step to take has a call, and a wait has none", wait),
    rule("without a look there is nothing seen", looked::unseen),
    rule("without a look no sentence mentions DNS", looked::unasked),
    rule("sentences name records that are shown", shown),
    rule("no step asks for records that are found", found),
    rule("Amazon SES verified what the state says", verified),
    rule("readiness lists what the records lack", readiness),
    rule(
        "nothing to do means that nothing is shown beside it",
        nothing,
    ),
    rule("warnings say what readiness says", warnings),
    rule("the warnings of a sender agree", signed),
    rule("the queue waits as the next step says", waiting),
    rule("open pieces are counted", missing),
    rule("a record's state agrees with its parts", record),
    rule("both sides see the same domain", sides),
    rule("a holder holds, and a claimant does not", claim),
    rule("a loss is told alike", loss),
    rule("no axis failed while Amazon SES looks", axes),
    rule("Lasso is told once", told),
    rule("the look of a restart is shown", looked::restarted),
    rule(
        "records without an answer are not asked for",
        looked::silent,
    ),
    rule("records that vanished are told as such", looked::vanished),
    rule("what hides all records goes before them", trouble::whole),
    rule(
        "what is wrong with a verified domain is told by every part",
        trouble::wrong,
    ),
];

/// The rules that an answer breaks, each with the contradiction.
pub fn broken(answer: &Answer) -> Vec<String> {
    let checked = RULES.iter().map(|rule| (rule.name, (rule.holds)(answer)));
    let broken = checked.filter_map(|(name, holds)| holds.err().map(|why| (name, why)));
    broken
        .map(|(name, why)| {
            let summary = &answer.staff.domain.summary;
            format!("{} is {}: {name}: {why}", summary.domain, summary.status)
        })
        .collect()
}

fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn summary(answer: &Answer) -> &DomainSummaryView {
    &answer.staff.domain.summary
}

/// The next step of the client, if it sees the domain, and the next step of Lasso support.
fn steps(answer: &Answer) -> impl Iterator<Item = (bool, &NextStepView)> {
    let client = answer.client.iter();
    let client = client.map(|view| (true, &view.summary.next_step));
    client.chain([(false, &summary(answer).next_step)])
}

fn client_code(answer: &Answer) -> Option<Code> {
    let client = answer.client.as_ref();
    client.map(|view| view.summary.next_step.code)
}

/// All sentences about the state of the domain. Texts that a person at Lasso wrote are left out.
fn sentences(answer: &Answer) -> Vec<&str> {
    let mut sentences: Vec<&str> = steps(answer)
        .map(|(_, step)| step.sentence.as_str())
        .collect();
    if answer.status() != Status::Rejected {
        sentences.push(&summary(answer).status_detail);
        sentences.push(&answer.entry.waiting.why);
        sentences.extend(answer.sender.iter().map(|sender| sender.message.as_str()));
    }
    sentences
}

fn is_dkim(record: &RecordView) -> bool {
    match record.id {
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => true,
        RecordId::Verification | RecordId::Ownership | RecordId::Dmarc => false,
        RecordId::MailFromMx | RecordId::MailFromSpf => false,
    }
}

/// Whether all records that pass the filter are found; `None` if no record passes.
fn all_found(answer: &Answer, which: fn(&RecordView) -> bool) -> Option<bool> {
    let records = answer.staff.domain.records.iter();
    let states: Vec<RecordState> = records
        .filter(|record| which(record))
        .map(|record| record.state)
        .collect();
    let found = states.iter().all(|state| *state == RecordState::Found);
    (!states.is_empty()).then_some(found)
}

fn is_text(record: &RecordView) -> bool {
    record.id == RecordId::Verification
}

fn sending(answer: &Answer) -> Result<(), String> {
    let allowed = summary(answer).sending_allowed;
    let sender = answer.sender.as_ref().map(|sender| sender.allowed);
    let sends = answer.status().sends();
    check(
        allowed == sends && sender.is_none_or(|sender| sender == sends),
        || format!("sending_allowed {allowed}, sender {sender:?}"),
    )
}

fn reason(answer: &Answer) -> Result<(), String> {
    use SenderReason as Reason;
    let Some(sender) = &answer.sender else {
        return Ok(());
    };
    let expected: &[Reason] = match answer.status() {
        Status::Contested => match client_code(answer) {
            Some(Code::PublishOwnershipRecord | Code::RepairDomain) => {
                &[Reason::ProofWanted, Reason::Displaced]
            }
            Some(Code::KeepOwnershipRecord) => &[Reason::ProofWanted],
            Some(Code::WaitForLasso | Code::WaitForService) => &[Reason::WaitingForLasso],
            Some(_) | None => &[],
        },
        Status::Provisioning | Status::Pending => &[Reason::WaitingForDns],
        Status::Verified => &[Reason::WaitingForLasso],
        Status::Authenticated => &[Reason::Authenticated],
        Status::AtRisk => &[Reason::AtRisk],
        Status::Failed => &[Reason::Failed],
        Status::Rejected => &[Reason::Rejected],
        Status::Removing => &[],
    };
    check(expected.contains(&sender.reason), || {
        format!("{:?}: {}", sender.reason, sender.message)
    })
}

fn warned(answer: &Answer) -> Result<(), String> {
    let warned = answer.sender.as_ref().filter(|it| !it.warnings.is_empty());
    check(warned.is_none_or(|sender| sender.allowed), || {
        format!("{warned:?}")
    })
}

fn history(answer: &Answer) -> Result<(), String> {
    let status = answer.status();
    let staff = answer.staff_history.first();
    let client = answer
        .client_history
        .first()
        .filter(|_| answer.client.is_some());
    let leads = staff.is_some_and(|line| line.to == status);
    let leads_client = client.is_none_or(|line| line.to == status);
    check(leads && leads_client, || {
        format!(
            "staff {:?}, client {:?}",
            staff.map(|it| it.to),
            client.map(|it| it.to)
        )
    })
}

fn deadline(answer: &Answer) -> Result<(), String> {
    let it = summary(answer);
    let means = match answer.status() {
        Status::Contested => Some(DeadlineMeans::ClaimExpires),
        Status::Pending => Some(DeadlineMeans::SesGivesUp),
        Status::Failed => Some(DeadlineMeans::DomainRemoved),
        Status::Provisioning | Status::Verified | Status::Authenticated => None,
        Status::AtRisk | Status::Rejected | Status::Removing => None,
    };
    let agree = it.deadline.is_some() == it.deadline_means.is_some();
    let fits = it.deadline_means.is_none() || it.deadline_means == means;
    let named = it.deadline.is_none_or(|at| {
        let day = at.strftime("%-d %B %Y").to_string();
        at > it.status_since
            && (means == Some(DeadlineMeans::ClaimExpires) || it.status_detail.contains(&day))
    });
    check(agree && fits && named, || {
        format!(
            "{:?} {:?}: {}",
            it.deadline, it.deadline_means, it.status_detail
        )
    })
}

fn sentence(answer: &Answer) -> Result<(), String> {
    let mut steps = steps(answer).map(|(_, step)| &step.sentence);
    let odd = steps.find(|text| !text.ends_with('.') || text.contains("  ") || text.len() < 12);
    check(odd.is_none(), || format!("{odd:?}"))
}

fn fitting(answer: &Answer) -> Result<(), String> {
    let challenged = !answer.staff.claim.challengers.is_empty();
    for (is_client, step) in steps(answer) {
        let codes: &[Code] = match (answer.status(), is_client) {
            (_, false) if challenged => &[Code::DecideClaim],
            (Status::Contested, true) => &[
                Code::PublishOwnershipRecord,
                Code::RepairDomain,
                Code::KeepOwnershipRecord,
                Code::WaitForLasso,
                Code::WaitForService,
            ],
            (Status::Contested, false) => {
                &[Code::WaitForClient, Code::DecideClaim, Code::WaitForService]
            }
            (Status::Provisioning | Status::Removing, _) => &[Code::WaitForService],
            (Status::Pending, true) => &[
                Code::PublishRecords,
                Code::RepairRecords,
                Code::RepairDomain,
                Code::WaitForSes,
                Code::TellLasso,
            ],
            (Status::Pending, false) => &[Code::WaitForClient, Code::WaitForSes],
            (Status::Verified, true) => &[
                Code::WaitForLasso,
                Code::PublishRecommendedRecords,
                Code::RepairRecords,
                Code::RepairDomain,
                Code::WaitForSes,
            ],
            (Status::Verified, false) => &[Code::DecideFinalStep],
            (Status::Authenticated, true) => &[
                Code::Nothing,
                Code::PublishRecommendedRecords,
                Code::RepairRecords,
                Code::RepairDomain,
                Code::WaitForSes,
            ],
            (Status::Authenticated, false) => {
                &[Code::Nothing, Code::WaitForClient, Code::WaitForSes]
            }
            (Status::AtRisk, true) => &[
                Code::RepairRecords,
                Code::RepairDomain,
                Code::WaitForSes,
                Code::AskLasso,
            ],
            (Status::AtRisk, false) => &[Code::WaitForClient, Code::WaitForSes],
            (Status::Failed, true) => &[Code::Restart, Code::AskLasso],
            (Status::Failed, false) => &[Code::Restart],
            (Status::Rejected, true) => &[Code::TellLasso],
            (Status::Rejected, false) => &[Code::WaitForClient],
        };
        check(codes.contains(&step.code), || format!("{:?}", step.code))?;
    }
    Ok(())
}

fn call(answer: &Answer) -> Result<(), String> {
    let status = answer.status();
    let claim = &answer.staff.claim;
    let parsed = |client: &str, domain: &str| {
        let client = ClientId::parse(client).ok()?;
        Some(staff_path(&client, &DomainName::parse_held(domain).ok()?))
    };
    let own = parsed(&answer.staff.client, &summary(answer).domain).unwrap_or_default();
    for (is_client, step) in steps(answer) {
        let Some(call) = &step.call else {
            continue;
        };
        let (path, verb) = call.path.rsplit_once('/').unwrap_or_default();
        let fits = match (verb, is_client) {
            ("check", true) | ("recheck", false) => status != Status::Removing,
            ("notify", _) => match status {
                Status::Provisioning | Status::Pending | Status::Verified => true,
                Status::Rejected => true,
                Status::Contested | Status::Authenticated | Status::AtRisk => false,
                Status::Failed => step.code == Code::AskLasso,
                Status::Removing => false,
            },
            ("restart", _) => status == Status::Failed,
            ("complete", false) => status == Status::Verified,
            ("release", false) => claim.proven_at.is_some() || !claim.challengers.is_empty(),
            _ => false,
        };
        let of_claims = claim.challengers.iter().any(|other| {
            verb == "release" && parsed(&other.client, &other.domain).as_deref() == Some(path)
        });
        let mine = if is_client {
            path == format!("/domains/{}", summary(answer).domain)
        } else {
            path == own || of_claims
        };
        check(call.method == "POST" && fits && mine, || {
            format!("{call:?}")
        })?;
    }
    Ok(())
}

fn wait(answer: &Answer) -> Result<(), String> {
    for (_, step) in steps(answer) {
        let wants_call = match step.code {
            Code::Nothing | Code::WaitForService | Code::WaitForLasso => Some(false),
            // Once it is asked, there is only to wait.
            Code::AskLasso => Some(summary(answer).ready_at.is_none()),
            Code::WaitForSes => None,
            Code::PublishOwnershipRecord | Code::KeepOwnershipRecord | Code::WaitForClient => {
                Some(true)
            }
            Code::PublishRecords | Code::PublishRecommendedRecords | Code::RepairRecords => {
                Some(true)
            }
            Code::RepairDomain => Some(true),
            Code::TellLasso | Code::Restart | Code::DecideClaim | Code::DecideFinalStep => {
                Some(true)
            }
        };
        let has_call = step.call.is_some();
        check(wants_call.is_none_or(|wants| wants == has_call), || {
            format!("{step:?}")
        })?;
    }
    Ok(())
}

fn shown(answer: &Answer) -> Result<(), String> {
    let has = |which: fn(&RecordView) -> bool| all_found(answer, which).is_some();
    let of_ses = ["DNS records", "CNAME records", "ublish the records"];
    for text in sentences(answer) {
        let names_records = of_ses.iter().any(|words| text.contains(words));
        let is_shown = !names_records || has(is_text) || has(is_dkim);
        let ownership = text.contains("wnership record");
        let proof = !ownership || has(|record| record.id == RecordId::Ownership);
        check(is_shown && proof, || text.to_owned())?;
    }
    Ok(())
}

fn found(answer: &Answer) -> Result<(), String> {
    let (text, dkim) = (all_found(answer, is_text), all_found(answer, is_dkim));
    let any = text == Some(true) || dkim == Some(true);
    let every = text != Some(false) && dkim != Some(false);
    let none = text.is_none() && dkim.is_none();
    let pending = answer.status() == Status::Pending;
    let contested = answer.status() == Status::Contested;
    let holds = match client_code(answer) {
        Some(Code::PublishRecords | Code::RepairRecords | Code::RepairDomain) if !contested => {
            !none && !every
        }
        Some(Code::TellLasso | Code::WaitForSes) if pending => any || none,
        Some(Code::PublishRecommendedRecords) => dkim == Some(false),
        _ => true,
    };
    let warns = answer.sender.iter().flat_map(|sender| &sender.warnings);
    let of_cnames = ["ublish the CNAME", "ublish its CNAME"];
    let mut demands = warns.filter(|warning| {
        of_cnames
            .iter()
            .any(|words| warning.message.contains(words))
    });
    let demand = demands.find(|_| dkim != Some(false));
    check(holds && demand.is_none(), || {
        format!(
            "{:?}, TXT {text:?}, CNAME {dkim:?}, {demand:?}",
            client_code(answer)
        )
    })
}

fn verified(answer: &Answer) -> Result<(), String> {
    let ses = answer.staff.domain.ses.map(|ses| ses.status.verification);
    let in_use = ses.is_some_and(AxisStatus::is_in_use);
    // A missing identity at SES is believed only after it is confirmed.
    let doubted = ses == Some(AxisStatus::NotStarted);
    let holds = match answer.status() {
        Status::Verified | Status::Authenticated => in_use || doubted,
        Status::AtRisk | Status::Rejected => in_use || doubted,
        Status::Pending | Status::Failed => !in_use,
        Status::Contested | Status::Provisioning | Status::Removing => true,
    };
    let ready = answer.staff.domain.readiness.as_ref();
    let told = ready.is_none_or(|ready| {
        let expected = ses.map_or(Verdict::Unknown, |ses| Verdict::of(ses.is_in_use()));
        ready.ses_verified == expected
    });
    check(holds && told, || {
        format!(
            "SES {ses:?}, readiness {:?}",
            ready.map(|ready| ready.ses_verified)
        )
    })
}

fn readiness(answer: &Answer) -> Result<(), String> {
    let Some(ready) = &answer.staff.domain.readiness else {
        return Ok(());
    };
    let lacks = |id: &RecordId| {
        let mut records = answer.staff.domain.records.iter();
        records.any(|record| {
            record.id == *id && matches!(record.state, RecordState::Missing | RecordState::Wrong)
        })
    };
    let listed = ready
        .missing_required
        .iter()
        .chain(&ready.missing_recommended);
    let odd = listed.copied().find(|id| !lacks(id));
    let entry = answer
        .entry
        .readiness
        .map(|it| (it.ses_verified, it.shows_via, it.bulk_ready));
    let same = entry == Some((ready.ses_verified, ready.shows_via, ready.bulk_ready));
    check(odd.is_none() && same, || {
        format!("{odd:?} is listed, the queue has {entry:?}")
    })
}

fn nothing(answer: &Answer) -> Result<(), String> {
    let warns = answer.sender.iter().flat_map(|sender| &sender.warnings);
    let via = warns
        .filter(|it| it.code == SenderWarningCode::ShowsVia)
        .count();
    let ready = answer.staff.domain.readiness.as_ref();
    let shows_via = ready.is_some_and(|ready| ready.shows_via == Verdict::Yes);
    let idle = client_code(answer) == Some(Code::Nothing);
    check(!idle || (via == 0 && !shows_via), || {
        format!("{via} warnings of \"via\", shows_via {shows_via}")
    })
}

fn warnings(answer: &Answer) -> Result<(), String> {
    let (Some(sender), Some(ready)) = (&answer.sender, &answer.staff.domain.readiness) else {
        return Ok(());
    };
    let has = |code| sender.warnings.iter().any(|warning| warning.code == code);
    let via = has(SenderWarningCode::ShowsVia) == (ready.shows_via == Verdict::Yes);
    let unmet = ready.rules.iter().any(|rule| rule.met == Verdict::No);
    let bulk = has(SenderWarningCode::BulkRulesUnmet) == unmet;
    check(!sender.allowed || (via && bulk), || {
        format!("{:?} beside {:?}", sender.warnings, ready.rules)
    })
}

fn signed(answer: &Answer) -> Result<(), String> {
    let warnings = answer.sender.as_ref().map(|sender| &sender.warnings[..]);
    let warnings = warnings.unwrap_or_default();
    let says = |words: &str| warnings.iter().any(|it| it.message.contains(words));
    let unsigned = says("mail is not signed") || says("Mail is not signed");
    check(!(unsigned && says("signs mail for")), || {
        format!("{warnings:?}")
    })
}

fn waiting(answer: &Answer) -> Result<(), String> {
    let waiting = &answer.entry.waiting;
    let waits_for = match waiting.reason {
        WaitReason::Decision | WaitReason::FinalStep => Some("lasso"),
        WaitReason::Takeover | WaitReason::Registration | WaitReason::Removal => None,
        WaitReason::Ses | WaitReason::Nothing => None,
        WaitReason::Ownership | WaitReason::Records | WaitReason::RecordsGone => Some("client"),
        WaitReason::Restart | WaitReason::Answer => Some("client"),
    };
    let reasons: &[WaitReason] = match summary(answer).next_step.code {
        Code::DecideClaim => &[WaitReason::Decision],
        Code::DecideFinalStep => &[WaitReason::FinalStep],
        Code::Restart => &[WaitReason::Restart],
        Code::Nothing => &[WaitReason::Nothing],
        Code::WaitForSes => &[WaitReason::Ses],
        Code::WaitForService => &[
            WaitReason::Takeover,
            WaitReason::Registration,
            WaitReason::Removal,
        ],
        _ => &[
            WaitReason::Ownership,
            WaitReason::Records,
            WaitReason::RecordsGone,
            WaitReason::Answer,
        ],
    };
    let agree = client_code(answer) != Some(Code::WaitForLasso) || waits_for == Some("lasso");
    let known = waiting.waits_for == waits_for && reasons.contains(&waiting.reason);
    check(known && agree, || {
        let code = summary(answer).next_step.code;
        format!("{waiting:?} beside {code:?}, {:?}", client_code(answer))
    })
}

fn missing(answer: &Answer) -> Result<(), String> {
    let count = answer.entry.missing;
    let ready = answer.staff.domain.readiness.as_ref();
    let (required, recommended) = ready.map_or((0, 0), |ready| {
        let (required, recommended) = (&ready.missing_required, &ready.missing_recommended);
        (required.len(), recommended.len())
    });
    let proof = match answer.entry.waiting.reason {
        // The client may have all that it needs, and its proof is not seen everywhere yet.
        WaitReason::Ownership => usize::from(required == 0),
        WaitReason::Decision | WaitReason::Takeover | WaitReason::Registration => 0,
        WaitReason::Records | WaitReason::Ses | WaitReason::FinalStep => 0,
        WaitReason::RecordsGone | WaitReason::Restart | WaitReason::Answer => 0,
        WaitReason::Removal | WaitReason::Nothing => 0,
    };
    let open = match answer.status() {
        Status::Contested => proof,
        Status::Provisioning | Status::Pending | Status::Failed => 1,
        Status::Verified | Status::Authenticated | Status::AtRisk => 0,
        Status::Rejected | Status::Removing => 0,
    };
    let counted = count.required == open + required && count.recommended == recommended;
    check(counted && answer.staff.missing == count, || {
        format!("{count:?} beside {open} + {required}, {recommended}")
    })
}

fn record(answer: &Answer) -> Result<(), String> {
    let looked_at = answer.staff.domain.dns_looked_at;
    let fits = |record: &&RecordView| match record.state {
        RecordState::Found => looked_at.is_some() && record.last_found_at == looked_at,
        RecordState::Missing | RecordState::Wrong => {
            record.message.is_some() && record.code.is_some() && record.last_found_at < looked_at
        }
        RecordState::Unknown => record.last_found_at.is_none() || record.last_found_at < looked_at,
        RecordState::NotLookedYet => record.code.is_none() && record.observed.is_empty(),
    };
    let mut records = answer.staff.domain.records.iter();
    let odd = records.find(|record| !fits(record));
    check(odd.is_none(), || {
        format!("{odd:?}, looked at {looked_at:?}")
    })
}

fn sides(answer: &Answer) -> Result<(), String> {
    let staff = &answer.staff.domain;
    let mut mine = staff.clone();
    if let Some(client) = &answer.client {
        mine.summary.path.clone_from(&client.summary.path);
        mine.summary.next_step.clone_from(&client.summary.next_step);
    }
    let same = answer.client.as_ref().is_none_or(|client| *client == mine);
    check(same && answer.entry.domain == staff.summary, || {
        format!("{:?} and {:?}", answer.client, answer.entry.domain)
    })
}

fn claim(answer: &Answer) -> Result<(), String> {
    let claim = &answer.staff.claim;
    let holds = claim.holder.as_deref() == Some(answer.staff.client.as_str());
    let expected = match answer.status() {
        Status::Contested => !holds,
        Status::Provisioning | Status::Pending | Status::Verified => holds,
        Status::Authenticated | Status::AtRisk | Status::Failed | Status::Rejected => holds,
        Status::Removing => true,
    };
    let standing = match answer.status() {
        Status::Contested => "contested",
        Status::Removing => "leaving",
        Status::Provisioning | Status::Pending | Status::Verified => "held",
        Status::Authenticated | Status::AtRisk | Status::Failed | Status::Rejected => "held",
    };
    let waiting = &answer.entry.waiting;
    let mut obstacles = claim.in_the_way.iter();
    let told = waiting.reason == WaitReason::Takeover
        || obstacles.all(|obstacle| waiting.why.contains(&obstacle.sentence));
    let fits = expected && claim.standing == standing && told;
    check(fits, || format!("{claim:?} and {waiting:?}"))
}

fn loss(answer: &Answer) -> Result<(), String> {
    let Some(sender) = &answer.sender else {
        return Ok(());
    };
    let wanted = " To get it back, publish its ownership record.";
    let displaced = sender.reason == SenderReason::Displaced;
    let happened = sender.message.strip_suffix(wanted);
    let told = happened.is_some_and(|happened| summary(answer).status_detail.starts_with(happened));
    check(displaced == told, || {
        format!(
            "\"{}\" and \"{}\"",
            sender.message,
            summary(answer).status_detail
        )
    })
}

fn axes(answer: &Answer) -> Result<(), String> {
    let ses = answer.staff.domain.ses.map(|ses| ses.status);
    let failed = ses.is_some_and(|ses| {
        let axes = [ses.verification, ses.dkim, ses.mail_from];
        axes.contains(&AxisStatus::Failed)
    });
    check(answer.status() != Status::Pending || !failed, || {
        format!("{ses:?}")
    })
}

fn told(answer: &Answer) -> Result<(), String> {
    let ready = summary(answer).ready_at;
    let asks = client_code(answer) == Some(Code::TellLasso);
    check(
        answer.status() != Status::Pending || !asks || ready.is_none(),
        || format!("it was told at {ready:?}, and is to be told"),
    )
}
