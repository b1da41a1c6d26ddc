//! Events on an SNS topic: one JSON message each, with attributes for subscription filters.

use aws_sdk_sns::Client;
use aws_sdk_sns::error::{BuildError, SdkError};
use aws_sdk_sns::operation::publish::PublishError as SnsError;
use aws_sdk_sns::types::MessageAttributeValue;
use domain_auth::audience::Lane;
use domain_auth::event::Event;
use domain_auth::ports::{PostToChat, Publish, PublishError};

use crate::failure::IntoCause;

/// The name of the service in the log.
const SERVICE: &str = "SNS";

/// The topic of the stack.
#[derive(Debug, Clone)]
pub struct EventTopic {
    client: Client,
    topic_arn: String,
}

impl EventTopic {
    /// Publishes to the topic with this ARN.
    pub fn new(client: Client, topic_arn: String) -> Self {
        Self { client, topic_arn }
    }
}

impl Publish for EventTopic {
    async fn publish(&self, event: &Event) -> Result<(), PublishError> {
        let message = serde_json::to_string(event).map_err(|e| PublishError::Event(e.into()))?;
        let attribute = |value: &str| -> Result<_, PublishError> {
            MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build()
                .map_err(|e: BuildError| PublishError::Event(e.into()))
        };
        self.client
            .publish()
            .topic_arn(&self.topic_arn)
            .message(message)
            .message_attributes("event_type", attribute(event.event_type.as_str())?)
            .message_attributes("severity", attribute(event.severity.as_str())?)
            .message_attributes("email", attribute(Lane::of(event).as_str())?)
            .send()
            .await
            .map_err(error_of)?;
        Ok(())
    }
}

impl PostToChat for EventTopic {
    async fn post(&self, message: &str) -> Result<(), PublishError> {
        let publish = self.client.publish().topic_arn(&self.topic_arn);
        publish.message(message).send().await.map_err(error_of)?;
        Ok(())
    }
}

/// A problem of one message does not affect other messages (Amazon SNS API reference, `Publish`).
fn error_of(error: SdkError<SnsError>) -> PublishError {
    let of_the_event = error.as_service_error().is_some_and(|error| {
        error.is_invalid_parameter_exception()
            || error.is_invalid_parameter_value_exception()
            || error.is_validation_exception()
    });
    if of_the_event {
        PublishError::Event(error.into_cause(SERVICE))
    } else {
        PublishError::Topic(error.into_cause(SERVICE))
    }
}
