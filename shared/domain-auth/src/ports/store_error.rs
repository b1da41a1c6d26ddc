//! Errors of the store.

/// A call to the store failed. A transaction is never written in part.
#[derive(Debug, thiserror::Error)]
#[error("the store could not {action}")]
pub struct StoreError {
    /// The action that failed.
    pub action: &'static str,
    /// The kind of failure.
    pub failure: StoreFailure,
    /// The cause.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Why a call to the store failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreFailure {
    /// The store did not answer, or cannot at the moment. Another attempt may succeed.
    Unavailable,
    /// An item would be larger than the store accepts. Another attempt fails, too.
    TooLarge,
    /// A stored item cannot be read: it is damaged, or a later release has written it.
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
