//! Opaque cursors of lists.

use domain_auth::ports::PageStart;

use crate::problem::{ApiError, FieldError};

/// The cursor of the page that starts there.
pub fn cursor_of(start: &PageStart) -> String {
    start.0.bytes().fold(String::new(), |mut text, byte| {
        text.push(char::from(HEX[usize::from(byte >> 4)]));
        text.push(char::from(HEX[usize::from(byte & 15)]));
        text
    })
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Where a cursor's page starts. A cursor names an entry of the caller's own list, so that a forged
/// one reaches nothing of anybody else.
pub fn page_start(cursor: &str) -> Result<PageStart, ApiError> {
    let digit = |byte: &u8| HEX.iter().position(|hex| hex == byte);
    let bytes: Option<Vec<u8>> = cursor
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(high)? << 4 | digit(low)?).ok(),
            _ => None,
        })
        .collect();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|text| !text.is_empty() && text.len() <= 512)
        .map(PageStart)
        .ok_or_else(|| {
            ApiError::invalid(FieldError::parameter(
                "cursor",
                "is not a cursor of this list",
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_page() {
        let start = PageStart("example.com".to_owned());
        assert_eq!(page_start(&cursor_of(&start)).unwrap(), start);
        for bad in ["", "0", "zz", "ff"] {
            assert!(page_start(bad).is_err(), "{bad}");
        }
    }
}
