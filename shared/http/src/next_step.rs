//! The next step of a domain: what a person has to do now, if anything, and the API call for it. It
//! is one table by the state, what is missing in it, and the reader. The sentences are in
//! `words.rs`.

use std::borrow::Cow;

use domain_auth::domain::Domain;
use domain_auth::event::staff_path;
use domain_auth::state::{Contested, FailureReason, State};
use serde::Serialize;

use crate::stage::{ClaimStage, Records, Signing, Trouble};
use crate::words;

/// What to do next with a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "NextStep")
)]
pub struct NextStepView {
    /// The kind of step, for programs.
    pub code: NextStepCode,
    /// The step as a sentence. Plain text: a page has to escape it.
    pub sentence: String,
    /// The call to make next, or the call that checks now what the service checks automatically; `null` if
    /// no call helps.
    pub call: Option<CallView>,
}

/// A call of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Call")
)]
pub struct CallView {
    /// The HTTP method.
    #[cfg_attr(feature = "openapi", schemars(extend("enum" = ["POST"])))]
    pub method: &'static str,
    /// The path in the API.
    pub path: String,
}

/// The kinds of next steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NextStepCode {
    /// Nothing is left to do.
    Nothing,
    /// The client publishes the ownership record.
    PublishOwnershipRecord,
    /// The ownership record stays in DNS until all name servers show it.
    KeepOwnershipRecord,
    /// The service continues automatically, in a few minutes.
    WaitForService,
    /// Amazon SES looks for the records automatically.
    WaitForSes,
    /// Lasso support decides, or takes the final step.
    WaitForLasso,
    /// The client has something to do first. Only Lasso support gets this step.
    WaitForClient,
    /// The client publishes the records that Amazon SES verifies the domain by.
    PublishRecords,
    /// The client publishes the recommended records, so that more of its mail is accepted.
    PublishRecommendedRecords,
    /// The client publishes the records again that are no longer in DNS.
    RepairRecords,
    /// The client repairs the domain itself, because DNS shows no record of it: it corrects the name,
    /// registers or renews the domain, or corrects the delegation.
    RepairDomain,
    /// The client tells Lasso that it is ready for the final step.
    TellLasso,
    /// Amazon SES is made to look for another 72 hours.
    Restart,
    /// The client asks Lasso support, by `call` where there is one for it.
    AskLasso,
    /// Lasso support decides about a proven claim.
    DecideClaim,
    /// Lasso support takes the final step, or refuses it.
    DecideFinalStep,
}

/// What the end of a state means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeadlineMeans {
    /// Amazon SES stops looking for the records, and the domain becomes `failed`.
    SesGivesUp,
    /// The domain is removed.
    DomainRemoved,
    /// The claim expires, and the domain is removed from the client's list.
    ClaimExpires,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    Client,
    Support,
}

/// Which call leads onward.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Onward {
    Wait,
    Check,
    Notify,
    Restart,
    Complete,
    /// The decision about a claim, by the path of its domain for Lasso support.
    Release(String),
}

/// What the end of the present state means, where it ends by itself.
pub(crate) fn deadline_means(domain: &Domain) -> Option<DeadlineMeans> {
    let means = match &domain.state {
        State::Contested(_) => DeadlineMeans::ClaimExpires,
        State::Pending(_) => DeadlineMeans::SesGivesUp,
        State::Failed(_) => DeadlineMeans::DomainRemoved,
        State::Provisioning(_) | State::Verified(_) | State::Authenticated(_) => return None,
        State::AtRisk(_) | State::Rejected(_) | State::Removing(_) => return None,
    };
    domain.deadline().map(|_| means)
}

/// The next step of a domain, for the caller.
pub(crate) fn next_step(domain: &Domain, asker: Asker) -> NextStepView {
    let (code, onward, sentence) = match asker {
        Asker::Client => of_client(domain),
        Asker::Support => of_support(domain),
    };
    NextStepView {
        code,
        sentence: sentence.into_owned(),
        call: call(domain, onward, asker),
    }
}

