//! Who may call: the issuer, the claims, the API and the console.

use super::super::facts::{Asked, Facts, Issuer};
use super::super::finding::{Code, Finding};

/// Claims that a person sets for itself, or that name a person and not a client: the standard claims (OpenID
/// Connect Core 1.0 section 5.1), except those that are not text, and those of Amazon Cognito ("Understanding user pool
/// JSON web tokens"). Its username is chosen at sign-up.
const CLAIMS_OF_A_PERSON: [&str; 20] = [
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "address",
    "cognito:username",
    "username",
    "identities",
];

/// Claims about the token and the sign-in, the same for all users or new with each token: RFC 7519 section 4.1, OpenID
/// Connect Core 1.0 sections 2 and 5.1, RFC 9068 section 2.2, and those of Amazon Cognito ("Understanding user pool JSON web
/// tokens").
const CLAIMS_OF_A_TOKEN: [&str; 23] = [
    "iss",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "azp",
    "nonce",
    "auth_time",
    "acr",
    "amr",
    "at_hash",
    "c_hash",
    "sid",
    "client_id",
    "scope",
    "token_use",
    "origin_jti",
    "event_id",
    "version",
    "updated_at",
    "email_verified",
    "phone_number_verified",
];

/// Claims of Amazon Cognito about the groups of a person ("Understanding user pool JSON web tokens"). The first has the
/// names of the groups, which are roles of this service; the others have ARNs of roles of IAM.
const GROUPS: &str = "cognito:groups";
const ROLES_OF_IAM: [&str; 2] = ["cognito:roles", "cognito:preferred_role"];

/// Scopes that the token of every person has who signs in by a page that asks for them: those of OpenID Connect Core
/// 1.0 sections 3.1.2.1, 5.4 and 11, and the one with which people at Amazon Cognito change their own attributes.
const SCOPES_OF_PEOPLE: [&str; 7] = [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
    "aws.cognito.signin.user.admin",
];

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    let issuer = issuer(facts, findings);
    claims(facts, findings);
    api(facts, findings);
    if !facts.parameter("ConsoleClientId").is_empty() {
        console(facts, issuer, findings);
    }
}

/// The issuer, if it could be asked. One without a discovery document is no fault by itself if the
/// console's endpoints are set; API Gateway cannot use it all the same.
fn issuer<'a>(facts: &'a Facts, findings: &mut Vec<Finding>) -> Option<&'a Issuer> {
    let named = facts.parameter("JwtIssuer");
    let issuer = match &facts.issuer {
        Ok(issuer) => issuer,
        Err(why) => {
            findings.push(Code::IssuerUnreachable.found(
                format!("{named}/.well-known/openid-configuration cannot be read: {why}. API Gateway refuses every token."),
                "Set JwtIssuer to the issuer's URL; it has to be reachable from the internet.",
            ));
            return None;
        }
    };
    if issuer.issuer != named {
        findings.push(Code::IssuerDiffers.found(
            format!(
                "JwtIssuer is {named}, and the issuer calls itself {:?}: its tokens are refused.",
                issuer.issuer
            ),
            "Set JwtIssuer to exactly what the issuer calls itself, a slash at the end included.",
        ));
    }
    if issuer.keys == 0 {
        findings.push(Code::IssuerWithoutKeys.found(
            format!("The key set of {named} cannot be read or is empty: no token can be checked."),
            "Look at `jwks_uri` in the issuer's discovery document.",
        ));
    }
    Some(issuer)
}

fn claims(facts: &Facts, findings: &mut Vec<Finding>) {
    let named = |parameter| (parameter, facts.parameter(parameter));
    let client = named("ClientIdClaim");
    let roles = named("RolesClaim");
    let client_name = named("ClientNameClaim");
    for (one, other) in [(client, roles), (client, client_name), (roles, client_name)] {
        if one.1 == other.1 {
            findings.push(Code::ClaimsCoincide.found(
                format!("{} and {} are both {}.", one.0, other.0, one.1),
                "Name the claim that the issuer has for each.",
            ));
        }
    }
    claims_of_a_token(facts, findings);
    claims_of_a_person(facts, findings);
    scope(facts, findings);
    origins(facts, findings);
}

fn origins(facts: &Facts, findings: &mut Vec<Finding>) {
    let origins = facts.parameter("AllowedOrigins").split(',');
    for origin in origins.clone().filter(|origin| !origin.is_empty()) {
        let sent = url::Url::parse(origin).map(|url| url.origin().ascii_serialization());
        if !matches!(&sent, Ok(sent) if sent == origin) {
            let sent = sent.unwrap_or_else(|_| "no such origin".to_owned());
            findings.push(Code::OriginNeverMatches.found(
                format!("{origin} in AllowedOrigins never matches: browsers send {sent} (RFC 6454 section 6.2)."),
                "Write the host in lower case and as A-labels, and leave the port out if it is 443 for https or 80 for http.",
            ));
        }
    }
    for origin in origins.filter(|origin| origin.starts_with("http://") && !is_here(origin)) {
        findings.push(Code::OriginWithoutTls.found(
            format!("{origin} in AllowedOrigins has no TLS: on its way, anybody can change a page that has tokens."),
            "Serve these pages by https, and name them so.",
        ));
    }
}

