//! The second protection of identities that are not this stack's: whatever a function requests from
//! SES, its role allows changes only to identities with the stack's tag.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::ProvideErrorMetadata;
use aws_sdk_sesv2::types::Tag;
use serde_json::{Value, json};

use crate::permissions::{pascal_case, role_of};
use crate::world::Shared;
use crate::{CONFIGURATION_SET, Suite};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "no_function_may_change_an_identity_without_the_tag_of_its_stack",
        changes,
    );
    suite.shared(
        "a_function_gives_identities_the_tag_of_its_stack_and_no_other",
        tagging,
    );
}

/// A call that changes an identity.
#[derive(Debug, Clone, Copy)]
enum Change {
    Delete,
    SetMailFrom,
    SetConfigurationSet,
}

/// Which functions may make which calls.
const GRANTED: &[(&str, &[Change])] = &[
    ("add-domain", &[Change::SetMailFrom]),
    ("remove-domain", &[Change::Delete]),
    ("decide-domain", &[Change::SetConfigurationSet]),
    (
        "verification-poller",
        &[Change::Delete, Change::SetMailFrom],
    ),
];

async fn changes(world: Shared) {
    for (function, changes) in GRANTED {
        let ses = as_function(&world, function).await;
        for change in *changes {
            for tags in [
                json!({}),
                json!({ "lasso-client": "maple-homes" }),
                json!({ "lasso-stack": "another", "lasso-client": "maple-homes" }),
            ] {
                let domain = world.fresh_domain();
                made(&world, &domain, &tags).await;
                let before = without_calls(world.seen_at_gate(&domain).await);
                let outcome = make(*change, &ses, &domain).await;
                let context = format!("{function} {change:?} {tags}");
                assert_eq!(outcome, "AccessDeniedException", "{context}");
                let after = world.seen_at_gate(&domain).await;
                assert_eq!(after["calls"].as_array().map(Vec::len), Some(1));
                assert_eq!(without_calls(after), before, "{context}");
            }
            let domain = world.fresh_domain();
            made(
                &world,
                &domain,
                &json!({ "lasso-stack": world.info.stack_name }),
            )
            .await;
            assert_eq!(
                make(*change, &ses, &domain).await,
                "done",
                "{function} {change:?} of an identity of ours"
            );
        }
    }
}

async fn tagging(world: Shared) {
    let stack = world.info.stack_name.as_str();
    let ours = [("lasso-client", "maple-homes"), ("lasso-stack", stack)];
    let others: [&[(&str, &str)]; 4] = [
        &[],
        &[("lasso-client", "maple-homes")],
        &[("lasso-stack", "another")],
        &[("lasso-stack", stack), ("owner", "another-team")],
    ];
    for function in ["add-domain", "verification-poller"] {
        let ses = as_function(&world, function).await;
        let domain = world.fresh_domain();
        for tags in others {
            assert_eq!(
                create(&ses, &domain, tags).await,
                "AccessDeniedException",
                "{function} {tags:?}"
            );
        }
        assert!(!world.identity_exists(&domain).await);
        assert_eq!(create(&ses, &domain, &ours).await, "done");

        // An identity of another owner may be adopted, which tags it; it keeps its other tags.
        let foreign = world.fresh_domain();
        made(&world, &foreign, &json!({ "owner": "shop" })).await;
        let arn = format!(
            "arn:aws:ses:{}:000000000000:identity/{foreign}",
            world.info.region
        );
        for tags in &others[1..] {
            assert_eq!(
                tag(&ses, &arn, tags).await,
                "AccessDeniedException",
                "{function} {tags:?}"
            );
        }
        let untag = ses.untag_resource().resource_arn(&arn).tag_keys("owner");
        assert_eq!(outcome(untag.send().await), "AccessDeniedException");
        let tags = world.seen_at_gate(&foreign).await["tags"].clone();
        assert_eq!(tags, json!({ "owner": "shop" }));
        assert_eq!(tag(&ses, &arn, &ours).await, "done");
        assert_eq!(
            make(Change::SetMailFrom, &ses, &foreign).await,
            "done",
            "what is adopted may be changed"
        );
    }
}

async fn as_function(world: &Shared, function: &str) -> Client {
    let role = role_of(world, &(pascal_case(function) + "Function")).await;
    world.ses_as(&role).await
}

async fn made(world: &Shared, domain: &str, tags: &Value) {
    world
        .identity_at_gate(json!({ "name": domain, "tags": tags, "verified": true, "token": true }))
        .await;
}

fn without_calls(mut identity: Value) -> Value {
    let shown = identity.as_object_mut().expect("an identity");
    shown.remove("calls");
    identity
}

async fn make(change: Change, ses: &Client, domain: &str) -> String {
    match change {
        Change::Delete => outcome(
            ses.delete_email_identity()
                .email_identity(domain)
                .send()
                .await,
        ),
        Change::SetMailFrom => outcome(
            ses.put_email_identity_mail_from_attributes()
                .email_identity(domain)
                .mail_from_domain(format!("bounce.{domain}"))
                .send()
                .await,
        ),
        Change::SetConfigurationSet => outcome(
            ses.put_email_identity_configuration_set_attributes()
                .email_identity(domain)
                .configuration_set_name(CONFIGURATION_SET)
                .send()
                .await,
        ),
    }
}

async fn create(ses: &Client, domain: &str, tags: &[(&str, &str)]) -> String {
    let create = ses.create_email_identity().email_identity(domain);
    outcome(create.set_tags(Some(tags_of(tags))).send().await)
}

async fn tag(ses: &Client, arn: &str, tags: &[(&str, &str)]) -> String {
    let tag = ses.tag_resource().resource_arn(arn);
    outcome(tag.set_tags(Some(tags_of(tags))).send().await)
}

fn tags_of(tags: &[(&str, &str)]) -> Vec<Tag> {
    let tag = |(key, value): &(&str, &str)| Tag::builder().key(*key).value(*value).build();
    tags.iter()
        .map(|pair| tag(pair).expect("a key and a value"))
        .collect()
}

/// `done`, or the code of the error.
fn outcome<T, E: ProvideErrorMetadata>(result: Result<T, E>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(error) => error.code().unwrap_or("no code").to_owned(),
    }
}
