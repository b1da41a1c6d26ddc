//! A simulated issuer and API.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use domain_auth::ports::Clock;
use domain_auth_testkit::TestClock;
use http::{HeaderValue, Request, Response, StatusCode, header};
use openidconnect::core::{
    CoreIdToken, CoreIdTokenClaims, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
    CoreRsaPrivateSigningKey,
};
use openidconnect::{
    Audience, EmptyAdditionalClaims, IssuerUrl, JsonWebKeyId, Nonce, PrivateSigningKey,
    StandardClaims, SubjectIdentifier,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::fetch::{Fetch, FetchError};

pub(super) const CONSOLE: &str = "https://console.lasso.example";
pub(super) const ISSUER: &str = "https://issuer.example";
pub(super) const API: &str = "https://api.example";
pub(super) const CLIENT_ID: &str = "the-console";

/// How the next ID token is wrong.
#[derive(Debug, Clone, Default)]
pub(super) struct Twist {
    pub(super) nonce: TokenNonce,
    pub(super) audience: Option<&'static str>,
    pub(super) issuer: Option<&'static str>,
    pub(super) subject: Option<&'static str>,
    pub(super) by_a_stranger: bool,
    pub(super) has_expired: bool,
    pub(super) no_refresh_token: bool,
}

/// The nonce of the next ID token.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum TokenNonce {
    /// The requested nonce.
    #[default]
    Asked,
    Missing,
    Another,
}

/// A request that the API got.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) token: String,
    pub(super) key: Option<String>,
    pub(super) body: Value,
}

/// Simulates the issuer and the API.
#[derive(Debug)]
pub(super) struct World {
    clock: TestClock,
    pub(super) twist: Mutex<Twist>,
    /// Whether the issuer does not respond.
    pub(super) issuer_fails: Mutex<bool>,
    /// `code_challenge` and `nonce` of each sign-in, by code.
    pub(super) codes: Mutex<HashMap<String, (String, String)>>,
    /// The claims of the person who signs in, in addition to the standard ones.
    pub(super) claims: Mutex<Value>,
    pub(super) answers: Mutex<BTreeMap<String, (u16, Value)>>,
    pub(super) calls: Mutex<Vec<Call>>,
    pub(super) fetched: Mutex<Vec<String>>,
}

impl Fetch for &'static World {
    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, FetchError> {
        let url = request.uri().to_string();
        let answer = match url.strip_prefix(API) {
            Some(path) => self.api(path, &request),
            None => self.issuer(&url, &request)?,
        };
        Ok(answer)
    }
}

impl World {
    /// An issuer at which a client administrator signs in.
    pub(super) fn new(clock: TestClock) -> Self {
        Self {
            clock,
            twist: Mutex::default(),
            issuer_fails: Mutex::default(),
            codes: Mutex::default(),
            claims: Mutex::new(client_admin()),
            answers: Mutex::default(),
            calls: Mutex::default(),
            fetched: Mutex::default(),
        }
    }

