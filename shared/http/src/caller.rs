//! The caller: only the claims that API Gateway's JWT authorizer has verified.

use domain_auth::history::{Actor, Person};
use domain_auth::names::{ClientId, DisplayName};
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
    /// The scope (RFC 6749 section 3.3) that gives the role `mass-mail`, if one is set. The access token
    /// of a program has scopes, but in Amazon Cognito no groups.
    pub mass_mail_scope: Option<String>,
    /// The claims by which a person is shown.
    pub person: PersonClaims,
}

/// The names of the claims that a person is shown by in the history of a domain. A function that writes
/// none has no use for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonClaims {
    /// The person's name or address: the first of these that the token has.
    names: Vec<String>,
    /// The name of the caller's client.
    client_name: Option<String>,
}

impl PersonClaims {
    /// `names` has the names of claims with commas between them.
    pub fn new(names: Option<String>, client_name: Option<String>) -> Self {
        let names = names.unwrap_or_default();
        let names = names.split(',').map(str::trim);
        Self {
            names: names
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            client_name,
        }
    }

    fn person(&self, request: &Request, role: Role) -> Option<Person> {
        let told = |name: &String| claim(request, name).and_then(DisplayName::of_claim);
        let trusted = |name: &&String| *name != EMAIL || !has_unverified_email(request);
        let name = self.names.iter().filter(trusted).find_map(told);
        let client_name = match role {
            Role::ClientAdmin => self.client_name.as_ref().and_then(told),
            Role::LassoSupport | Role::MassMail => None,
        };
        Person::new(name, client_name)
    }
}

/// The address of a person, and whether the issuer has checked it (OpenID Connect Core 1.0, section 5.1).
const EMAIL: &str = "email";

fn has_unverified_email(request: &Request) -> bool {
    claim(request, "email_verified").is_some_and(|verified| verified.eq_ignore_ascii_case("false"))
}

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Acts for one client.
    ClientAdmin,
    /// Acts for Lasso.
    LassoSupport,
    /// A program that may ask about the senders of every client, and do nothing else.
    MassMail,
}

/// Who calls, with a role that the token has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) role: Role,
    /// The token's subject.
    pub(crate) subject: String,
    person: Option<Person>,
}

impl Caller {
    /// The caller with a role that the operation takes, if the token has it. `own` is the client of the
    /// token, and `asked_for` the one that the request names, if the operation takes one from it.
    pub(crate) fn of(
        request: &Request,
        access: Access,
        names: &ClaimNames,
        (own, asked_for): (Option<&ClientId>, Option<&str>),
    ) -> Option<Self> {
        let roles = roles_of(request, names);
        let is_own = own.is_some_and(|own| asked_for.is_none_or(|client| client == own.as_str()));
        let role = match access {
            Access::Anyone => return None,
            Access::ClientAdmin => Role::ClientAdmin,
            Access::LassoSupport => Role::LassoSupport,
            Access::MassMail if is_own && roles.contains(&Role::ClientAdmin) => Role::ClientAdmin,
            Access::MassMail => Role::MassMail,
        };
        let needs_client = role == Role::ClientAdmin;
        (roles.contains(&role) && (own.is_some() || !needs_client)).then(|| Self {
            role,
            subject: claim(request, "sub").unwrap_or("unknown").to_owned(),
            person: names.person.person(request, role),
        })
    }

    /// The caller in a domain's history; none for a program that only asks.
    pub(crate) fn actor(&self) -> Option<Actor> {
        let subject = one_line(&self.subject);
        let person = self.person.clone();
        match self.role {
            Role::ClientAdmin => Some(Actor::ClientAdmin { subject, person }),
            Role::LassoSupport => Some(Actor::LassoSupport { subject, person }),
            Role::MassMail => None,
        }
    }
}

/// The roles of the token: those in its claim, and the role that its scope gives.
fn roles_of(request: &Request, names: &ClaimNames) -> Vec<Role> {
    let mut roles = roles_in(claim(request, &names.roles).unwrap_or_default());
    // `scope` is from RFC 9068 (section 2.2.3); API Gateway also accepts `scp`.
    let mut scopes = ["scope", "scp"]
        .into_iter()
        .filter_map(|name| claim(request, name));
    if let Some(scope) = &names.mass_mail_scope
        && scopes.any(|granted| words_in(granted).contains(scope))
    {
        roles.push(Role::MassMail);
    }
    roles
}

/// A claim of the token that API Gateway verified.
pub(crate) fn claim<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let RequestContext::ApiGatewayV2(context) = request.request_context_ref()? else {
        return None;
    };
    let jwt = context.authorizer.as_ref()?.jwt.as_ref()?;
    jwt.claims.get(name).map(String::as_str)
}

/// Reads a list: a JSON array, the `[a b]` that HTTP APIs make of an array, or words separated by spaces
/// or commas.
fn words_in(claim: &str) -> Vec<String> {
    serde_json::from_str(claim).unwrap_or_else(|_| {
        claim
            .trim()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .split([' ', ','])
            .map(str::to_owned)
            .collect()
    })
}

/// The roles in a list. Unknown ones belong to other programs and are left out.
fn roles_in(claim: &str) -> Vec<Role> {
    words_in(claim)
        .iter()
        .filter_map(|word| match word.trim() {
            "client-admin" => Some(Role::ClientAdmin),
            "lasso-support" => Some(Role::LassoSupport),
            "mass-mail" => Some(Role::MassMail),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_from_every_format_of_the_claim() {
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
