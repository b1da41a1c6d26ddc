//! Whose credentials are used, and where SES is.

#![expect(
    deprecated,
    reason = "the types that are named instead are in a crate that only the SDK depends on"
)]

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
use aws_config::provider_config::ProviderConfig;
use aws_sdk_dynamodb::config::{ProvideCredentials, SharedCredentialsProvider};
use tokio::net::TcpListener;

use super::*;

/// The credentials of the profile `work` of a configuration file.
async fn credentials(file: &str) -> Result<Credentials, String> {
    let files = ProfileFiles::builder().with_contents(ProfileFileKind::Config, file);
    let configuration = ProviderConfig::without_region()
        .with_http_client(http_client())
        .with_region(Some(Region::new("us-east-1")));
    let provider = ProfileFileCredentialsProvider::builder()
        .configure(&configuration)
        .profile_files(files.build())
        .profile_name("work")
        .build();
    let given = provider.provide_credentials().await;
    given.map_err(|error| crate::sentence::sentence(&error))
}

#[tokio::test]
async fn a_process_can_give_the_credentials() {
    let given = credentials(
        "[profile work]\n\
         credential_process = echo '{\"Version\": 1, \"AccessKeyId\": \"AKIAIOSFODNN7EXAMPLE\", \"SecretAccessKey\": \"key\"}'\n",
    );
    let given = given.await.unwrap();
    assert_eq!(given.access_key_id(), "AKIAIOSFODNN7EXAMPLE");
}

#[tokio::test]
async fn profiles_of_people_who_sign_in_are_understood() {
    // Without a sign-in the SDK has no token to exchange.
    let sso = (
        "[profile work]\n\
         sso_session = lasso-test-without-sign-in\nsso_account_id = 123456789012\nsso_role_name = Operator\n\
         [sso-session lasso-test-without-sign-in]\n\
         sso_region = us-east-1\nsso_start_url = https://lasso.awsapps.com/start\n",
        "token",
    );
    let login = (
        "[profile work]\n\
         login_session = arn:aws:sts::123456789012:assumed-role/Operator/lasso-test-without-sign-in\n",
        "login/cache",
    );
    for (file, missing) in [sso, login] {
        let why = credentials(file).await.unwrap_err();
        assert!(why.contains(missing) && !why.contains("feature"), "{why}");
    }
}

#[tokio::test]
async fn ses_is_where_the_configuration_says() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "id", "key", None, None, "test",
        )))
        .endpoint_url(format!("http://{}", server.local_addr().unwrap()))
        .build();
    let aws = Aws {
        config,
        http: reqwest::Client::new(),
        region: "us-east-1".to_owned(),
        local: None,
        ahead: Mutex::new(None),
    };
    let (v1, v2) = (aws.ses_v1(), aws.ses_v2());
    tokio::select! {
        connected = server.accept() => drop(connected.unwrap()),
        answer = v1.list_identities().send() => panic!("{answer:?}"),
    }
    tokio::select! {
        connected = server.accept() => drop(connected.unwrap()),
        answer = v2.get_account().send() => panic!("{answer:?}"),
    }
}
