//! A request, parsed once: for its log line, for its `Idempotency-Key` and for the handler.

use domain_auth::history::Actor;
use domain_auth::links::LinkToken;
use domain_auth::names::{ClientId, DomainName};
use lambda_http::http::header::CONTENT_TYPE;
use lambda_http::http::{HeaderName, HeaderValue, Method};
use lambda_http::request::RequestContext;
use lambda_http::{Context, Request, RequestExt};
use serde_json::{Map, Value};

use crate::body::Json;
use crate::caller::{Caller, ClaimNames, Role, claim};
use crate::fields::Fields;
use crate::operations::Operation;
use crate::patch::is_merge_patch;
use crate::problem::{ApiError, FieldError, MAX_BODY, MAX_SENDERS_BODY};
use crate::query;
use crate::routes::Access;

/// What a request asks for, who asks, and what its path, query and body hold.
///
/// Parsing refuses nothing. The methods that the handler calls return the errors, so the order of these
/// calls decides which error the caller gets.
pub struct ParsedRequest {
    operation: Option<Operation>,
    /// Who calls, if the token has what the operation asks for.
    caller: Option<Caller>,
    /// The client: from the token of a Client Administrator, from the path for Lasso support, and from the
    /// query or body for the mass-mail product.
    client: Option<Named<ClientId>>,
    /// The domain that the request is about.
    domain: Option<Named<DomainName>>,
    body: Body,
    request: Request,
}

/// A name as it was sent, and what it names.
pub(crate) struct Named<T> {
    pub(crate) sent: String,
    pub(crate) parsed: Option<T>,
}

enum Body {
    Json(Json),
    /// Where parsing failed.
    Malformed(String),
    TooLarge,
}

impl ParsedRequest {
    /// Reads a request. `claims` are the names of the claims, in a function that asks for a token.
    pub fn new(request: Request, claims: Option<&ClaimNames>) -> Self {
        let operation = operation_of(&request);
        let access = operation.map(|operation| operation.route().access);
        let body = Body::of(request.body().as_ref(), largest(operation));
        let own = claims.and_then(|claims| claim(&request, &claims.client_id));
        let own = own.map(|own| Named::new(own, ClientId::parse));
        let named = named_client(&request, operation, &body);
        let caller = access.zip(claims).and_then(|(access, claims)| {
            let of_token = own.as_ref().and_then(|own| own.parsed.as_ref());
            let clients = (of_token, named.as_ref().map(|named| named.sent.as_str()));
            Caller::of(&request, access, claims, clients)
        });
        let client = match access {
            None | Some(Access::Anyone) => None,
            Some(Access::ClientAdmin) => own,
            Some(Access::LassoSupport) => named,
            Some(Access::MassMail) => {
                let is_program = caller.as_ref().is_some_and(|it| it.role == Role::MassMail);
                named.or(own.filter(|_| !is_program))
            }
        };
        Self {
            operation,
            caller,
            client,
            domain: domain_of(&request, operation, &body),
            body,
            request,
        }
    }

    /// The operation that API Gateway has chosen.
    pub fn operation(&self) -> Result<Operation, ApiError> {
        self.operation.ok_or(ApiError::NoRoute)
    }

    /// Whether the caller may call the operation.
    pub fn authorize(&self) -> Result<(), ApiError> {
        match self.operation()?.route().access {
            Access::Anyone => Ok(()),
            Access::ClientAdmin | Access::LassoSupport | Access::MassMail => {
                self.caller().map(|_| ())
            }
        }
    }

    /// Who calls, in a domain's history.
    pub fn actor(&self) -> Result<Actor, ApiError> {
        self.caller()?.actor().ok_or(ApiError::Forbidden)
    }

    /// Whether Lasso support calls, for the client of the path.
    pub fn is_by_support(&self) -> bool {
        let caller = self.caller.as_ref();
        caller.is_some_and(|caller| match caller.role {
            Role::LassoSupport => true,
            Role::ClientAdmin | Role::MassMail => false,
        })
    }

    /// The client that the operation is for: the caller's own, or for Lasso support that of the path.
    /// 404 if what stands in the path is no client.
    pub fn client(&self) -> Result<&ClientId, ApiError> {
        self.caller()?;
        let client = self.client.as_ref();
        client
            .and_then(|client| client.parsed.as_ref())
            .ok_or(ApiError::NoSuchClient)
    }

