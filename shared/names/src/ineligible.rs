//! Why a name may not be added although it is valid.

/// Why a valid name may not be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IneligibleReason {
    /// A domain at which the public has mailboxes.
    #[error("this domain belongs to a mailbox provider; add a domain that your company owns")]
    MailboxProvider,
    /// A domain of Amazon SES.
    #[error("this domain belongs to Amazon, whose service sends the mail; add your own domain")]
    Amazon,
    /// A domain of the operator of this service.
    #[error("this domain belongs to Lasso; add your own domain")]
    Operator,
}