/// Claims that say what a caller may do, or for whom, and that cannot tell one client from another.
fn claims_of_a_token(facts: &Facts, findings: &mut Vec<Finding>) {
    for (parameter, effect, remedy) in [
        (
            "ClientIdClaim",
            "clients would share one list of domains, or would not see their own again",
            "Set ClientIdClaim to a claim that only Lasso writes, with a value of its own for each client.",
        ),
        (
            "RolesClaim",
            "no caller has a role, or all have the same",
            "Set RolesClaim to the claim that has the roles.",
        ),
        (
            "ClientNameClaim",
            "emails would show its value as the name of the client",
            "Set ClientNameClaim to the claim that has the client's name, or leave it empty.",
        ),
    ] {
        let claim = facts.parameter(parameter);
        let of_token = CLAIMS_OF_A_TOKEN.contains(&claim);
        let of_groups = claim == GROUPS && parameter != "RolesClaim";
        if of_token || of_groups || ROLES_OF_IAM.contains(&claim) {
            let what = if of_token {
                "describes the token or the sign-in"
            } else {
                "is about the groups of a person"
            };
            findings.push(Code::ClaimOfToken.found(
                format!("{parameter} is {claim}, which {what}: {effect}."),
                remedy,
            ));
        }
    }
}

/// Claims that say what a caller may do, or for whom, and that the caller can write.
fn claims_of_a_person(facts: &Facts, findings: &mut Vec<Finding>) {
    let of_a_person = |parameter| {
        let claim = facts.parameter(parameter);
        CLAIMS_OF_A_PERSON.contains(&claim).then_some(claim)
    };
    if let Some(client) = of_a_person("ClientIdClaim") {
        findings.push(Code::ClientClaimOfPerson.found(
            format!("ClientIdClaim is {client}, which names a person, who can often choose or change it: each person would be a client."),
            "Set ClientIdClaim to a claim that only Lasso writes.",
        ));
    }
    if let Some(roles) = of_a_person("RolesClaim") {
        findings.push(Code::RolesClaimOfPerson.found(
            format!("RolesClaim is {roles}, which people can often choose or change themselves: a person who writes lasso-support there is Lasso support."),
            "Set RolesClaim to a claim that only Lasso writes.",
        ));
    }
    if let Some(name) = of_a_person("ClientNameClaim") {
        findings.push(Code::ClientNameOfPerson.found(
            format!("ClientNameClaim is {name}, which people can often change themselves: emails and histories show what they write as the name of their client."),
            "Set ClientNameClaim to a claim that callers cannot change, or leave it empty.",
        ));
    }
}

/// The scope of programs. One that people have as well gives each of them the role.
fn scope(facts: &Facts, findings: &mut Vec<Finding>) {
    let scope = facts.parameter("MassMailScope");
    if scope.is_empty() {
        return;
    }
    let mut of_console = facts.parameter("ConsoleScopes").split_ascii_whitespace();
    if SCOPES_OF_PEOPLE.contains(&scope) || of_console.any(|asked| asked == scope) {
        findings.push(Code::ScopeOfPeople.found(
            format!("MassMailScope is {scope}, which people get who sign in: each of them has the role mass-mail."),
            "Set MassMailScope to a scope that the issuer gives only to programs.",
        ));
        return;
    }
    let cognito = facts
        .parameter("JwtIssuer")
        .starts_with("https://cognito-idp.");
    if cognito && !scope.contains('/') {
        findings.push(Code::ScopeWithoutServer.found(
            format!("MassMailScope is {scope}. Amazon Cognito gives scopes of the form RESOURCE_SERVER/SCOPE only, so no program has the role mass-mail."),
            "Set MassMailScope to the scope with its resource server.",
        ));
    }
}

fn is_here(url: &str) -> bool {
    let host = url.split("://").nth(1).unwrap_or_default();
    host.starts_with("localhost") || host.starts_with("127.0.0.1")
}

/// Why an answer is not the one of a page that is there; none if it is.
fn trouble(asked: &Asked<u16>) -> Option<String> {
    match asked {
        Ok(200..=399) => None,
        Ok(status) => Some(format!("it answers {status}")),
        Err(why) => Some(why.clone()),
    }
}

fn api(facts: &Facts, findings: &mut Vec<Finding>) {
    let Some(why) = trouble(&facts.api) else {
        return;
    };
    let own = facts.parameter("ApiDomainName");
    if own.is_empty() {
        findings.push(Code::ApiUnreachable.found(
            format!("GET /openapi.json of the API fails: {why}."),
            "Look at the log of describe-api. 5xx with Runtime.ExitError is a build for another Architecture; 404 an API that was deployed without routes (deploy again).",
        ));
    } else {
        findings.push(Code::ApiDomainUnreachable.found(
            format!("GET https://{own}/openapi.json fails: {why}."),
            "Make the name an alias of the output ApiDomainTarget in DNS, and look at the certificate ApiCertificateArn: it has to be issued, and name it.",
        ));
    }
}

