//! Asks what [`super::judge`] wants to know. Reads only.

mod alarms;
mod asking;
mod functions;
mod keys;
mod mail;
mod table;

use std::collections::BTreeMap;

use super::facts::{Asked, Dns, Facts};
use super::web::{self, Endpoint};
use crate::aws::Aws;
use crate::stack::Stack;

/// Asks everything.
pub async fn gather(aws: &Aws, stack: &Stack) -> Facts {
    let alarms = alarms::alarms(aws, stack).await;
    let http = aws.http();
    let set = |name: &str| Some(stack.parameter(name)).filter(|value| !value.is_empty());
    let configuration_set = match set("ConfigurationSet") {
        Some(name) => mail::configuration_set(aws, name).await,
        None => Ok(None),
    };
    let api_url = aws.local().map(|local| local.api_url.as_str());
    let api_url = api_url.or_else(|| stack.outputs.get("ApiUrl").map(String::as_str));
    let api = match api_url {
        Some(url) => web::api(http, url).await,
        None => Err("the stack has no output ApiUrl".to_owned()),
    };
    let console_api = match set("ConsoleApiUrl") {
        Some(url) => Some(web::api(http, url).await),
        None => None,
    };
    let console = match stack.outputs.get("ConsoleUrl") {
        Some(url) => Some(web::console(http, url).await),
        None => None,
    };
    let console_keys = match set("ConsoleJwksUri") {
        Some(url) => Some(web::keys(http, url).await),
        None => None,
    };
    let chat_topic = stack.outputs.get("ChatTopicArn").cloned();
    let topics = alarms::topics(aws, stack, &alarms, chat_topic.as_deref()).await;
    let concurrency = functions::concurrency(aws).await;
    let keys = keys::keys(aws, stack, &topics).await;
    let mut facts = Facts {
        region: aws.region().to_owned(),
        stack_status: stack.status.clone(),
        parameters: stack.parameters.clone(),
        ahead: None,
        account: mail::account(aws).await,
        identities: mail::identities(aws).await,
        sender: mail::identity(aws, stack.parameter("SenderEmail")).await,
        support: mail::identity(aws, stack.parameter("SupportEmail")).await,
        support_suppressed: mail::suppressed(aws, stack.parameter("SupportEmail")).await,
        configuration_set,
        own_configuration_set: stack.physical("MailConfigurationSet").map(str::to_owned),
        issuer: issuer(aws, stack.parameter("JwtIssuer")).await,
        api,
        console_api,
        console,
        console_keys,
        console_endpoints: endpoints(aws, stack).await,
        alarms,
        topics,
        keys,
        chat_topic,
        table: table::table(aws, stack).await,
        functions: functions::functions(aws, stack).await,
        mappings: functions::mappings(aws, stack).await,
        schedule: functions::schedule(aws, stack).await,
        concurrency: concurrency.clone().map(|(unreserved, _)| unreserved),
        executions: concurrency.map(|(_, all)| all),
        known: table::known(aws, stack).await,
        dns: dns(aws).await,
    };
    facts.ahead = aws.ahead();
    facts
}

/// The issuer's endpoints that parameters name. Those of a local stack are the emulator's, which has no such pages.
async fn endpoints(aws: &Aws, stack: &Stack) -> BTreeMap<&'static str, Asked<u16>> {
    let mut answers = BTreeMap::new();
    for (parameter, endpoint) in [
        ("ConsoleAuthorizationEndpoint", Endpoint::Page),
        ("ConsoleTokenEndpoint", Endpoint::Form),
        ("ConsoleEndSessionEndpoint", Endpoint::Page),
    ] {
        let url = stack.parameter(parameter);
        if aws.local().is_none() && !url.is_empty() {
            answers.insert(parameter, web::endpoint(url, endpoint).await);
        }
    }
    answers
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
