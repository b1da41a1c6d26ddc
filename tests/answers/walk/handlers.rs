//! The functions behind their routes: a request as API Gateway sends it, answered by the handler of its
//! function on the parts of a [`World`]. So what lies between a request and its use case is walked, too: the
//! route, the body, who may call, the order of the refusals, and what each is to its caller.

use domain_auth::final_step::MANUAL;
use domain_auth::limits::Limits;
use domain_auth::names::Eligibility;
use domain_auth::use_cases::check::CheckLimits;
use domain_auth_http::{Access, Cursors, Operation, ParsedRequest, PublicUrl, Reply};
use domain_auth_testkit::{RecordingMeter, request_with};
use serde_json::{Map, Value, json};

use crate::world::{WalkPorts, World};

/// So many that no call has to wait.
const CALLS_PER_SECOND: u32 = 1_000;
const LIMITS: Limits = Limits {
    domains: 500,
    added_per_day: 50,
    support_emails_per_day: 50,
};
const CURSOR_SECRET: &str = "not a secret";

/// A request to the API.
pub(crate) struct Sent {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) query: &'static [(&'static str, &'static str)],
    pub(crate) body: Option<Value>,
    /// The client of the token; none of Lasso support.
    pub(crate) client: Option<String>,
}

impl Sent {
    fn event(&self, operation: Operation) -> Value {
        let (route, path) = (operation.route(), &self.path);
        let words = route.path.split('/').zip(path.split('/'));
        let parameters: Map<String, Value> = words
            .filter_map(|(word, sent)| {
                let name = word.strip_prefix('{')?.strip_suffix('}')?;
                Some((name.to_owned(), json!(sent)))
            })
            .collect();
        let query: Map<String, Value> = self
            .query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        let pairs = self.query.iter();
        let raw: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let claims = match &self.client {
            Some(client) => json!({
                "sub": "jo", "cognito:groups": "[client-admin]", "custom:client_id": client,
            }),
            None => json!({ "sub": "sam", "cognito:groups": "[lasso-support]" }),
        };
        let key = route.key();
        json!({
            "version": "2.0",
            "routeKey": key,
            "rawPath": path,
            "rawQueryString": raw.join("&"),
            "queryStringParameters": query,
            "headers": { "content-type": "application/json" },
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "a1b2c3",
                "domainName": "api.example",
                "authorizer": { "jwt": { "claims": claims, "scopes": null } },
                "http": {
                    "method": self.method, "path": path, "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1", "userAgent": "walk",
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": key,
                "stage": "$default",
                "time": "01/Jun/2026:12:00:00 +0000",
                "timeEpoch": 1_780_315_200_000_u64,
            },
            "body": self.body.as_ref().map(Value::to_string),
            "isBase64Encoded": false,
            "pathParameters": parameters,
        })
    }
}

impl World {
    /// The answer of the function that has the route.
    pub(crate) fn sent(&self, sent: &Sent) -> Reply {
        let operation = Operation::at(sent.method, &sent.path);
        let operation = operation.unwrap_or_else(|| panic!("{} {}", sent.method, sent.path));
        let is_support = operation.route().access == Access::LassoSupport;
        assert_eq!(is_support, sent.client.is_none(), "{}", sent.path);
        let request = request_with(sent.event(operation));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(self.handled(operation.route().function, request))
    }

    async fn handled(&self, function: &str, request: ParsedRequest) -> Reply {
        match function {
            "check-domain" => self.check_domain().handle(request).await,
            "advance-domain" => self.advance_domain().handle(request).await,
            "decide-domain" => self.decide_domain().handle(request).await,
            "release-domain" => {
                let app: release_domain::App<WalkPorts> = release_domain::App {
                    store: self.store.clone(),
                    publisher: self.topic.clone(),
                    clock: self.clock.clone(),
                    ids: self.ids.clone(),
                };
                app.handle(request).await
            }
            "remove-domain" => {
                let app: remove_domain::App<WalkPorts> = remove_domain::App {
                    store: self.store.clone(),
                    ses: self.ses.clone(),
                    publisher: self.topic.clone(),
                    clock: self.clock.clone(),
                    ids: self.ids.clone(),
                    ses_calls_per_second: CALLS_PER_SECOND,
                };
                app.handle(request).await
            }
            "send-instructions" => {
                let app: send_instructions::App<WalkPorts> = send_instructions::App {
                    store: self.store.clone(),
                    mail: self.letters.clone(),
                    clock: self.clock.clone(),
                    ids: self.ids.clone(),
                    public_url: PublicUrl::default(),
                };
                app.handle(request).await
            }
            "share-domain" => {
                let app: share_domain::App<WalkPorts> = share_domain::App {
                    store: self.store.clone(),
                    clock: self.clock.clone(),
                    ids: self.ids.clone(),
                    public_url: PublicUrl::default(),
                };
                app.handle(request).await
            }
            "read-domains" => {
                let app: read_domains::App<WalkPorts> = read_domains::App {
                    store: self.store.clone(),
                    dns: self.dns.clone(),
                    clock: self.clock.clone(),
                    eligibility: Eligibility::default(),
                    cursors: Cursors::new(CURSOR_SECRET),
                };
                app.handle(request).await
            }
            "read-staff" => {
                let app: read_staff::App<WalkPorts> = read_staff::App {
                    store: self.store.clone(),
                    clock: self.clock.clone(),
                    cursors: Cursors::new(CURSOR_SECRET),
                    limits: LIMITS,
                };
                app.handle(request).await
            }
            other => panic!("the walk does not know {other}"),
        }
    }

    fn check_domain(&self) -> check_domain::App<WalkPorts> {
        check_domain::App {
            store: self.store.clone(),
            ses: self.ses.clone(),
            publisher: self.topic.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            dns: self.dns.clone(),
            meter: RecordingMeter::default(),
            final_step: MANUAL.clone(),
            limits: CheckLimits::default(),
        }
    }

    fn advance_domain(&self) -> advance_domain::App<WalkPorts> {
        advance_domain::App {
            store: self.store.clone(),
            ses: self.ses.clone(),
            publisher: self.topic.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            ses_calls_per_second: CALLS_PER_SECOND,
            support_emails: LIMITS.support_emails_per_day,
        }
    }

    fn decide_domain(&self) -> decide_domain::App<WalkPorts> {
        decide_domain::App {
            store: self.store.clone(),
            ses: self.ses.clone(),
            configuration_set: None,
            publisher: self.topic.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            limits: LIMITS,
        }
    }
}
