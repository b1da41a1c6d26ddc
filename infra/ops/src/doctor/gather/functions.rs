//! The functions, and what starts them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::facts::{Asked, Function, Mapping};
use crate::aws::{Aws, Service};
use crate::sentence::sentence;
use crate::stack::Stack;

pub(super) async fn functions(aws: &Aws, stack: &Stack) -> BTreeMap<String, Asked<Function>> {
    let mut functions = BTreeMap::new();
    for (logical, physical) in stack.of_kind("AWS::Lambda::Function") {
        let path = format!("/2015-03-31/functions/{physical}/configuration");
        let answer = aws
            .get_json(Service::Lambda, "GetFunctionConfiguration", &path)
            .await;
        let reserved = reserved(aws, physical).await;
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
                reserved,
            }
        });
        functions.insert(logical.to_owned(), function);
    }
    functions
}

/// Concurrent executions that are reserved for a function; none if it shares those of the account.
async fn reserved(aws: &Aws, function: &str) -> Asked<Option<u64>> {
    let path = format!("/2019-09-30/functions/{function}/concurrency");
    let answer = aws.get_json(Service::Lambda, "GetFunctionConcurrency", &path);
    let answer = answer.await.map_err(|error| sentence(&error))?;
    let reserved = answer.get("ReservedConcurrentExecutions");
    Ok(reserved.and_then(Value::as_u64))
}

/// The mappings that read the queues for the functions, by logical name; `None` for one that Lambda does not know.
pub(super) async fn mappings(aws: &Aws, stack: &Stack) -> BTreeMap<String, Asked<Option<Mapping>>> {
    let mut mappings = BTreeMap::new();
    for (logical, physical) in stack.of_kind("AWS::Lambda::EventSourceMapping") {
        let path = format!("/2015-03-31/event-source-mappings/{physical}");
        let answer = aws.get_json(Service::Lambda, "GetEventSourceMapping", &path);
        let mapping = match answer.await {
            Ok(answer) => {
                let state = answer.get("State").and_then(Value::as_str);
                Ok(Some(Mapping {
                    uuid: physical.to_owned(),
                    on: !matches!(state, Some("Disabled" | "Disabling" | "Deleting")),
                }))
            }
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(sentence(&error)),
        };
        mappings.insert(logical.to_owned(), mapping);
    }
    mappings
}

pub(super) async fn schedule(aws: &Aws, stack: &Stack) -> Asked<Option<bool>> {
    let Some((_, physical)) = stack.of_kind("AWS::Scheduler::Schedule").next() else {
        return Ok(None);
    };
    // CloudFormation's name of a schedule is only its name; an emulator's is its ARN.
    let name = physical.rsplit('/').next().unwrap_or(physical);
    let path = format!("/schedules/{name}");
    match aws.get_json(Service::Scheduler, "GetSchedule", &path).await {
        Ok(answer) => Ok(answer.get("State").map(|state| state == "ENABLED")),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(sentence(&error)),
    }
}

/// Concurrent executions of the account: those that no function reserves, and all.
pub(super) async fn concurrency(aws: &Aws) -> Asked<(u64, u64)> {
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
