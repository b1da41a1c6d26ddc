//! The ports of a stack, as its functions have them.

use domain_auth::names::Eligibility;
use domain_auth::use_cases::{SesBudget, SesTools, StoreTools};
use domain_auth_aws::{AwsPorts, SesIdentities, SystemClock, SystemIds, Table};
use indicatif::{ProgressBar, ProgressStyle};

use crate::aws::Aws;
use crate::outcome::Error;
use crate::stack::Stack;

/// The ports of a stack.
pub(super) struct Connected {
    pub(super) store: Table,
    pub(super) ses: SesIdentities,
    pub(super) clock: SystemClock,
    pub(super) ids: SystemIds,
    pub(super) budget: SesBudget,
    pub(super) eligibility: Eligibility,
}

impl Connected {
    /// The ports of the stack; SES is called at the pace that the stack may have.
    pub(super) fn to(aws: &Aws, stack: &Stack) -> Result<Self, Error> {
        let calls = stack.parameter("SesCallsPerSecond").parse().unwrap_or(1);
        let region = aws.region().to_owned();
        let ses = SesIdentities::new(aws.ses_v1(), aws.ses_v2(), region, stack.name.clone());
        Ok(Self {
            store: Table::new(aws.dynamodb(), stack.output("TableName")?.to_owned()),
            ses: ses.adopting(stack.identity_arn_prefix()?),
            clock: SystemClock,
            ids: SystemIds,
            budget: SesBudget::per_second(calls),
            eligibility: eligibility(stack)?,
        })
    }

    pub(super) fn store_tools(&self) -> StoreTools<'_, AwsPorts> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    pub(super) fn tools(&self) -> SesTools<'_, AwsPorts> {
        self.store_tools().with_ses(&self.ses, &self.budget)
    }
}

/// The names that no client may have, as the template gives them to the functions: `OwnDomains`, and the
/// domains of both addresses.
fn eligibility(stack: &Stack) -> Result<Eligibility, Error> {
    let domain = |parameter| stack.parameter(parameter).rsplit('@').next();
    let own = [
        Some(stack.parameter("OwnDomains")),
        domain("SenderEmail"),
        domain("SupportEmail"),
    ];
    let own: Vec<&str> = own.into_iter().flatten().collect();
    Eligibility::parse(&own.join(","))
        .map_err(|error| Error::failed("the parameter OwnDomains of the stack", error))
}

/// A bar on stderr, if that is a terminal.
pub(super) fn progress(steps: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(steps).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len}, {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
