//! The list of a client's domains, and the form that adds domains.

use askama::Template;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::api::{ApiError, Done, Problem};
use crate::client::read;
use crate::fetch::Fetch;
use crate::place::unicode;
use crate::refusal::refusal;
use crate::reply::{Outcome, View};
use crate::types::{Added, List, Summary};
use crate::view::{self, AddForm, Row};
use crate::{Failure, Visit};

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
                 it; put a comma between two domains."
            ));
            return self.list(form, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        let (mut added, mut not_added): (Vec<Added>, NotAdded) = (Vec::new(), Vec::new());
        let mut not_tried = String::new();
        if names.len() > MOST_NAMES {
            not_tried = names.split_off(MOST_NAMES).join(", ");
        }
        let (mut notes, mut again) = (Vec::new(), Vec::new());
        let mut kept: Vec<&str> = Vec::new();
        for (number, name) in names.iter().enumerate() {
            match self.add_one(name, number, &form).await? {
                Ok(one) => {
                    notes.extend(one.note);
                    if one.is_new {
                        added.push(one.domain);
                    } else {
                        notes.push(one.domain.again());
                        again.push(one.domain);
                    }
                }
                Err(problem) => {
                    kept.push(name);
                    refuse(&mut not_added, name, refusal(&problem));
                }
            }
        }
        if !not_tried.is_empty() {
            kept.push(&not_tried);
            let why =
                format!("Only {MOST_NAMES} domains can be added at a time. Add these afterwards.");
            not_added.push((not_tried.clone(), why));
        }
        let said = match added.as_slice() {
            [] => None,
            [one] => Some(format!("{} was added.", one.domain_unicode)),
            some => Some(format!("{} were added.", all(some))),
        };
        let said: Vec<String> = said.into_iter().chain(notes).collect();
        let said = said.join(" ");
        if added.is_empty() && again.is_empty() && not_added.is_empty() {
            form.problem = Some("Type a domain, for example maplehomes.com.".to_owned());
            return self.list(form, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        if !not_added.is_empty() {
            // The names that were not added stay in the field.
            form.problem = Some(format!("Not added: {}", refusals(&not_added)));
            if said.is_empty() {
                form.problem = Some(refusals(&not_added));
                return self.list(form, StatusCode::UNPROCESSABLE_ENTITY).await;
            }
            form.typed = kept.join(", ");
            let visit = self.saying("good", said)?;
            return visit.list(form, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        let tone = if added.is_empty() { "wait" } else { "good" };
        let to = match (added.as_slice(), again.as_slice()) {
            ([one], []) | ([], [one]) => format!("/domains/{}", one.domain),
            (_, _) => "/".to_owned(),
        };
        Ok(Outcome::said(&to, tone, said))
    }

    /// Adds one name. The API decides which domain is in a pasted text.
    async fn add_one(
        &self,
        name: &str,
        number: usize,
        form: &AddForm,
    ) -> Result<Result<One, Problem>, Failure> {
        let mut body = json!({ "domain": name });
        if !form.community.is_empty() {
            body["community"] = json!(form.community);
        }
        if !form.contact.is_empty() {
            body["contact_email"] = json!(form.contact);
        }
        let problem = match self.send_one(&body, &number.to_string()).await? {
            Ok(done) => return Ok(Ok(One::of(done, None)?)),
            Err(problem) => problem,
        };
        let Some(suggestion) = problem.suggestion.clone() else {
            return Ok(Err(problem));
        };
        body["domain"] = json!(suggestion);
        Ok(
            match self.send_one(&body, &format!("{number}-read")).await? {
                Ok(done) => {
                    let note = format!("“{name}” was read as {}.", unicode(&suggestion));
                    Ok(One::of(done, Some(note))?)
                }
                Err(problem) => Err(problem),
            },
        )
    }

    /// Asks the API once.
    async fn send_one(&self, body: &Value, what: &str) -> Result<Result<Done, Problem>, Failure> {
        match self.act(Method::POST, "/domains", Some(body), what).await {
            Ok(done) => Ok(Ok(done)),
            Err(ApiError::Problem(problem)) => Ok(Err(*problem)),
            Err(error) => Err(error.into()),
        }
    }
}

/// One domain that the API has accepted.
struct One {
    domain: Added,
    /// Whether the client did not have it before.
    is_new: bool,
    /// How the text was read, if it was another one.
    note: Option<String>,
}

impl One {
    fn of(done: Done, note: Option<String>) -> Result<Self, ApiError> {
        Ok(Self {
            domain: read(200, done.body)?,
            is_new: done.has_created,
            note,
        })
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