    /// The client that the operation is for, and the domain of the path. A path segment that is
    /// not a domain name is answered as an unknown domain.
    pub fn domain(&self) -> Result<(&ClientId, &DomainName), ApiError> {
        let client = self.client()?;
        let domain = self.domain.as_ref();
        let domain = domain.and_then(|domain| domain.parsed.as_ref());
        Ok((client, domain.ok_or(ApiError::NotFound)?))
    }

    /// The token of a link in the path. There is nothing at a path without one.
    pub fn link_token(&self) -> Result<LinkToken, ApiError> {
        let token = self.path("token").unwrap_or_default();
        LinkToken::parse(token).map_err(|_| ApiError::NoRoute)
    }

    /// The client whose senders are asked about: the one that the query string names, or the caller's own.
    pub fn client_of_senders(&self) -> Result<&ClientId, ApiError> {
        let refused = |detail| ApiError::invalid(FieldError::parameter("client", detail));
        match (self.caller()?.role, &self.client) {
            (
                _,
                Some(Named {
                    parsed: Some(client),
                    ..
                }),
            ) => Ok(client),
            (Role::MassMail, None) => Err(refused("is required".to_owned())),
            (Role::MassMail, Some(named)) => match ClientId::parse(&named.sent) {
                Ok(_) => Err(ApiError::NotFound),
                Err(error) => Err(refused(error.to_string())),
            },
            (Role::ClientAdmin | Role::LassoSupport, _) => Err(ApiError::NotFound),
        }
    }

    /// Whether the caller has a client of its own, which a request need not name then.
    pub fn has_own_client(&self) -> bool {
        self.caller
            .as_ref()
            .is_some_and(|caller| match caller.role {
                Role::ClientAdmin => true,
                Role::LassoSupport | Role::MassMail => false,
            })
    }

    /// The fields of the body, which has to be a JSON object.
    pub fn fields(&self) -> Result<Fields, ApiError> {
        let is_patch = self.raw().method() == Method::PATCH;
        if is_patch && !is_merge_patch(self.header(CONTENT_TYPE)) {
            return Err(ApiError::NotAMergePatch);
        }
        match &self.body {
            Body::Json(json) if !json.repeated.is_empty() => {
                let repeated = json.repeated.iter();
                let errors = repeated.map(|at| FieldError::field(at, "is there more than once"));
                Err(ApiError::Invalid(errors.collect()))
            }
            Body::Json(json) => match &json.value {
                Value::Object(object) => Ok(Fields::new(object.clone())),
                _no_object => Err(ApiError::invalid(FieldError::field(
                    "",
                    "must be a JSON object",
                ))),
            },
            Body::Malformed(at) => Err(ApiError::MalformedJson(at.clone())),
            Body::TooLarge => Err(match largest(self.operation) {
                MAX_SENDERS_BODY => ApiError::TooManySenders,
                _ => ApiError::TooLarge,
            }),
        }
    }

    /// The fields of the body; none if there is no body at all.
    pub fn fields_if_any(&self) -> Result<Option<Fields>, ApiError> {
        let body: &[u8] = self.request.body().as_ref();
        let is_empty = body.trim_ascii().is_empty();
        (!is_empty).then(|| self.fields()).transpose()
    }

    /// Whether there is nothing in the body, for an operation that takes none: a note in it would be lost.
    pub fn no_fields(&self) -> Result<(), ApiError> {
        match self.fields_if_any()? {
            None => Ok(()),
            Some(fields) => fields.finish(Some(())),
        }
    }

    /// A parameter of the path.
    pub fn path(&self, name: &str) -> Option<&str> {
        self.request.path_parameters_ref()?.first(name)
    }

