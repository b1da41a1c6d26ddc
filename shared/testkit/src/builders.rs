//! Valid values with little text.

use std::hash::{DefaultHasher, Hash, Hasher};

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

/// The organizational domain by the public suffix list that is built in; of a public suffix, itself.
pub fn organizational(name: &str) -> &str {
    let parsed = DomainName::parse_held(name).expect("a valid domain name");
    let length = parsed.organizational().len();
    &name[name.len() - length..]
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

/// Tokens are labels, and a long name is none.
fn short(name: &str) -> String {
    if name.len() <= 50 {
        return name.to_owned();
    }
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The TXT token that SES gives for a name.
pub fn verification_token(name: &DomainName) -> VerificationToken {
    let token = format!("token+of/{}=", short(name.as_str()));
    VerificationToken::parse(&token).expect("a valid token")
}

/// The Easy DKIM tokens that SES gives for a name.
pub fn dkim(name: &DomainName) -> Dkim {
    let label = short(&name.as_str().replace('.', "-"));
    let token = |n| DkimToken::parse(&format!("{label}{n}")).expect("a valid token");
    Dkim {
        tokens: [token(1), token(2), token(3)],
        signing_hosted_zone: "dkim.amazonses.com".to_owned(),
    }
}
