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

    /// Whether a statement lets CloudWatch take the action: one that allows it, or every action, to CloudWatch
    /// or to all principals. Conditions are not evaluated: a statement with conditions counts as allowing, to
    /// avoid false alarms.
    pub fn lets_cloudwatch(&self, action: &str) -> bool {
        each(&self.document["Statement"]).any(|statement| {
            statement["Effect"] == "Allow"
                && names_cloudwatch(&statement["Principal"])
                && each(&statement["Action"])
                    .filter_map(Value::as_str)
                    .any(|pattern| matches(pattern, action))
        })
    }
}

/// Values that may be written as one value or as a list (IAM User Guide, "Grammar of the IAM JSON policy language").
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let list = value.as_array().map(Vec::as_slice);
    list.unwrap_or(std::slice::from_ref(value)).iter()
}

fn names_cloudwatch(principal: &Value) -> bool {
    principal == "*"
        || each(&principal["AWS"]).any(|account| account == "*")
        || each(&principal["Service"]).any(|service| service == CLOUDWATCH)
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
    fn an_invalid_policy_counts_as_unreadable() {
        assert!(Policy::parse("").unwrap_err().contains("cannot be read"));
    }
}
