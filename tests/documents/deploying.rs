//! The parameters of `infra/template.yaml` for operation, and the build of the functions.

use std::collections::BTreeSet;
use std::process::Command;

use crate::template::{self, Template, entries, list, string, texts};
use crate::{root, text_of};

/// The longest name of a stack (AWS CloudFormation user guide, `CreateStack`).
const LONGEST_STACK_NAME: usize = 128;

/// Names that contain the stack's name, with their maximum lengths (the API references of the
/// services).
const LIMITS: [(&str, &str, usize); 3] = [
    ("AWS::CloudWatch::Dashboard", "DashboardName", 255),
    ("AWS::Logs::LogGroup", "LogGroupName", 512),
    ("AWS::ApiGatewayV2::Api", "Name", 128),
];

#[test]
fn names_from_the_longest_stack_name_fit_their_limits() {
    let mut seen = 0;
    for (id, resource) in Template::read().resources() {
        let kind = string(&resource["Type"]);
        for (property, value) in entries(&resource["Properties"]) {
            let Some(value) = value.as_str() else {
                continue;
            };
            if !property.ends_with("Name") || !value.contains("${AWS::StackName}") {
                continue;
            }
            let limit = LIMITS.iter().find(|it| it.0 == kind && it.1 == property);
            let (_, _, limit) =
                limit.unwrap_or_else(|| panic!("{id}: how long may {property} be?"));
            let rest = value.replace("${AWS::StackName}", "");
            assert!(LONGEST_STACK_NAME + rest.len() <= *limit, "{id}: {value}");
            seen += 1;
        }
    }
    assert!(seen > 10);
    // SAM and CloudFormation generate the others, and shorten them.
    let schedule = Template::read().resource("VerificationPollerFunction")["Properties"]["Events"]
        ["Schedule"]["Properties"]
        .clone();
    assert_eq!(schedule["OmitName"].as_bool(), Some(true));
    assert!(schedule["Name"].is_badvalue());
}

#[test]
fn every_template_parameter_is_described_used_and_in_one_group() {
    let template = Template::read();
    let parameters: BTreeSet<String> = template.parameters().map(|(name, _)| name).collect();
    let groups = template.parameter_groups();
    let asked: Vec<String> = groups
        .iter()
        .flat_map(|it| texts(&it["Parameters"]))
        .collect();
    assert_eq!(asked.len(), parameters.len(), "asked for once");
    assert_eq!(asked.into_iter().collect::<BTreeSet<_>>(), parameters);
    let text = template::text();
    for (name, parameter) in template.parameters() {
        assert!(parameter["Description"].as_str().is_some(), "{name}");
        let used = text.contains(&format!("!Ref {name}")) || text.contains(&format!("${{{name}}}"));
        assert!(used, "{name} is not used");
    }
}

#[test]
fn the_table_is_kept_when_its_stack_is_deleted_but_not_after_a_failed_creation() {
    let template = Template::read();
    let table = template.resource("Table");
    assert_eq!(
        table["DeletionPolicy"].as_str(),
        Some("RetainExceptOnCreate")
    );
    assert_eq!(table["UpdateReplacePolicy"].as_str(), Some("Retain"));
    let parameters = template.parameters();
    let protection = parameters
        .into_iter()
        .find(|(name, _)| name == "DeletionProtection");
    assert_eq!(protection.unwrap().1["Default"].as_str(), Some("false"));
}

#[test]
fn an_existing_table_replaces_the_stacks_table_everywhere() {
    for line in template::text().lines() {
        let line = line.trim_end();
        let name = line.ends_with("!Ref Table") || line.contains("!Ref Table,");
        if name || line.contains("Table.Arn") {
            assert!(line.contains("!If [MakesTable, "), "{line}");
            assert!(line.contains("ExistingTableName"), "{line}");
        }
    }
}

#[test]
fn an_api_whose_issuer_does_not_answer_is_not_deployed() {
    let api = Template::read().resource("HttpApi")["Properties"].clone();
    assert_eq!(api["FailOnWarnings"].as_bool(), Some(true));
    for limit in ["ThrottlingRateLimit", "ThrottlingBurstLimit"] {
        let settings = &api["DefaultRouteSettings"];
        assert!(string(&settings[limit]).starts_with("Api"), "{limit}");
    }
}

