//! The keys of AWS KMS that the stack's topics and table are encrypted with.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::facts::{Asked, Key, Policy, Topic};
use crate::aws::{Aws, Service};
use crate::sentence::sentence;
use crate::stack::Stack;

/// Each key, by what names it; `None` if there is no such key. Keys that AWS manages are left out: their policies
/// cannot be changed, and they cannot be disabled.
pub(super) async fn keys(
    aws: &Aws,
    stack: &Stack,
    topics: &BTreeMap<String, Asked<Option<Topic>>>,
) -> BTreeMap<String, Asked<Option<Key>>> {
    let of_topics = topics.values().flatten().flatten();
    let of_topics = of_topics.map(|topic| topic.key.as_str());
    let named: BTreeSet<&str> = of_topics
        .chain([stack.parameter("KmsKeyArn")])
        .filter(|key| !key.is_empty() && !key.contains("alias/aws/"))
        .collect();
    let mut keys = BTreeMap::new();
    for name in named {
        keys.insert(name.to_owned(), key(aws, name).await);
    }
    keys
}

/// `GetKeyPolicy` takes the ID or the ARN of a key and no alias, `DescribeKey` takes each of them (AWS KMS API
/// reference).
async fn key(aws: &Aws, key: &str) -> Asked<Option<Key>> {
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
    let state = described.pointer("/KeyMetadata/KeyState");
    let wanted = json!({ "KeyId": arn, "PolicyName": "default" });
    let answer = aws.post_json(Service::Kms, "GetKeyPolicy", &wanted).await;
    let answer = answer.map_err(|error| sentence(&error));
    Ok(Some(Key {
        state: state
            .and_then(Value::as_str)
            .unwrap_or("Enabled")
            .to_owned(),
        policy: answer.and_then(|answer| {
            let text = answer.get("Policy").and_then(Value::as_str);
            Policy::parse(text.unwrap_or_default())
        }),
    }))
}
