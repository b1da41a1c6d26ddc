//! Names that people type, each with the expected answer.

use std::path::Path;

use domain_auth::names::{DomainName, Eligibility};
use libtest_mimic::{Failed, Trial};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Vec<Input>,
}

/// The input, and the expected answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    typed: String,
    /// The domain that is read; `None` if the input is refused.
    #[serde(default)]
    domain: Option<String>,
    /// The suggested domain.
    #[serde(default)]
    suggestion: Option<String>,
    /// Texts that the refusal must contain.
    #[serde(default)]
    says: Vec<String>,
    /// The present answer, if it is known to be wrong.
    #[serde(default)]
    known_wrong: Option<String>,
}

/// A test for each name in the file.
pub(crate) fn trials(path: &Path) -> Vec<Trial> {
    let text = std::fs::read_to_string(path).unwrap();
    let file: File = basic_toml::from_str(&text).unwrap();
    let trials = file.name.into_iter().map(|typed| {
        let short: String = typed.typed.chars().take(60).collect();
        let name = format!("typed {short:?}");
        Trial::test(name, move || hold(&typed).map_err(Failed::from))
    });
    trials.collect()
}

/// The answer in one line, and the text of a refusal.
fn answer(typed: &str) -> (String, String) {
    match DomainName::parse_for_sending(typed) {
        Ok(name) => match Eligibility::default().check(&name) {
            Ok(()) => (format!("taken for {name}"), String::new()),
            Err(reason) => ("refused".to_owned(), reason.to_string()),
        },
        Err(error) => match &error.suggestion {
            Some(name) => (format!("refused, suggests {name}"), error.to_string()),
            None => ("refused".to_owned(), error.to_string()),
        },
    }
}

fn hold(typed: &Input) -> Result<(), String> {
    let expected = match (&typed.domain, &typed.suggestion) {
        (Some(name), _) => format!("taken for {name}"),
        (None, Some(name)) => format!("refused, suggests {name}"),
        (None, None) => "refused".to_owned(),
    };
    let (got, words) = answer(&typed.typed);
    let lacks: Vec<&String> = typed
        .says
        .iter()
        .filter(|says| !words.contains(*says))
        .collect();
    let right = got == expected && lacks.is_empty();
    let report = |head: &str| {
        format!(
            "{head}\n  expected  {expected}\n  got       {got}\n  says      {words}\n  lacks     {lacks:?}"
        )
    };
    match &typed.known_wrong {
        None if right => Ok(()),
        None => Err(report("is not answered as it should be")),
        Some(_) if right => Err(report("is right now: take `known_wrong` out")),
        Some(known) if *known == got => Ok(()),
        Some(known) => Err(report(&format!(
            "is still wrong, and not as before ({known})"
        ))),
    }
}
