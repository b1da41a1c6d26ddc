//! The part of a run that finishes removals which were interrupted, or which SES did not carry out.

use super::counter::Counter;
use super::{Report, back_off};
use crate::domain::Domain;
use crate::ports::{
    Clock, CommitChanges, CommitError, DueDomains, Identities, Ports, ReadClaims, SesError,
};
use crate::use_cases::SesTools;
use crate::use_cases::remove::{self, Removal};

/// Tries to finish a removal. Returns the domain if SES throttled it, so that it gets another turn.
pub(super) async fn try_to_remove<P>(
    tools: &SesTools<'_, P>,
    domain: Domain,
) -> (Report, Option<Domain>)
where
    P: Ports<Store: ReadClaims + CommitChanges + DueDomains, Ses: Identities>,
{
    let mut report = Report::default();
    let before = domain.clone();
    match remove::finish(tools, domain).await {
        Ok(Removal::Later(domain, Some(SesError::Throttled { .. }))) => {
            return (report, Some(*domain));
        }
        Ok(Removal::Later(domain, Some(error @ SesError::Refused { .. }))) => {
            tracing::error!(
                domain = %domain.name,
                error = &error as &dyn std::error::Error,
                "SES refuses to delete the identity of this domain"
            );
            report.count(Counter::RefusedBySes, 1);
        }
        Ok(Removal::Later(domain, Some(error))) => {
            tracing::warn!(
                domain = %domain.name,
                error = &error as &dyn std::error::Error,
                "removing goes on in a later run"
            );
            report.count(Counter::Errors, 1);
        }
        Ok(Removal::Later(_, None)) => {}
        Ok(Removal::Done) => report.count(Counter::Removed, 1),
        // It was added again, or another run has finished it.
        Err(CommitError::Conflict) => report.count(Counter::Conflicts, 1),
        Err(CommitError::Store(error)) => {
            back_off(tools.store, &before, &error, tools.clock.now(), &mut report).await;
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a removal was not written; it stays due"
            );
            report.count(Counter::Errors, 1);
        }
    }
    (report, None)
}
