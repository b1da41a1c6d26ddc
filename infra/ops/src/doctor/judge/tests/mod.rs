//! A stack that is in order has no finding; each misconfiguration, made in it, has its own.

mod in_order;

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::super::facts::{Account, ConfigurationSet, Dns, Facts, Issuer, Known, Table, Topic};
use super::super::finding::{Code, Severity};
use super::super::parameters::{Checked, PARAMETERS};
use super::judge;
use in_order::{CHAT, ENCRYPTS, KEY, PAGER, PUBLISHES, TOPIC, in_order, key, mapping, policy};

impl Facts {
    fn set(&mut self, parameter: &str, value: &str) {
        self.parameters
            .insert(parameter.to_owned(), value.to_owned());
    }

    fn account(&mut self) -> &mut Account {
        self.account.as_mut().unwrap()
    }

    fn table(&mut self) -> &mut Table {
        self.table.as_mut().unwrap().as_mut().unwrap()
    }

    fn topic(&mut self, arn: &str) -> &mut Topic {
        let topic = self.topics.get_mut(arn).unwrap();
        topic.as_mut().unwrap().as_mut().unwrap()
    }

    fn issuer(&mut self) -> &mut Issuer {
        self.issuer.as_mut().unwrap()
    }
}

fn codes(facts: &Facts) -> BTreeSet<Code> {
    judge(facts).iter().map(|finding| finding.code).collect()
}

/// A test for each misconfiguration, and the list of what they find.
macro_rules! finds {
    ($($test:ident: $code:ident, |$facts:ident| $make:expr;)*) => {
        $(
            #[test]
            fn $test() {
                let mut facts = in_order();
                let $facts = &mut facts;
                $make;
                let found = judge(&facts);
                let of_code = found.iter().find(|finding| finding.code == Code::$code);
                let finding = of_code.unwrap_or_else(|| panic!("{found:#?}"));
                for sentence in [&finding.what, &finding.fix] {
                    assert!(sentence.ends_with('.') || sentence.ends_with('`'), "{sentence}");
                    assert!(!sentence.contains("  "), "{sentence}");
                }
            }
        )*

        /// Codes that a test here has.
        const TESTED: &[Code] = &[$(Code::$code),*];
    };
}

