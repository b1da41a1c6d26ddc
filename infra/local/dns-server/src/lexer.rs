//! Splits a master file into entries and words.
//!
//! `hickory-proto` has a master-file parser; this crate has its own, because its zone files contain
//! texts that people paste and every mistake that a test needs. The one in `hickory-proto` 0.26
//! reads `\DDD` escapes wrongly, loses quotation marks inside parentheses, keeps one CNAME per
//! name, and cannot express a label with control characters.
//!
//! Format: RFC 1035 section 5.1.

/// A syntax error in a zone file, with its position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: usize,
    /// The error, as a clause.
    pub message: String,
}

/// One word of an entry, with its escapes unresolved: the meaning of `\.` depends on the position
/// of the word (in a name it is a dot inside a label).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// The bytes as written, without the surrounding quotation marks.
    pub(crate) raw: Vec<u8>,
    /// Whether it was in quotation marks.
    pub(crate) quoted: bool,
}

impl Word {
    /// The word as text, for keywords and messages.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }

    /// The octets that the word stands for, escapes resolved (`\X`, `\DDD`).
    pub(crate) fn octets(&self) -> Result<Vec<u8>, String> {
        let mut octets = Vec::with_capacity(self.raw.len());
        let mut rest = self.raw.as_slice();
        while let Some((octet, _, tail)) = next_octet(rest)? {
            octets.push(octet);
            rest = tail;
        }
        Ok(octets)
    }
}

/// An octet, whether it was escaped, and what follows it.
pub(crate) type NextOctet<'a> = (u8, bool, &'a [u8]);

/// The next octet of escaped text.
pub(crate) fn next_octet(raw: &[u8]) -> Result<Option<NextOctet<'_>>, String> {
    match raw {
        [] => Ok(None),
        [b'\\', a, b, c, rest @ ..] if [a, b, c].iter().all(|d| d.is_ascii_digit()) => {
            let value = [a, b, c]
                .iter()
                .fold(0_u16, |value, digit| value * 10 + u16::from(**digit - b'0'));
            let octet = u8::try_from(value)
                .map_err(|_| format!("`\\{value}` is not an octet: the highest is `\\255`"))?;
            Ok(Some((octet, true, rest)))
        }
        [b'\\', escaped, rest @ ..] if !escaped.is_ascii_digit() => {
            Ok(Some((*escaped, true, rest)))
        }
        [b'\\', ..] => Err("a `\\` needs a character or three digits after it".to_owned()),
        [octet, rest @ ..] => Ok(Some((*octet, false, rest))),
    }
}

/// One entry: a line, or several joined by parentheses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The line on which it begins, from 1.
    pub(crate) line: usize,
    /// Whether it begins with white space, so that the previous owner name applies.
    pub(crate) continues_owner: bool,
    /// Its words, never empty.
    pub(crate) words: Vec<Word>,
}

/// Splits a whole file into its entries; blank lines and comments are left out.
pub(crate) fn entries(text: &[u8]) -> Result<Vec<Entry>, SyntaxError> {
    let mut lexer = Lexer::new(text);
    let mut entries = Vec::new();
    while let Some(entry) = lexer.entry()? {
        if !entry.words.is_empty() {
            entries.push(entry);
        }
    }
    Ok(entries)
}

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a [u8]) -> Self {
        // Editors on Windows put a byte order mark in front.
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        Self {
            text,
            at: 0,
            line: 1,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn error(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError {
            line: self.line,
            message: message.into(),
        }
    }

    fn entry(&mut self) -> Result<Option<Entry>, SyntaxError> {
        if self.peek().is_none() {
            return Ok(None);
        }
        let mut entry = Entry {
            line: self.line,
            continues_owner: matches!(self.peek(), Some(b' ' | b'\t')),
            words: Vec::new(),
        };
        let mut depth = 0_usize;
        while let Some(octet) = self.peek() {
            match octet {
                b'\n' => {
                    self.at += 1;
                    self.line += 1;
                    if depth == 0 {
                        return Ok(Some(entry));
                    }
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b';' => self.skip_comment(),
                b'(' => {
                    depth += 1;
                    self.at += 1;
                }
                b')' => {
                    depth = depth
                        .checked_sub(1)
                        .ok_or_else(|| self.error("a `)` without its `(`"))?;
                    self.at += 1;
                }
                b'"' => {
                    let word = self.quoted()?;
                    entry.words.push(word);
                }
                _ => {
                    let word = self.plain();
                    entry.words.push(word);
                }
            }
        }
        if depth > 0 {
            return Err(SyntaxError {
                line: entry.line,
                message: "a `(` without its `)`".to_owned(),
            });
        }
        Ok(Some(entry))
    }

    fn skip_comment(&mut self) {
        while self.peek().is_some_and(|octet| octet != b'\n') {
            self.at += 1;
        }
    }

    fn quoted(&mut self) -> Result<Word, SyntaxError> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(b'\n') | None => {
                    return Err(self.error("a quotation mark is not closed on its line"));
                }
                Some(_) => self.at += 1,
            }
        }
        let word = Word {
            raw: self.text[start..self.at].to_vec(),
            quoted: true,
        };
        self.at += 1;
        Ok(word)
    }

    fn plain(&mut self) -> Word {
        let start = self.at;
        while let Some(octet) = self.peek() {
            match octet {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'(' | b')' | b'"' => break,
                b'\\'
                    if self
                        .text
                        .get(self.at + 1)
                        .is_some_and(|next| *next != b'\n') =>
                {
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        Word {
            raw: self.text[start..self.at].to_vec(),
            quoted: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        entries(text.as_bytes())
            .unwrap()
            .into_iter()
            .map(|entry| entry.words.iter().map(Word::text).collect())
            .collect()
    }

    #[test]
    fn comments_and_blank_lines_are_left_out() {
        assert_eq!(
            words("; a comment\n\n   ; another\nwww A 192.0.2.1 ; the last\n"),
            [["www", "A", "192.0.2.1"]]
        );
    }

    #[test]
    fn parentheses_join_lines_and_keep_quoted_strings_whole() {
        assert_eq!(
            words("k TXT ( \"v=DKIM1; p=\" ; first half\n \"ab cd\" )\nx A 192.0.2.1"),
            [
                vec!["k", "TXT", "v=DKIM1; p=", "ab cd"],
                vec!["x", "A", "192.0.2.1"]
            ]
        );
    }

    #[test]
    fn windows_line_ends_and_a_byte_order_mark_do_no_harm() {
        assert_eq!(
            words("\u{feff}a A 192.0.2.1\r\n\r\nb A 192.0.2.2\r\n"),
            [["a", "A", "192.0.2.1"], ["b", "A", "192.0.2.2"]]
        );
    }

    #[test]
    fn escapes_stand_for_their_octets() {
        let entries = entries(br#"x TXT "a\"b\\c\065\010\255""#).unwrap();
        assert_eq!(entries[0].words[2].octets().unwrap(), b"a\"b\\cA\n\xff");
    }

    #[test]
    fn an_error_names_its_line() {
        let unclosed =
            entries(b"a A 192.0.2.1\nb TXT \"never closed\nc A 192.0.2.2\n").unwrap_err();
        assert_eq!(unclosed.line, 2);
        assert!(entries(b"x TXT ( \"a\"\n").is_err());
        assert!(entries(b"x TXT \"a\" )\n").is_err());
    }
}
