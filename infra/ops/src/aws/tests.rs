//! Where SES is.

use aws_sdk_dynamodb::config::SharedCredentialsProvider;
use tokio::net::TcpListener;

use super::*;

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
