use std::error::Error;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use domain_auth::ports::SesError;
use domain_auth_testkit::logged;
use serde_json::Value;

use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::error::MessageRejected;

use super::*;
use crate::ses::error_of;
use crate::store::store_error;

const REQUEST: &str = "8d6f3c1e-0b1a-4c55-9d0e-2f6f1c7a9b10";

/// A response with a request identifier, as every AWS service returns it.
fn answer(status: u16) -> HttpResponse {
    let status = StatusCode::try_from(status).unwrap();
    let mut answer = HttpResponse::new(status, "".into());
    answer.headers_mut().insert("x-amzn-requestid", REQUEST);
    answer
}

/// The only line about an error, parsed.
fn line_about(error: &(dyn Error + 'static)) -> Value {
    let mut lines = logged(|| tracing::error!(error, "a request failed on our side"));
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

#[test]
fn a_refusal_of_ses_is_logged_with_its_code_and_without_addresses() {
    let meta = aws_sdk_sesv2::error::ErrorMetadata::builder()
        .code("MessageRejected")
        .message("Email address is not verified: jane.doe@example.com")
        .build();
    let rejected = MessageRejected::builder()
        .message("Email address is not verified: jane.doe@example.com")
        .meta(meta)
        .build();
    let error = SdkError::service_error(SendEmailError::MessageRejected(rejected), answer(400));
    let error = error_of("SendEmail", error);
    assert!(matches!(error, SesError::Refused { .. }), "{error:?}");

    let line = line_about(&error);

    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["service"], "SES");
    assert_eq!(line["error_code"], "MessageRejected");
    assert_eq!(line["aws_request_id"], REQUEST);
    assert_eq!(
        line["error"],
        format!(
            "Amazon SES refused SendEmail: message rejected: SES MessageRejected (request {REQUEST}): \
             service error: MessageRejected: Email address is not verified: j***@example.com"
        )
    );
    assert!(!format!("{error:?}").contains("jane"), "{error:?}");
}

#[test]
fn the_log_line_of_an_error_unknown_to_the_sdk_has_its_code() {
    let meta = aws_sdk_dynamodb::error::ErrorMetadata::builder()
        .code("AccessDeniedException")
        .message("not authorized to perform: dynamodb:PutItem")
        .custom("aws_request_id", REQUEST)
        .build();
    let error = PutItemError::generic(meta);
    let with_answer =
        SdkError::service_error(PutItemError::generic(error.meta().clone()), answer(400));
    let errors = [
        store_error("write a change")(error),
        store_error("write a change")(with_answer),
    ];
    for error in errors {
        let line = line_about(&error);
        assert_eq!(line["service"], "DynamoDB");
        assert_eq!(line["error_code"], "AccessDeniedException");
        assert_eq!(line["aws_request_id"], REQUEST);
        let says = line["error"].as_str().unwrap();
        assert!(
            says.starts_with("the store could not write a change: DynamoDB"),
            "{says}"
        );
        assert!(says.contains("dynamodb:PutItem"), "{says}");
    }
}

#[tokio::test]
async fn an_unreachable_service_is_logged_with_every_cause() {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::for_tests())
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .http_client(crate::http_client())
        // A port of this machine on which nothing answers (RFC 863).
        .endpoint_url("http://127.0.0.1:9")
        .build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    let sent = client.get_item().table_name("t").send().await;
    let error = store_error("read a domain")(sent.unwrap_err());

    let line = line_about(&error);

    assert_eq!(line["service"], "DynamoDB");
    assert!(line.get("error_code").is_none(), "{line}");
    assert!(line.get("aws_request_id").is_none(), "{line}");
    let says = line["error"].as_str().unwrap();
    let begins = "the store could not read a domain: DynamoDB: dispatch failure: ";
    assert!(says.starts_with(begins), "{says}");
    assert!(says.contains("refused"), "{says}");
}
