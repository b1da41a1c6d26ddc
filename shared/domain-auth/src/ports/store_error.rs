//! How the store fails.

/// The store could not do it. Nothing that was written in one transaction is there in part.
#[derive(Debug, thiserror::Error)]
#[error("the store could not {action}")]
pub struct StoreError {
    /// What it was to do.
    pub action: &'static str,
    /// Whether another attempt may fare better.
    pub failure: StoreFailure,
    /// What it says.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Why the store could not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreFailure {
    /// It did not answer, or not now. Another attempt may fare better.
    Unavailable,
    /// An item would be larger than the store takes. The same attempt fails again.
    TooLarge,
    /// What is stored cannot be read: it is damaged, or a later release has written it.
    Unreadable,
}

/// A change was not written.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another process has changed the domain or its claims since they were read. Nothing is written.
    #[error("another process has changed the domain meanwhile")]
    Conflict,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
