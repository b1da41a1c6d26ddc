//! The deployment itself: table, functions, schedule, logs, clock and DNS.

use jiff::SignedDuration;

use super::super::facts::{Facts, Function, Known, Table};
use super::super::finding::{Code, Finding};
use super::super::parameters::variable_of;
use super::answered::answered;
use super::fixes::REVERT_DRIFT;

/// Beyond it, requests are refused by AWS at times (Signature Version 4 allows 5 minutes), and leases of
/// 30 s, which `import` takes, do not hold.
const MOST_SKEW: SignedDuration = SignedDuration::from_secs(10);

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    if !facts.stack_status.ends_with("_COMPLETE") || facts.stack_status.contains("ROLLBACK") {
        findings.push(Code::StackNotSettled.found(
            format!("The last deployment came to {}.", facts.stack_status),
            "Read the events of the stack, and deploy again.",
        ));
    }
    if let Some(ahead) = facts.ahead.filter(|ahead| ahead.abs() > MOST_SKEW) {
        findings.push(Code::ClockSkew.found(
            format!(
                "AWS is {} s ahead of the clock of this machine.",
                ahead.as_secs()
            ),
            "Set the clock by NTP before you run a command that changes something.",
        ));
    }
    keys(facts, findings);
    table(facts, findings);
    let mut architectures = Vec::new();
    for (name, function) in &facts.functions {
        let about = format!("The function {name}");
        if let Some(function) = answered(function, &about, findings) {
            environment(name, function, facts, findings);
            stopped(name, function, findings);
            if function.architecture != facts.parameter("Architecture") {
                architectures.push(name.as_str());
            }
        }
    }
    if !architectures.is_empty() {
        findings.push(Code::ArchitectureDiffers.found(
            format!(
                "Architecture is {}, and other is {}.",
                facts.parameter("Architecture"),
                architectures.join(", ")
            ),
            "Build and deploy again with the same Architecture.",
        ));
    }
    queues(facts, findings);
    schedule(facts, findings);
    settings(facts, findings);
    dns(facts, findings);
}

/// Keys of topics, table and secrets that encrypt nothing any more.
fn keys(facts: &Facts, findings: &mut Vec<Finding>) {
    for (name, key) in &facts.keys {
        if let Ok(Some(key)) = key
            && key.state != "Enabled"
        {
            findings.push(Code::KeyUnusable.found(
                format!("The key {name} is {}: what it encrypts cannot be used, and is lost when the key is deleted.", key.state),
                "`aws kms cancel-key-deletion --key-id …` if it is going to be deleted, then `aws kms enable-key --key-id …`.",
            ));
        }
    }
}

