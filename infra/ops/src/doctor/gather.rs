//! Asks what [`super::judge`] wants to know. Reads only.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types as dynamodb;
use aws_sdk_sesv2::types::DkimStatus;
use aws_smithy_runtime_api::client::result::SdkError;
use domain_auth::ports::{DomainsByState, Identities, ListIdentities};
use domain_auth::state::Status;
use domain_auth_aws::{SesIdentities, SystemClock, Table as DomainTable};
use serde_json::Value;

use super::facts::{
    Account, Alarm, Asked, ConfigurationSet, Dns, Facts, Function, Identity, Table, Topic,
};
use super::web;
use crate::aws::{Aws, Service};
use crate::commands::patience;
use crate::sentence::sentence;
use crate::stack::Stack;

/// Identities whose tags are read at most, a second each.
const TAGS_READ: usize = 25;

/// Asks everything.
pub async fn gather(aws: &Aws, stack: &Stack) -> Facts {
    let alarms = alarms(aws, stack).await;
    let http = aws.http();
    let set = |name: &str| Some(stack.parameter(name)).filter(|value| !value.is_empty());
    let configuration_set = match set("ConfigurationSet") {
        Some(name) => configuration_set(aws, name).await,
        None => Ok(None),
    };
    let api_url = aws.local().map(|local| local.api_url.as_str());
    let api_url = api_url.or_else(|| stack.outputs.get("ApiUrl").map(String::as_str));
    let openapi = |url: &str| format!("{}/openapi.json", url.trim_end_matches('/'));
    let api = match api_url {
        Some(url) => web::status(http, &openapi(url)).await,
        None => Err("the stack has no output ApiUrl".to_owned()),
    };
    let console_api = match set("ConsoleApiUrl") {
        Some(url) => Some(web::status(http, &openapi(url)).await),
        None => None,
    };
    let console = match stack.outputs.get("ConsoleUrl") {
        Some(url) => Some(web::status(http, url).await),
        None => None,
    };
    let console_keys = match set("ConsoleJwksUri") {
        Some(url) => Some(web::keys(http, url).await),
        None => None,
    };
    let chat_topic = stack.outputs.get("ChatTopicArn").cloned();
    let topics = topics(aws, stack, &alarms, chat_topic.as_deref()).await;
    let concurrency = concurrency(aws).await;
    let mut facts = Facts {
        region: aws.region().to_owned(),
        stack_status: stack.status.clone(),
        parameters: stack.parameters.clone(),
        ahead: None,
        account: account(aws).await,
        identities: identities(aws).await,
        sender: identity(aws, stack.parameter("SenderEmail")).await,
        support: identity(aws, stack.parameter("SupportEmail")).await,
        support_suppressed: suppressed(aws, stack.parameter("SupportEmail")).await,
        configuration_set,
        issuer: issuer(aws, stack.parameter("JwtIssuer")).await,
        api,
        console_api,
        console,
        console_keys,
        alarms,
        topics,
        chat_topic,
        table: table(aws, stack).await,
        functions: functions(aws, stack).await,
        schedule: schedule(aws, stack).await,
        concurrency: concurrency.clone().map(|(unreserved, _)| unreserved),
        executions: concurrency.map(|(_, all)| all),
        without_table: without_table(aws, stack).await,
        dns: dns(aws).await,
    };
    facts.ahead = aws.ahead();
    facts
}

/// Calls SES until it does not throttle.
async fn patiently<T, E, R>(
    call: impl AsyncFn() -> Result<T, SdkError<E, R>>,
) -> Result<T, SdkError<E, R>>
where
    E: ProvideErrorMetadata,
{
    let throttles = |error: &SdkError<E, R>| {
        matches!(
            error.code(),
            Some("Throttling" | "ThrottlingException" | "TooManyRequestsException")
        )
    };
    patience::while_it(throttles, &SystemClock, call).await
}

fn why<E>(error: &E) -> String
where
    E: std::error::Error + 'static,
{
    sentence(error)
}

async fn account(aws: &Aws) -> Asked<Account> {
    let client = aws.ses_v2();
    let account = patiently(async || client.get_account().send().await).await;
    let account = account.map_err(|error| why(&error.into_service_error()))?;
    let quota = account.send_quota.as_ref();
    Ok(Account {
        production: account.production_access_enabled,
        sending: account.sending_enabled,
        enforcement: account
            .enforcement_status
            .unwrap_or_else(|| "HEALTHY".to_owned()),
        emails_per_day: quota.map_or(-1.0, |quota| quota.max24_hour_send),
        emails_per_second: quota.map_or(f64::INFINITY, |quota| quota.max_send_rate),
    })
}

