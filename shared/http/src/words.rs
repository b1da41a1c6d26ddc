//! The sentences about a domain's state and its next step, all in this file and in `words/support.rs` below it,
//! so that they can be read together. They are plain text: a page has to escape them. `next_step.rs` decides which of
//! them applies. The sentences about records are in `dns-diagnosis`, and those about the history in
//! `domain_auth::history`.

use domain_auth::domain::Domain;
use domain_auth::names::ClientId;
use domain_auth::plain_text::quotation;
use domain_auth::state::{Contested, FailureReason, State, Unconfirmed};
use jiff::Timestamp;

use crate::stage::{ClaimStage, HiddenBy, Records, Trouble};

pub(crate) mod support;

/// Next steps of the client.
pub(crate) mod client {
    pub(crate) const KEEP_OWNERSHIP_RECORD: &str =
        "Leave the ownership record in place. Lasso looks for it again automatically.";
    pub(crate) const WAIT_FOR_DECISION: &str =
        "Nothing to do now: leave the ownership record in place. Lasso support decides.";
    pub(crate) const WAIT_FOR_TRANSFER: &str =
        "Nothing to do now: leave the ownership record in place.";
    pub(crate) const WAIT_FOR_REGISTRATION: &str =
        "Nothing to do now: the values to copy will be here in a moment.";
    pub(crate) const WAIT_FOR_REMOVAL: &str = "Nothing to do: Lasso is removing the domain.";
    pub(crate) const PUBLISH_RECORDS: &str = "Publish the DNS records of the domain, or send them \
         to the person who looks after your DNS.";
    pub(crate) const PUBLISH_RECORDS_UNSEEN: &str = "Publish the records of the domain, or send them to \
         the person who does that for you. Do not change records that are already published.";
    pub(crate) const PUBLISH_RECORDS_AGAIN: &str = "Publish the DNS records again: they were found before, \
         and the last check did not find all of them.";
    pub(crate) const TELL_LASSO_IN_TIME: &str = "The DNS records are published. Tell Lasso that you are \
         ready for the final step.";
    pub(crate) const WAIT_FOR_SES: &str = "Nothing to do now: the DNS records are published. Amazon SES looks for them automatically.";
    pub(crate) const WAIT_FOR_OWNERS_KEY: &str =
        "Nothing to do now: Amazon SES verifies the domain automatically.";
    pub(crate) const WAIT_FOR_FINAL_STEP: &str =
        "Nothing to do now: Lasso completes the final step.";
    pub(crate) const PUBLISH_CNAMES_BEFORE_FINAL_STEP: &str = "Publish the CNAME records, so that mail is \
         signed for your domain. Lasso completes the final step.";
    pub(crate) const WAIT_FOR_CHALLENGE: &str = "Nothing to do now: another client has proven that this \
         domain, or one above or below it, is its own. Lasso support decides.";
    pub(crate) const SEE_WHETHER_RECORDS_ARE_PUBLISHED: &str = "Make sure that the DNS records of the \
         domain are published. DNS gave no answer for them at the last check; Lasso asks again \
         automatically.";
    pub(crate) const WAIT_FOR_SES_AGAIN: &str = "Nothing to do now: Amazon SES no longer reports this \
         domain as verified. Lasso checks again before it changes anything.";
    pub(crate) const NOTHING: &str = "Nothing to do: you can send from this domain.";
    pub(crate) const PUBLISH_RECOMMENDED_RECORDS: &str = "Publish the CNAME records. Until then \
         recipients can see \"via amazonses.com\" beside your name.";
    pub(crate) const WAIT_FOR_SIGNING: &str = "Nothing to do now: you can send from this domain. Amazon \
         SES has not seen its DKIM key yet, and looks for it automatically.";
    pub(crate) const REPAIR_RECORDS: &str =
        "Repair the DNS records: each one says what is wrong with it, and how to repair it.";
    pub(crate) const WAIT_FOR_RECOVERY: &str = "Nothing to do now: the DNS records are found again, and \
         Amazon SES looks for them automatically.";
    pub(crate) const SEE_WHETHER_RECORDS_ARE_THERE: &str = "Make sure that the DNS records of the domain \
         are still published. DNS gave no answer for them at the last check.";
    pub(crate) const SEE_WHETHER_RECORDS_ARE_STILL_THERE: &str = "Make sure that the records of the \
         domain are still published. They have not been looked up yet.";
    pub(crate) const ASK_LASSO_ABOUT_THE_KEY: &str = "Ask Lasso support: Amazon SES signs this domain's \
         mail with a DKIM key of the domain's owner, so Lasso cannot show what has to be repaired.";
    pub(crate) const RESTART: &str = "Publish the DNS records of the domain, and restart the \
         verification. Amazon SES then looks for them for another 72 hours.";
    pub(crate) const RESTART_WITH_GONE_RECORDS: &str = "Publish the DNS records of the domain again: they \
         were found before, and the last check did not find all of them. Then restart the verification. \
         Amazon SES then looks for them for another 72 hours.";
    pub(crate) const RESTART_WITH_RECORDS: &str = "The DNS records are published now. Lasso restarts the \
         verification automatically at one of its next checks; you can also restart it now.";
    pub(crate) const RESTART_WITH_UNKNOWN_RECORDS: &str = "Make sure that the DNS records of the domain \
         are published: DNS gave no answer for them at the last check. Then restart the verification. \
         Amazon SES then looks for them for another 72 hours.";
    pub(crate) const RESTART_WITH_UNSEEN_RECORDS: &str = "Make sure that the records of the domain are \
         published, and restart the verification. Amazon SES then looks for them for another 72 hours.";
    pub(crate) const RESTART_WITH_OWNERS_KEY: &str =
        "Restart the verification. Amazon SES then looks again for 72 hours.";
    pub(crate) const REGISTER_AGAIN: &str =
        "Restart the verification. The domain is then registered with Amazon SES again.";
    pub(crate) const CHECK_THE_NAME: &str = "Check the spelling of the name. If it is wrong, remove the \
         domain and add the right one. If it is right, ask Lasso support: restarting does not help while \
         Amazon SES does not accept the name.";
    pub(crate) const WAIT_FOR_ANSWER: &str = "You have asked Lasso support about the name. If it is \
         misspelled, remove the domain and add the right one.";
    pub(crate) const SETTLE_AND_TELL_LASSO: &str = "Solve the problem that Lasso support described, and then tell Lasso that you are ready again.";

