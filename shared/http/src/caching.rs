//! Values of `Cache-Control`.

/// The header value of a response that no cache may keep.
pub(crate) const NO_STORE: &str = "private, no-store";
/// The header value of a response that may not be stored, not even to revalidate it: a page with a secret
/// in its URL.
pub(crate) const NEVER_KEPT: &str = "no-store";
