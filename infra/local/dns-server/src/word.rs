//! Parses single words of a master file, in any position.

use hickory_proto::rr::Name;

use super::lexer::{Word, next_octet};

/// A domain name in a master file: relative to `origin` unless it ends in a dot. Labels may have
/// any octet (RFC 2181 section 11).
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
