//! The HTTP headers of a page.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use crate::frame::{script, style};

/// The referrer that other pages get (Referrer Policy, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Referrer {
    /// No referrer. Browsers then send `Origin: null` with the forms of the page, so a server
    /// cannot compare the origin.
    Never,
    /// Only pages of the same origin get the referrer.
    SameOrigin,
}

impl Referrer {
    fn as_str(self) -> &'static str {
        match self {
            Self::Never => "no-referrer",
            Self::SameOrigin => "same-origin",
        }
    }
}

/// The headers of a page that `frame_ancestors` may frame (a source list of CSP; `'none'`: no
/// site). The page is not cached or indexed by search engines, and loads no other resources.
pub fn headers(frame_ancestors: &str, referrer: Referrer) -> [(&'static str, String); 7] {
    [
        ("content-type", "text/html; charset=utf-8".to_owned()),
        ("content-security-policy", policy(frame_ancestors)),
        ("cache-control", "no-store".to_owned()),
        ("referrer-policy", referrer.as_str().to_owned()),
        ("x-robots-tag", "noindex, nofollow".to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
        ("strict-transport-security", "max-age=31536000".to_owned()),
    ]
}

/// The content security policy (CSP Level 3). The script fetches its own page again, hence
/// `connect-src`.
fn policy(frame_ancestors: &str) -> String {
    format!(
        "default-src 'none'; style-src {}; script-src {}; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors {frame_ancestors}",
        source(style()),
        source(script()),
    )
}

/// The source expression for an element with this text (CSP Level 3, section 2.3.1).
fn source(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Frame;

    #[test]
    fn the_policy_allows_the_style_and_script_of_a_page_and_nothing_unsafe() {
        let page = Frame::default().render().unwrap();
        let between = |from: &str, to: &str| {
            let (_, rest) = page.split_once(from).unwrap();
            rest.split_once(to).unwrap().0.to_owned()
        };
        let policy = policy("'none'");
        for text in [
            between("<style>", "</style>"),
            between("<script>", "</script>"),
        ] {
            assert!(policy.contains(&source(&text)), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'));
        assert!(policy.starts_with("default-src 'none';"));
        assert!(policy.ends_with("frame-ancestors 'none'"));
    }

    #[test]
    fn a_page_is_stored_in_no_cache_and_sends_no_referrer() {
        let headers = headers("'none'", Referrer::Never);
        for header in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex, nofollow"),
        ] {
            assert!(
                headers
                    .iter()
                    .any(|(name, value)| (*name, value.as_str()) == header)
            );
        }
    }
}
