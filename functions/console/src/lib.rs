//! The console: pages for Client Administrators and for Lasso support. It makes them from the
//! responses of the HTTP API to the signed-in person. It has no permissions of its own, so it can
//! neither show nor do anything that the API does not allow that person.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod actions;
mod add;
mod api;
mod client;
mod config;
mod cookies;
mod decide_view;
mod domain_view;
mod doubt;
mod entry;
mod fetch;
mod forms;
mod lost;
mod next;
mod oidc;
mod place;
mod refusal;
mod reply;
mod request;
mod seal;
mod session;
mod sign_in;
mod staff;
mod types;
mod view;
mod words;

use std::fmt;

use domain_auth::ports::{Clock, Ids};
use http::{Method, Response, StatusCode};

use api::{Api, ApiError};
use forms::Forms;
use reply::{Outcome, View};
use session::{Person, Session};

pub use config::{ClaimNames, Config, ConfigError, ConsoleUrl, Endpoints, SignInConfig};
pub use cookies::{Cookies, Jar};
pub use entry::run;
pub use fetch::{Fetch, FetchError, Network};
pub use oidc::Oidc;
pub use request::Incoming;
pub use seal::Seal;
pub use session::Sessions;

/// The ports and settings of the handler.
pub struct App<F, C> {
    config: Config,
    oidc: Oidc,
    sessions: Sessions,
    fetch: F,
    clock: C,
    ids: Box<dyn Ids>,
}

impl<F: fmt::Debug, C: fmt::Debug> fmt::Debug for App<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("config", &self.config)
            .field("fetch", &self.fetch)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

/// A request of a signed-in person.
pub(crate) struct Visit<'a, F> {
    pub(crate) request: &'a Incoming,
    pub(crate) person: &'a Person,
    pub(crate) api: Api<'a, F>,
    pub(crate) forms: Forms<'a>,
    /// HTML of the flash message that the previous request set.
    pub(crate) said: String,
    /// The idempotency key of the submitted form; `None` for a GET.
    pub(crate) key: Option<String>,
    pub(crate) now: jiff::Timestamp,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The address does not exist.
    #[error("there is no such page")]
    NoPage,
    /// The request to the API failed.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A page cannot be rendered.
    #[error("a page cannot be rendered")]
    Render(#[from] askama::Error),
}

impl<F: Fetch, C: Clock> App<F, C> {
    /// With this configuration.
    pub fn new(config: Config, fetch: F, clock: C, ids: impl Ids + 'static) -> Self {
        let seal = Seal::new(&config.secret, &config.sign_in.client_id);
        Self {
            oidc: Oidc::new(config.sign_in.clone(), config.console.clone()),
            sessions: Sessions::new(seal, Cookies::new(config.console.is_secure())),
            config,
            fetch,
            clock,
            ids: Box::new(ids),
        }
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Incoming) -> Response<String> {
        let answer = match request.segments() {
            Some(parts) if parts == ["sign-in"] => self.begin_sign_in(request).await,
            Some(parts) if parts == ["callback"] => self.end_sign_in(request).await,
            Some(parts) => self.inside(request, &parts).await,
            None => self.message(StatusCode::NOT_FOUND, NO_PAGE.0, NO_PAGE.1),
        };
        let mut response = answer.unwrap_or_else(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a page cannot be rendered"
            );
            let mut response = Response::new("This page cannot be shown.".to_owned());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        });
        if request.is_head {
            response.body_mut().clear();
        }
        response
    }

    /// The pages for signed-in people.
    async fn inside(
        &self,
        request: &Incoming,
        parts: &[&str],
    ) -> Result<Response<String>, askama::Error> {
        let Some((session, mut cookies)) = self.session_of(request).await else {
            return self.signed_out(request);
        };
        if request.is_too_long {
            return self.message(StatusCode::PAYLOAD_TOO_LARGE, TOO_LONG.0, TOO_LONG.1);
        }
        let forms = Forms::new(self.sessions.seal(), &session, &*self.ids);
        let key = match &request.method {
            &Method::POST => match forms.key(request, self.config.console.origin()) {
                Ok(key) => Some(key),
                Err(forged) => {
                    tracing::warn!(
                        error = &forged as &dyn std::error::Error,
                        "a form is refused"
                    );
                    return self.message(StatusCode::FORBIDDEN, FORGED.0, FORGED.1);
                }
            },
            _read => None,
        };
        if parts == ["sign-out"] && key.is_some() {
            return self.sign_out(&session).await;
        }
        let flash = self.sessions.flash(&request.jar, &session, &request.path);
        let person = session.person(&self.config.claims);
        let visit = Visit {
            request,
            person: &person,
            api: Api::new(&self.fetch, &self.config.api_url, session.token()),
            forms,
            said: flash.as_ref().map(said).transpose()?.unwrap_or_default(),
            key,
            now: self.clock.now(),
        };
        let outcome = match visit.answer(parts).await {
            Ok(outcome) => outcome,
            Err(Failure::Api(ApiError::SignedOut)) => return self.signed_out(request),
            Err(Failure::Render(error)) => return Err(error),
            Err(failure) => failed(&failure)?,
        };
        if flash.is_some() {
            cookies.extend(self.sessions.forget_flash());
        }
        self.answered(outcome, &person, forms, &session, cookies)
    }

    fn answered(
        &self,
        outcome: Outcome,
        person: &Person,
        forms: Forms<'_>,
        session: &Session,
        mut cookies: Vec<String>,
    ) -> Result<Response<String>, askama::Error> {
        let mut response = match outcome {
            Outcome::Page(status, view) => {
                let top = askama::Template::render(&view::Top { person, forms })?;
                reply::page(
                    status,
                    &view,
                    &top,
                    &forms.of_session(),
                    &self.config.frame_ancestors,
                )?
            }
            Outcome::Go(to, flash) => {
                if let Some(flash) = flash {
                    cookies.extend(self.sessions.leave_flash(session, &to, &flash));
                }
                reply::see_other(&to)
            }
            Outcome::File(answer, name) => file(answer, &name),
        };
        reply::set_cookies(&mut response, &cookies);
        Ok(response)
    }

    /// A page without a session.
    fn message(
        &self,
        status: StatusCode,
        title: &str,
        text: &str,
    ) -> Result<Response<String>, askama::Error> {
        let main = askama::Template::render(&view::Message {
            title,
            text,
            request_id: None,
            link: Some(("/", "Domains")),
        })?;
        self.outside(status, title, main)
    }

    fn outside(
        &self,
        status: StatusCode,
        title: &str,
        main: String,
    ) -> Result<Response<String>, askama::Error> {
        let view = View {
            title: title.to_owned(),
            main,
            ..View::default()
        };
        let top = "<span class=\"brand\">Lasso Domain Authentication</span>";
        reply::page(status, &view, top, "", &self.config.frame_ancestors)
    }
}

