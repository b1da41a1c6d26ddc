//! The services behind the API, as the operator sees them: the emulator's SES, SNS, Route 53, logs
//! and mailbox.

use std::sync::atomic::Ordering;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use domain_auth::history::Actor;
use domain_auth::limits::{OwnLimits, SetLimits};
use domain_auth::ports::Clock;
use domain_auth_aws::{SystemClock, Table};
use domain_auth_testkit::client as testkit_client;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{Answer, World, answer_to, between, root, text};

/// A queue without a consumer.
pub(crate) struct Queue<'a> {
    world: &'a World,
    url: String,
}

impl Queue<'_> {
    /// How many messages have arrived.
    pub(crate) async fn count(&self) -> u64 {
        let call = [
            ("Action", "GetQueueAttributes"),
            ("Version", "2012-11-05"),
            ("QueueUrl", &self.url),
            ("AttributeName.1", "ApproximateNumberOfMessages"),
        ];
        let answer = self.world.query("sqs", &call).await;
        let count = between(&answer, "<Value>", "</Value>");
        count.parse().expect("a number of messages")
    }
}

impl World {
    /// A call of an AWS Query API, such as IAM's.
    pub(crate) async fn query(&self, service: &str, parameters: &[(&str, &str)]) -> String {
        self.query_at(&self.info.aws_endpoint_url, service, parameters)
            .await
    }

    /// Whether SES has an identity with this name.
    pub(crate) async fn identity_exists(&self, domain: &str) -> bool {
        self.identity(domain).await.status.is_success()
    }

    /// SES's data of an identity (`GetEmailIdentity`).
    pub(crate) async fn identity(&self, domain: &str) -> Answer {
        let url = format!("{}/v2/email/identities/{domain}", self.info.ses_gate_url);
        answer_to(self.http.get(url).header("authorization", root("ses"))).await
    }

    pub(crate) async fn delete_identity_by_hand(&self, domain: &str) {
        let url = format!("{}/v2/email/identities/{domain}", self.info.ses_gate_url);
        let request = self.http.delete(url).header("authorization", root("ses"));
        let answer = answer_to(request).await;
        assert!(answer.status.is_success(), "{answer:?}");
    }

    /// An identity that is tagged with a client.
    pub(crate) async fn identity_of(&self, domain: &str, client: &str) {
        let request = self
            .http
            .post(format!("{}/v2/email/identities", self.info.ses_gate_url))
            .header("authorization", root("ses"))
            .json(&json!({
                "EmailIdentity": domain,
                "Tags": [{ "Key": "lasso-client", "Value": client }],
            }));
        let answer = answer_to(request).await;
        assert!(answer.status.is_success(), "{answer:?}");
    }

    /// An identity of a client of this stack without Easy DKIM.
    pub(crate) async fn own_identity(&self, domain: &str, client: &str) -> Value {
        let tags = json!({ "lasso-client": client, "lasso-stack": self.info.stack_name });
        let identity = json!({ "name": domain, "token": true, "dkim": "none", "tags": tags });
        self.identity_at_gate(identity).await;
        self.seen_at_gate(domain).await
    }

    /// Creates an identity at the gate, in the form that its README describes (`POST /control`).
    pub(crate) async fn identity_at_gate(&self, identity: Value) {
        self.control_ses(json!({ "identities": [identity] })).await;
    }

    /// The gate's data of an identity, with the calls that named it.
    pub(crate) async fn seen_at_gate(&self, domain: &str) -> Value {
        let url = format!("{}/control?identity={domain}", self.info.ses_gate_url);
        answer_to(self.http.get(url)).await.body["identity"].clone()
    }

    /// SES v2 as a function calls it: with its role, through the gate.
    pub(crate) async fn ses_as(&self, role: &str) -> aws_sdk_sesv2::Client {
        let call = [
            ("Action", "AssumeRole"),
            ("Version", "2011-06-15"),
            ("RoleArn", &format!("arn:aws:iam::000000000000:role/{role}")),
            ("RoleSessionName", "tests"),
        ];
        let answer = self.query("sts", &call).await;
        let part =
            |name: &str| between(&answer, &format!("<{name}>"), &format!("</{name}>")).to_owned();
        let credentials = Credentials::new(
            part("AccessKeyId"),
            part("SecretAccessKey"),
            Some(part("SessionToken")),
            None,
            "tests",
        );
        let config = aws_sdk_sesv2::config::Builder::from(&self.aws().await)
            .endpoint_url(&self.info.ses_gate_url)
            .credentials_provider(credentials)
            .build();
        aws_sdk_sesv2::Client::from_conf(config)
    }

