//! SDK clients, made once per execution environment.
//!
//! One TLS stack (rustls with ring) for all of them, and time limits that fit what waits for the
//! answer. Endpoints come from the environment, so the same binary runs against an emulator.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Time limits of the calls.
#[derive(Debug, Clone, Copy)]
pub struct HttpTimeouts {
    /// For one attempt of a call to SES. SES calls are not repeated by the SDK: the use cases
    /// know the quota and repeat them when that makes sense. Only what reads is sent once more where
    /// the connection was gone.
    pub ses: Duration,
    /// For a call to DynamoDB, SNS or SQS with all its attempts.
    pub other: Duration,
}

/// How long an unused connection is kept for the next call. Between two invocations Lambda freezes the
/// process, which then does not see that the other side, or a NAT gateway after 350 s (Amazon VPC user
/// guide, "NAT gateways"), has given the connection up; a call on such a one fails. No service says
/// for how long it keeps one.
const IDLE_CONNECTION: Duration = Duration::from_secs(20);

/// Shared configuration, from which the clients are made.
#[derive(Debug, Clone)]
pub struct Clients {
    shared: SdkConfig,
    timeouts: HttpTimeouts,
}

impl Clients {
    /// Reads region, credentials and endpoints from the environment.
    pub async fn from_env(timeouts: HttpTimeouts) -> Self {
        let time_limits = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_timeout(timeouts.other)
            .build();
        let shared = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client())
            .timeout_config(time_limits)
            .load()
            .await;
        Self { shared, timeouts }
    }

    /// For the table.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.shared)
    }

    /// For the topic.
    pub fn sns(&self) -> aws_sdk_sns::Client {
        aws_sdk_sns::Client::new(&self.shared)
    }

    /// For the queue of alerts.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.shared)
    }

    /// For what only the v1 API has: the TXT token and status by the hundred.
    pub fn ses_v1(&self) -> aws_sdk_ses::Client {
        let config = aws_sdk_ses::config::Builder::from(&self.shared)
            .retry_config(RetryConfig::disabled())
            .timeout_config(self.ses_timeouts())
            .build();
        aws_sdk_ses::Client::from_conf(config)
    }

    /// For everything else of SES.
    pub fn ses_v2(&self) -> aws_sdk_sesv2::Client {
        let config = aws_sdk_sesv2::config::Builder::from(&self.shared)
            .retry_config(RetryConfig::disabled())
            .timeout_config(self.ses_timeouts())
            .build();
        aws_sdk_sesv2::Client::from_conf(config)
    }

    /// The region that the clients talk to.
    pub fn region(&self) -> String {
        self.shared
            .region()
            .map(ToString::to_string)
            .unwrap_or_default()
    }

    fn ses_timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_timeout(self.timeouts.ses)
            .build()
    }
}

/// The HTTP client of all SDK clients.
pub fn http_client() -> SharedHttpClient {
    Builder::new()
        .pool_idle_timeout(IDLE_CONNECTION)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}
