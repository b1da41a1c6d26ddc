//! Alarms, whom they reach, and chat messages.

use std::collections::{BTreeMap, BTreeSet};

use super::super::facts::{Facts, Topic};
use super::super::finding::{Code, Finding};
use super::answered::answered;
use super::fixes::REVERT_DRIFT;

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    let (topic, email) = (
        facts.parameter("AlarmTopicArn"),
        facts.parameter("AlarmEmail"),
    );
    if topic.is_empty() && email.is_empty() {
        findings.push(Code::AlarmsUnheard.found(
            "Neither AlarmTopicArn nor AlarmEmail is set: alarms go off without a page or an email.",
            "Set AlarmEmail, or AlarmTopicArn to a topic that pages you.",
        ));
    }
    if !email.is_empty() && email.eq_ignore_ascii_case(facts.parameter("SupportEmail")) {
        findings.push(Code::AlarmEmailIsSupport.found(
            "AlarmEmail and SupportEmail are the same address: if its mailbox fails, the alarm about that does not arrive either.",
            "Set AlarmEmail to another mailbox, or AlarmTopicArn to a topic that pages you.",
        ));
    }
    let wants_action = !(topic.is_empty() && email.is_empty());
    if let Some(alarms) = answered(&facts.alarms, "The alarms", findings) {
        let mut off: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for (name, alarm) in alarms {
            let what = match alarm {
                None => ("not there", REVERT_DRIFT),
                Some(alarm) if !alarm.enabled => (
                    "with their actions turned off",
                    "`aws cloudwatch enable-alarm-actions --alarm-names …` turns them on.",
                ),
                Some(alarm) if wants_action && alarm.actions.is_empty() => {
                    ("without an action", REVERT_DRIFT)
                }
                Some(_) => continue,
            };
            off.entry(what).or_default().push(name);
        }
        for ((what, fix), names) in off {
            findings
                .push(Code::AlarmOff.found(format!("Alarms {what}: {}.", names.join(", ")), fix));
        }
        let called = alarms.values().flatten().flat_map(|alarm| &alarm.actions);
        let mut called: BTreeSet<&str> = called.map(String::as_str).collect();
        called.extend(Some(topic).filter(|topic| !topic.is_empty()));
        for arn in called.into_iter().filter(|arn| arn.contains(":sns:")) {
            alarm_topic(arn, facts, findings);
        }
    }
    chat(facts, findings);
}

fn alarm_topic(arn: &str, facts: &Facts, findings: &mut Vec<Finding>) {
    if arn.split(':').nth(3) != Some(&facts.region) {
        findings.push(Code::AlarmTopicElsewhere.found(
            format!(
                "The topic {arn} is not in {}: an alarm reaches topics of its own Region only.",
                facts.region
            ),
            "Set AlarmTopicArn to a topic in the Region of the stack.",
        ));
        return;
    }
    let Some(asked) = facts.topics.get(arn) else {
        return;
    };
    let Some(topic) = answered(asked, &format!("The topic {arn}"), findings) else {
        return;
    };
    let Some(topic) = topic else {
        findings.push(Code::AlarmTopicAbsent.found(
            format!("The topic {arn} that alarms go to does not exist."),
            "Set AlarmTopicArn to a topic that exists.",
        ));
        return;
    };
    let Topic {
        confirmed,
        pending,
        key,
        policy,
    } = topic;
    let by_email = arn != facts.parameter("AlarmTopicArn");
    if by_email && *pending > 0 && *confirmed == 0 {
        findings.push(Code::AlarmEmailPending.found(
            format!("{} has not confirmed its subscription: no alarm reaches it.", facts.parameter("AlarmEmail")),
            "Open the email of Amazon SNS and confirm. It is valid for two days; afterwards, deploy with AlarmEmail empty and set again.",
        ));
    } else if *confirmed == 0 {
        findings.push(Code::AlarmTopicUnheard.found(
            format!("The topic {arn} that alarms go to has no confirmed subscription."),
            "Subscribe what pages you, and confirm it.",
        ));
    }
    if key.ends_with("alias/aws/sns") {
        findings.push(Code::AlarmTopicEncrypted.found(
            format!("The topic {arn} is encrypted with the key of AWS for SNS, which CloudWatch may not use: no alarm reaches it."),
            "Encrypt it with a key of your own whose policy lets cloudwatch.amazonaws.com use it, or not at all.",
        ));
    }
    let about = format!("The policy of the topic {arn}");
    if answered(policy, &about, findings)
        .is_some_and(|policy| !policy.lets_cloudwatch("sns:Publish"))
    {
        findings.push(Code::AlarmTopicClosed.found(
            format!("The policy of the topic {arn} does not let CloudWatch publish: no alarm reaches it."),
            "Add a statement to the policy that allows sns:Publish on the topic to cloudwatch.amazonaws.com.",
        ));
    }
    let about = format!("The policy of the key {key}");
    if let Some(Ok(Some(used))) = facts.keys.get(key)
        && let Some(policy) = answered(&used.policy, &about, findings)
        && !["kms:Decrypt", "kms:GenerateDataKey"]
            .iter()
            .all(|action| policy.lets_cloudwatch(action))
    {
        findings.push(Code::AlarmTopicKeyClosed.found(
            format!("The policy of the key {key} does not let CloudWatch encrypt messages to the topic {arn}: no alarm reaches it."),
            "Add the statement \"Alarms\" of docs/deploy.md to the policy of the key.",
        ));
    }
}

fn chat(facts: &Facts, findings: &mut Vec<Finding>) {
    let Some(arn) = &facts.chat_topic else {
        return;
    };
    let Some(asked) = facts.topics.get(arn) else {
        return;
    };
    let topic = answered(asked, "The topic for chat messages", findings);
    if topic.is_some_and(|topic| topic.as_ref().is_none_or(|topic| topic.confirmed == 0)) {
        findings.push(Code::ChatUnheard.found(
            "ChatMessages is true, and nothing is subscribed to the topic for chat messages.",
            "Subscribe a channel of Amazon Q Developer in chat applications to the output ChatTopicArn (docs/events.md, \"What a chat channel gets\"), or set ChatMessages=false.",
        ));
    }
}
