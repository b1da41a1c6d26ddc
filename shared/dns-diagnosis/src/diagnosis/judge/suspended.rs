//! Name servers of domains that are suspended, expired or for sale.

/// Words in the names of the servers to which registrars delegate a domain that is suspended, that
/// waits for its owner to confirm an email address, or that has expired. Registrars publish no list of
/// them: `ns1.verification-hold.suspended-domain.com`, `ns1.pendingrenewaldeletion.com`,
/// `ns1.renewyourname.net`, `expirens3.hichina.com`, `failed-whois-verification.namecheap.com`.
///
/// And the servers of companies that show advertisements at names which are for sale or forgotten: they
/// publish nothing for the owner of the name.
const SUSPENDED: [&str; 19] = [
    "sedoparking",
    "cashparking",
    "parkingcrew",
    "parklogic",
    "domainparking",
    "parking-page",
    ".bodis.com",
    ".dan.com",
    ".afternic.com",
    ".hugedomains.com",
    "suspended",
    "suspension",
    "verification-hold",
    "whois-verification",
    "verify-contact-details",
    "expired",
    "expirens",
    "pendingrenewal",
    "renewyourname",
];

/// Whether a zone has name servers, and all of them are for suspended domains. A server with a name below the
/// domain is the domain's own, whatever that name says. `domain` is the organizational domain, in lower case.
pub(super) fn are_for_suspended(hosts: &[String], domain: &str) -> bool {
    let stands_for_it = |host: &String| {
        let host = host.to_ascii_lowercase();
        let front = host.strip_suffix(domain);
        let is_own = front.is_some_and(|front| front.is_empty() || front.ends_with('.'));
        !is_own && SUSPENDED.iter().any(|word| host.contains(word))
    };
    !hosts.is_empty() && hosts.iter().all(stands_for_it)
}
