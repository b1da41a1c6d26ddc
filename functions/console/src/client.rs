//! The pages of one domain, for its client and for Lasso support on its behalf, and the routes to
//! them. The actions are in `actions.rs`, the list of domains is in `add.rs`.

use askama::Template;
use domain_auth::handoff::HandoffFormat;
use http::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::api::{ApiError, Done, Problem};
use crate::decide_view::Beside;
use crate::domain_view::DomainPage;
use crate::fetch::Fetch;
use crate::place::Place;
use crate::refusal::refusal;
use crate::reply::{Outcome, View};
use crate::session::Flash;
use crate::types::{Claim, Domain, Entry, Link, List, OtherClaim};
use crate::view::{self, AddForm};
use crate::{Failure, Visit, words};

/// The maximum number of entries of a list on a page.
const MOST_ENTRIES: usize = 50;
/// The maximum number of lines of history on a domain's page.
const MOST_LINES: usize = 10;
/// The maximum number of claims of other clients that are shown with a claim.
const MOST_OTHERS: usize = 4;

impl<F: Fetch> Visit<'_, F> {
    /// Answers a request of a signed-in person.
    pub(crate) async fn answer(&self, parts: &[&str]) -> Result<Outcome, Failure> {
        let is_post = match &self.request.method {
            &Method::GET => false,
            &Method::POST => true,
            _other => return Err(Failure::NoPage),
        };
        match (is_post, parts) {
            // Emails about several domains, or about one that is gone, lead to the address of the API's list.
            (false, [] | ["domains"]) => self.home().await,
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
            ..View::default()
        };
        Ok(Outcome::Page(StatusCode::FORBIDDEN, view))
    }

    /// The pages at and below the address of a domain.
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
            (false, ["history", "file"]) if place.is_staff() => self.history_file(place).await,
            (false, ["file"]) if place.is_staff() => self.domain_file(place).await,
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

    async fn domain_at(&self, place: &Place) -> Result<Domain, Failure> {
        Ok(self.api.get(&place.path).await?)
    }

    pub(crate) async fn one(&self, place: &Place) -> Result<Outcome, Failure> {
        let domain = match self.domain_at(place).await {
            Err(Failure::Api(ApiError::Problem(problem))) if problem.status == 404 => {
                return self.ended(place, problem).await;
            }
            domain => domain?,
        };
        let beside = self.beside(place, &domain).await?;
        let typed = self.typed("reason").unwrap_or_default();
        let page = DomainPage::new(
            place, &domain, self.forms, &self.said, &beside, typed, self.now,
        )?;
        let view = View {
            title: page.headline.clone(),
            main: page.render()?,
            refresh_seconds: words::refresh_seconds(&domain.summary),
            has_no_fields: !place.is_staff(),
        };
        Ok(Outcome::Page(StatusCode::OK, view))
    }

    /// The page of a domain that is no longer there, or is being removed: why is in its history. Without a history it was
    /// never there.
    async fn ended(&self, place: &Place, problem: Box<Problem>) -> Result<Outcome, Failure> {
        let history = place.under("history");
        let lines: Result<List<Entry>, ApiError> =
            self.api.get(&with_cursor(&history, 1, None)).await;
        if lines.is_err() {
            return Err(ApiError::Problem(problem).into());
        }
        let title = format!("{} is not here any more", place.name());
        let main = view::Message {
            title: &title,
            text: "It was removed, or the claim on it has ended. Its history says when and why.",
            request_id: None,
            link: Some((&history, "Show its history")),
        };
        let main = main.render()?;
        let view = View {
            title,
            main,
            ..View::default()
        };
        Ok(Outcome::Page(StatusCode::NOT_FOUND, view))
    }

    /// Additional data for Lasso support: the newest history, and the claims of other clients.
    async fn beside(&self, place: &Place, domain: &Domain) -> Result<Beside, Failure> {
        if !place.is_staff() {
            return Ok(Beside::default());
        }
        let path = with_cursor(&place.under("history"), MOST_LINES, None);
        let history: List<Entry> = self.api.get(&path).await?;
        let lines = history.items.into_iter();
        let claims = domain.claim.as_ref().map(Claim::others).unwrap_or_default();
        let mut others: Vec<(OtherClaim, Option<Domain>)> = Vec::new();
        for other in claims.into_iter().take(MOST_OTHERS) {
            let page = match self.api.get(&other.page()).await {
                Ok(page) => Some(page),
                // It ended meanwhile.
                Err(ApiError::Problem(problem)) if problem.status == 404 => None,
                Err(error) => return Err(error.into()),
            };
            others.push((other, page));
        }
        Ok(Beside {
            lines: lines.map(|entry| view::Line::short(&entry)).collect(),
            others,
        })
    }

    pub(crate) async fn hand_over(&self, place: &Place) -> Result<Outcome, Failure> {
        let domain = self.domain_at(place).await?;
        let links: List<Link> = self.api.get(&place.under("links")).await?;
        let name = &domain.summary.domain_unicode;
        let main = view::HandOver {
            place,
            name,
            said: &self.said,
            forms: self.forms,
            email: self.typed("email").unwrap_or_default(),
            note: self.typed("note").unwrap_or_default(),
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
        let name = place.name();
        let main = self
            .fitting(&place.under("history"), cursor, |list: &List<Entry>| {
                let lines = list.items.iter();
                let lines = lines.map(|entry| view::Line::of(entry, place.is_staff()));
                let main = view::History {
                    place,
                    name: &name,
                    cursor,
                    lines: lines.collect(),
                    next_page: list
                        .next_cursor
                        .as_ref()
                        .map(|cursor| format!("{}?cursor={cursor}", place.under("history"))),
                };
                main.render()
            })
            .await?;
        Ok(Outcome::page(&format!("History of {name}"), main))
    }

    /// The history as the API has it, with everything that was seen.
    async fn history_file(&self, place: &Place) -> Result<Outcome, Failure> {
        let cursor = self.request.query("cursor");
        let path = with_cursor(&place.under("history"), 50, cursor);
        let answer = self.api.document(&path).await?;
        let name = format!("{}-history.json", place.domain);
        Ok(Outcome::File(answer, name))
    }

    /// The domain as the API has it, with the answers of DNS.
    async fn domain_file(&self, place: &Place) -> Result<Outcome, Failure> {
        let answer = self.api.document(&place.path).await?;
        Ok(Outcome::File(answer, format!("{}.json", place.domain)))
    }

    /// The content of a page with a list of the API: with as many entries as fit into a page.
    pub(crate) async fn fitting<T: DeserializeOwned>(
        &self,
        path: &str,
        cursor: Option<&str>,
        render: impl Fn(&List<T>) -> Result<String, askama::Error>,
    ) -> Result<String, Failure> {
        let mut limit = MOST_ENTRIES;
        loop {
            let list: List<T> = self.api.get(&with_cursor(path, limit, cursor)).await?;
            let main = render(&list)?;
            let most = list.items.len().min(limit);
            if main.len() <= view::LONGEST_MAIN || most <= 1 {
                return Ok(main);
            }
            // As many entries as fit well if all have the same length.
            limit = (most * view::LONGEST_MAIN * 9 / (10 * main.len())).clamp(1, most - 1);
        }
    }

    async fn records(&self, place: &Place) -> Result<Outcome, Failure> {
        let wanted = self.request.query("format");
        let format = wanted.and_then(|format| format.parse::<HandoffFormat>().ok());
        let format = format.ok_or(Failure::NoPage)?;
        let mut path = format!("{}?format={format}", place.under("records"));
        if let Some(zone) = self.request.query("zone") {
            let zone: String = form_urlencoded::byte_serialize(zone.as_bytes()).collect();
            path = format!("{path}&zone={zone}");
        }
        let answer = self.api.document(&path).await?;
        let name = format!("{}-dns-records.{}", place.domain, format.extension());
        Ok(Outcome::File(answer, name))
    }

    async fn ask_to_remove(&self, place: &Place) -> Result<Outcome, Failure> {
        let domain = self.domain_at(place).await?;
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

    pub(crate) async fn settings(&self, place: &Place) -> Result<Outcome, Failure> {
        let domain = self.domain_at(place).await?;
        let name = &domain.summary.domain_unicode;
        let main = view::Settings {
            place,
            name,
            said: &self.said,
            communities: self
                .typed("communities")
                .map_or_else(|| domain.summary.communities.join("\n"), str::to_owned),
            contact: self
                .typed("contact_email")
                .or(domain.contact_email.as_deref())
                .unwrap_or_default(),
            forms: self.forms,
        };
        Ok(Outcome::page(
            &format!("Settings of {name}"),
            main.render()?,
        ))
    }

    /// The text that was entered into a field of this page's form, which was refused.
    pub(crate) fn typed(&self, field: &str) -> Option<&str> {
        self.request.field(field)
    }

    /// For the page of a form that was refused: it says why, and has again what was typed.
    pub(crate) fn again(&self, problem: &Problem) -> Result<Visit<'_, F>, Failure> {
        self.saying("bad", refusal(problem))
    }

    /// For a page that is the answer to a form, and begins with this message.
    pub(crate) fn saying(&self, tone: &str, text: String) -> Result<Visit<'_, F>, Failure> {
        let flash = Flash {
            tone: tone.to_owned(),
            text,
            ..Flash::default()
        };
        Ok(Visit {
            request: self.request,
            person: self.person,
            api: self.api,
            forms: self.forms,
            said: crate::said(&flash)?,
            key: None,
            now: self.now,
        })
    }

    /// Sends `POST`, with an idempotency key made of this form and `what`.
    pub(crate) async fn post(
        &self,
        path: &str,
        body: Option<&Value>,
        what: &str,
    ) -> Result<Value, ApiError> {
        Ok(self.act(Method::POST, path, body, what).await?.body)
    }

    /// Performs an action, with an idempotency key made of this form and `what`. The API keeps a key longer than a
    /// session lasts, so a form that is sent again has no second effect; it is then said that the answer is an earlier one.
    pub(crate) async fn act(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        what: &str,
    ) -> Result<Done, ApiError> {
        let key = self.key.as_ref().map(|key| format!("{key}-{what}"));
        self.api.act(method, path, body, key.as_deref()).await
    }

    /// The non-empty fields of the form, as members of a body.
    pub(crate) fn fields(&self, names: &[&str]) -> Value {
        let given = names.iter().filter_map(|name| {
            let value = self.request.field(name)?;
            Some(((*name).to_owned(), json!(value)))
        });
        Value::Object(given.collect::<Map<_, _>>())
    }
}

/// Parses a response of the API into the type for a page.
pub(crate) fn read<T: DeserializeOwned>(status: u16, answer: Value) -> Result<T, ApiError> {
    serde_json::from_value(answer).map_err(|error| ApiError::Unreadable(status, error))
}

/// The path of a page of a list, with up to `limit` entries.
pub(crate) fn with_cursor(path: &str, limit: usize, cursor: Option<&str>) -> String {
    let (path, filter) = path.split_once('?').unwrap_or((path, ""));
    let filter = if filter.is_empty() {
        String::new()
    } else {
        format!("&{filter}")
    };
    let mut path = format!("{path}?limit={limit}{filter}");
    if let Some(cursor) = cursor {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("cursor", cursor)
            .finish();
        path = format!("{path}&{query}");
    }
    path
}