    use super::{ClientId, HiddenBy};

    /// What comes before all records.
    pub(crate) fn repair_domain(by: HiddenBy) -> &'static str {
        match by {
            HiddenBy::NoSuchDomain => {
                "Check how the domain is spelled: it does not exist. If the name is right, register or renew \
                 it. If it is wrong, remove the domain here and add the right one."
            }
            HiddenBy::Suspended => {
                "Sign in where the domain is registered, and follow the instructions there: the domain has \
                 expired or is suspended."
            }
            HiddenBy::NotLive => {
                "Correct the name servers of the domain where it is registered: the name servers that are \
                 set there do not serve it."
            }
            HiddenBy::Bogus => {
                "Remove or replace the DS record of the domain where it is registered: its DNSSEC signatures \
                 are broken."
            }
        }
    }

    pub(crate) fn repair_domain_and_restart(by: HiddenBy) -> String {
        format!("{} Then restart the verification.", repair_domain(by))
    }

    pub(crate) fn publish_ownership_record(client: &ClientId) -> String {
        format!(
            "Publish the ownership record. When Lasso finds it, the domain goes to {client}. Publish it \
             only if that is the organization that should get the domain."
        )
    }
}

/// Why no record of a domain can be seen, as a clause.
pub(crate) fn hidden(by: HiddenBy) -> &'static str {
    match by {
        HiddenBy::NoSuchDomain => "the domain does not exist",
        HiddenBy::Suspended => "the domain has expired or is suspended",
        HiddenBy::NotLive => "the name servers that the domain is delegated to do not serve it",
        HiddenBy::Bogus => "the DNSSEC signatures of the domain are broken",
    }
}

/// Where a domain stands: what happened, what happens by itself, and until when.
pub(crate) fn state(domain: &Domain) -> String {
    let mut sentences = Vec::new();
    let displacement = domain.state.displacement();
    sentences.extend(displacement.map(|displacement| displacement.sentences(&domain.name)));
    sentences.push(of_state(domain));
    if !domain.challengers.is_empty() {
        sentences.push(CHALLENGED.to_owned());
    }
    sentences.join(" ")
}

const CHALLENGED: &str = "Another client has proven that this domain, or one above or below it, is its \
     own. Lasso support decides. Nothing has changed so far.";

fn of_state(domain: &Domain) -> String {
    match &domain.state {
        State::Contested(contested) => of_claim(contested),
        State::Provisioning(_) => {
            "The domain is being registered with Amazon SES. Nothing has to be done.".to_owned()
        }
        State::Pending(pending) => of_pending(Records::of(domain), pending.deadline),
        State::Verified(_) if !domain.challengers.is_empty() => {
            "Amazon SES has verified the domain.".to_owned()
        }
        State::Verified(_) => of_verified(Trouble::of(domain)),
        State::Authenticated(_) => match Trouble::of(domain) {
            None => "Lasso sends mail from this domain.".to_owned(),
            Some(trouble) => format!("Lasso sends mail from this domain. {}", seen(trouble)),
        },
        State::AtRisk(at_risk) => format!("{} Lasso still sends your mail.", at_risk.reason),
        State::Failed(failed) => {
            let unless = match failed.reason {
                FailureReason::DeadlinePassed
                | FailureReason::SesGaveUp
                | FailureReason::SesRevoked
                | FailureReason::IdentityGone => "Unless it is restarted, the domain",
                FailureReason::RefusedBySes => "The domain",
            };
            let removed = domain
                .deadline()
                .map(|at| format!("{unless} is removed on {}.", day(at)));
            let restarts = is_restarted_by_itself(domain, failed.reason);
            let found = restarts.then(|| FOUND_AFTER_FAILURE.to_owned());
            let reason = Some(failure(failed.reason).to_owned());
            let sentences: Vec<String> = [reason, found, removed].into_iter().flatten().collect();
            sentences.join(" ")
        }
        State::Rejected(rejected) => {
            format!(
                "Lasso support refused the final step: {}",
                quotation(&rejected.reason)
            )
        }
        State::Removing(_) => "The domain is being removed.".to_owned(),
    }
}

