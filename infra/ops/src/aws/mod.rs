//! Connections to AWS: the SDK clients that this workspace has anyway, and requests that are signed here
//! for the few calls of CloudFormation, CloudWatch, EventBridge Scheduler, KMS and Lambda. Five more SDK crates
//! would be compiled for these ten calls; that of Lambda changes the features of crates in the functions.

mod call;
mod error;

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use domain_auth_aws::http_client;
use jiff::SignedDuration;
use serde::Deserialize;

pub use call::Service;
pub use error::AwsError;

use crate::options::Target;

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
        // What the configuration says otherwise is in the builder already, `AWS_ENDPOINT_URL_SES` included.
        if let Some(local) = &self.local {
            config.set_endpoint_url(Some(local.ses_gate_url.clone()));
        }
        aws_sdk_ses::Client::from_conf(config.build())
    }

    /// SES v2, in the same way.
    pub fn ses_v2(&self) -> aws_sdk_sesv2::Client {
        let mut config = aws_sdk_sesv2::config::Builder::from(&self.config)
            .retry_config(RetryConfig::disabled());
        if let Some(local) = &self.local {
            config.set_endpoint_url(Some(local.ses_gate_url.clone()));
        }
        aws_sdk_sesv2::Client::from_conf(config.build())
    }
}

fn local_stack(path: &Path) -> Result<LocalStack, AwsError> {
    let error = |why: String| AwsError::StackJson(path.display().to_string(), why);
    let text = std::fs::read(path).map_err(|source| error(source.to_string()))?;
    serde_json::from_slice(&text).map_err(|source| error(source.to_string()))
}

#[cfg(test)]
mod tests;
