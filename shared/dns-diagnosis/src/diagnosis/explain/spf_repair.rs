//! An SPF record with its mistakes mended: the terms that can be read, and those that are left out.

use super::show::show;
use super::spf_spelling::is_misspelt;
use crate::diagnosis::judge::decode;
use crate::email_auth::Spf;
use crate::records::SES_SPF_DOMAIN;

const VERSION: &str = "v=spf1";
/// How terms begin that have a value.
const STARTS: [&str; 5] = ["include:", "exists:", "redirect=", "ip4:", "ip6:"];
/// What may be between terms instead of a space.
const SEPARATORS: [char; 3] = [',', ';', '|'];
const QUOTES: [char; 9] = ['"', '\'', '`', '“', '”', '„', '’', '<', '>'];

/// A part of a record that stands for itself.
struct Part {
    /// As it is written.
    written: String,
    /// The term that is meant by it; none if it cannot be read, or must not stay.
    term: Option<String>,
}

/// The record without our own include, which may have the wrong qualifier, and without what is not SPF; `own` is
/// its name. None where nothing in it is SPF.
pub(super) fn legible(text: &str, own: &str) -> Option<String> {
    let text = as_one(&plain(text));
    let parts = parts_of(&text, own);
    let terms: Vec<&str> = parts
        .iter()
        .filter_map(|part| part.term.as_deref())
        .collect();
    if terms.is_empty() && version_at(&text).is_none() {
        return None;
    }
    let is_end = |term: &&str| is_all(term) || term.to_ascii_lowercase().starts_with("redirect=");
    // What ended in an unreadable term with `all` in it gets the proposed end.
    let ends = terms.iter().any(is_end) || (terms.is_empty() && !text.contains("all"));
    let end = (!ends).then_some("~all");
    let words = std::iter::once(VERSION).chain(terms).chain(end);
    Some(words.collect::<Vec<_>>().join(" "))
}

/// What a new value does to the parts of a record that may be of other services.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Others {
    /// Those that it leaves out, because no mail server can read them, as they are written.
    pub(super) lost: Vec<String>,
    /// Whether it keeps any.
    pub(super) are_kept: bool,
}

impl Others {
    /// `own` is the name of the record.
    pub(super) fn of(old: &str, new: &str, own: &str) -> Self {
        let has = |term: &str| new.split(' ').any(|word| word.eq_ignore_ascii_case(term));
        let (kept, lost): (Vec<Part>, Vec<Part>) = others_in(old, own)
            .into_iter()
            .partition(|part| part.term.as_deref().is_some_and(has));
        let is_lost = |part: &Part| part.term.is_some() || part.written.contains(['.', ':', '=']);
        let lost = lost.into_iter().filter(is_lost);
        let mut lost: Vec<String> = lost.map(|part| show(&part.written)).collect();
        lost.dedup();
        Self {
            lost,
            are_kept: !kept.is_empty(),
        }
    }
}

/// The parts of a record that are neither ours nor its end.
fn others_in(text: &str, own: &str) -> Vec<Part> {
    let parts = parts_of(&as_one(&plain(text)), own).into_iter();
    let parts = parts.filter(|part| !leads_to(&part.written, own) && !is_ours(&part.written));
    parts
        .filter(|part| !part.written.to_ascii_lowercase().ends_with("all"))
        .collect()
}

/// Whether the record has a term that leads back to it; `own` is its name.
pub(super) fn leads_to_itself(text: &str, own: &str) -> bool {
    text.split(' ').any(|term| leads_to(term, own))
}

/// Without escapes and quotation marks, and with plain spaces.
fn plain(text: &str) -> String {
    let blank = |c: char| c.is_whitespace() || c.is_control() || QUOTES.contains(&c);
    let text = decode(text).replace('\\', "");
    let text = text.replace("https://", "").replace("http://", "");
    let spaced = text.replace(blank, " ");
    let words: Vec<&str> = spaced.split(' ').filter(|word| !word.is_empty()).collect();
    let mut text = words.join(" ").replace(", ", ",").replace(": ", ":");
    for sign in ['-', '~', '?'] {
        // Without its sign, `all` would let everybody send.
        text = text.replace(&format!("{sign} all"), &format!(" {sign}all"));
    }
    text
}

fn version_at(text: &str) -> Option<usize> {
    text.to_ascii_lowercase().find(VERSION)
}

/// The parts behind the version, and the terms in front of it. What else is in front of it is of other fields,
/// such as the type or the name of the record.
fn parts_of(text: &str, own: &str) -> Vec<Part> {
    let (front, rest) = match version_at(text) {
        Some(at) => (
            text.get(..at).unwrap_or_default(),
            text.get(at + VERSION.len()..).unwrap_or_default(),
        ),
        None => ("", text),
    };
    let rest = rest.trim_start_matches([':', ';', ',', '.']);
    let front = written_terms(front)
        .into_iter()
        .filter(|word| begins_term(word));
    let is_version = |word: &String| {
        let lower = word.to_ascii_lowercase();
        lower.starts_with("v=") || lower.starts_with("spf") && !lower.contains('.')
    };
    let words = written_terms(rest).into_iter().chain(front);
    let words = words.filter(|word| !is_version(word) && !word.is_empty());
    words
        .map(|written| Part {
            term: term_of(&written).filter(|term| !is_ours(term) && !leads_to(term, own)),
            written,
        })
        .collect()
}

/// What `word` says in SPF, perhaps after its mechanism, which is missing: that of an address, or of a name that
/// services use for such records alone.
fn term_of(word: &str) -> Option<String> {
    let is_term = |term: &String| Spf::parse(&format!("{VERSION} {term}")).is_ok();
    let for_spf = word.starts_with("_spf") || word.starts_with("spf.");
    let meant = [
        Some(word.to_owned()),
        Some(format!("ip4:{word}")),
        Some(format!("ip6:{word}")),
        for_spf.then(|| format!("include:{word}")),
    ];
    meant.into_iter().flatten().find(is_term)
}

