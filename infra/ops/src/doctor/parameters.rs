//! What of each parameter of the template can be wrong, although CloudFormation takes it.

use super::finding::Code;

/// What doctor does about a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// Its misconfigurations are found.
    Finds(&'static [Code]),
    /// Every value that CloudFormation takes is right in some stack, and what it does is seen at once.
    Free(&'static str),
}

use Checked::{Finds, Free};
use Code as C;

/// Every parameter. A test holds it to the template.
pub const PARAMETERS: &[(&str, Checked)] = &[
    (
        "JwtIssuer",
        Finds(&[C::IssuerUnreachable, C::IssuerDiffers, C::IssuerWithoutKeys]),
    ),
    ("JwtAudience", Finds(&[C::ConsoleNotInAudience])),
    (
        "ClientIdClaim",
        Finds(&[C::ClaimsCoincide, C::ClaimOfToken, C::ClientClaimOfPerson]),
    ),
    (
        "RolesClaim",
        Finds(&[C::ClaimsCoincide, C::ClaimOfToken, C::RolesClaimOfPerson]),
    ),
    ("NameClaim", Free("decides only how people are shown")),
    (
        "ClientNameClaim",
        Finds(&[C::ClaimsCoincide, C::ClaimOfToken, C::ClientNameOfPerson]),
    ),
    (
        "MassMailScope",
        Finds(&[C::ScopeWithoutServer, C::ScopeOfPeople]),
    ),
    (
        "AllowedOrigins",
        Finds(&[C::OriginWithoutTls, C::OriginNeverMatches]),
    ),
    ("ConsoleClientId", Finds(&[C::ConsoleNotInAudience])),
    (
        "ConsoleUrl",
        Finds(&[C::ConsoleUnreachable, C::ConsoleAtLoopback]),
    ),
    (
        "ConsoleApiUrl",
        Finds(&[C::ConsoleApiUnreachable, C::ConsoleAtLoopback]),
    ),
    ("ConsoleFrameAncestors", Finds(&[C::ConsoleFramedWidely])),
    (
        "ConsoleScopes",
        Finds(&[C::ConsoleScopeUnknown, C::ScopeOfPeople]),
    ),
    (
        "ConsoleAuthorizationEndpoint",
        Finds(&[
            C::ConsoleEndpointsIncomplete,
            C::ConsoleEndpointUnreachable,
            C::ConsoleAtLoopback,
        ]),
    ),
    (
        "ConsoleTokenEndpoint",
        Finds(&[
            C::ConsoleEndpointsIncomplete,
            C::ConsoleEndpointUnreachable,
            C::ConsoleAtLoopback,
        ]),
    ),
    (
        "ConsoleJwksUri",
        Finds(&[C::ConsoleKeysUnreadable, C::ConsoleEndpointsIncomplete]),
    ),
    (
        "ConsoleEndSessionEndpoint",
        Finds(&[C::ConsoleSignOutIncomplete, C::ConsoleEndpointUnreachable]),
    ),
    (
        "SupportEmail",
        Finds(&[
            C::SupportSuppressed,
            C::SupportNotVerified,
            C::SenderIsSupport,
            C::OwnDomainInvalid,
            C::AlarmEmailIsSupport,
        ]),
    ),
    (
        "SenderEmail",
        Finds(&[
            C::SenderWithoutIdentity,
            C::SenderNotVerified,
            C::SenderWithoutDkim,
            C::SenderIsSupport,
            C::OwnDomainInvalid,
        ]),
    ),
    ("NotifyClients", Finds(&[C::ContactsInSandbox])),
    ("EmailsPerSecond", Finds(&[C::EmailsAboveRate])),
    ("SingleEmailsPerMinute", Finds(&[C::SingleEmailsAboveRate])),
    ("OwnDomains", Finds(&[C::OwnDomainInvalid])),
    (
        "FinalStep",
        Free("both values are right; the service itself leaves to a person what is doubtful"),
    ),
    (
        "ConfigurationSet",
        Finds(&[
            C::ConfigurationSetAbsent,
            C::ConfigurationSetPaused,
            C::ConfigurationSetOfStack,
        ]),
    ),
    ("SesCallsPerSecond", Finds(&[C::SesRateAboveDefault])),
    ("ChecksPerMinute", Finds(&[C::ChecksAboveSesRate])),
    ("PollerSchedule", Finds(&[C::ScheduleOff])),
    (
        "StuckProvisioningMinutes",
        Free("decides only when Lasso support is told"),
    ),
    (
        "StuckStaffHours",
        Free("decides only when Lasso support is reminded"),
    ),
    ("BreakerPercent", Finds(&[C::BreakerNeverTrips])),
    ("ReconcileDelete", Finds(&[C::DeletesBesideRestoredTable])),
    ("MaxDomainsPerClient", Finds(&[C::ClientAboveIdentityQuota])),
    ("MaxDomainsAddedPerDay", Finds(&[C::DailyLimitUnreachable])),
    (
        "MaxSupportEmailsPerClientPerDay",
        Finds(&[C::SupportEmailsAboveQuota]),
    ),
    ("ChatMessages", Finds(&[C::ChatUnheard])),
    (
        "AlarmTopicArn",
        Finds(&[
            C::AlarmsUnheard,
            C::AlarmTopicAbsent,
            C::AlarmTopicElsewhere,
            C::AlarmTopicUnheard,
            C::AlarmTopicEncrypted,
            C::AlarmTopicKeyClosed,
            C::AlarmTopicClosed,
        ]),
    ),
    (
        "AlarmEmail",
        Finds(&[
            C::AlarmsUnheard,
            C::AlarmEmailPending,
            C::AlarmEmailIsSupport,
            C::AlarmTopicKeyClosed,
        ]),
    ),
    ("LogRetentionDays", Finds(&[C::LogsTooShort])),
    ("LogLevel", Finds(&[C::LogsVerbose])),
    ("SystemLogLevel", Finds(&[C::LogsWithoutReports])),
    ("SecretStage", Free("both values mean the same secret")),
    ("ApiRateLimit", Finds(&[C::BurstBelowRate])),
    (
        "ApiBurstLimit",
        Finds(&[C::BurstBelowRate, C::BurstAboveConcurrency]),
    ),
    ("ApiDomainName", Finds(&[C::ApiDomainUnreachable])),
    ("ApiCertificateArn", Finds(&[C::ApiDomainUnreachable])),
    (
        "PollerReservedConcurrency",
        Finds(&[C::OneExecutionForPoller, C::ReservedAboveQuota]),
    ),
    (
        "IdentityQuota",
        Finds(&[
            C::IdentitiesNearQuota,
            C::IdentityQuotaAboveDefault,
            C::ClientAboveIdentityQuota,
        ]),
    ),
    ("Tracing", Finds(&[C::TracingOn])),
    (
        "Architecture",
        Finds(&[C::ArchitectureDiffers, C::ApiUnreachable]),
    ),
    ("DeletionProtection", Finds(&[C::TableUnprotected])),
    (
        "ExistingTableName",
        Finds(&[
            C::TableAbsent,
            C::TableEmpty,
            C::TableOfAnotherStack,
            C::TableOfOtherSchema,
            C::TableWithoutRecovery,
            C::TableWithoutExpiry,
            C::TableUnprotected,
        ]),
    ),
    (
        "KmsKeyArn",
        Finds(&[
            C::TableKeyUnusable,
            C::KeyAbsent,
            C::KeyUnusable,
            C::KeyElsewhere,
            C::AlarmTopicKeyClosed,
        ]),
    ),
];

/// The variable of the functions that has the value of a parameter, if there is one: `FINAL_STEP` of
/// `FinalStep`.
pub fn variable_of(parameter: &str) -> String {
    let mut variable = String::with_capacity(parameter.len() + 4);
    for character in parameter.chars() {
        if character.is_ascii_uppercase() && !variable.is_empty() {
            variable.push('_');
        }
        variable.push(character.to_ascii_uppercase());
    }
    variable
}
