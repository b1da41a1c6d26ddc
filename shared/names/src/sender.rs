//! The address that mail is to be sent from, in every form that RFC 5321 allows and SES accepts.

use super::{DomainName, DomainNameError, InvalidReason};

/// Longest local part, in octets (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL_PART: usize = 64;

/// The part of a sender's address that decides: its domain. The local part is checked but not
/// stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderDomain(DomainName);

/// Why an address is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SenderError {
    /// Mail cannot be sent from such an address.
    #[error("this is not an email address")]
    NotAnAddress,
    /// Its domain is a public suffix, which no client can add now, but may have added before.
    #[error("the domain of this address is a public suffix")]
    PublicSuffix(DomainName),
}

impl SenderDomain {
    /// Parses `local-part@domain`, also in angle brackets after a display name (RFC 5322 section
    /// 3.4): a dot-atom or a quoted local part (RFC 5321 section 4.1.2) in ASCII, because SES
    /// accepts no other, and a domain that may be internationalized.
    pub fn parse(mailbox: &str) -> Result<Self, SenderError> {
        let address = addr_spec(mailbox).ok_or(SenderError::NotAnAddress)?;
        let (local, domain) = address.rsplit_once('@').ok_or(SenderError::NotAnAddress)?;
        let is_local = is_dot_atom(local) || is_quoted(local);
        if !is_local || local.len() > MAX_LOCAL_PART || domain.contains(char::is_whitespace) {
            return Err(SenderError::NotAnAddress);
        }
        match DomainName::parse(domain) {
            // If a name is too long to be added, the name above it decides.
            Ok(name) => Ok(Self(name.nearest_for_sending())),
            // The name of the host cannot be added, so the name above it decides.
            Err(DomainNameError {
                reason: InvalidReason::WwwHost,
                suggestion: Some(above),
                ..
            }) => Ok(Self(above)),
            Err(error) if error.reason == InvalidReason::PublicSuffix => {
                let name = DomainName::parse_held(domain);
                Err(name.map_or(SenderError::NotAnAddress, SenderError::PublicSuffix))
            }
            Err(_) => Err(SenderError::NotAnAddress),
        }
    }

    /// The domain that is to be authenticated.
    pub fn name(&self) -> &DomainName {
        &self.0
    }
}

/// The address of a mailbox: the whole text, or the part in angle brackets after a display name.
/// `None` if the text before the brackets is not a display name. Otherwise only the last of several
/// addresses would be judged.
fn addr_spec(mailbox: &str) -> Option<&str> {
    let trimmed = mailbox.trim_matches([' ', '\t']);
    let Some(name_addr) = trimmed.strip_suffix('>') else {
        return Some(mailbox);
    };
    let mut rest = name_addr.chars();
    while let Some(character) = rest.next() {
        match character {
            '<' => return Some(rest.as_str()),
            '"' => skip_quoted(&mut rest)?,
            ' ' | '\t' | '.' => {}
            other if is_atext(other) || is_international(other) => {}
            _ => return None,
        }
    }
    None
}

/// Skips past the closing quotation mark of a quoted word in a display name.
fn skip_quoted(rest: &mut std::str::Chars<'_>) -> Option<()> {
    loop {
        let character = match rest.next()? {
            '"' => return Some(()),
            '\\' => rest.next()?,
            other => other,
        };
        if character.is_control() && character != '\t' {
            return None;
        }
    }
}

/// A character that RFC 6532 (section 3.2) allows in words.
fn is_international(character: char) -> bool {
    !character.is_ascii() && !character.is_control()
}

fn is_atext(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(character)
}

