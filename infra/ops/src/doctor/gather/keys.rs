//! The policies of the keys of AWS KMS that the stack's topics and table are encrypted with.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::super::facts::{Asked, Policy, Topic};
use crate::aws::{Aws, Service};
use crate::sentence::sentence;
use crate::stack::Stack;

/// The policy of each key, by what names the key; `None` if there is no such key. Keys that AWS manages are left
/// out: their policies cannot be changed.
pub(super) async fn policies(
    aws: &Aws,
    stack: &Stack,
    topics: &BTreeMap<String, Asked<Option<Topic>>>,
) -> BTreeMap<String, Asked<Option<Policy>>> {
    let of_topics = topics.values().flatten().flatten();
    let of_topics = of_topics.map(|topic| topic.key.as_str());
    let keys: BTreeSet<&str> = of_topics
        .chain([stack.parameter("KmsKeyArn")])
        .filter(|key| !key.is_empty() && !key.contains("alias/aws/"))
        .collect();
    let mut policies = BTreeMap::new();
    for key in keys {
        policies.insert(key.to_owned(), policy(aws, key).await);
    }
    policies
}

/// `GetKeyPolicy` takes the ID or the ARN of a key and no alias, `DescribeKey` takes each of them (AWS KMS API
/// reference).
async fn policy(aws: &Aws, key: &str) -> Asked<Option<Policy>> {
    let of_key = json!({ "KeyId": key });
    let described = aws.post_json(Service::Kms, "DescribeKey", &of_key).await;
    let described = match described {
        Ok(described) => described,
        Err(error) if error.is_absent() => return Ok(None),
        Err(error) => return Err(sentence(&error)),
    };
    let arn = described
        .pointer("/KeyMetadata/Arn")
        .unwrap_or(&of_key["KeyId"]);
    let wanted = json!({ "KeyId": arn, "PolicyName": "default" });
    let answer = aws.post_json(Service::Kms, "GetKeyPolicy", &wanted).await;
    let answer = answer.map_err(|error| sentence(&error))?;
    let text = answer.get("Policy").and_then(|policy| policy.as_str());
    Policy::parse(text.unwrap_or_default()).map(Some)
}
