//! The list of a client's domains, and the form that adds domains.

use askama::Template;
use http::StatusCode;
use serde_json::json;

use crate::api::{ApiError, Problem};
use crate::client::read;
use crate::fetch::Fetch;
use crate::reply::{Outcome, View};
use crate::types::{Added, List, Summary};
use crate::view::{self, AddForm, Row};
use crate::{Failure, Visit, words};

/// The maximum number of domains that one form adds.
const MOST_NAMES: usize = 20;

/// Characters that separate the labels of a domain, as people type it (RFC 5895 section 2).
const DOTS: [char; 4] = ['.', '。', '．', '｡'];

/// Names that were not added, with the reason; each reason only once.
type NotAdded = Vec<(String, String)>;

fn refuse(not_added: &mut NotAdded, name: &str, why: String) {
    let same = not_added.iter_mut().find(|(_, known)| *known == why);
    match same {
        Some((names, _)) => {
            names.push_str(", ");
            names.push_str(name);
        }
        None => not_added.push((name.to_owned(), why)),
    }
}

fn refusals(not_added: &[(String, String)]) -> String {
    let lines = not_added
        .iter()
        .map(|(names, why)| format!("{names}: {why}"));
    lines.collect::<Vec<_>>().join(" ")
}

impl<F: Fetch> Visit<'_, F> {
    /// The list with the form and its present content.
    pub(crate) async fn list(&self, form: AddForm, status: StatusCode) -> Result<Outcome, Failure> {
        let cursor = self.request.query("cursor");
        let main = self
            .fitting("/domains", cursor, |list: &List<Summary>| {
                let main = view::Domains {
                    base: "",
                    add_path: "/domains",
                    client: "",
                    can_add: true,
                    said: &self.said,
                    forms: self.forms,
                    typed: &form.typed,
                    community: &form.community,
                    contact: &form.contact,
                    problem: form.problem.as_deref(),
                    rows: list.items.iter().map(Row::own).collect(),
                    next_page: list
                        .next_cursor
                        .as_ref()
                        .map(|cursor| format!("/?cursor={cursor}")),
                };
                main.render()
            })
            .await?;
        let view = View {
            title: "Domains".to_owned(),
            main,
            // The response to a form has no address from which it could be fetched again.
            refresh_seconds: (status == StatusCode::OK).then_some(30),
            has_no_fields: false,
        };
        Ok(Outcome::Page(status, view))
    }

    /// Adds every name in the field, and reports the result of each.
    pub(crate) async fn add(&self) -> Result<Outcome, Failure> {
        let field = |name| self.request.field(name).unwrap_or_default().to_owned();
        let mut form = AddForm {
            typed: field("domain"),
            community: field("community"),
            contact: field("contact_email"),
            problem: None,
        };
        let mut names = names_in(&form.typed);
        // A space by mistake must not turn the text after it into another domain.
        if let Some(part) = names
            .iter()
            .find(|part| !part.contains(DOTS))
            .filter(|_| names.len() > 1)
        {
            form.problem = Some(format!(
                "Nothing was added: “{part}” is not a domain, because it has no dot. A domain has no spaces or commas in \
                 it; put each domain on a line of its own."
            ));
            return self.list(form, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        let (mut added, mut not_added): (Vec<Added>, NotAdded) = (Vec::new(), Vec::new());
        if names.len() > MOST_NAMES {
            let rest = names.split_off(MOST_NAMES).join(", ");
            let why =
                format!("Only {MOST_NAMES} domains can be added at a time. Add these afterwards.");
            not_added.push((rest, why));
        }
        let mut read_otherwise = Vec::new();
        for (number, name) in names.iter().enumerate() {
            match self.add_one(name, number, &form).await? {
                Ok((domain, typed)) => {
                    read_otherwise.extend(typed);
                    added.push(domain);
                }
                Err(problem) => refuse(&mut not_added, name, words::refusal(&problem)),
            }
        }
        let note = match read_otherwise.as_slice() {
            [] => String::new(),
            some => format!(" {}", some.join(" ")),
        };
        match (added.as_slice(), not_added.as_slice()) {
            ([], []) => {
                form.problem = Some("Type a domain, for example maplehomes.com.".to_owned());
                self.list(form, StatusCode::UNPROCESSABLE_ENTITY).await
            }
            ([], problems) => {
                form.problem = Some(refusals(problems));
                self.list(form, StatusCode::UNPROCESSABLE_ENTITY).await
            }
            ([one], []) => Ok(Outcome::done(
                &format!("/domains/{}", one.domain),
                format!("{} was added.{note}", one.domain_unicode),
            )),
            (some, []) => Ok(Outcome::done(
                "/",
                format!("{} were added.{note}", all(some)),
            )),
            (some, problems) => Ok(Outcome::said(
                "/",
                "wait",
                format!(
                    "Added: {}.{note} Not added: {}",
                    all(some),
                    refusals(problems)
                ),
            )),
        }
    }

    /// Adds one name. The API decides which domain is in a pasted text.
    async fn add_one(
        &self,
        name: &str,
        number: usize,
        form: &AddForm,
    ) -> Result<Result<(Added, Option<String>), Problem>, Failure> {
        let mut body = json!({ "domain": name });
        if !form.community.is_empty() {
            body["community"] = json!(form.community);
        }
        if !form.contact.is_empty() {
            body["contact_email"] = json!(form.contact);
        }
        let first = self
            .post("/domains", Some(&body), &format!("{number}"))
            .await;
        let problem = match first {
            Ok(answer) => return Ok(Ok((read(200, answer)?, None))),
            Err(ApiError::Problem(problem)) => *problem,
            Err(error) => return Err(error.into()),
        };
        let Some(suggestion) = problem.suggestion.clone() else {
            return Ok(Err(problem));
        };
        body["domain"] = json!(suggestion);
        let second = self
            .post("/domains", Some(&body), &format!("{number}-read"))
            .await;
        match second {
            Ok(answer) => {
                let note = format!("“{name}” was read as {suggestion}.");
                Ok(Ok((read(200, answer)?, Some(note))))
            }
            Err(ApiError::Problem(problem)) => Ok(Err(*problem)),
            Err(error) => Err(error.into()),
        }
    }
}

fn all(added: &[Added]) -> String {
    let names: Vec<&str> = added.iter().map(|it| it.domain_unicode.as_str()).collect();
    names.join(", ")
}

/// The names that were typed or pasted, each once.
fn names_in(typed: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let parts = entries_in(typed).into_iter().flat_map(|entry| {
        let address = address_of(entry);
        let words = address.is_none().then(|| entry.split([' ', '\t']));
        address.into_iter().chain(words.into_iter().flatten())
    });
    for part in parts.map(|part| part.trim_matches(['<', '>', '"', '\''])) {
        let is_new = !names.iter().any(|name| name == part);
        if !part.is_empty() && is_new {
            names.push(part.to_owned());
        }
    }
    names
}

/// The text between commas, semicolons and line ends. Those between quotation marks are part of a name, as in
/// `"Berg, Anna" <anna@example.com>`.
fn entries_in(typed: &str) -> Vec<&str> {
    let is_paired = typed.matches('"').count().is_multiple_of(2);
    let mut is_quoted = false;
    let ends = |c: char| {
        is_quoted ^= c == '"' && is_paired;
        matches!(c, '\n' | '\r') || (!is_quoted && matches!(c, ',' | ';'))
    };
    typed.split(ends).collect()
}

/// The address behind a person's name, as mail programs copy it (RFC 5322 section 3.4, `name-addr`).
fn address_of(entry: &str) -> Option<&str> {
    let (_, address) = entry.trim().strip_suffix('>')?.rsplit_once('<')?;
    address.contains('@').then_some(address)
}

#[cfg(test)]
mod tests {
    use super::names_in;

    #[test]
    fn names_are_found_in_pasted_text() {
        assert_eq!(names_in("  example.com "), ["example.com"]);
        assert_eq!(
            names_in("a.com, b.com;c.com\r\na.com <d.com>"),
            ["a.com", "b.com", "c.com", "d.com"]
        );
        assert_eq!(names_in(" ,; "), Vec::<String>::new());
        let copied = "Anna Berg <anna@a.com>, \"Berg, Bo\" <bo@b.com>;c.com d.com\n<e@e.com>";
        assert_eq!(
            names_in(copied),
            ["anna@a.com", "bo@b.com", "c.com", "d.com", "e@e.com"]
        );
        assert_eq!(names_in("5\" a.com, b.com"), ["5", "a.com", "b.com"]);
        let many: Vec<String> = (0..50).map(|number| format!("d{number}.com")).collect();
        assert_eq!(names_in(&many.join(" ")).len(), 50);
    }
}
