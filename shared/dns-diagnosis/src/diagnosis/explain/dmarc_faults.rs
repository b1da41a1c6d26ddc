//! Why mail servers cannot read a DMARC record, or a part of it.

use crate::diagnosis::judge::{Joined, decode};
use crate::email_auth::{DmarcError, is_dmarc, is_void_tag};

/// Why mail servers cannot read a DMARC record, after "it".
pub(super) fn unreadable(raw: &str, error: &DmarcError) -> String {
    let text = decode(raw);
    let hidden = |c: char| c != ' ' && (c.is_whitespace() || c.is_control());
    match error {
        _ if Joined::of(raw).is_some() => "holds values that have run together".to_owned(),
        DmarcError::NotDmarc if is_dmarc(raw.trim_start()) => {
            "has a space in front of v=DMARC1".to_owned()
        }
        DmarcError::NotDmarc if text.contains('\\') => "has backslashes (\\) in it".to_owned(),
        DmarcError::NotDmarc if text.trim().starts_with(['"', '“', '\'']) => {
            "has quotation marks around it".to_owned()
        }
        DmarcError::NotDmarc => match behind_version(raw) {
            Some(sign) => format!("has {sign} after v=DMARC1, where a semicolon (;) belongs"),
            None => "does not begin with v=DMARC1 and a semicolon (;)".to_owned(),
        },
        DmarcError::NoPolicy | DmarcError::UnknownPolicy(_) if text.contains(hidden) => {
            "has an invisible character in it, so that they do not see the policy".to_owned()
        }
        DmarcError::NoPolicy if written(raw, "p") != "p" => {
            format!("has {}, which has to begin with p=", written(raw, "p"))
        }
        DmarcError::NoPolicy if is_void_tag("rua", value_of(raw, "rua")) => {
            "has two mistakes: it has no policy (such as p=none), and mailto: is missing in front of its address for \
             reports"
                .to_owned()
        }
        DmarcError::NoPolicy => "has no policy, such as p=none".to_owned(),
        DmarcError::UnknownPolicy(policy) if policy.trim().is_empty() => {
            "has nothing after p=, where the policy belongs".to_owned()
        }
        DmarcError::UnknownPolicy(policy)
            if decode(policy).contains(['"', '\'', '`', '“', '‘', '„']) =>
        {
            format!("has quotation marks in its policy, {}", decode(policy))
        }
        DmarcError::UnknownPolicy(policy) => {
            format!(
                "has “{policy}” as its policy, and a policy can only be “none”, “quarantine” or “reject”"
            )
        }
        DmarcError::Repeated(tag) if tag == "v" => {
            "holds two records, which have run together".to_owned()
        }
        DmarcError::Repeated(tag) => format!("has {tag}= twice"),
    }
}

/// A tag with its value, as it is written, also with another sign between them; only the tag if it
/// is missing.
pub(super) fn written<'t>(text: &'t str, tag: &'t str) -> &'t str {
    let mut parts = text.split(';').map(str::trim);
    let own = parts.find(|part| {
        let end = part.find(|c: char| !c.is_ascii_alphabetic());
        let name = end.and_then(|end| part.get(..end));
        name.is_some_and(|name| name.eq_ignore_ascii_case(tag))
    });
    own.unwrap_or(tag)
}

fn value_of<'t>(text: &'t str, tag: &'t str) -> &'t str {
    let part = written(text, tag).split_once('=');
    part.map_or("", |(_, value)| value.trim())
}

/// What is between the version and the first tag, if that is not a semicolon.
fn behind_version(text: &str) -> Option<&'static str> {
    let rest = text.strip_prefix("v=DMARC1")?;
    let next = rest.trim_start().chars().next()?;
    match next {
        ',' => Some("a comma"),
        ':' => Some("a colon"),
        _ if next.is_alphanumeric() && rest.starts_with(char::is_whitespace) => {
            Some("only a space")
        }
        _ => None,
    }
}
