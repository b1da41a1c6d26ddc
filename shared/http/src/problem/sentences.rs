//! Sentences about problems.

use domain_auth::domain::Situation;
use domain_auth::links::MOST_LINKS;
use domain_auth::state::Status;

use super::FieldError;

/// What a client whose ownership record is found at some name servers waits for.
const UNCONFIRMED: &str = "Its ownership record was found, but not yet at all name servers of the domain. Lasso \
                           looks for it again.";

/// What to do about a link whose address cannot be told again.
pub(super) const LINK_MADE_BEFORE: &str = "This request has made a link before, and its address is shown only once. If \
     the address was lost, withdraw that link and make another.";

/// The sentence that a client has added as many domains as it may per day.
pub(super) fn too_many_additions(limit: u32) -> String {
    if limit == 0 {
        return "Your account cannot add domains at the moment (max_domains_added_per_day is 0). Ask Lasso support for a \
                higher limit."
            .to_owned();
    }
    format!(
        "You can add no more than {limit} domains a day (UTC) (max_domains_added_per_day). Continue tomorrow, or ask \
         Lasso support for a higher limit."
    )
}

/// The sentence that a domain has as many links as it may.
pub(super) fn too_many_links() -> String {
    format!(
        "A domain can have no more than {MOST_LINKS} links at the same time. Withdraw a link that is no longer needed."
    )
}

/// The sentence that a domain cannot be ready, what comes first, and what happened to the note.
pub(super) fn not_ready(status: Status, first: &str, is_noted: bool) -> String {
    let noted = if is_noted {
        " Your note is in the history of the domain; Lasso support was not told."
    } else {
        ""
    };
    format!("The domain is {status}. {first}{noted}")
}

/// What the client has to do before it can be ready.
pub(super) fn before_ready(situation: Situation) -> &'static str {
    match situation.status {
        Status::Failed => {
            "Restart it first (POST …/restart), so that Amazon SES looks for the records again."
        }
        Status::Contested if situation.proven => {
            "Your proof was found, and Lasso support decides about this domain now."
        }
        Status::Contested if situation.published => UNCONFIRMED,
        Status::Contested => {
            "Publish its ownership record first (GET …/records): it proves that the domain is yours."
        }
        Status::Provisioning
        | Status::Pending
        | Status::Verified
        | Status::Authenticated
        | Status::AtRisk
        | Status::Rejected
        | Status::Removing => "Look at its status.",
    }
}

/// The call of Lasso support that fits a domain, below its path.
pub(super) fn call_of_support(situation: Situation) -> &'static str {
    match situation.status {
        Status::Contested if situation.proven => {
            "Its claim is proven: release decides about it (POST …/release, with the decision \"grant\" or \
             \"end\")."
        }
        Status::Contested if situation.lost => {
            "Its client has lost the name: recheck looks for a proof (POST …/recheck), DELETE removes the \
             domain, and, if no other client holds the name, adopt gives the client the identity that \
             Amazon SES has (POST …/adopt)."
        }
        Status::Contested => {
            "Its claim waits for the ownership record: recheck looks for it (POST …/recheck), release ends \
             the claim (POST …/release), and, if no other client holds the name, adopt gives the client \
             the identity that Amazon SES has (POST …/adopt)."
        }
        Status::Provisioning => "Amazon SES is still registering it. Nothing has to be done.",
        Status::Pending if situation.published => {
            "Its DNS records are published, and Amazon SES looks for them: recheck asks it again \
             (POST …/recheck)."
        }
        Status::Pending => {
            "It waits for its DNS records: instructions sends them (POST …/instructions), and recheck \
             looks for them (POST …/recheck)."
        }
        Status::Verified if situation.not_in_use => {
            "Amazon SES does not report it as verified any more, so the final step is not possible now: recheck asks \
             Amazon SES again (POST …/recheck), and reject refuses the final step (POST …/reject)."
        }
        Status::Verified => {
            "complete takes the final step (POST …/complete), and reject refuses it (POST …/reject)."
        }
        Status::Authenticated => {
            "The final step is taken. release ends the claim (POST …/release), and DELETE removes the \
             domain."
        }
        Status::AtRisk => {
            "The final step is taken, but records are missing: recheck looks for them (POST …/recheck)."
        }
        Status::Failed => {
            "restart gives it another 72 hours at Amazon SES, or registers it there again \
             (POST …/restart)."
        }
        Status::Rejected => "notify opens the final step again (POST …/notify).",
        Status::Removing => "It is being removed.",
    }
}

