//! Policies of topics and keys, as far as one question goes: may CloudWatch do this?

use serde_json::Value;

/// The principal of alarms (Amazon CloudWatch User Guide, "Notifying users on alarm changes").
const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";

/// A resource-based policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    document: Value,
}

impl Policy {
    /// Parses a policy document. The error says that it cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document = serde_json::from_str(text);
        let document = document.map_err(|error| format!("its policy cannot be read: {error}"))?;
        Ok(Self { document })
    }

    /// Whether a statement lets CloudWatch take the action, and none denies it: one that allows it, or every action, to
    /// CloudWatch or to all principals. Conditions are not evaluated: a statement with conditions counts as allowing,
    /// to avoid false alarms, unless it is for the callers of an account. One that denies counts without conditions.
    pub fn lets_cloudwatch(&self, action: &str) -> bool {
        let about_it = |statement: &Value| {
            each(&statement["Action"])
                .filter_map(Value::as_str)
                .any(|pattern| matches(pattern, action))
        };
        let statements = each(&self.document["Statement"]);
        let statements: Vec<&Value> = statements.filter(|it| about_it(it)).collect();
        let allowed = statements.iter().any(|statement| {
            let principal = &statement["Principal"];
            statement["Effect"] == "Allow"
                && (names_service(principal)
                    || (names_all(principal) && !is_for_callers(&statement["Condition"])))
        });
        let denied = statements.iter().any(|statement| {
            let principal = &statement["Principal"];
            statement["Effect"] == "Deny"
                && statement["Condition"].is_null()
                && (names_service(principal) || names_all(principal))
        });
        allowed && !denied
    }
}

/// Values that may be written as one value or as a list (IAM User Guide, "Grammar of the IAM JSON policy language").
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let list = value.as_array().map(Vec::as_slice);
    list.unwrap_or(std::slice::from_ref(value)).iter()
}

fn names_all(principal: &Value) -> bool {
    principal == "*" || each(&principal["AWS"]).any(|account| account == "*")
}

fn names_service(principal: &Value) -> bool {
    each(&principal["Service"]).any(|service| service == CLOUDWATCH)
}

/// Whether the conditions are met only by users and roles of an account, and by what services do for them. A service
/// that acts by itself, as CloudWatch does, is neither (AWS KMS Developer Guide, "AWS KMS condition keys",
/// `kms:CallerAccount` and `kms:ViaService`).
fn is_for_callers(conditions: &Value) -> bool {
    let operators = conditions.as_object().into_iter().flatten();
    let mut keys = operators.flat_map(|(_, keys)| keys.as_object().into_iter().flatten());
    keys.any(|(key, _)| {
        ["kms:CallerAccount", "kms:ViaService"]
            .iter()
            .any(|of_callers| key.eq_ignore_ascii_case(of_callers))
    })
}

/// Whether a pattern with `*` at its end, or none, stands for an action. Case does not count.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    match pattern.strip_suffix('*') {
        Some(start) => action.starts_with(start),
        None => pattern == action,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lets_publish(statement: &str) -> bool {
        let policy = Policy::parse(&format!(r#"{{"Statement": {statement}}}"#)).unwrap();
        policy.lets_cloudwatch("sns:Publish")
    }

    #[test]
    fn the_policy_that_sns_gives_a_topic_lets_cloudwatch_publish() {
        assert!(lets_publish(
            r#"[{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["SNS:GetTopicAttributes", "SNS:Publish"],
                "Condition": {"StringEquals": {"AWS:SourceOwner": "123456789012"}}}]"#
        ));
    }

    #[test]
    fn a_statement_that_allows_cloudwatch_lets_it_publish() {
        for action in ["\"sns:Publish\"", "[\"SNS:Pub*\"]", "\"*\"", "\"sns:*\""] {
            let service = r#"{"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]}"#;
            let statement =
                format!(r#"{{"Effect": "Allow", "Principal": {service}, "Action": {action}}}"#);
            assert!(lets_publish(&statement), "{statement}");
        }
    }

    #[test]
    fn a_statement_for_others_or_other_actions_or_with_deny_does_not_let_it_publish() {
        for statement in [
            "[]",
            r#"{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}"#,
            r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sns:Publish"}"#,
            r#"{"Effect": "Allow", "Principal": "*", "Action": "sns:Subscribe"}"#,
            r#"{"Effect": "Deny", "Principal": "*", "Action": "sns:Publish"}"#,
        ] {
            assert!(!lets_publish(statement), "{statement}");
        }
    }

    #[test]
    fn a_statement_that_denies_outweighs_the_one_that_allows() {
        let allows = r#"{"Effect": "Allow", "Principal": "*", "Action": "sns:*"}"#;
        let denies = r#"{"Effect": "Deny", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish""#;
        assert!(!lets_publish(&format!("[{allows}, {denies}}}]")));
        let elsewhere =
            r#""Condition": {"StringNotEquals": {"aws:SourceAccount": "123456789012"}}"#;
        assert!(lets_publish(&format!(
            "[{allows}, {denies}, {elsewhere}}}]"
        )));
    }

    #[test]
    fn the_key_policy_of_the_document_lets_cloudwatch_encrypt_by_its_last_statement_alone() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/deploy.md");
        let document = std::fs::read_to_string(path).unwrap();
        let (_, policy) = document.split_once("## A key of your own").unwrap();
        let policy = policy.split("```").nth(1).unwrap();
        let policy = policy.strip_prefix("json").unwrap();
        let encrypts = |policy: &str| {
            let policy = Policy::parse(policy).unwrap();
            ["kms:Decrypt", "kms:GenerateDataKey"].map(|action| policy.lets_cloudwatch(action))
        };
        assert_eq!(encrypts(policy), [true; 2]);
        let mut without: Value = serde_json::from_str(policy).unwrap();
        let statements = without["Statement"].as_array_mut().unwrap();
        statements.retain(|statement| statement["Sid"] != "Alarms");
        assert_eq!(statements.len(), 2);
        assert_eq!(encrypts(&without.to_string()), [false; 2]);
    }

    #[test]
    fn an_invalid_policy_counts_as_unreadable() {
        assert!(Policy::parse("").unwrap_err().contains("cannot be read"));
    }
}
