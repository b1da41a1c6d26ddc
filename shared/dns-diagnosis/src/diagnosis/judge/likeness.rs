//! How a published value differs from the expected one, in terms of the changes that people and DNS
//! providers' forms make to values: quote, wrap, cut, re-case, prefix, append.

use crate::diagnosis::DiagnosisCode;

/// Fewer characters than this are no prefix of a value, only a coincidence.
const SHORTEST_PREFIX: usize = 4;
/// A value of fewer characters may be part of another by chance.
const SHORTEST_JOINED: usize = 16;
/// A value with fewer letters and digits is not one that a service asks people to publish.
const SHORTEST_NEIGHBOUR: usize = 8;
/// Longest name of a field, in octets: `Your verification record value`.
const MAX_LABEL: usize = 40;
/// What a screen shows for the rest of a value that is too long for it.
pub(crate) const ELLIPSES: [&str; 2] = ["...", "\u{2026}"];
/// The maximum length that is taken off a value, in octets.
const MAX_WRAPPING: usize = 1024;

/// How a published value relates to the expected one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Likeness {
    /// It is the expected value.
    Same,
    /// It is the expected value with these mistakes, at least one.
    Damaged(Vec<DiagnosisCode>),
    /// It is a different value, which looks like this without the usual mistakes.
    Other {
        /// The value without them.
        bare: String,
        /// The mistakes that were taken off.
        mistakes: Vec<DiagnosisCode>,
    },
}

/// The expected value, with which published values are compared.
pub(super) struct Expected<'a> {
    /// The value itself.
    pub(super) value: &'a str,
    /// The record's own name, in the forms in which it may have been pasted.
    pub(super) names: Vec<String>,
    /// Zones that a panel may have appended to a target; empty for text.
    pub(super) zones: Vec<String>,
    /// Whether letters may change their case.
    pub(super) case_matters: bool,
}

