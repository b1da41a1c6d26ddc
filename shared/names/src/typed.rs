//! Input of a person in place of a domain: whether it can be added, and if not, which domain was
//! meant.

use idna::AsciiDenyList;
use idna::uts46::{Hyphens, Uts46};

use crate::domain_name::{DomainName, MAX_SENDING_DOMAIN};
use crate::eligibility::Eligibility;
use crate::plain_text::is_hidden;
use crate::public_suffix::is_public_suffix;
use crate::refusal::{DomainNameError, InvalidReason};
use crate::{ending, idna2008};

/// The longest input for which a domain is guessed, in characters: longer input is not a name but a
/// text.
const MOST_TYPED: usize = 2_000;
/// The maximum number of names of a list that a refusal repeats.
const MOST_NAMES: usize = 10;
/// Words that can be around a name, as in "our domain is mapleridge.com".
const WORDS: &[&str] = &[
    "a", "add", "address", "and", "domain", "email", "for", "from", "hi", "i", "is", "it", "its",
    "mail", "my", "name", "of", "on", "or", "our", "please", "s", "site", "the", "this", "to",
    "url", "use", "we", "web", "website", "www",
];

impl DomainName {
    /// Parses a domain that is to be authenticated, as [`DomainName::parse`] does, and checks more
    /// of it: its characters by IDNA 2008 ([RFC 5892](https://www.rfc-editor.org/rfc/rfc5892)), its
    /// ending by the public suffix list and by RFC 2606, and its length, because the names of its
    /// records have to be valid in DNS ([`MAX_SENDING_DOMAIN`]).
    ///
    /// Invisible characters are removed at both ends. A refusal suggests the domain that was
    /// probably meant, if that domain can be added: never one of a mailbox provider or of Amazon.
    pub fn parse_for_sending(typed: &str) -> Result<Self, DomainNameError> {
        let typed = typed.trim_matches(does_not_show);
        let reason = match accepted(typed) {
            Ok(name) => return Ok(name),
            Err(reason) => reason,
        };
        if typed.chars().count() > MOST_TYPED {
            return Err(DomainNameError::new(reason, None));
        }
        let (separator, names) = names_in(typed);
        if let (Some(separator), [first, _, ..]) = (separator, names.as_slice()) {
            let eligible = |name: &&Self| Eligibility::default().check(name).is_ok();
            let suggestion = names.iter().find(eligible).unwrap_or(first).clone();
            let names = names.iter().take(MOST_NAMES).cloned().collect();
            let reason = InvalidReason::SeveralNames { separator, names };
            return Err(
                Eligibility::default().review(DomainNameError::new(reason, Some(suggestion)))
            );
        }
        let meant = guess(typed, names.into_iter().next());
        let reason = match meant {
            Some(_) => reason,
            None => of_host(typed, reason),
        };
        let has_name = matches!(
            reason,
            InvalidReason::ForExamples(_)
                | InvalidReason::PrivateEnding(_)
                | InvalidReason::ReservedEnding(_)
                | InvalidReason::UnknownEnding(_)
        );
        let error = DomainNameError {
            name: has_name.then(|| Self::parse(typed).ok()).flatten(),
            ..DomainNameError::new(reason, meant)
        };
        Err(Eligibility::default().review(error))
    }
}

/// Why the host of an address cannot be added, if the ending of its name is the reason.
fn of_host(typed: &str, reason: InvalidReason) -> InvalidReason {
    if !matches!(reason, InvalidReason::EmailAddress | InvalidReason::Url) {
        return reason;
    }
    match accepted(host_in(typed)) {
        Err(
            ending @ (InvalidReason::ForExamples(_)
            | InvalidReason::PrivateEnding(_)
            | InvalidReason::ReservedEnding(_)
            | InvalidReason::UnknownEnding(_)),
        ) => ending,
        _ => reason,
    }
}

/// The name, if it can be added without changes.
fn accepted(typed: &str) -> Result<DomainName, InvalidReason> {
    let name = DomainName::parse(typed).map_err(|error| named(typed, error.reason))?;
    let above = without_www(name.as_str());
    if above != name.as_str() && DomainName::parse(above).is_ok() {
        return Err(InvalidReason::WwwHost);
    }
    // Not `to_unicode`, which does not decode names with invisible characters.
    let unicode = in_u_labels(name.as_str());
    if let Some(c) = idna2008::not_allowed(&unicode) {
        let typed_so = typed.chars().find(|typed| maps_to(*typed, c));
        return Err(InvalidReason::Character(typed_so.unwrap_or(c)));
    }
    ending::check(name.as_str())?;
    if name.as_str().len() > MAX_SENDING_DOMAIN {
        return Err(InvalidReason::NoRoomForRecords);
    }
    Ok(name)
}

