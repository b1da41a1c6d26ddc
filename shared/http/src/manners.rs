//! HTTP features that all operations share: a validator and 304 for responses that are read
//! repeatedly (RFC 9110 sections 8.8 and 13), and `Retry-After` for requests that were accepted and
//! are not finished.

use lambda_http::Response;
use lambda_http::http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::caching::{NEVER_KEPT, NO_STORE};
use crate::operations::Operation;
use crate::reply::{Octets, Reply};
use crate::request::ParsedRequest;
use crate::routes::Access;

/// The caller may keep the answer, and asks each time whether it is still so. A browser then sends
/// `If-None-Match` by itself.
pub(crate) const REVALIDATED: &str = "private, no-cache";
/// Seconds after which an accepted request is worth looking at again: the poller runs every minute.
pub(crate) const LOOK_AGAIN: u32 = 60;

/// The parts of a request that are needed when its answer is there.
#[derive(Debug)]
pub(crate) struct Manners {
    operation: Option<Operation>,
    if_none_match: Option<HeaderValue>,
}

impl Manners {
    pub(crate) fn of(request: &ParsedRequest) -> Self {
        Self {
            operation: request.operation().ok(),
            if_none_match: request.header(header::IF_NONE_MATCH).cloned(),
        }
    }

    /// The answer as it is sent.
    pub(crate) fn applied(&self, mut reply: Reply) -> Reply {
        let Some(operation) = self.operation else {
            return reply;
        };
        if is_followed_up(operation) && reply.status() == StatusCode::ACCEPTED {
            let seconds = HeaderValue::from(LOOK_AGAIN);
            reply.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        let cache_control = reply.headers().get(header::CACHE_CONTROL);
        let is_kept = cache_control.is_none_or(|value| value != NEVER_KEPT);
        if operation.reads() && is_kept && reply.status() == StatusCode::OK {
            self.validated(operation, reply)
        } else {
            reply
        }
    }

    /// With an `ETag`, and without a body if the caller has it already.
    fn validated(&self, operation: Operation, mut reply: Reply) -> Reply {
        let tag = tag_of(&reply);
        let known = self.if_none_match.as_ref();
        let is_known = known.is_some_and(|known| names(known, &tag));
        let headers = reply.headers_mut();
        if headers
            .get(header::CACHE_CONTROL)
            .is_some_and(|value| value == NO_STORE)
        {
            let revalidated = HeaderValue::from_static(REVALIDATED);
            headers.insert(header::CACHE_CONTROL, revalidated);
        }
        match operation.route().access {
            Access::Anyone => {}
            Access::ClientAdmin | Access::LassoSupport | Access::MassMail => {
                headers.insert(header::VARY, HeaderValue::from_static(varies(operation)));
            }
        }
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        if is_known {
            not_modified(&reply)
        } else {
            reply
        }
    }
}

/// The headers of the request that choose the response (RFC 9110 section 12.5.5).
fn varies(operation: Operation) -> &'static str {
    let by_format = [Operation::GetRecords, Operation::GetClientRecords];
    if by_format.contains(&operation) {
        "Accept, Authorization"
    } else {
        "Authorization"
    }
}

/// Whether what was accepted can be looked at later. An email that was sent cannot.
pub(crate) fn is_followed_up(operation: Operation) -> bool {
    operation != Operation::SendInstructions
}

/// A strong validator: 128 bits of the SHA-256 of the body as it is sent.
fn tag_of(reply: &Reply) -> String {
    let octets = reply.extensions().get::<Octets>();
    let body = octets.map_or(reply.body().as_bytes(), |Octets(octets)| octets);
    format!("\"{}\"", hex::encode(&Sha256::digest(body)[..16]))
}

/// Whether `If-None-Match` names this tag. The comparison is weak (RFC 9110 section 13.1.2).
fn names(if_none_match: &HeaderValue, tag: &str) -> bool {
    let text = if_none_match.to_str().unwrap_or_default();
    text.split(',')
        .map(str::trim)
        .any(|named| named == "*" || named.strip_prefix("W/").unwrap_or(named) == tag)
}

/// 304, with the headers that a cache needs (RFC 9110 section 15.4.5).
fn not_modified(reply: &Reply) -> Reply {
    let mut answer = Response::new(String::new());
    *answer.status_mut() = StatusCode::NOT_MODIFIED;
    let kept = [header::CACHE_CONTROL, header::ETAG, header::VARY];
    let headers: HeaderMap = kept
        .into_iter()
        .filter_map(|name| Some((name.clone(), reply.headers().get(name)?.clone())))
        .collect();
    *answer.headers_mut() = headers;
    answer
}

#[cfg(test)]
#[path = "manners_tests.rs"]
mod tests;
