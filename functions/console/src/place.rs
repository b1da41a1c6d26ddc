//! The address of a domain, which is the same in the console and in the API.

use domain_auth::names::{ClientId, DomainName};

/// A domain of the person's own client, or of a client whose domains Lasso support is viewing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// In A-labels, as in the address.
    pub(crate) domain: String,
    /// `/domains/{domain}`, or this path below `/staff/clients/{client}`.
    pub(crate) path: String,
    /// The path of its list.
    pub(crate) list: String,
    /// The client in readable form; empty for the person's own client.
    pub(crate) client: String,
    /// The name of the check in the path.
    pub(crate) check: &'static str,
}

impl Place {
    /// A domain of the person's own client.
    pub(crate) fn own(domain: &str) -> Self {
        Self {
            domain: domain.to_owned(),
            path: format!("/domains/{domain}"),
            list: "/".to_owned(),
            client: String::new(),
            check: "check",
        }
    }

    /// A domain of the client whose identifier is this part of the path.
    pub(crate) fn of_client(client: &str, domain: &str) -> Self {
        Self {
            domain: domain.to_owned(),
            path: format!("/staff/clients/{client}/domains/{domain}"),
            list: format!("/staff/clients/{client}"),
            client: readable(client),
            check: "recheck",
        }
    }

    /// The domain in Unicode; for Lasso support with its A-labels, if they differ.
    pub(crate) fn name(&self) -> String {
        let unicode = unicode(&self.domain);
        if self.is_staff() && unicode != self.domain {
            format!("{unicode} ({})", self.domain)
        } else {
            unicode
        }
    }

    /// Whether Lasso support is viewing it.
    pub(crate) fn is_staff(&self) -> bool {
        !self.client.is_empty()
    }

    /// A path below it.
    pub(crate) fn under(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    /// The path of its check.
    pub(crate) fn check_path(&self) -> String {
        self.under(self.check)
    }
}

/// A domain in Unicode, for display.
pub(crate) fn unicode(domain: &str) -> String {
    DomainName::parse_held(domain).map_or_else(|_| domain.to_owned(), |name| name.to_unicode())
}

/// The path of a client's domains in the console and in the API; `None` if this is not an identifier.
pub(crate) fn of_client(client: &str) -> Option<String> {
    let client = ClientId::parse(client).ok()?;
    Some(format!("/staff/clients/{}", client.to_path_segment()))
}

/// The identifier of a client from its part of a path.
pub(crate) fn readable(part: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('~') {
        bytes.extend_from_slice(before.as_bytes());
        let digits = after.get(..2);
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(b'~');
            rest = after;
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_identifier_in_a_path_is_decoded() {
        for client in ["maple-homes", "a/b@c", "x+y=z", ".", "..", "a:b"] {
            let path = of_client(client).unwrap();
            let (_, part) = path.rsplit_once('/').unwrap();
            assert_eq!(readable(part), client);
            assert!(!["", ".", ".."].contains(&part), "{part}");
        }
        assert_eq!(of_client("Maple Homes"), None);
        assert_eq!(readable("a~zz~"), "a~zz~");
    }

    #[test]
    fn a_name_is_shown_in_unicode_and_to_lasso_support_in_both_forms() {
        let domain = "xn--bcher-kva.com";
        assert_eq!(Place::own(domain).name(), "bücher.com");
        let for_support = Place::of_client("maple-homes", domain).name();
        assert_eq!(for_support, "bücher.com (xn--bcher-kva.com)");
        assert_eq!(Place::own("example.com").name(), "example.com");
    }
}
