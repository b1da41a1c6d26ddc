//! The name that a domain-spec of an SPF term stands for (RFC 7208 section 7.3).

/// Longest name (RFC 1035 section 2.3.4), without the final dot.
const MAX_NAME: usize = 253;
/// Longest label (RFC 1035 section 2.3.4).
const MAX_LABEL: usize = 63;

/// What a domain-spec stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// This name, in lower case and without a final dot.
    Name(String),
    /// Text that is not a name: nothing can be there (RFC 7208 section 4.3).
    NoName,
    /// It is different for each mail: it has a macro of the address, the sender's local part or the
    /// name in HELO.
    Unknown,
}

/// Expands a valid domain-spec in the record at `domain`, for mail with a MAIL FROM at `mail_from`.
pub(super) fn target(spec: &str, domain: &str, mail_from: &str) -> Target {
    match expand(spec, domain, mail_from) {
        Some(name) => named(&name),
        None => Target::Unknown,
    }
}

fn named(name: &str) -> Target {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let mut short = name.as_str();
    // A name that is too long loses labels on the left (RFC 7208 section 7.3).
    while short.len() > MAX_NAME {
        match short.split_once('.') {
            Some((_, rest)) => short = rest,
            None => return Target::NoName,
        }
    }
    let is_label = |label: &str| (1..=MAX_LABEL).contains(&label.len());
    if short.split('.').all(is_label) {
        Target::Name(short.to_owned())
    } else {
        Target::NoName
    }
}

fn expand(spec: &str, domain: &str, mail_from: &str) -> Option<String> {
    let mut name = String::new();
    let mut rest = spec;
    while let Some((plain, after)) = rest.split_once('%') {
        name.push_str(plain);
        let mut characters = after.chars();
        match characters.next()? {
            '%' => name.push('%'),
            '_' => name.push(' '),
            '-' => name.push_str("%20"),
            '{' => {
                let (body, after) = characters.as_str().split_once('}')?;
                name.push_str(&value(body, domain, mail_from)?);
                rest = after;
                continue;
            }
            _ => return None,
        }
        rest = characters.as_str();
    }
    name.push_str(rest);
    Some(name)
}

/// A macro, if its value is known.
fn value(body: &str, domain: &str, mail_from: &str) -> Option<String> {
    let mut characters = body.chars();
    let value = match characters.next()?.to_ascii_lowercase() {
        'd' => domain,
        'o' => mail_from,
        _ => return None,
    };
    let transformers = characters.as_str();
    let digits = transformers.bytes().take_while(u8::is_ascii_digit).count();
    let (count, transformers) = transformers.split_at_checked(digits)?;
    let (reverse, delimiters) = match transformers.strip_prefix(['r', 'R']) {
        Some(delimiters) => (true, delimiters),
        None => (false, transformers),
    };
    let mut parts: Vec<&str> = if delimiters.is_empty() {
        value.split('.').collect()
    } else {
        value.split(|c| delimiters.contains(c)).collect()
    };
    if reverse {
        parts.reverse();
    }
    if !count.is_empty() {
        let count: usize = count.parse().ok()?;
        let first = parts.len().saturating_sub(count);
        parts.drain(..first);
    }
    Some(parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(spec: &str) -> Target {
        target(spec, "email.example.com", "strong.example.org")
    }

    fn name(name: &str) -> Target {
        Target::Name(name.to_owned())
    }

    #[test]
    fn the_examples_of_section_7_4_that_do_not_depend_on_the_mail_are_expanded() {
        for (spec, expanded) in [
            ("%{o}", "strong.example.org"),
            ("%{d}", "email.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d3}", "email.example.com"),
            ("%{d2}", "example.com"),
            ("%{d1}", "com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            ("%{D2}._SPF.Example.NET.", "example.com._spf.example.net"),
            ("%{d-}.x", "email.example.com.x"),
            ("%{d1r-}.x", "email.example.com.x"),
            ("_spf.%%.example.com", "_spf.%.example.com"),
        ] {
            assert_eq!(at(spec), name(expanded), "{spec}");
        }
    }

    #[test]
    fn a_target_that_depends_on_the_mail_is_unknown() {
        for spec in [
            "%{i}._spf.%{d2}",
            "%{ir}.%{v}._spf.%{d2}",
            "%{lr-}.lp._spf.%{d2}",
            "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}",
            "%{i}._ip.%{h}._ehlo.%{d}._spf.vali.email",
            "%{s}.example.com",
            "%{p}.example.com",
        ] {
            assert_eq!(at(spec), Target::Unknown, "{spec}");
        }
    }

    #[test]
    fn a_name_that_is_invalid_in_dns_is_not_a_target() {
        let label = "a".repeat(64);
        for spec in ["mail.example...com", &format!("{label}.example.com"), "."] {
            assert_eq!(at(spec), Target::NoName, "{spec}");
        }
        let long = format!("{}com", "a23456789.".repeat(30));
        let Target::Name(short) = at(&long) else {
            panic!("labels are taken off on the left");
        };
        assert!(short.len() <= MAX_NAME && long.ends_with(&short));
    }
}
