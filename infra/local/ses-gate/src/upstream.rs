//! Passes calls on to the emulator.
//!
//! Every call that is carried out goes there unchanged, with its signature and its `Host`, also those
//! whose answer the gate then replaces: the emulator decides whether the caller's role may make it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Response, StatusCode, header, request};
use http_body_util::Full;

use super::failure::Reply;

/// What the emulator said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HeaderMap,
    body: Bytes,
    /// The region of the caller, from the scope of its credentials.
    pub(crate) region: String,
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Is this the last word? The caller may not, or the emulator is ill.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self.status, 401 | 403) || self.status >= 500
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The answer as it came.
    pub(crate) fn into_reply(self) -> Reply {
        let mut reply = Response::new(Full::new(self.body));
        *reply.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_GATEWAY);
        *reply.headers_mut() = self.headers;
        reply
    }
}

/// The emulator.
#[derive(Debug)]
pub(crate) struct Upstream {
    url: String,
    client: reqwest::Client,
}

impl Upstream {
    pub(crate) fn new(url: &str) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            // Below the five seconds after which the emulator closes idle connections.
            .pool_idle_timeout(Duration::from_secs(2))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            client,
        })
    }

    /// Passes a call on.
    pub(crate) async fn forward(
        &self,
        parts: &request::Parts,
        body: Bytes,
    ) -> Result<Answer, reqwest::Error> {
        let target = parts
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let mut headers = parts.headers.clone();
        strip_hop_by_hop(&mut headers);
        let response = self
            .client
            .request(parts.method.clone(), format!("{}{target}", self.url))
            .headers(headers)
            .body(body)
            .send()
            .await?;
        let status = response.status().as_u16();
        let mut headers = response.headers().clone();
        strip_hop_by_hop(&mut headers);
        Ok(Answer {
            status,
            headers,
            body: response.bytes().await?,
            region: region(&parts.headers).to_owned(),
        })
    }
}

/// RFC 9110 section 7.6.1, and the length, which each side writes itself.
fn strip_hop_by_hop(headers: &mut HeaderMap) {
    const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
    for name in [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::TE,
        header::TRAILER,
        header::UPGRADE,
        KEEP_ALIVE,
    ] {
        headers.remove(name);
    }
}

/// `Credential=<key>/<date>/<region>/ses/aws4_request` in a Signature Version 4 header.
fn region(headers: &HeaderMap) -> &str {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once("Credential="))
        .and_then(|(_, scope)| scope.split('/').nth(2))
        .filter(|region| !region.is_empty())
        .unwrap_or("us-east-1")
}
