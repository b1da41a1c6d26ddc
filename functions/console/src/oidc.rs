//! Sign-in: the authorization code flow of OpenID Connect Core 1.0 with PKCE (RFC 7636), as a
//! public client. The issuer is called only while a person signs in and when a token is refreshed.

use std::pin::Pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain_auth::ports::{Clock, Ids};
use jiff::Timestamp;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient,
    CoreClientAuthMethod, CoreGrantType, CoreIdToken, CoreIdTokenClaims, CoreJsonWebKey,
    CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, AsyncHttpClient, AuthUrl, AuthorizationCode,
    ClaimsVerificationError, ClientId, CsrfToken, IssuerUrl, JsonWebKeySetUrl,
    LogoutProviderMetadata, Nonce, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata,
    RedirectUrl, RefreshToken, RequestTokenError, Scope, SignatureVerificationError, TokenResponse,
    TokenUrl,
};
use openidconnect::{EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, OAuth2TokenResponse};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::config::{ConsoleUrl, Endpoints, SignInConfig};
use crate::fetch::{Fetch, FetchError};

/// The path to which the issuer sends a browser back.
pub(crate) const CALLBACK: &str = "/callback";

/// How long a person has to sign in, in seconds.
pub(crate) const TIME_TO_SIGN_IN: i64 = 900;

/// The issuer, as seen by a client.
#[derive(Debug)]
pub struct Oidc {
    config: SignInConfig,
    console: ConsoleUrl,
    /// The discovered data. Dropped if a token is signed with an unknown key.
    known: Mutex<Option<Arc<Issuer>>>,
}

#[derive(Debug)]
struct Issuer {
    endpoints: Endpoints,
    end_session: Option<String>,
    revocation: Option<String>,
    keys: CoreJsonWebKeySet,
}

/// What the discovery document says of RFC 7009 ("OAuth 2.0 Token Revocation"), as RFC 8414 names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Revocation {
    revocation_endpoint: Option<String>,
}

impl AdditionalProviderMetadata for Revocation {}

type Metadata = ProviderMetadata<
    LogoutProviderMetadata<Revocation>,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

/// A sign-in in progress. The browser stores it encrypted. Only the state and the nonce leave the
/// console in another form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// Comes back with the code, and shows that the same browser began the sign-in.
    pub state: String,
    /// Comes back in the ID token, and shows that the token was issued for this sign-in.
    pub nonce: String,
    /// Proves to the issuer that the console that sends the code has requested it.
    pub verifier: String,
    /// The page that the person requested.
    pub to: String,
    /// When it began, in seconds since 1970.
    pub at: i64,
}

/// The parameters with which the issuer sends a browser back.
#[derive(Debug, Clone, Default)]
pub struct Callback {
    /// The code.
    pub code: Option<String>,
    /// The state.
    pub state: Option<String>,
    /// The code of an error (RFC 6749, section 4.1.2.1).
    pub error: Option<String>,
}

/// Tokens of a person, after the ID token was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The token for the API.
    pub id_token: String,
    /// For new tokens; `None` if the issuer returned none.
    pub refresh_token: Option<String>,
    /// When the ID token ends.
    pub expires_at: Timestamp,
    /// The person.
    pub subject: String,
}

