//! The operations of the API, each in its own file: its route, its body, its responses and its
//! refusals. The functions dispatch from this list, the OpenAPI document is made from it, and a
//! test compares the template with it.

mod add_domain;
mod adopt_identity;
mod change_domain;
mod change_for_client;
mod check_domain;
mod check_handoff;
mod complete_domain;
mod describe_api;
mod erase_client;
mod get_client_domain;
mod get_client_history;
mod get_client_limits;
mod get_client_records;
mod get_domain;
mod get_handoff_records;
mod get_history;
mod get_records;
mod get_sender;
mod get_senders;
mod list_client_domains;
mod list_client_links;
mod list_domains;
mod list_links;
mod list_queue;
mod make_client_link;
mod make_link;
mod notify_for_client;
mod notify_ready;
mod open_handoff;
mod recheck_domain;
mod reject_domain;
mod release_domain;
mod remove_domain;
mod remove_for_client;
mod restart_domain;
mod restart_for_client;
mod send_instructions;
mod send_instructions_for_client;
mod set_client_limits;
mod withdraw_client_link;
mod withdraw_link;

use std::fmt;

#[cfg(feature = "openapi")]
use crate::openapi::{Description, Schemas};
use crate::routes::{Access, Route};

pub use add_domain::AddDomainBody;
pub use adopt_identity::AdoptIdentityBody;
pub use change_domain::ChangeDomainBody;
pub use erase_client::client_to_erase;
pub use get_senders::SendersBody;
pub use make_link::MakeLinkBody;
pub use notify_ready::NotifyReadyBody;
pub use reject_domain::RejectDomainBody;
pub use release_domain::release_order;
pub use send_instructions::InstructionsBody;
pub use set_client_limits::LimitsBody;

macro_rules! operations {
    ($($operation:ident = $module:ident $(($($query:literal),+))?;)*) => {
        /// Everything that the API can be asked for, in the order of the OpenAPI document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation {
            $(#[doc = concat!("Described in `operations/", stringify!($module), ".rs`.")] $operation,)*
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
                    $(Self::$operation => $module::ROUTE,)*
                }
            }

            /// The parameters that its query string may have. Any other is refused, or ignored
            /// (see `ignores_parameters`).
            pub const fn query_parameters(self) -> &'static [&'static str] {
                match self {
                    $(Self::$operation => &[$($($query),+)?],)*
                }
            }

            /// What the OpenAPI document says of it.
            #[cfg(feature = "openapi")]
            pub(crate) fn describe(self, schemas: &mut Schemas) -> Description {
                match self {
                    $(Self::$operation => $module::openapi::describe(schemas),)*
                }
            }
        }
    };
}

// In parentheses: the parameters of the query string.
operations! {
    AddDomain = add_domain;
    ListDomains = list_domains("status", "community", "limit", "cursor");
    GetDomain = get_domain;
    GetRecords = get_records("format", "zone");
    GetHistory = get_history("limit", "cursor");
    CheckDomain = check_domain;
    RestartDomain = restart_domain;
    NotifyReady = notify_ready;
    SendInstructions = send_instructions;
    MakeLink = make_link;
    ListLinks = list_links;
    WithdrawLink = withdraw_link;
    ChangeDomain = change_domain;
    RemoveDomain = remove_domain("confirm");
    GetSender = get_sender("client");
    GetSenders = get_senders;
    ListQueue = list_queue("status", "waiting_for", "domain", "limit", "cursor");
    ListClientDomains = list_client_domains("status", "community", "limit", "cursor");
    GetClientDomain = get_client_domain;
    GetClientRecords = get_client_records("format", "zone");
    GetClientHistory = get_client_history("limit", "cursor");
    CompleteDomain = complete_domain;
    RejectDomain = reject_domain;
    AdoptIdentity = adopt_identity;
    RecheckDomain = recheck_domain;
    ReleaseDomain = release_domain;
    RestartForClient = restart_for_client;
    NotifyForClient = notify_for_client;
    SendInstructionsForClient = send_instructions_for_client;
    ChangeForClient = change_for_client;
    RemoveForClient = remove_for_client("confirm");
    MakeClientLink = make_client_link;
    ListClientLinks = list_client_links;
    WithdrawClientLink = withdraw_client_link;
    GetClientLimits = get_client_limits;
    SetClientLimits = set_client_limits;
    EraseClient = erase_client("confirm");
    OpenHandoff = open_handoff("check");
    GetHandoffRecords = get_handoff_records("format", "zone");
    CheckHandoff = check_handoff;
    DescribeApi = describe_api;
}

impl Operation {
    /// The operation with this key in API Gateway.
    pub(crate) fn with_key(key: &str) -> Option<Self> {
        // The page of a link has a route for HEAD, too (RFC 9110 section 9.3.2).
        let key = match key.strip_prefix("HEAD ") {
            Some(path) if path == Self::OpenHandoff.route().path => {
                &Self::OpenHandoff.route().key()
            }
            Some(_) | None => key,
        };
        let chosen = |operation: &Self| operation.route().key() == key;
        Self::ALL.iter().copied().find(chosen)
    }

    /// Whether it changes nothing, so that its answers have an `ETag`.
    pub fn reads(self) -> bool {
        self.route().method == "GET"
    }

    /// Whether a request may carry an `Idempotency-Key`. Not that of a link holder, who has no keys of their
    /// own; not a question; and not what is the same however often it is sent.
    pub fn takes_keys(self) -> bool {
        let has_effect_again = match self.route().method {
            "POST" => self != Self::GetSenders,
            "PATCH" => true,
            "DELETE" => matches!(self, Self::RemoveDomain | Self::RemoveForClient),
            _other => false,
        };
        has_effect_again && self.route().access != Access::Anyone
    }

    /// Whether parameters of the query string that it does not take are ignored: behind a link, to whose
    /// address mail programs add parameters by which clicks are followed.
    pub fn ignores_parameters(self) -> bool {
        match self.route().access {
            Access::Anyone => self.route().parameters().any(|name| name == "token"),
            Access::ClientAdmin | Access::LassoSupport | Access::MassMail => false,
        }
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

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_belongs_to_its_operation() {
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
