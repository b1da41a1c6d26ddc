//! SDK clients, created once per execution environment.
//!
//! All clients share one TLS stack (rustls with ring), and have timeouts that fit their callers.
//! Endpoints come from the environment, so the same binary also runs against an emulator.

use std::env;
use std::time::Duration;

use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::meta::region::ProvideRegion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

/// Timeouts of the calls.
#[derive(Debug, Clone, Copy)]
pub struct HttpTimeouts {
    /// For one attempt of a call to SES. The SDK does not repeat SES calls: the use cases know the
    /// quota and repeat them if that is useful. Only calls that read are sent again, if the
    /// connection was gone.
    pub ses: Duration,
    /// For a call to DynamoDB, SNS or SQS, including all its attempts.
    pub other: Duration,
}

/// How long an unused connection is kept for the next call. Between two invocations Lambda freezes
/// the process, which then does not notice that the other side has closed the connection, or that a
/// NAT gateway has dropped it after 350 s (Amazon VPC user guide, "NAT gateways"). A call on such a
/// connection fails. No service documents how long it keeps a connection.
const IDLE_CONNECTION: Duration = Duration::from_secs(20);

/// Shared configuration for all clients.
#[derive(Debug, Clone)]
pub struct Clients {
    shared: SdkConfig,
    timeouts: HttpTimeouts,
}

impl Clients {
    /// Reads region, credentials and endpoints from the environment, where Lambda sets them (Lambda
    /// developer guide, "Defined runtime environment variables").
    ///
    /// Not from the SDK's default chain: its other sources (profiles, STS, ECS, EC2) have nothing on
    /// Lambda, and would be in every function.
    pub async fn from_env(timeouts: HttpTimeouts) -> Self {
        let time_limits = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_timeout(timeouts.other)
            .build();
        let shared = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(EnvironmentVariableRegionProvider::new().region().await)
            .credentials_provider(SharedCredentialsProvider::new(
                EnvironmentVariableCredentialsProvider::new(),
            ))
            .service_config(Endpoints)
            .http_client(http_client())
            .retry_config(RetryConfig::standard())
            .timeout_config(time_limits)
            .build();
        Self { shared, timeouts }
    }

    /// The client for the table.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.shared)
    }

    /// The client for the topic.
    pub fn sns(&self) -> aws_sdk_sns::Client {
        aws_sdk_sns::Client::new(&self.shared)
    }

    /// The client for the queue of alerts.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.shared)
    }

    /// The client for calls that only the v1 API has: the TXT token, and statuses in batches of
    /// 100.
    pub fn ses_v1(&self) -> aws_sdk_ses::Client {
        let config = aws_sdk_ses::config::Builder::from(&self.shared)
            .retry_config(RetryConfig::disabled())
            .timeout_config(self.ses_timeouts())
            .build();
        aws_sdk_ses::Client::from_conf(config)
    }

    /// The client for all other SES calls.
    pub fn ses_v2(&self) -> aws_sdk_sesv2::Client {
        let config = aws_sdk_sesv2::config::Builder::from(&self.shared)
            .retry_config(RetryConfig::disabled())
            .timeout_config(self.ses_timeouts())
            .build();
        aws_sdk_sesv2::Client::from_conf(config)
    }

    /// The region of the clients.
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

/// The endpoints of the environment: that of a service (`AWS_ENDPOINT_URL_SES`), otherwise that of
/// all (`AWS_ENDPOINT_URL`; AWS SDKs and Tools reference guide, "Service-specific endpoints").
#[derive(Debug)]
struct Endpoints;

impl LoadServiceConfig for Endpoints {
    #[expect(
        clippy::disallowed_methods,
        reason = "the SDK asks when a client is created, which is once"
    )]
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().replace(' ', "_").to_ascii_uppercase();
        env::var(format!("{}_{service}", key.env()))
            .or_else(|_| env::var(key.env()))
            .ok()
            .filter(|value| !value.is_empty())
    }
}

/// The HTTP client of all SDK clients.
pub fn http_client() -> SharedHttpClient {
    Builder::new()
        .pool_idle_timeout(IDLE_CONNECTION)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}
