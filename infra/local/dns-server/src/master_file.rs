//! Reads a master file (RFC 1035 section 5) into records. It is lenient, as hand-written files
//! need: a record without a TTL gets the default, and `$ORIGIN` may lack its last dot.

use std::str::FromStr;

use hickory_proto::rr::{Name, Record, RecordType};

use super::lexer::{self, Entry, SyntaxError, Word};
use super::rdata;
use super::word::{name, parse_ttl};

/// The TTL of a record without one, in a file without `$TTL`. Short, so that a correction is seen
/// soon.
pub(crate) const DEFAULT_TTL: u32 = 60;

/// The records of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MasterFile {
    /// The name of the zone.
    pub(crate) origin: Name,
    /// Its records, in the order of the file.
    pub(crate) records: Vec<Record>,
}

/// Reads a file. `file_zone` is the zone in the file's name: the origin of relative names until an
/// `$ORIGIN` changes it.
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
                // People leave out the last dot here; a relative `$ORIGIN` is almost never
                // intended.
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
        // RFC 2308 section 4: `$TTL` is the default; without it, the last stated TTL is.
        let ttl = ttl
            .or(self.default_ttl)
            .or(self.last_ttl)
            .unwrap_or(DEFAULT_TTL);
        self.records.push(Record::from_rdata(owner, ttl, data));
        Ok(())
    }
}

/// A type by its mnemonic, or by its number as `TYPE99` (RFC 3597 section 5).
fn parse_type(text: &str) -> Option<RecordType> {
    let upper = text.to_ascii_uppercase();
    if let Some(number) = upper.strip_prefix("TYPE") {
        return number.parse::<u16>().ok().map(RecordType::from);
    }
    RecordType::from_str(&upper).ok()
}