fn is_dot_atom(local: &str) -> bool {
    local
        .split('.')
        .all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// Between quotation marks, any printable character; a quotation mark or a backslash needs a
/// backslash before it.
fn is_quoted(local: &str) -> bool {
    let inner = local
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let Some(inner) = inner else {
        return false;
    };
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        let taken = match character {
            '\\' => characters.next(),
            '"' => None,
            other => Some(other),
        };
        if !taken.is_some_and(|c| (' '..='~').contains(&c)) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain_of(address: &str) -> Result<String, SenderError> {
        SenderDomain::parse(address).map(|sender| sender.name().to_string())
    }

    #[test]
    fn the_domain_is_read_from_every_form_of_an_address() {
        for (address, domain) in [
            ("sales@example.com", "example.com"),
            ("Sales+spring@Example.COM", "example.com"),
            ("\"jo @ the desk\"@mail.example.com", "mail.example.com"),
            ("\"a\\\"b\\\\\"@example.com", "example.com"),
            ("info@bücher.example", "xn--bcher-kva.example"),
            ("info@www.example.com", "example.com"),
            ("o'neil/x=y@example.com", "example.com"),
        ] {
            assert_eq!(domain_of(address).as_deref(), Ok(domain), "{address}");
        }
    }

    #[test]
    fn a_display_name_in_front_of_an_address_changes_nothing() {
        for mailbox in [
            "Jane <jane@example.com>",
            "\"Jane Doe\" <jane@example.com>",
            "\"Doe, Jane \\\"JD\\\" <sales>\"<jane@example.com>",
            " John Q. Public <jane@example.com> ",
            "\"jane@other.example\" <jane@example.com>",
            "Zoë Müller <jane@example.com>",
            "=?utf-8?q?Zo=C3=AB?= <jane@example.com>",
            "<jane@example.com>",
            "Jane <\"a<b>@c\"@example.com>",
        ] {
            assert_eq!(
                domain_of(mailbox).as_deref(),
                Ok("example.com"),
                "{mailbox}"
            );
        }
    }

    #[test]
    fn only_a_single_mailbox_is_an_address() {
        for nonsense in [
            "Jane <>",
            "Jane jane@example.com>",
            "Jane <jane@example.com",
            "Jane <jane@example.com> x",
            "jane@other.example <jane@example.com>",
            "Doe, Jane <jane@example.com>",
            "a@other.example, Jane <jane@example.com>",
            "Jane <a@other.example> <jane@example.com>",
            "Jane <<jane@example.com>>",
            "Sales: <jane@example.com>",
            "\"Jane <jane@example.com>",
            "\"Jane\r\nBcc: x\" <jane@example.com>",
            "Jane\n<jane@example.com>",
            "Jane (the boss) <jane@example.com>",
            ">",
            "<>",
        ] {
            assert_eq!(
                domain_of(nonsense),
                Err(SenderError::NotAnAddress),
                "{nonsense}"
            );
        }
    }

    #[test]
    fn for_a_name_too_long_to_add_the_name_above_is_used() {
        let below = |labels: usize| {
            format!(
                "a@{}example.com",
                format!("{}.", "x".repeat(30)).repeat(labels)
            )
        };
        assert_eq!(domain_of(&below(6)), Ok(below(6)[2..].to_owned()));
        assert_eq!(domain_of(&below(7)), Ok(below(6)[2..].to_owned()));
    }

    #[test]
    fn nonsense_is_refused_as_an_address() {
        for nonsense in [
            "",
            "@",
            "sales",
            "@example.com",
            "sales@",
            "sales@localhost",
            "sales@[192.0.2.1]",
            "sales@192.0.2.1",
            "a@b@example.com",
            "a..b@example.com",
            ".a@example.com",
            "a b@example.com",
            "\"@example.com",
            "\"a\"b\"@example.com",
            "\"a\\\"@example.com",
            "\"a\r\nBcc: x\"@example.com",
            "bücher@example.com",
            "a@ example.com",
            "a@example.com/x",
            "a@xn--a.com",
            "a@example..com",
        ] {
            let refused = domain_of(nonsense);
            assert_eq!(refused, Err(SenderError::NotAnAddress), "{nonsense}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        assert_eq!(domain_of(&long), Err(SenderError::NotAnAddress));
        let suffix = DomainName::parse_held("co.uk").unwrap();
        assert_eq!(domain_of("a@co.uk"), Err(SenderError::PublicSuffix(suffix)));
    }
}