    /// A parameter of the query string.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.request.query_string_parameters_ref()?.first(name)
    }

    /// Whether the query string has nothing but parameters of the operation, each of them once. Behind a
    /// link it may have any.
    pub fn check_query(&self) -> Result<(), ApiError> {
        let operation = self.operation()?;
        if operation.ignores_parameters() {
            return Ok(());
        }
        let known = operation.query_parameters();
        match self.request.query_string_parameters_ref() {
            Some(sent) => {
                // The map has an order of its own in every process.
                let mut names: Vec<&str> = sent.iter().map(|(name, _)| name).collect();
                names.sort_unstable();
                query::check(names.into_iter(), known)
            }
            None => Ok(()),
        }
    }

    /// A header; the first one, if it is there several times.
    pub fn header(&self, name: HeaderName) -> Option<&HeaderValue> {
        self.request.headers().get(name)
    }

    /// Who calls, if the operation is theirs to call.
    pub(crate) fn caller(&self) -> Result<&Caller, ApiError> {
        self.caller.as_ref().ok_or(ApiError::Forbidden)
    }

    pub(crate) fn client_as_sent(&self) -> Option<&Named<ClientId>> {
        self.client.as_ref()
    }

    pub(crate) fn domain_as_sent(&self) -> Option<&Named<DomainName>> {
        self.domain.as_ref()
    }

    /// The body, if it is JSON and not too large.
    pub(crate) fn json(&self) -> Option<&Value> {
        match &self.body {
            Body::Json(json) => Some(&json.value),
            Body::Malformed(_) | Body::TooLarge => None,
        }
    }

    /// Whether only the headers of the answer are asked for (RFC 9110 section 9.3.2).
    pub fn is_head(&self) -> bool {
        self.raw().method() == Method::HEAD
    }

    /// The request as `lambda_http` has it.
    pub(crate) fn raw(&self) -> &Request {
        &self.request
    }

    #[cfg(test)]
    pub(crate) fn raw_mut(&mut self) -> &mut Request {
        &mut self.request
    }

    /// What Lambda says of this invocation.
    pub(crate) fn lambda(&self) -> Option<&Context> {
        self.request.lambda_context_ref()
    }

    /// Lambda's identifier of this invocation.
    pub(crate) fn id(&self) -> Option<&str> {
        Some(self.lambda()?.request_id.as_str())
    }

    /// API Gateway's identifier of the request, which is also in its access log and in the header
    /// `apigw-requestid` of the answer.
    pub(crate) fn api_id(&self) -> Option<&str> {
        let RequestContext::ApiGatewayV2(context) = self.request.request_context_ref()? else {
            return None;
        };
        context.request_id.as_deref()
    }
}

impl Body {
    fn of(body: &[u8], largest: usize) -> Self {
        if body.len() > largest {
            return Self::TooLarge;
        }
        match Json::parse(body) {
            Ok(json) => Self::Json(json),
            Err(error) => Self::Malformed(error.to_string()),
        }
    }

    fn object(&self) -> Option<&Map<String, Value>> {
        match self {
            Self::Json(json) => json.value.as_object(),
            Self::Malformed(_) | Self::TooLarge => None,
        }
    }
}

impl<T> Named<T> {
    fn new<E>(sent: &str, parse: fn(&str) -> Result<T, E>) -> Self {
        Self {
            sent: sent.to_owned(),
            parsed: parse(sent).ok(),
        }
    }
}

fn operation_of(request: &Request) -> Option<Operation> {
    let RequestContext::ApiGatewayV2(context) = request.request_context_ref()? else {
        return None;
    };
    Operation::with_key(context.route_key.as_deref()?)
}

/// The largest body that an operation takes, in octets.
fn largest(operation: Option<Operation>) -> usize {
    match operation {
        Some(Operation::GetSenders) => MAX_SENDERS_BODY,
        Some(_) | None => MAX_BODY,
    }
}

/// The client that the request names, if the operation takes one from it: Lasso support in the path,
/// the mass-mail product in the query string or in the body.
fn named_client(
    request: &Request,
    operation: Option<Operation>,
    body: &Body,
) -> Option<Named<ClientId>> {
    let operation = operation?;
    match operation.route().access {
        Access::Anyone | Access::ClientAdmin => None,
        Access::LassoSupport => {
            let sent = request.path_parameters_ref()?.first("client")?;
            Some(Named::new(sent, ClientId::from_path_segment))
        }
        Access::MassMail => {
            let sent = match operation {
                Operation::GetSenders => body.object()?.get("client")?.as_str()?,
                _in_the_query => request.query_string_parameters_ref()?.first("client")?,
            };
            Some(Named::new(sent, ClientId::parse))
        }
    }
}

/// The domain of the path, of the address whose sending is asked about, or of the body of `POST /domains`.
fn domain_of(
    request: &Request,
    operation: Option<Operation>,
    body: &Body,
) -> Option<Named<DomainName>> {
    let in_path = |name| request.path_parameters_ref()?.first(name);
    let sent = match operation? {
        Operation::AddDomain => body.object()?.get("domain")?.as_str()?,
        Operation::GetSender => {
            let (_, domain) = in_path("address")?.rsplit_once('@')?;
            domain.trim_end_matches(['>', ' '])
        }
        _named_in_the_path => in_path("domain")?,
    };
    Some(Named::new(sent, DomainName::parse_held))
}

#[cfg(test)]
#[path = "request_senders_tests.rs"]
mod senders_tests;

#[cfg(test)]
#[path = "request_tests.rs"]
pub(crate) mod tests;
