//! The sentences about where a domain stands and what to do next, all of them in this one place, so that
//! they can be read together. Plain text: a page has to escape it. When which of them is said is decided in
//! `next_step.rs`; what records are about is said in `dns-diagnosis`, and what has happened in
//! `domain_auth::history`.

use domain_auth::domain::Domain;
use domain_auth::names::ClientId;
use domain_auth::plain_text::quotation;
use domain_auth::state::{Contested, FailureReason, State, Unconfirmed};
use jiff::Timestamp;

use crate::stage::{ClaimStage, HiddenBy, Records, Trouble};

/// Next steps of the client.
pub(crate) mod client {
    pub(crate) const KEEP_OWNERSHIP_RECORD: &str =
        "Leave the ownership record in place. It is looked for again by itself.";
    pub(crate) const WAIT_FOR_DECISION: &str =
        "Nothing to do now: leave the ownership record in place. Lasso support decides.";
    pub(crate) const WAIT_FOR_TRANSFER: &str =
        "Nothing to do now: leave the ownership record in place.";
    pub(crate) const WAIT_FOR_REGISTRATION: &str =
        "Nothing to do now: the values to copy are there in a moment.";
    pub(crate) const WAIT_FOR_REMOVAL: &str = "Nothing to do: the domain goes by itself.";
    pub(crate) const PUBLISH_RECORDS: &str = "Publish the DNS records of the domain, or send them \
         to the person who looks after your DNS.";
    pub(crate) const PUBLISH_RECORDS_UNSEEN: &str = "Publish the records of the domain, or send them to \
         the person who does that for you. Those that are published already stay as they are.";
    pub(crate) const PUBLISH_RECORDS_AGAIN: &str = "Publish the DNS records again: they were found \
         before, and the last look did not find all of them.";
    pub(crate) const TELL_LASSO_IN_TIME: &str = "The DNS records are found. Tell Lasso that you are \
         ready for the final step.";
    pub(crate) const WAIT_FOR_SES: &str =
        "Nothing to do now: the DNS records are found, and Amazon SES looks for them by itself.";
    pub(crate) const WAIT_FOR_OWNERS_KEY: &str =
        "Nothing to do now: Amazon SES verifies the domain by itself.";
    pub(crate) const WAIT_FOR_FINAL_STEP: &str =
        "Nothing to do now: Lasso support completes the final step.";
    pub(crate) const PUBLISH_CNAMES_BEFORE_FINAL_STEP: &str = "Publish the CNAME records, so that mail \
         is signed for your domain. Lasso support completes the final step meanwhile.";
    pub(crate) const WAIT_FOR_CHALLENGE: &str = "Nothing to do now: another client has proven this domain, \
         or one above or below it, and Lasso support decides.";
    pub(crate) const SEE_WHETHER_RECORDS_ARE_PUBLISHED: &str = "Make sure that the DNS records of the \
         domain are published. The last look had no answer for them, and asks again by itself.";
    pub(crate) const WAIT_FOR_SES_AGAIN: &str = "Nothing to do now: Amazon SES no longer reports this \
         domain as verified, which is looked at again by itself before anything changes.";
    pub(crate) const NOTHING: &str = "Nothing to do: you can send from this domain.";
    pub(crate) const PUBLISH_RECOMMENDED_RECORDS: &str = "Publish the CNAME records. Until then \
         recipients can see \"via amazonses.com\" beside your name.";
    pub(crate) const WAIT_FOR_SIGNING: &str = "Nothing to do now: you can send from this domain. Amazon \
         SES has not seen its DKIM key yet, and looks for it by itself.";
    pub(crate) const REPAIR_RECORDS: &str =
        "Publish again what is missing: each DNS record says what is wrong, and how to repair it.";
    pub(crate) const WAIT_FOR_RECOVERY: &str = "Nothing to do now: the DNS records are found again, \
         and Amazon SES looks for them by itself.";
    pub(crate) const SEE_WHETHER_RECORDS_ARE_THERE: &str = "Make sure that the DNS records of the domain \
         are still published. The last look had no answer for them.";
    pub(crate) const SEE_WHETHER_RECORDS_ARE_STILL_THERE: &str = "Make sure that the records of the \
         domain are still published. They have not been looked up yet.";
    pub(crate) const ASK_LASSO_ABOUT_THE_KEY: &str = "Ask Lasso support: Amazon SES signs this \
         domain's mail with a key of its owner, so what has to be repaired is not shown here.";
    pub(crate) const RESTART: &str = "Publish the DNS records of the domain, and restart the \
         verification. Amazon SES then looks for them for another 72 hours.";
    pub(crate) const RESTART_WITH_RECORDS: &str = "The DNS records are found now. Lasso restarts the \
         verification by itself at one of its next looks; you can restart it at once.";
    pub(crate) const RESTART_WITH_UNKNOWN_RECORDS: &str = "Make sure that the DNS records of the domain \
         are published, which the last look had no answer for, and restart the verification. Amazon SES \
         then looks for them for another 72 hours.";
    pub(crate) const RESTART_WITH_UNSEEN_RECORDS: &str = "Make sure that the records of the domain are \
         published, and restart the verification. Amazon SES then looks for them for another 72 hours.";
    pub(crate) const RESTART_WITH_OWNERS_KEY: &str =
        "Restart the verification. Amazon SES then looks again for 72 hours.";
    pub(crate) const REGISTER_AGAIN: &str =
        "Restart the verification. The domain is then registered with Amazon SES again.";
    pub(crate) const CHECK_THE_NAME: &str = "Check the spelling of the name. If it is wrong, remove the \
         domain and add the right one. If it is right, ask Lasso support: restarting does not help as \
         long as Amazon SES does not accept the name.";
    pub(crate) const WAIT_FOR_ANSWER: &str = "You have asked Lasso support about the name. If it is spelled \
         wrong, remove the domain and add the right one.";
    pub(crate) const SETTLE_AND_TELL_LASSO: &str =
        "Settle what Lasso support wrote, and then tell Lasso that you are ready again.";