/// The sign-in failed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// This browser has no sign-in in progress, or it has expired.
    #[error("no sign-in is under way in this browser")]
    NotBegun,
    /// The state is not that of this sign-in.
    #[error("the sign-in that comes back is not the one that began in this browser")]
    OtherState,
    /// The issuer refused.
    #[error("the issuer did not sign the person in: {0}")]
    Refused(String),
    /// The ID token is not valid, or was issued for another sign-in.
    #[error("the ID token is refused: {0}")]
    Token(String),
    /// The issuer returned no ID token for the code.
    #[error("the issuer gave no ID token")]
    NoIdToken,
    /// An address of the issuer in the template is not a URL.
    #[error("an endpoint of the issuer is not a URL")]
    Endpoint(#[from] openidconnect::url::ParseError),
    /// The issuer did not respond, or its response cannot be read.
    #[error("the issuer did not answer as OpenID Connect has it: {0}")]
    Issuer(String, #[source] Option<FetchError>),
}

impl Oidc {
    /// Sign-in with the issuer of the template.
    pub fn new(config: SignInConfig, console: ConsoleUrl) -> Self {
        Self {
            config,
            console,
            known: Mutex::default(),
        }
    }

    /// Begins a sign-in that leads to the page `to`. Returns where to send the browser, and what it
    /// has to store.
    pub async fn begin<F: Fetch>(
        &self,
        fetch: &F,
        ids: &dyn Ids,
        now: Timestamp,
        to: String,
    ) -> Result<(String, SignIn), SignInError> {
        let issuer = self.issuer(fetch).await?;
        let sign_in = SignIn {
            state: ids.secret(),
            nonce: ids.secret(),
            // 43 to 128 characters (RFC 7636, section 4.1); a single secret may have fewer.
            verifier: format!("{}{}", ids.secret(), ids.secret()),
            to,
            at: now.as_second(),
        };
        let verifier = PkceCodeVerifier::new(sign_in.verifier.clone());
        let client = self.client(&issuer)?;
        let state = CsrfToken::new(sign_in.state.clone());
        let nonce = Nonce::new(sign_in.nonce.clone());
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || state,
                move || nonce,
            )
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        // `openid` is always requested.
        for scope in self.config.scopes.split_whitespace() {
            if scope != "openid" {
                request = request.add_scope(Scope::new(scope.to_owned()));
            }
        }
        let (url, _state, _nonce) = request.url();
        Ok((url.into(), sign_in))
    }

    /// Ends the sign-in that this browser began.
    pub async fn end<F: Fetch>(
        &self,
        fetch: &F,
        clock: &impl Clock,
        begun: Option<&SignIn>,
        callback: Callback,
    ) -> Result<Tokens, SignInError> {
        let now = clock.now();
        let begun = begun
            .filter(|sign_in| now.as_second() - sign_in.at <= TIME_TO_SIGN_IN)
            .ok_or(SignInError::NotBegun)?;
        if callback.state.as_ref() != Some(&begun.state) {
            return Err(SignInError::OtherState);
        }
        if let Some(error) = callback.error {
            return Err(SignInError::Refused(error));
        }
        let code = callback.code.ok_or(SignInError::NotBegun)?;
        let issuer = self.issuer(fetch).await?;
        let answer = self
            .client(&issuer)?
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()))
            .request_async(&Asked(fetch))
            .await
            .map_err(refused)?;
        let id_token = answer.id_token().ok_or(SignInError::NoIdToken)?;
        let wanted = Some(Nonce::new(begun.nonce.clone()));
        let claims = self.verified(fetch, issuer, id_token, wanted, now).await?;
        Ok(tokens(id_token, &claims, answer.refresh_token()))
    }

    /// New tokens for the person `subject`, from a refresh token.
    pub async fn refresh<F: Fetch>(
        &self,
        fetch: &F,
        clock: &impl Clock,
        refresh_token: &str,
        subject: &str,
    ) -> Result<Tokens, SignInError> {
        let issuer = self.issuer(fetch).await?;
        let old = RefreshToken::new(refresh_token.to_owned());
        let answer = self
            .client(&issuer)?
            .exchange_refresh_token(&old)
            .request_async(&Asked(fetch))
            .await
            .map_err(refused)?;
        let id_token = answer.id_token().ok_or(SignInError::NoIdToken)?;
        let claims = self
            .verified(fetch, issuer, id_token, None, clock.now())
            .await?;
        if claims.subject().as_str() != subject {
            return Err(SignInError::Token("it is another person's".to_owned()));
        }
        // Without rotation the old refresh token stays valid (RFC 6749, section 6).
        let next = answer.refresh_token().unwrap_or(&old);
        Ok(tokens(id_token, &claims, Some(next)))
    }

    /// Revokes a refresh token, so that a copy of the session cannot be renewed after sign-out (RFC 7009). An issuer
    /// without a revocation endpoint is not asked, and a failure ends no sign-out.
    pub async fn revoke<F: Fetch>(&self, fetch: &F, refresh_token: &str) {
        let Ok(issuer) = self.issuer(fetch).await else {
            return;
        };
        let Some(endpoint) = &issuer.revocation else {
            return;
        };
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", refresh_token)
            .append_pair("token_type_hint", "refresh_token")
            .append_pair("client_id", &self.config.client_id)
            .finish();
        let request = http::Request::post(endpoint)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.into_bytes());
        let Ok(request) = request else { return };
        match fetch.send(request).await {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => tracing::warn!(
                status = answer.status().as_u16(),
                "the issuer has not revoked the refresh token"
            ),
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the issuer has not revoked the refresh token"
            ),
        }
    }

    /// The address to which a browser is sent to end its session at the issuer, too. It has the
    /// parameters of OpenID Connect RP-Initiated Logout 1.0, and `logout_uri`, as Amazon Cognito
    /// calls it. It has no `id_token_hint`, because URLs must not contain tokens.
    pub async fn end_session<F: Fetch>(&self, fetch: &F) -> Option<String> {
        let issuer = self.issuer(fetch).await.ok()?;
        let mut url = url::Url::parse(issuer.end_session.as_ref()?).ok()?;
        let back = self.console.page("/");
        url.query_pairs_mut()
            .append_pair("client_id", &self.config.client_id)
            .append_pair("post_logout_redirect_uri", &back)
            .append_pair("logout_uri", &back);
        Some(url.into())
    }

    fn client(&self, issuer: &Issuer) -> Result<Client, SignInError> {
        let client = CoreClient::new(
            ClientId::new(self.config.client_id.clone()),
            IssuerUrl::new(self.config.issuer.clone())?,
            issuer.keys.clone(),
        );
        Ok(client
            .set_auth_uri(AuthUrl::new(issuer.endpoints.authorization.clone())?)
            .set_token_uri(TokenUrl::new(issuer.endpoints.token.clone())?)
            .set_redirect_uri(RedirectUrl::new(self.console.page(CALLBACK))?))
    }

    /// The claims of a token that the issuer has signed for the console. `nonce` is `None` for a
    /// refreshed token, which need not have one (OpenID Connect Core, section 12.2).
    async fn verified<F: Fetch>(
        &self,
        fetch: &F,
        issuer: Arc<Issuer>,
        id_token: &CoreIdToken,
        nonce: Option<Nonce>,
        now: Timestamp,
    ) -> Result<CoreIdTokenClaims, SignInError> {
        let verify = |issuer: &Issuer| {
            let client = self.client(issuer)?;
            let verifier = client.id_token_verifier().set_time_fn(|| at(now));
            let is_right = |given: Option<&Nonce>| match (&nonce, given) {
                (None, _) => Ok(()),
                (Some(wanted), Some(given)) if wanted.secret() == given.secret() => Ok(()),
                (Some(_), _) => Err("it was issued for another sign-in".to_owned()),
            };
            Ok::<_, SignInError>(id_token.claims(&verifier, is_right).cloned())
        };
        let mut claims = verify(&issuer)?;
        if is_unknown_key(&claims) {
            *self.known.lock().await = None;
            claims = verify(&*self.issuer(fetch).await?)?;
        }
        claims.map_err(|error| SignInError::Token(error.to_string()))
    }

    async fn issuer<F: Fetch>(&self, fetch: &F) -> Result<Arc<Issuer>, SignInError> {
        let mut known = self.known.lock().await;
        if let Some(issuer) = &*known {
            return Ok(Arc::clone(issuer));
        }
        let issuer = Arc::new(self.discover(fetch).await?);
        *known = Some(Arc::clone(&issuer));
        Ok(issuer)
    }

    async fn discover<F: Fetch>(&self, fetch: &F) -> Result<Issuer, SignInError> {
        let http = Asked(fetch);
        let unclear = |error: openidconnect::DiscoveryError<FetchError>| {
            SignInError::Issuer(error.to_string(), None)
        };
        let configured = self.config.end_session.clone();
        if let Some(endpoints) = self.config.endpoints.clone() {
            let url = JsonWebKeySetUrl::new(endpoints.jwks.clone())?;
            let keys = CoreJsonWebKeySet::fetch_async(&url, &http);
            return Ok(Issuer {
                keys: keys.await.map_err(unclear)?,
                end_session: configured,
                revocation: None,
                endpoints,
            });
        }
        let url = IssuerUrl::new(self.config.issuer.clone())?;
        let found = Metadata::discover_async(url, &http)
            .await
            .map_err(unclear)?;
        let no_token_endpoint = || SignInError::Issuer("it has no token endpoint".to_owned(), None);
        let more = found.additional_metadata();
        let logout = more.end_session_endpoint.as_ref();
        let revocation = more.additional_metadata.revocation_endpoint.clone();
        Ok(Issuer {
            endpoints: Endpoints {
                authorization: found.authorization_endpoint().to_string(),
                token: found
                    .token_endpoint()
                    .ok_or_else(no_token_endpoint)?
                    .to_string(),
                jwks: found.jwks_uri().to_string(),
            },
            end_session: configured.or_else(|| logout.map(ToString::to_string)),
            revocation,
            keys: found.jwks().clone(),
        })
    }
}

