//! From a Lambda event to a handler and back.

use std::convert::Infallible;
use std::panic;

use lambda_http::lambda_runtime::{self, LambdaEvent};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Error, Request, Service, service_fn};
use serde_json::Value;

use crate::caller::ClaimNames;
use crate::manners::Manners;
use crate::reply::{Reply, sent};
use crate::request::ParsedRequest;
use crate::request_line::{RequestLine, log_panicked};

/// Serves requests with `handler` until the execution environment ends, and logs a line for each.
/// `claims` are the names of the claims, in a function that asks for a token.
pub async fn run<H, F>(claims: Option<ClaimNames>, handler: H) -> Result<(), Error>
where
    H: Fn(ParsedRequest) -> F,
    F: Future<Output = Reply> + Send,
{
    domain_auth_logs::init();
    log_requests_that_panic();
    let serve = |request: Request| {
        let request = ParsedRequest::new(request, claims.as_ref());
        let answer = observed(&handler, request);
        async { Ok::<_, Infallible>(sent(answer.await)) }
    };
    let mut adapter = Adapter::from(service_fn(serve));
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let LambdaEvent { payload, context } = event;
        let request = lambda_request_of(payload);
        let answer = request.map(|request| adapter.call(LambdaEvent::new(request, context)));
        async {
            match answer {
                Ok(answer) => match answer.await {
                    Ok(response) => Ok(response),
                    Err(never) => match never {},
                },
                Err(error) => Err(Error::from(domain_auth_logs::failed(
                    "an event is no request of an HTTP API",
                    &error,
                ))),
            }
        }
    }))
    .await
}

/// Handles one request with `handler` and logs a line. Returns the response as it is sent.
pub fn observed<H, F>(
    handler: &H,
    request: ParsedRequest,
) -> impl Future<Output = Reply> + use<H, F>
where
    H: Fn(ParsedRequest) -> F,
    F: Future<Output = Reply>,
{
    let line = RequestLine::of(&request);
    let manners = Manners::of(&request);
    let context = request.lambda().cloned();
    let answer = handler(request);
    let answer = async move { manners.applied(answer.await) };
    async move { line.observe(context.as_ref(), answer).await }
}

/// After the line about the panic itself.
fn log_requests_that_panic() {
    let log = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        log(info);
        log_panicked();
    }));
}

/// The request in an event of an HTTP API (payload format 2.0), as [`run`] hands it to a handler.
pub fn request_of(event: Value, claims: &ClaimNames) -> Result<ParsedRequest, serde_json::Error> {
    let request = lambda_request_of(event)?;
    Ok(ParsedRequest::new(request.into(), Some(claims)))
}

pub(crate) fn lambda_request_of(mut event: Value) -> Result<LambdaRequest, serde_json::Error> {
    flatten_claims(&mut event);
    serde_json::from_value(event)
}

/// Claims that are no strings become strings: `lambda_http` takes only those, and an authorizer
/// other than API Gateway's own may pass an array or a number on.
fn flatten_claims(event: &mut Value) {
    let claims = event.pointer_mut("/requestContext/authorizer/jwt/claims");
    if let Some(Value::Object(claims)) = claims {
        for claim in claims.values_mut() {
            if !claim.is_string() {
                *claim = Value::String(claim.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_claim_that_is_an_array_of_roles_becomes_json_text() {
        let mut event = json!({ "requestContext": { "authorizer": { "jwt": { "claims": {
            "cognito:groups": ["client-admin"], "sub": "1", "exp": 5
        } } } } });
        flatten_claims(&mut event);
        let claims = &event["requestContext"]["authorizer"]["jwt"]["claims"];
        assert_eq!(claims["cognito:groups"], "[\"client-admin\"]");
        assert_eq!(claims["sub"], "1");
        assert_eq!(claims["exp"], "5");
    }
}