async fn identities(aws: &Aws) -> Asked<usize> {
    let client = aws.ses_v2();
    let mut count = 0;
    let mut start = None;
    loop {
        let page = patiently(async || {
            let page = client.list_email_identities().page_size(1_000);
            page.set_next_token(start.clone()).send().await
        });
        let page = page
            .await
            .map_err(|error| why(&error.into_service_error()))?;
        count += page.email_identities().len();
        start = page.next_token;
        if start.is_none() {
            return Ok(count);
        }
    }
}

/// The most specific identity that covers an address: its own, that of its domain, those above.
async fn identity(aws: &Aws, address: &str) -> Asked<Option<Identity>> {
    let client = aws.ses_v2();
    let domain = address.split('@').next_back().unwrap_or_default();
    let mut names = vec![address];
    let mut rest = domain;
    while rest.contains('.') {
        names.push(rest);
        rest = rest.split_once('.').map_or("", |(_, rest)| rest);
    }
    for name in names {
        let call = async || {
            client
                .get_email_identity()
                .email_identity(name)
                .send()
                .await
        };
        match patiently(call).await {
            Ok(found) => {
                let dkim = found.dkim_attributes.as_ref();
                return Ok(Some(Identity {
                    name: name.to_owned(),
                    verified: found.verified_for_sending_status,
                    dkim: dkim.is_some_and(|dkim| {
                        dkim.signing_enabled && dkim.status == Some(DkimStatus::Success)
                    }),
                }));
            }
            Err(error) => {
                let error = error.into_service_error();
                if !error.is_not_found_exception() {
                    return Err(why(&error));
                }
            }
        }
    }
    Ok(None)
}

async fn suppressed(aws: &Aws, address: &str) -> Asked<bool> {
    let client = aws.ses_v2();
    let call = async || {
        let call = client.get_suppressed_destination();
        call.email_address(address).send().await
    };
    match patiently(call).await {
        Ok(_) => Ok(true),
        Err(error) => {
            let error = error.into_service_error();
            if error.is_not_found_exception() {
                Ok(false)
            } else {
                Err(why(&error))
            }
        }
    }
}

async fn configuration_set(aws: &Aws, name: &str) -> Asked<Option<ConfigurationSet>> {
    let client = aws.ses_v2();
    let call = async || {
        client
            .get_configuration_set()
            .configuration_set_name(name)
            .send()
            .await
    };
    match patiently(call).await {
        Ok(set) => Ok(Some(ConfigurationSet {
            // On, unless it was turned off (SES API v2 reference, `SendingOptions`).
            sending: set
                .sending_options
                .is_none_or(|options| options.sending_enabled),
        })),
        Err(error) => {
            let error = error.into_service_error();
            if error.is_not_found_exception() {
                Ok(None)
            } else {
                Err(why(&error))
            }
        }
    }
}

async fn issuer(aws: &Aws, issuer: &str) -> Asked<super::facts::Issuer> {
    match aws.local() {
        None => web::issuer(aws.http(), issuer, false).await,
        Some(local) => {
            let pool = issuer.rsplit('/').next().unwrap_or_default();
            let base = format!("{}/{pool}", local.aws_endpoint_url);
            web::issuer(aws.http(), &base, true).await
        }
    }
}

async fn alarms(aws: &Aws, stack: &Stack) -> Asked<BTreeMap<String, Option<Alarm>>> {
    let logical: BTreeMap<&str, &str> = stack
        .of_kind("AWS::CloudWatch::Alarm")
        .map(|(logical, physical)| (physical, logical))
        .collect();
    let mut alarms: BTreeMap<String, Option<Alarm>> = logical
        .values()
        .map(|logical| ((*logical).to_owned(), None))
        .collect();
    let names: Vec<&str> = logical.keys().copied().collect();
    // The most that one call takes (CloudWatch API reference, `DescribeAlarms`).
    for names in names.chunks(100) {
        let keys: Vec<String> = (1..=names.len())
            .map(|number| format!("AlarmNames.member.{number}"))
            .collect();
        let mut parameters: Vec<(&str, &str)> = keys
            .iter()
            .zip(names)
            .map(|(key, name)| (key.as_str(), *name))
            .collect();
        parameters.push(("MaxRecords", "100"));
        let answer = aws
            .query(Service::CloudWatch, "DescribeAlarms", &parameters)
            .await;
        let answer = answer.map_err(|error| sentence(&error))?;
        let Some(answer) = answer.find("DescribeAlarmsResult") else {
            continue;
        };
        for found in answer.members("MetricAlarms") {
            let Some(logical) = logical.get(found.text_of("AlarmName")) else {
                continue;
            };
            let actions = found.members("AlarmActions");
            alarms.insert(
                (*logical).to_owned(),
                Some(Alarm {
                    enabled: found.text_of("ActionsEnabled") != "false",
                    actions: actions.map(|action| action.text.clone()).collect(),
                }),
            );
        }
    }
    Ok(alarms)
}

