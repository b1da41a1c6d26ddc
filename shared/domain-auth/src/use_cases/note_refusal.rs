//! Stores with the domain that Amazon SES reported an email as not delivered, or as spam.

use super::StoreTools;
use crate::attempts::{Attempts, is_written};
use crate::mail_refusal::MailReport;
use crate::ports::{Clock, CommitChanges, Ports, ReadDomains, StoreError};

/// The result for a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It is stored with the domain and in its history.
    Written,
    /// Nothing was written: the domain already has the report, is gone, or was added after the
    /// email was sent.
    Nothing,
}

/// Why a report was not stored. It has to be delivered again.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// Other processes kept changing the same domain.
    #[error("others kept changing the domain")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Stores a report once, even if it is delivered several times or out of order. The domain and the
/// line of its history are one transaction, with a condition on the version that did not contain
/// the report.
pub async fn note_refusal<P>(
    tools: &StoreTools<'_, P>,
    report: &MailReport,
) -> Result<Noted, NoteError>
where
    P: Ports<Store: ReadDomains + CommitChanges>,
{
    let StoreTools { store, clock, ids } = *tools;
    let about = &report.about;
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let domain = store.domain(&about.client, &about.domain).await?;
        let change = domain.and_then(|domain| domain.mail_refused(report, clock.now()));
        let Some(change) = change else {
            return Ok(Noted::Nothing);
        };
        if is_written(store.commit(&change).await)? {
            return Ok(Noted::Written);
        }
    }
    Err(NoteError::Busy)
}
