//! Who is calling: the claims that API Gateway's JWT authorizer verified, and nothing else.

use domain_auth::history::Actor;
use domain_auth::plain_text::one_line;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};

use crate::routes::Access;

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
pub(crate) enum Role {
    /// Acts for one client.
    ClientAdmin,
    /// Acts for Lasso.
    LassoSupport,
}

/// Who calls, with a role that the token has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) role: Role,
    /// The token's subject.
    pub(crate) subject: String,
}

impl Caller {
    /// The caller, if the token has the role that the operation asks for.
    pub(crate) fn of(request: &Request, access: Access, names: &ClaimNames) -> Option<Self> {
        let role = match access {
            Access::Anyone => return None,
            Access::ClientAdmin => Role::ClientAdmin,
            Access::LassoSupport => Role::LassoSupport,
        };
        let roles = roles_in(claim(request, &names.roles)?);
        roles.contains(&role).then(|| Self {
            role,
            subject: claim(request, "sub").unwrap_or("unknown").to_owned(),
        })
    }

    /// The caller in a domain's history.
    pub(crate) fn actor(&self) -> Actor {
        let subject = one_line(&self.subject);
        match self.role {
            Role::ClientAdmin => Actor::ClientAdmin { subject },
            Role::LassoSupport => Actor::LassoSupport { subject },
        }
    }
}

/// A claim of the token that API Gateway verified.
pub(crate) fn claim<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let RequestContext::ApiGatewayV2(context) = request.request_context_ref()? else {
        return None;
    };
    let jwt = context.authorizer.as_ref()?.jwt.as_ref()?;
    jwt.claims.get(name).map(String::as_str)
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
