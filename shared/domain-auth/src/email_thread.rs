//! The conversation that an email belongs to, so that a mailbox shows all emails about one domain together.

use std::fmt;

use crate::fnv::fnv1a_64;
use crate::names::{ClientId, DomainName};

/// Names the conversation about one domain of one client: the left part of a message identifier
/// (RFC 5322, section 3.6.4). No email has this identifier; all emails of the conversation refer to
/// it. They cannot refer to each other, because SES chooses the `Message-ID` of each email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailThread(String);

impl EmailThread {
    /// The conversation about a client's domain.
    pub fn of(client: &ClientId, domain: &DomainName) -> Self {
        let key = format!("{client}#{domain}");
        Self(format!("{domain}.{:016x}", fnv1a_64(key.into_bytes())))
    }

    /// The value of the header `References` for emails from this sender: printable ASCII without a
    /// line break, for every sender.
    pub fn references(&self, sender: &str) -> String {
        let domain = sender.rsplit('@').next().unwrap_or_default();
        let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '.' || *c == '-';
        let domain: String = domain.chars().filter(plain).collect();
        format!("<{self}@{domain}>")
    }
}

impl fmt::Display for EmailThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thread(client: &str, domain: &str) -> EmailThread {
        let client = ClientId::parse(client).unwrap();
        EmailThread::of(&client, &DomainName::parse(domain).unwrap())
    }

    #[test]
    fn each_domain_of_each_client_has_its_own_email_thread() {
        let one = thread("maple", "example.com");
        assert_eq!(one, thread("maple", "EXAMPLE.com"));
        assert_ne!(one, thread("cedar", "example.com"));
        assert_ne!(one, thread("maple", "example.net"));
    }

    #[test]
    fn the_references_header_is_one_message_identifier_in_ascii() {
        for sender in [
            "no-reply@lasso.example",
            "Lasso <no-reply@lasso.example>",
            "a@lasso.example\r\nBcc: x",
        ] {
            let header = thread("a/b@c=d", "bücher.example").references(sender);
            assert!(header.starts_with("<xn--bcher-kva.example."), "{header}");
            assert!(header.ends_with('>') && header.matches('@').count() == 1);
            assert!(header.chars().all(|c| c.is_ascii_graphic()), "{header}");
        }
    }
}