#[test]
fn optional_parameters_are_used_if_they_are_given() {
    let template = Template::read();
    let none = "AWS::NoValue";
    for (id, path, unset) in [
        ("Table", "SSESpecification.KMSMasterKeyId", none),
        ("Topic", "KmsMasterKeyId", "alias/aws/sns"),
        ("ChatTopic", "KmsMasterKeyId", "alias/aws/sns"),
        ("AlarmEmailTopic", "KmsMasterKeyId", none),
        ("CursorSecret", "KmsKeyId", none),
        ("ConsoleSecret", "KmsKeyId", none),
    ] {
        let properties = &template.resource(id)["Properties"];
        let key = path.split('.').fold(properties, |value, name| &value[name]);
        assert_eq!(texts(key), ["HasKmsKey", "KmsKeyArn", unset], "{id}");
    }
    let poller = &template.resource("VerificationPollerFunction")["Properties"];
    let reserved = texts(&poller["ReservedConcurrentExecutions"]);
    assert_eq!(
        reserved,
        ["HasPollerConcurrency", "PollerReservedConcurrency", none]
    );
    for id in ["ApiDomain", "ApiDomainMapping"] {
        let domain = template.resource(id);
        assert_eq!(domain["Condition"].as_str(), Some("HasApiDomain"), "{id}");
    }
    let tags = text_of("infra/samconfig.toml");
    assert!(tags.lines().any(|line| line.starts_with("tags = \"")));
}

#[test]
fn no_log_level_filters_the_metrics_out() {
    let template = Template::read();
    let level = template.parameters().find(|(name, _)| name == "LogLevel");
    let levels = texts(&level.unwrap().1["AllowedValues"]);
    assert_eq!(levels, ["INFO", "DEBUG", "TRACE"]);
    let logging = template.global_function()["LoggingConfig"].clone();
    assert_eq!(logging["ApplicationLogLevel"].as_str(), Some("LogLevel"));
    assert_eq!(logging["SystemLogLevel"].as_str(), Some("SystemLogLevel"));
    assert_eq!(logging["LogFormat"].as_str(), Some("JSON"));
}

#[test]
fn every_alarm_notifies_at_its_beginning_and_end() {
    let mut alarms = 0;
    for (id, resource) in Template::read().resources() {
        if resource["Type"].as_str() != Some("AWS::CloudWatch::Alarm") {
            continue;
        }
        alarms += 1;
        for actions in ["AlarmActions", "OKActions"] {
            let told: Vec<String> = list(&resource["Properties"][actions])
                .iter()
                .flat_map(texts)
                .collect();
            let expected = [
                ["HasAlarmTopic", "AlarmTopicArn", "AWS::NoValue"],
                ["HasAlarmEmail", "AlarmEmailTopic", "AWS::NoValue"],
            ];
            assert_eq!(told, expected.concat(), "{id}: {actions}");
        }
    }
    assert!(alarms > 10);
}

#[test]
fn make_compiles_every_function_in_one_call_and_hands_each_to_sam() {
    let template = Template::read();
    let functions = template.functions_by_id();
    assert!(functions.len() > 10);
    for (id, function) in &functions {
        assert_eq!(
            function["Metadata"]["BuildMethod"].as_str(),
            Some("makefile"),
            "{id}"
        );
    }
    // .ci/run installs it; the two commands of the README do not need it.
    if Command::new("make").arg("--version").output().is_err() {
        eprintln!("Without make: the Makefile is not tried.");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let cargo = folder.path().join("cargo");
    // A stand-in for cargo: it logs its call, and leaves the files that cargo-lambda leaves.
    let script = "#!/bin/sh\necho \"$*\" >>\"$0.log\"\nwhile [ $# -gt 0 ]; do\n  if [ \"$1\" = --bin ]; then\n    \
        mkdir -p \"$CARGO_TARGET_DIR/lambda/$2\"; echo \"$2\" >\"$CARGO_TARGET_DIR/lambda/$2/bootstrap\"\n  fi\n  \
        shift\ndone\n";
    std::fs::write(&cargo, script).unwrap();
    let sh = Command::new("chmod").arg("+x").arg(&cargo).status();
    assert!(sh.unwrap().success());
    let targets = functions.iter().map(|(id, _)| format!("build-{id}"));
    for (target, (id, function)) in targets.zip(&functions) {
        let artifacts = folder.path().join(id);
        std::fs::create_dir(&artifacts).unwrap();
        let made = Command::new("make")
            .arg(target)
            .current_dir(root())
            .env("CARGO", &cargo)
            .env("CARGO_TARGET_DIR", folder.path())
            .env("ARTIFACTS_DIR", &artifacts)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let binary = std::fs::read_to_string(artifacts.join("bootstrap")).unwrap();
        let wanted = function["Metadata"]["BuildProperties"]["Binary"].as_str();
        assert_eq!(Some(binary.trim()), wanted, "{id}");
    }
    let log = std::fs::read_to_string(folder.path().join("cargo.log")).unwrap();
    let calls: BTreeSet<&str> = log.lines().collect();
    assert_eq!(
        calls.len(),
        1,
        "the same call each time: cargo has nothing left to do"
    );
    let call = calls.first().unwrap();
    assert!(call.starts_with("lambda build --release --locked --arm64 "));
    for (_, function) in &functions {
        let binary = string(&function["Metadata"]["BuildProperties"]["Binary"]);
        assert!(call.contains(&format!("--bin {binary}")), "{binary}");
    }
    // `--package console` would be ambiguous: a crate of the tests has that name.
    assert!(!call.contains("--package"), "{call}");
    let configuration = text_of("infra/samconfig.toml");
    assert!(configuration.contains("build_in_source = true"));
}
