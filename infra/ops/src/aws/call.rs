//! Requests that are signed here, for the calls whose SDK this workspace does not have.

use std::time::Duration;

use aws_sdk_dynamodb::config::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use domain_auth::ports::Clock;
use domain_auth_aws::SystemClock;
use jiff::fmt::rfc2822;
use serde_json::Value;

use super::{Aws, AwsError};
use crate::sentence::sentence;
use crate::xml::{Element, XmlError};

/// How often a call is made before its failure counts.
const ATTEMPTS: u32 = 4;

/// A service that is called without its SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// AWS CloudFormation, API version 2010-05-15 (query protocol).
    CloudFormation,
    /// Amazon CloudWatch, API version 2010-08-01 (query protocol).
    CloudWatch,
    /// Amazon EventBridge Scheduler, API version 2021-06-30 (JSON).
    Scheduler,
    /// AWS Key Management Service, API version 2014-11-01 (JSON).
    Kms,
    /// AWS Lambda (JSON; the version is in the path of each call).
    Lambda,
}

impl Service {
    /// Its name in a signature, and where its endpoint is.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::CloudFormation => ("cloudformation", "cloudformation"),
            Self::CloudWatch => ("monitoring", "monitoring"),
            Self::Scheduler => ("scheduler", "scheduler"),
            Self::Kms => ("kms", "kms"),
            Self::Lambda => ("lambda", "lambda"),
        }
    }

    /// What the header `X-Amz-Target` begins with.
    fn target(self) -> &'static str {
        match self {
            Self::Kms => "TrentService",
            Self::CloudFormation | Self::CloudWatch | Self::Scheduler | Self::Lambda => "",
        }
    }

    fn version(self) -> &'static str {
        match self {
            Self::CloudFormation => "2010-05-15",
            Self::CloudWatch => "2010-08-01",
            Self::Kms | Self::Scheduler | Self::Lambda => "",
        }
    }
}

/// A request before it is signed.
struct Request<'a> {
    service: Service,
    call: &'a str,
    /// Begins with a slash, and is encoded.
    path: &'a str,
    headers: Vec<(&'static str, String)>,
    /// None for a `GET`.
    body: Option<String>,
}

impl Request<'_> {
    fn method(&self) -> reqwest::Method {
        if self.body.is_some() {
            reqwest::Method::POST
        } else {
            reqwest::Method::GET
        }
    }
}

