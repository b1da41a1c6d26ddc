//! Values of `Cache-Control`.

/// The header value of a response that no cache may keep.
pub(crate) const NO_STORE: &str = "private, no-store";
/// The header value of an answer that no caller may keep, not even to ask whether it is still so: pages
/// with a secret in their address.
pub(crate) const NEVER_KEPT: &str = "no-store";
