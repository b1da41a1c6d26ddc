//! The configuration that the template gives this function.

use std::str::FromStr;

use domain_auth_aws::{MissingVariable, optional, required};
use url::Url;

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `API_URL`: base of the HTTP API, without a slash at the end.
    pub api_url: String,
    /// The public URL of the console.
    pub console: ConsoleUrl,
    /// `CONSOLE_SECRET`: the secret that encrypts sessions.
    pub secret: String,
    /// `FRAME_ANCESTORS`: the sites that may show the console in a frame, as a source list of CSP.
    pub frame_ancestors: String,
    /// `CLIENT_ID_CLAIM` and `ROLES_CLAIM`.
    pub claims: ClaimNames,
    /// The settings of the sign-in.
    pub sign_in: SignInConfig,
}

/// The names of the claims with client and roles.
#[derive(Debug, Clone)]
pub struct ClaimNames {
    /// The client's identifier.
    pub client_id: String,
    /// The roles.
    pub roles: String,
}

/// The settings of the sign-in.
#[derive(Debug, Clone)]
pub struct SignInConfig {
    /// `CONSOLE_CLIENT_ID`: the console's client identifier at the issuer.
    pub client_id: String,
    /// `JWT_ISSUER`.
    pub issuer: String,
    /// `OIDC_SCOPES`: scopes in addition to `openid`, separated by spaces.
    pub scopes: String,
    /// `OIDC_AUTHORIZATION_ENDPOINT`, `OIDC_TOKEN_ENDPOINT` and `OIDC_JWKS_URI`; `None` if the
    /// issuer has a discovery document.
    pub endpoints: Option<Endpoints>,
    /// `OIDC_END_SESSION_ENDPOINT`: where a browser is sent at sign-out.
    pub end_session: Option<String>,
}

/// Endpoints of an issuer without a discovery document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// The address to which a browser is sent to sign in.
    pub authorization: String,
    /// The address that exchanges codes and refresh tokens for tokens.
    pub token: String,
    /// The address of the keys that sign tokens.
    pub jwks: String,
}

/// `CONSOLE_URL`: the public URL of the console. It has no path, because a `__Host-` cookie is for
/// a whole host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleUrl {
    origin: String,
    is_secure: bool,
}

/// A variable of the environment is missing or invalid.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable is missing.
    #[error(transparent)]
    Missing(#[from] MissingVariable),
    /// Not a possible URL of a console.
    #[error("CONSOLE_URL is not an https URL without a path (http only for a loopback address)")]
    ConsoleUrl,
    /// Some of the endpoints are set, and some are not.
    #[error(
        "of OIDC_AUTHORIZATION_ENDPOINT, OIDC_TOKEN_ENDPOINT and OIDC_JWKS_URI all have to be set, or none"
    )]
    Endpoints,
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            api_url: required("API_URL")?.trim_end_matches('/').to_owned(),
            console: required("CONSOLE_URL")?.parse()?,
            secret: required("CONSOLE_SECRET")?,
            frame_ancestors: optional("FRAME_ANCESTORS").unwrap_or_else(|| "'none'".to_owned()),
            claims: ClaimNames {
                client_id: required("CLIENT_ID_CLAIM")?,
                roles: required("ROLES_CLAIM")?,
            },
            sign_in: SignInConfig {
                client_id: required("CONSOLE_CLIENT_ID")?,
                issuer: required("JWT_ISSUER")?,
                endpoints: endpoints([
                    optional("OIDC_AUTHORIZATION_ENDPOINT"),
                    optional("OIDC_TOKEN_ENDPOINT"),
                    optional("OIDC_JWKS_URI"),
                ])?,
                scopes: optional("OIDC_SCOPES").unwrap_or_default(),
                end_session: optional("OIDC_END_SESSION_ENDPOINT"),
            },
        })
    }
}

fn endpoints(set: [Option<String>; 3]) -> Result<Option<Endpoints>, ConfigError> {
    match set {
        [Some(authorization), Some(token), Some(jwks)] => Ok(Some(Endpoints {
            authorization,
            token,
            jwks,
        })),
        [None, None, None] => Ok(None),
        _some => Err(ConfigError::Endpoints),
    }
}

impl ConsoleUrl {
    /// Scheme, host and port: what browsers send as `Origin`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The address of a page. `path` begins with a slash.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Whether the console is served over HTTPS.
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }
}

impl FromStr for ConsoleUrl {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let url = Url::parse(text).map_err(|_| ConfigError::ConsoleUrl)?;
        let is_loopback = match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        };
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_secure = url.scheme() == "https";
        if !is_bare || !(is_secure || url.scheme() == "http" && is_loopback) {
            return Err(ConfigError::ConsoleUrl);
        }
        Ok(Self {
            origin: url.origin().ascii_serialization(),
            is_secure,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_console_url_needs_https_unless_it_is_on_this_machine() {
        for (url, origin) in [
            (
                "https://console.lasso.example",
                "https://console.lasso.example",
            ),
            (
                "https://console.lasso.example/",
                "https://console.lasso.example",
            ),
            ("http://127.0.0.1:4567", "http://127.0.0.1:4567"),
            ("http://localhost:4567/", "http://localhost:4567"),
            ("http://[::1]:4567", "http://[::1]:4567"),
        ] {
            let console: ConsoleUrl = url.parse().unwrap();
            assert_eq!(console.origin(), origin);
            assert_eq!(console.is_secure(), url.starts_with("https"));
        }
        for url in [
            "",
            "console.lasso.example",
            "http://console.lasso.example",
            "http://127.0.0.1.example.com",
            "https://console.lasso.example/console",
            "https://console.lasso.example/?a=b",
            "ftp://127.0.0.1",
        ] {
            assert!(url.parse::<ConsoleUrl>().is_err(), "{url}");
        }
    }

    #[test]
    fn sign_in_endpoints_are_set_together_or_not_at_all() {
        let set = |text: &str| Some(text.to_owned());
        assert_eq!(endpoints([None, None, None]).unwrap(), None);
        let all = endpoints([set("a"), set("b"), set("c")]).unwrap().unwrap();
        assert_eq!(
            (&*all.authorization, &*all.token, &*all.jwks),
            ("a", "b", "c")
        );
        assert!(endpoints([set("a"), None, set("c")]).is_err());
    }
}