async fn topics(
    aws: &Aws,
    stack: &Stack,
    alarms: &Asked<BTreeMap<String, Option<Alarm>>>,
    chat: Option<&str>,
) -> BTreeMap<String, Asked<Option<Topic>>> {
    let called = alarms.iter().flat_map(BTreeMap::values).flatten();
    let mut arns: BTreeSet<&str> = called
        .flat_map(|alarm| &alarm.actions)
        .map(String::as_str)
        .collect();
    arns.extend([stack.parameter("AlarmTopicArn")]);
    arns.extend(chat);
    let here = |arn: &&str| arn.contains(":sns:") && arn.split(':').nth(3) == Some(aws.region());
    let mut topics = BTreeMap::new();
    let client = aws.sns();
    for arn in arns.into_iter().filter(here) {
        let answer = client.get_topic_attributes().topic_arn(arn).send().await;
        let topic = match answer {
            Ok(answer) => {
                let value = |name: &str| {
                    let attributes = answer.attributes.as_ref();
                    attributes.and_then(|attributes| attributes.get(name).cloned())
                };
                let count = |name| {
                    value(name)
                        .and_then(|count| count.parse().ok())
                        .unwrap_or(0)
                };
                Ok(Some(Topic {
                    confirmed: count("SubscriptionsConfirmed"),
                    pending: count("SubscriptionsPending"),
                    key: value("KmsMasterKeyId").unwrap_or_default(),
                }))
            }
            Err(error) => {
                let error = error.into_service_error();
                if error.is_not_found_exception() {
                    Ok(None)
                } else {
                    Err(why(&error))
                }
            }
        };
        topics.insert(arn.to_owned(), topic);
    }
    topics
}

async fn table(aws: &Aws, stack: &Stack) -> Asked<Option<Table>> {
    let name = stack
        .output("TableName")
        .map_err(|error| sentence(&error))?;
    let client = aws.dynamodb();
    let described = match client.describe_table().table_name(name).send().await {
        Ok(described) => described.table,
        Err(error) => {
            let error = error.into_service_error();
            if error.is_resource_not_found_exception() {
                return Ok(None);
            }
            return Err(why(&error));
        }
    };
    let Some(described) = described else {
        return Ok(None);
    };
    let recovery = client
        .describe_continuous_backups()
        .table_name(name)
        .send()
        .await;
    let recovery = recovery.map(|answer| {
        let description = answer.continuous_backups_description;
        let recovery = description.and_then(|backups| backups.point_in_time_recovery_description);
        recovery.and_then(|recovery| recovery.point_in_time_recovery_status)
            == Some(dynamodb::PointInTimeRecoveryStatus::Enabled)
    });
    let expiry = client.describe_time_to_live().table_name(name).send().await;
    let expiry = expiry.map(|answer| {
        let description = answer.time_to_live_description?;
        let on = matches!(
            description.time_to_live_status,
            Some(dynamodb::TimeToLiveStatus::Enabled | dynamodb::TimeToLiveStatus::Enabling)
        );
        description.attribute_name.filter(|_| on)
    });
    let encryption = described.sse_description.as_ref();
    Ok(Some(Table {
        schema: has_our_schema(&described),
        recovery: recovery.map_err(|error| why(&error.into_service_error())),
        protected: described.deletion_protection_enabled == Some(true),
        expiry: expiry.map_err(|error| why(&error.into_service_error())),
        // Set from when DynamoDB could not use the key (API reference, `SSEDescription`).
        key_usable: encryption
            .is_none_or(|encryption| encryption.inaccessible_encryption_date_time.is_none()),
    }))
}

/// The keys of the template: `pk`, `sk`, and two indexes.
fn has_our_schema(table: &dynamodb::TableDescription) -> bool {
    let names = |schema: &[dynamodb::KeySchemaElement]| -> Vec<String> {
        schema
            .iter()
            .map(|key| key.attribute_name.clone())
            .collect()
    };
    let indexes: BTreeMap<&str, Vec<String>> = table
        .global_secondary_indexes()
        .iter()
        .filter_map(|index| Some((index.index_name()?, names(index.key_schema()))))
        .collect();
    let is = |index: &str, keys: [&str; 2]| indexes.get(index).is_some_and(|names| *names == keys);
    names(table.key_schema()) == ["pk", "sk"]
        && is("work", ["work_pk", "work_sk"])
        && is("queue", ["queue_pk", "queue_sk"])
}

