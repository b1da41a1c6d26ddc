//! The HTTP API, called with the token of the person who is signed in.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::fetch::{Fetch, FetchError};

/// The API for one person.
#[derive(Debug)]
pub(crate) struct Api<'a, F> {
    fetch: &'a F,
    url: &'a str,
    token: &'a str,
}

/// What the API has answered to an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    /// The body; `null` if there is none.
    pub(crate) body: Value,
    /// Whether this is the answer to an earlier request with the same key.
    pub(crate) is_repeated: bool,
    /// Whether the action has created what it returns (status 201 or 202).
    pub(crate) has_created: bool,
}

/// A problem that the API returned (RFC 9457).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The kind, for programs.
    pub(crate) code: String,
    /// The kind, for people.
    pub(crate) title: String,
    /// What is wrong in this request, for people.
    pub(crate) detail: String,
    /// A domain that was possibly meant.
    pub(crate) suggestion: Option<String>,
    /// The identifier by which Lasso support finds the request.
    pub(crate) request_id: Option<String>,
}

/// A request to the API failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The API does not accept the token.
    #[error("the API does not take the token")]
    SignedOut,
    /// The API refused the request.
    #[error("the API refuses: {}", .0.code)]
    Problem(Box<Problem>),
    /// There was no response.
    #[error("the API did not answer")]
    NoAnswer(#[from] FetchError),
    /// The response does not have the documented form.
    #[error("the API's answer cannot be read (status {0})")]
    Unreadable(u16, #[source] serde_json::Error),
}

impl<F> Clone for Api<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Api<'_, F> {}

impl<'a, F: Fetch> Api<'a, F> {
    /// The API at `url`, for the person with this token.
    pub(crate) fn new(fetch: &'a F, url: &'a str, token: &'a str) -> Self {
        Self { fetch, url, token }
    }

    /// Reads a resource.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        let answer = self.document(path).await?;
        read(answer.status(), answer.body())
    }

    /// Reads a document, with its media type.
    pub(crate) async fn document(&self, path: &str) -> Result<Response<Vec<u8>>, ApiError> {
        let answer = self.send(Method::GET, path, None, None).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(refusal(&answer))
    }

    /// Performs an action. With the same `key` it is performed only once.
    pub(crate) async fn act(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Done, ApiError> {
        let answer = self.send(method, path, body, key).await?;
        if !answer.status().is_success() {
            return Err(refusal(&answer));
        }
        let body = if answer.body().is_empty() {
            Value::Null
        } else {
            read(answer.status(), answer.body())?
        };
        Ok(Done {
            body,
            is_repeated: answer.headers().contains_key("idempotent-replayed"),
            has_created: matches!(answer.status(), StatusCode::CREATED | StatusCode::ACCEPTED),
        })
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Response<Vec<u8>>, ApiError> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header(AUTHORIZATION, format!("Bearer {}", self.token));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = request
            .body(body.into_bytes())
            .map_err(|error| FetchError::NoAnswer(Box::new(error)))?;
        Ok(self.fetch.send(request).await?)
    }
}

fn read<T: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::Unreadable(status.as_u16(), error))
}

fn refusal(answer: &Response<Vec<u8>>) -> ApiError {
    let status = answer.status();
    if status == StatusCode::UNAUTHORIZED {
        return ApiError::SignedOut;
    }
    // Errors of API Gateway itself are not problem details.
    let read: Option<Problem> = serde_json::from_slice(answer.body()).ok();
    let mut problem = read.unwrap_or_default();
    problem.status = status.as_u16();
    if problem.detail.is_empty() {
        let (title, detail) = if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
        {
            (
                "The service does not answer just now",
                "Try again in a moment.",
            )
        } else {
            (
                "The request was refused",
                "The request was refused. Nothing was changed.",
            )
        };
        title.clone_into(&mut problem.title);
        detail.clone_into(&mut problem.detail);
    }
    ApiError::Problem(Box::new(problem))
}
