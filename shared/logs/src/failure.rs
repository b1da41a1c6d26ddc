//! The text of an error with all its causes.

use std::error::Error;
use std::fmt;

use crate::mask::masked;

/// The maximum number of causes that a line lists. No error of this service has more; a cyclic
/// chain would have.
const MOST_CAUSES: usize = 16;
/// The maximum length, in characters, of a text in a line.
pub(crate) const LONGEST: usize = 2_048;

/// A failed call to an AWS service, as a cause in the chain of an error. The log line has its
/// details in separate fields, without a type of the SDK.
pub struct ServiceFailure {
    /// The service: `DynamoDB`, `SES`, `SNS`.
    pub service: &'static str,
    /// The service's error code, such as `ThrottlingException`, if there is one.
    pub code: Option<String>,
    /// The service's identifier of the request, which AWS Support needs; `None` if there was no
    /// response.
    pub request_id: Option<String>,
    /// The error of the SDK.
    pub source: Box<dyn Error + Send + Sync>,
}

impl ServiceFailure {
    /// The first one among an error and its causes.
    pub(crate) fn within<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        causes(error).find_map(|cause| cause.downcast_ref())
    }
}

impl fmt::Display for ServiceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.service)?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        if let Some(request_id) = &self.request_id {
            write!(f, " (request {request_id})")?;
        }
        Ok(())
    }
}

/// The form of a log line: the SDK's own form has the whole response, including addresses.
impl fmt::Debug for ServiceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&chain(self))
    }
}

impl Error for ServiceFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

/// The texts of an error and its causes, joined by colons, with masked email addresses. A cause
/// that the error before it has quoted is not repeated.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for cause in causes(error) {
        let says = cause.to_string();
        if text.ends_with(&says) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&says);
    }
    fitting(&text)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let next = |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        error.source()
    };
    std::iter::successors(Some(error), next).take(MOST_CAUSES)
}

/// A text for a line: masked, and cut to [`LONGEST`] characters.
pub(crate) fn fitting(text: &str) -> String {
    let shown = masked(text);
    match shown.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the store could not write: {0}")]
    struct Quoting(#[source] std::io::Error);

    #[test]
    fn a_cause_that_is_quoted_already_is_not_repeated() {
        let error = Quoting(std::io::Error::other("no jane@example.com here"));
        assert_eq!(
            chain(&error),
            "the store could not write: no j***@example.com here"
        );
    }

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] Box<dyn Error + Send + Sync>);

    #[derive(Debug)]
    struct Circular;

    impl fmt::Display for Circular {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("round and round")
        }
    }

    impl Error for Circular {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }

    #[test]
    fn endless_cause_chains_and_very_long_texts_are_cut() {
        assert_eq!(chain(&Circular), "round and round");
        let error = std::io::Error::other("é".repeat(5_000));
        assert_eq!(chain(&error).chars().count(), LONGEST + 1);
    }

    #[test]
    fn the_debug_form_of_a_failure_holds_no_address() {
        let failure = ServiceFailure {
            service: "SES",
            code: Some("MessageRejected".to_owned()),
            request_id: Some("r-1".to_owned()),
            source: "not verified: jane@example.com".into(),
        };
        assert_eq!(
            format!("{failure:?}"),
            "SES MessageRejected (request r-1): not verified: j***@example.com"
        );
        let outer = Outer(failure.into());
        let found = ServiceFailure::within(&outer);
        assert_eq!(found.map(|found| found.service), Some("SES"));
        assert!(ServiceFailure::within(&Circular).is_none());
    }
}