fn console(facts: &Facts, issuer: Option<&Issuer>, findings: &mut Vec<Finding>) {
    let client = facts.parameter("ConsoleClientId");
    let mut audience = facts.parameter("JwtAudience").split(',');
    if !audience.any(|audience| audience.trim() == client) {
        findings.push(Code::ConsoleNotInAudience.found(
            "ConsoleClientId is not in JwtAudience: the API answers 401 to anyone who signs in to the console.",
            "Add it to JwtAudience.",
        ));
    }
    if let Some(why) = facts.console.as_ref().and_then(trouble) {
        findings.push(Code::ConsoleUnreachable.found(
            format!("The console does not answer: {why}."),
            "With ConsoleUrl, map its domain name to the API ConsoleApi; look at the log of console.",
        ));
    }
    if let Some(why) = facts.console_api.as_ref().and_then(trouble) {
        findings.push(Code::ConsoleApiUnreachable.found(
            format!("GET ConsoleApiUrl/openapi.json fails: {why}. The console shows no domain, and sends the tokens of people there."),
            "Set ConsoleApiUrl to where HttpApi is, or leave it empty.",
        ));
    }
    let endpoints = [
        "ConsoleAuthorizationEndpoint",
        "ConsoleTokenEndpoint",
        "ConsoleJwksUri",
    ];
    let at_loopback = ["ConsoleUrl", "ConsoleApiUrl"].into_iter().chain(endpoints);
    let at_loopback: Vec<_> = at_loopback
        .filter(|name| facts.parameter(name).starts_with("http://127.0.0.1"))
        .collect();
    if !at_loopback.is_empty() {
        findings.push(Code::ConsoleAtLoopback.found(
            format!(
                "At an address of one machine, for the local stack only: {}.",
                at_loopback.join(", ")
            ),
            "Use https addresses.",
        ));
    }
    if facts.parameter("ConsoleFrameAncestors").contains('*') {
        findings.push(Code::ConsoleFramedWidely.found(
            "ConsoleFrameAncestors has a wildcard: an attacker with one host below it can frame the console.",
            "Name the origins that show it.",
        ));
    }
    let set = endpoints.map(|name| !facts.parameter(name).is_empty());
    let by_discovery = set == [false; 3];
    if !by_discovery && set != [true; 3] {
        findings.push(Code::ConsoleEndpointsIncomplete.found(
            "Of ConsoleAuthorizationEndpoint, ConsoleTokenEndpoint and ConsoleJwksUri some are set and some not.",
            "Set all three, or none and let the discovery document say.",
        ));
    }
    if let Some(keys) = &facts.console_keys
        && !matches!(keys, Ok(1..))
    {
        let why = keys.as_ref().err().map_or("it has no keys", String::as_str);
        findings.push(Code::ConsoleKeysUnreadable.found(
            format!("The key set at ConsoleJwksUri cannot be used: {why}. No person can sign in to the console."),
            "Set ConsoleJwksUri to the issuer's key set.",
        ));
    }
    endpoints_of_issuer(facts, findings);
    let Some(issuer) = issuer else {
        return;
    };
    let wanted = facts.parameter("ConsoleScopes").split_ascii_whitespace();
    for scope in wanted.filter(|_| !issuer.scopes.is_empty()) {
        // Scopes of a resource server are in no discovery document.
        if !scope.contains('/') && !issuer.scopes.iter().any(|known| known == scope) {
            findings.push(Code::ConsoleScopeUnknown.found(
                format!("The issuer does not know the scope {scope} of ConsoleScopes, and may refuse to sign people in."),
                "Take it out of ConsoleScopes, or allow it at the issuer.",
            ));
        }
    }
    if facts.parameter("ConsoleEndSessionEndpoint").is_empty() && !issuer.ends_sessions {
        findings.push(Code::ConsoleSignOutIncomplete.found(
            "The issuer names no end_session_endpoint, so that signing out of the console leaves people signed in there.",
            "Set ConsoleEndSessionEndpoint.",
        ));
    }
}

/// What the console sends people or forms to.
fn endpoints_of_issuer(facts: &Facts, findings: &mut Vec<Finding>) {
    for (parameter, answer) in &facts.console_endpoints {
        // Without what it needs, an endpoint refuses the request or shows a page (RFC 6749 sections 4.1.2.1 and 5.2).
        let why = match answer {
            Ok(404 | 410 | 500..) => trouble(answer),
            Ok(_) => None,
            Err(why) => Some(why.clone()),
        };
        if let Some(why) = why {
            findings.push(Code::ConsoleEndpointUnreachable.found(
                format!("{parameter} does not work: {why}. People cannot sign in to the console, or out of it."),
                "Set it to the endpoint of the issuer; its documentation or its discovery document says which.",
            ));
        }
    }
}
