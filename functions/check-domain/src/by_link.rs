//! The check from the page of a link. A browser sends it as a form, so every response leads back to
//! the page, which shows the stored result.

use domain_auth::check_limit::CountChecks;
use domain_auth::dns::Lookup;
use domain_auth::figures::{ses_calls, time_to_verified};
use domain_auth::history::Actor;
use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::limits::ReadClientRecord;
use domain_auth::links::{LinkToken, ReadLinks};
use domain_auth::ports::{ClaimStore, Identities, IdentityStatuses, Meter, Outbox, Ports, Publish};
use domain_auth::ses_share::SesTurns;
use domain_auth::use_cases::check::{CheckError, CheckRefusal, Checked, check};
use domain_auth::use_cases::links::linked_domain;
use domain_auth::use_cases::{Failure, SesBudget};
use domain_auth_http::{Answer, ApiError, ParsedRequest, Reply, no_content};
use lambda_http::http::{HeaderValue, StatusCode, header};

use crate::App;

impl<P> App<P>
where
    P: Ports<
            Store: ClaimStore
                       + ReadLinks
                       + Outbox
                       + IdempotencyLedger
                       + ReadClientRecord
                       + CountChecks
                       + SesTurns,
            Ses: Identities + IdentityStatuses,
            Publisher: Publish,
            Dns: Lookup,
            Meter: Meter,
        >,
{
    /// The pause between two checks is that of the domain, for all callers, and the limit per minute
    /// is that of its client.
    pub(crate) async fn check_by_link(&self, request: &ParsedRequest) -> Result<Answer, ApiError> {
        let token = request.link_token()?;
        let found = match linked_domain(&self.store, &self.clock, &token).await {
            Ok(found) => found,
            Err(error) => return Ok(failed(&token, &Failure::Store(error))),
        };
        let Some((domain, link)) = found else {
            // The page says that there is no such link.
            return Ok(back(&token, "").into());
        };
        let actor = Actor::LinkHolder { link: link.id };
        let budget = SesBudget::unlimited();
        let dns = self.dns.fresh();
        let tools = self.tools().with_ses(&self.ses, &budget).with_dns(&dns);
        let named = (&domain.client, &domain.name);
        match check(&tools, &self.final_step, named, &actor, self.limits).await {
            Ok(Checked { change, .. }) => {
                let mut figures = ses_calls(&budget.tally());
                figures.extend(time_to_verified(change.verified_after()));
                let answer = Answer::after(change.event, Ok(back(&token, "")));
                Ok(answer.with_figures(figures))
            }
            Err(error) => Ok(failed(&token, &error)),
        }
    }
}

/// Leads back to the page. The page shows some problems itself; for the others, the address tells
/// it that there was no check.
fn failed(token: &LinkToken, error: &CheckError) -> Answer {
    let query = match error {
        Failure::Refused(CheckRefusal::TooSoon { .. }) | Failure::NotFound => "",
        Failure::Refused(CheckRefusal::TooMany { .. }) | Failure::Busy => "?check=later",
        Failure::Store(cause) => {
            tracing::error!(
                error = cause as &dyn std::error::Error,
                "a check that was asked for with a link failed on our side"
            );
            "?check=later"
        }
    };
    back(token, query).into()
}

/// `303 See Other`, relative to `/handoff/{token}/check`.
fn back(token: &LinkToken, query: &str) -> Reply {
    let mut reply = no_content();
    *reply.status_mut() = StatusCode::SEE_OTHER;
    let page = format!("../{}{query}", token.as_str());
    if let Ok(page) = HeaderValue::from_str(&page) {
        reply.headers_mut().insert(header::LOCATION, page);
    }
    reply
}
