//! Connections to AWS: the SDK clients that this workspace has anyway, and requests that are signed here
//! for the few calls of CloudFormation, CloudWatch, EventBridge Scheduler and Lambda. Four more SDK crates
//! would be compiled for these six calls; that of Lambda changes the features of crates in the functions.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use domain_auth::ports::Clock;
use domain_auth_aws::{SystemClock, http_client};
use jiff::SignedDuration;
use jiff::fmt::rfc2822;
use serde::Deserialize;
use serde_json::Value;

use crate::options::Target;
use crate::sentence::sentence;
use crate::xml::{Element, XmlError};

/// How often a call is made before its failure counts.
const ATTEMPTS: u32 = 4;

/// AWS gave no answer, or refused.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// The configuration names no region.
    #[error("no region: pass --region, or set AWS_REGION")]
    NoRegion,
    /// There are no credentials.
    #[error("no AWS credentials: {0}")]
    NoCredentials(String),
    /// A stack.json cannot be read.
    #[error("{0} is not the stack.json of a local stack that runs: {1}")]
    StackJson(String, String),
    /// No answer.
    #[error("{0} did not answer")]
    NoAnswer(String, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// An answer that is an error.
    #[error("{call}: {code}: {message}")]
    Refused {
        /// The call.
        call: String,
        /// HTTP status.
        status: u16,
        /// What kind of error it is.
        code: String,
        /// What AWS says of it.
        message: String,
    },
    /// An answer that cannot be read.
    #[error("the answer to {0} cannot be read")]
    Unreadable(String, #[source] Box<dyn std::error::Error + Send + Sync>),
}

impl AwsError {
    /// Whether AWS says that there is no such thing.
    pub fn is_absent(&self) -> bool {
        match self {
            Self::Refused {
                status,
                code,
                message,
                ..
            } => *status == 404 || code.contains("NotFound") || message.contains("does not exist"),
            Self::NoRegion | Self::NoCredentials(_) | Self::StackJson(..) => false,
            Self::NoAnswer(..) | Self::Unreadable(..) => false,
        }
    }
}

/// A service that is called without its SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// AWS CloudFormation, API version 2010-05-15 (query protocol).
    CloudFormation,
    /// Amazon CloudWatch, API version 2010-08-01 (query protocol).
    CloudWatch,
    /// Amazon EventBridge Scheduler, API version 2021-06-30 (JSON).
    Scheduler,
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
            Self::Lambda => ("lambda", "lambda"),
        }
    }

    fn version(self) -> &'static str {
        match self {
            Self::CloudFormation => "2010-05-15",
            Self::CloudWatch => "2010-08-01",
            Self::Scheduler | Self::Lambda => "",
        }
    }
}

/// What this program reads of a local stack's `stack.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct LocalStack {
    /// Name of the CloudFormation stack.
    pub stack_name: String,
    /// Base URL of the API.
    pub api_url: String,
    /// The console.
    pub console_url: String,
    /// The emulator.
    pub aws_endpoint_url: String,
    region: String,
    ses_gate_url: String,
    /// Address and port of the DNS server.
    pub dns_server: String,
}

/// Connections to one account and region.
#[derive(Debug)]
pub struct Aws {
    config: SdkConfig,
    http: reqwest::Client,
    region: String,
    local: Option<LocalStack>,
    /// How far AWS is ahead of this machine, by the last answer that said its time.
    ahead: Mutex<Option<SignedDuration>>,
}

