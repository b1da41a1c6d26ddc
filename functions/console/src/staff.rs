//! The pages and decisions of Lasso support.

use askama::Template;
use domain_auth::names::{DomainName, InvalidReason};
use http::StatusCode;
use serde_json::{Value, json};

use crate::api::ApiError;
use crate::fetch::Fetch;
use crate::place::{self, Place, readable};
use crate::refusal::refusal;
use crate::reply::{Outcome, View};
use crate::types::{List, Summary};
use crate::view::{self, Row};
use crate::{Failure, Visit};

/// How a client is found, for a person who has its name.
pub(crate) const IDENTIFIERS: &str = "A client is found by its identifier, such as maple-homes, and not by its name. \
     If you do not have the identifier, look for one of the client’s domains.";

fn no_client(identifier: &str) -> Outcome {
    let text = format!("There is no client with the identifier “{identifier}”. {IDENTIFIERS}");
    Outcome::refused("/staff", text)
}

/// The domain in the text that Lasso support looks for, if it is not the text itself.
fn meant(search: &str) -> Option<DomainName> {
    let error = DomainName::parse_for_sending(search).err()?;
    // A name that cannot be added today may have been added before.
    let is_name = DomainName::parse_held(search).is_ok();
    if is_name && error.reason != InvalidReason::WwwHost {
        return None;
    }
    let ineligible = error.ineligible.map(|(name, _)| name);
    error.suggestion.or(ineligible)
}

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
                Ok(match place::of_client(client) {
                    Some(to) => Outcome::Go(to, None),
                    None => no_client(client),
                })
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
        if let Some(name) = meant(search) {
            let found = form_urlencoded::Serializer::new(String::new())
                .append_pair("domain", name.as_str())
                .finish();
            let text = format!("“{search}” was read as {}.", name.to_unicode());
            return Ok(Outcome::said(&format!("/staff?{found}"), "wait", text));
        }
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
        let path = format!("/staff/domains?{filter}");
        let main = self.fitting(&path, query("cursor"), |list: &List<Summary>| {
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
                    .as_ref()
                    .map(|cursor| format!("/staff?{filter}&cursor={cursor}")),
                reconciliation: list.reconciliation.as_ref(),
            };
            main.render()
        });
        let main = match main.await {
            Ok(main) => main,
            Err(Failure::Api(ApiError::Problem(problem))) if !search.is_empty() => {
                let text = format!("“{search}” was not looked for: {}", refusal(&problem));
                return Ok(Outcome::refused("/staff", text));
            }
            Err(failure) => return Err(failure),
        };
        let view = View {
            title: heading.to_owned(),
            main,
            refresh_seconds: Some(30),
            has_no_fields: false,
        };
        Ok(Outcome::Page(StatusCode::OK, view))
    }

    async fn of_client(&self, client: &str) -> Result<Outcome, Failure> {
        let base = format!("/staff/clients/{client}");
        let name = readable(client);
        let cursor = self.request.query("cursor");
        let main = self
            .fitting(
                &format!("{base}/domains"),
                cursor,
                |list: &List<Summary>| {
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
                            .as_ref()
                            .map(|cursor| format!("{base}?cursor={cursor}")),
                    };
                    main.render()
                },
            )
            .await;
        match main {
            Ok(main) => Ok(Outcome::page(&format!("Domains of {name}"), main)),
            Err(Failure::Api(ApiError::Problem(problem))) if problem.status < 500 => {
                Ok(no_client(&name))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Decisions that only Lasso support can make.
    pub(crate) async fn decide(&self, place: &Place, decision: &str) -> Result<Outcome, Failure> {
        match self.decision(place, decision).await {
            Err(Failure::Api(ApiError::Problem(problem))) => {
                let page = self.again(&problem)?.one(place).await?;
                Ok(page.with_status(problem.status))
            }
            outcome => outcome,
        }
    }

    async fn decision(&self, place: &Place, decision: &str) -> Result<Outcome, Failure> {
        let (domain, client) = (place.name(), &place.client);
        let said = match decision {
            "complete" => {
                self.decided(place, "complete", None).await?;
                format!("Lasso sends for {domain} now.")
            }
            "reject" => {
                let chosen = self.request.field("choice");
                let reason = self.request.field("reason").or(chosen);
                let body = json!({ "reason": reason.unwrap_or_default() });
                self.decided(place, "reject", Some(&body)).await?;
                format!("{domain} was rejected. {client} reads the reason.")
            }
            "adopt" => {
                let body = self.fields(&["reason"]);
                self.decided(place, "adopt", Some(&body)).await?;
                format!("The identity of {domain} belongs to {client} now.")
            }
            "grant" => {
                let mut body = self.fields(&["reason", "confirm"]);
                body["decision"] = json!("grant");
                self.decided(place, "release", Some(&body)).await?;
                format!("{domain} now goes to {client}.")
            }
            "release" => {
                let body = self.fields(&["reason", "confirm"]);
                self.decided(place, "release", Some(&body)).await?;
                format!("The claim of {client} was ended.")
            }
            _other => return Err(Failure::NoPage),
        };
        Ok(Outcome::done(&place.path, said))
    }

    async fn decided(
        &self,
        place: &Place,
        call: &str,
        body: Option<&Value>,
    ) -> Result<(), Failure> {
        self.post(&place.under(call), body, call).await?;
        Ok(())
    }
}
