//! Answers.

use domain_auth::handoff::Document;
use lambda_http::Response;
use lambda_http::http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::problem::ApiError;
use crate::request::ParsedRequest;

/// An answer as the handlers give it.
pub type Reply = Response<String>;

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

/// A JSON text that is the same for everybody, and may be kept for five minutes.
pub fn json_for_everybody(text: &str) -> Reply {
    let mut reply = reply(StatusCode::OK, "application/json", text.to_owned());
    reply.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    );
    reply
}

/// An answer without a body.
pub fn no_content() -> Reply {
    let mut reply = Response::new(String::new());
    *reply.status_mut() = StatusCode::NO_CONTENT;
    let no_store = HeaderValue::from_static("private, no-store");
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

/// A problem. What went wrong on our side is logged here, and nowhere else.
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
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    reply
}
