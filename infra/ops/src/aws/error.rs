//! Why AWS gave no answer.

/// AWS gave no answer, or refused.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// The configuration names no region.
    #[error("no region: pass --region, or set AWS_REGION")]
    NoRegion,
    /// There are no credentials.
    #[error("no AWS credentials: {0}")]
    NoCredentials(String),
    /// A stack.json cannot be read.
    #[error("{0} is not the stack.json of a local stack that runs: {1}")]
    StackJson(String, String),
    /// No answer.
    #[error("{0} did not answer")]
    NoAnswer(String, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// An answer that is an error.
    #[error("{call}: {code}: {message}")]
    Refused {
        /// The call.
        call: String,
        /// HTTP status.
        status: u16,
        /// The kind of error.
        code: String,
        /// What AWS says of it.
        message: String,
    },
    /// An answer that cannot be read.
    #[error("the answer to {0} cannot be read")]
    Unreadable(String, #[source] Box<dyn std::error::Error + Send + Sync>),
}

impl AwsError {
    /// Whether AWS says that there is no such thing.
    pub fn is_absent(&self) -> bool {
        match self {
            Self::Refused {
                status,
                code,
                message,
                ..
            } => *status == 404 || code.contains("NotFound") || message.contains("does not exist"),
            Self::NoRegion | Self::NoCredentials(_) | Self::StackJson(..) => false,
            Self::NoAnswer(..) | Self::Unreadable(..) => false,
        }
    }
}