/// [`Fetch`] in the form of the library.
struct Asked<'a, F>(&'a F);

impl<'c, F: Fetch> AsyncHttpClient<'c> for Asked<'_, F> {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.send(request))
    }
}

fn tokens(
    id_token: &CoreIdToken,
    claims: &CoreIdTokenClaims,
    refresh_token: Option<&RefreshToken>,
) -> Tokens {
    Tokens {
        id_token: id_token.to_string(),
        refresh_token: refresh_token.map(|token| token.secret().clone()),
        expires_at: Timestamp::from_second(claims.expiration().timestamp()).unwrap_or_default(),
        subject: claims.subject().to_string(),
    }
}

fn is_unknown_key<T>(claims: &Result<T, ClaimsVerificationError>) -> bool {
    matches!(
        claims,
        Err(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey
        ))
    )
}

/// The library's own clock is not used.
fn at(now: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(now.as_second(), 0).unwrap_or_default()
}

/// Only the error code of the response: the rest may contain a token.
fn refused<T>(error: RequestTokenError<FetchError, T>) -> SignInError
where
    T: openidconnect::ErrorResponse + std::fmt::Display,
{
    match error {
        RequestTokenError::ServerResponse(answer) => SignInError::Refused(answer.to_string()),
        RequestTokenError::Request(error) => {
            SignInError::Issuer("no answer".to_owned(), Some(error))
        }
        RequestTokenError::Parse(_, _) => {
            SignInError::Issuer("its answer cannot be read".to_owned(), None)
        }
        RequestTokenError::Other(error) => SignInError::Issuer(error, None),
    }
}
