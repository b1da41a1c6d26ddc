//! The pages and actions of one domain and of a list of domains, for its client and on its behalf.

use askama::Template;
use http::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::api::{ApiError, Problem};
use crate::fetch::Fetch;
use crate::place::Place;
use crate::reply::{Outcome, View};
use crate::types::{Added, Domain, Entry, Link, List, MadeLink, Notified, Summary};
use crate::view::{self, AddForm, Row};
use crate::{Failure, Visit, words};

/// Most domains that one form adds.
const MOST_NAMES: usize = 20;

impl<F: Fetch> Visit<'_, F> {
    /// Answers a request of a person who is signed in.
    pub(crate) async fn answer(&self, parts: &[&str]) -> Result<Outcome, Failure> {
        let is_post = match &self.request.method {
            &Method::GET => false,
            &Method::POST => true,
            _other => return Err(Failure::NoPage),
        };
        match (is_post, parts) {
            (false, []) => self.home().await,
            (true, ["domains"]) => self.add().await,
            (_, ["domains", domain, rest @ ..]) => {
                self.domain(&Place::own(domain), is_post, rest).await
            }
            (_, ["staff", rest @ ..]) => self.staff(is_post, rest).await,
            (false | true, _) => Err(Failure::NoPage),
        }
    }

    async fn home(&self) -> Result<Outcome, Failure> {
        if self.person.client.is_some() {
            return self.list(AddForm::default(), StatusCode::OK).await;
        }
        if self.person.is_support {
            return Ok(Outcome::Go("/staff".to_owned(), None));
        }
        let title = "You have no domains here";
        let main = view::Message {
            title,
            text: "You are signed in, but not as an administrator of a client of Lasso. Ask the person who administers Lasso at your organization.",
            request_id: None,
            link: None,
        };
        let view = View {
            title: title.to_owned(),
            main: main.render()?,
            refresh_seconds: None,
        };
        Ok(Outcome::Page(StatusCode::FORBIDDEN, view))
    }

    async fn list(&self, form: AddForm, status: StatusCode) -> Result<Outcome, Failure> {
        let cursor = self.request.query("cursor");
        let list: List<Summary> = self
            .api
            .get(&with_cursor("/domains?limit=50", cursor))
            .await?;
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
            rows: list.items.into_iter().map(Row::own).collect(),
            next_page: list.next_cursor.map(|cursor| format!("/?cursor={cursor}")),
        };
        let view = View {
            title: "Domains".to_owned(),
            main: main.render()?,
            // The answer to a form has no address to fetch it from again.
            refresh_seconds: (status == StatusCode::OK).then_some(30),
        };
        Ok(Outcome::Page(status, view))
    }

    /// Adds every name in the field, and says of each how it went.
    async fn add(&self) -> Result<Outcome, Failure> {
        let field = |name| self.request.field(name).unwrap_or_default().to_owned();
        let mut form = AddForm {
            typed: field("domain"),
            community: field("community"),
            contact: field("contact_email"),
            problem: None,
        };
        let names = names_in(&form.typed);
        let (mut added, mut not_added): (Vec<Added>, Vec<String>) = (Vec::new(), Vec::new());
        let mut read_otherwise = Vec::new();
        for (number, name) in names.iter().enumerate() {
            match self.add_one(name, number, &form).await? {
                Ok((domain, typed)) => {
                    read_otherwise.extend(typed);
                    added.push(domain);
                }
                Err(problem) => not_added.push(format!("{name}: {}", problem.detail)),
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
                form.problem = Some(problems.join(" "));
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
                    problems.join(" ")
                ),
            )),
        }
    }

    /// One name. What was pasted is read as the domain that the API sees in it.
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

    /// What is at and below the address of a domain.
    pub(crate) async fn domain(
        &self,
        place: &Place,
        is_post: bool,
        rest: &[&str],
    ) -> Result<Outcome, Failure> {
        match (is_post, rest) {
            (false, []) => self.one(place).await,
            (false, ["hand-over"]) => self.hand_over(place).await,
            (false, ["history"]) => self.history(place).await,
            (false, ["records"]) => self.records(place).await,
            (false, ["remove"]) => self.ask_to_remove(place).await,
            (false, ["settings"]) => self.settings(place).await,
            (true, [check]) if *check == place.check => self.check(place).await,
            (true, ["ready"]) => self.ready(place).await,
            (true, ["restart"]) => self.restart(place).await,
            (true, ["instructions"]) => self.instructions(place).await,
            (true, ["links"]) => self.make_link(place).await,
            (true, ["links", id]) => self.withdraw_link(place, id).await,
            (true, ["remove"]) => self.remove(place).await,
            (true, ["settings"]) => self.save_settings(place).await,
            (true, [decision]) if place.is_staff() => self.decide(place, decision).await,
            (true | false, _) => Err(Failure::NoPage),
        }
    }

    async fn read(&self, place: &Place) -> Result<Domain, Failure> {
        Ok(self.api.get(&place.path).await?)
    }

    async fn one(&self, place: &Place) -> Result<Outcome, Failure> {
        let domain = self.read(place).await?;
        let page = view::DomainPage::new(place, &domain, self.forms, &self.said, self.now)?;
        let view = View {
            title: page.headline.clone(),
            main: page.render()?,
            refresh_seconds: words::refresh_seconds(domain.summary.status),
        };
        Ok(Outcome::Page(StatusCode::OK, view))
    }

    async fn hand_over(&self, place: &Place) -> Result<Outcome, Failure> {
        let domain = self.read(place).await?;
        let links: List<Link> = self.api.get(&place.under("links")).await?;
        let name = &domain.summary.domain_unicode;
        let main = view::HandOver {
            place,
            name,
            said: &self.said,
            forms: self.forms,
            email: "",
            note: "",
            links: links
                .items
                .iter()
                .map(|link| view::LinkLine::of(link, place))
                .collect(),
            formats: view::FORMATS,
        };
        Ok(Outcome::page(&format!("Hand over {name}"), main.render()?))
    }

    async fn history(&self, place: &Place) -> Result<Outcome, Failure> {
        let cursor = self.request.query("cursor");
        let path = with_cursor(&format!("{}?limit=50", place.under("history")), cursor);
        let list: List<Entry> = self.api.get(&path).await?;
        let lines = list.items.into_iter();
        let lines = lines.map(|entry| view::Line::of(entry, place.is_staff()));
        let main = view::History {
            place,
            name: &place.domain,
            lines: lines.collect(),
            next_page: list
                .next_cursor
                .map(|cursor| format!("{}?cursor={cursor}", place.under("history"))),
        };
        Ok(Outcome::page(
            &format!("History of {}", place.domain),
            main.render()?,
        ))
    }

    async fn records(&self, place: &Place) -> Result<Outcome, Failure> {
        let wanted = self.request.query("format");
        let formats = view::FORMATS.into_iter();
        let format = formats.map(|(format, _, _)| format);
        let format = format.into_iter().find(|format| Some(*format) == wanted);
        let format = format.ok_or(Failure::NoPage)?;
        let mut path = format!("{}?format={format}", place.under("records"));
        if let Some(zone) = self.request.query("zone") {
            let zone: String = form_urlencoded::byte_serialize(zone.as_bytes()).collect();
            path = format!("{path}&zone={zone}");
        }
        let answer = self.api.document(&path).await?;
        let ending = match format {
            "zone" => "zone",
            "csv" => "csv",
            "terraform" => "tf",
            "route53" => "json",
            "html" => "html",
            _text => "txt",
        };
        Ok(Outcome::File(answer, format!("{}.{ending}", place.domain)))
    }

    async fn ask_to_remove(&self, place: &Place) -> Result<Outcome, Failure> {
        let domain = self.read(place).await?;
        let summary = &domain.summary;
        let main = view::Remove {
            place,
            name: &summary.domain_unicode,
            said: &self.said,
            sends: summary.status.sends(),
            forms: self.forms,
        };
        Ok(Outcome::page(
            &format!("Remove {}", summary.domain_unicode),
            main.render()?,
        ))
    }

    async fn settings(&self, place: &Place) -> Result<Outcome, Failure> {
        let domain = self.read(place).await?;
        let name = &domain.summary.domain_unicode;
        let main = view::Settings {
            place,
            name,
            said: &self.said,
            communities: domain.summary.communities.join("\n"),
            contact: domain.contact_email.as_deref().unwrap_or_default(),
            forms: self.forms,
        };
        Ok(Outcome::page(
            &format!("Settings of {name}"),
            main.render()?,
        ))
    }

    async fn check(&self, place: &Place) -> Result<Outcome, Failure> {
        let checked = self.post(&place.check_path(), None, "check").await;
        told(place, checked, |_| {
            "DNS and Amazon SES were asked just now.".to_owned()
        })
    }

    async fn ready(&self, place: &Place) -> Result<Outcome, Failure> {
        let note = self.request.field("note");
        let body = note.map_or_else(|| json!({}), |note| json!({ "note": note }));
        let notified = self
            .post(&place.under("notify"), Some(&body), "notify")
            .await;
        let notified = notified.and_then(|answer| read::<Notified>(200, answer));
        told(place, notified, |notified| {
            let missing = notified.missing.into_iter().map(|it| it.message);
            let missing: Vec<String> = missing.collect();
            if missing.is_empty() {
                notified.sentence
            } else {
                format!("{} Still missing: {}", notified.sentence, missing.join(" "))
            }
        })
    }

    async fn restart(&self, place: &Place) -> Result<Outcome, Failure> {
        let restarted = self.post(&place.under("restart"), None, "restart").await;
        told(place, restarted, |_| {
            "Amazon SES looks for the records again, for 72 hours.".to_owned()
        })
    }

    async fn instructions(&self, place: &Place) -> Result<Outcome, Failure> {
        let email = self.request.field("email").unwrap_or_default();
        let mut body = json!({ "email": email });
        if let Some(note) = self.request.field("note") {
            body["note"] = json!(note);
        }
        let path = place.under("instructions");
        match self.post(&path, Some(&body), "instructions").await {
            Ok(_) => Ok(Outcome::done(
                &place.under("hand-over"),
                format!("The instructions were sent to {email}."),
            )),
            Err(ApiError::Problem(problem)) => {
                Ok(Outcome::refused(&place.under("hand-over"), problem.detail))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn make_link(&self, place: &Place) -> Result<Outcome, Failure> {
        let to = place.under("hand-over");
        match self.post(&place.under("links"), None, "link").await {
            Ok(answer) => {
                let made: MadeLink = read(201, answer)?;
                let ends = words::moment(made.ends_at);
                Ok(Outcome::done(
                    &to,
                    format!(
                        "Copy this link now, it is shown once: {} It is good until {ends}.",
                        made.url
                    ),
                ))
            }
            Err(ApiError::Problem(problem)) => Ok(Outcome::refused(&to, problem.detail)),
            Err(error) => Err(error.into()),
        }
    }

    async fn withdraw_link(&self, place: &Place, id: &str) -> Result<Outcome, Failure> {
        let to = place.under("hand-over");
        let path = format!("{}/{id}", place.under("links"));
        match self.api.act(Method::DELETE, &path, None, None).await {
            Ok(_) => Ok(Outcome::done(&to, "The link opens nothing any more.")),
            Err(ApiError::Problem(problem)) => Ok(Outcome::refused(&to, problem.detail)),
            Err(error) => Err(error.into()),
        }
    }

    async fn remove(&self, place: &Place) -> Result<Outcome, Failure> {
        let confirm = self.request.field("confirm").unwrap_or_default();
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("confirm", confirm)
            .finish();
        let path = format!("{}?{query}", place.path);
        match self.api.act(Method::DELETE, &path, None, None).await {
            Ok(_) => Ok(Outcome::done(
                &place.list,
                format!("{} was removed.", place.domain),
            )),
            Err(ApiError::Problem(problem)) => {
                Ok(Outcome::refused(&place.under("remove"), problem.detail))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn save_settings(&self, place: &Place) -> Result<Outcome, Failure> {
        let communities = self.request.field("communities").unwrap_or_default();
        let communities: Vec<&str> = communities
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let body = json!({
            "communities": communities,
            "contact_email": self.request.field("contact_email"),
        });
        let path = &place.path;
        match self.api.act(Method::PATCH, path, Some(&body), None).await {
            Ok(_) => Ok(Outcome::done(path, "Saved.")),
            Err(ApiError::Problem(problem)) => {
                Ok(Outcome::refused(&place.under("settings"), problem.detail))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// `POST`, once for this form and `what`.
    pub(crate) async fn post(
        &self,
        path: &str,
        body: Option<&Value>,
        what: &str,
    ) -> Result<Value, ApiError> {
        let key = self.key.as_ref().map(|key| format!("{key}-{what}"));
        self.api.act(Method::POST, path, body, key.as_deref()).await
    }

    /// The fields of the form that are not empty, as members of a body.
    pub(crate) fn fields(&self, names: &[&str]) -> Value {
        let given = names.iter().filter_map(|name| {
            let value = self.request.field(name)?;
            Some(((*name).to_owned(), json!(value)))
        });
        Value::Object(given.collect::<Map<_, _>>())
    }
}

/// Back to the domain, where the person reads how it went.
pub(crate) fn told<T>(
    place: &Place,
    answer: Result<T, ApiError>,
    words: impl FnOnce(T) -> String,
) -> Result<Outcome, Failure> {
    match answer {
        Ok(answer) => Ok(Outcome::done(&place.path, words(answer))),
        Err(ApiError::Problem(problem)) => Ok(Outcome::refused(&place.path, problem.detail)),
        Err(error) => Err(error.into()),
    }
}

fn read<T: DeserializeOwned>(status: u16, answer: Value) -> Result<T, ApiError> {
    serde_json::from_value(answer).map_err(|error| ApiError::Unreadable(status, error))
}

fn all(added: &[Added]) -> String {
    let names: Vec<&str> = added.iter().map(|it| it.domain_unicode.as_str()).collect();
    names.join(", ")
}

/// What was typed or pasted, name by name, each once.
fn names_in(typed: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let parts = typed.split([' ', ',', ';', '\n', '\r', '\t']);
    for part in parts.map(|part| part.trim_matches(['<', '>', '"', '\''])) {
        let is_new = !names.iter().any(|name| name == part);
        if !part.is_empty() && is_new && names.len() < MOST_NAMES {
            names.push(part.to_owned());
        }
    }
    names
}

pub(crate) fn with_cursor(path: &str, cursor: Option<&str>) -> String {
    let Some(cursor) = cursor else {
        return path.to_owned();
    };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("cursor", cursor)
        .finish();
    format!("{path}&{query}")
}

#[cfg(test)]
mod tests {
    use super::names_in;

    #[test]
    fn names_are_found_in_what_was_pasted() {
        assert_eq!(names_in("  example.com "), ["example.com"]);
        assert_eq!(
            names_in("a.com, b.com;c.com\r\na.com <d.com>"),
            ["a.com", "b.com", "c.com", "d.com"]
        );
        assert_eq!(names_in(" ,; "), Vec::<String>::new());
        let many: Vec<String> = (0..50).map(|number| format!("d{number}.com")).collect();
        assert_eq!(names_in(&many.join(" ")).len(), 20);
    }
}
