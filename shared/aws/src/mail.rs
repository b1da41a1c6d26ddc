//! Email through SES v2 `SendEmail`: to Lasso support, to the contacts of clients, and to email
//! administrators.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::builders::MessageBuilder;
use aws_sdk_sesv2::types::{
    Attachment, AttachmentContentDisposition, AttachmentContentTransferEncoding, Body, Content,
    Destination, EmailContent, Message, MessageHeader, MessageTag,
};
use domain_auth::email_thread::EmailThread;
use domain_auth::handoff::Document;
use domain_auth::instructions::{Letter, SendLetter};
use domain_auth::mail_refusal::AboutDomain;
use domain_auth::names::EmailAddress;
use domain_auth::ports::{Email, MailTo, Refusal, SendEmail, SesError};
use jiff::{SignedDuration, Timestamp};

use crate::ses::error_of;

const OPERATION: &str = "SendEmail";

/// For how long it is believed that an address is not on the suppression list: SES allows few questions a
/// second, and most emails are to Lasso support. Mail that SES bounces in this time is lost, and an alarm says so
/// (`SupportBounceAlarm`).
const BELIEVED_FOR: SignedDuration = SignedDuration::from_secs(10);

/// How many addresses are cached.
const REMEMBERED: usize = 1_000;

/// Sends email to Lasso support and to clients' contacts.
#[derive(Debug, Clone)]
pub struct SupportMail {
    client: Client,
    from: String,
    support: String,
    configuration_set: String,
    /// Addresses that were not on the suppression list, with the time of the query.
    welcome: Arc<Mutex<HashMap<String, Timestamp>>>,
}

/// Sends email to people outside Lasso.
#[derive(Debug, Clone)]
pub struct LetterMail {
    client: Client,
    from: String,
    configuration_set: String,
}

impl LetterMail {
    /// Mail from `from`, a verified identity of the account, through a configuration set.
    pub fn new(client: Client, from: String, configuration_set: String) -> Self {
        Self {
            client,
            from,
            configuration_set,
        }
    }
}

impl SendLetter for LetterMail {
    async fn is_suppressed(&self, to: &EmailAddress) -> Result<bool, SesError> {
        is_suppressed(&self.client, to.as_str()).await
    }

    async fn send(&self, to: &EmailAddress, letter: &Letter) -> Result<String, SesError> {
        let message = message(&letter.subject, &letter.text, &letter.html).map_err(malformed)?;
        let files = letter.attachments.iter().map(attachment);
        let files: Result<Vec<Attachment>, BuildError> = files.collect();
        let message = message.set_attachments(Some(files.map_err(malformed)?));
        let thread = EmailThread::of(&letter.client, &letter.domain);
        let headers = headers(Some(&thread), &self.from).map_err(malformed)?;
        let message = message.set_headers(Some(headers));
        let about = AboutDomain {
            client: letter.client.clone(),
            domain: letter.domain.clone(),
        };
        let to = Destination::builder().to_addresses(to.as_str()).build();
        let answer = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .destination(to)
            .set_reply_to_addresses(reply_to(letter.reply_to.as_ref()))
            .configuration_set_name(&self.configuration_set)
            .set_email_tags(Some(
                tags("administrator", Some(&about)).map_err(malformed)?,
            ))
            .content(EmailContent::builder().simple(message.build()).build())
            .send()
            .await
            .map_err(|error| error_of(OPERATION, error))?;
        Ok(answer.message_id.unwrap_or_default())
    }
}

impl SupportMail {
    /// Mail from `from`, a verified identity of the account, through a configuration set, with Lasso
    /// support at `support`.
    pub fn new(client: Client, from: String, support: String, configuration_set: String) -> Self {
        Self {
            client,
            from,
            support,
            configuration_set,
            welcome: Arc::default(),
        }
    }

    /// A reply of a contact goes to Lasso support.
    fn reply_to(&self, to: &MailTo, email: &Email) -> Option<Vec<String>> {
        match to {
            MailTo::Support => reply_to(email.reply_to.as_ref()),
            MailTo::Contact(_) => Some(vec![self.support.clone()]),
        }
    }

