//! Reads a master file (RFC 1035 section 5) into records, with the leniency that hand-written files
//! need: a record without a TTL gets the default, and `$ORIGIN` may lack its last dot.

use std::str::FromStr;

use hickory_proto::rr::{Name, Record, RecordType};

use super::lexer::{self, Entry, Word, next_octet};
use super::rdata;

/// The TTL of a record that names none, in a file without `$TTL`. Short, so that a correction is
/// seen soon.
pub(crate) const DEFAULT_TTL: u32 = 60;

/// What is wrong in a zone file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: usize,
    /// The fault, as a clause.
    pub message: String,
}

/// The records of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MasterFile {
    /// The name of the zone.
    pub(crate) origin: Name,
    /// Its records, in the order of the file.
    pub(crate) records: Vec<Record>,
}

/// Reads a file. `file_zone` is the zone that the file's name stands for: the origin of relative
/// names until an `$ORIGIN` changes it.
///
/// The zone's own name is the owner of the SOA record if there is one; otherwise the file's name,
/// unless the first `$ORIGIN` is outside it.
pub(crate) fn parse(text: &[u8], file_zone: &Name) -> Result<MasterFile, SyntaxError> {
    let mut reader = Reader {
        origin: file_zone.clone(),
        first_origin: None,
        default_ttl: None,
        last_ttl: None,
        owner: None,
        records: Vec::new(),
    };
    for entry in lexer::entries(text)? {
        reader.entry(&entry).map_err(|message| SyntaxError {
            line: entry.line,
            message,
        })?;
    }
    let start_of_authority = reader
        .records
        .iter()
        .find(|record| record.record_type() == RecordType::SOA)
        .map(|record| record.name.clone());
    let origin = match (start_of_authority, reader.first_origin) {
        (Some(owner), _) => owner,
        (None, Some(origin)) if !file_zone.zone_of(&origin) => origin,
        (None, _) => file_zone.clone(),
    };
    Ok(MasterFile {
        origin,
        records: reader.records,
    })
}

/// A domain name as it stands in a master file: relative to `origin` unless it ends in a dot.
/// Labels may hold any octet (RFC 2181 section 11).
pub(crate) fn name(word: &Word, origin: &Name) -> Result<Name, String> {
    if word.raw == b"@" && !word.quoted {
        return Ok(origin.clone());
    }
    if word.raw == b"." {
        return Ok(Name::root());
    }
    let mut labels: Vec<Vec<u8>> = Vec::new();
    let mut label = Vec::new();
    let mut absolute = false;
    let mut rest = word.raw.as_slice();
    while let Some((octet, escaped, tail)) = next_octet(rest)? {
        if octet == b'.' && !escaped {
            if label.is_empty() {
                return Err(format!("`{}` has an empty label", word.text()));
            }
            labels.push(std::mem::take(&mut label));
            absolute = tail.is_empty();
        } else {
            label.push(octet);
        }
        rest = tail;
    }
    if !label.is_empty() {
        labels.push(label);
    }
    if labels.is_empty() {
        return Err("a name is empty".to_owned());
    }
    let describe = |error| format!("`{}` is not a domain name: {error}", word.text());
    let mut name = Name::from_labels(labels.iter().map(Vec::as_slice)).map_err(describe)?;
    if !absolute {
        name = name.append_name(origin).map_err(describe)?;
    }
    name.set_fqdn(true);
    Ok(name)
}

struct Reader {
    origin: Name,
    first_origin: Option<Name>,
    default_ttl: Option<u32>,
    last_ttl: Option<u32>,
    owner: Option<Name>,
    records: Vec<Record>,
}

impl Reader {
    fn entry(&mut self, entry: &Entry) -> Result<(), String> {
        let Some(first) = entry.words.first() else {
            return Ok(());
        };
        if first.raw.starts_with(b"$") && !first.quoted {
            return self.directive(&first.text(), &entry.words[1..]);
        }
        if entry.continues_owner {
            return self.record(&entry.words).map_err(|message| {
                format!(
                    "{message} (a line that begins with a space has the name of the line above)"
                )
            });
        }
        self.owner = Some(name(first, &self.origin)?);
        self.record(&entry.words[1..])
    }

    fn directive(&mut self, directive: &str, arguments: &[Word]) -> Result<(), String> {
        match (directive.to_ascii_uppercase().as_str(), arguments) {
            ("$ORIGIN", [origin]) => {
                // People leave the last dot out here; a relative `$ORIGIN` is next to never meant.
                let parent = if origin.raw.contains(&b'.') {
                    Name::root()
                } else {
                    self.origin.clone()
                };
                self.origin = name(origin, &parent)?;
                self.first_origin.get_or_insert_with(|| self.origin.clone());
                Ok(())
            }
            ("$TTL", [ttl]) => {
                let seconds = parse_ttl(&ttl.text())
                    .ok_or_else(|| format!("`{}` is not a TTL", ttl.text()))?;
                self.default_ttl = Some(seconds);
                Ok(())
            }
            ("$ORIGIN" | "$TTL", _) => Err(format!("{directive} takes one value")),
            _ => Err(format!("{directive} is not supported")),
        }
    }

    /// `[<TTL>] [<class>] <type> <RDATA>` or `[<class>] [<TTL>] <type> <RDATA>`.
    fn record(&mut self, words: &[Word]) -> Result<(), String> {
        let mut words = words;
        let mut ttl = None;
        let mut class_seen = false;
        let record_type = loop {
            let Some((word, rest)) = words.split_first() else {
                return Err("a record needs a type and a value".to_owned());
            };
            words = rest;
            let text = word.text();
            if ttl.is_none() && !word.quoted {
                ttl = parse_ttl(&text);
                if ttl.is_some() {
                    continue;
                }
            }
            if !class_seen && text.eq_ignore_ascii_case("IN") {
                class_seen = true;
                continue;
            }
            break parse_type(&text)
                .ok_or_else(|| format!("`{text}` is not a record type that is known here"))?;
        };
        let owner = self
            .owner
            .clone()
            .ok_or("the first record of a file needs a name")?;
        let data = rdata::parse(record_type, words, &self.origin)
            .map_err(|message| format!("{record_type} {owner}: {message}"))?;
        if let Some(ttl) = ttl {
            self.last_ttl = Some(ttl);
        }
        // RFC 2308 section 4: `$TTL` is the default; before it existed, the last one stated was.
        let ttl = ttl
            .or(self.default_ttl)
            .or(self.last_ttl)
            .unwrap_or(DEFAULT_TTL);
        self.records.push(Record::from_rdata(owner, ttl, data));
        Ok(())
    }
}

/// Seconds, or BIND's units: `1h30m`.
pub(crate) fn parse_ttl(text: &str) -> Option<u32> {
    let mut total = 0_u32;
    let mut number: Option<u32> = None;
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    for character in text.chars() {
        if let Some(digit) = character.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
            continue;
        }
        let unit = match character.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    total.checked_add(number.unwrap_or(0))
}

/// A type by its mnemonic, or by its number as `TYPE99` (RFC 3597 section 5).
fn parse_type(text: &str) -> Option<RecordType> {
    let upper = text.to_ascii_uppercase();
    if let Some(number) = upper.strip_prefix("TYPE") {
        return number.parse::<u16>().ok().map(RecordType::from);
    }
    RecordType::from_str(&upper).ok()
}
