//! How problems are made, and those that several errors have.

use domain_auth::names::{DomainNameError, InvalidReason};
use domain_auth::ports::StoreFailure;

use super::sentences::{capitalized, sentence};
use super::{FieldError, Problem};

impl Problem {
    pub(super) fn new(
        status: u16,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            problem_type: format!("/problems/{code}"),
            title,
            status,
            detail: detail.into(),
            code,
            errors: Vec::new(),
            suggestion: None,
            request_id: None,
            retry_after: None,
        }
    }

    /// The same, worth repeating after this many seconds.
    pub(super) fn after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The same, with what is wrong in particular.
    pub(super) fn with(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }
}

/// Whether another attempt fails again, so that a person has to look at it.
pub(super) fn is_for_good(failure: StoreFailure) -> bool {
    match failure {
        StoreFailure::Unavailable => false,
        StoreFailure::TooLarge | StoreFailure::Unreadable => true,
    }
}

pub(super) fn too_large(most: usize) -> Problem {
    Problem::new(
        413,
        "payload_too_large",
        "The body is too large",
        format!("The body must not be larger than {most} octets."),
    )
}

pub(super) fn not_a_merge_patch() -> Problem {
    Problem::new(
        415,
        "unsupported_media_type",
        "The body has another media type",
        "The body has to be a JSON merge patch (RFC 7396): send it with Content-Type \
         application/merge-patch+json or application/json.",
    )
}

pub(super) fn needs_support() -> Problem {
    Problem::new(
        500,
        "needs_support",
        "Lasso support has to look at this",
        "Something that this request needs cannot be read or written on our side, and repeating the \
         request does not help. Tell Lasso support the request_id.",
    )
}

/// Wrong fields or parameters; the first that contains a domain has the suggestion.
pub(super) fn invalid(errors: Vec<FieldError>) -> Problem {
    let meant = errors.iter().find_map(|error| error.meant.as_ref());
    let mut detail = sentence(&errors);
    if let Some(meant) = meant {
        detail = format!("{detail} Did you mean {}?", meant.to_unicode());
    }
    Problem {
        suggestion: meant.map(ToString::to_string),
        ..Problem::new(422, "validation_failed", "The request is not valid", detail)
    }
    .with(errors)
}

pub(super) fn invalid_domain(error: &DomainNameError) -> Problem {
    let code = if error.reason == InvalidReason::PublicSuffix {
        "public_suffix"
    } else {
        "invalid_domain"
    };
    let suggestion = error.suggestion.as_ref().map(ToString::to_string);
    let mut detail = capitalized(&error.to_string());
    if let Some(meant) = &error.suggestion {
        detail = format!("{detail} Did you mean {}?", meant.to_unicode());
    }
    let title = "This is not a domain that can be added";
    let errors = vec![FieldError::field("/domain", error)];
    Problem {
        suggestion,
        ..Problem::new(422, code, title, detail).with(errors)
    }
}
