//! The template lets the functions change only the identities of this stack. The SES account has
//! others: those of other products, of other stacks, and those created by hand.
//!
//! The condition keys of each action are from the Service Authorization Reference, "Actions,
//! resources, and condition keys for Amazon SES v2" and "… for Amazon SES".

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use yaml_rust2::yaml::Hash;
use yaml_rust2::{Yaml, YamlLoader};

/// Actions that change an identity and support its tags as a condition (`aws:ResourceTag`).
const OF_TAGGED_IDENTITIES: &[&str] = &[
    "ses:CreateEmailIdentityPolicy",
    "ses:DeleteEmailIdentity",
    "ses:DeleteEmailIdentityPolicy",
    "ses:PutEmailIdentityConfigurationSetAttributes",
    "ses:PutEmailIdentityDkimAttributes",
    "ses:PutEmailIdentityDkimSigningAttributes",
    "ses:PutEmailIdentityFeedbackAttributes",
    "ses:PutEmailIdentityMailFromAttributes",
    "ses:UpdateEmailIdentityPolicy",
];

/// Actions that set tags. They support the tags of the request as a condition (`aws:RequestTag`,
/// `aws:TagKeys`), but not those of the identity.
const THAT_TAG: &[&str] = &["ses:CreateEmailIdentity", "ses:TagResource"];

/// Actions that change an identity and support neither tags nor resources: only the code protects
/// other identities.
const WITHOUT_KEYS: &[&str] = &["ses:VerifyDomainDkim", "ses:VerifyDomainIdentity"];

/// Actions that change no identity.
const THAT_READ_OR_SEND: &[&str] = &[
    "ses:GetEmailIdentity",
    "ses:GetIdentityDkimAttributes",
    "ses:GetIdentityMailFromDomainAttributes",
    "ses:GetIdentityVerificationAttributes",
    "ses:GetSuppressedDestination",
    "ses:ListEmailIdentities",
    "ses:ListTagsForResource",
    "ses:SendEmail",
    "ses:SendRawEmail",
];

#[test]
fn every_change_of_identities_requires_the_stacks_tag() {
    let template = template();
    assert_eq!(faults(&template), Vec::<String>::new());
    // The search finds something: the functions that create and delete identities.
    for action in ["ses:CreateEmailIdentity", "ses:DeleteEmailIdentity"] {
        assert!(template.contains(action));
    }
}

#[test]
fn a_permission_without_the_tag_condition_is_found() {
    let template = template();
    for (there, instead, expected) in [
        (
            "StringEquals: { \"aws:ResourceTag/lasso-stack\"",
            "StringEqualsIfExists: { \"aws:ResourceTag/lasso-stack\"",
            "ses:DeleteEmailIdentity",
        ),
        (
            "\"aws:ResourceTag/lasso-stack\": !Ref AWS::StackName",
            "\"aws:ResourceTag/lasso-stack\": another",
            "ses:PutEmailIdentityMailFromAttributes",
        ),
        (
            "\"aws:ResourceTag/lasso-stack\"",
            "\"aws:ResourceTag/lasso-client\"",
            "ses:PutEmailIdentityConfigurationSetAttributes",
        ),
        (
            "\"aws:RequestTag/lasso-stack\"",
            "\"aws:ResourceTag/lasso-stack\"",
            "ses:CreateEmailIdentity",
        ),
        (
            "aws:TagKeys: [lasso-client, lasso-stack]",
            "aws:TagKeys: [lasso-client, lasso-stack, owner]",
            "ses:TagResource",
        ),
        // Actions that are in no list yet, and all actions together.
        (
            "- ses:VerifyDomainDkim",
            "- ses:DeleteIdentity",
            "ses:DeleteIdentity",
        ),
        (
            "Action: ses:GetEmailIdentity",
            "Action: ses:UntagResource",
            "ses:UntagResource",
        ),
        ("Action: sns:Publish", "Action: ses:*", "ses:*"),
        ("Action: sns:Publish", "Action: \"*\"", "*"),
        (
            "Action: sns:Publish",
            "NotAction: s3:GetObject",
            "NotAction",
        ),
        (
            "Policies:\n        - Version",
            "Policies:\n        - AmazonSESFullAccess\n        - Version",
            "AmazonSESFullAccess",
        ),
    ] {
        assert!(template.contains(there), "{there} is not in the template");
        let found = faults(&template.replace(there, instead));
        assert!(
            found.iter().any(|fault| fault.contains(expected)),
            "{instead}: {found:?}"
        );
    }
}

