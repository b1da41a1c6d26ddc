//! The effect of DMARC on mail (RFC 9989): which policy applies to mail from an address now, and
//! whether it would be refused.

use super::dmarc::{Alignment, Dmarc, Policy, Reach};
use super::tree_walk::{Applicable, DmarcRecords, Owner, applicable, organizational};
use super::verdict::Verdict;

/// A domain that mail is authenticated for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identifier<'a> {
    /// The domain.
    pub domain: &'a str,
    /// Whether DKIM or SPF passes for it.
    pub passes: Verdict,
}

/// Mail, as DMARC sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mail<'a> {
    /// The domain in From.
    pub author: &'a str,
    /// Whether that domain exists in DNS, which `np` depends on.
    pub exists: Verdict,
    /// The domain that signs (`d=`).
    pub dkim: Identifier<'a>,
    /// The domain in MAIL FROM.
    pub spf: Identifier<'a>,
}

/// What happens to mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The record that applies.
    pub applicable: Applicable,
    /// What the record asks for mail that fails; none if no policy applies. The harshest if it depends on
    /// whether the domain exists and that is not known.
    pub policy: Option<Policy>,
    /// Whether DKIM passes for a domain that is aligned with the one in From.
    pub dkim: Verdict,
    /// Whether SPF passes for a domain that is aligned with the one in From.
    pub spf: Verdict,
    /// Whether the mail would be kept from the inbox.
    pub refused: Verdict,
}

impl Delivery {
    /// Whether DMARC passes, or would pass if no policy applies.
    pub fn passes(&self) -> Verdict {
        Verdict::any([self.dkim, self.spf])
    }

    /// What the applicable record says.
    pub fn dmarc(&self) -> Option<&Dmarc> {
        match &self.applicable {
            Applicable::Record { dmarc, .. } => Some(dmarc),
            Applicable::Unreadable { .. } | Applicable::Nothing | Applicable::Unknown => None,
        }
    }
}

/// Which policy applies to `mail` now, and whether it would be refused.
pub fn delivery(mail: &Mail<'_>, records: &dyn DmarcRecords) -> Delivery {
    let applicable = applicable(mail.author, records);
    let dmarc = match &applicable {
        Applicable::Record { owner, dmarc, .. } => Some((dmarc, *owner)),
        Applicable::Unreadable { .. } | Applicable::Nothing | Applicable::Unknown => None,
    };
    let modes = dmarc.map(|(dmarc, _)| (dmarc.dkim, dmarc.spf));
    let aligned = |identifier: Identifier<'_>, mode| {
        let aligned = aligned(mail.author, identifier.domain, mode, records);
        Verdict::all([identifier.passes, aligned])
    };
    let dkim = aligned(mail.dkim, modes.map(|modes| modes.0));
    let spf = aligned(mail.spf, modes.map(|modes| modes.1));
    let asked = dmarc.map(|(dmarc, owner)| match (owner, mail.exists) {
        (Owner::Author, _) => [dmarc.asks(Reach::Itself); 2],
        (Owner::Organization | Owner::PublicSuffix, Verdict::Yes) => [dmarc.asks(Reach::Below); 2],
        (Owner::Organization | Owner::PublicSuffix, Verdict::No) => {
            [dmarc.asks(Reach::BelowNonexistent); 2]
        }
        (Owner::Organization | Owner::PublicSuffix, Verdict::Unknown) => [
            dmarc.asks(Reach::Below),
            dmarc.asks(Reach::BelowNonexistent),
        ],
    });
    let blocks = match (&applicable, asked) {
        (_, Some([one, other])) if one.blocks() == other.blocks() => Verdict::of(one.blocks()),
        (_, Some(_)) | (Applicable::Unknown, None) => Verdict::Unknown,
        (Applicable::Record { .. } | Applicable::Unreadable { .. } | Applicable::Nothing, None) => {
            Verdict::No
        }
    };
    Delivery {
        policy: asked.map(|[one, other]| one.max(other)),
        refused: Verdict::all([blocks, !Verdict::any([dkim, spf])]),
        applicable,
        dkim,
        spf,
    }
}

/// Whether an authenticated domain is aligned with the one in From (RFC 9989 section 4.4). Where no
/// policy applies, as under a policy with relaxed alignment at the upper one of both names.
fn aligned(
    author: &str,
    domain: &str,
    mode: Option<Alignment>,
    records: &dyn DmarcRecords,
) -> Verdict {
    if author.eq_ignore_ascii_case(domain) {
        return Verdict::Yes;
    }
    match mode {
        Some(Alignment::Strict) => Verdict::No,
        Some(Alignment::Relaxed) => {
            match (
                organizational(author, records),
                organizational(domain, records),
            ) {
                (Some(one), Some(other)) => Verdict::of(one.eq_ignore_ascii_case(other)),
                (None, _) | (_, None) => Verdict::Unknown,
            }
        }
        None => Verdict::of(is_below(author, domain) || is_below(domain, author)),
    }
}

fn is_below(name: &str, above: &str) -> bool {
    name.strip_suffix(above)
        .is_some_and(|front| front.ends_with('.'))
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
