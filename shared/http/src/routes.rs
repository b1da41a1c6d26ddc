//! The routes of the API: the one list from which the functions dispatch and the OpenAPI document
//! is made, and against which a test compares the template.

use std::fmt;

use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};

use crate::problem::ApiError;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, without a token.
    Anyone,
    /// The role `client-admin`, with a client.
    ClientAdmin,
    /// The role `lasso-support`.
    LassoSupport,
}

/// Where an operation is, who may call it, and what serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, with parameters in braces.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// The binary below `functions/`.
    pub function: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
}

macro_rules! routes {
    ($($(#[doc = $doc:literal])+ $operation:ident = $method:literal $path:literal, $access:ident, $function:literal;)*) => {
        /// Everything that the API can be asked for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation {
            $($(#[doc = $doc])+ $operation,)*
        }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Self] = &[$(Self::$operation,)*];

            /// Its identifier in the OpenAPI document.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$operation => stringify!($operation),)*
                }
            }

            /// Where it is, who may call it, and what serves it.
            pub const fn route(self) -> Route {
                match self {
                    $(Self::$operation => Route {
                        method: $method,
                        path: $path,
                        access: Access::$access,
                        function: $function,
                        summary: concat!($($doc),+),
                    },)*
                }
            }
        }
    };
}

routes! {
    /// Adds a domain, or gives the one that the client has already.
    AddDomain = "POST" "/domains", ClientAdmin, "add-domain";
    /// Lists the client's domains.
    ListDomains = "GET" "/domains", ClientAdmin, "read-domains";
    /// One domain: where it stands, its records, and how to mend them.
    GetDomain = "GET" "/domains/{domain}", ClientAdmin, "read-domains";
    /// The records of a domain, to hand over.
    GetRecords = "GET" "/domains/{domain}/records", ClientAdmin, "read-domains";
    /// What happened to a domain, newest first.
    GetHistory = "GET" "/domains/{domain}/history", ClientAdmin, "read-domains";
    /// Looks at Amazon SES and DNS now.
    CheckDomain = "POST" "/domains/{domain}/check", ClientAdmin, "check-domain";
    /// Gives a domain that failed another 72 hours at Amazon SES.
    RestartDomain = "POST" "/domains/{domain}/restart", ClientAdmin, "advance-domain";
    /// Tells Lasso support that the client is ready for the final step.
    NotifyReady = "POST" "/domains/{domain}/notify", ClientAdmin, "advance-domain";
    /// Emails the records of a domain to whoever publishes them.
    SendInstructions = "POST" "/domains/{domain}/instructions", ClientAdmin, "send-instructions";
    /// Stops sending for a domain, and takes it out of Amazon SES and out of the list.
    RemoveDomain = "DELETE" "/domains/{domain}", ClientAdmin, "remove-domain";
    /// May the client send from this address now?
    GetSender = "GET" "/senders/{address}", ClientAdmin, "read-domains";
    /// The queue of Lasso support across all clients.
    ListQueue = "GET" "/staff/domains", LassoSupport, "read-staff";
    /// One domain of any client, with everything.
    GetClientDomain = "GET" "/staff/clients/{client}/domains/{domain}", LassoSupport, "read-staff";
    /// All that happened to a domain of any client, newest first.
    GetClientHistory = "GET" "/staff/clients/{client}/domains/{domain}/history", LassoSupport, "read-staff";
    /// Takes the final step: from now on Lasso sends for the domain.
    CompleteDomain = "POST" "/staff/clients/{client}/domains/{domain}/complete", LassoSupport, "decide-domain";
    /// Refuses the final step, with a reason that the client sees.
    RejectDomain = "POST" "/staff/clients/{client}/domains/{domain}/reject", LassoSupport, "decide-domain";
    /// Gives the client the identity that Amazon SES has for the domain already, as it is.
    AdoptIdentity = "POST" "/staff/clients/{client}/domains/{domain}/adopt", LassoSupport, "decide-domain";
    /// Looks at Amazon SES and DNS now.
    RecheckDomain = "POST" "/staff/clients/{client}/domains/{domain}/recheck", LassoSupport, "check-domain";
    /// Takes a domain from its client, or decides for a client that has proven it.
    ReleaseDomain = "POST" "/staff/clients/{client}/domains/{domain}/release", LassoSupport, "release-domain";
    /// The limits of one client, and how much of them is used.
    GetClientLimits = "GET" "/staff/clients/{client}/limits", LassoSupport, "read-staff";
    /// Sets the limits of one client.
    SetClientLimits = "PUT" "/staff/clients/{client}/limits", LassoSupport, "decide-domain";
    /// This document.
    DescribeApi = "GET" "/openapi.json", Anyone, "describe-api";
}

impl Operation {
    /// The operation that API Gateway has chosen for a request.
    pub fn of(request: &Request) -> Result<Self, ApiError> {
        let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else {
            return Err(ApiError::NoRoute);
        };
        let key = context.route_key.as_deref().unwrap_or_default();
        let chosen = |operation: &Self| operation.route().key() == key;
        Self::ALL
            .iter()
            .copied()
            .find(chosen)
            .ok_or(ApiError::NoRoute)
    }

    /// Whether a request may carry an `Idempotency-Key`.
    pub fn takes_keys(self) -> bool {
        self.route().method == "POST"
    }

    /// The operation at a method and path as they are sent. A word of a path goes before a
    /// parameter, as API Gateway has it.
    pub fn at(method: &str, path: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .filter(|operation| operation.route().matches(method, path))
            .min_by_key(|operation| operation.route().parameters().count())
    }
}

impl Route {
    /// The key of the route in API Gateway.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The names of the parameters in the path.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> + use<> {
        let words = self.path.split('/');
        words.filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'))
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        let fits = |(word, sent): (&str, &str)| word.starts_with('{') || word == sent;
        self.method == method
            && self.path.split('/').count() == path.split('/').count()
            && self.path.split('/').zip(path.split('/')).all(fits)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_operation() {
        for (method, path, operation) in [
            ("GET", "/domains", Some(Operation::ListDomains)),
            ("POST", "/domains", Some(Operation::AddDomain)),
            ("GET", "/domains/records", Some(Operation::GetDomain)),
            (
                "GET",
                "/domains/history/records",
                Some(Operation::GetRecords),
            ),
            ("GET", "/openapi.json", Some(Operation::DescribeApi)),
            ("DELETE", "/domains/a.com", Some(Operation::RemoveDomain)),
            ("PUT", "/domains", None),
            ("GET", "/domains/a.com/nothing", None),
        ] {
            assert_eq!(Operation::at(method, path), operation, "{method} {path}");
        }
    }
}
