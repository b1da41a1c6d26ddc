//! Short functions for valid values.

use domain_auth::domain::NewDomain;
use domain_auth::identity::{Dkim, DkimToken, MailFromLabel, SesIdentity, VerificationToken};
use domain_auth::names::{ClientId, DomainName};
use ses_model::{SIGNING_HOSTED_ZONE, TokenSource};

/// A client.
pub fn client(id: &str) -> ClientId {
    ClientId::parse(id).expect("a valid client")
}

/// A domain name.
pub fn domain_name(name: &str) -> DomainName {
    DomainName::parse(name).expect("a valid domain name")
}

/// The organizational domain by the built-in public suffix list; for a public suffix, itself.
pub fn organizational(name: &str) -> &str {
    let parsed = DomainName::parse_held(name).expect("a valid domain name");
    let length = parsed.organizational().len();
    &name[name.len() - length..]
}

/// A domain as a client adds it.
pub fn new_domain(client_id: &str, name: &str) -> NewDomain {
    NewDomain {
        name: domain_name(name),
        client: client(client_id),
        community: None,
        contact_email: None,
    }
}

/// The identity that [`crate::FakeSes`] creates for a name.
pub fn identity(name: &DomainName) -> SesIdentity {
    SesIdentity {
        verification_token: Some(verification_token(name)),
        dkim: Some(dkim(name)),
        mail_from: Some(MailFromLabel::default_label()),
        region: "us-east-1".to_owned(),
        adopted: None,
    }
}

/// The TXT token that [`crate::FakeSes`] returns for a name.
pub fn verification_token(name: &DomainName) -> VerificationToken {
    let token = TokenSource::Readable.verification(name.as_str(), 0);
    VerificationToken::parse(&token).expect("a valid token")
}

/// The Easy DKIM tokens that [`crate::FakeSes`] returns for a name.
pub fn dkim(name: &DomainName) -> Dkim {
    let tokens = TokenSource::Readable.dkim(name.as_str(), 0);
    Dkim {
        tokens: tokens.map(|token| DkimToken::parse(&token).expect("a valid token")),
        signing_hosted_zone: SIGNING_HOSTED_ZONE.to_owned(),
    }
}