async fn functions(aws: &Aws, stack: &Stack) -> BTreeMap<String, Asked<Function>> {
    let mut functions = BTreeMap::new();
    for (logical, physical) in stack.of_kind("AWS::Lambda::Function") {
        let path = format!("/2015-03-31/functions/{physical}/configuration");
        let answer = aws
            .get_json(Service::Lambda, "GetFunctionConfiguration", &path)
            .await;
        let function = answer.map_err(|error| sentence(&error)).map(|answer| {
            let variables = answer.pointer("/Environment/Variables");
            let variables = variables.and_then(Value::as_object).into_iter().flatten();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            Function {
                environment: variables
                    .map(|(name, value)| (name.clone(), text(value)))
                    .collect(),
                // The default of Lambda (API reference, `GetFunctionConfiguration`).
                architecture: answer
                    .pointer("/Architectures/0")
                    .map_or_else(|| "x86_64".to_owned(), text),
            }
        });
        functions.insert(logical.to_owned(), function);
    }
    functions
}

async fn schedule(aws: &Aws, stack: &Stack) -> Asked<Option<bool>> {
    let Some((_, physical)) = stack.of_kind("AWS::Scheduler::Schedule").next() else {
        return Ok(None);
    };
    // CloudFormation's name of a schedule is its name alone; an emulator's is its ARN.
    let name = physical.rsplit('/').next().unwrap_or(physical);
    let path = format!("/schedules/{name}");
    match aws.get_json(Service::Scheduler, "GetSchedule", &path).await {
        Ok(answer) => Ok(answer.get("State").map(|state| state == "ENABLED")),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(sentence(&error)),
    }
}

/// An identity with the tag of this stack beside a table that has no domain: it is not the table that was in
/// use, as where `ExistingTableName` was set back to nothing, which makes a new one.
async fn without_table(aws: &Aws, stack: &Stack) -> Asked<Option<String>> {
    let Ok(name) = stack.output("TableName") else {
        return Ok(None);
    };
    let table = DomainTable::new(aws.dynamodb(), name.to_owned());
    for status in Status::ALL {
        match table.keys_in(status).await {
            Ok(keys) if keys.is_empty() => {}
            Ok(_) => return Ok(None),
            Err(error) => return Err(sentence(&error)),
        }
    }
    let (region, client) = (aws.region().to_owned(), aws.ses_v2());
    let ses = SesIdentities::new(aws.ses_v1(), client.clone(), region, stack.name.clone());
    let listed = patience::patiently(&SystemClock, async || ses.identities(None).await).await;
    let listed = listed.map_err(|error| sentence(&error))?.identities;
    // All over the page: each is a second of SES's quota.
    let step = (listed.len() / TAGS_READ).max(1);
    for identity in listed.iter().step_by(step).take(TAGS_READ) {
        let described =
            patience::patiently(&SystemClock, async || ses.describe(&identity.name).await);
        let described = described.await.map_err(|error| sentence(&error))?;
        if described.is_some_and(|identity| identity.ours) {
            return Ok(Some(identity.name.to_string()));
        }
    }
    Ok(None)
}

/// Concurrent executions of the account: those that no function reserves, and all.
async fn concurrency(aws: &Aws) -> Asked<(u64, u64)> {
    let path = "/2016-08-19/account-settings/";
    let answer = aws
        .get_json(Service::Lambda, "GetAccountSettings", path)
        .await;
    let answer = answer.map_err(|error| sentence(&error))?;
    let limit = |name: &str| {
        let limit = answer.pointer(&format!("/AccountLimit/{name}"));
        limit.and_then(Value::as_u64)
    };
    let unreserved = limit("UnreservedConcurrentExecutions");
    let unreserved = unreserved.ok_or_else(|| "GetAccountSettings names no limit".to_owned())?;
    let all = limit("ConcurrentExecutions").unwrap_or(unreserved);
    Ok((unreserved, all))
}

async fn dns(aws: &Aws) -> Dns {
    let local = aws.local().and_then(|local| local.dns_server.parse().ok());
    match local.or_else(web::system_resolver) {
        Some(server) => web::dns(server).await,
        None => Dns {
            udp: false,
            edns: false,
            tcp: false,
        },
    }
}