    fn address<'a>(&'a self, to: &'a MailTo) -> &'a str {
        match to {
            MailTo::Support => &self.support,
            MailTo::Contact(contact) => contact.as_str(),
        }
    }
}

impl SendEmail for SupportMail {
    async fn is_suppressed(&self, to: &MailTo, now: Timestamp) -> Result<bool, SesError> {
        let address = self.address(to);
        let remembered = || self.welcome.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |at: &Timestamp| now.duration_since(*at) < BELIEVED_FOR;
        if remembered().get(address).is_some_and(is_fresh) {
            return Ok(false);
        }
        if is_suppressed(&self.client, address).await? {
            return Ok(true);
        }
        let mut welcome = remembered();
        if welcome.len() >= REMEMBERED {
            welcome.clear();
        }
        welcome.insert(address.to_owned(), now);
        Ok(false)
    }

    async fn send(&self, to: &MailTo, email: &Email) -> Result<String, SesError> {
        let message = message(&email.subject, &email.text, &email.html).map_err(malformed)?;
        let event_id = email.event_id.to_string();
        let event_header = header("X-Lasso-Event-Id", event_id).map_err(malformed)?;
        let headers = headers(email.thread.as_ref(), &self.from).map_err(malformed)?;
        let message = message.set_headers(Some(headers)).headers(event_header);
        let message = message.build();
        let reader = match to {
            MailTo::Support => "support",
            MailTo::Contact(_) => "contact",
        };
        let answer = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .destination(
                Destination::builder()
                    .to_addresses(self.address(to))
                    .build(),
            )
            .set_reply_to_addresses(self.reply_to(to, email))
            .configuration_set_name(&self.configuration_set)
            .set_email_tags(Some(tags(reader, email.about.as_ref()).map_err(malformed)?))
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await
            .map_err(|error| error_of(OPERATION, error))?;
        Ok(answer.message_id.unwrap_or_default())
    }
}

/// The tags that SES's events about an email have: the kind of reader, which is also a dimension of
/// the configuration set's metrics, and the domain that the email is about.
fn tags(reader: &str, about: Option<&AboutDomain>) -> Result<Vec<MessageTag>, BuildError> {
    let about = about.map(AboutDomain::tags).into_iter().flatten();
    std::iter::once(("audience", reader.to_owned()))
        .chain(about)
        .map(|(name, value)| MessageTag::builder().name(name).value(value).build())
        .collect()
}

/// Whether an address is on the account's suppression list (SES v2 `GetSuppressedDestination`,
/// which returns `NotFoundException` for all other addresses).
async fn is_suppressed(client: &Client, address: &str) -> Result<bool, SesError> {
    let asked = client.get_suppressed_destination().email_address(address);
    match asked.send().await {
        Ok(_) => Ok(true),
        Err(error) => match error.as_service_error() {
            Some(refusal) if refusal.is_not_found_exception() => Ok(false),
            Some(_) | None => Err(error_of("GetSuppressedDestination", error)),
        },
    }
}

fn message(subject: &str, text: &str, html: &str) -> Result<MessageBuilder, BuildError> {
    let utf8 = |data: &str| Content::builder().data(data).charset("UTF-8").build();
    let body = Body::builder().text(utf8(text)?).html(utf8(html)?).build();
    Ok(Message::builder().subject(utf8(subject)?).body(body))
}

/// The headers of every email. `Auto-Submitted` (RFC 3834) prevents automatic replies; `References`
/// groups the emails about a domain into a conversation. SES keeps both unchanged (developer guide,
/// "Amazon SES header fields"), but replaces `Message-ID`.
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
    fn emails_have_the_auto_submitted_and_references_headers() {
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
        assert_eq!(of(None), std::slice::from_ref(&submitted));
        assert_eq!(
            of(Some(&thread)),
            [submitted, ("References".to_owned(), references)]
        );
    }
}