    /// Removes both clients' numbers of domains, as in releases that did not count them.
    pub(crate) async fn recount(&self) {
        let clients = &self.info.clients;
        for client in [&clients.client_admin, &clients.other_client_admin] {
            let own = OwnLimits {
                domains: None,
                added_per_day: None,
                support_emails_per_day: None,
                reason: "Counted again".to_owned(),
                by: Actor::Service,
                at: SystemClock.now(),
            };
            let set = self.table().await;
            let set = set.set_limits(&testkit_client(client), &own).await;
            set.expect("a write");
        }
    }

    /// A queue that gets all messages of the topic from now on.
    pub(crate) async fn messages_of_topic(&self) -> Queue<'_> {
        let number = self.domains.fetch_add(1, Ordering::SeqCst);
        let name = format!("tests-{number}");
        let the_topic_may_send = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "sns.amazonaws.com" },
                "Action": "sqs:SendMessage",
                "Resource": "*",
            }],
        })
        .to_string();
        let call = [
            ("Action", "CreateQueue"),
            ("Version", "2012-11-05"),
            ("QueueName", &name),
            ("Attribute.1.Name", "Policy"),
            ("Attribute.1.Value", &the_topic_may_send),
        ];
        let answer = self.query("sqs", &call).await;
        let url = between(&answer, "<QueueUrl>", "</QueueUrl>").to_owned();
        let call = [
            ("Action", "Subscribe"),
            ("Version", "2010-03-31"),
            ("TopicArn", &self.info.topic_arn),
            ("Protocol", "sqs"),
            (
                "Endpoint",
                &format!("arn:aws:sqs:{}:000000000000:{name}", self.info.region),
            ),
        ];
        self.query("sns", &call).await;
        Queue { world: self, url }
    }

    /// Sets a variable of a function, as a change of the template would.
    pub(crate) async fn set_variable(&self, function: &str, name: &str, value: &str) {
        let function = &self.info.functions[function];
        let url = format!(
            "{}/2015-03-31/functions/{function}/configuration",
            self.info.aws_endpoint_url
        );
        let request = self.http.get(&url).header("authorization", root("lambda"));
        let mut variables = answer_to(request).await.body["Environment"]["Variables"].clone();
        assert!(variables[name].is_string(), "{function} has {name}");
        variables[name] = json!(value);
        let request = self.http.put(&url).header("authorization", root("lambda"));
        let changed = json!({ "Environment": { "Variables": variables } });
        let answer = answer_to(request.json(&changed)).await;
        assert!(answer.status.is_success(), "{answer:?}");
    }

    /// A call of the SQS API, with its response.
    pub(crate) async fn sqs(&self, operation: &str, request: &Value) -> Value {
        let call = self
            .http
            .post(&self.info.aws_endpoint_url)
            .header("authorization", root("sqs"))
            .header("x-amz-target", format!("AmazonSQS.{operation}"))
            .header("content-type", "application/x-amz-json-1.0");
        let answer = answer_to(call.body(request.to_string())).await;
        assert!(answer.status.is_success(), "{answer:?}");
        answer.body
    }

    /// A call of a service with a path for each thing, and its answer; `null` if it has no body.
    pub(crate) async fn rest(
        &self,
        service: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Value {
        let url = format!("{}{path}", self.info.aws_endpoint_url);
        let request = self.http.request(method, url);
        let request = request.header("authorization", root(service));
        let answer = answer_to(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await;
        assert!(answer.status.is_success(), "{answer:?}");
        answer.body
    }

    /// A call of the Secrets Manager API, and its answer.
    pub(crate) async fn secrets(&self, operation: &str, request: &Value) -> Value {
        let call = self
            .http
            .post(&self.info.aws_endpoint_url)
            .header("authorization", root("secretsmanager"))
            .header("x-amz-target", format!("secretsmanager.{operation}"))
            .header("content-type", "application/x-amz-json-1.1");
        let answer = answer_to(call.body(request.to_string())).await;
        assert!(answer.status.is_success(), "{answer:?}");
        answer.body
    }

    /// The event source mapping of a function.
    pub(crate) async fn mapping_of(&self, function: &str) -> Value {
        let function = &self.info.functions[function];
        let url = format!(
            "{}/2015-03-31/event-source-mappings?FunctionName={function}",
            self.info.aws_endpoint_url
        );
        let request = self.http.get(url).header("authorization", root("lambda"));
        answer_to(request).await.body["EventSourceMappings"][0].clone()
    }

    /// The configuration of a function.
    pub(crate) async fn configuration_of(&self, function: &str) -> Value {
        let function = &self.info.functions[function];
        let url = format!(
            "{}/2015-03-31/functions/{function}/configuration",
            self.info.aws_endpoint_url
        );
        let request = self.http.get(url).header("authorization", root("lambda"));
        answer_to(request).await.body
    }

    /// A call of the Route 53 API.
    pub(crate) async fn route_53(&self, path: &str, body: String) -> String {
        let url = format!("{}{path}", self.info.aws_endpoint_url);
        let request = self.http.post(url).header("authorization", root("route53"));
        text_of(request.header("content-type", "text/xml").body(body)).await
    }

    pub(crate) async fn route_53_records(&self, path: &str) -> String {
        let url = format!("{}{path}", self.info.aws_endpoint_url);
        text_of(self.http.get(url).header("authorization", root("route53"))).await
    }

    async fn query_at(&self, url: &str, service: &str, parameters: &[(&str, &str)]) -> String {
        let request = self.http.post(url).header("authorization", root(service));
        text_of(request.form(parameters)).await
    }

    /// Root's configuration for an SDK client.
    pub(crate) async fn aws(&self) -> SdkConfig {
        let load = || {
            aws_config::defaults(BehaviorVersion::latest())
                .endpoint_url(&self.info.aws_endpoint_url)
                .region(Region::new(self.info.region.clone()))
                .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
                .http_client(domain_auth_aws::http_client())
                .load()
        };
        self.aws.get_or_init(load).await.clone()
    }

    pub(crate) async fn table(&self) -> Table {
        let client = aws_sdk_dynamodb::Client::new(&self.aws().await);
        Table::new(client, self.info.table.clone())
    }

    /// How many messages in the log group of a function contain this text.
    pub(crate) async fn logged(&self, function: &str, text: &str) -> usize {
        let group = format!("/lasso/{}/{function}", self.info.stack_name);
        let request = self
            .http
            .post(&self.info.aws_endpoint_url)
            .header("authorization", root("logs"))
            .header("x-amz-target", "Logs_20140328.FilterLogEvents")
            .header("content-type", "application/x-amz-json-1.1")
            .body(
                json!({ "logGroupName": group, "filterPattern": format!("\"{text}\"") })
                    .to_string(),
            );
        let answer = answer_to(request).await;
        let events = answer.body["events"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let holds = |event: &&Value| self::text(&event["message"]).contains(text);
        events.iter().filter(holds).count()
    }

    /// Emails to Lasso support with this domain in the subject.
    pub(crate) async fn emails_about(&self, domain: &str) -> Vec<Value> {
        let (first, stopped) = (
            format!("{domain}: "),
            format!("SENDING STOPPED: {domain}: "),
        );
        let mut emails = self.emails().await;
        emails.retain(|email| email["To"] == json!([self.info.support_email]));
        emails.retain(|email| {
            let subject = text(&email["Subject"]);
            subject.starts_with(&first) || subject.starts_with(&stopped)
        });
        emails
    }

    /// Emails to Lasso support about a domain, alone or in a list.
    pub(crate) async fn emails_naming(&self, domain: &str) -> Vec<Value> {
        let mut emails = self.emails().await;
        emails.retain(|email| email["To"] == json!([self.info.support_email]));
        emails.retain(|email| {
            let mut words = text(&email["BodyText"])
                .split(|c: char| !c.is_ascii_alphanumeric() && !"-.".contains(c));
            words.any(|word| word.trim_end_matches('.') == domain)
        });
        emails
    }

    /// All emails that SES accepted.
    pub(crate) async fn emails(&self) -> Vec<Value> {
        let answer = answer_to(self.http.get(&self.info.mailbox_url)).await;
        answer.body["messages"]
            .as_object()
            .into_iter()
            .flat_map(|accounts| accounts.values())
            .flat_map(|messages| messages.as_array().cloned().unwrap_or_default())
            .collect()
    }

    pub(crate) async fn control_ses(&self, settings: Value) {
        let url = format!("{}/control", self.info.ses_gate_url);
        let answer = answer_to(self.http.post(url).json(&settings)).await;
        assert!(answer.status.is_success(), "{answer:?}");
    }

    /// Changes the DNS server's faults and counters.
    pub(crate) async fn control_dns(&self, settings: Value) -> Value {
        let url = format!("{}/control", self.info.dns_control_url);
        let answer = answer_to(self.http.post(url).json(&settings)).await;
        assert!(answer.status.is_success(), "{answer:?}");
        answer.body
    }

    /// Call counts by operation.
    pub(crate) async fn ses_counts(&self) -> Value {
        let url = format!("{}/control", self.info.ses_gate_url);
        answer_to(self.http.get(url)).await.body["calls"].clone()
    }

    /// Removes quota and faults, so that tests do not disturb each other.
    pub(crate) async fn calm_ses(&self) {
        let calm = json!({ "rate": 0, "recheck_ms": 0, "latency_ms": {}, "faults": [] });
        self.control_ses(calm).await;
    }
}

async fn text_of(request: RequestBuilder) -> String {
    let answer = request.send().await.expect("an answer of the emulator");
    let status = answer.status();
    let body = answer.text().await.expect("a body");
    assert!(status.is_success(), "{status} {body}");
    body
}