impl Aws {
    /// Calls an operation of a service with the query protocol.
    pub async fn query(
        &self,
        service: Service,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Element, AwsError> {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("Action", action)
            .append_pair("Version", service.version())
            .extend_pairs(parameters);
        let request = Request {
            service,
            call: action,
            path: "/",
            headers: vec![(
                "content-type",
                "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
            )],
            body: Some(body.finish()),
        };
        let (status, text) = self.call(&request).await?;
        let unreadable = |error: XmlError| AwsError::Unreadable(action.to_owned(), error.into());
        let answer = Element::parse(&text);
        if status == 200 {
            return answer.map_err(unreadable);
        }
        let error = answer.ok().and_then(|answer| answer.find("Error").cloned());
        Err(AwsError::Refused {
            call: action.to_owned(),
            status,
            code: error
                .as_ref()
                .map_or("", |error| error.text_of("Code"))
                .to_owned(),
            message: error
                .as_ref()
                .map_or("", |error| error.text_of("Message"))
                .to_owned(),
        })
    }

    /// Reads something from a service with JSON. `path` begins with a slash, and is encoded.
    pub async fn get_json(
        &self,
        service: Service,
        call: &str,
        path: &str,
    ) -> Result<Value, AwsError> {
        self.json(&Request {
            service,
            call,
            path,
            headers: Vec::new(),
            body: None,
        })
        .await
    }

    /// Asks something of a service of which every call is a JSON document to one path.
    pub async fn post_json(
        &self,
        service: Service,
        call: &str,
        input: &Value,
    ) -> Result<Value, AwsError> {
        self.json(&Request {
            service,
            call,
            path: "/",
            headers: vec![
                ("content-type", "application/x-amz-json-1.1".to_owned()),
                ("x-amz-target", format!("{}.{call}", service.target())),
            ],
            body: Some(input.to_string()),
        })
        .await
    }

    async fn json(&self, request: &Request<'_>) -> Result<Value, AwsError> {
        let call = request.call;
        let (status, text) = self.call(request).await?;
        let answer = serde_json::from_str::<Value>(&text);
        if status == 200 {
            return answer.map_err(|error| AwsError::Unreadable(call.to_owned(), error.into()));
        }
        let answer = answer.unwrap_or_default();
        let message = answer.get("message").or_else(|| answer.get("Message"));
        Err(AwsError::Refused {
            call: call.to_owned(),
            status,
            code: answer
                .get("__type")
                .and_then(Value::as_str)
                .map_or_else(|| status.to_string(), str::to_owned),
            message: message
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
        })
    }

    /// Makes a call until it is answered otherwise than by a failure that ends by itself. All of these
    /// calls only read, so each can be repeated.
    async fn call(&self, request: &Request<'_>) -> Result<(u16, String), AwsError> {
        let mut attempt = 1;
        loop {
            let answer = self.attempt(request).await;
            let again = match &answer {
                Ok((status, text)) => {
                    *status == 429 || *status >= 500 || (*status == 400 && text.contains("Throttl"))
                }
                Err(AwsError::NoAnswer(..)) => true,
                Err(_) => false,
            };
            if !again || attempt == ATTEMPTS {
                return answer;
            }
            SystemClock
                .sleep(Duration::from_millis(300) * attempt * attempt)
                .await;
            attempt += 1;
        }
    }

    async fn attempt(&self, request: &Request<'_>) -> Result<(u16, String), AwsError> {
        let (name, host) = request.service.names();
        let base = self.config.endpoint_url().map_or_else(
            || {
                format!(
                    "https://{host}.{}.{}",
                    self.region,
                    dns_suffix(&self.region)
                )
            },
            |url| url.trim_end_matches('/').to_owned(),
        );
        let url = format!("{base}{}", request.path);
        let no_answer =
            |error: reqwest::Error| AwsError::NoAnswer(request.call.to_owned(), error.into());
        let body = request.body.clone().unwrap_or_default();
        let method = request.method();
        let headers = request.headers.iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let signed = self
            .signed(name, method.as_str(), &url, &headers, body.as_bytes())
            .await?;
        let mut sent = self.http.request(method, &url);
        for (name, value) in headers {
            sent = sent.header(name, value);
        }
        for (name, value) in signed {
            sent = sent.header(name, value);
        }
        let answer = sent.body(body).send().await.map_err(no_answer)?;
        let date = answer
            .headers()
            .get("date")
            .and_then(|date| date.to_str().ok());
        self.note_time(date);
        let status = answer.status().as_u16();
        Ok((status, answer.text().await.map_err(no_answer)?))
    }

    /// The headers that sign a request (Signature Version 4).
    async fn signed(
        &self,
        service: &str,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Vec<(String, String)>, AwsError> {
        let no_credentials = |why: String| AwsError::NoCredentials(why);
        let provider = self
            .config
            .credentials_provider()
            .ok_or_else(|| no_credentials("none are configured".to_owned()))?;
        let credentials = provider.provide_credentials().await;
        let credentials = credentials.map_err(|error| no_credentials(sentence(&error)))?;
        let identity = credentials.into();
        let unsigned = |error: Box<dyn std::error::Error + Send + Sync>| {
            AwsError::NoAnswer(format!("signing a request to {service}"), error)
        };
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(SystemClock.now().into())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| unsigned(error.into()))?
            .into();
        let request = SignableRequest::new(
            method,
            url,
            headers.iter().copied(),
            SignableBody::Bytes(body),
        )
        .map_err(|error| unsigned(error.into()))?;
        let signed = sign(request, &parameters).map_err(|error| unsigned(error.into()))?;
        let (instructions, _) = signed.into_parts();
        let headers = instructions.headers();
        Ok(headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }

    fn note_time(&self, date: Option<&str>) {
        let Some(theirs) = date.and_then(|date| rfc2822::parse(date).ok()) else {
            return;
        };
        let ahead = theirs.timestamp().duration_since(SystemClock.now());
        *self
            .ahead
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(ahead);
    }
}

/// What the names of a Region's endpoints end with (AWS General Reference, "AWS service endpoints").
fn dns_suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    }
}