impl Aws {
    /// Reads the AWS configuration, or the `stack.json` of a local stack.
    pub async fn connect(target: &Target) -> Result<Self, AwsError> {
        let local = target.stack_json.as_deref().map(local_stack).transpose()?;
        let time_limits = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_timeout(Duration::from_secs(30))
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client())
            .timeout_config(time_limits);
        if let Some(region) = target.region.clone() {
            loader = loader.region(Region::new(region));
        }
        if let Some(local) = &local {
            // Any credentials do at the emulator, and an operator's own have no business there.
            loader = loader
                .endpoint_url(&local.aws_endpoint_url)
                .region(Region::new(local.region.clone()))
                .credentials_provider(Credentials::new("test", "test", None, None, "local stack"));
        }
        let config = loader.load().await;
        let region = config.region().ok_or(AwsError::NoRegion)?.to_string();
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(20))
            .build()
            .map_err(|error| AwsError::NoAnswer("HTTP".to_owned(), error.into()))?;
        Ok(Self {
            config,
            http,
            region,
            local,
            ahead: Mutex::new(None),
        })
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The local stack, if it is one.
    pub fn local(&self) -> Option<&LocalStack> {
        self.local.as_ref()
    }

    /// A client for requests that are not to AWS.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// How far AWS is ahead of this machine, by the last answer that said its time, which is exact to a
    /// second.
    pub fn ahead(&self) -> Option<SignedDuration> {
        *self
            .ahead
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// For the table.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    /// For topics.
    pub fn sns(&self) -> aws_sdk_sns::Client {
        aws_sdk_sns::Client::new(&self.config)
    }

    /// For queues.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    /// SES v1. Calls are not repeated by the SDK: the use cases know the quota.
    pub fn ses_v1(&self) -> aws_sdk_ses::Client {
        let mut config =
            aws_sdk_ses::config::Builder::from(&self.config).retry_config(RetryConfig::disabled());
        config.set_endpoint_url(self.ses_endpoint());
        aws_sdk_ses::Client::from_conf(config.build())
    }

    /// SES v2, in the same way.
    pub fn ses_v2(&self) -> aws_sdk_sesv2::Client {
        let mut config = aws_sdk_sesv2::config::Builder::from(&self.config)
            .retry_config(RetryConfig::disabled());
        config.set_endpoint_url(self.ses_endpoint());
        aws_sdk_sesv2::Client::from_conf(config.build())
    }

    /// None: where the environment or the SDK says.
    fn ses_endpoint(&self) -> Option<String> {
        self.local.as_ref().map(|local| local.ses_gate_url.clone())
    }

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
        let (status, text) = self
            .call(service, action, "POST", "/", body.finish())
            .await?;
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
        let (status, text) = self.call(service, call, "GET", path, String::new()).await?;
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
    async fn call(
        &self,
        service: Service,
        call: &str,
        method: &'static str,
        path: &str,
        body: String,
    ) -> Result<(u16, String), AwsError> {
        let mut attempt = 1;
        loop {
            let answer = self.attempt(service, call, method, path, &body).await;
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

    async fn attempt(
        &self,
        service: Service,
        call: &str,
        method: &'static str,
        path: &str,
        body: &str,
    ) -> Result<(u16, String), AwsError> {
        let (name, host) = service.names();
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
        let url = format!("{base}{path}");
        let no_answer = |error: reqwest::Error| AwsError::NoAnswer(call.to_owned(), error.into());
        let form = (method == "POST").then_some((
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        ));
        let signed = self
            .signed(name, method, &url, form, body.as_bytes())
            .await?;
        let mut request = if method == "POST" {
            self.http.post(&url)
        } else {
            self.http.get(&url)
        };
        if let Some((name, value)) = form {
            request = request.header(name, value);
        }
        for (name, value) in signed {
            request = request.header(name, value);
        }
        let answer = request
            .body(body.to_owned())
            .send()
            .await
            .map_err(no_answer)?;
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
        header: Option<(&str, &str)>,
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
        let request =
            SignableRequest::new(method, url, header.into_iter(), SignableBody::Bytes(body))
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

fn local_stack(path: &Path) -> Result<LocalStack, AwsError> {
    let error = |why: String| AwsError::StackJson(path.display().to_string(), why);
    let text = std::fs::read(path).map_err(|source| error(source.to_string()))?;
    serde_json::from_slice(&text).map_err(|source| error(source.to_string()))
}

/// What the names of a Region's endpoints end with (AWS General Reference, "AWS service endpoints").
fn dns_suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    }
}
