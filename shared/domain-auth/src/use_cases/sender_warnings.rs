//! What a client should know of mail from an address although Lasso sends it: that mail servers would
//! refuse it by the domain's own DMARC policy.

use crate::delivery::{SendingDomain, delivery_from};
use crate::dns_look::DnsLook;
use crate::domain::Domain;
use crate::email_auth::{Applicable, Policy, Verdict};
use crate::names::{ClientId, DomainName};
use crate::ports::{ReadDomains, StoreError};
use crate::records::RecordId;

/// A warning about mail from an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SenderWarning {
    /// Mail servers would refuse it, or treat it as spam.
    RefusedByDmarc(RefusedByDmarc),
}

/// Why mail would be refused (RFC 9989).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedByDmarc {
    /// The domain of the address.
    pub author: DomainName,
    /// The name whose policy it is, without `_dmarc`.
    pub policy_of: String,
    /// What that policy asks for.
    pub policy: Policy,
    /// Whether the mail is signed, and only not for the domain of the address: strict alignment, or an
    /// organization of its own.
    pub is_signed: bool,
}

/// The warnings about mail from an address at `author`, which `domain` covers. One more read by key,
/// where Lasso sends.
pub(super) async fn warnings<S: ReadDomains>(
    store: &S,
    client: &ClientId,
    author: &DomainName,
    domain: &Domain,
) -> Result<Vec<SenderWarning>, StoreError> {
    // A look of before the records were others says nothing.
    if !domain.state.status().sends() || domain.dns_looked_at.is_none() {
        return Ok(Vec::new());
    }
    let look = store.look(client, &domain.name).await?;
    let refused = look.and_then(|look| refused(author, domain, &look));
    Ok(refused
        .map(SenderWarning::RefusedByDmarc)
        .into_iter()
        .collect())
}

fn refused(author: &DomainName, domain: &Domain, look: &DnsLook) -> Option<RefusedByDmarc> {
    let records = domain.records();
    let mut records = records.iter();
    let mail_from = records.find(|record| record.id == RecordId::MailFromMx);
    let through = SendingDomain {
        name: &domain.name,
        mail_from: mail_from.map(|record| record.name.as_str()),
        ses: domain.ses.map(|ses| ses.status),
        diagnosis: &look.diagnosis,
    };
    let delivery = delivery_from(author.as_str(), &through);
    let own = delivery_from(domain.name.as_str(), &through);
    match (delivery.refused, delivery.applicable, delivery.policy) {
        (Verdict::Yes, Applicable::Record { at, .. }, Some(policy)) => Some(RefusedByDmarc {
            author: author.clone(),
            policy_of: at,
            policy,
            is_signed: own.dkim == Verdict::Yes,
        }),
        (Verdict::Yes | Verdict::No | Verdict::Unknown, _, _) => None,
    }
}