    use super::{ClientId, HiddenBy};

    /// What comes before all records.
    pub(crate) fn repair_domain(by: HiddenBy) -> &'static str {
        match by {
            HiddenBy::NoSuchDomain => {
                "Check how the domain is spelled: it does not exist. If the name is right, register or renew \
                 it. If it is wrong, remove the domain here and add the right one."
            }
            HiddenBy::Suspended => {
                "Sign in where the domain is registered, and do what is asked for there: the domain has \
                 expired or is suspended."
            }
            HiddenBy::NotLive => {
                "Correct the name servers of the domain where it is registered: those that are set there do \
                 not serve it."
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
            "Publish the ownership record. When Lasso finds it, the domain goes to {client}; publish it \
             only if you work for that organization."
        )
    }
}

/// Next steps of Lasso support.
pub(crate) mod support {
    pub(crate) const WAIT_FOR_PROOF: &str = "Nothing to do: the client publishes the ownership \
         record, which is looked for by itself.";
    pub(crate) const WAIT_FOR_CONFIRMATION: &str = "Nothing to do: the ownership record was found, and is \
         looked for by itself until all name servers of the domain show it.";
    pub(crate) const WAIT_FOR_PROOF_OR_ADOPT: &str = "Nothing to do, unless you know that the name is the \
         client's: adopt then gives it the identity that Amazon SES has. Else the client publishes the \
         ownership record, which is looked for by itself.";
    pub(crate) const DECIDE_CLAIM: &str = "Decide about the claim: grant it to this client, which has \
         proven the name, or end it.";
    pub(crate) const WAIT_FOR_TRANSFER: &str =
        "Nothing to do: the name is being transferred to this client, which takes a few minutes.";
    pub(crate) const WAIT_FOR_REGISTRATION: &str =
        "Nothing to do: the domain is being registered with Amazon SES by itself.";
    pub(crate) const WAIT_FOR_REMOVAL: &str = "Nothing to do: the domain is removed by itself.";
    pub(crate) const WAIT_FOR_RECORDS: &str =
        "Nothing to do, unless the client asks for help: the client publishes the DNS records.";
    pub(crate) const WAIT_FOR_DNS: &str = "Nothing to do: DNS had no answer for the records at the last look, and is asked again by itself.";
    pub(crate) const WAIT_FOR_SES_AGAIN: &str = "Nothing to do now: Amazon SES no longer reports this \
         domain as verified, which is looked at again by itself before anything changes.";
    pub(crate) const WAIT_FOR_UNSEEN_RECORDS: &str =
        "Nothing to do, unless the client asks for help: the client publishes the records.";
    pub(crate) const HELP_WITH_RECORDS: &str = "Help the client, which says that it is ready: not all \
         of the DNS records that Amazon SES needs are found.";
    pub(crate) const WAIT_FOR_SES: &str =
        "Nothing to do: Amazon SES looks for the DNS records by itself.";
    pub(crate) const WAIT_FOR_OWNERS_KEY: &str =
        "Nothing to do: Amazon SES verifies the domain by itself.";
    pub(crate) const DECIDE_FINAL_STEP: &str =
        "Complete the final step, or reject it with a reason.";
    pub(crate) const DECIDE_FINAL_STEP_UNSIGNED: &str = "Complete the final step, or reject it with a \
         reason. The CNAME records are not all there: until they are, mail is not signed for the domain, and \
         a strict DMARC policy has it refused.";
    pub(crate) const NOTHING: &str = "Nothing to do: Lasso sends for this domain.";
    pub(crate) const HELP_TO_REPAIR: &str = "Help the client to repair the DNS records.";
    pub(crate) const HELP_TO_REPAIR_UNSEEN: &str =
        "Help the client to make sure that the records of the domain are still published.";
    pub(crate) const HELP_WITH_THE_KEY: &str = "Help the client: Amazon SES signs this domain's mail \
         with a key of its owner, so what has to be repaired is not shown here.";
    pub(crate) const WAIT_FOR_RECOVERY: &str =
        "Nothing to do now: the domain recovers by itself once Amazon SES and DNS agree.";
    pub(crate) const RESTART: &str = "Help the client to publish the DNS records, and restart the \
         verification on its behalf if it does not do so itself. Amazon SES then looks for them for \
         another 72 hours.";
    pub(crate) const RESTART_WITH_RECORDS: &str = "The DNS records are found now. The verification is \
         restarted by itself at one of the next looks; you can restart it at once on the client's \
         behalf.";
    pub(crate) const RESTART_WITH_UNSEEN_RECORDS: &str = "Help the client to make sure that the records \
         are published, and restart the verification on its behalf if it does not do so itself.";
    pub(crate) const RESTART_WITH_OWNERS_KEY: &str = "Restart the verification on the client's behalf if \
         it does not do so itself. Amazon SES then looks again for 72 hours.";
    pub(crate) const REGISTER_AGAIN: &str = "Restart the verification on the client's behalf if it does \
         not do so itself. The domain is then registered with Amazon SES again.";
    pub(crate) const CHECK_THE_NAME: &str = "Ask the client whether the name is spelled right: Amazon SES \
         does not accept it. Restart the verification on the client's behalf once the reason is gone: \
         the domain is then registered with Amazon SES again.";
    pub(crate) const REOPEN_AFTER_REJECTION: &str = "Nothing to do, unless the client asks for help: it \
         settles what was written, and says that it is ready again. You can say so on its behalf.";

