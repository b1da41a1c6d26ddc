//! Parses the value of a record: own parsers for the types that people publish by hand,
//! `hickory-proto`'s parsers for other types, and the generic form of RFC 3597 for raw octets.

use std::net::{Ipv4Addr, Ipv6Addr};

use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, NS, NULL, PTR, SOA, SRV, TXT};
use hickory_proto::rr::{Name, RData, RecordType};

use super::lexer::Word;
use super::word::{name, parse_ttl};

/// Parses the words after the type.
pub(crate) fn parse(
    record_type: RecordType,
    words: &[Word],
    origin: &Name,
) -> Result<RData, String> {
    if words
        .first()
        .is_some_and(|word| word.raw == b"\\#" && !word.quoted)
    {
        return generic(record_type, &words[1..]);
    }
    match (record_type, words) {
        (RecordType::A, [address]) => {
            let address: Ipv4Addr = number(address, "IPv4 address")?;
            Ok(RData::A(A(address)))
        }
        (RecordType::AAAA, [address]) => {
            let address: Ipv6Addr = number(address, "IPv6 address")?;
            Ok(RData::AAAA(AAAA(address)))
        }
        (RecordType::CNAME, [target]) => Ok(RData::CNAME(CNAME(name(target, origin)?))),
        (RecordType::NS, [target]) => Ok(RData::NS(NS(name(target, origin)?))),
        (RecordType::PTR, [target]) => Ok(RData::PTR(PTR(name(target, origin)?))),
        (RecordType::MX, [preference, exchange]) => Ok(RData::MX(MX::new(
            number(preference, "preference")?,
            name(exchange, origin)?,
        ))),
        (RecordType::SRV, [priority, weight, port, target]) => Ok(RData::SRV(SRV::new(
            number(priority, "priority")?,
            number(weight, "weight")?,
            number(port, "port")?,
            name(target, origin)?,
        ))),
        (RecordType::TXT, [_, ..]) => text(words),
        (RecordType::SOA, [primary, mailbox, serial, refresh, retry, expire, minimum]) => {
            Ok(RData::SOA(SOA::new(
                name(primary, origin)?,
                name(mailbox, origin)?,
                number(serial, "serial")?,
                seconds(refresh)?.cast_signed(),
                seconds(retry)?.cast_signed(),
                seconds(expire)?.cast_signed(),
                seconds(minimum)?,
            )))
        }
        (
            RecordType::A
            | RecordType::AAAA
            | RecordType::CNAME
            | RecordType::NS
            | RecordType::PTR
            | RecordType::MX
            | RecordType::SRV
            | RecordType::TXT
            | RecordType::SOA,
            _,
        ) => Err(format!(
            "{} words are not the value of such a record",
            words.len()
        )),
        (other, words) => by_library(other, words),
    }
}

/// RFC 1035 section 3.3.14: one or more strings of up to 255 octets.
fn text(words: &[Word]) -> Result<RData, String> {
    let strings = words
        .iter()
        .map(Word::octets)
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(long) = strings.iter().find(|string| string.len() > 255) {
        return Err(format!(
            "a string of {} octets; one string holds 255, longer values are split into several",
            long.len()
        ));
    }
    Ok(RData::TXT(TXT::from_bytes(
        strings.iter().map(Vec::as_slice).collect(),
    )))
}

/// RFC 3597 section 5: `\# <length> <hexadecimal>`.
fn generic(record_type: RecordType, words: &[Word]) -> Result<RData, String> {
    let (length, digits) = words.split_first().ok_or("`\\#` needs a length")?;
    let length: usize = number(length, "length")?;
    let digits: Vec<u8> = digits.iter().flat_map(|word| word.raw.clone()).collect();
    let octets = digits
        .chunks(2)
        .map(|pair| {
            std::str::from_utf8(pair)
                .ok()
                .filter(|pair| pair.len() == 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        })
        .collect::<Option<Vec<u8>>>()
        .ok_or("what follows `\\#` is not hexadecimal")?;
    if octets.len() != length {
        return Err(format!(
            "`\\#` promises {length} octets and brings {}",
            octets.len()
        ));
    }
    Ok(RData::Unknown {
        code: record_type,
        rdata: if octets.is_empty() {
            NULL::new()
        } else {
            NULL::with(octets)
        },
    })
}

fn by_library(record_type: RecordType, words: &[Word]) -> Result<RData, String> {
    let line = words
        .iter()
        .map(|word| {
            if word.quoted {
                format!("\"{}\"", word.text())
            } else {
                word.text()
            }
        })
        .collect::<Vec<_>>()
        .join(" ");
    RData::try_from_str(record_type, &line).map_err(|error| error.to_string())
}

fn number<T: std::str::FromStr>(word: &Word, what: &str) -> Result<T, String> {
    word.text()
        .parse()
        .map_err(|_| format!("`{}` is no {what}", word.text()))
}

fn seconds(word: &Word) -> Result<u32, String> {
    parse_ttl(&word.text()).ok_or_else(|| format!("`{}` is not a number of seconds", word.text()))
}