/// The reason why a name cannot be parsed, with the character that is not allowed, or with the private
/// network that the name is for.
fn named(typed: &str, reason: InvalidReason) -> InvalidReason {
    match reason {
        InvalidReason::International => {
            let c = idna2008::not_allowed(&typed.trim().to_lowercase());
            c.map_or(InvalidReason::International, InvalidReason::Character)
        }
        InvalidReason::PublicSuffix => {
            let name = typed.trim().trim_end_matches('.').to_lowercase();
            let private = ending::check_private(&name);
            private.err().unwrap_or(InvalidReason::PublicSuffix)
        }
        other => other,
    }
}

/// The name without each `www.` in front of it.
fn without_www(name: &str) -> &str {
    let mut rest = name;
    while let Some(above) = rest.strip_prefix("www.")
        && above.contains('.')
    {
        rest = above;
    }
    rest
}

fn in_u_labels(name: &str) -> String {
    let uts46 = Uts46::new();
    let (unicode, _) = uts46.to_unicode(name.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
    unicode.into_owned()
}

/// Whether the character is a variant of the other, such as U+2011 of U+2010.
fn maps_to(typed: char, mapped: char) -> bool {
    let text = String::from(typed);
    let (unicode, _) =
        Uts46::new().to_unicode(text.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
    !typed.is_ascii() && unicode.chars().eq([mapped])
}

/// The names in a list or a sentence, each once, and the first character that separates them.
fn names_in(typed: &str) -> (Option<char>, Vec<DomainName>) {
    let separator = typed
        .trim_end_matches(is_separator)
        .chars()
        .find(|c| is_separator(*c));
    let mut names: Vec<DomainName> = Vec::new();
    for piece in typed
        .split(is_separator)
        .filter(|piece| piece.contains('.'))
    {
        if let Some(name) = repaired(piece)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    (separator, names)
}

/// The domain that was meant, if it can be guessed. `found` is the only domain in the text.
fn guess(typed: &str, found: Option<DomainName>) -> Option<DomainName> {
    let said = spelled_out(typed);
    let words: Vec<&str> = said
        .split(is_separator)
        .filter(|word| !word.is_empty())
        .collect();
    let spaced = said.trim().contains(char::is_whitespace);
    if words.len() < 2 {
        return repaired(&said).or(found);
    }
    let last = words.last().copied().unwrap_or_default().trim_matches('.');
    let ends = is_public_suffix(&last.to_lowercase());
    // `mapleridge.co m`, but not `mapleridge.com a`.
    if let [front, end] = words.as_slice()
        && front.contains('.')
        && end.len() <= 2
        && let Ok(name) = accepted(&[*front, *end].concat())
    {
        return Some(name);
    }
    // `mapleridge,com` and `mapleridge com`, but not `mapleridge.com, thanks`.
    let has_split_dot = said.contains(" .") || said.contains(". ");
    if ends && (found.is_none() || !spaced) {
        // `maple ridge .com` already has its dot.
        let between = if has_split_dot { "" } else { "." };
        return repaired(&words.join(between)).or(found);
    }
    let is_prose = |word: &&str| {
        let word = word.to_lowercase();
        WORDS.contains(&word.trim_matches(|c: char| !c.is_alphanumeric()))
    };
    let one_has_the_dot = words
        .iter()
        .filter(|word| word.trim_matches('.').contains('.'))
        .count()
        <= 1;
    let is_split = one_has_the_dot && words.len() <= 4 && !words.iter().any(is_prose);
    let in_front = words
        .split_last()
        .map(|(_, front)| front.concat().to_lowercase());
    // "Maple Ridge mapleridge.com" already has the name.
    let repeats = in_front.is_some_and(|front| last.to_lowercase().starts_with(&front));
    if is_split && (last.contains('.') || has_split_dot) && !repeats {
        // If the whole name cannot be added, a part of it is another owner's domain.
        return repaired(&words.concat());
    }
    found
}

/// Characters written as words, as people do to hide an address from robots.
fn spelled_out(typed: &str) -> String {
    let mut text = typed.to_owned();
    for (word, sign) in [
        (" dot ", "."),
        ("(dot)", "."),
        ("[dot]", "."),
        ("[.]", "."),
        ("(.)", "."),
        (" at ", "@"),
        ("(at)", "@"),
        ("[at]", "@"),
    ] {
        text = text.replace(word, sign);
    }
    shown_of_link(&text).map_or(text.clone(), str::to_owned)
}

/// What a link shows that was copied as Markdown: `[mapleridge.com](http://mapleridge.com)`.
fn shown_of_link(text: &str) -> Option<&str> {
    let link = text.trim().strip_prefix('[')?.strip_suffix(')')?;
    let (shown, _) = link.split_once("](")?;
    (!shown.is_empty()).then_some(shown)
}

/// Undoes the usual mistakes in a name one after the other, until it can be added.
fn repaired(typed: &str) -> Option<DomainName> {
    let steps: [fn(&str) -> Option<String>; 10] = [
        |text| Some(text.chars().filter(|c| !is_hidden(*c)).collect()),
        |text| Some(unescaped(text).trim_matches(is_wrapping).to_owned()),
        |text| Some(host_in(text).to_owned()),
        |text| Some(in_u_labels(text)),
        |text| {
            Some(
                text.trim_matches(is_wrapping)
                    .chars()
                    .filter_map(as_on_the_keyboard)
                    .collect(),
            )
        },
        without_special_labels,
        |text| Some(dots_and_hyphens(text)),
        |text| Some(without_www(&text.to_lowercase()).to_owned()),
        ending::corrected,
        |text| {
            DomainName::parse(text)
                .ok()
                .map(|name| name.nearest_for_sending().to_string())
        },
    ];
    let mut text = typed.to_owned();
    for step in steps {
        if let Ok(name) = accepted(&text) {
            return Some(name);
        }
        text = step(&text).unwrap_or(text);
    }
    accepted(&text).ok()
}

/// Without what programs write for a space or a dot: percent encoding (RFC 3986 section 2.1), a backslash, and
/// U+2024, which UTS #46 does not take for a dot.
fn unescaped(text: &str) -> String {
    let text = text.replace("%20", "").replace("%2e", ".");
    text.replace("%2E", ".")
        .replace("\\.", ".")
        .replace('\u{2024}', ".")
}

/// The host of a web address or an email address, even if a part of `https://` is missing.
fn host_in(text: &str) -> &str {
    let mut rest = text.rsplit_once("://").map_or(text, |(scheme, behind)| {
        let is_scheme = scheme
            .chars()
            .all(|c| c.is_ascii_alphabetic() || c == ':' || c == '/');
        if is_scheme { behind } else { text }
    });
    for scheme in ["https", "http", "mailto", "ftp"] {
        let start = rest.get(..scheme.len());
        let behind = rest.get(scheme.len()..).unwrap_or_default();
        if start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && behind.starts_with([':', ';', '/'])
        {
            rest = behind.trim_start_matches([':', ';', '/', '\\']);
            break;
        }
    }
    let rest = rest.rsplit_once('=').map_or(rest, |(front, value)| {
        if front.contains(['?', '/']) {
            rest
        } else {
            value
        }
    });
    let rest = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    rest.split_once(':').map_or(rest, |(host, _)| host)
}

/// The hyphen or dot for a variant that word processors and other keyboards insert; empty for
/// quotation marks.
fn as_on_the_keyboard(c: char) -> Option<char> {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => Some('-'),
        '…' | '·' | '•' | '‚' | '،' | '、' | '，' => Some('.'),
        '"' | '\'' | '`' | '´' | '«' | '»' | '‘' | '’' | '‛'..='‟' => None,
        c => Some(c),
    }
}

/// The name above labels such as `_dmarc` and `*`, which are for records.
fn without_special_labels(text: &str) -> Option<String> {
    let labels: Vec<&str> = text.split('.').collect();
    let special = |label: &&str| label.starts_with('_') || *label == "*";
    let last = labels.iter().rposition(special)?;
    Some(labels[last + 1..].join("."))
}

fn dots_and_hyphens(text: &str) -> String {
    let labels = text.split('.').map(|label| label.trim_matches('-'));
    let labels: Vec<&str> = labels.filter(|label| !label.is_empty()).collect();
    labels.join(".")
}

fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            ',' | ';' | '|' | '&' | '+' | '，' | '、' | '؛' | '،' | '；'
        )
}

/// Characters that surround a name in a text.
fn is_wrapping(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '"' | '\'' | '`' | '´' | '«' | '»' | '‘'
                ..='‟'
                    | '‹'
                    | '›'
                    | '<'
                    | '>'
                    | '('
                    | ')'
                    | '['
                    | ']'
                    | '{'
                    | '}'
                    | ','
                    | ';'
                    | ':'
                    | '!'
                    | '?'
                    | '='
                    | '@'
                    | '#'
                    | '&'
                    | '+'
                    | '.'
                    | '…'
        )
}

fn does_not_show(c: char) -> bool {
    c.is_whitespace() || is_hidden(c)
}

#[cfg(test)]
#[path = "typed_tests.rs"]
mod tests;
