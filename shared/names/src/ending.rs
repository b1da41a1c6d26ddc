//! The last part of a name: whether domains of the Internet end with it, and which ending was
//! meant.

use crate::public_suffix::PublicSuffix;
use crate::refusal::InvalidReason;

/// Names for documentation (RFC 2606 section 3; `example.edu` by EDUCAUSE).
const EXAMPLES: &[&str] = &["example.com", "example.net", "example.org", "example.edu"];
/// Reserved endings without domains (RFC 2606 section 2, RFC 6761, RFC 3172).
const RESERVED: &[&str] = &["example", "invalid", "test", "arpa", "onion", "alt"];
/// Endings of private networks: by RFC 6761, RFC 6762 and its appendix G, by ICANN's resolution on
/// `.internal`, and by the defaults of Unix and routers.
const PRIVATE: &[&str] = &[
    "local",
    "localhost",
    "localdomain",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "workgroup",
    "domain",
];
/// The endings that people mean most often when they misspell one, the most common first.
const COMMON: &[&str] = &[
    "com",
    "net",
    "org",
    "info",
    "homes",
    "house",
    "build",
    "builders",
    "realty",
    "construction",
    "properties",
    "community",
    "email",
    "online",
    "biz",
    "edu",
    "gov",
];

/// The name for devices in homes (RFC 8375). The public suffix list has it, too.
const HOME: &str = "home.arpa";

/// Refuses a name in A-labels that exists only inside private networks.
pub(crate) fn check_private(name: &str) -> Result<(), InvalidReason> {
    if is_at_or_below(name, HOME) {
        return Err(InvalidReason::PrivateEnding(HOME.to_owned()));
    }
    let ending = ending_of(name);
    if PRIVATE.contains(&ending) {
        return Err(InvalidReason::PrivateEnding(ending.to_owned()));
    }
    Ok(())
}

fn is_at_or_below(name: &str, above: &str) -> bool {
    name.strip_suffix(above)
        .is_some_and(|front| front.is_empty() || front.ends_with('.'))
}

/// Refuses a name in A-labels at which no company can have its mail.
pub(crate) fn check(name: &str) -> Result<(), InvalidReason> {
    let below = |above: &&&str| is_at_or_below(name, above);
    if let Some(example) = EXAMPLES.iter().find(below) {
        return Err(InvalidReason::ForExamples((*example).to_owned()));
    }
    check_private(name)?;
    let ending = ending_of(name);
    if RESERVED.contains(&ending) {
        return Err(InvalidReason::ReservedEnding(ending.to_owned()));
    }
    if !PublicSuffix::of(name).is_known {
        return Err(InvalidReason::UnknownEnding(ending.to_owned()));
    }
    Ok(())
}

/// The name with the ending that was probably meant. Only if its ending does not exist on the
/// Internet and one mistake separates it from a common one: a letter too many, too few, a wrong
/// one, or two exchanged.
pub(crate) fn corrected(name: &str) -> Option<String> {
    let ending = ending_of(name);
    let front = name.strip_suffix(ending)?;
    if RESERVED.contains(&ending) || PRIVATE.contains(&ending) {
        return None;
    }
    let meant = COMMON.iter().find(|common| one_mistake(ending, common))?;
    Some(format!("{front}{meant}"))
}

fn ending_of(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn one_mistake(typed: &str, meant: &str) -> bool {
    let (typed, meant) = (typed.as_bytes(), meant.as_bytes());
    let same = typed.iter().zip(meant).take_while(|(a, b)| a == b).count();
    let (typed, meant) = (&typed[same..], &meant[same..]);
    match (typed, meant) {
        ([_, rest @ ..], meant) if rest == meant => true,
        (typed, [_, rest @ ..]) if typed == rest => true,
        ([_, typed @ ..], [_, meant @ ..]) if typed == meant => true,
        ([a, b, typed @ ..], [c, d, meant @ ..]) => a == d && b == c && typed == meant,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::public_suffix::is_public_suffix;

    #[test]
    fn a_single_mistake_in_a_common_ending_is_corrected() {
        for (typed, meant) in [
            ("a.con", Some("a.com")),
            ("a.cmo", Some("a.com")),
            ("a.comm", Some("a.com")),
            ("a.c0m", Some("a.com")),
            ("a.nte", Some("a.net")),
            ("a.homs", Some("a.homes")),
            ("a.asdf", None),
            ("a.test", None),
            ("a.local", None),
        ] {
            assert_eq!(corrected(typed).as_deref(), meant, "{typed}");
        }
    }

    #[test]
    fn every_common_ending_is_a_public_suffix() {
        for ending in COMMON.iter().chain(&["ca", "co.uk", "xn--p1ai"]) {
            assert!(is_public_suffix(ending) && check(&format!("maple.{ending}")).is_ok());
        }
        for none in RESERVED.iter().chain(PRIVATE) {
            assert!(check(&format!("maple.{none}")).is_err(), "{none}");
        }
        assert!(check("notexample.com").is_ok());
        assert!(check("mail.example.com").is_err());
    }
}
