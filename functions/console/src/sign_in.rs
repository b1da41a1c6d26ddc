//! Signing in and out, and continuing a session.

use askama::Template;
use domain_auth::ports::Clock;
use http::{Method, Response, StatusCode};

use crate::fetch::Fetch;
use crate::oidc::{Callback, SignInError};
use crate::request::Incoming;
use crate::session::{Age, Session};
use crate::{App, reply, view};

impl<F: Fetch, C: Clock> App<F, C> {
    /// Sends the browser to the issuer.
    pub(crate) async fn begin_sign_in(
        &self,
        request: &Incoming,
    ) -> Result<Response<String>, askama::Error> {
        let to = request.query("to").filter(|to| is_page(to)).unwrap_or("/");
        let begun = self
            .oidc
            .begin(&self.fetch, &*self.ids, self.clock.now(), to.to_owned());
        match begun.await {
            Ok((url, sign_in)) => {
                let mut response = reply::see_other(&url);
                reply::set_cookies(
                    &mut response,
                    &self.sessions.keep_sign_in(&request.jar, &sign_in),
                );
                Ok(response)
            }
            Err(error) => self.not_signed_in(&error, to),
        }
    }

    /// Makes a session from the parameters with which the issuer sends the browser back.
    pub(crate) async fn end_sign_in(
        &self,
        request: &Incoming,
    ) -> Result<Response<String>, askama::Error> {
        let text = |name| request.query(name).map(str::to_owned);
        let callback = Callback {
            code: text("code"),
            state: text("state"),
            error: text("error"),
        };
        let state = request.query("state").unwrap_or_default();
        let begun = self.sessions.sign_in(&request.jar, state);
        let tokens = self
            .oidc
            .end(&self.fetch, &self.clock, begun.as_ref(), callback);
        let tokens = match tokens.await {
            Ok(tokens) => tokens,
            Err(error) => {
                let wanted = begun.as_ref().map_or("/", |begun| &begun.to);
                let mut response = self.not_signed_in(&error, wanted)?;
                reply::set_cookies(&mut response, &self.sessions.forget_sign_in(state));
                return Ok(response);
            }
        };
        let session = Session::begin(tokens, &*self.ids, self.clock.now());
        let Some(cookies) = self.sessions.keep(&session) else {
            tracing::error!("the tokens of the issuer are too long for cookies");
            return self.message(
                StatusCode::BAD_GATEWAY,
                "You are not signed in",
                "The tokens of your organization's sign-in are too long for this console. Tell Lasso support.",
            );
        };
        let to = begun.map(|begun| begun.to).filter(|to| is_page(to));
        let mut response = reply::see_other(to.as_deref().unwrap_or("/"));
        reply::set_cookies(&mut response, &cookies);
        reply::set_cookies(&mut response, &self.sessions.forget_sign_in(state));
        Ok(response)
    }

    /// The page after a sign-in that failed. Its button begins another, which leads to the page that the person wanted.
    fn not_signed_in(
        &self,
        error: &SignInError,
        wanted: &str,
    ) -> Result<Response<String>, askama::Error> {
        tracing::warn!(
            error = error as &dyn std::error::Error,
            "the sign-in failed"
        );
        let (status, text) = match error {
            SignInError::NotBegun | SignInError::OtherState => (
                StatusCode::BAD_REQUEST,
                "The sign-in took too long, or began in another window.",
            ),
            SignInError::Refused(_) => (StatusCode::FORBIDDEN, "The sign-in was not completed."),
            SignInError::Token(_) | SignInError::NoIdToken => (
                StatusCode::BAD_GATEWAY,
                "The response of the sign-in cannot be trusted.",
            ),
            SignInError::Endpoint(_) | SignInError::Issuer(..) => (
                StatusCode::BAD_GATEWAY,
                "The sign-in does not answer just now.",
            ),
        };
        let title = "You are not signed in";
        let again = sign_in_to(wanted);
        let main = view::Message {
            title,
            text,
            request_id: None,
            link: Some((&again, "Sign in")),
        };
        self.outside(status, title, main.render()?)
    }

