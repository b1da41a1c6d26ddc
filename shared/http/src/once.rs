//! The header `Idempotency-Key`: a repeated request has one effect and gets the same response.
//! Without the header nothing is read or written. Of a client that is being erased, no response is
//! stored: each would be another record to erase.

use domain_auth::idempotency::{
    Attempt, Begun, Fingerprint, IdempotencyKey, IdempotencyLedger, KeyError, KeyOwner,
    StoredAnswer,
};
use domain_auth::limits::ReadClientRecord;
use domain_auth::ports::Clock;
use lambda_http::Request;
use lambda_http::http::{HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::caller::Role;
use crate::problem::ApiError;
use crate::reply::{Reply, problem, reply_to};
use crate::request::ParsedRequest;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is that of an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Answers a request with what `handling` gives, once for each `Idempotency-Key`.
pub async fn once(
    ledger: &(impl IdempotencyLedger + ReadClientRecord),
    clock: &impl Clock,
    request: &ParsedRequest,
    handling: impl Future<Output = Result<Reply, ApiError>>,
) -> Reply {
    once_keeping(ledger, clock, request, handling, stored).await
}

/// The same for an answer with a secret that is stored nowhere: if the request is repeated, its answer is
/// `instead`, and there is no second effect.
pub async fn once_with_secret(
    ledger: &(impl IdempotencyLedger + ReadClientRecord),
    clock: &impl Clock,
    request: &ParsedRequest,
    handling: impl Future<Output = Result<Reply, ApiError>>,
    instead: ApiError,
) -> Reply {
    let to_keep = |reply: &Reply| {
        if reply.status().is_success() {
            stored(&problem(instead, request))
        } else {
            stored(reply)
        }
    };
    once_keeping(ledger, clock, request, handling, to_keep).await
}

async fn once_keeping(
    ledger: &(impl IdempotencyLedger + ReadClientRecord),
    clock: &impl Clock,
    request: &ParsedRequest,
    handling: impl Future<Output = Result<Reply, ApiError>>,
    to_keep: impl FnOnce(&Reply) -> StoredAnswer,
) -> Reply {
    let handled = reply_to(request, handling);
    let key = match key_of(request.raw()) {
        Ok(key) => key,
        Err(error) => return problem(ApiError::InvalidKey(error), request),
    };
    // A caller who is refused leaves no key.
    let (Some(key), Some(owner)) = (key, owner_of(request)) else {
        return handled.await;
    };
    let client = request.client().ok().cloned();
    if let Some(client) = &client {
        // During an erasure no response is stored. A request that read the record before the erasure
        // began ends before the erasure's first step (`FIRST_STEP`).
        match ledger.client_record(client).await {
            Ok(record) if record.erasure.is_some() => return handled.await,
            Ok(_) => {}
            Err(error) => return problem(error.into(), request),
        }
    }
    let attempt = Attempt {
        owner,
        key,
        fingerprint: fingerprint_of(request),
        at: clock.now(),
        client,
    };
    match ledger.begin(&attempt).await {
        Ok(Begun::Go) => {}
        Ok(Begun::InProgress) => return problem(ApiError::KeyInProgress, request),
        Ok(Begun::OtherRequest) => return problem(ApiError::KeyReused, request),
        Ok(Begun::Answered(answer)) => return replayed(answer),
        Err(error) => return problem(error.into(), request),
    }
    let reply = handled.await;
    let kept = if is_final(&reply) {
        ledger.keep(&attempt, &to_keep(&reply)).await
    } else {
        ledger.forget(&attempt).await
    };
    // The effect is there, so the caller gets its answer. A repetition runs again, which is safe.
    if let Err(error) = kept {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the answer to a request with a key was not kept"
        );
    }
    reply
}

fn key_of(request: &Request) -> Result<Option<IdempotencyKey>, KeyError> {
    let mut values = request.headers().get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(KeyError::Character);
    }
    let value = value.to_str().map_err(|_| KeyError::Character)?;
    IdempotencyKey::parse(value).map(Some)
}

/// The owner of the idempotency keys: the client of a Client Administrator, or the person at Lasso support.
fn owner_of(request: &ParsedRequest) -> Option<KeyOwner> {
    let caller = request.caller().ok()?;
    match caller.role {
        Role::ClientAdmin => request.client().ok().cloned().map(KeyOwner::Client),
        Role::LassoSupport => Some(KeyOwner::Supporter(caller.subject.clone())),
        Role::MassMail => None,
    }
}

/// SHA-256 of method, path, query and body. A body in JSON is the same in any order and layout.
fn fingerprint_of(request: &ParsedRequest) -> Fingerprint {
    let raw = request.raw();
    let mut digest = Sha256::new();
    digest.update(raw.method().as_str());
    digest.update([0]);
    digest.update(raw.uri().path());
    if let Some(query) = raw.uri().query().filter(|query| !query.is_empty()) {
        digest.update("?");
        digest.update(query);
    }
    digest.update([0]);
    match request.json() {
        Some(value) => {
            let mut value = value.clone();
            value.sort_all_objects();
            digest.update(value.to_string());
        }
        None => digest.update(raw.body()),
    }
    Fingerprint(hex::encode(digest.finalize()))
}

/// Whether the same request would be answered the same again. A refused request did nothing,
/// and may come corrected under the same key; a request that is worth repeating has to run again.
fn is_final(reply: &Reply) -> bool {
    let refused = [
        StatusCode::BAD_REQUEST,
        StatusCode::FORBIDDEN,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        StatusCode::UNPROCESSABLE_ENTITY,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    let status = reply.status();
    !status.is_server_error()
        && !refused.contains(&status)
        && !reply.headers().contains_key(header::RETRY_AFTER)
}

fn stored(reply: &Reply) -> StoredAnswer {
    let text = |value: &HeaderValue| value.to_str().map(str::to_owned).ok();
    let headers = reply.headers().iter();
    StoredAnswer {
        status: reply.status().as_u16(),
        headers: headers
            .filter_map(|(name, value)| Some((name.to_string(), text(value)?)))
            .collect(),
        body: reply.body().clone(),
    }
}

fn replayed(answer: StoredAnswer) -> Reply {
    let mut reply = Reply::new(answer.body);
    *reply.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = reply.headers_mut();
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    reply
}

#[cfg(test)]
#[path = "once_tests.rs"]
mod tests;
