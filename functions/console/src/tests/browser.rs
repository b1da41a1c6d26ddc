//! A browser that uses the console.

use std::collections::{BTreeMap, HashMap};

use domain_auth::ports::Clock;
use domain_auth_testkit::{SequentialIds, TestClock};
use http::{HeaderMap, Method, Request, header};
use jiff::Timestamp;
use lambda_http::Body;
use serde_json::Value;

use super::issuer::{API, CLIENT_ID, CONSOLE, Call, ISSUER, World};
use crate::{App, ClaimNames, Config, Endpoints, Incoming, SignInConfig};

/// A browser that uses the console.
pub(super) struct Browser {
    pub(super) world: &'static World,
    pub(super) clock: TestClock,
    pub(super) app: App<&'static World, TestClock>,
    pub(super) cookies: BTreeMap<String, String>,
    pub(super) origin: Option<String>,
    /// `Sec-Fetch-Dest`.
    pub(super) destination: Option<&'static str>,
}

/// A response.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}

impl Browser {
    /// The window is signed out.
    pub(super) fn new() -> Self {
        Self::with(None)
    }

    pub(super) fn with(endpoints: Option<Endpoints>) -> Self {
        let clock = TestClock::default();
        // It lives as long as the test process: the App's futures want no borrow of it.
        let world: &'static World = Box::leak(Box::new(World::new(clock.clone())));
        let config = Config {
            api_url: API.to_owned(),
            console: CONSOLE.parse().unwrap(),
            secret: "a secret of the stack".to_owned(),
            frame_ancestors: "'none'".to_owned(),
            claims: ClaimNames {
                client_id: "custom:client_id".to_owned(),
                roles: "cognito:groups".to_owned(),
            },
            sign_in: SignInConfig {
                client_id: CLIENT_ID.to_owned(),
                issuer: ISSUER.to_owned(),
                scopes: "profile".to_owned(),
                endpoints,
                end_session: None,
            },
        };
        Self {
            app: App::new(config, world, clock.clone(), SequentialIds::default()),
            world,
            clock,
            cookies: BTreeMap::new(),
            origin: Some(CONSOLE.to_owned()),
            destination: Some("document"),
        }
    }

    /// A browser in which a person with these claims is signed in.
    pub(super) async fn of(claims: Value) -> Self {
        let mut browser = Self::new();
        *browser.world.claims.lock().unwrap() = claims;
        let got = browser.sign_in().await;
        assert_eq!((got.status, got.header("location")), (303, "/"));
        browser
    }

    pub(super) fn answer(&self, call: &str, status: u16, body: Value) {
        self.world
            .answers
            .lock()
            .unwrap()
            .insert(call.to_owned(), (status, body));
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut *self.world.calls.lock().unwrap())
    }

    pub(super) async fn get(&mut self, path: &str) -> Got {
        self.request(Method::GET, path, &[]).await
    }

    pub(super) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Got {
        self.request(Method::POST, path, form).await
    }

    pub(super) async fn request(
        &mut self,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
    ) -> Got {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        let mut request = Request::builder()
            .method(method.clone())
            .uri(format!("{CONSOLE}{path}"));
        if !self.cookies.is_empty() {
            let pairs = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            request = request.header("cookie", pairs.collect::<Vec<_>>().join("; "));
        }
        if let Some(destination) = self.destination {
            request = request.header("sec-fetch-dest", destination);
        }
        if let Some(origin) = self.origin.as_ref().filter(|_| method == Method::POST) {
            request = request.header("origin", origin);
        }
        let (plain, query) = path.split_once('?').unwrap_or((path, ""));
        let query = form_urlencoded::parse(query.as_bytes()).into_owned();
        let query: HashMap<String, Vec<String>> =
            query.map(|(name, value)| (name, vec![value])).collect();
        let request = request.body(Body::from(body.finish())).unwrap();
        let request = lambda_http::RequestExt::with_query_string_parameters(request, query);
        let request = lambda_http::RequestExt::with_raw_http_path(request, plain);
        let response = self.app.handle(&Incoming::of(&request)).await;
        let (parts, body) = response.into_parts();
        for line in parts.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Got {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    /// Begins a sign-in. Returns the parameters that the issuer gets.
    pub(super) async fn begin(&mut self, path: &str) -> HashMap<String, String> {
        let got = self.get(path).await;
        assert_eq!(got.status, 303, "{}", got.body);
        let url = url::Url::parse(got.header("location")).unwrap();
        assert_eq!(url.path(), "/authorize");
        url.query_pairs().into_owned().collect()
    }

    /// The person signs in at the issuer. Returns the query of the callback.
    pub(super) fn consent(&self, asked: &HashMap<String, String>) -> String {
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["code_challenge_method"], "S256");
        let bound = (asked["code_challenge"].clone(), asked["nonce"].clone());
        self.world
            .codes
            .lock()
            .unwrap()
            .insert("the-code".to_owned(), bound);
        format!("/callback?code=the-code&state={}", asked["state"])
    }

    pub(super) async fn sign_in(&mut self) -> Got {
        let asked = self.begin("/sign-in").await;
        let callback = self.consent(&asked);
        self.get(&callback).await
    }

    /// The value of the hidden field of the form that is sent to `action`, on this page.
    pub(super) fn form_in(page: &str, action: &str) -> String {
        let start = page
            .find(&format!("action=\"{action}\""))
            .unwrap_or_else(|| panic!("no form for {action} in {page}"));
        let rest = &page[start..];
        let (_, rest) = rest.split_once("name=\"form\" value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }
}

pub(super) fn noon() -> Timestamp {
    TestClock::default().now()
}