/// The calls of Lasso support for a contested domain whose name Amazon SES has no identity for.
pub(super) fn without_adoption(situation: Situation) -> &'static str {
    if situation.lost {
        "recheck looks for its ownership record (POST …/recheck), and DELETE removes the domain."
    } else {
        "recheck looks for its ownership record (POST …/recheck), and release ends the claim \
         (POST …/release)."
    }
}

/// What to do with a domain that has not failed.
pub(super) fn instead_of_restart(situation: Situation) -> &'static str {
    match situation.status {
        Status::Contested if situation.proven => {
            "Your proof was found, and Lasso support decides about this domain now."
        }
        Status::Contested if situation.published => UNCONFIRMED,
        Status::Contested => "Its ownership record has to be published (GET …/records).",
        Status::Provisioning => "Amazon SES is registering it. Nothing has to be done.",
        Status::Pending if situation.published => {
            "Its records are published, and Amazon SES is looking for them. Nothing has to be restarted."
        }
        Status::Pending => {
            "Amazon SES is looking for its records, which have to be published (GET …/records)."
        }
        Status::Verified if situation.not_in_use => {
            "Amazon SES does not report it as verified any more: check asks Amazon SES again (POST …/check)."
        }
        Status::Verified => "Lasso support takes the final step (POST …/notify tells it).",
        Status::Rejected => "notify opens the final step again (POST …/notify).",
        Status::Authenticated => "Lasso sends mail from it, and nothing has to be restarted.",
        Status::AtRisk => {
            "Lasso still sends mail from it. Missing records have to be published again (GET …/records)."
        }
        Status::Failed | Status::Removing => "Look at its status.",
    }
}

/// What is wrong with each field or parameter.
pub(super) fn sentence(errors: &[FieldError]) -> String {
    let parts: Vec<String> = errors
        .iter()
        .map(|error| {
            let name = error
                .parameter
                .as_deref()
                .or(error.pointer.as_deref())
                .map(|name| name.trim_start_matches('/'))
                .filter(|name| !name.is_empty());
            let name = name.map_or_else(|| "The body".to_owned(), |name| format!("“{name}”"));
            format!("{name} {}", error.detail)
        })
        .collect();
    format!("{}.", parts.join("; "))
}

/// A text as a sentence.
pub(super) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters
        .next()
        .map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_zero_does_not_end_tomorrow() {
        assert!(too_many_additions(5).contains("Continue tomorrow"));
        assert!(!too_many_additions(0).contains("tomorrow"));
    }

    #[test]
    fn the_refusal_in_each_state_names_the_call_that_is_possible() {
        let contested = Situation::plain(Status::Contested);
        let proven = Situation {
            proven: true,
            ..contested
        };
        let lost = Situation {
            lost: true,
            ..contested
        };
        let published = Situation {
            published: true,
            ..Situation::plain(Status::Pending)
        };
        let not_in_use = Situation {
            not_in_use: true,
            ..Situation::plain(Status::Verified)
        };
        assert!(!call_of_support(not_in_use).contains("/complete"));
        assert!(!instead_of_restart(not_in_use).contains("/notify"));
        for (situation, call) in [
            (published, "are published"),
            (proven, "/release"),
            (contested, "/recheck"),
            (lost, "DELETE"),
            (Situation::plain(Status::Pending), "/instructions"),
            (Situation::plain(Status::Verified), "/complete"),
            (not_in_use, "/recheck"),
            (Situation::plain(Status::Authenticated), "/release"),
            (Situation::plain(Status::AtRisk), "/recheck"),
            (Situation::plain(Status::Failed), "/restart"),
            (Situation::plain(Status::Rejected), "/notify"),
        ] {
            let sentence = call_of_support(situation);
            assert!(sentence.contains(call), "{situation:?}: {sentence}");
        }
        assert!(!call_of_support(lost).contains("/release"));
        assert!(!without_adoption(lost).contains("/release"));
        for status in [Status::Provisioning, Status::Removing] {
            let sentence = call_of_support(Situation::plain(status));
            assert!(!sentence.contains('/'), "{status}");
        }
    }
}