fn table(facts: &Facts, findings: &mut Vec<Finding>) {
    let existing = facts.parameter("ExistingTableName");
    let key = facts.parameter("KmsKeyArn");
    if !key.is_empty() && key.split(':').nth(3) != Some(&facts.region) {
        findings.push(Code::KeyElsewhere.found(
            format!("KmsKeyArn is not a key in {}.", facts.region),
            "Use a key in the Region of the stack.",
        ));
    }
    if let Some(found) = facts.keys.get(key)
        && let Some(None) = answered(found, &format!("The key {key}"), findings)
    {
        findings.push(Code::KeyAbsent.found(
            format!("There is no key {key}, which KmsKeyArn names."),
            "Set KmsKeyArn to a key that exists, in the Region of the stack.",
        ));
    }
    let Some(table) = answered(&facts.table, "The table", findings) else {
        return;
    };
    let Some(table) = table else {
        findings.push(Code::TableAbsent.found(
            "The table of the stack does not exist: no function can do anything.",
            "Restore it (docs/runbook.md), and set ExistingTableName.",
        ));
        return;
    };
    known(facts, findings);
    let Table {
        schema,
        recovery,
        protected,
        expiry,
        key_usable,
    } = table;
    if !schema {
        findings.push(Code::TableOfOtherSchema.found(
            "The table has not the keys and indexes of the template.",
            "Set ExistingTableName to a table that a stack of this template made, or that was restored from one with all indexes.",
        ));
    }
    if answered(recovery, "Point-in-time recovery", findings) == Some(&false) {
        findings.push(Code::TableWithoutRecovery.found(
            if existing.is_empty() {
                "The table has no point-in-time recovery, which the template turns on: it was turned off by hand."
            } else {
                "The table has no point-in-time recovery, which a restored table has not by itself."
            },
            "docs/runbook.md, \"Restore the table\", step 3.",
        ));
    }
    if !protected {
        findings.push(Code::TableUnprotected.found(
            "DynamoDB lets anyone with the permission delete the table.",
            if existing.is_empty() {
                "Deploy with DeletionProtection=true."
            } else {
                "`aws dynamodb update-table --deletion-protection-enabled`: the stack does not change an existing table."
            },
        ));
    }
    let expiry = answered(expiry, "The expiry of items", findings);
    if expiry.is_some_and(|attribute| attribute.as_deref() != Some("expires_at")) {
        findings.push(Code::TableWithoutExpiry.found(
            "Items of the table do not expire by `expires_at`: history, events and keys stay for ever.",
            "docs/runbook.md, \"Restore the table\", step 3.",
        ));
    }
    if !key_usable {
        findings.push(Code::TableKeyUnusable.found(
            "DynamoDB cannot use the key of the table: it is disabled, or its policy does not let it.",
            "Enable the key, and compare its policy with docs/deploy.md.",
        ));
    }
    if facts.parameter("ReconcileDelete") == "true" && !existing.is_empty() {
        findings.push(Code::DeletesBesideRestoredTable.found(
            "ReconcileDelete is true with an existing table: what was added after the moment of a backup looks like an orphan, and is deleted after 30 days.",
            "Set ReconcileDelete=false until `lasso-ops reconcile` shows no such identity.",
        ));
    }
}

/// Whether it is the table of this stack.
fn known(facts: &Facts, findings: &mut Vec<Finding>) {
    match answered(&facts.known, "Whose domains the table has", findings) {
        None | Some(Known::AsOurs) => {}
        Some(Known::WithoutTable(identity)) => findings.push(Code::TableEmpty.found(
            format!("The table has no domain, and SES has identities of this stack, such as {identity}: it is not the table that was in use. All mail of all clients is refused."),
            "Deploy with ExistingTableName set to the table that was in use (`aws dynamodb list-tables`). Empty, it makes a new table.",
        )),
        Some(Known::OfAnotherStack(domain)) => findings.push(Code::TableOfAnotherStack.found(
            format!("{domain} is in the table, and its identity at SES carries the tag of another stack: the table is that of a stack with another name. This stack deletes no such identity, and does not find those that are left over."),
            "Deploy a stack with that name to this table, and this one with another table. The tag `lasso-stack` of the identity has the name (`aws sesv2 get-email-identity`).",
        )),
    }
}

/// Variables whose name is that of a parameter have its value.
fn environment(name: &str, function: &Function, facts: &Facts, findings: &mut Vec<Finding>) {
    let differing = facts.parameters.iter().filter_map(|(parameter, value)| {
        let variable = variable_of(parameter);
        let actual = function.environment.get(&variable)?;
        let as_deployed = match parameter.as_str() {
            // The domains of both addresses come after it.
            "OwnDomains" => actual.starts_with(value.as_str()),
            // Empty, it is the address that API Gateway gives.
            "ConsoleUrl" => value.is_empty() || actual == value || actual.is_empty(),
            _ => actual == value,
        };
        (!as_deployed).then_some(variable)
    });
    let differing: Vec<String> = differing.collect();
    if !differing.is_empty() {
        findings.push(Code::EnvironmentDiffers.found(
            format!("{} of the function {name} is not what the parameter of the stack says: it was changed by hand.", differing.join(", ")),
            "Deploy again with another value and back, or set it by hand to the parameter.",
        ));
    }
}

/// A function that is stopped, for example because "Stop what writes" of the runbook was not undone.
fn stopped(name: &str, function: &Function, findings: &mut Vec<Finding>) {
    let about = format!("The reserved concurrency of the function {name}");
    if answered(&function.reserved, &about, findings) == Some(&Some(0)) {
        findings.push(Code::FunctionStopped.found(
            format!("The reserved concurrency of the function {name} is 0: Lambda does not run it at all."),
            "`aws lambda delete-function-concurrency`, or `put-function-concurrency` with what PollerReservedConcurrency says (docs/runbook.md, \"Stop what writes\").",
        ));
    }
}