    /// The session of a request, with new tokens if they are due, and the cookies to set in that
    /// case.
    pub(crate) async fn session_of(&self, request: &Incoming) -> Option<(Session, Vec<String>)> {
        let session = self.sessions.session(&request.jar)?;
        let now = self.clock.now();
        match session.age(now) {
            Age::Fresh => Some((session, Vec::new())),
            Age::Over => None,
            Age::Refresh => {
                let (token, subject) = session.refresh_token()?;
                match self
                    .oidc
                    .refresh(&self.fetch, &self.clock, token, subject)
                    .await
                {
                    Ok(tokens) => {
                        let session = session.refreshed(tokens);
                        let cookies = self.sessions.keep(&session)?;
                        Some((session, cookies))
                    }
                    Err(error) => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "a session is not refreshed"
                        );
                        session.has_good_token(now).then_some((session, Vec::new()))
                    }
                }
            }
        }
    }

    /// The page for a person without a session, or whose session has ended.
    pub(crate) fn signed_out(&self, request: &Incoming) -> Result<Response<String>, askama::Error> {
        let mut response = if request.method == Method::GET && request.is_for_a_page() {
            reply::see_other(&sign_in_to(&request.address()))
        } else {
            // A page, not a redirect: `form-action` of the previous page would not allow a redirect to the
            // issuer.
            let title = "Your session has ended";
            // The address that a form is sent to seldom has a page. The subject of the form has one.
            let wanted = if request.method == Method::GET {
                request.address()
            } else {
                page_above(&request.path)
            };
            let again = sign_in_to(&wanted);
            let main = view::Message {
                title,
                text: "Nothing was changed. Sign in, and send the form again.",
                request_id: None,
                link: Some((&again, "Sign in")),
            };
            self.outside(StatusCode::UNAUTHORIZED, title, main.render()?)?
        };
        reply::set_cookies(&mut response, &self.sessions.forget());
        Ok(response)
    }

    /// Ends the session here, and sends the browser on to end it with the issuer.
    pub(crate) async fn sign_out(
        &self,
        session: &Session,
    ) -> Result<Response<String>, askama::Error> {
        if let Some((token, _)) = session.refresh_token() {
            self.oidc.revoke(&self.fetch, token).await;
        }
        let title = "You are signed out";
        let main = view::Message {
            title,
            text: "Close the window if others use this computer, too.",
            request_id: None,
            link: Some(("/sign-in", "Sign in")),
        };
        let mut response = self.outside(StatusCode::OK, title, main.render()?)?;
        reply::set_cookies(&mut response, &self.sessions.forget());
        reply::set_cookies(&mut response, &self.sessions.forget_flash());
        if let Some(url) = self.oidc.end_session(&self.fetch).await {
            // Not a redirect: `form-action` of the previous page would not allow it.
            reply::put(&mut response, "refresh", &format!("0; url={url}"));
        }
        Ok(response)
    }
}

/// The URL that begins a sign-in and then returns to this page, or to `/` if the page is not in the console.
fn sign_in_to(page: &str) -> String {
    let path = page.split('?').next().unwrap_or_default();
    let to = [page, path, "/"].into_iter().find(|to| is_page(to));
    let to = form_urlencoded::Serializer::new(String::new())
        .append_pair("to", to.unwrap_or("/"))
        .finish();
    format!("/sign-in?{to}")
}

/// The page of the domain that a form is about, or `/`.
fn page_above(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["", "domains", _, _, ..] => parts[..3].join("/"),
        ["", "staff", "clients", _, "domains", _, _, ..] => parts[..6].join("/"),
        _other => "/".to_owned(),
    }
}

/// Whether it is the address of a page of the console: a path that no browser treats as another
/// host.
fn is_page(to: &str) -> bool {
    let is_path = to.starts_with('/') && !to.starts_with("//");
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~?=&%".contains(c);
    is_path && to.len() <= 1_000 && to.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::is_page;

    #[test]
    fn only_console_paths_are_accepted_as_return_targets() {
        for to in [
            "/",
            "/domains/example.com",
            "/staff?waiting_for=client",
            "/staff/clients/a~2Fb",
        ] {
            assert!(is_page(to), "{to}");
        }
        for to in [
            "",
            "domains",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/a\r\nSet-Cookie: x=y",
            "\\\\evil.example",
            "/@evil.example:443/",
        ] {
            assert!(!is_page(to), "{to}");
        }
    }
}
