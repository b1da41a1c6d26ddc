//! The pages and decisions of Lasso support.

use askama::Template;
use http::StatusCode;
use serde_json::{Value, json};

use crate::api::ApiError;
use crate::client::{told, with_cursor};
use crate::fetch::Fetch;
use crate::place::{Place, readable};
use crate::reply::{Outcome, View};
use crate::types::{List, Summary};
use crate::view::{self, Row};
use crate::{Failure, Visit, words};

impl<F: Fetch> Visit<'_, F> {
    pub(crate) async fn staff(&self, is_post: bool, rest: &[&str]) -> Result<Outcome, Failure> {
        if !self.person.is_support {
            return Err(Failure::NoPage);
        }
        match (is_post, rest) {
            (false, []) => self.queue().await,
            (false, ["clients"]) => {
                let client = self.request.query("client").unwrap_or_default().trim();
                if client.is_empty() {
                    return Ok(Outcome::Go("/staff".to_owned(), None));
                }
                let to = format!("/staff/clients/{}", words::path_part(client));
                Ok(Outcome::Go(to, None))
            }
            (false, ["clients", client]) => self.of_client(client).await,
            (_, ["clients", client, "domains", domain, rest @ ..]) => {
                let place = Place::of_client(client, domain);
                self.domain(&place, is_post, rest).await
            }
            (true | false, _) => Err(Failure::NoPage),
        }
    }

    async fn queue(&self) -> Result<Outcome, Failure> {
        let query = |name: &str| self.request.query(name).map(str::trim);
        let search = query("domain").unwrap_or_default();
        let waiting_for = match query("waiting_for") {
            Some("client") => "client",
            Some(_) | None => "lasso",
        };
        let filter = if search.is_empty() {
            format!("waiting_for={waiting_for}")
        } else {
            form_urlencoded::Serializer::new(String::new())
                .append_pair("domain", search)
                .finish()
        };
        let path = with_cursor(
            &format!("/staff/domains?limit=50&{filter}"),
            query("cursor"),
        );
        let list: List<Summary> = self.api.get(&path).await?;
        let tab = |waiting, label| {
            let here = search.is_empty() && waiting == waiting_for;
            (format!("/staff?waiting_for={waiting}"), label, here)
        };
        let found = format!("Domains at, above and below {search}");
        let (heading, empty) = match (search, waiting_for) {
            ("", "client") => ("Waiting for clients", "No client has anything to do."),
            ("", _) => ("Waiting for Lasso", "Nothing waits for Lasso support."),
            _ => (found.as_str(), "No client has this name, or claims it."),
        };
        let rows = list.items.iter().map(|item| Row::queued(item, self.now));
        let main = view::Queue {
            said: &self.said,
            search,
            tabs: vec![
                tab("lasso", "Waiting for Lasso"),
                tab("client", "Waiting for clients"),
            ],
            heading,
            empty,
            rows: rows.collect(),
            next_page: list
                .next_cursor
                .map(|cursor| format!("/staff?{filter}&cursor={cursor}")),
            reconciliation: list.reconciliation,
        };
        let view = View {
            title: heading.to_owned(),
            main: main.render()?,
            refresh_seconds: Some(30),
            has_no_fields: false,
        };
        Ok(Outcome::Page(StatusCode::OK, view))
    }

    async fn of_client(&self, client: &str) -> Result<Outcome, Failure> {
        let base = format!("/staff/clients/{client}");
        let path = format!("{base}/domains?limit=50");
        let path = with_cursor(&path, self.request.query("cursor"));
        let list: List<Summary> = self.api.get(&path).await?;
        let name = readable(client);
        let rows = list.items.iter();
        let main = view::Domains {
            base: &base,
            add_path: "",
            client: &name,
            can_add: false,
            said: &self.said,
            forms: self.forms,
            typed: "",
            community: "",
            contact: "",
            problem: None,
            rows: rows.map(|item| Row::of(item, Some(&base))).collect(),
            next_page: list
                .next_cursor
                .map(|cursor| format!("{base}?cursor={cursor}")),
        };
        Ok(Outcome::page(&format!("Domains of {name}"), main.render()?))
    }

    /// Decisions that only Lasso support can make.
    pub(crate) async fn decide(&self, place: &Place, decision: &str) -> Result<Outcome, Failure> {
        let name = &place.domain;
        let client = &place.client;
        let outcome = match decision {
            "complete" => {
                let done = self.post(&place.under("complete"), None, decision).await;
                told(place, done, |_| format!("Lasso sends for {name} now."))
            }
            "reject" => {
                let chosen = self.request.field("choice");
                let reason = self.request.field("reason").or(chosen);
                let body = json!({ "reason": reason.unwrap_or_default() });
                let done = self.decided(place, "reject", &body).await;
                told(place, done, |_| {
                    format!("{name} was rejected. {client} reads the reason.")
                })
            }
            "adopt" => {
                let body = self.fields(&["reason"]);
                let done = self.decided(place, "adopt", &body).await;
                told(place, done, |_| {
                    format!("The identity of {name} belongs to {client} now.")
                })
            }
            "grant" => {
                let mut body = self.fields(&["reason", "confirm"]);
                body["decision"] = json!("grant");
                let done = self.decided(place, "release", &body).await;
                told(place, done, |_| format!("{name} now goes to {client}."))
            }
            "release" => {
                let body = self.fields(&["reason", "confirm"]);
                let done = self.decided(place, "release", &body).await;
                told(place, done, |_| format!("The claim of {client} was ended."))
            }
            _other => Err(Failure::NoPage),
        };
        Ok(outcome?.with_typed(self.request, &["reason"]))
    }

    async fn decided(&self, place: &Place, call: &str, body: &Value) -> Result<Value, ApiError> {
        self.post(&place.under(call), Some(body), call).await
    }
}