fn queues(facts: &Facts, findings: &mut Vec<Finding>) {
    for (name, mapping) in &facts.mappings {
        let about = format!("The event source mapping {name}");
        let Some(mapping) = answered(mapping, &about, findings) else {
            continue;
        };
        let (what, fix) = match mapping {
            None => ("is not there", REVERT_DRIFT.to_owned()),
            Some(mapping) if !mapping.on => (
                "is disabled",
                format!(
                    "`aws lambda update-event-source-mapping --enabled --uuid {}`.",
                    mapping.uuid
                ),
            ),
            Some(_) => continue,
        };
        findings.push(Code::QueueUnread.found(
            format!(
                "The event source mapping {name} {what}: its queue fills, and nothing reads it."
            ),
            fix,
        ));
    }
}

fn schedule(facts: &Facts, findings: &mut Vec<Finding>) {
    let Some(enabled) = answered(&facts.schedule, "The schedule of the poller", findings) else {
        return;
    };
    if *enabled != Some(true) {
        let what = enabled.map_or("does not exist", |_| "is disabled");
        findings.push(Code::ScheduleOff.found(
            format!(
                "The schedule of the poller {what}: no domain is verified and no alert published."
            ),
            "Enable it, or bring it back, as docs/runbook.md says (\"Stop what writes\", \"Revert drift\"): `update-schedule` resets what it is not given, and a deployment of the same template changes nothing.",
        ));
    }
}

fn settings(facts: &Facts, findings: &mut Vec<Finding>) {
    if facts.number("BreakerPercent") == Some(100.0) {
        findings.push(Code::BreakerNeverTrips.found(
            "BreakerPercent is 100: if DNS cannot be seen from Lambda, all domains are put at risk at once.",
            "Set it back to 20 when the reason for it is over.",
        ));
    }
    if facts
        .number("LogRetentionDays")
        .is_some_and(|days| days < 7.0)
    {
        findings.push(Code::LogsTooShort.found(
            "LogRetentionDays is under a week: what happened before a weekend cannot be looked up after it.",
            "Set it to 7 or more.",
        ));
    }
    if matches!(facts.parameter("LogLevel"), "DEBUG" | "TRACE") {
        findings.push(Code::LogsVerbose.found(
            "LogLevel is below INFO, which costs and hides what matters.",
            "Set LogLevel=INFO when you have found what you were looking for.",
        ));
    }
    if facts.parameter("SystemLogLevel") == "WARN" {
        findings.push(Code::LogsWithoutReports.found(
            "SystemLogLevel is WARN: Lambda logs no reports, which the runbook reads memory and duration from.",
            "Set SystemLogLevel=INFO.",
        ));
    }
    if facts.parameter("PollerReservedConcurrency") == "1" {
        findings.push(Code::OneExecutionForPoller.found(
            "PollerReservedConcurrency is 1: a run that starts while the one before it ends is throttled, and that is an alarm.",
            "Set it to 2.",
        ));
    }
    if facts.parameter("Tracing") == "Active" {
        findings.push(Code::TracingOn.found(
            "Tracing is Active, which costs for each trace.",
            "Set Tracing=Disabled when you have found what you were looking for.",
        ));
    }
}

fn dns(facts: &Facts, findings: &mut Vec<Finding>) {
    let dns = facts.dns;
    if !dns.udp && !dns.edns && !dns.tcp {
        findings.push(Code::DnsUnanswered.found(
            "The resolver of this machine answers no DNS query.",
            "Look at /etc/resolv.conf and the firewall. It says nothing of DNS from Lambda, but `verify-account` needs it.",
        ));
        return;
    }
    if !dns.tcp {
        findings.push(Code::DnsWithoutTcp.found(
            "The resolver does not answer over TCP from here, which long answers and second looks need.",
            "Let port 53 over TCP through.",
        ));
    }
    if !dns.edns {
        findings.push(Code::DnsWithoutEdns.found(
            "The resolver does not answer queries with EDNS from here, so that long answers are cut off.",
            "Let DNS packets of up to 1,232 octets through.",
        ));
    }
}
