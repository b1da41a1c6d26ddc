//! Sentences about what is wrong.

use domain_auth::state::Status;

use super::FieldError;

/// What the client has to do first.
pub(super) fn not_ready(status: Status, proven: bool, is_noted: bool) -> String {
    let first = match status {
        Status::Failed => {
            "Restart it first (POST …/restart), so that Amazon SES looks for the records again."
        }
        Status::Contested if proven => {
            "Your proof was found, and Lasso support decides about this domain now."
        }
        Status::Contested => {
            "Publish its ownership record first: it proves that the domain is yours."
        }
        Status::Provisioning
        | Status::Pending
        | Status::Verified
        | Status::Authenticated
        | Status::AtRisk
        | Status::Rejected
        | Status::Removing => "Look at where it stands.",
    };
    let noted = if is_noted {
        " Your note is in the history of the domain; Lasso support was not told."
    } else {
        ""
    };
    format!("The domain is {status}. {first}{noted}")
}

/// What is wrong with each of these.
pub(super) fn sentence(errors: &[FieldError]) -> String {
    let parts: Vec<String> = errors
        .iter()
        .map(|error| {
            let name = error
                .parameter
                .as_deref()
                .or(error.pointer.as_deref())
                .map(|name| name.trim_start_matches('/'))
                .filter(|name| !name.is_empty())
                .unwrap_or("The body");
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