const NO_PAGE: (&str, &str) = (
    "There is no such page",
    "The console has no page at this address, or the domain is not in your list. It may have been removed.",
);
const TOO_LONG: (&str, &str) = (
    "This form is too long",
    "There is more text in it than the service accepts. Nothing was changed. Go back to the page and shorten what you typed.",
);
const FORGED: (&str, &str) = (
    "This form can no longer be used",
    "It was made for another session. Nothing was changed. Go back to the page, load it again and send it again.",
);

fn said(flash: &session::Flash) -> Result<String, askama::Error> {
    #[derive(askama::Template)]
    #[template(
        source = "<div id=\"told\" class=\"notice {{ flash.tone }}\" role=\"status\"><p>{{ flash.text }}</p>\
                  {% if let Some(copy) = flash.copy %}<p class=\"copied\"><code id=\"copy\">{{ copy }}</code> \
                  <button type=\"button\" class=\"copy quiet\">Copy</button></p>{% endif %}</div>",
        ext = "html"
    )]
    struct Said<'a> {
        flash: &'a session::Flash,
    }
    askama::Template::render(&Said { flash })
}

/// A page about the failure. The API's own text is shown to the person.
fn failed(failure: &Failure) -> Result<Outcome, askama::Error> {
    let log = || {
        tracing::warn!(
            error = failure as &dyn std::error::Error,
            "the API has not answered a page"
        );
    };
    let away = (
        StatusCode::BAD_GATEWAY,
        "The service does not answer just now",
        "Nothing was lost. Try again in a moment.",
        None,
    );
    let (status, title, text, request_id) = match failure {
        Failure::NoPage => (StatusCode::NOT_FOUND, NO_PAGE.0, NO_PAGE.1, None),
        Failure::Api(ApiError::Problem(problem)) if problem.status == 404 => {
            (StatusCode::NOT_FOUND, NO_PAGE.0, NO_PAGE.1, None)
        }
        Failure::Api(ApiError::Problem(problem)) => {
            let status = StatusCode::from_u16(problem.status);
            (
                status.unwrap_or(StatusCode::BAD_GATEWAY),
                problem.title.as_str(),
                problem.detail.as_str(),
                problem.request_id.as_deref(),
            )
        }
        Failure::Api(ApiError::NoAnswer(_) | ApiError::Unreadable(..) | ApiError::SignedOut) => {
            log();
            away
        }
        Failure::Render(_) => away,
    };
    let main = askama::Template::render(&view::Message {
        title,
        text,
        request_id,
        link: Some(("/", "Domains")),
    })?;
    let view = View {
        title: title.to_owned(),
        main,
        ..View::default()
    };
    Ok(Outcome::Page(status, view))
}

/// A file to download. It is never shown as a page of the console.
fn file(answer: Response<Vec<u8>>, name: &str) -> Response<String> {
    let (parts, body) = answer.into_parts();
    let mut response = Response::new(String::from_utf8_lossy(&body).into_owned());
    let kind = parts.headers.get(http::header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok());
    for (header, value) in [
        ("content-type", kind.unwrap_or("text/plain; charset=utf-8")),
        (
            "content-disposition",
            &format!("attachment; filename=\"{name}\""),
        ),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        reply::put(&mut response, header, value);
    }
    response
}

#[cfg(test)]
mod tests;