impl Expected<'_> {
    /// Compares a value from DNS.
    pub(super) fn compare(&self, published: &str) -> Likeness {
        if self.same(published) {
            return Likeness::Same;
        }
        // Anyone may publish 64 KiB, but no mistake makes a value that long.
        if published.len() > self.value.len() + MAX_WRAPPING {
            return Likeness::Other {
                bare: String::new(),
                mistakes: Vec::new(),
            };
        }
        let published = decode(published);
        let (bare, mistakes) = match self.undo(&published) {
            Ok(mistakes) => return Likeness::Damaged(mistakes),
            Err(other) => other,
        };
        // A backslash in front of a sign belongs in a zone file, not in the value.
        if published.contains('\\') {
            let mut undone = self.undo(&published.replace('\\', "")).unwrap_or_default();
            if !undone.is_empty() || self.same(&published.replace('\\', "")) {
                undone.push(DiagnosisCode::TxtEscaped);
                undone.sort_unstable();
                return Likeness::Damaged(undone);
            }
        }
        // The form of base64 for web addresses (RFC 4648 section 5).
        let plain = published.trim().replace('-', "+").replace('_', "/");
        if self.same(&uncoded(&published)) || self.same(&plain) {
            return Likeness::Damaged(vec![DiagnosisCode::TxtEscaped]);
        }
        if self.is_abridged(&bare) {
            return Likeness::Damaged(vec![DiagnosisCode::ValueTruncated]);
        }
        if self.is_end(&bare) {
            return Likeness::Damaged(vec![DiagnosisCode::ValueTruncated]);
        }
        if self.is_labelled(&bare) {
            return Likeness::Damaged(vec![DiagnosisCode::ValueHasTypePrefix]);
        }
        if self.is_surrounded(&bare) {
            return Likeness::Damaged(vec![DiagnosisCode::ValueSurrounded]);
        }
        if self.is_joined(&bare) {
            return Likeness::Damaged(vec![DiagnosisCode::ValuesJoined]);
        }
        Likeness::Other { bare, mistakes }
    }

    /// Undoes the mistakes one after the other: which they are where that gives the expected value, and
    /// otherwise what is left without them.
    fn undo(&self, published: &str) -> Result<Vec<DiagnosisCode>, (String, Vec<DiagnosisCode>)> {
        let mut mistakes = Vec::new();
        let bare = self.strip(published, &mut mistakes);
        if self.finish(&bare, &mut mistakes) {
            mistakes.sort_unstable();
            mistakes.dedup();
            return Ok(mistakes);
        }
        Err((bare, mistakes))
    }

    /// Whether it is the value as a narrow screen shows it: its beginning, or beginning and end, with
    /// dots for the rest.
    fn is_abridged(&self, bare: &str) -> bool {
        if !self.case_matters {
            return false;
        }
        let parts = ELLIPSES.iter().find_map(|dots| bare.split_once(dots));
        parts.is_some_and(|(front, end)| {
            let (front, end) = (front.trim_end(), end.trim_start());
            front.len() >= SHORTEST_PREFIX
                && front.len() + end.len() < self.value.len()
                && is_prefix(self.value, front)
                && self.value.ends_with(end)
        })
    }

    /// Whether it is the end of the value, without its front.
    fn is_end(&self, bare: &str) -> bool {
        // A value without the version of its record is judged by other rules.
        let has_version = self.value.starts_with("v=");
        self.case_matters
            && !has_version
            && bare.len() >= SHORTEST_JOINED
            && self.value.ends_with(bare)
    }

    /// Whether it is the value after its label: `Value: `, `amazonses=` or `Name: _amazonses Value: `.
    fn is_labelled(&self, bare: &str) -> bool {
        let label = bare.strip_suffix(self.value).map(str::trim_end);
        let label = label.and_then(|label| label.strip_suffix([':', '=']));
        self.is_joined(bare)
            && label.is_some_and(|label| {
                // The record's own name has a label in front of it, too.
                let names = self.names.iter().map(String::as_str);
                let label = names.fold(label.to_owned(), |label, name| label.replace(name, ""));
                let mut signs = label.chars();
                signs.all(|c| c.is_alphabetic() || " -_.:".contains(c)) && label.len() <= MAX_LABEL
            })
    }

    /// Whether it is the value once, with nothing around it but signs, or too little for a value.
    fn is_surrounded(&self, bare: &str) -> bool {
        let parts = bare.split_once(self.value);
        self.is_joined(bare)
            && parts.is_some_and(|(front, end)| {
                let around = front.chars().chain(end.chars());
                around.filter(|c| c.is_alphanumeric()).count() < SHORTEST_NEIGHBOUR
            })
    }

    /// Whether the expected value is a part of it, beside another one.
    fn is_joined(&self, bare: &str) -> bool {
        self.case_matters && self.value.len() >= SHORTEST_JOINED && bare.contains(self.value)
    }

    fn same(&self, text: &str) -> bool {
        if self.case_matters {
            text == self.value
        } else {
            text.eq_ignore_ascii_case(self.value)
        }
    }

    /// Takes off what surrounds a value, layer by layer.
    fn strip(&self, text: &str, mistakes: &mut Vec<DiagnosisCode>) -> String {
        let mut bare = text.to_owned();
        loop {
            let (rest, mistake) = if let Some(rest) = without_outer_space(&bare) {
                (rest, DiagnosisCode::ValueWhitespace)
            } else if let Some(rest) = without_quotes(&bare) {
                (rest, DiagnosisCode::ValueQuoted)
            } else if let Some(rest) = without_field_prefix(&bare) {
                (rest, DiagnosisCode::ValueHasTypePrefix)
            } else if let Some(rest) = self.without_name(&bare) {
                (rest, DiagnosisCode::ValueIsName)
            } else {
                return bare;
            };
            // The space between two layers is not a separate mistake.
            let between = mistake == DiagnosisCode::ValueWhitespace && !mistakes.is_empty();
            if !between && !mistakes.contains(&mistake) {
                mistakes.push(mistake);
            }
            bare = rest;
        }
    }

    /// The record's name at the front of the value, or as the whole value.
    fn without_name(&self, text: &str) -> Option<String> {
        self.names.iter().find_map(|name| {
            let (front, rest) = text.split_at_checked(name.len())?;
            if !front.eq_ignore_ascii_case(name) {
                return None;
            }
            let dotless = rest.strip_prefix('.').unwrap_or(rest);
            let bare = dotless.trim_start_matches([' ', '\t', '=', ':', ',']);
            let ends = bare.is_empty() || bare.len() < dotless.len();
            ends.then(|| bare.to_owned())
        })
    }

    /// Compares what is left; whether it is the expected value after all.
    fn finish(&self, bare: &str, mistakes: &mut Vec<DiagnosisCode>) -> bool {
        if bare.is_empty() {
            return mistakes.contains(&DiagnosisCode::ValueIsName);
        }
        if self.same(bare) {
            return !mistakes.is_empty();
        }
        for zone in &self.zones {
            let dotted = bare.strip_suffix('.').unwrap_or(bare);
            let inner = dotted.strip_suffix(zone.as_str());
            if let Some(inner) = inner.and_then(|inner| inner.strip_suffix('.')) {
                let mut below = mistakes.clone();
                below.push(DiagnosisCode::TargetDoubled);
                if self.nearly(inner, &mut below) {
                    *mistakes = below;
                    return true;
                }
            }
        }
        self.nearly(bare, mistakes)
    }

    fn nearly(&self, bare: &str, mistakes: &mut Vec<DiagnosisCode>) -> bool {
        let (squeezed, expected) = (squeeze(bare), squeeze(self.value));
        let spaced = squeezed.len() != bare.len() && bare != self.value;
        let Some(front) = expected.get(..squeezed.len()) else {
            return false;
        };
        let whole = squeezed.len() == expected.len();
        if !front.eq_ignore_ascii_case(&squeezed) || (!whole && squeezed.len() < SHORTEST_PREFIX) {
            return false;
        }
        if whole && bare.len() < self.value.len() {
            // Strings of one record follow each other without a space (RFC 7208 section 3.3).
            mistakes.push(DiagnosisCode::ValuesJoined);
        } else if whole && bare.len() > self.value.len()
            || (spaced && !whole && !is_prefix(self.value, bare))
        {
            mistakes.push(DiagnosisCode::ValueWhitespace);
        }
        if !whole {
            mistakes.push(DiagnosisCode::ValueTruncated);
        }
        if self.case_matters && front != squeezed {
            mistakes.push(DiagnosisCode::ValueCaseChanged);
        }
        true
    }
}

