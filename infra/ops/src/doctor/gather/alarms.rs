//! Alarms, and the topics that they go to.

use std::collections::{BTreeMap, BTreeSet};

use super::super::facts::{Alarm, Asked, Policy, Topic};
use super::asking::why;
use crate::aws::{Aws, Service};
use crate::sentence::sentence;
use crate::stack::Stack;

pub(super) async fn alarms(aws: &Aws, stack: &Stack) -> Asked<BTreeMap<String, Option<Alarm>>> {
    let logical: BTreeMap<&str, &str> = stack
        .of_kind("AWS::CloudWatch::Alarm")
        .map(|(logical, physical)| (physical, logical))
        .collect();
    let mut alarms: BTreeMap<String, Option<Alarm>> = logical
        .values()
        .map(|logical| ((*logical).to_owned(), None))
        .collect();
    let names: Vec<&str> = logical.keys().copied().collect();
    // The maximum that one call takes (CloudWatch API reference, `DescribeAlarms`).
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

pub(super) async fn topics(
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
                    policy: Policy::parse(&value("Policy").unwrap_or_default()),
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
