//! Email to Lasso support through SES v2 `SendEmail`.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};
use domain_auth::ports::{Email, SendEmail, SesError};

use crate::ses::error_of;

const OPERATION: &str = "SendEmail";

/// The way to Lasso support.
#[derive(Debug, Clone)]
pub struct SupportMail {
    client: Client,
    from: String,
    to: String,
}

impl SupportMail {
    /// Mail from `from`, a verified identity of the account, to `to`.
    pub fn new(client: Client, from: String, to: String) -> Self {
        Self { client, from, to }
    }

    fn message(email: &Email) -> Result<Message, aws_sdk_sesv2::error::BuildError> {
        let utf8 = |data: &str| Content::builder().data(data).charset("UTF-8").build();
        let body = Body::builder()
            .text(utf8(&email.text)?)
            .html(utf8(&email.html)?)
            .build();
        let event_header = MessageHeader::builder()
            .name("X-Lasso-Event-Id")
            .value(email.event_id.to_string())
            .build()?;
        Ok(Message::builder()
            .subject(utf8(&email.subject)?)
            .body(body)
            .headers(event_header)
            .build())
    }
}

impl SendEmail for SupportMail {
    async fn send(&self, email: &Email) -> Result<String, SesError> {
        let message = Self::message(email).map_err(|error| SesError::Refused {
            operation: OPERATION,
            source: error.into(),
        })?;
        let answer = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(&self.to).build())
            .set_reply_to_addresses(
                email
                    .reply_to
                    .as_ref()
                    .map(|address| vec![address.as_str().to_owned()]),
            )
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await
            .map_err(|error| error_of(OPERATION, error))?;
        Ok(answer.message_id.unwrap_or_default())
    }
}
