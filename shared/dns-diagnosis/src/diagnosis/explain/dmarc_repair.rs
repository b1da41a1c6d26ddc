//! A DMARC record with its mistakes mended, and everything kept that can be.

use super::show::show;
use crate::diagnosis::judge::{Joined, decode};
use crate::diagnosis::spelling::distance;
use crate::email_auth::{Dmarc, Policy, is_void_tag};

/// The DMARC record without the parts that receivers cannot read, and with a policy if it has none. If
/// nothing can be kept, the proposed record.
pub(super) fn repaired(text: &str, proposed: &str) -> String {
    let text = bare(text);
    let text = Joined::of(&text).map_or(text.as_str(), |joined| joined.policy);
    let Some(parts) = parts_of(text) else {
        return proposed.to_owned();
    };
    let mut kept: Vec<(String, String)> = Vec::new();
    for (tag, value) in parts {
        let value = meant(&tag, &value);
        let is_list = LISTS.contains(&tag.as_str());
        match kept.iter_mut().find(|(seen, _)| *seen == tag) {
            Some((_, first)) if is_list && !has_all(first, &value) => {
                first.push(',');
                first.push_str(&value);
            }
            None if !is_void_tag(&tag, &value) => kept.push((tag, value)),
            Some(_) | None => {}
        }
    }
    // The policy comes first by old custom, and some receivers want it there.
    let policy = kept.iter().position(|(tag, _)| tag == "p");
    let policy = policy.map_or_else(|| ("p".to_owned(), "none".to_owned()), |at| kept.remove(at));
    kept.insert(0, policy);
    let parts = kept.iter().map(|(tag, value)| format!("{tag}={value}"));
    let all: Vec<String> = std::iter::once("v=DMARC1".to_owned())
        .chain(parts)
        .collect();
    let repaired = all.join("; ");
    if Dmarc::parse(&repaired).is_ok_and(|dmarc| dmarc.void_tags.is_empty()) {
        repaired
    } else {
        proposed.to_owned()
    }
}

/// The value that is plainly meant by one that receivers cannot read: without quotation marks, a policy without its
/// slips of the keyboard, and a mailbox with `mailto:`. Any other value is left as it is.
fn meant(tag: &str, value: &str) -> String {
    let value = value.trim_matches(|c: char| !c.is_ascii() || QUOTES.contains(&c));
    if !is_void_tag(tag, value) {
        return value.to_owned();
    }
    if POLICIES.contains(&tag) {
        let policies = [Policy::None, Policy::Quarantine, Policy::Reject];
        let meant = policies
            .into_iter()
            .map(Policy::as_str)
            .find(|policy| is_slip(value, policy));
        return meant.unwrap_or(value).to_owned();
    }
    if LISTS.contains(&tag) {
        let with_scheme = |address: &str| match address.split_once('@') {
            Some((local, _)) if !local.contains(':') => format!("mailto:{address}"),
            Some(_) | None => address.to_owned(),
        };
        let addresses: Vec<String> = value.split(',').map(with_scheme).collect();
        return addresses.join(",");
    }
    value.to_owned()
}

/// Whether a word is another one with a slip of the keyboard in it, or two in a long one.
fn is_slip(word: &str, meant: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let most = if meant.len() > 4 { 2 } else { 1 };
    word.chars().next() == meant.chars().next() && distance(&word, meant) <= most
}

/// What happens to the policies of a record that are not as the owner has written them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Those that cannot even be guessed, with what they become: "p=block become p=none".
    pub(super) lost: Vec<String>,
    /// Those whose meaning is plain: "p=rejct has become p=reject".
    pub(super) mended: Vec<String>,
    /// The policy that blocks mail and did not count before.
    pub(super) takes_effect: Option<Policy>,
}

impl Changes {
    pub(super) fn of(text: &str, repaired: &str) -> Self {
        let bare = bare(text);
        let own = Joined::of(&bare).map_or(bare.as_str(), |joined| joined.policy);
        let own = parts_of(own).unwrap_or_default();
        let now = parts_of(repaired).unwrap_or_default();
        let mut changes = Self::default();
        for (tag, value) in own.iter().filter(|(_, value)| !value.is_empty()) {
            let kept = now.iter().find(|(other, _)| other == tag);
            let meant = meant(tag, value);
            let shown = format!("{tag}={}", show(&as_written(text, value)));
            match kept {
                Some((_, kept)) if is_lost_policy(tag, value) => {
                    changes.lost.push(format!("{shown} become {tag}={kept}"));
                }
                Some((_, kept)) if kept != value && *kept == meant => {
                    changes
                        .mended
                        .push(format!("{shown} has become {tag}={kept}"));
                }
                Some(_) | None => {}
            }
        }
        let policy = |text: &str| Dmarc::parse(text).map_or(Policy::None, |dmarc| dmarc.policy);
        let (before, after) = (policy(text), policy(repaired));
        changes.takes_effect = (after.blocks() && before != after).then_some(after);
        changes
    }
}

/// A value with the quotation mark behind it that is taken off the end of a record.
fn as_written(text: &str, value: &str) -> String {
    let quoted = value.chars().next().map(|first| match first {
        '“' => '”',
        '‘' => '’',
        '<' => '>',
        first => first,
    });
    let closed = quoted.filter(|quote| QUOTES.contains(quote) || !quote.is_ascii());
    let closed = closed.map(|quote| format!("{value}{quote}"));
    let text = decode(text);
    closed
        .filter(|closed| text.contains(closed))
        .unwrap_or_else(|| value.to_owned())
}

