//! Where a page of a list starts.

/// Where a page starts: after this entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageStart(pub String);
