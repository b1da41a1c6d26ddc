//! Email through SES v2 `SendEmail`: to Lasso support, and to email administrators.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::builders::MessageBuilder;
use aws_sdk_sesv2::types::{
    Attachment, AttachmentContentDisposition, AttachmentContentTransferEncoding, Body, Content,
    Destination, EmailContent, Message, MessageHeader,
};
use domain_auth::email_thread::EmailThread;
use domain_auth::handoff::Document;
use domain_auth::instructions::{Letter, SendLetter};
use domain_auth::names::EmailAddress;
use domain_auth::ports::{Email, Refusal, SendEmail, SesError};

use crate::ses::error_of;

const OPERATION: &str = "SendEmail";

/// The way to Lasso support.
#[derive(Debug, Clone)]
pub struct SupportMail {
    client: Client,
    from: String,
    to: String,
}

/// The way to people who are not at Lasso.
#[derive(Debug, Clone)]
pub struct LetterMail {
    client: Client,
    from: String,
}

impl LetterMail {
    /// Mail from `from`, a verified identity of the account.
    pub fn new(client: Client, from: String) -> Self {
        Self { client, from }
    }
}

impl SendLetter for LetterMail {
    async fn send(&self, to: &EmailAddress, letter: &Letter) -> Result<String, SesError> {
        let message = message(&letter.subject, &letter.text, &letter.html).map_err(malformed)?;
        let files = letter.attachments.iter().map(attachment);
        let files: Result<Vec<Attachment>, BuildError> = files.collect();
        let message = message.set_attachments(Some(files.map_err(malformed)?));
        let thread = EmailThread::of(&letter.client, &letter.domain);
        let headers = headers(Some(&thread), &self.from).map_err(malformed)?;
        let message = message.set_headers(Some(headers));
        let to = Destination::builder().to_addresses(to.as_str()).build();
        let answer = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .destination(to)
            .set_reply_to_addresses(reply_to(letter.reply_to.as_ref()))
            .content(EmailContent::builder().simple(message.build()).build())
            .send()
            .await
            .map_err(|error| error_of(OPERATION, error))?;
        Ok(answer.message_id.unwrap_or_default())
    }
}

impl SupportMail {
    /// Mail from `from`, a verified identity of the account, to `to`.
    pub fn new(client: Client, from: String, to: String) -> Self {
        Self { client, from, to }
    }
}

impl SendEmail for SupportMail {
    async fn send(&self, email: &Email) -> Result<String, SesError> {
        let message = message(&email.subject, &email.text, &email.html).map_err(malformed)?;
        let event_id = email.event_id.to_string();
        let event_header = header("X-Lasso-Event-Id", event_id).map_err(malformed)?;
        let headers = headers(email.thread.as_ref(), &self.from).map_err(malformed)?;
        let message = message.set_headers(Some(headers)).headers(event_header);
        let message = message.build();
        let answer = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(&self.to).build())
            .set_reply_to_addresses(reply_to(email.reply_to.as_ref()))
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await
            .map_err(|error| error_of(OPERATION, error))?;
        Ok(answer.message_id.unwrap_or_default())
    }
}

fn message(subject: &str, text: &str, html: &str) -> Result<MessageBuilder, BuildError> {
    let utf8 = |data: &str| Content::builder().data(data).charset("UTF-8").build();
    let body = Body::builder().text(utf8(text)?).html(utf8(html)?).build();
    Ok(Message::builder().subject(utf8(subject)?).body(body))
}

/// What every email of ours has. `Auto-Submitted` (RFC 3834) keeps programs that answer by themselves quiet;
/// `References` makes a conversation of the emails about a domain. SES takes both as they are (developer
/// guide, "Amazon SES header fields"), and replaces `Message-ID`.
fn headers(thread: Option<&EmailThread>, from: &str) -> Result<Vec<MessageHeader>, BuildError> {
    let submitted = header("Auto-Submitted", "auto-generated".to_owned())?;
    let references = thread.map(|thread| header("References", thread.references(from)));
    [Ok(submitted)].into_iter().chain(references).collect()
}

fn header(name: &str, value: String) -> Result<MessageHeader, BuildError> {
    MessageHeader::builder().name(name).value(value).build()
}

/// A text file. SES makes the MIME part (developer guide, "Working with email attachments").
fn attachment(file: &Document) -> Result<Attachment, BuildError> {
    Attachment::builder()
        .file_name(&file.file_name)
        .content_type(file.content_type)
        .content_disposition(AttachmentContentDisposition::Attachment)
        .content_transfer_encoding(AttachmentContentTransferEncoding::Base64)
        .raw_content(Blob::new(file.body.as_bytes()))
        .build()
}

fn reply_to(address: Option<&EmailAddress>) -> Option<Vec<String>> {
    address.map(|address| vec![address.as_str().to_owned()])
}

fn malformed(error: BuildError) -> SesError {
    SesError::Refused {
        operation: OPERATION,
        refusal: Refusal::BadRequest,
        source: error.into(),
    }
}

#[cfg(test)]
mod tests {
    use domain_auth::names::{ClientId, DomainName};

    use super::*;

    #[test]
    fn an_email_says_that_a_program_made_it_and_which_conversation_it_belongs_to() {
        let client = ClientId::parse("maple-homes").unwrap();
        let domain = DomainName::parse("example.com").unwrap();
        let thread = EmailThread::of(&client, &domain);
        let of = |thread| {
            let headers = headers(thread, "no-reply@lasso.example").unwrap();
            let pair = |header: &MessageHeader| (header.name.clone(), header.value.clone());
            headers.iter().map(pair).collect::<Vec<_>>()
        };
        let submitted = ("Auto-Submitted".to_owned(), "auto-generated".to_owned());
        let references = format!("<{thread}@lasso.example>");
        assert_eq!(of(None), [submitted.clone()]);
        assert_eq!(
            of(Some(&thread)),
            [submitted, ("References".to_owned(), references)]
        );
    }
}