    use super::{ClientId, HiddenBy, hidden};

    /// What comes before all records.
    pub(crate) fn help_with_domain(by: HiddenBy) -> String {
        let why = hidden(by);
        format!(
            "Nothing to do, unless the client asks for help: {why}, which the client has to mend first."
        )
    }

    pub(crate) fn help_with_domain_and_restart(by: HiddenBy) -> String {
        let why = hidden(by);
        format!(
            "Help the client: {why}. When that is mended, restart the verification on its behalf if it does \
             not do so itself."
        )
    }

    pub(crate) fn decide_challenge(challenger: &ClientId, name: &str) -> String {
        format!(
            "Decide about the claim of {challenger}, which has proven {name}: grant it, or end it."
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

const CHALLENGED: &str = "Another client has proven this domain, or one above or below it; Lasso \
     support decides. Nothing has changed so far.";

fn of_state(domain: &Domain) -> String {
    match &domain.state {
        State::Contested(contested) => of_claim(contested),
        State::Provisioning(_) => {
            "The domain is being registered with Amazon SES, which goes on by itself.".to_owned()
        }
        State::Pending(pending) => of_pending(Records::of(domain), pending.deadline),
        State::Verified(_) if !domain.challengers.is_empty() => {
            "Amazon SES has verified the domain.".to_owned()
        }
        State::Verified(_) => {
            "Amazon SES has verified the domain. Lasso support completes the final step.".to_owned()
        }
        State::Authenticated(_) => match Trouble::of(domain) {
            None => "Lasso sends for this domain.".to_owned(),
            Some(trouble) => format!("Lasso sends for this domain. {}", seen(trouble)),
        },
        State::AtRisk(at_risk) => format!("{} Lasso still sends.", at_risk.reason),
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

/// What the last look has seen of a domain that Lasso sends for.
pub(crate) fn seen(trouble: Trouble) -> String {
    match trouble {
        Trouble::RecordsGone => {
            "The last look did not find DNS records that were there before.".to_owned()
        }
        Trouble::Hidden(by) => format!("Its records cannot be seen: {}.", hidden(by)),
        Trouble::NotInUse => {
            "Amazon SES no longer reports it as verified, which is looked at again by itself."
                .to_owned()
        }
    }
}

const FOUND_AFTER_FAILURE: &str = "Its DNS records are found now, so the verification is restarted by itself at one of the next looks.";

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
            "To have it again, prove that this domain is yours. The ownership record is looked for by \
             itself until {expires}; then the domain is removed from your list."
        ),
        ClaimStage::Unproven => format!(
            "Lasso needs proof that this domain is yours. The ownership record is looked for by itself \
             until {expires}; then the claim expires."
        ),
    }
}

fn unconfirmed(Unconfirmed { seen, of }: Unconfirmed) -> String {
    format!(
        "Your ownership record was found, and has to be confirmed before the domain is yours: over \
         TCP it was seen at {seen} of {of} name servers of the domain. All of them must answer with \
         it. Leave the record in place; it is looked for again by itself."
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
            "Amazon SES looks for the records by itself. That it has not found them yet is no error."
        }
        Records::Unknown => {
            "Amazon SES looks for the DNS records by itself. That it has not found them yet is no error."
        }
        Records::Missing => {
            "Waiting for the DNS records. This is not an error: publish them, and Amazon SES will find \
             them."
        }
        Records::Gone => {
            "Waiting for the DNS records: they were found before, and are not all there any more."
        }
        Records::Found => {
            "The DNS records are found. Amazon SES looks for them by itself, which can take some hours."
        }
        Records::NotNeeded => {
            "Amazon SES has this domain already, with a DKIM key of its owner. No record has to be \
             published for its verification, which is looked up by itself."
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
