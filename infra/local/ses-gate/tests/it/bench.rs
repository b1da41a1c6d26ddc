//! A gate with everything that it needs.

use aws_sdk_ses::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_smithy_http_client::Connector;
use local_dns_server::DnsServer;
use serde_json::{Value, json};
use ses_gate::{Options, SesGate};
use tempfile::TempDir;

use super::emulator::Emulator;

pub(crate) struct Bench {
    pub(crate) gate: SesGate,
    pub(crate) dns: DnsServer,
    pub(crate) emulator: Emulator,
    pub(crate) v1: aws_sdk_ses::Client,
    pub(crate) v2: aws_sdk_sesv2::Client,
    zones: TempDir,
}

impl Bench {
    /// A gate with the default settings: SES's limit of one call per second.
    pub(crate) async fn limited() -> Self {
        let zones = tempfile::tempdir().unwrap();
        let dns = DnsServer::start(local_dns_server::Options {
            zones_dir: zones.path().to_path_buf(),
            address: "127.0.0.1:0".parse().unwrap(),
        })
        .await
        .unwrap();
        let emulator = Emulator::start().await;
        let gate = SesGate::start(Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            upstream: emulator.url.clone(),
            dns_server: dns.address(),
        })
        .await
        .unwrap();
        let (v1, v2) = clients(&gate.url(), "ALLOWED");
        Self {
            gate,
            dns,
            emulator,
            v1,
            v2,
            zones,
        }
    }

    /// A gate without a limit, which looks up DNS for every call.
    pub(crate) async fn new() -> Self {
        let bench = Self::limited().await;
        bench
            .control(json!({ "rate": null, "recheck_ms": 0 }))
            .await;
        bench
    }

    /// Clients of a caller without permissions.
    pub(crate) fn denied(&self) -> (aws_sdk_ses::Client, aws_sdk_sesv2::Client) {
        clients(&self.gate.url(), "DENIED")
    }

    /// Makes the zone file of a domain consist of these lines.
    pub(crate) async fn publish(&self, domain: &str, lines: &[String]) {
        let path = self.zones.path().join(format!("{domain}.zone"));
        std::fs::write(path, lines.join("\n") + "\n").unwrap();
        self.dns.reload().await;
        assert_eq!(self.dns.problems(), []);
    }

    pub(crate) async fn control(&self, settings: Value) -> Value {
        let (status, answer) = self.post_control(settings.to_string()).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub(crate) async fn post_control(&self, body: String) -> (u16, Value) {
        let response = reqwest::Client::new()
            .post(format!("{}/control", self.gate.url()))
            .body(body)
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(crate) async fn report(&self) -> Value {
        let url = format!("{}/control", self.gate.url());
        reqwest::get(url).await.unwrap().json().await.unwrap()
    }

    /// `GET /control` with a query string.
    pub(crate) async fn report_with(&self, query: &str) -> Value {
        let url = format!("{}/control?{query}", self.gate.url());
        reqwest::get(url).await.unwrap().json().await.unwrap()
    }

    /// The gate's data of an identity.
    pub(crate) async fn shown(&self, name: &str) -> Value {
        self.report_with(&format!("identity={name}")).await["identity"].clone()
    }

    /// The three CNAME records of a domain, as lines of its zone file.
    pub(crate) async fn create(&self, domain: &str) -> Vec<String> {
        let created = self
            .v2
            .create_email_identity()
            .email_identity(domain)
            .send()
            .await
            .unwrap();
        let dkim = created.dkim_attributes().unwrap();
        let zone = dkim.signing_hosted_zone().unwrap();
        dkim.tokens()
            .iter()
            .map(|token| format!("{token}._domainkey.{domain}. CNAME {token}.{zone}."))
            .collect()
    }

    /// Requests the TXT record and returns the token.
    pub(crate) async fn verify(&self, domain: &str) -> String {
        let verification = self.v1.verify_domain_identity().domain(domain);
        verification.send().await.unwrap().verification_token
    }

    /// The v1 status of a domain; `None` if it is not an identity.
    pub(crate) async fn status(&self, domain: &str) -> Option<String> {
        let asked = self.v1.get_identity_verification_attributes();
        let answer = asked.identities(domain).send().await.unwrap();
        answer
            .verification_attributes
            .get(domain)
            .map(|attributes| attributes.verification_status.as_str().to_owned())
    }

    /// The v1 status of the CNAME records.
    pub(crate) async fn dkim(&self, domain: &str) -> String {
        let asked = self.v1.get_identity_dkim_attributes();
        let answer = asked.identities(domain).send().await.unwrap();
        answer.dkim_attributes[domain]
            .dkim_verification_status
            .as_str()
            .to_owned()
    }

    /// The v1 status of the MAIL FROM domain.
    pub(crate) async fn mail_from(&self, domain: &str) -> String {
        let asked = self.v1.get_identity_mail_from_domain_attributes();
        let answer = asked.identities(domain).send().await.unwrap();
        answer.mail_from_domain_attributes[domain]
            .mail_from_domain_status
            .as_str()
            .to_owned()
    }
}

fn clients(url: &str, key: &str) -> (aws_sdk_ses::Client, aws_sdk_sesv2::Client) {
    let credentials = Credentials::new(key, "secret", None, None, "test");
    let http = aws_smithy_http_client::Builder::new()
        .build_with_connector_fn(|_, _| Connector::builder().build_http());
    let v1 = aws_sdk_ses::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(credentials.clone())
        .retry_config(RetryConfig::disabled())
        .http_client(http.clone())
        .endpoint_url(url)
        .build();
    let v2 = aws_sdk_sesv2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .http_client(http)
        .endpoint_url(url)
        .build();
    (
        aws_sdk_ses::Client::from_conf(v1),
        aws_sdk_sesv2::Client::from_conf(v2),
    )
}
