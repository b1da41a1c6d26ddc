//! Responses.

use domain_auth::handoff::Document;
use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::{Body, Response};
use serde::Serialize;

use crate::caching::NO_STORE;
use crate::problem::ApiError;
use crate::request::ParsedRequest;

/// An answer as the handlers give it.
pub type Reply = Response<String>;

/// The octets of an answer that is not text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Octets(pub(crate) &'static [u8]);

/// A JSON body. It is private to the caller, so no cache may keep it.
pub fn json(status: StatusCode, body: &impl Serialize) -> Reply {
    match serde_json::to_string(body) {
        Ok(body) => reply(status, "application/json", body),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a body has no JSON"
            );
            reply(
                StatusCode::INTERNAL_SERVER_ERROR,
                "application/problem+json",
                String::new(),
            )
        }
    }
}

/// A JSON body that the caller may keep for a minute.
pub fn json_for_a_minute(status: StatusCode, body: &impl Serialize) -> Reply {
    let mut reply = json(status, body);
    reply.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=60"),
    );
    reply
}

/// A JSON text that is the same for all callers, and may be kept for five minutes: as `gzipped` if the
/// caller takes gzip (RFC 9110 section 12.5.3).
pub fn json_for_everybody(
    request: &ParsedRequest,
    text: &'static str,
    gzipped: &'static [u8],
) -> Reply {
    let accepted = request.header(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|accepted| accepted.to_str().ok());
    let takes_gzip = accepted.is_some_and(takes_gzip);
    let body = if takes_gzip { "" } else { text };
    let mut reply = reply(StatusCode::OK, "application/json", body.to_owned());
    let headers = reply.headers_mut();
    let for_everybody = HeaderValue::from_static("public, max-age=300");
    headers.insert(header::CACHE_CONTROL, for_everybody);
    let vary = HeaderValue::from_static("Accept-Encoding");
    headers.insert(header::VARY, vary);
    if takes_gzip {
        let gzip = HeaderValue::from_static("gzip");
        headers.insert(header::CONTENT_ENCODING, gzip);
        reply.extensions_mut().insert(Octets(gzipped));
    }
    reply
}

/// Whether an `Accept-Encoding` names gzip, or all codings, and does not weigh it 0.
fn takes_gzip(accepted: &str) -> bool {
    let weight = |wanted: &str| {
        accepted.split(',').find_map(|coding| {
            let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
            let weight = parameters.trim().strip_prefix("q=");
            let weight = weight.map_or(Ok(1.0), str::parse::<f32>);
            name.trim()
                .eq_ignore_ascii_case(wanted)
                .then(|| weight.unwrap_or(0.0))
        })
    };
    weight("gzip")
        .or(weight("*"))
        .is_some_and(|weight| weight > 0.0)
}

/// An answer without a body.
pub fn no_content() -> Reply {
    let mut reply = Response::new(String::new());
    *reply.status_mut() = StatusCode::NO_CONTENT;
    let no_store = HeaderValue::from_static(NO_STORE);
    reply.headers_mut().insert(header::CACHE_CONTROL, no_store);
    reply
}

/// A document in another format, under a name for saving it.
pub fn document(document: Document) -> Reply {
    let mut reply = reply(StatusCode::OK, document.content_type, document.body);
    let disposition = format!("inline; filename=\"{}\"", document.file_name);
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        reply
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, disposition);
    }
    reply
}

/// The answer to a request that `handling` gives. If the caller may not call the operation, or its query
/// string has a parameter that the operation does not take, it is refused, and nothing is handled.
pub async fn reply_to(
    request: &ParsedRequest,
    handling: impl Future<Output = Result<Reply, ApiError>>,
) -> Reply {
    let handled = match request.authorize().and_then(|()| request.check_query()) {
        Ok(()) => handling.await,
        Err(error) => Err(error),
    };
    handled.unwrap_or_else(|error| problem(error, request))
}

/// The answer in the form that `lambda_http` sends.
pub(crate) fn sent(reply: Reply) -> Response<Body> {
    let (parts, text) = reply.into_parts();
    let body = match parts.extensions.get::<Octets>() {
        Some(Octets(octets)) => Body::from(*octets),
        None => Body::from(text),
    };
    Response::from_parts(parts, body)
}

/// A problem. An error of the service is logged here, and nowhere else.
pub fn problem(error: ApiError, request: &ParsedRequest) -> Reply {
    let request_id = request.id();
    if let Some(cause) = error.cause() {
        tracing::error!(error = cause, request_id, "a request failed on our side");
    }
    let mut problem = error.into_problem();
    if problem.status >= 500 {
        problem.request_id = request_id.map(str::to_owned);
    }
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = json(status, &problem);
    let headers = reply.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    reply
}

fn reply(status: StatusCode, content_type: &'static str, body: String) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(NO_STORE));
    reply
}
