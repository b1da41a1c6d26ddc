//! The `detail` of each error for the caller.

use domain_auth::claims::NAMES_PER_CLIENT;
use domain_auth::instructions::{PER_CLIENT, PER_DOMAIN, PER_RECIPIENT, PER_RECIPIENT_OF_ALL};
use domain_auth::names::MAX_COMMUNITIES;
use domain_auth::ports::SesError;

use super::parts::{
    invalid, invalid_domain, is_for_good, needs_support, not_a_merge_patch, too_large,
};
use super::sentences::{
    LINK_MADE_BEFORE, before_ready, call_of_support, capitalized, instead_of_restart, not_ready,
    too_many_additions, too_many_links, without_adoption,
};
use super::{ANOTHER_CONFIRMED, ApiError, FieldError, MAX_BODY, MAX_SENDERS_BODY, Problem};

impl ApiError {
    /// The error as the caller sees it: never its cause.
    #[expect(
        clippy::too_many_lines,
        reason = "one exhaustive match, a row or two per error"
    )]
    pub fn into_problem(self) -> Problem {
        match self {
            Self::Forbidden => Problem::new(
                403,
                "forbidden",
                "Not allowed",
                "Your account is not allowed to do this. Ask Lasso support, or a colleague who manages Lasso.",
            ),
            Self::NotFound => {
                Problem::new(404, "not_found", "Not found", "There is no such domain.")
            }
            Self::NoSuchClient => {
                Problem::new(404, "not_found", "Not found", "There is no such client.")
            }
            Self::NoRoute => Problem::new(
                404,
                "no_route",
                "Not found",
                "There is nothing at this path.",
            ),
            Self::MalformedJson(at) => Problem::new(
                400,
                "malformed_json",
                "The body is not JSON",
                format!("The body could not be read as JSON: {at}."),
            ),
            Self::TooLarge => too_large(MAX_BODY),
            Self::NotAMergePatch => not_a_merge_patch(),
            Self::TooManySenders => too_large(MAX_SENDERS_BODY),
            Self::Invalid(errors) => invalid(errors),
            Self::InvalidDomain(error) => invalid_domain(&error),
            Self::NotEligible(reason) => Problem::new(
                422,
                "domain_not_eligible",
                "This domain cannot be added",
                capitalized(&reason.to_string()),
            )
            .with(vec![FieldError::field("/domain", reason)]),
            Self::TooManyNames(organizational) => Problem::new(
                409,
                "too_many_names",
                "Too many names under one domain",
                format!(
                    "Your account already has {NAMES_PER_CLIENT} names under {organizational}, including \
                     names that are still being removed. Remove a name that is not used, and then add this \
                     one. Nothing was changed."
                ),
            ),
            Self::TooManyCommunities => Problem::new(
                409,
                "too_many_communities",
                "Too many communities",
                format!(
                    "The domain already has {MAX_COMMUNITIES} communities, which is the maximum. Remove \
                     one first (PATCH). Nothing was changed."
                ),
            ),
            Self::RecordsNotReady => Problem::new(
                409,
                "records_not_ready",
                "No records yet",
                "Amazon SES has not returned the values of the records yet. They will be available in a \
                     minute or two.",
            )
            .after(60),
            Self::NotAcceptable => Problem::new(
                406,
                "not_acceptable",
                "No such format",
                "None of the formats in the Accept header is available.",
            ),
            Self::CheckedTooSoon(seconds) => Problem::new(
                429,
                "checked_too_soon",
                "Checked a moment ago",
                format!("This domain can be checked again in {seconds} seconds."),
            )
            .after(seconds),
            Self::TooManyChecks(seconds) => Problem::new(
                429,
                "too_many_checks",
                "Too many checks",
                format!(
                    "Too many domains were checked in the last minute. The next one can be \
                         checked in {seconds} seconds."
                ),
            )
            .after(seconds),
            Self::NotVerified { situation, missing } => Problem::new(
                409,
                "not_verified",
                "There is nothing to decide",
                format!(
                    "The domain is {}; the final step is open only while it is verified. {}",
                    situation.status,
                    call_of_support(situation)
                ),
            )
            .with(missing.into_iter().map(FieldError::about).collect()),
            Self::NotFailed {
                situation,
                by_support,
            } => Problem::new(
                409,
                "not_failed",
                "There is nothing to restart",
                format!(
                    "The domain is {}; only a failed domain can be restarted. {}",
                    situation.status,
                    if by_support {
                        call_of_support(situation)
                    } else {
                        instead_of_restart(situation)
                    }
                ),
            ),
            Self::Unconfirmed(name) => Problem::new(
                409,
                "confirmation_required",
                "Lasso sends mail from this domain",
                format!(
                    "Removing {name} stops all mail that Lasso sends from it. To do that, repeat \
                     the request with ?confirm={name}."
                ),
            ),
            Self::ReleaseUnconfirmed { name, holder } => Problem::new(
                409,
                "confirmation_required",
                "Lasso sends mail from this domain",
                format!(
                    "This stops all mail that Lasso sends from {name} for {holder}. To do that, \
                     repeat the request with \"confirm\": \"{name}\"."
                ),
            ),
            Self::NotReady {
                situation,
                is_noted,
                by_support,
            } => {
                let first = if by_support {
                    call_of_support(situation)
                } else {
                    before_ready(situation)
                };
                Problem::new(
                    409,
                    "not_ready",
                    "Not ready for the final step",
                    not_ready(situation.status, first, is_noted),
                )
            }
            Self::OtherConfirmed => {
                Self::invalid(FieldError::parameter("confirm", ANOTHER_CONFIRMED)).into_problem()
            }
            Self::NothingToGrant(situation) => Problem::new(
                409,
                "nothing_to_grant",
                "There is nothing to grant",
                format!(
                    "The domain is {}; only a contested claim that is proven can be granted. {}",
                    situation.status,
                    call_of_support(situation)
                ),
            ),
            Self::AlreadyLost => Problem::new(
                409,
                "already_lost",
                "The client has already lost the name",
                "The client has already lost this name, so there is no claim to end, and the client \
                 would not see this reason. Nothing was changed. DELETE removes the domain from the client's list.",
            ),
            Self::TooManyInstructions { of_domain, seconds } => {
                let (limit, whose) = if of_domain {
                    (PER_DOMAIN, "this domain")
                } else {
                    (PER_CLIENT, "all your domains together")
                };
                Problem::new(
                    429,
                    "too_many_instructions",
                    "Enough emails for today",
                    format!(
                        "No more than {limit} emails with instructions are sent for {whose} per day \
                         (UTC)."
                    ),
                )
                .after(seconds)
            }
            Self::TooManyToRecipient(seconds) => Problem::new(
                429,
                "too_many_to_recipient",
                "Enough emails to this address for today",
                // The same for both limits: the caller must not learn what other clients send.
                format!(
                    "To one address no more than {PER_RECIPIENT} emails with instructions are sent for a \
                         client per day (UTC), and no more than {PER_RECIPIENT_OF_ALL} for all clients \
                         together."
                ),
            )
            .after(seconds),
            Self::TooManyDomains(limit) => Problem::new(
                409,
                "too_many_domains",
                "Too many domains",
                format!(
                    "You can have no more than {limit} domains (max_domains). Remove one that is \
                     not needed, or ask Lasso support for a higher limit."
                ),
            ),
            Self::TooManyAdditions { limit, seconds } => Problem::new(
                429,
                "too_many_additions",
                "Enough domains added for today",
                too_many_additions(limit),
            )
            .after(seconds),
            Self::TooManyLinks => Problem::new(
                409,
                "too_many_links",
                "Too many links",
                too_many_links(),
            ),
            Self::LinkMadeBefore => Problem::new(
                409,
                "link_made_before",
                "The link was already made",
                LINK_MADE_BEFORE,
            ),
            Self::NoSuchLink => Problem::new(
                404,
                "no_such_link",
                "Not found",
                "The domain has no such link. The link may have expired or been withdrawn.",
            ),
            Self::InvalidKey(error) => Problem::new(
                400,
                "invalid_idempotency_key",
                "Invalid Idempotency-Key",
                format!("The header Idempotency-Key {error}."),
            ),
            Self::KeyReused => Problem::new(
                422,
                "idempotency_key_reused",
                "The Idempotency-Key was already used",
                "Another request was made with this Idempotency-Key in the last 24 hours. Use a new key \
                 for every new request, and the same key only to repeat a request.",
            ),
            Self::KeyInProgress => Problem::new(
                409,
                "idempotency_in_progress",
                "Request in progress",
                "An earlier request with this Idempotency-Key is still being processed.",
            )
            .after(2),
            Self::BeingRemoved => Problem::new(
                409,
                "being_removed",
                "The domain is being removed",
                "The domain is already being removed. Its history is kept.",
            ),
            Self::BeingErased => Problem::new(
                409,
                "client_being_erased",
                "The account is being erased",
                "Lasso support is erasing this account with all its domains, so nothing can be added or \
                 set. That takes some minutes. Nothing was changed.",
            ),
            Self::ErasureUnconfirmed(client) => Problem::new(
                409,
                "confirmation_required",
                "This erases the client",
                format!(
                    "All domains of {client} are removed, all mail that Lasso sends from them stops, and \
                     personal data is erased permanently. To do that, repeat the request with ?confirm={}.",
                    client.to_path_segment()
                ),
            ),
            Self::Ses(SesError::Refused { .. }) => Problem::new(
                502,
                "ses_refused",
                "Amazon SES refused",
                "Amazon SES refused a call that this request needs, and would refuse it again. Nothing was \
                 changed. Tell Lasso support.",
            ),
            Self::EmailRefused => Problem::new(
                422,
                "email_refused",
                "The email was refused",
                "Amazon SES does not send this email. Check the address, or send the records in \
                 another way.",
            ),
            Self::RecipientSuppressed => Problem::new(
                422,
                "recipient_suppressed",
                "The address does not take email",
                "Amazon SES delivers nothing to this address: earlier email to it bounced, or was reported \
                 as spam. Nothing was sent. Check the address, send the records to another one, or copy \
                 them. If the address is right, ask Lasso support to take it off the suppression list.",
            ),
            Self::IdentityNotOurs => Problem::new(
                409,
                "identity_not_ours",
                "Amazon SES has another identity",
                "The identity that Amazon SES has for this domain is not tagged with this client. \
                 Nothing about it was changed. recheck looks at the identity again (POST …/recheck), \
                 and reject refuses the final step (POST …/reject).",
            ),
            Self::NotContested(situation) => Problem::new(
                409,
                "not_contested",
                "There is nothing to adopt",
                format!(
                    "The domain is {}; only a contested domain can be given an identity that \
                     Amazon SES has already. {}",
                    situation.status,
                    call_of_support(situation)
                ),
            ),
            Self::HeldByAnother => Problem::new(
                409,
                "held_by_another",
                "Another client holds the name",
                "Another client holds this name, or one above or below it. Decide about that claim \
                 first (POST …/release).",
            ),
            Self::NoIdentity(situation) => Problem::new(
                409,
                "no_identity",
                "There is nothing to adopt",
                format!(
                    "Amazon SES has no identity for this domain. The domain is contested for another \
                     reason: {}",
                    without_adoption(situation)
                ),
            ),
            Self::NoRoom(organizational) => Problem::new(
                409,
                "no_room",
                "No room for more names",
                format!(
                    "Names that are proven or verified already reach the limit under {organizational}. \
                     Release names that are not used, and then grant this claim."
                ),
            ),
            Self::Ses(_) => Problem::new(
                503,
                "ses_unavailable",
                "Try again",
                "Amazon SES did not accept the request just now, or other requests went first. Nothing was \
                 changed.",
            )
            .after(5),
            Self::Busy => Problem::new(
                503,
                "busy",
                "Try again",
                "Too many requests for the same domain came at the same time. Nothing was changed.",
            )
            .after(1),
            // A program that repeats it by itself would send it twice: no Retry-After.
            Self::PerhapsSent(_) => Problem::new(
                503,
                "perhaps_sent",
                "The email may have been sent",
                "Amazon SES did not answer, so the email may or may not have been sent. It counts for \
                 today's limits. Ask the recipient first: repeating the request sends another email, even \
                 with the same Idempotency-Key.",
            ),
            Self::Unrendered(_) => needs_support(),
            Self::Store(error) if is_for_good(error.failure) => needs_support(),
            Self::Store(_) => Problem::new(
                503,
                "service_unavailable",
                "Try again",
                "Something did not work on our side. The request can be repeated safely.",
            )
            .after(5),
        }
    }
}
