//! Valid values with little text.

use domain_auth::domain::NewDomain;
use domain_auth::identity::{Dkim, DkimToken, MailFromLabel, SesIdentity, VerificationToken};
use domain_auth::names::{ClientId, DomainName};

/// A client.
pub fn client(id: &str) -> ClientId {
    ClientId::parse(id).expect("a valid client")
}

/// A domain name.
pub fn domain_name(name: &str) -> DomainName {
    DomainName::parse(name).expect("a valid domain name")
}

/// A domain as a client gives it.
pub fn new_domain(client_id: &str, name: &str) -> NewDomain {
    NewDomain {
        name: domain_name(name),
        client: client(client_id),
        community: None,
        contact_email: None,
    }
}

/// The identity that [`crate::FakeSes`] makes of a name.
pub fn identity(name: &DomainName) -> SesIdentity {
    SesIdentity {
        verification_token: Some(verification_token(name)),
        dkim: Some(dkim(name)),
        mail_from: Some(MailFromLabel::default_label()),
        region: "us-east-1".to_owned(),
        adopted: None,
    }
}

/// The TXT token that SES gives for a name.
pub fn verification_token(name: &DomainName) -> VerificationToken {
    VerificationToken::parse(&format!("token+of/{name}=")).expect("a valid token")
}

/// The Easy DKIM tokens that SES gives for a name.
pub fn dkim(name: &DomainName) -> Dkim {
    let label = name.as_str().replace('.', "-");
    let token = |n| DkimToken::parse(&format!("{label}{n}")).expect("a valid token");
    Dkim {
        tokens: [token(1), token(2), token(3)],
        signing_hosted_zone: "dkim.amazonses.com".to_owned(),
    }
}