/// Statements that allow a function to change more identities than it should.
fn faults(template: &str) -> Vec<String> {
    let documents = YamlLoader::load_from_str(template).unwrap();
    let mut faults = Vec::new();
    for (name, resource) in documents[0]["Resources"].as_hash().unwrap() {
        let name = name.as_str().unwrap();
        for policy in resource["Properties"]["Policies"]
            .as_vec()
            .unwrap_or(&Vec::new())
        {
            if policy["Statement"].as_vec().is_none() {
                faults.push(format!("{name}: {policy:?} is not written out"));
            }
        }
        let mut statements = Vec::new();
        find_statements(resource, &mut statements);
        for statement in statements {
            faults.extend(
                faults_of(statement)
                    .into_iter()
                    .map(|fault| format!("{name}: {fault}")),
            );
        }
    }
    faults
}

/// Every statement of a policy, also inside `!If`.
fn find_statements<'a>(yaml: &'a Yaml, found: &mut Vec<&'a Hash>) {
    match yaml {
        Yaml::Hash(hash) => {
            if hash.contains_key(&Yaml::String("Effect".to_owned())) {
                found.push(hash);
            }
            for value in hash.values() {
                find_statements(value, found);
            }
        }
        Yaml::Array(items) => {
            for item in items {
                find_statements(item, found);
            }
        }
        _ => {}
    }
}

fn faults_of(statement: &Hash) -> Vec<String> {
    let member = |key: &str| {
        statement
            .get(&Yaml::String(key.to_owned()))
            .unwrap_or(&Yaml::BadValue)
    };
    if member("Effect").as_str() != Some("Allow") {
        return Vec::new();
    }
    let actions = texts(member("Action"));
    if actions.is_empty() {
        return vec!["an Allow without Action (NotAction?)".to_owned()];
    }
    let resources = texts(member("Resource"));
    let condition = member("Condition");
    let equals = |key: &str| condition["StringEquals"][key].as_str() == Some("AWS::StackName");
    let mut faults = Vec::new();
    for action in actions {
        let holds = match action {
            action if OF_TAGGED_IDENTITIES.contains(&action) => {
                // The configuration set, which the same action names, has its own tags.
                let only_configuration_sets = !resources.is_empty()
                    && resources
                        .iter()
                        .all(|resource| resource.contains(":configuration-set/$"));
                only_configuration_sets || equals("aws:ResourceTag/lasso-stack")
            }
            action if THAT_TAG.contains(&action) => {
                equals("aws:RequestTag/lasso-stack")
                    && matches!(
                        texts(&condition["ForAllValues:StringEquals"]["aws:TagKeys"])[..],
                        ["lasso-client", "lasso-stack"]
                            | ["lasso-client", "lasso-stack", "lasso-adopted"]
                    )
            }
            action if WITHOUT_KEYS.contains(&action) || THAT_READ_OR_SEND.contains(&action) => true,
            // A new action or a pattern: it has to be added to one of the lists above.
            action => !(action.starts_with("ses:") || action.starts_with('*')),
        };
        if !holds {
            faults.push(format!("{action} on {resources:?} under {condition:?}"));
        }
    }
    faults
}

fn texts(yaml: &Yaml) -> Vec<&str> {
    match yaml {
        Yaml::String(text) => vec![text],
        Yaml::Array(items) => items.iter().filter_map(Yaml::as_str).collect(),
        _ => Vec::new(),
    }
}

fn template() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    std::fs::read_to_string(file).unwrap()
}
