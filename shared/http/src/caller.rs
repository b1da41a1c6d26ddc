//! Who is calling: the claims that API Gateway's JWT authorizer verified, and nothing else.

use std::collections::HashMap;

use domain_auth::history::Actor;
use domain_auth::names::ClientId;
use domain_auth::plain_text::one_line;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};

use crate::problem::ApiError;

/// The names of the claims that carry client and roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimNames {
    /// The client's identifier.
    pub client_id: String,
    /// The roles.
    pub roles: String,
}

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Acts for one client.
    ClientAdmin,
    /// Acts for Lasso.
    LassoSupport,
}

/// A Client Administrator, with the client that they act for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The client.
    pub client: ClientId,
    /// The token's subject.
    pub subject: String,
}

/// A person at Lasso support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supporter {
    /// The token's subject.
    pub subject: String,
}

impl Supporter {
    /// The person at Lasso support who calls. Without the role it is [`ApiError::Forbidden`].
    pub fn lasso_support(request: &Request, names: &ClaimNames) -> Result<Self, ApiError> {
        let claims = claims_of(request).ok_or(ApiError::Forbidden)?;
        let roles = claims.get(&names.roles).map(|claim| roles_in(claim));
        if !roles.is_some_and(|roles| roles.contains(&Role::LassoSupport)) {
            return Err(ApiError::Forbidden);
        }
        let subject = claims.get("sub").map_or("unknown", String::as_str);
        Ok(Self {
            subject: subject.to_owned(),
        })
    }

    /// The person in a domain's history.
    pub fn actor(&self) -> Actor {
        Actor::LassoSupport {
            subject: one_line(&self.subject),
        }
    }
}

impl Caller {
    /// The Client Administrator who calls. Without the role, or without a client, it is
    /// [`ApiError::Forbidden`].
    pub fn client_admin(request: &Request, names: &ClaimNames) -> Result<Self, ApiError> {
        let claims = claims_of(request).ok_or(ApiError::Forbidden)?;
        let claim = |name: &str| claims.get(name).map(String::as_str);
        let roles = roles_in(claim(&names.roles).unwrap_or_default());
        if !roles.contains(&Role::ClientAdmin) {
            return Err(ApiError::Forbidden);
        }
        let client = claim(&names.client_id)
            .and_then(|claim| ClientId::parse(claim).ok())
            .ok_or(ApiError::Forbidden)?;
        Ok(Self {
            client,
            subject: claim("sub").unwrap_or("unknown").to_owned(),
        })
    }

    /// The caller in a domain's history.
    pub fn actor(&self) -> Actor {
        Actor::ClientAdmin {
            subject: one_line(&self.subject),
        }
    }
}

/// The client that the token names, whether or not it may call.
pub(crate) fn client_claim(request: &Request, names: &ClaimNames) -> Option<String> {
    claims_of(request)?.remove(&names.client_id)
}

fn claims_of(request: &Request) -> Option<HashMap<String, String>> {
    let RequestContext::ApiGatewayV2(context) = request.request_context_ref()? else {
        return None;
    };
    let jwt = context.authorizer.as_ref()?.jwt.as_ref()?;
    Some(jwt.claims.clone())
}

/// Reads a list of roles: a JSON array, the `[a b]` that HTTP APIs make of an array, or words
/// separated by spaces or commas. Unknown roles are somebody else's.
fn roles_in(claim: &str) -> Vec<Role> {
    let words: Vec<String> = serde_json::from_str(claim).unwrap_or_else(|_| {
        claim
            .trim()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .split([' ', ','])
            .map(str::to_owned)
            .collect()
    });
    words
        .iter()
        .filter_map(|word| match word.trim() {
            "client-admin" => Some(Role::ClientAdmin),
            "lasso-support" => Some(Role::LassoSupport),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_in_every_shape_that_a_claim_has() {
        for claim in [
            "client-admin",
            "[client-admin other]",
            "[other client-admin]",
            "[\"client-admin\"]",
            "other, client-admin",
            "other client-admin",
        ] {
            assert_eq!(roles_in(claim), [Role::ClientAdmin], "{claim}");
        }
        for claim in [
            "",
            "[]",
            "client-administrator",
            "not-client-admin",
            "[\"other\"]",
        ] {
            assert_eq!(roles_in(claim), [], "{claim}");
        }
        assert_eq!(
            roles_in("[client-admin lasso-support]"),
            [Role::ClientAdmin, Role::LassoSupport]
        );
    }
}