fn begins_term(word: &str) -> bool {
    let bare = unqualified(word).to_ascii_lowercase();
    STARTS.iter().any(|start| bare.starts_with(start))
}

fn unqualified(word: &str) -> &str {
    word.trim_start_matches(['+', '-', '~', '?'])
}

fn is_all(term: &str) -> bool {
    unqualified(term).eq_ignore_ascii_case("all")
}

fn is_ours(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let target = lower.rsplit([':', '=']).next().unwrap_or_default();
    lower.contains(SES_SPF_DOMAIN) || is_misspelt(target)
}

/// Whether a term leads back to the record that it is in.
fn leads_to(term: &str, own: &str) -> bool {
    let bare = unqualified(term).to_ascii_lowercase();
    let target = ["include:", "redirect="]
        .iter()
        .find_map(|start| bare.strip_prefix(start));
    target.is_some_and(|target| target.trim_end_matches('.').eq_ignore_ascii_case(own))
}

/// The terms as they are meant to be separated.
fn written_terms(text: &str) -> Vec<String> {
    let mut words = text.split(' ').peekable();
    let mut terms = Vec::new();
    while let Some(word) = words.next() {
        let name = unqualified(word).to_ascii_lowercase();
        let name = name.trim_end_matches([':', '=']);
        let apart = ["include", "exists", "redirect", "ip4", "ip6"].contains(&name)
            || (["a", "mx"].contains(&name) && word.ends_with(':'));
        // A value that a space separates from its mechanism. Neither is a term alone.
        let value = words.next_if(|next| apart && next.contains(['.', ':']) && !begins_term(next));
        match value {
            Some(value) => {
                let sign = if name == "redirect" { '=' } else { ':' };
                let mechanism = word.trim_end_matches([':', '=']);
                terms.extend(terms_in(&format!("{mechanism}{sign}{value}")));
            }
            None => terms.extend(terms_in(word)),
        }
    }
    terms
}

/// The terms in what spaces separate: one, or several that have other signs, or nothing, between them.
fn terms_in(word: &str) -> Vec<String> {
    // A macro may have such signs in it (RFC 7208 section 7.1).
    if word.contains('%') {
        return vec![word.to_owned()];
    }
    let mut terms: Vec<String> = Vec::new();
    for piece in word.split(SEPARATORS).filter(|piece| !piece.is_empty()) {
        let before = terms.last().map(|last| last.to_ascii_lowercase());
        let inherits = before.is_some_and(|before| before.starts_with("include:"));
        for (at, term) in glued(piece).into_iter().enumerate() {
            let is_host =
                term.contains('.') && !term.contains([':', '=']) && term_of(&term).is_none();
            if is_host && (inherits || at > 0) {
                terms.push(format!("include:{term}"));
            } else {
                terms.push(term);
            }
        }
    }
    terms
}

/// The terms in a piece that have nothing, or a slash, between them.
fn glued(piece: &str) -> Vec<String> {
    let mut text = piece.replace("ipv4:", "ip4:").replace("ipv6:", "ip6:");
    for start in STARTS {
        let mut parts = text.split(start);
        let mut parted = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let bare = parted.trim_end_matches(['+', '-', '~', '?']).len();
            let is_behind_another =
                bare > 0 && !parted.get(..bare).unwrap_or_default().ends_with(' ');
            if is_behind_another {
                parted.insert(bare, ' ');
            }
            parted.push_str(start);
            parted.push_str(part);
        }
        text = parted;
    }
    if !unqualified(&text).eq_ignore_ascii_case("all") {
        for end in ["~all", "-all", "?all", "+all"] {
            if let Some(front) = text.strip_suffix(end) {
                text = format!("{front} {end}");
            }
        }
    }
    let words = text
        .split(' ')
        .map(|word| word.trim_end_matches(['/', '&']));
    words
        .filter(|word| !word.is_empty())
        .flat_map(|word| {
            // No name of a host has a slash.
            let parts: Vec<&str> = if word.starts_with("include:") {
                word.split('/').collect()
            } else {
                vec![word]
            };
            parts.into_iter().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

/// The record where another one begins inside it: with the terms of both.
fn as_one(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut starts: Vec<usize> = lower.match_indices("v=spf1").map(|(at, _)| at).collect();
    if starts.len() < 2 || !text.is_ascii() {
        return text.to_owned();
    }
    starts.push(text.len());
    let parts = starts.windows(2).filter_map(|pair| match pair {
        [from, to] => text.get(*from..*to).map(str::to_owned),
        _ => None,
    });
    joined(&parts.collect::<Vec<String>>())
}

/// One record with the terms of all, each once. The end is that of the first that is not the proposed
/// `~all`.
pub(super) fn joined(texts: &[String]) -> String {
    let words = texts.iter().flat_map(|text| text.split(' ').skip(1));
    let mut kept: Vec<&str> = Vec::new();
    let mut ends: Vec<&str> = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        let bare = word.trim_start_matches(['+', '-', '~', '?']);
        let list = if bare.eq_ignore_ascii_case("all") {
            &mut ends
        } else {
            &mut kept
        };
        if !list.iter().any(|seen| seen.eq_ignore_ascii_case(word)) {
            list.push(word);
        }
    }
    let end = ends.iter().find(|end| **end != "~all").or(ends.first());
    let words = std::iter::once("v=spf1").chain(kept).chain(end.copied());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "spf_repair_tests.rs"]
mod tests;