finds! {
    a_deployment_that_was_rolled_back: StackNotSettled, |f| f.stack_status = "UPDATE_ROLLBACK_COMPLETE".to_owned();
    a_clock_that_is_a_minute_behind: ClockSkew, |f| f.ahead = Some(SignedDuration::from_mins(1));
    a_sender_without_an_identity: SenderWithoutIdentity, |f| f.sender = Ok(None);
    a_sender_that_is_not_verified: SenderNotVerified, |f| f.sender.as_mut().unwrap().as_mut().unwrap().verified = false;
    a_sender_that_does_not_sign: SenderWithoutDkim, |f| f.sender.as_mut().unwrap().as_mut().unwrap().dkim = false;
    an_account_in_the_sandbox: Sandbox, |f| f.account().production = false;
    contacts_that_the_sandbox_refuses: ContactsInSandbox, |f| f.account().production = false;
    support_that_the_sandbox_refuses: SupportNotVerified, |f| { f.account().production = false; f.support = Ok(None) };
    sending_that_is_paused: SendingPaused, |f| f.account().sending = false;
    an_account_under_review: AccountUnderReview, |f| f.account().enforcement = "PROBATION".to_owned();
    emails_above_the_rate_of_the_account: EmailsAboveRate, |f| f.set("EmailsPerSecond", "15");
    single_emails_above_the_rate: SingleEmailsAboveRate, |f| f.set("SingleEmailsPerMinute", "301");
    support_emails_above_the_daily_quota: SupportEmailsAboveQuota, |f| f.set("MaxSupportEmailsPerClientPerDay", "50001");
    support_on_the_suppression_list: SupportSuppressed, |f| f.support_suppressed = Ok(true);
    a_sender_that_is_support_and_has_no_identity: SenderIsSupport, |f| { f.sender = Ok(None); f.set("SenderEmail", "Support@lasso.com") };
    a_sender_that_is_support: SenderIsSupport, |f| f.set("SenderEmail", "Support@lasso.com");
    a_configuration_set_that_does_not_exist: ConfigurationSetAbsent, |f| f.configuration_set = Ok(None);
    a_configuration_set_that_is_paused: ConfigurationSetPaused, |f| f.configuration_set = Ok(Some(ConfigurationSet { sending: false }));
    the_configuration_set_of_the_stack_itself: ConfigurationSetOfStack, |f| f.set("ConfigurationSet", "MailConfigurationSet-1");
    identities_near_the_quota: IdentitiesNearQuota, |f| f.identities = Ok(8_001);
    more_identities_than_ses_documents: IdentityQuotaAboveDefault, |f| f.set("IdentityQuota", "10001");
    a_client_limit_above_the_quota: ClientAboveIdentityQuota, |f| f.set("MaxDomainsPerClient", "10000");
    a_daily_limit_above_the_limit: DailyLimitUnreachable, |f| f.set("MaxDomainsAddedPerDay", "501");
    more_calls_than_ses_documents: SesRateAboveDefault, |f| f.set("SesCallsPerSecond", "2");
    checks_above_the_rate_of_ses: ChecksAboveSesRate, |f| f.set("ChecksPerMinute", "61");
    a_public_suffix_among_own_domains: OwnDomainInvalid, |f| f.set("OwnDomains", "lasso.com,co.uk");
    an_address_in_angle_brackets: OwnDomainInvalid, |f| f.set("SupportEmail", "Lasso<support@lasso.com>");
    an_address_at_a_host_with_an_underscore: OwnDomainInvalid, |f| f.set("SenderEmail", "help@crm_internal.example");
    an_issuer_that_does_not_answer: IssuerUnreachable, |f| f.issuer = Err("it answers 404".to_owned());
    an_issuer_with_a_slash_too_many: IssuerDiffers, |f| f.issuer().issuer.push('/');
    an_issuer_without_keys: IssuerWithoutKeys, |f| f.issuer().keys = 0;
    roles_in_the_claim_of_the_client: ClaimsCoincide, |f| f.set("RolesClaim", "custom:client_id");
    a_clients_name_in_the_claim_of_the_client: ClaimsCoincide, |f| f.set("ClientNameClaim", "custom:client_id");
    roles_in_the_claim_of_the_clients_name: ClaimsCoincide, |f| f.set("RolesClaim", "custom:client_name");
    roles_in_a_claim_of_a_person: RolesClaimOfPerson, |f| f.set("RolesClaim", "profile");
    roles_in_the_username_that_a_person_prefers: RolesClaimOfPerson, |f| f.set("RolesClaim", "preferred_username");
    a_clients_name_in_a_claim_of_a_person: ClientNameOfPerson, |f| f.set("ClientNameClaim", "nickname");
    a_scope_that_everybody_gets_at_cognito: ScopeOfPeople, |f| f.set("MassMailScope", "openid");
    a_scope_that_everybody_gets_at_another_issuer: ScopeOfPeople, |f| { f.set("JwtIssuer", "https://id.lasso.com"); f.set("MassMailScope", "profile") };
    a_scope_that_the_console_asks_for: ScopeOfPeople, |f| { f.set("ConsoleScopes", "profile crm/mass-mail"); f.set("MassMailScope", "crm/mass-mail") };
    a_client_in_the_claim_of_the_audience: ClaimOfToken, |f| f.set("ClientIdClaim", "aud");
    a_client_in_the_scopes: ClaimOfToken, |f| f.set("ClientIdClaim", "scope");
    a_client_in_the_groups_of_a_person: ClaimOfToken, |f| { f.set("RolesClaim", "custom:roles"); f.set("ClientIdClaim", "cognito:groups") };
    a_clients_name_in_the_groups_of_a_person: ClaimOfToken, |f| { f.set("RolesClaim", "custom:roles"); f.set("ClientNameClaim", "cognito:groups") };
    a_client_in_a_role_of_iam: ClaimOfToken, |f| f.set("ClientIdClaim", "cognito:preferred_role");
    roles_in_the_scopes: ClaimOfToken, |f| f.set("RolesClaim", "scope");
    roles_in_the_roles_of_iam: ClaimOfToken, |f| f.set("RolesClaim", "cognito:roles");
    roles_in_the_preferred_role_of_iam: ClaimOfToken, |f| f.set("RolesClaim", "cognito:preferred_role");
    roles_in_the_username_that_a_person_signs_up_with: RolesClaimOfPerson, |f| f.set("RolesClaim", "cognito:username");
    roles_in_the_username_of_an_access_token: RolesClaimOfPerson, |f| f.set("RolesClaim", "username");
    roles_in_the_identities_of_a_person: RolesClaimOfPerson, |f| f.set("RolesClaim", "identities");
    a_client_in_the_username_that_a_person_signs_up_with: ClientClaimOfPerson, |f| f.set("ClientIdClaim", "cognito:username");
    a_client_in_the_username_of_an_access_token: ClientClaimOfPerson, |f| f.set("ClientIdClaim", "username");
    a_client_in_the_identities_of_a_person: ClientClaimOfPerson, |f| f.set("ClientIdClaim", "identities");
    a_clients_name_in_a_username: ClientNameOfPerson, |f| f.set("ClientNameClaim", "cognito:username");
    a_client_in_the_claim_of_the_program: ClaimOfToken, |f| f.set("ClientIdClaim", "client_id");
    roles_in_a_claim_of_the_token: ClaimOfToken, |f| f.set("RolesClaim", "token_use");
    a_clients_name_in_a_claim_of_the_token: ClaimOfToken, |f| f.set("ClientNameClaim", "iss");
    a_client_in_a_claim_of_a_person: ClientClaimOfPerson, |f| f.set("ClientIdClaim", "email");
    a_scope_without_its_resource_server: ScopeWithoutServer, |f| f.set("MassMailScope", "mass-mail");
    an_origin_in_upper_case: OriginNeverMatches, |f| f.set("AllowedOrigins", "https://CRM.lasso.com");
    an_origin_with_the_port_of_https: OriginNeverMatches, |f| f.set("AllowedOrigins", "https://crm.lasso.com,https://crm.lasso.com:443");
    an_origin_without_tls: OriginWithoutTls, |f| f.set("AllowedOrigins", "https://crm.lasso.com,http://crm.lasso.com");
    an_api_without_routes: ApiUnreachable, |f| f.api = Ok(404);
    an_own_domain_that_leads_elsewhere: ApiDomainUnreachable, |f| { f.set("ApiDomainName", "api.lasso.com"); f.api = Err("invalid certificate".to_owned()) };
    a_console_that_is_not_in_the_audience: ConsoleNotInAudience, |f| f.set("JwtAudience", "crm");
    a_console_that_does_not_answer: ConsoleUnreachable, |f| f.console = Some(Ok(502));
    an_api_of_the_console_that_does_not_answer: ConsoleApiUnreachable, |f| f.console_api = Some(Ok(403));
    a_console_on_one_machine: ConsoleAtLoopback, |f| f.set("ConsoleUrl", "http://127.0.0.1:4580");
    a_console_that_many_may_frame: ConsoleFramedWidely, |f| f.set("ConsoleFrameAncestors", "https://*.lasso.com");
    a_scope_that_the_issuer_does_not_know: ConsoleScopeUnknown, |f| f.set("ConsoleScopes", "profile offline_access");
    endpoints_of_which_one_is_missing: ConsoleEndpointsIncomplete, |f| f.set("ConsoleTokenEndpoint", "https://id.lasso.com/token");
    a_server_that_is_not_the_console: ConsoleUnreachable, |f| f.console = Some(Err("another server answers there".to_owned()));
    a_server_that_is_not_the_api: ConsoleApiUnreachable, |f| f.console_api = Some(Err("another server answers there".to_owned()));
    a_sign_in_that_does_not_exist: ConsoleEndpointUnreachable, |f| _ = f.console_endpoints.insert("ConsoleAuthorizationEndpoint", Ok(404));
    a_token_endpoint_whose_host_does_not_exist: ConsoleEndpointUnreachable, |f| _ = f.console_endpoints.insert("ConsoleTokenEndpoint", Err("dns error".to_owned()));
    a_sign_out_that_fails: ConsoleEndpointUnreachable, |f| _ = f.console_endpoints.insert("ConsoleEndSessionEndpoint", Ok(502));
    a_key_set_that_is_empty: ConsoleKeysUnreadable, |f| f.console_keys = Some(Ok(0));
    a_sign_out_that_ends_no_session: ConsoleSignOutIncomplete, |f| f.issuer().ends_sessions = false;
    alarms_without_a_reader: AlarmsUnheard, |f| { f.set("AlarmTopicArn", ""); f.set("AlarmEmail", "") };
    an_alarm_that_is_not_there: AlarmOff, |f| f.alarms = Ok(BTreeMap::from([("OutboxAlarm".to_owned(), None)]));
    an_alarm_topic_that_does_not_exist: AlarmTopicAbsent, |f| _ = f.topics.insert(PAGER.to_owned(), Ok(None));
    an_alarm_topic_in_another_region: AlarmTopicElsewhere, |f| f.set("AlarmTopicArn", "arn:aws:sns:eu-west-1:123456789012:pager");
    an_alarm_topic_without_a_subscription: AlarmTopicUnheard, |f| f.topic(PAGER).confirmed = 0;
    an_alarm_topic_that_cloudwatch_cannot_use: AlarmTopicEncrypted, |f| f.topic(PAGER).key = "alias/aws/sns".to_owned();
    an_alarm_email_that_is_not_confirmed: AlarmEmailPending, |f| { f.topic(TOPIC).confirmed = 0; f.topic(TOPIC).pending = 1 };
    an_alarm_email_that_is_support: AlarmEmailIsSupport, |f| f.set("AlarmEmail", "Support@LASSO.com");
    an_alarm_topic_whose_policy_is_for_others: AlarmTopicClosed, |f| f.topic(PAGER).policy = Ok(policy(r#"{"Statement": []}"#));
    an_alarm_topic_whose_key_is_not_for_cloudwatch: AlarmTopicKeyClosed, |f| { f.topic(PAGER).key = KEY.to_owned(); f.keys.insert(KEY.to_owned(), Ok(Some(key("Enabled", PUBLISHES)))); };
    a_chat_topic_without_a_channel: ChatUnheard, |f| f.topic(CHAT).confirmed = 0;
    a_function_that_may_not_run: FunctionStopped, |f| f.functions.values_mut().next().unwrap().as_mut().unwrap().reserved = Ok(Some(0));
    a_mapping_that_is_disabled: QueueUnread, |f| _ = f.mappings.insert("AlertMapping".to_owned(), Ok(Some(mapping(false))));
    a_mapping_that_is_gone: QueueUnread, |f| _ = f.mappings.insert("AlertMapping".to_owned(), Ok(None));
    a_schedule_that_is_off: ScheduleOff, |f| f.schedule = Ok(Some(false));
    a_schedule_that_is_gone: ScheduleOff, |f| f.schedule = Ok(None);
    a_breaker_that_never_trips: BreakerNeverTrips, |f| f.set("BreakerPercent", "100");
    deletions_beside_a_restored_table: DeletesBesideRestoredTable, |f| { f.set("ExistingTableName", "restored"); f.set("ReconcileDelete", "true") };
    logs_of_a_day: LogsTooShort, |f| f.set("LogRetentionDays", "1");
    logs_of_everything: LogsVerbose, |f| f.set("LogLevel", "TRACE");
    logs_without_reports: LogsWithoutReports, |f| f.set("SystemLogLevel", "WARN");
    a_burst_above_the_concurrency: BurstAboveConcurrency, |f| f.concurrency = Ok(10);
    a_burst_below_the_rate: BurstBelowRate, |f| f.set("ApiBurstLimit", "10");
    one_execution_for_the_poller: OneExecutionForPoller, |f| f.set("PollerReservedConcurrency", "1");
    traces_of_everything: TracingOn, |f| f.set("Tracing", "Active");
    a_function_of_another_architecture: ArchitectureDiffers, |f| f.set("Architecture", "x86_64");
    a_variable_that_was_changed_by_hand: EnvironmentDiffers, |f| f.set("ClientIdClaim", "custom:client");
    a_table_that_does_not_exist: TableAbsent, |f| f.table = Ok(None);
    a_new_table_beside_identities_of_the_stack: TableEmpty, |f| f.known = Ok(Known::WithoutTable("example.com".to_owned()));
    a_table_of_a_stack_with_another_name: TableOfAnotherStack, |f| f.known = Ok(Known::OfAnotherStack("example.com".to_owned()));
    executions_that_lambda_does_not_let_reserve: ReservedAboveQuota, |f| { f.set("PollerReservedConcurrency", "2"); f.executions = Ok(101) };
    a_table_without_the_indexes: TableOfOtherSchema, |f| f.table().schema = false;
    a_table_without_recovery: TableWithoutRecovery, |f| f.table().recovery = Ok(false);
    a_table_without_protection: TableUnprotected, |f| f.table().protected = false;
    a_table_whose_items_stay: TableWithoutExpiry, |f| f.table().expiry = Ok(None);
    a_table_whose_key_is_disabled: TableKeyUnusable, |f| f.table().key_usable = false;
    a_key_that_does_not_exist: KeyAbsent, |f| { f.set("KmsKeyArn", KEY); f.keys.insert(KEY.to_owned(), Ok(None)); };
    a_key_that_is_disabled: KeyUnusable, |f| { f.set("KmsKeyArn", KEY); f.keys.insert(KEY.to_owned(), Ok(Some(key("Disabled", ENCRYPTS)))); };
    a_key_that_is_going_to_be_deleted: KeyUnusable, |f| { f.set("KmsKeyArn", KEY); f.keys.insert(KEY.to_owned(), Ok(Some(key("PendingDeletion", ENCRYPTS)))); };
    a_key_of_another_region: KeyElsewhere, |f| f.set("KmsKeyArn", "arn:aws:kms:eu-west-1:123456789012:key/1");
    dns_that_does_not_answer: DnsUnanswered, |f| f.dns = Dns { udp: false, edns: false, tcp: false };
    dns_without_tcp: DnsWithoutTcp, |f| f.dns.tcp = false;
    dns_without_edns: DnsWithoutEdns, |f| f.dns.edns = false;
    what_could_not_be_asked: NotChecked, |f| f.table = Err("AccessDeniedException".to_owned());
}

#[test]
fn a_stack_in_order_has_no_finding() {
    assert_eq!(judge(&in_order()), []);
}

#[test]
fn a_stack_whose_programs_have_a_separate_scope_has_no_finding() {
    let mut facts = in_order();
    facts.set("MassMailScope", "crm/mass-mail");
    facts.set("ClientNameClaim", "");
    assert_eq!(judge(&facts), []);
}

#[test]
fn alarms_with_the_same_problem_are_one_finding() {
    let mut facts = in_order();
    let names = ["OutboxAlarm", "BreakerAlarm"].map(|name| (name.to_owned(), None));
    facts.alarms = Ok(BTreeMap::from(names));
    let found = judge(&facts);
    let off: Vec<_> = found
        .iter()
        .filter(|finding| finding.code == Code::AlarmOff)
        .map(|finding| finding.what.as_str())
        .collect();
    assert_eq!(off, ["Alarms not there: BreakerAlarm, OutboxAlarm."]);
}

#[test]
fn a_reservation_is_not_recommended_if_lambda_refuses_it() {
    let mut facts = in_order();
    facts.concurrency = Ok(10);
    facts.executions = Ok(10);
    let found = judge(&facts);
    let burst = found
        .iter()
        .find(|finding| finding.code == Code::BurstAboveConcurrency);
    assert!(!burst.unwrap().fix.contains("PollerReservedConcurrency=2"));
}

#[test]
fn every_finding_code_has_a_test() {
    let untested: Vec<_> = Code::ALL
        .iter()
        .filter(|code| !TESTED.contains(code))
        .collect();
    assert!(untested.is_empty(), "{untested:?}");
}

#[test]
fn each_unanswered_request_is_a_finding() {
    let mut facts = in_order();
    let denied = || "AccessDenied".to_owned();
    facts.account = Err(denied());
    facts.identities = Err(denied());
    facts.sender = Err(denied());
    facts.alarms = Err(denied());
    facts.schedule = Err(denied());
    facts.concurrency = Err(denied());
    facts.functions = BTreeMap::from([("AddDomainFunction".to_owned(), Err(denied()))]);
    let found = judge(&facts);
    assert_eq!(found.len(), 7, "{found:#?}");
    assert!(
        found
            .iter()
            .all(|finding| finding.severity == Severity::Unchecked)
    );
}

#[test]
fn an_endpoint_that_refuses_an_empty_request_is_in_order() {
    let mut facts = in_order();
    let answers = [302, 400, 401, 403, 405];
    for (parameter, status) in ["a", "b", "c", "d", "e"].into_iter().zip(answers) {
        facts.console_endpoints.insert(parameter, Ok(status));
    }
    assert_eq!(judge(&facts), []);
}

#[test]
fn problems_come_before_warnings() {
    let mut facts = in_order();
    facts.dns.tcp = false;
    facts.schedule = Ok(None);
    let severities: Vec<_> = judge(&facts)
        .iter()
        .map(|finding| finding.severity)
        .collect();
    assert_eq!(severities, [Severity::Problem, Severity::Warning]);
}

#[test]
fn the_default_api_gateway_url_of_the_console_is_no_finding() {
    let mut facts = in_order();
    let function = facts.functions.values_mut().next().unwrap();
    let environment = &mut function.as_mut().unwrap().environment;
    environment.insert(
        "CONSOLE_URL".to_owned(),
        "https://abc.execute-api.us-east-1.amazonaws.com".to_owned(),
    );
    facts.set("ConsoleUrl", "");
    assert_eq!(codes(&facts), BTreeSet::new());
}

/// The parameters of the template: keys of `Parameters`, two spaces deep.
fn parameters_of_template() -> BTreeSet<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
    let template = std::fs::read_to_string(path).unwrap();
    let (_, parameters) = template.split_once("\nParameters:\n").unwrap();
    let (parameters, _) = parameters.split_once("\nRules:\n").unwrap();
    let keys = parameters.lines().filter_map(|line| {
        let key = line.strip_prefix("  ")?.strip_suffix(':')?;
        (!key.starts_with([' ', '#'])).then(|| key.to_owned())
    });
    keys.collect()
}

#[test]
fn every_template_parameter_is_checked_or_has_a_reason_not_to_be() {
    let decided: BTreeSet<String> = PARAMETERS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(
        decided.len(),
        PARAMETERS.len(),
        "a parameter is there twice"
    );
    assert_eq!(decided, parameters_of_template());
    for (name, checked) in PARAMETERS {
        match checked {
            Checked::Finds(codes) => assert!(!codes.is_empty(), "{name}"),
            Checked::Free(reason) => assert!(!reason.is_empty(), "{name}"),
        }
    }
}

#[test]
fn the_document_lists_what_each_parameter_is_checked_for() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ops.md");
    let document = std::fs::read_to_string(path).unwrap();
    for (name, checked) in PARAMETERS {
        let row = document
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("{name} is not in docs/ops.md"));
        match checked {
            Checked::Free(reason) => assert!(row.contains(reason), "{row}"),
            Checked::Finds(codes) => {
                for code in *codes {
                    let code = serde_json::to_string(code).unwrap().replace('"', "`");
                    assert!(row.contains(&code), "{name}: {code}");
                }
            }
        }
    }
}
