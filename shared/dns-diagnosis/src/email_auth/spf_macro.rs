//! The domain-spec of SPF terms (RFC 7208 section 7): names with macros in them.

/// Whether `spec` is a `domain-spec`: a macro string that ends in a macro or a top-level label.
pub(super) fn is_domain_spec(spec: &str) -> bool {
    let Some(ends_in_macro) = scan(spec) else {
        return false;
    };
    if spec.is_empty() {
        return false;
    }
    ends_in_macro || ends_in_top_label(spec)
}

/// Whether `text` is a `macro-string`, which may be empty.
pub(super) fn is_macro_string(text: &str) -> bool {
    scan(text).is_some()
}

/// Reads a macro string; `Some(true)` if its last part is a macro.
fn scan(text: &str) -> Option<bool> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut ends_in_macro = false;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            ends_in_macro = true;
            match bytes.get(at + 1)? {
                b'%' | b'_' | b'-' => at += 2,
                b'{' => {
                    let close = bytes.get(at..)?.iter().position(|b| *b == b'}')?;
                    if !is_macro_body(bytes.get(at + 2..at + close)?) {
                        return None;
                    }
                    at += close + 1;
                }
                _ => return None,
            }
        } else if byte.is_ascii_graphic() {
            ends_in_macro = false;
            at += 1;
        } else {
            return None;
        }
    }
    Some(ends_in_macro)
}

/// `macro-letter transformers *delimiter`.
fn is_macro_body(body: &[u8]) -> bool {
    let Some((letter, rest)) = body.split_first() else {
        return false;
    };
    if !b"slodiphcrtv".contains(&letter.to_ascii_lowercase()) {
        return false;
    }
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = rest.get(digits..).unwrap_or_default();
    let rest = match rest.split_first() {
        Some((b'r' | b'R', rest)) => rest,
        Some(_) | None => rest,
    };
    rest.iter().all(|b| b".-+,/_=".contains(b))
}

/// `toplabel = *alphanum ALPHA *alphanum / 1*alphanum "-" *(alphanum / "-") alphanum`, after a dot.
fn ends_in_top_label(spec: &str) -> bool {
    let spec = spec.strip_suffix('.').unwrap_or(spec);
    let Some((_, top)) = spec.rsplit_once('.') else {
        return false;
    };
    let bytes = top.as_bytes();
    let ldh = bytes
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || *b == b'-');
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    ldh && *first != b'-' && *last != b'-' && bytes.iter().any(|b| !b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_and_macros_of_the_rfc_are_valid_domain_specs() {
        for spec in [
            "example.com",
            "example.com.",
            "_spf.%{d}",
            "%{d}",
            "%{i}._spf.%{d2}",
            "%{ir}.%{v}._spf.%{d2}",
            "%{lr-}.lp._spf.%{d2}",
            "%{l1r+-}.example.org",
            "a%%b.example.org",
            "xn--bcher-kva.xn--p1ai",
        ] {
            assert!(is_domain_spec(spec), "{spec}");
        }
    }

    #[test]
    fn an_invalid_name_is_not_a_domain_spec() {
        for spec in [
            "",
            "localhost",
            "example.123",
            "%",
            "%{",
            "%{x}",
            "%{d",
            "%(d)",
            "a b.com",
            "exa\u{e9}.com",
            "example.-com",
            "..",
        ] {
            assert!(!is_domain_spec(spec), "{spec:?}");
        }
    }
}
