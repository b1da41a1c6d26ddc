//! The public URL of the API: the beginning of every address that people are given.

use lambda_http::RequestExt;
use lambda_http::request::RequestContext;

use crate::request::ParsedRequest;

/// Stands for the identifier of the API in `PUBLIC_URL`.
const API: &str = "{api}";

/// The base of the API as people reach it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicUrl {
    /// In place of what API Gateway says.
    instead: Option<String>,
}

impl PublicUrl {
    /// `PUBLIC_URL`, which the template does not set: the local stack has no domain name.
    pub fn from_vars(variable: impl Fn(&'static str) -> Option<String>) -> Self {
        Self {
            instead: variable("PUBLIC_URL"),
        }
    }

    /// The base of the API that a request came to, without a slash at its end: its domain, or the custom
    /// domain and the mapping that was used (API Gateway, "API mappings for HTTP APIs"). It is what API
    /// Gateway says in the request context, and no header of the caller. Empty if it says nothing.
    pub fn of(&self, request: &ParsedRequest) -> String {
        let context = request.raw().request_context_ref();
        let Some(RequestContext::ApiGatewayV2(context)) = context else {
            return String::new();
        };
        if let Some(url) = &self.instead {
            return url.replace(API, context.apiid.as_deref().unwrap_or_default());
        }
        let Some(domain) = context.domain_name.as_deref() else {
            return String::new();
        };
        let below = request
            .operation()
            .map_or(0, |operation| operation.route().path.matches('/').count());
        let path = context.http.path.as_deref().unwrap_or_default();
        let slashes: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
        let prefix = slashes.len().checked_sub(below);
        let end = prefix.and_then(|first| slashes.get(first).copied());
        format!("https://{domain}{}", &path[..end.unwrap_or_default()])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::caller::{ClaimNames, PersonClaims};
    use crate::entry::request_of;

    fn base(path: &str, domain: &Value, url: &PublicUrl) -> String {
        let route = "POST /domains/{domain}/links";
        let event = json!({
            "version": "2.0", "routeKey": route, "rawPath": path, "rawQueryString": "",
            "headers": { "host": "evil.example" },
            "requestContext": {
                "routeKey": route, "stage": "$default", "apiId": "a1b2c3", "domainName": domain,
                "timeEpoch": 0,
                "http": { "method": "POST", "path": path, "protocol": "HTTP/1.1",
                          "sourceIp": "192.0.2.1", "userAgent": "tests" },
            },
            "isBase64Encoded": false,
        });
        let claims = ClaimNames {
            client_id: "client".to_owned(),
            roles: "roles".to_owned(),
            mass_mail_scope: None,
            person: PersonClaims::default(),
        };
        url.of(&request_of(event, &claims).unwrap())
    }

    #[test]
    fn the_base_url_is_taken_from_api_gateway() {
        let none = PublicUrl::default();
        let domain = json!("api.lasso.example");
        for (path, expected) in [
            ("/domains/example.com/links", "https://api.lasso.example"),
            (
                "/v1/x/domains/example.com/links",
                "https://api.lasso.example/v1/x",
            ),
        ] {
            assert_eq!(base(path, &domain, &none), expected);
        }
        assert_eq!(base("/domains/a.com/links", &Value::Null, &none), "");
    }

    #[test]
    fn a_variable_sets_the_base_url() {
        let url = PublicUrl::from_vars(|_| Some("http://127.0.0.1:4566/x/{api}".to_owned()));
        let domain = json!("a1b2c3.execute-api.localhost");
        let base = base("/domains/example.com/links", &domain, &url);
        assert_eq!(base, "http://127.0.0.1:4566/x/a1b2c3");
    }
}
