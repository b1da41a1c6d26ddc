//! `lasso-ops import`: existing clients, from a CSV file, with the identities that SES has for them. Each row goes
//! through the use case [`domain_auth::use_cases::import`], so that a command which was killed is started
//! again: what is done is seen in the table.

mod file;
mod outcome;
mod plan;

use std::collections::{BTreeMap, BTreeSet};

use domain_auth::domain::NewDomain;
use domain_auth::history::Actor;
use domain_auth::limits::ReadClientRecord;
use domain_auth::names::{DomainName, Eligibility};
use domain_auth::ports::{
    ClaimStore, Clock, DomainsByState, Identities, ListIdentities, ListedIdentity, Ports,
};
use domain_auth::state::Status;
use domain_auth::use_cases::import::{ImportAs, ImportError, ImportRefusal, Imported, import};
use domain_auth::use_cases::{Failure, SesTools};
use indicatif::ProgressBar;

use super::connected::{Connected, progress};
use super::patience;
use crate::aws::Aws;
use crate::options::{Import, Standing};
use crate::outcome::{Error, Report};
use crate::stack::Stack;
use outcome::{not_done, not_taken};
use plan::is_verified;

pub use file::{Row, RowNotDone, read};
pub use outcome::{ContactNotTaken, Outcome};
pub use plan::plan;

/// How often a row is tried before it is left to the next start.
const ATTEMPTS: u32 = 6;

pub(super) async fn run(aws: &Aws, stack: &Stack, options: &Import) -> Result<Report, Error> {
    let (rows, unreadable) = read(&options.file)?;
    let connected = Connected::to(aws, stack)?;
    let tools = connected.tools();
    let wanted = match options.wanted {
        Standing::Verified => ImportAs::Verified,
        Standing::Authenticated => ImportAs::Authenticated,
    };
    let listed = listed(&tools).await?;
    let eligibility = &connected.eligibility;
    let mut outcome = if options.consent.yes {
        let (actor, bar) = (Actor::lasso_support(&options.by), progress(rows.len()));
        let outcome = carry_out(&tools, eligibility, &rows, wanted, &actor, &bar).await;
        bar.finish_and_clear();
        outcome
    } else {
        plan(&tools, eligibility, &rows, &listed, wanted).await?
    };
    outcome.not_done.extend(unreadable);
    outcome.not_done.sort_by_key(|row| row.line);
    outcome.identities_without_row = without_row(&rows, &listed);
    let held = names_held(tools.store).await?;
    let others = &mut outcome.identities_without_row;
    others.retain(|name| !held.contains(name));
    Ok(Report::new(&outcome, outcome.needs_a_person()))
}

/// All domains that SES lists, by name.
pub async fn listed<P>(
    tools: &SesTools<'_, P>,
) -> Result<BTreeMap<DomainName, ListedIdentity>, Error>
where
    P: Ports<Ses: ListIdentities>,
{
    let mut listed = BTreeMap::new();
    let mut start = None;
    loop {
        let page = patience::patiently(tools.clock, async || {
            tools.ses.identities(start.as_deref()).await
        });
        let page = page
            .await
            .map_err(|error| Error::failed("listing the identities at SES", error))?;
        let identities = page.identities.into_iter();
        listed.extend(identities.map(|identity| (identity.name.clone(), identity)));
        start = page.next;
        if start.is_none() {
            return Ok(listed);
        }
    }
}

/// Imports the rows, one after the other. It can end at any await and begin again.
pub async fn carry_out<P>(
    tools: &SesTools<'_, P>,
    eligibility: &Eligibility,
    rows: &[Row],
    wanted: ImportAs,
    actor: &Actor,
    progress: &ProgressBar,
) -> Outcome
where
    P: Ports<Store: ClaimStore + ReadClientRecord, Ses: Identities>,
{
    let mut outcome = Outcome::default();
    for row in rows {
        let imported = import_patiently(tools, eligibility, &row.new, wanted, actor).await;
        let domain = match imported {
            Ok(Imported::Done(domain)) => {
                outcome.imported += 1;
                Some(domain)
            }
            Ok(Imported::Already(domain)) => {
                outcome.already += 1;
                Some(domain)
            }
            Err(why) => {
                outcome.not_done.push(not_done(row, &why));
                None
            }
        };
        let kept = domain.and_then(|domain| domain.contact_email);
        let not_taken = kept.and_then(|kept| not_taken(row, &kept));
        outcome.contacts_not_taken.extend(not_taken);
        progress.inc(1);
    }
    outcome
}

/// Imports one domain, and tries again if the reason of a failure ends by itself: SES throttles, another process
/// changes the domain, or the table did not answer.
pub(super) async fn import_patiently<P>(
    tools: &SesTools<'_, P>,
    eligibility: &Eligibility,
    new: &NewDomain,
    wanted: ImportAs,
    actor: &Actor,
) -> Result<Imported, ImportError>
where
    P: Ports<Store: ClaimStore + ReadClientRecord, Ses: Identities>,
{
    let mut attempt = 1;
    loop {
        let imported = import(tools, eligibility, new, wanted, actor).await;
        let ends_by_itself = match &imported {
            Ok(_) => false,
            Err(Failure::Refused(ImportRefusal::Ses(error))) => patience::ends(error),
            Err(Failure::Busy | Failure::Store(_)) => true,
            Err(Failure::NotFound | Failure::Refused(_)) => false,
        };
        if !ends_by_itself || attempt == ATTEMPTS {
            return imported;
        }
        tools.clock.sleep(patience::PACE * attempt).await;
        attempt += 1;
    }
}

/// The names of all domains in the table.
async fn names_held<S: DomainsByState>(store: &S) -> Result<BTreeSet<String>, Error> {
    let mut held = BTreeSet::new();
    for status in Status::ALL {
        let keys = store.keys_in(status).await;
        let keys = keys.map_err(|error| Error::failed("reading the table", error))?;
        held.extend(keys.into_iter().map(|key| key.name.to_string()));
    }
    Ok(held)
}

/// Verified domains at SES that no row names: who sends from them is still to be said.
pub fn without_row(rows: &[Row], listed: &BTreeMap<DomainName, ListedIdentity>) -> Vec<String> {
    let named: BTreeSet<&DomainName> = rows.iter().map(|row| &row.new.name).collect();
    let others = listed.values().filter(|identity| is_verified(identity));
    let others = others.filter(|identity| !named.contains(&identity.name));
    others.map(|identity| identity.name.to_string()).collect()
}

#[cfg(test)]
pub(super) mod tests;
