//! Where a domain is: in the console and in the API, which have the same addresses.

/// A domain of the person's own client, or of a client that Lasso support looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// In A-labels, as in the address.
    pub(crate) domain: String,
    /// `/domains/{domain}`, or the same below `/staff/clients/{client}`.
    pub(crate) path: String,
    /// The list that it is in.
    pub(crate) list: String,
    /// The client as people read it; empty for the person's own.
    pub(crate) client: String,
    /// What the check is called in the address.
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

    /// A domain of the client with this part of the address.
    pub(crate) fn of_client(client: &str, domain: &str) -> Self {
        Self {
            domain: domain.to_owned(),
            path: format!("/staff/clients/{client}/domains/{domain}"),
            list: format!("/staff/clients/{client}"),
            client: readable(client),
            check: "recheck",
        }
    }

    /// Whether Lasso support looks at it.
    pub(crate) fn is_staff(&self) -> bool {
        !self.client.is_empty()
    }

    /// An address below it.
    pub(crate) fn under(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    /// The address of its check.
    pub(crate) fn check_path(&self) -> String {
        self.under(self.check)
    }
}

/// An identifier of a client, of its part of an address.
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
    fn a_client_is_read_out_of_an_address() {
        for client in ["maple-homes", "a/b@c", "x+y=z", "~", "a:b"] {
            assert_eq!(readable(&path_part(client)), client);
        }
        assert_eq!(readable("a~zz~"), "a~zz~");
    }
}
