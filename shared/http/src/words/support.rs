//! Next steps of Lasso support.

use domain_auth::names::ClientId;

use super::{hidden, seen};
use crate::stage::{HiddenBy, Trouble};

pub(crate) const WAIT_FOR_PROOF: &str = "Nothing to do: the client publishes the ownership record, and \
     Lasso looks for it automatically.";
pub(crate) const WAIT_FOR_CONFIRMATION: &str = "Nothing to do: the ownership record was found. Lasso \
     looks for it automatically until all name servers of the domain show it.";
pub(crate) const WAIT_FOR_PROOF_OR_ADOPT: &str = "Nothing to do, unless you know that the name belongs \
     to the client: then adopt gives it the identity that Amazon SES already has. Otherwise the client \
     publishes the ownership record, and Lasso looks for it automatically.";
pub(crate) const DECIDE_CLAIM: &str = "Decide about the claim of this client, which has proven that \
     the name is its own: grant it, or end it.";
pub(crate) const WAIT_FOR_TRANSFER: &str =
    "Nothing to do: the name is being transferred to this client, which takes a few minutes.";
pub(crate) const WAIT_FOR_REGISTRATION: &str =
    "Nothing to do: Lasso is registering the domain with Amazon SES.";
pub(crate) const WAIT_FOR_REMOVAL: &str = "Nothing to do: Lasso is removing the domain.";
pub(crate) const WAIT_FOR_RECORDS: &str =
    "Nothing to do, unless the client asks for help: the client publishes the DNS records.";
pub(crate) const WAIT_FOR_GONE_RECORDS: &str = "Nothing to do, unless the client asks for help: the \
    client publishes the DNS records again, which were found before.";
pub(crate) const WAIT_FOR_DNS: &str = "Nothing to do: DNS gave no answer for the records at the last \
    check; Lasso asks again automatically.";
pub(crate) const WAIT_FOR_SES_AGAIN: &str = "Nothing to do now: Amazon SES no longer reports this \
     domain as verified. Lasso checks again before it changes anything.";
pub(crate) const WAIT_FOR_UNSEEN_RECORDS: &str =
    "Nothing to do, unless the client asks for help: the client publishes the records.";
pub(crate) const HELP_WITH_RECORDS: &str = "Help the client: it says that it is ready, but not all of \
     the DNS records that Amazon SES needs are published.";
pub(crate) const WAIT_FOR_SES: &str =
    "Nothing to do: Amazon SES looks for the DNS records automatically.";
pub(crate) const WAIT_FOR_OWNERS_KEY: &str =
    "Nothing to do: Amazon SES verifies the domain automatically.";
pub(crate) const DECIDE_FINAL_STEP: &str = "Complete the final step, or reject it with a reason.";
pub(crate) const DECIDE_FINAL_STEP_UNSIGNED: &str = "Complete the final step, or reject it with a \
    reason. Not all CNAME records are published. Until they are, mail is not signed for the domain, \
    and a strict DMARC policy can make mail servers refuse it. If the final step is automatic, Lasso \
    takes it once they are published.";
pub(crate) const NOTHING: &str = "Nothing to do: Lasso sends mail from this domain.";
pub(crate) const HELP_TO_REPAIR: &str = "Help the client to repair the DNS records.";
pub(crate) const HELP_TO_REPAIR_UNSEEN: &str =
    "Help the client to make sure that the records of the domain are still published.";
pub(crate) const HELP_WITH_THE_KEY: &str = "Help the client: Amazon SES signs this domain's mail with \
     a DKIM key of the domain's owner, so Lasso cannot show what has to be repaired.";
pub(crate) const WAIT_FOR_RECOVERY: &str =
    "Nothing to do now: the domain recovers automatically once Amazon SES and DNS agree.";
pub(crate) const RESTART: &str = "Help the client to publish the DNS records, and restart the \
     verification on its behalf if it does not do so itself. Amazon SES then looks for them for \
     another 72 hours.";
pub(crate) const RESTART_WITH_GONE_RECORDS: &str = "Help the client to publish the DNS records again, \
    which were found before, and restart the verification on its behalf if it does not do so itself. \
    Amazon SES then looks for them for another 72 hours.";
pub(crate) const RESTART_WITH_RECORDS: &str = "The DNS records are published now. Lasso restarts the \
     verification automatically at one of its next checks; you can also restart it now on the client's \
     behalf.";
pub(crate) const RESTART_WITH_UNSEEN_RECORDS: &str = "Help the client to make sure that the records \
     are published, and restart the verification on its behalf if it does not do so itself.";
pub(crate) const RESTART_WITH_OWNERS_KEY: &str = "Restart the verification on the client's behalf if \
     it does not do so itself. Amazon SES then looks again for 72 hours.";
pub(crate) const REGISTER_AGAIN: &str = "Restart the verification on the client's behalf if it does \
     not do so itself. The domain is then registered with Amazon SES again.";
pub(crate) const CHECK_THE_NAME: &str = "Ask the client whether the name is spelled correctly: Amazon \
     SES does not accept it. When the reason is removed, restart the verification on the client's \
     behalf: the domain is then registered with Amazon SES again.";
pub(crate) const REOPEN_AFTER_REJECTION: &str = "Nothing to do, unless the client asks for help: the \
     client solves the problem that was described, and says that it is ready again. You can say so on \
     its behalf.";

/// What comes before all records.
pub(crate) fn help_with_domain(by: HiddenBy) -> String {
    let why = hidden(by);
    format!(
        "Nothing to do, unless the client asks for help: {why}, and the client has to correct that \
         first."
    )
}

pub(crate) fn help_with_domain_and_restart(by: HiddenBy) -> String {
    let why = hidden(by);
    format!(
        "Help the client: {why}. When that is corrected, restart the verification on its behalf if it \
         does not do so itself."
    )
}

/// What is wrong goes before the final step, which can be taken nevertheless.
pub(crate) fn decide_final_step_later(trouble: Trouble) -> String {
    let until = match trouble {
        Trouble::RecordsGone => "Wait until they are there again",
        Trouble::Hidden(_) => "Wait until that is corrected",
        Trouble::NotInUse => "Wait for that check",
    };
    let seen = seen(trouble);
    format!("{seen} {until}, and then complete the final step, or reject it with a reason.")
}

pub(crate) fn decide_challenge(challenger: &ClientId, name: &str) -> String {
    format!(
        "Decide about the claim of {challenger}, which has proven that {name} is its own: grant it, or \
         end it."
    )
}