/// Whether a policy cannot even be guessed.
fn is_lost_policy(tag: &str, value: &str) -> bool {
    POLICIES.contains(&tag) && is_void_tag(tag, &meant(tag, value))
}

/// The tags whose values are policies.
const POLICIES: [&str; 3] = ["p", "sp", "np"];
const QUOTES: [char; 5] = ['"', '\'', '`', '<', '>'];

/// The tags whose values are lists of addresses, which can be made one list.
const LISTS: [&str; 2] = ["rua", "ruf"];

fn has_all(list: &str, addresses: &str) -> bool {
    let mut addresses = addresses.split(',');
    addresses.all(|address| list.split(',').any(|own| own == address))
}

/// What a repaired record does not have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// The parts of the policy, as they are written.
    pub(super) parts: Vec<String>,
    /// The values of other services that have run together with it.
    pub(super) others: Vec<String>,
}

pub(super) fn left_out(text: &str, repaired: &str) -> LeftOut {
    let bare = bare(text);
    let joined = Joined::of(&bare);
    let own = joined
        .as_ref()
        .map_or(bare.as_str(), |joined| joined.policy);
    let kept = parts_of(repaired).unwrap_or_default();
    let mut lost: Vec<String> = Vec::new();
    for (tag, value) in parts_of(own).unwrap_or_default() {
        let part = format!("{tag}={value}");
        let is_kept = kept.iter().any(|(other, now)| {
            let meant = meant(&tag, &value);
            let has_addresses = LISTS.contains(&tag.as_str()) && has_all(now, &meant);
            *other == tag && (*now == meant || has_addresses || is_lost_policy(&tag, &value))
        });
        // Strict alignment that becomes relaxed is a change, not a loss.
        let changed = ["adkim=s", "aspf=s"].contains(&part.to_ascii_lowercase().as_str());
        if !value.is_empty() && !changed && !is_kept && !lost.contains(&part) {
            lost.push(part);
        }
    }
    let others = joined.into_iter().flat_map(|joined| joined.others);
    LeftOut {
        parts: lost,
        others: others.map(str::to_owned).collect(),
    }
}

/// The tags and values of what is meant as a DMARC record, whatever stands between them and wherever the
/// version is. None if there is neither a version nor a policy, so that it may be anything.
fn parts_of(text: &str) -> Option<Vec<(String, String)>> {
    let mut parts: Vec<(String, String)> = Vec::new();
    let mut has_version = false;
    let between = |c: char| ";,".contains(c) || c.is_whitespace() || c.is_control();
    for word in text.split(between) {
        let Some((tag, value)) = word.split_once('=').or_else(|| with_a_colon(word)) else {
            if let Some((tag, value)) = parts.last_mut() {
                let is_list = LISTS.contains(&tag.as_str());
                let joined = format!("{value}{word}");
                if is_list && value.to_ascii_lowercase().ends_with("mailto") {
                    // A space behind the colon.
                    *value = format!("{value}:{word}");
                } else if word.contains(':') || (is_list && word.contains('@')) {
                    // A further address, behind a comma.
                    value.push(',');
                    value.push_str(word);
                } else if POLICIES.contains(&tag.as_str()) && !is_void_tag(tag, &joined) {
                    // A policy with a space in it.
                    *value = joined;
                }
            }
            continue;
        };
        let (tag, value) = (tag.trim().to_ascii_lowercase(), value.trim_end_matches(':'));
        if tag == "v" {
            has_version |= value.to_ascii_lowercase().starts_with("dmarc");
        } else if tag.bytes().all(|octet| octet.is_ascii_lowercase()) {
            parts.push((tag, value.to_owned()));
        }
    }
    let says_policy = parts.iter().any(|(tag, _)| tag == "p" || tag == "rua");
    (has_version || says_policy).then_some(parts)
}

/// A tag and its value with a colon between them.
fn with_a_colon(word: &str) -> Option<(&str, &str)> {
    const TAGS: [&str; 12] = [
        "v", "p", "sp", "np", "t", "psd", "pct", "adkim", "aspf", "rua", "ruf", "fo",
    ];
    let (tag, value) = word.split_once(':')?;
    let lower = tag.to_ascii_lowercase();
    TAGS.contains(&lower.as_str()).then_some((tag, value))
}

/// What is left without escapes, quotation marks and spaces around it.
fn bare(text: &str) -> String {
    let text = decode(text).replace('\\', "");
    let around = |c: char| c.is_whitespace() || !c.is_ascii() || "\"'`{}[]()<>".contains(c);
    text.trim_matches(around).to_owned()
}

/// The DMARC record with relaxed alignment.
pub(super) fn relaxed(text: &str) -> String {
    let parts = text.split(';').map(|part| match part.split_once('=') {
        Some((tag, value)) => match (tag.trim(), value.trim()) {
            (tag @ ("adkim" | "aspf"), "s" | "S") => format!(" {tag}=r"),
            _ => part.to_owned(),
        },
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(";")
}

#[cfg(test)]
#[path = "dmarc_repair_tests.rs"]
mod tests;
