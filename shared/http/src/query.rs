//! The query string. Unknown parameters are refused, like unknown fields of a body, so that a
//! misspelt filter is not ignored.

use domain_auth::plain_text::one_line;

use crate::problem::{ApiError, FieldError};

/// The maximum number of characters that are shown of the name of an unknown parameter.
const LONGEST_NAME: usize = 64;
/// The maximum number of parameters that are named in one refusal.
const MOST_NAMED: usize = 10;

/// Whether each of these names is one of the `known` ones, and is there once.
pub(crate) fn check<'a>(
    sent: impl Iterator<Item = &'a str>,
    known: &[&'static str],
) -> Result<(), ApiError> {
    let mut seen: Vec<&str> = Vec::new();
    let mut errors: Vec<FieldError> = Vec::new();
    for name in sent {
        let error = match known.iter().find(|known| **known == name) {
            Some(known) if seen.contains(&name) => {
                FieldError::parameter(*known, "is given more than once")
            }
            Some(_) => {
                seen.push(name);
                continue;
            }
            None => FieldError::parameter(shown(name), unknown(known)),
        };
        if !errors.contains(&error) {
            errors.push(error);
        }
    }
    errors.truncate(MOST_NAMED);
    if errors.is_empty() {
        Ok(())
    } else {
        Err(ApiError::Invalid(errors))
    }
}

/// The error about a parameter that is not one of the `known` ones.
pub(crate) fn unknown(known: &[&str]) -> String {
    let taken = match known {
        [] => "none".to_owned(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    format!("is not a parameter of this request, which takes {taken}")
}

/// The name in one line, without characters that do not show.
fn shown(name: &str) -> String {
    let shown: String = one_line(name).chars().take(LONGEST_NAME).collect();
    if shown.is_empty() {
        "\"\"".to_owned()
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(sent: &[&str], known: &[&'static str]) -> Vec<String> {
        match check(sent.iter().copied(), known) {
            Ok(()) => Vec::new(),
            Err(ApiError::Invalid(errors)) => errors
                .into_iter()
                .map(|error| format!("{} {}", error.parameter.unwrap(), error.detail))
                .collect(),
            Err(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn each_known_query_parameter_is_accepted_once() {
        assert!(errors(&[], &[]).is_empty());
        assert!(errors(&["cursor", "limit"], &["limit", "cursor"]).is_empty());
        assert_eq!(
            errors(&["limit", "limit", "limit"], &["limit"]),
            ["limit is given more than once"]
        );
    }

    #[test]
    fn an_unknown_parameter_is_named_with_those_that_are_known() {
        assert_eq!(
            errors(&["state", "limit"], &["status", "limit", "cursor"]),
            ["state is not a parameter of this request, which takes status, limit and cursor"]
        );
        assert_eq!(
            errors(&["Confirm"], &["confirm"]),
            ["Confirm is not a parameter of this request, which takes confirm"]
        );
        assert_eq!(
            errors(&["x\u{202e}\n", "", "x"], &[]),
            [
                "x is not a parameter of this request, which takes none",
                "\"\" is not a parameter of this request, which takes none"
            ]
        );
    }

    #[test]
    fn a_refusal_of_many_long_parameters_stays_short() {
        let names: Vec<String> = (0..500)
            .map(|number| format!("{number}{}", "y".repeat(200)))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let errors = errors(&names, &["limit"]);
        assert_eq!(errors.len(), MOST_NAMED);
        assert!(errors.iter().all(|error| error.len() < 140));
    }
}
