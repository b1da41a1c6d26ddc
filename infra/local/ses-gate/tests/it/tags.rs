//! Tags: at creation and afterwards, and how they are passed to the emulator.

use aws_sdk_ses::error::SdkError;
use aws_sdk_sesv2::types::Tag;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Bench;

fn arn(name: &str) -> String {
    format!("arn:aws:ses:eu-west-1:000000000000:identity/{name}")
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

async fn tags_of(bench: &Bench, name: &str) -> Vec<(String, String)> {
    let get = bench.v2.get_email_identity().email_identity(name);
    let got = get.send().await.unwrap();
    let listed = bench.v2.list_tags_for_resource().resource_arn(arn(name));
    assert_eq!(listed.send().await.unwrap().tags, got.tags());
    let tags = got.tags().iter();
    tags.map(|tag| (tag.key.clone(), tag.value.clone()))
        .collect()
}

#[tokio::test]
async fn tags_are_kept_added_replaced_and_removed() {
    let bench = Bench::new().await;
    let create = bench.v2.create_email_identity().email_identity("maple.com");
    create.tags(tag("a", "1")).send().await.unwrap();
    let put = bench.v2.tag_resource().resource_arn(arn("maple.com"));
    let put = put.tags(tag("a", "2")).tags(tag("b", "3"));
    put.send().await.unwrap();
    let of = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let pairs = pairs.iter();
        pairs
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    };
    assert_eq!(
        tags_of(&bench, "maple.com").await,
        of(&[("a", "2"), ("b", "3")])
    );
    let remove = bench.v2.untag_resource().resource_arn(arn("maple.com"));
    remove.tag_keys("a").send().await.unwrap();
    assert_eq!(tags_of(&bench, "maple.com").await, of(&[("b", "3")]));
}

#[tokio::test]
async fn an_identity_of_the_v1_api_has_no_tags() {
    let bench = Bench::new().await;
    bench.verify("by-text.com").await;
    let dkim = bench.v1.verify_domain_dkim().domain("by-dkim.com");
    dkim.send().await.unwrap();
    assert_eq!(tags_of(&bench, "by-text.com").await, []);
    assert_eq!(tags_of(&bench, "by-dkim.com").await, []);
}

#[tokio::test]
async fn an_unknown_name_cannot_be_tagged() {
    let bench = Bench::new().await;
    bench.create("gone.com").await;
    let delete = bench.v2.delete_email_identity().email_identity("gone.com");
    delete.send().await.unwrap();
    let put = bench.v2.tag_resource().resource_arn(arn("gone.com"));
    let error = put.tags(tag("a", "1")).send().await.unwrap_err();
    assert!(error.into_service_error().is_not_found_exception());
    let report = bench.shown("gone.com").await;
    assert_eq!(report["exists"], false);
    let last = report["calls"].as_array().unwrap().last().unwrap();
    assert_eq!(last["operation"], "TagResource");
    assert_eq!(last["outcome"], "NotFoundException");
}

#[tokio::test]
async fn tagging_has_counts_limits_and_faults_like_identity_calls() {
    let bench = Bench::limited().await;
    bench.create("maple.com").await;
    let put = || {
        let put = bench.v2.tag_resource().resource_arn(arn("maple.com"));
        put.tags(tag("a", "1")).send()
    };
    put().await.unwrap();
    let error = put().await.unwrap_err().into_service_error();
    assert!(error.is_too_many_requests_exception(), "{error:?}");

    let faults = json!([
        { "operation": "TagResource", "times": 1, "error": "drop" },
        { "operation": "TagResource", "times": 1, "error": "drop_after" },
        { "operation": "UntagResource", "times": 1, "error": "Throttling" },
    ]);
    bench.control(json!({ "rate": 0, "faults": faults })).await;
    let remove = || {
        let remove = bench.v2.untag_resource().resource_arn(arn("maple.com"));
        remove.tag_keys("a").send()
    };
    let error = remove().await.unwrap_err().into_service_error();
    assert!(error.is_too_many_requests_exception(), "{error:?}");
    remove().await.unwrap();
    assert!(matches!(put().await, Err(SdkError::DispatchFailure(_))));
    assert_eq!(tags_of(&bench, "maple.com").await, []);
    assert!(matches!(put().await, Err(SdkError::DispatchFailure(_))));
    assert_eq!(tags_of(&bench, "maple.com").await.len(), 1);
    assert_eq!(
        bench.report().await["calls"]["TagResource"],
        json!({ "accepted": 1, "throttled": 1, "faulted": 2 })
    );
}

#[tokio::test]
async fn the_emulator_gets_the_tags_of_the_identity_in_the_call() {
    let bench = Bench::new().await;
    bench.verify("maple.com").await;
    let told = || -> Option<Value> {
        let received = bench.emulator.received().pop().unwrap();
        let header = received.headers.get("x-ses-gate-tags")?;
        Some(serde_json::from_slice(&STANDARD.decode(header).unwrap()).unwrap())
    };
    assert_eq!(told(), None, "there was no identity before the call");
    let put = bench.v2.tag_resource().resource_arn(arn("maple.com"));
    put.tags(tag("owner", "Ünal")).send().await.unwrap();
    assert_eq!(told(), Some(json!({})), "as they are before the call");
    let delete = bench.v2.delete_email_identity().email_identity("maple.com");
    delete.send().await.unwrap();
    assert_eq!(told(), Some(json!({ "owner": "Ünal" })));
}
