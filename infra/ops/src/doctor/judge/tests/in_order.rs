//! A stack in which everything is in order.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::super::super::facts::{
    Account, Alarm, ConfigurationSet, Dns, Facts, Function, Identity, Issuer, Key, Known, Mapping,
    Policy, Table, Topic,
};

pub(super) const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:lasso-AlarmEmailTopic-1";
pub(super) const PAGER: &str = "arn:aws:sns:us-east-1:123456789012:pager";
pub(super) const CHAT: &str = "arn:aws:sns:us-east-1:123456789012:lasso-ChatTopic-1";

pub(super) const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1";
pub(super) const PUBLISHES: &str = r#"{"Statement": [
    {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish"}]}"#;
pub(super) const ENCRYPTS: &str = r#"{"Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*"},
    {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
     "Action": ["kms:Decrypt", "kms:GenerateDataKey*"]}]}"#;

pub(super) fn policy(text: &str) -> Policy {
    Policy::parse(text).unwrap()
}

pub(super) fn key(state: &str, text: &str) -> Key {
    Key {
        state: state.to_owned(),
        policy: Ok(policy(text)),
    }
}

pub(super) fn mapping(on: bool) -> Mapping {
    Mapping {
        uuid: "14e0db71-7d0c-4dd9-8ffa-5a5f1d0b6c2e".to_owned(),
        on,
    }
}

/// Its facts.
#[expect(clippy::too_many_lines, reason = "a value for each fact")]
pub(super) fn in_order() -> Facts {
    let parameters = [
        (
            "JwtIssuer",
            "https://cognito-idp.us-east-1.amazonaws.com/pool",
        ),
        ("JwtAudience", "crm,console"),
        ("ClientIdClaim", "custom:client_id"),
        ("RolesClaim", "cognito:groups"),
        ("ClientNameClaim", "custom:client_name"),
        ("ConsoleClientId", "console"),
        ("ConsoleFrameAncestors", "'none'"),
        ("ConsoleScopes", "profile"),
        ("SenderEmail", "alerts@lasso.com"),
        ("SupportEmail", "support@lasso.com"),
        ("NotifyClients", "true"),
        ("EmailsPerSecond", "5"),
        ("SingleEmailsPerMinute", "20"),
        ("OwnDomains", "lasso.com"),
        ("ConfigurationSet", "mailings"),
        ("SesCallsPerSecond", "1"),
        ("ChecksPerMinute", "30"),
        ("BreakerPercent", "20"),
        ("ReconcileDelete", "false"),
        ("MaxDomainsPerClient", "500"),
        ("MaxDomainsAddedPerDay", "50"),
        ("MaxSupportEmailsPerClientPerDay", "50"),
        ("AlarmTopicArn", PAGER),
        ("AlarmEmail", "ops@lasso.com"),
        ("LogRetentionDays", "30"),
        ("LogLevel", "INFO"),
        ("SystemLogLevel", "INFO"),
        ("ApiRateLimit", "50"),
        ("ApiBurstLimit", "100"),
        ("PollerReservedConcurrency", "2"),
        ("IdentityQuota", "10000"),
        ("Tracing", "Disabled"),
        ("Architecture", "arm64"),
    ];
    let identity = |name: &str| Identity {
        name: name.to_owned(),
        verified: true,
        dkim: true,
    };
    let topic = || Topic {
        confirmed: 1,
        pending: 0,
        key: String::new(),
        policy: Ok(policy(PUBLISHES)),
    };
    let alarm = Alarm {
        enabled: true,
        actions: vec![PAGER.to_owned(), TOPIC.to_owned()],
    };
    let environment = [
        ("OWN_DOMAINS", "lasso.com,lasso.com"),
        ("CLIENT_ID_CLAIM", "custom:client_id"),
    ];
    Facts {
        region: "us-east-1".to_owned(),
        stack_status: "UPDATE_COMPLETE".to_owned(),
        parameters: owned(&parameters),
        ahead: Some(SignedDuration::from_secs(1)),
        account: Ok(Account {
            production: true,
            sending: true,
            enforcement: "HEALTHY".to_owned(),
            emails_per_day: 50_000.0,
            emails_per_second: 14.0,
        }),
        identities: Ok(100),
        sender: Ok(Some(identity("lasso.com"))),
        support: Ok(Some(identity("lasso.com"))),
        support_suppressed: Ok(false),
        own_configuration_set: Some("MailConfigurationSet-1".to_owned()),
        configuration_set: Ok(Some(ConfigurationSet { sending: true })),
        issuer: Ok(Issuer {
            issuer: "https://cognito-idp.us-east-1.amazonaws.com/pool".to_owned(),
            keys: 2,
            scopes: vec!["openid".to_owned(), "profile".to_owned()],
            ends_sessions: true,
        }),
        api: Ok(200),
        console_api: None,
        console: Some(Ok(200)),
        console_keys: None,
        console_endpoints: BTreeMap::new(),
        alarms: Ok(BTreeMap::from([("OutboxAlarm".to_owned(), Some(alarm))])),
        topics: [TOPIC, PAGER, CHAT]
            .map(|arn| (arn.to_owned(), Ok(Some(topic()))))
            .into(),
        keys: BTreeMap::from([(KEY.to_owned(), Ok(Some(key("Enabled", ENCRYPTS))))]),
        chat_topic: Some(CHAT.to_owned()),
        table: Ok(Some(Table {
            schema: true,
            recovery: Ok(true),
            protected: true,
            expiry: Ok(Some("expires_at".to_owned())),
            key_usable: true,
        })),
        functions: BTreeMap::from([(
            "AddDomainFunction".to_owned(),
            Ok(Function {
                environment: owned(&environment),
                architecture: "arm64".to_owned(),
                reserved: Ok(None),
            }),
        )]),
        mappings: BTreeMap::from([("AlertMapping".to_owned(), Ok(Some(mapping(true))))]),
        schedule: Ok(Some(true)),
        concurrency: Ok(1_000),
        executions: Ok(1_000),
        known: Ok(Known::AsOurs),
        dns: Dns {
            udp: true,
            edns: true,
            tcp: true,
        },
    }
}

fn owned(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