fn of_verified(trouble: Option<Trouble>) -> String {
    match trouble {
        None => "Amazon SES has verified the domain. Lasso completes the final step.".to_owned(),
        Some(trouble @ (Trouble::RecordsGone | Trouble::Hidden(_))) => format!(
            "Amazon SES has verified the domain. {} The final step waits until that is repaired.",
            seen(trouble)
        ),
        Some(trouble @ Trouble::NotInUse) => {
            format!(
                "Amazon SES has verified the domain before. {}",
                seen(trouble)
            )
        }
    }
}

/// What the last look has seen of a domain that Amazon SES has verified.
pub(crate) fn seen(trouble: Trouble) -> String {
    match trouble {
        Trouble::RecordsGone => {
            "The last check did not find DNS records that were there before.".to_owned()
        }
        Trouble::Hidden(by) => format!("Its records cannot be seen: {}.", hidden(by)),
        Trouble::NotInUse => {
            "Amazon SES no longer reports it as verified; Lasso checks again.".to_owned()
        }
    }
}

const FOUND_AFTER_FAILURE: &str = "Its DNS records are published now, so Lasso restarts the verification \
    at one of its next checks.";

/// Whether the poller makes Amazon SES look again for the records of a domain that failed.
fn is_restarted_by_itself(domain: &Domain, reason: FailureReason) -> bool {
    let gave_up = match reason {
        FailureReason::DeadlinePassed | FailureReason::SesGaveUp | FailureReason::SesRevoked => {
            true
        }
        FailureReason::IdentityGone | FailureReason::RefusedBySes => false,
    };
    let found = match Records::of(domain) {
        Records::Found => true,
        Records::NotLooked
        | Records::Unknown
        | Records::Missing
        | Records::Gone
        | Records::Hidden(_)
        | Records::NotNeeded => false,
    };
    gave_up && found
}

fn of_claim(claim: &Contested) -> String {
    let expires = day(claim.expires_at);
    match ClaimStage::of(claim) {
        ClaimStage::Proven => {
            "Your proof was found. Lasso support decides about this domain now; leave the record in \
             place."
                .to_owned()
        }
        ClaimStage::TakenOver => {
            "Your proof was found. The domain is being transferred to you, which takes a few minutes; \
             leave the record in place."
                .to_owned()
        }
        ClaimStage::Unconfirmed => claim.unconfirmed.map_or_else(String::new, unconfirmed),
        ClaimStage::Unproven if claim.displaced.is_some() => format!(
            "To get it back, prove that this domain is yours. Lasso looks for the ownership record until \
             {expires}. If it is not found, the domain is removed from your list."
        ),
        ClaimStage::Unproven => format!(
            "Lasso needs proof that this domain is yours. It looks for the ownership record until \
             {expires}. If the record is not found, the claim expires."
        ),
    }
}

fn unconfirmed(Unconfirmed { seen, of }: Unconfirmed) -> String {
    format!(
        "Your ownership record was found, and has to be confirmed before the domain is yours. All name \
         servers of the domain must return it over TCP; {seen} of {of} did so far. Leave the record in \
         place; Lasso looks for it again automatically."
    )
}

fn of_pending(records: Records, deadline: Timestamp) -> String {
    let stops = format!("Amazon SES stops looking on {}.", day(deadline));
    let stands = match records {
        Records::Hidden(by) => {
            let why = hidden(by);
            return format!("The records of the domain cannot be seen: {why}. {stops}");
        }
        Records::NotLooked => {
            "Amazon SES looks for the records automatically. It has not found them yet, which is not an \
             error."
        }
        Records::Unknown => {
            "Amazon SES looks for the DNS records automatically. It has not found them yet, which is not \
             an error."
        }
        Records::Missing => {
            "Waiting for the DNS records. This is not an error: publish them, and Amazon SES will find \
             them."
        }
        Records::Gone => {
            "Waiting for the DNS records: they were found before, but the last check did not find all of them."
        }
        Records::Found => {
            "The DNS records are published. Amazon SES looks for them automatically, which can take some \
             hours."
        }
        Records::NotNeeded => {
            "Amazon SES already has this domain, with a DKIM key of the domain's owner. No record has to \
             be published for the verification, and Lasso asks Amazon SES about it automatically."
        }
    };
    format!("{stands} {stops}")
}

/// Why a domain failed.
fn failure(reason: FailureReason) -> &'static str {
    reason.sentence()
}

/// Of a record that is as it should be.
pub(crate) fn record_is_right(name: &str) -> String {
    format!("The record at {name} is published and right.")
}

/// A day in words, in UTC.
pub(crate) fn day(at: Timestamp) -> String {
    at.strftime("%-d %B %Y").to_string()
}