fn is_prefix(whole: &str, front: &str) -> bool {
    whole
        .get(..front.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(front))
}

/// Undoes `\DDD` (RFC 1035 section 5.1), which is how octets that do not print are handed over.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = text.get(at + 1..at + 4).filter(|_| byte == b'\\');
        let octet = digits
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|digits| digits.parse::<u8>().ok());
        decoded.push(octet.unwrap_or(byte));
        at += if octet.is_some() { 4 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Undoes the codes that web pages and web addresses have for signs of a token, and a space that was a plus sign
/// in an address.
fn uncoded(text: &str) -> String {
    const CODES: [(&str, &str); 12] = [
        ("%2B", "+"),
        ("%2b", "+"),
        ("%2F", "/"),
        ("%2f", "/"),
        ("%3D", "="),
        ("%3d", "="),
        ("&#43;", "+"),
        ("&plus;", "+"),
        ("&#47;", "/"),
        ("&#61;", "="),
        ("&equals;", "="),
        (" ", "+"),
    ];
    let undo = |text: String, (code, sign): &(&str, &str)| text.replace(code, sign);
    CODES.iter().fold(text.trim().to_owned(), undo)
}

/// White space and what looks like it: characters that do not show and come along when
/// copying.
fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
        )
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !is_blank(*c)).collect()
}

fn without_outer_space(text: &str) -> Option<String> {
    let trimmed = text.trim_matches(is_blank);
    (trimmed.len() < text.len()).then(|| trimmed.to_owned())
}

/// Quotation marks at either end, escaped or not, straight or typographic.
fn without_quotes(text: &str) -> Option<String> {
    const QUOTES: &[char] = &[
        '"', '\'', '`', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201c}', '\u{201d}', '\u{201e}',
        '\u{ab}', '\u{bb}', '\u{ff02}',
    ];
    let front = text.trim_start_matches('\\').trim_start_matches(QUOTES);
    let both = front.trim_end_matches(QUOTES).trim_end_matches('\\');
    let had_quote = text.contains(QUOTES) && both.len() < text.len();
    // Two strings that were pasted with their quotes are one value: `"part" "part"`.
    let joined = both.replace("\" \"", "").replace("\\\" \\\"", "");
    had_quote.then_some(joined)
}

/// Text that belongs in other fields: `TXT `, `300 IN CNAME `, `10 `, `amazonses:`.
fn without_field_prefix(text: &str) -> Option<String> {
    const TOKEN_PREFIX: &str = "amazonses:";
    if let Some((front, rest)) = text.split_at_checked(TOKEN_PREFIX.len())
        && front.eq_ignore_ascii_case(TOKEN_PREFIX)
    {
        return Some(rest.to_owned());
    }
    let end = text.find(is_blank).or_else(|| text.find(':'))?;
    let (word, rest) = text.split_at_checked(end)?;
    let word = word.trim_end_matches(':').to_ascii_uppercase();
    let is_field = matches!(word.as_str(), "TXT" | "CNAME" | "MX" | "IN" | "SPF")
        || (!word.is_empty() && word.len() < 6 && word.bytes().all(|b| b.is_ascii_digit()));
    if matches!(word.as_str(), "HTTP" | "HTTPS") {
        let address = rest.strip_prefix("://")?;
        return Some(address.trim_end_matches('/').to_owned());
    }
    let rest = rest.trim_start_matches([':', '=']);
    is_field.then(|| rest.trim_start_matches(is_blank).to_owned())
}

#[cfg(test)]
#[path = "likeness_tests.rs"]
mod tests;
