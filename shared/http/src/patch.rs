//! The media type of a patch. JSON Patch (RFC 6902) is JSON, too, but has another meaning.

use lambda_http::http::HeaderValue;

/// The media types that are read as a merge patch: its own (RFC 7396 section 4), and that of other bodies.
const MERGE_PATCH: [&str; 2] = ["application/merge-patch+json", "application/json"];

/// Whether a body with this `Content-Type` is read as a merge patch. It is if there is no such header.
pub(crate) fn is_merge_patch(content_type: Option<&HeaderValue>) -> bool {
    let Some(content_type) = content_type else {
        return true;
    };
    let text = content_type.to_str().unwrap_or_default();
    let media_type = text.split(';').next().unwrap_or_default().trim();
    MERGE_PATCH
        .iter()
        .any(|known| media_type.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_merge_patch_and_plain_json_are_read_as_a_merge_patch() {
        let of = |text: &'static str| is_merge_patch(Some(&HeaderValue::from_static(text)));
        assert!(is_merge_patch(None));
        for taken in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/Merge-Patch+JSON",
        ] {
            assert!(of(taken), "{taken}");
        }
        for other in [
            "application/json-patch+json",
            "text/plain",
            "application/x-www-form-urlencoded",
            "",
        ] {
            assert!(!of(other), "{other}");
        }
    }
}
