//! Passes calls on to the emulator.
//!
//! Every call that is carried out goes there unchanged, with its signature and its `Host`, even if
//! the gate then replaces the response: the emulator decides whether the caller's role may make the
//! call. The gate only adds the tags of the identity, which that decision may need.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header, request};
use http_body_util::Full;

use super::reply::Reply;
use super::xml::texts;

/// The region if the caller names none.
pub(crate) const DEFAULT_REGION: &str = "us-east-1";

/// Tells the emulator the tags of the identity that the call names: a JSON object in base64.
const TAGS: HeaderName = HeaderName::from_static("x-ses-gate-tags");

/// The emulator's response.
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

    /// Whether this response is final: the caller is not allowed, or the emulator has failed.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self.status, 401 | 403) || self.status >= 500
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// `done`, or the name of the error.
    pub(crate) fn outcome(&self) -> String {
        let named = || {
            let header = self.headers.get("x-amzn-errortype")?.to_str().ok()?;
            Some(header.to_owned())
        };
        match self.status {
            200..300 => "done".to_owned(),
            status => named()
                .or_else(|| texts(&self.text(), "Code").first().map(ToString::to_string))
                .unwrap_or_else(|| status.to_string()),
        }
    }

    /// The response as it came.
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
            // Less than the five seconds after which the emulator closes idle connections.
            .pool_idle_timeout(Duration::from_secs(2))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            client,
        })
    }

    /// Passes a call on. `tags` are the tags of the identity that it names: the values of
    /// `aws:ResourceTag` in the conditions of a role's policies.
    pub(crate) async fn forward(
        &self,
        parts: &request::Parts,
        body: Bytes,
        tags: Option<&[(String, String)]>,
    ) -> Result<Answer, reqwest::Error> {
        let target = parts
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let mut headers = parts.headers.clone();
        strip_hop_by_hop(&mut headers);
        headers.remove(TAGS);
        if let Some(tags) = tags.and_then(encoded) {
            headers.insert(TAGS, tags);
        }
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
            region: scope(&parts.headers, 2)
                .unwrap_or(DEFAULT_REGION)
                .to_owned(),
        })
    }
}

impl Upstream {
    /// Publishes on an SNS topic of the emulator, which checks who signs, but not the signature.
    pub(crate) async fn publish(&self, topic: &str, message: &str) -> Result<(), reqwest::Error> {
        const ROOT: &str = "AWS4-HMAC-SHA256 \
            Credential=test/20260101/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0";
        let (topic, message) = (form_encoded(topic), form_encoded(message));
        let form = format!("Action=Publish&Version=2010-03-31&TopicArn={topic}&Message={message}");
        self.client
            .post(&self.url)
            .header(header::AUTHORIZATION, ROOT)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await?
            .error_for_status()?;
        Ok(())
    }
}

/// A value of a form.
fn form_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-_.".contains(&octet) {
            encoded.push(char::from(octet));
        } else {
            let _infallible = write!(encoded, "%{octet:02X}");
        }
    }
    encoded
}

fn encoded(tags: &[(String, String)]) -> Option<HeaderValue> {
    let tags: BTreeMap<_, _> = tags.iter().cloned().collect();
    let json = serde_json::to_vec(&tags).ok()?;
    HeaderValue::from_str(&STANDARD.encode(json)).ok()
}

/// The headers of RFC 9110 section 7.6.1, and the length, which each side writes itself.
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

/// The access key of the caller.
pub(crate) fn access_key(headers: &HeaderMap) -> Option<&str> {
    scope(headers, 0)
}

/// A part of `Credential=<key>/<date>/<region>/ses/aws4_request` in a Signature Version 4 header.
fn scope(headers: &HeaderMap, part: usize) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once("Credential="))
        .and_then(|(_, scope)| scope.split([',', ' ']).next()?.split('/').nth(part))
        .filter(|part| !part.is_empty())
}
