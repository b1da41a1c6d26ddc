//! Responses to a browser.

use domain_auth_pages::{Frame, Referrer, headers};
use http::header::{CACHE_CONTROL, HeaderName, HeaderValue, LOCATION, SET_COOKIE};
use http::{Response, StatusCode};

use crate::session::Flash;

/// The content of a page, without the layout around it.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    pub(crate) title: String,
    pub(crate) main: String,
    pub(crate) refresh_seconds: Option<u32>,
    /// It has no field that a person types into.
    pub(crate) has_no_fields: bool,
}

/// The result of a handler.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A page.
    Page(StatusCode, View),
    /// A redirect to another page, which shows this flash message.
    Go(String, Option<Flash>),
    /// A file.
    File(Response<Vec<u8>>, String),
}

impl Outcome {
    pub(crate) fn page(title: &str, main: String) -> Self {
        let view = View {
            title: title.to_owned(),
            main,
            ..View::default()
        };
        Self::Page(StatusCode::OK, view)
    }

    /// A redirect to `to` with a flash message that the action succeeded.
    pub(crate) fn done(to: &str, text: impl Into<String>) -> Self {
        Self::said(to, "good", text)
    }

    /// A redirect to `to` with a flash message about the reason of a refusal.
    pub(crate) fn refused(to: &str, text: impl Into<String>) -> Self {
        Self::said(to, "bad", text)
    }

    pub(crate) fn said(to: &str, tone: &str, text: impl Into<String>) -> Self {
        let flash = Flash {
            tone: tone.to_owned(),
            text: text.into(),
            ..Flash::default()
        };
        Self::Go(to.to_owned(), Some(flash))
    }

    /// Adds a text to the message, which the person can copy.
    pub(crate) fn with_copy(self, text: String) -> Self {
        match self {
            Self::Go(to, Some(flash)) => Self::Go(
                to,
                Some(Flash {
                    copy: Some(text),
                    ..flash
                }),
            ),
            other @ (Self::Page(..) | Self::Go(..) | Self::File(..)) => other,
        }
    }

    /// A page as the response to a form that was refused with this status. It has no address from which it could be
    /// fetched again.
    pub(crate) fn with_status(self, status: u16) -> Self {
        match self {
            Self::Page(_, view) => Self::Page(
                StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY),
                View {
                    refresh_seconds: None,
                    ..view
                },
            ),
            other @ (Self::Go(..) | Self::File(..)) => other,
        }
    }
}

/// A page in its frame, with its headers.
pub(crate) fn page(
    status: StatusCode,
    view: &View,
    top: &str,
    session: &str,
    frame_ancestors: &str,
) -> Result<Response<String>, askama::Error> {
    let frame = Frame {
        title: &format!("{} – Lasso Domain Authentication", view.title),
        top,
        main: &view.main,
        foot: "",
        session,
        reloads_without_script: view.has_no_fields,
        refresh_seconds: view.refresh_seconds,
        address: "",
    };
    let mut response = Response::new(frame.render()?);
    *response.status_mut() = status;
    for (name, value) in headers(frame_ancestors, Referrer::SameOrigin) {
        put(&mut response, name, &value);
    }
    Ok(response)
}

/// A redirect to another page with GET.
pub(crate) fn see_other(to: &str) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    put(&mut response, LOCATION.as_str(), to);
    put(&mut response, CACHE_CONTROL.as_str(), "no-store");
    response
}

pub(crate) fn put(response: &mut Response<String>, name: &str, value: &str) {
    let name = HeaderName::from_bytes(name.as_bytes());
    if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
        response.headers_mut().insert(name, value);
    }
}

pub(crate) fn set_cookies(response: &mut Response<String>, lines: &[String]) {
    for line in lines {
        if let Ok(line) = HeaderValue::from_str(line) {
            response.headers_mut().append(SET_COOKIE, line);
        }
    }
}