type Row = (NextStepCode, Onward, Cow<'static, str>);

fn of_client(domain: &Domain) -> Row {
    use NextStepCode as Code;
    use words::client as say;
    let records = Records::of(domain);
    let (code, onward, sentence) = match &domain.state {
        State::Contested(contested) => match ClaimStage::of(contested) {
            ClaimStage::Unproven => {
                if let Records::Hidden(by) = records {
                    let sentence = Cow::Borrowed(say::repair_domain(by));
                    return (Code::RepairDomain, Onward::Check, sentence);
                }
                let sentence = say::publish_ownership_record(&domain.client);
                return (
                    Code::PublishOwnershipRecord,
                    Onward::Check,
                    Cow::Owned(sentence),
                );
            }
            ClaimStage::Unconfirmed => (
                Code::KeepOwnershipRecord,
                Onward::Check,
                say::KEEP_OWNERSHIP_RECORD,
            ),
            ClaimStage::Proven => (Code::WaitForLasso, Onward::Wait, say::WAIT_FOR_DECISION),
            ClaimStage::TakenOver => (Code::WaitForService, Onward::Wait, say::WAIT_FOR_TRANSFER),
        },
        State::Provisioning(_) => (
            Code::WaitForService,
            Onward::Wait,
            say::WAIT_FOR_REGISTRATION,
        ),
        State::Removing(_) => (Code::WaitForService, Onward::Wait, say::WAIT_FOR_REMOVAL),
        State::Pending(_) => pending(domain, records),
        State::Verified(_) if !domain.challengers.is_empty() => {
            (Code::WaitForLasso, Onward::Wait, say::WAIT_FOR_CHALLENGE)
        }
        State::Verified(_) => verified(domain),
        State::Authenticated(_) => match (Trouble::of(domain), Signing::of(domain)) {
            (Some(trouble), _) => troubled(trouble),
            (None, Signing::LacksCnames) => (
                Code::PublishRecommendedRecords,
                Onward::Check,
                say::PUBLISH_RECOMMENDED_RECORDS,
            ),
            (None, Signing::NotYet) => (Code::WaitForSes, Onward::Check, say::WAIT_FOR_SIGNING),
            (None, Signing::Signs) => (Code::Nothing, Onward::Wait, say::NOTHING),
        },
        State::AtRisk(_) => at_risk(records),
        State::Failed(failed) => match failed.reason {
            FailureReason::DeadlinePassed
            | FailureReason::SesGaveUp
            | FailureReason::SesRevoked => {
                let sentence = match records {
                    Records::Hidden(by) => {
                        let sentence = Cow::Owned(say::repair_domain_and_restart(by));
                        return (Code::Restart, Onward::Restart, sentence);
                    }
                    Records::Found => say::RESTART_WITH_RECORDS,
                    Records::Missing => say::RESTART,
                    Records::Gone => say::RESTART_WITH_GONE_RECORDS,
                    Records::Unknown => say::RESTART_WITH_UNKNOWN_RECORDS,
                    Records::NotLooked => say::RESTART_WITH_UNSEEN_RECORDS,
                    Records::NotNeeded => say::RESTART_WITH_OWNERS_KEY,
                };
                (Code::Restart, Onward::Restart, sentence)
            }
            FailureReason::IdentityGone => (Code::Restart, Onward::Restart, say::REGISTER_AGAIN),
            // As long as Amazon SES refuses the name, another attempt ends here again.
            FailureReason::RefusedBySes if domain.has_said_ready() => {
                (Code::AskLasso, Onward::Wait, say::WAIT_FOR_ANSWER)
            }
            FailureReason::RefusedBySes => (Code::AskLasso, Onward::Notify, say::CHECK_THE_NAME),
        },
        State::Rejected(_) => (Code::TellLasso, Onward::Notify, say::SETTLE_AND_TELL_LASSO),
    };
    (code, onward, Cow::Borrowed(sentence))
}

/// What the client of a pending domain does.
fn pending(domain: &Domain, records: Records) -> (NextStepCode, Onward, &'static str) {
    use NextStepCode as Code;
    use words::client as say;
    match records {
        Records::NotLooked => (
            Code::PublishRecords,
            Onward::Check,
            say::PUBLISH_RECORDS_UNSEEN,
        ),
        Records::Unknown => (
            Code::PublishRecords,
            Onward::Check,
            say::SEE_WHETHER_RECORDS_ARE_PUBLISHED,
        ),
        Records::Missing => (Code::PublishRecords, Onward::Check, say::PUBLISH_RECORDS),
        Records::Gone => (
            Code::RepairRecords,
            Onward::Check,
            say::PUBLISH_RECORDS_AGAIN,
        ),
        Records::Hidden(by) => (Code::RepairDomain, Onward::Check, say::repair_domain(by)),
        Records::Found if domain.ready_at().is_some() => {
            (Code::WaitForSes, Onward::Check, say::WAIT_FOR_SES)
        }
        Records::Found => (Code::TellLasso, Onward::Notify, say::TELL_LASSO_IN_TIME),
        Records::NotNeeded => (Code::WaitForSes, Onward::Check, say::WAIT_FOR_OWNERS_KEY),
    }
}

/// What the client of a verified domain does. What is wrong with it goes before the final step.
fn verified(domain: &Domain) -> (NextStepCode, Onward, &'static str) {
    use NextStepCode as Code;
    use words::client as say;
    match (Trouble::of(domain), Signing::of(domain)) {
        (Some(trouble), _) => troubled(trouble),
        (None, Signing::LacksCnames) => (
            Code::PublishRecommendedRecords,
            Onward::Check,
            say::PUBLISH_CNAMES_BEFORE_FINAL_STEP,
        ),
        (None, Signing::NotYet | Signing::Signs) => {
            (Code::WaitForLasso, Onward::Wait, say::WAIT_FOR_FINAL_STEP)
        }
    }
}

/// What the client does about what is wrong with a domain that Amazon SES has verified.
fn troubled(trouble: Trouble) -> (NextStepCode, Onward, &'static str) {
    use NextStepCode as Code;
    use words::client as say;
    match trouble {
        Trouble::RecordsGone => (Code::RepairRecords, Onward::Check, say::REPAIR_RECORDS),
        Trouble::Hidden(by) => (Code::RepairDomain, Onward::Check, say::repair_domain(by)),
        Trouble::NotInUse => (Code::WaitForSes, Onward::Check, say::WAIT_FOR_SES_AGAIN),
    }
}

/// What the client of a domain at risk does.
fn at_risk(records: Records) -> (NextStepCode, Onward, &'static str) {
    use NextStepCode as Code;
    use words::client as say;
    match records {
        Records::Missing | Records::Gone => {
            (Code::RepairRecords, Onward::Check, say::REPAIR_RECORDS)
        }
        Records::Hidden(by) => (Code::RepairDomain, Onward::Check, say::repair_domain(by)),
        Records::Unknown => (
            Code::RepairRecords,
            Onward::Check,
            say::SEE_WHETHER_RECORDS_ARE_THERE,
        ),
        Records::NotLooked => (
            Code::RepairRecords,
            Onward::Check,
            say::SEE_WHETHER_RECORDS_ARE_STILL_THERE,
        ),
        Records::Found => (Code::WaitForSes, Onward::Check, say::WAIT_FOR_RECOVERY),
        Records::NotNeeded => (Code::AskLasso, Onward::Check, say::ASK_LASSO_ABOUT_THE_KEY),
    }
}

fn of_support(domain: &Domain) -> Row {
    use NextStepCode as Code;
    use words::support as say;
    let records = Records::of(domain);
    if let Some(challenger) = domain.challengers.first() {
        let claim = staff_path(&challenger.client, &challenger.name);
        let name = challenger.name.to_unicode();
        let sentence = say::decide_challenge(&challenger.client, &name);
        return (
            Code::DecideClaim,
            Onward::Release(claim),
            Cow::Owned(sentence),
        );
    }
    let (code, onward, sentence) = match &domain.state {
        State::Contested(contested) => return of_claim(domain, contested),
        State::Provisioning(_) => (
            Code::WaitForService,
            Onward::Wait,
            say::WAIT_FOR_REGISTRATION,
        ),
        State::Removing(_) => (Code::WaitForService, Onward::Wait, say::WAIT_FOR_REMOVAL),
        State::Pending(_) => match records {
            Records::NotLooked => (
                Code::WaitForClient,
                Onward::Check,
                say::WAIT_FOR_UNSEEN_RECORDS,
            ),
            Records::Hidden(by) => {
                let sentence = Cow::Owned(say::help_with_domain(by));
                return (Code::WaitForClient, Onward::Check, sentence);
            }
            Records::Unknown => (Code::WaitForClient, Onward::Check, say::WAIT_FOR_DNS),
            Records::Missing | Records::Gone => {
                let sentence = if domain.ready_at().is_some() {
                    say::HELP_WITH_RECORDS
                } else if records == Records::Gone {
                    say::WAIT_FOR_GONE_RECORDS
                } else {
                    say::WAIT_FOR_RECORDS
                };
                (Code::WaitForClient, Onward::Check, sentence)
            }
            Records::Found => (Code::WaitForSes, Onward::Check, say::WAIT_FOR_SES),
            Records::NotNeeded => (Code::WaitForSes, Onward::Check, say::WAIT_FOR_OWNERS_KEY),
        },
        State::Verified(_) => {
            let sentence = match (Trouble::of(domain), Signing::of(domain)) {
                (Some(trouble), _) => {
                    let sentence = Cow::Owned(say::decide_final_step_later(trouble));
                    // Without an identity the final step is refused.
                    let onward = match trouble {
                        Trouble::NotInUse => Onward::Check,
                        Trouble::RecordsGone | Trouble::Hidden(_) => Onward::Complete,
                    };
                    return (Code::DecideFinalStep, onward, sentence);
                }
                (None, Signing::LacksCnames) => say::DECIDE_FINAL_STEP_UNSIGNED,
                (None, Signing::NotYet | Signing::Signs) => say::DECIDE_FINAL_STEP,
            };
            (Code::DecideFinalStep, Onward::Complete, sentence)
        }
        State::Authenticated(_) => match Trouble::of(domain) {
            None => (Code::Nothing, Onward::Wait, say::NOTHING),
            Some(Trouble::RecordsGone) => (Code::WaitForClient, Onward::Check, say::HELP_TO_REPAIR),
            Some(Trouble::Hidden(by)) => {
                let sentence = Cow::Owned(say::help_with_domain(by));
                return (Code::WaitForClient, Onward::Check, sentence);
            }
            Some(Trouble::NotInUse) => (Code::WaitForSes, Onward::Check, say::WAIT_FOR_SES_AGAIN),
        },
        State::AtRisk(_) => match records {
            Records::Hidden(by) => {
                let sentence = Cow::Owned(say::help_with_domain(by));
                return (Code::WaitForClient, Onward::Check, sentence);
            }
            Records::Missing | Records::Gone | Records::Unknown => {
                (Code::WaitForClient, Onward::Check, say::HELP_TO_REPAIR)
            }
            Records::NotLooked => (
                Code::WaitForClient,
                Onward::Check,
                say::HELP_TO_REPAIR_UNSEEN,
            ),
            Records::Found => (Code::WaitForSes, Onward::Check, say::WAIT_FOR_RECOVERY),
            Records::NotNeeded => (Code::WaitForClient, Onward::Check, say::HELP_WITH_THE_KEY),
        },
        State::Failed(failed) => return of_failed(failed.reason, records),
        State::Rejected(_) => (
            Code::WaitForClient,
            Onward::Notify,
            say::REOPEN_AFTER_REJECTION,
        ),
    };
    (code, onward, Cow::Borrowed(sentence))
}

/// What Lasso support does about a claim that is contested.
fn of_claim(domain: &Domain, contested: &Contested) -> Row {
    use NextStepCode as Code;
    use words::support as say;

    let (code, onward, sentence) = match ClaimStage::of(contested) {
        ClaimStage::Unconfirmed => (
            Code::WaitForClient,
            Onward::Check,
            say::WAIT_FOR_CONFIRMATION,
        ),
        ClaimStage::Unproven => {
            let sentence = if contested.identity_not_ours {
                say::WAIT_FOR_PROOF_OR_ADOPT
            } else {
                say::WAIT_FOR_PROOF
            };
            (Code::WaitForClient, Onward::Check, sentence)
        }
        ClaimStage::Proven => {
            let claim = staff_path(&domain.client, &domain.name);
            (Code::DecideClaim, Onward::Release(claim), say::DECIDE_CLAIM)
        }
        ClaimStage::TakenOver => (Code::WaitForService, Onward::Wait, say::WAIT_FOR_TRANSFER),
    };
    (code, onward, Cow::Borrowed(sentence))
}

/// What Lasso support does about a domain that failed.
fn of_failed(reason: FailureReason, records: Records) -> Row {
    use NextStepCode as Code;
    use words::support as say;

    let sentence = match reason {
        FailureReason::DeadlinePassed | FailureReason::SesGaveUp | FailureReason::SesRevoked => {
            match records {
                Records::Hidden(by) => {
                    let sentence = Cow::Owned(say::help_with_domain_and_restart(by));
                    return (Code::Restart, Onward::Restart, sentence);
                }
                Records::Found => say::RESTART_WITH_RECORDS,
                Records::Unknown | Records::Missing => say::RESTART,
                Records::Gone => say::RESTART_WITH_GONE_RECORDS,
                Records::NotLooked => say::RESTART_WITH_UNSEEN_RECORDS,
                Records::NotNeeded => say::RESTART_WITH_OWNERS_KEY,
            }
        }
        FailureReason::IdentityGone => say::REGISTER_AGAIN,
        FailureReason::RefusedBySes => say::CHECK_THE_NAME,
    };
    (Code::Restart, Onward::Restart, Cow::Borrowed(sentence))
}

fn call(domain: &Domain, onward: Onward, asker: Asker) -> Option<CallView> {
    let of_domain = match asker {
        Asker::Client => format!("/domains/{}", domain.name),
        Asker::Support => staff_path(&domain.client, &domain.name),
    };
    let path = match (onward, asker) {
        (Onward::Wait, _) => return None,
        (Onward::Check, Asker::Client) => format!("{of_domain}/check"),
        (Onward::Check, Asker::Support) => format!("{of_domain}/recheck"),
        (Onward::Notify, _) => format!("{of_domain}/notify"),
        (Onward::Restart, _) => format!("{of_domain}/restart"),
        (Onward::Complete, _) => format!("{of_domain}/complete"),
        (Onward::Release(claim), _) => format!("{claim}/release"),
    };
    Some(CallView {
        method: "POST",
        path,
    })
}

#[cfg(test)]
#[path = "next_step_tests.rs"]
mod tests;