    fn api(&self, path: &str, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        let text = |name: &str| {
            let value = request.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        let method = request.method().to_string();
        self.calls.lock().unwrap().push(Call {
            method: method.clone(),
            path: path.to_owned(),
            token: text("authorization").unwrap_or_default(),
            key: text("idempotency-key"),
            body: serde_json::from_slice(request.body()).unwrap_or_default(),
        });
        let answers = self.answers.lock().unwrap();
        let (status, body) = answers
            .get(&format!("{method} {path}"))
            .cloned()
            .unwrap_or((
                404,
                json!({ "code": "not_found", "detail": "none", "title": "none" }),
            ));
        let mut response = Response::new(body.to_string().into_bytes());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response
    }

    fn issuer(
        &self,
        url: &str,
        request: &Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, FetchError> {
        self.fetched.lock().unwrap().push(url.to_owned());
        if *self.issuer_fails.lock().unwrap() {
            return Err(FetchError::TooLong);
        }
        let keys = || {
            let key = key(false).as_verification_key();
            serde_json::to_value(CoreJsonWebKeySet::new(vec![key])).unwrap()
        };
        let body = match url.strip_prefix(ISSUER).unwrap() {
            "/.well-known/openid-configuration" => json!({
                "issuer": ISSUER,
                "authorization_endpoint": format!("{ISSUER}/authorize"),
                "token_endpoint": format!("{ISSUER}/token"),
                "jwks_uri": format!("{ISSUER}/keys"),
                "end_session_endpoint": format!("{ISSUER}/logout"),
                "revocation_endpoint": format!("{ISSUER}/revoke"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }),
            "/keys" => keys(),
            "/token" => return Ok(self.token(request)),
            "/revoke" => {
                let form: HashMap<String, String> = form_urlencoded::parse(request.body())
                    .into_owned()
                    .collect();
                assert_eq!(form["token"], "refresh");
                assert_eq!(form["client_id"], CLIENT_ID);
                json!({})
            }
            other => panic!("{other}"),
        };
        Ok(json_of(200, &body))
    }

    fn token(&self, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        let form: HashMap<String, String> = form_urlencoded::parse(request.body())
            .into_owned()
            .collect();
        let nonce = match form["grant_type"].as_str() {
            "authorization_code" => {
                let Some((challenge, nonce)) = self.codes.lock().unwrap().remove(&form["code"])
                else {
                    return json_of(400, &json!({ "error": "invalid_grant" }));
                };
                let verifier = form.get("code_verifier").cloned().unwrap_or_default();
                let made = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
                assert_eq!(form["redirect_uri"], format!("{CONSOLE}/callback"));
                assert_eq!(form["client_id"], CLIENT_ID);
                if made != challenge {
                    return json_of(400, &json!({ "error": "invalid_grant" }));
                }
                Some(nonce)
            }
            "refresh_token" if form["refresh_token"] == "refresh" => None,
            _other => return json_of(400, &json!({ "error": "invalid_grant" })),
        };
        let twist = self.twist.lock().unwrap().clone();
        let nonce = match twist.nonce {
            TokenNonce::Asked => nonce,
            TokenNonce::Missing => None,
            TokenNonce::Another => Some("another".to_owned()),
        };
        let mut body = json!({
            "access_token": "access",
            "token_type": "Bearer",
            "id_token": self.id_token(&twist, nonce),
        });
        if !twist.no_refresh_token {
            body["refresh_token"] = json!("refresh");
        }
        json_of(200, &body)
    }

    fn id_token(&self, twist: &Twist, nonce: Option<String>) -> String {
        let now = self.clock.now().as_second();
        let at = |seconds: i64| DateTime::from_timestamp(now + seconds, 0).unwrap();
        let (from, until) = if twist.has_expired {
            (-7200, -3600)
        } else {
            (0, 3600)
        };
        let subject = twist.subject.unwrap_or("person-1").to_owned();
        let claims = CoreIdTokenClaims::new(
            IssuerUrl::new(twist.issuer.unwrap_or(ISSUER).to_owned()).unwrap(),
            vec![Audience::new(
                twist.audience.unwrap_or(CLIENT_ID).to_owned(),
            )],
            at(until),
            at(from),
            StandardClaims::new(SubjectIdentifier::new(subject)),
            EmptyAdditionalClaims {},
        )
        .set_nonce(nonce.map(Nonce::new));
        // The claims of Lasso's tokens, among those of the library.
        let mut all = serde_json::to_value(&claims).unwrap();
        let own = self.claims.lock().unwrap().clone();
        all.as_object_mut()
            .unwrap()
            .extend(own.as_object().unwrap().clone());
        signed(&all, twist.by_a_stranger)
    }
}

fn signed(claims: &Value, by_a_stranger: bool) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({ "alg": "RS256", "kid": "one" });
    let message = format!("{}.{}", encode(&header), encode(claims));
    let alg = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
    let signature = key(by_a_stranger).sign(&alg, message.as_bytes()).unwrap();
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
    let _read: CoreIdToken = token.parse().unwrap();
    token
}

fn key(of_a_stranger: bool) -> CoreRsaPrivateSigningKey {
    let pem = if of_a_stranger {
        include_str!("stranger.pem")
    } else {
        include_str!("issuer.pem")
    };
    CoreRsaPrivateSigningKey::from_pem(pem, Some(JsonWebKeyId::new("one".to_owned()))).unwrap()
}

fn json_of(status: u16, body: &Value) -> Response<Vec<u8>> {
    let mut response = Response::new(body.to_string().into_bytes());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

pub(super) fn client_admin() -> Value {
    json!({ "custom:client_id": "maple-homes", "cognito:groups": ["client-admin"], "email": "admin@maplehomes.com" })
}

pub(super) fn support() -> Value {
    json!({ "cognito:groups": ["lasso-support"], "email": "support@lasso.example" })
}
