//! The address of a domain, which is the same in the console and in the API.

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
    use crate::words::path_part;

    #[test]
    fn a_client_identifier_in_a_path_is_decoded() {
        for client in ["maple-homes", "a/b@c", "x+y=z", "~", "a:b"] {
            assert_eq!(readable(&path_part(client)), client);
        }
        assert_eq!(readable("a~zz~"), "a~zz~");
    }
}
