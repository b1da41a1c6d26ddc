//! What is wrong, and what to do about it.

use serde::Serialize;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The service, or what tells of its troubles, does not work as it should.
    Problem,
    /// It works, and is likely not what is wanted, or will not work for long.
    Warning,
    /// It could not be checked.
    Unchecked,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The kind of finding.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in a sentence.
    pub what: String,
    /// What to do.
    pub fix: String,
}

/// Writes the enumeration of codes, and the list of all.
macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $severity:ident,)*) => {
        /// Kinds of findings. docs/ops.md lists them by the parameters of the template.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $($(#[$doc])* $code,)*
        }

        impl Code {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// How much it matters.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$code => Severity::$severity,)*
                }
            }
        }
    };
}

codes! {
    /// The last deployment did not succeed.
    StackNotSettled = Problem,
    /// This machine's clock differs from that of AWS.
    ClockSkew = Problem,
    /// No identity at SES covers the sender.
    SenderWithoutIdentity = Problem,
    /// The identity of the sender is not verified.
    SenderNotVerified = Problem,
    /// Mail of the sender is not signed by DKIM.
    SenderWithoutDkim = Warning,
    /// The account is in the sandbox.
    Sandbox = Problem,
    /// In the sandbox, and the address of Lasso support is not verified.
    SupportNotVerified = Problem,
    /// Sending is paused for the account.
    SendingPaused = Problem,
    /// SES reviews the account.
    AccountUnderReview = Warning,
    /// Emails about events are sent faster than the account may.
    EmailsAboveRate = Problem,
    /// One reader may get more single emails per minute than are sent at all.
    SingleEmailsAboveRate = Warning,
    /// One client may use up the account's quota of mail.
    SupportEmailsAboveQuota = Warning,
    /// Contacts are emailed from an account that may not.
    ContactsInSandbox = Problem,
    /// The address of Lasso support is on the suppression list.
    SupportSuppressed = Problem,
    /// Emails to Lasso support come from its own address.
    SenderIsSupport = Warning,
    /// The configuration set does not exist.
    ConfigurationSetAbsent = Problem,
    /// Clients' mail would be counted and reported as the stack's own.
    ConfigurationSetOfStack = Problem,
    /// Sending with the configuration set is off.
    ConfigurationSetPaused = Problem,
    /// The account has nearly as many identities as it may.
    IdentitiesNearQuota = Problem,
    /// The quota of identities is said to be above the default.
    IdentityQuotaAboveDefault = Warning,
    /// One client may have more domains than the account may have identities.
    ClientAboveIdentityQuota = Warning,
    /// The daily limit of one client is above that of all clients.
    DailyLimitUnreachable = Warning,
    /// More calls a second than the documented quota.
    SesRateAboveDefault = Warning,
    /// One client's checks may use up the quota of calls.
    ChecksAboveSesRate = Warning,
    /// What is in `OwnDomains`, or the domain of an address, is not a company's domain but, say, a public suffix.
    OwnDomainInvalid = Problem,
    /// The issuer does not answer.
    IssuerUnreachable = Problem,
    /// The issuer calls itself otherwise.
    IssuerDiffers = Problem,
    /// The issuer publishes no keys.
    IssuerWithoutKeys = Problem,
    /// One claim is to say two things.
    ClaimsCoincide = Problem,
    /// A claim that is to name the client or the roles describes the token.
    ClaimOfToken = Problem,
    /// The claim that names the client is one that a person changes.
    ClientClaimOfPerson = Problem,
    /// The claim that holds the roles is one that a person changes.
    RolesClaimOfPerson = Problem,
    /// The claim that holds the client's name is one that a person changes.
    ClientNameOfPerson = Warning,
    /// The scope of programs is not one that Amazon Cognito issues.
    ScopeWithoutServer = Problem,
    /// The scope of programs is one that people have.
    ScopeOfPeople = Problem,
    /// An origin is written as no browser sends it.
    OriginNeverMatches = Problem,
    /// Pages without TLS may call the API.
    OriginWithoutTls = Warning,
    /// The API does not answer.
    ApiUnreachable = Problem,
    /// The API's own domain name does not lead to it.
    ApiDomainUnreachable = Problem,
    /// Tokens of the console are not accepted.
    ConsoleNotInAudience = Problem,
    /// The console does not answer.
    ConsoleUnreachable = Problem,
    /// The console's API does not answer.
    ConsoleApiUnreachable = Problem,
    /// The console is at an address of one machine.
    ConsoleAtLoopback = Problem,
    /// Pages of many origins may frame the console.
    ConsoleFramedWidely = Warning,
    /// The issuer does not know a scope that the console asks for.
    ConsoleScopeUnknown = Problem,
    /// Some of the console's endpoints are set, and not all.
    ConsoleEndpointsIncomplete = Problem,
    /// One of the console's endpoints does not answer as such.
    ConsoleEndpointUnreachable = Problem,
    /// The console's key set cannot be read.
    ConsoleKeysUnreadable = Problem,
    /// Signing out leaves people signed in at the issuer.
    ConsoleSignOutIncomplete = Warning,
    /// Alarms have no one to page.
    AlarmsUnheard = Problem,
    /// An alarm of the template is not there, or its actions are off.
    AlarmOff = Problem,
    /// A topic that alarms go to is not there.
    AlarmTopicAbsent = Problem,
    /// A topic that alarms go to is in another Region.
    AlarmTopicElsewhere = Problem,
    /// A topic that alarms go to has no confirmed subscription.
    AlarmTopicUnheard = Problem,
    /// CloudWatch may not use the key of a topic, which is that of AWS for SNS.
    AlarmTopicEncrypted = Problem,
    /// The policy of a topic's key does not let CloudWatch use it.
    AlarmTopicKeyClosed = Problem,
    /// The policy of a topic does not let CloudWatch publish.
    AlarmTopicClosed = Problem,
    /// The subscription of `AlarmEmail` waits for its confirmation.
    AlarmEmailPending = Problem,
    /// Alarms about the mail of Lasso support go to its mailbox.
    AlarmEmailIsSupport = Warning,
    /// Chat messages go to a topic that nothing listens to.
    ChatUnheard = Warning,
    /// A function may not run at all.
    FunctionStopped = Problem,
    /// Nothing reads a queue.
    QueueUnread = Problem,
    /// The schedule of the poller is off or not there.
    ScheduleOff = Problem,
    /// The breaker never trips.
    BreakerNeverTrips = Warning,
    /// Identities may be deleted by a table that does not know them.
    DeletesBesideRestoredTable = Problem,
    /// Logs are kept for less than a week.
    LogsTooShort = Warning,
    /// Functions log everything.
    LogsVerbose = Warning,
    /// Lambda's reports are not logged.
    LogsWithoutReports = Warning,
    /// The API lets more in than Lambda runs.
    BurstAboveConcurrency = Warning,
    /// The burst is below the rate per second.
    BurstBelowRate = Warning,
    /// One execution is kept for the poller.
    OneExecutionForPoller = Warning,
    /// The account does not have the number of executions that must be reserved.
    ReservedAboveQuota = Problem,
    /// Traces of all functions cost.
    TracingOn = Warning,
    /// A function runs on another architecture than the stack says.
    ArchitectureDiffers = Problem,
    /// A function's environment is not what the stack says.
    EnvironmentDiffers = Problem,
    /// The table is not there.
    TableAbsent = Problem,
    /// The table has no domain, and SES has identities of this stack.
    TableEmpty = Problem,
    /// The identities of the domains in the table are those of a stack with another name.
    TableOfAnotherStack = Problem,
    /// The table has not the keys and indexes of the template.
    TableOfOtherSchema = Problem,
    /// The table has no point-in-time recovery.
    TableWithoutRecovery = Problem,
    /// The table can be deleted.
    TableUnprotected = Warning,
    /// Items of the table do not expire.
    TableWithoutExpiry = Problem,
    /// DynamoDB may not use the table's key.
    TableKeyUnusable = Problem,
    /// The key is not there.
    KeyAbsent = Problem,
    /// The key is disabled, or is going to be deleted.
    KeyUnusable = Problem,
    /// The key is of another Region.
    KeyElsewhere = Problem,
    /// DNS does not answer from here.
    DnsUnanswered = Problem,
    /// DNS does not answer over TCP from here.
    DnsWithoutTcp = Warning,
    /// DNS does not take EDNS from here.
    DnsWithoutEdns = Warning,
    /// Something could not be asked.
    NotChecked = Unchecked,
}

impl Code {
    /// A finding of this kind.
    pub fn found(self, what: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding {
            code: self,
            severity: self.severity(),
            what: what.into(),
            fix: fix.into(),
        }
    }
}
