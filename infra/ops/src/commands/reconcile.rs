//! `lasso-ops reconcile`: what SES has and the table lacks, and vice versa. It repairs one thing:
//! an identity that carries this stack's tag and a client's, is verified, and has no domain (after a table was
//! restored) gets its domain back, as `verified`. A domain that was removed on purpose stays removed. All else is for a
//! person, or the poller sees it by itself.

mod removed;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use domain_auth::domain::NewDomain;
use domain_auth::history::Actor;
use domain_auth::limits::ReadClientRecord;
use domain_auth::names::{ClientId, DomainName, Eligibility};
use domain_auth::ports::{
    ClaimStore, DomainKey, DomainsByState, Identities, IdentityOwner, ListIdentities,
    ListedIdentity, Ports, ReadClaims, ReadDomains,
};
use domain_auth::state::Status;
use domain_auth::use_cases::SesTools;
use domain_auth::use_cases::import::{ImportAs, Imported};
use domain_auth_aws::Table;
use serde::Serialize;

use self::removed::{BackAgain, Removed, back_again, removed};
use super::another_stack::{self, WITH_IDENTITY, of_another_stack};
use super::connected::Connected;
use super::import::{import_patiently, listed};
use super::patience::patiently;
use crate::aws::Aws;
use crate::options::Reconcile;
use crate::outcome::{Error, Report};
use crate::sentence::sentence;
use crate::stack::Stack;

/// States in which one may be there.
const PERHAPS: [Status; 4] = [
    Status::Contested,
    Status::Provisioning,
    Status::Failed,
    Status::Removing,
];

/// The differences.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Differences {
    dry_run: bool,
    /// A domain of the table whose identity carries the tag of another stack.
    of_another_stack: Option<String>,
    /// Identities of this stack without a domain.
    ours: Vec<OurOrphan>,
    /// Identities of this stack whose domains were removed on purpose. They were adopted, and so stay at SES.
    removed: Vec<RemovedOrphan>,
    /// Domains that the table has again, although they were removed from the table that was in use before.
    back_again: Vec<BackAgain>,
    /// Identities of others without a domain; Lasso made them by hand, or another system did.
    of_others: Vec<String>,
    /// Domains whose identity SES does not have.
    without_identity: Vec<Missing>,
    /// Identities whose tags SES did not say.
    not_described: Vec<String>,
}

/// An identity that carries the tags of this stack and of a client.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct OurOrphan {
    domain: String,
    client: String,
    verified: bool,
    /// The result of its repair; none if no repair was tried.
    repaired: Option<Result<(), String>>,
}

/// An identity of this stack whose domain was removed.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct RemovedOrphan {
    domain: String,
    client: String,
    #[serde(flatten)]
    removed: Removed,
}

/// A domain whose identity is gone.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Missing {
    client: String,
    domain: String,
    status: Status,
}

pub(super) async fn run(aws: &Aws, stack: &Stack, options: &Reconcile) -> Result<Report, Error> {
    let connected = Connected::to(aws, stack)?;
    let actor = options
        .consent
        .yes
        .then(|| Actor::lasso_support(&options.by));
    let tools = connected.tools();
    let before = table_before(stack, options.old_table.as_deref())?;
    let before = before.map(|name| Table::new(aws.dynamodb(), name));
    let eligibility = &connected.eligibility;
    let found = reconcile(&tools, eligibility, before.as_ref(), actor.as_ref());
    let found = Box::pin(found).await?;
    Ok(Report::new(&found, found.needs_a_person()))
}

/// The table of `--old-table`. The stack's own table does not know what was removed from the one before it, so
/// with it no domain would be listed. DynamoDB takes a table's ARN for its name (`TableName` of `Query`).
fn table_before(stack: &Stack, named: Option<&str>) -> Result<Option<String>, Error> {
    let Some(named) = named else {
        return Ok(None);
    };
    let name = named.rsplit(":table/").next().unwrap_or(named);
    if [
        stack.output("TableName")?,
        stack.parameter("ExistingTableName"),
    ]
    .contains(&name)
    {
        return Err(Error::Input(format!(
            "{name} is the table that the stack uses now; --old-table is the one that it used before"
        )));
    }
    Ok(Some(named.to_owned()))
}

/// Finds the differences; with an actor, repairs what can be. `before` is the table that was in use before the
/// stack's was restored: it alone knows what was removed after the moment of the backup.
async fn reconcile<P, B>(
    tools: &SesTools<'_, P>,
    eligibility: &Eligibility,
    before: Option<&B>,
    actor: Option<&Actor>,
) -> Result<Differences, Error>
where
    P: Ports<
            Store: ClaimStore + DomainsByState + ReadClientRecord,
            Ses: Identities + ListIdentities,
        >,
    B: ReadDomains + ReadClaims + DomainsByState + ReadClientRecord,
{
    let unread = |error| Error::failed("reading the table", error);
    // The list first: a domain that is added meanwhile is then no orphan, and one that is removed is missed.
    let listed = listed(tools).await?;
    let mut found = Differences {
        dry_run: actor.is_none(),
        ..Differences::default()
    };
    let with_identity = keys(tools.store, &WITH_IDENTITY).await?;
    let perhaps = keys(tools.store, &PERHAPS).await?;
    let known: BTreeSet<&DomainName> = with_identity
        .iter()
        .chain(&perhaps)
        .map(|(key, _)| &key.name)
        .collect();
    let missing = with_identity
        .iter()
        .filter(|(key, _)| !listed.contains_key(&key.name));
    found.without_identity = missing
        .map(|(key, status)| Missing {
            client: key.client.as_str().to_owned(),
            domain: key.name.to_string(),
            status: *status,
        })
        .collect();
    let there: Vec<_> = with_identity.keys().map(|key| &key.name).collect();
    let of_another = of_another_stack(tools.ses, tools.clock, &there).await;
    let of_another = of_another.map_err(|error| Error::failed("asking SES for tags", error))?;
    found.of_another_stack = of_another.map(|name| name.to_string());
    if let Some(before) = before {
        let mut restored = with_identity.clone();
        restored.extend(perhaps.clone());
        let mut then = keys(before, &WITH_IDENTITY).await?;
        then.extend(keys(before, &PERHAPS).await?);
        // A domain that was being removed there counts as removed.
        then.retain(|_, status| *status != Status::Removing);
        let then = then.into_keys().collect();
        found.back_again = back_again(&restored, before, &then).await.map_err(unread)?;
    }
    for name in orphans(&listed, &known) {
        let described = patiently(tools.clock, async || tools.ses.describe(name).await).await;
        let identity = match described {
            Ok(Some(identity)) => identity,
            // It is gone since the list was made.
            Ok(None) => continue,
            Err(_) => {
                found.not_described.push(name.to_string());
                continue;
            }
        };
        let IdentityOwner::Client(client) = identity.owner else {
            found.of_others.push(name.to_string());
            continue;
        };
        if let Some(removed) = removal(tools.store, before, &client, name).await? {
            found.removed.push(RemovedOrphan {
                domain: name.to_string(),
                client,
                removed,
            });
            continue;
        }
        let repaired = match actor {
            Some(actor) if identity.verified => {
                match repair(tools, eligibility, name, &client, actor).await {
                    Ok(Repair::NotNeeded) => continue,
                    Ok(Repair::Done) => Some(Ok(())),
                    Err(why) => Some(Err(why)),
                }
            }
            Some(_) | None => None,
        };
        found.ours.push(OurOrphan {
            domain: name.to_string(),
            client,
            verified: identity.verified,
            repaired,
        });
    }
    Ok(found)
}

/// Why the client that an identity's tags name does not have its domain, by this table or the one before it.
async fn removal<S, B>(
    store: &S,
    before: Option<&B>,
    client: &str,
    name: &DomainName,
) -> Result<Option<Removed>, Error>
where
    S: ReadDomains + ReadClaims + ReadClientRecord,
    B: ReadDomains + ReadClaims + ReadClientRecord,
{
    let unread = |error| Error::failed("reading the table", error);
    // A tag that names no client: the repair says so.
    let Ok(client) = ClientId::parse(client) else {
        return Ok(None);
    };
    if let Some(removed) = removed(store, &client, name).await.map_err(unread)? {
        return Ok(Some(removed));
    }
    let Some(before) = before else {
        return Ok(None);
    };
    let domain = before.domain(&client, name).await.map_err(unread)?;
    match domain {
        Some(domain) if domain.is_there() => Ok(None),
        Some(_) | None => removed(before, &client, name).await.map_err(unread),
    }
}

async fn keys<S: DomainsByState>(
    store: &S,
    statuses: &[Status],
) -> Result<BTreeMap<DomainKey, Status>, Error> {
    let mut keys = BTreeMap::new();
    for status in statuses {
        let of_status = store.keys_in(*status).await;
        let of_status = of_status.map_err(|error| Error::failed("reading the table", error))?;
        keys.extend(of_status.into_iter().map(|key| (key, *status)));
    }
    Ok(keys)
}

fn orphans<'a>(
    listed: &'a BTreeMap<DomainName, ListedIdentity>,
    known: &BTreeSet<&DomainName>,
) -> Vec<&'a DomainName> {
    let names = listed.keys();
    names.filter(|name| !known.contains(name)).collect()
}

/// Gives the client that an identity's tags name its domain back. The final step is taken again by Lasso
/// support: that it was taken, no tag says.
async fn repair<P>(
    tools: &SesTools<'_, P>,
    eligibility: &Eligibility,
    name: &DomainName,
    client: &str,
    actor: &Actor,
) -> Result<Repair, String>
where
    P: Ports<Store: ClaimStore + ReadClientRecord, Ses: Identities>,
{
    let new = NewDomain {
        name: name.clone(),
        client: ClientId::parse(client).map_err(|error| format!("its tag: {error}"))?,
        community: None,
        contact_email: None,
    };
    let imported = import_patiently(tools, eligibility, &new, ImportAs::Verified, actor).await;
    match imported.map_err(|error| sentence(&error))? {
        // It was added or imported since the table was read.
        Imported::Already(domain) if domain.state.status() != Status::Verified => {
            Ok(Repair::NotNeeded)
        }
        Imported::Already(_) | Imported::Done(_) => Ok(Repair::Done),
    }
}

/// The result of a repair.
enum Repair {
    /// The domain is `verified`.
    Done,
    /// The table has it by now, in another state.
    NotNeeded,
}

impl Differences {
    fn needs_a_person(&self) -> bool {
        let repaired = |orphan: &OurOrphan| orphan.repaired == Some(Ok(()));
        self.of_another_stack.is_some()
            || !self.ours.iter().all(repaired)
            || !self.back_again.is_empty()
            || !self.without_identity.is_empty()
            || !self.not_described.is_empty()
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(domain) = &self.of_another_stack {
            writeln!(f, "{}.", another_stack::told(domain))?;
        }
        for orphan in &self.ours {
            let OurOrphan { domain, client, .. } = orphan;
            let end = match (&orphan.repaired, orphan.verified) {
                (Some(Ok(())), _) => "it is verified again; Lasso support completes it".to_owned(),
                (Some(Err(why)), _) => format!("not repaired: {why}"),
                (None, true) => "verified; --yes gives it its domain back".to_owned(),
                (None, false) => "not verified; the client adds it again".to_owned(),
            };
            writeln!(f, "{domain} of {client}: at SES, not in the table; {end}")?;
        }
        for orphan in &self.removed {
            let RemovedOrphan {
                domain,
                client,
                removed,
            } = orphan;
            writeln!(
                f,
                "{domain} of {client}: {removed}; its identity was left at SES"
            )?;
        }
        for back in &self.back_again {
            let BackAgain {
                client,
                domain,
                status,
                removed,
            } = back;
            let again = match removed {
                Removed::ClientBeingErased { .. } | Removed::ClientErased { .. } => {
                    "erase the client again"
                }
                Removed::Domain { .. } | Removed::Claim { .. } => "remove it again",
            };
            writeln!(
                f,
                "{domain} of {client}: {status} again, and {removed}; {again}"
            )?;
        }
        for missing in &self.without_identity {
            let Missing {
                client,
                domain,
                status,
            } = missing;
            writeln!(
                f,
                "{domain} of {client}: {status}, and not at SES; the poller makes it failed within an hour, then it is restarted or removed"
            )?;
        }
        for name in &self.not_described {
            writeln!(f, "{name}: SES did not say whose it is")?;
        }
        if !self.of_others.is_empty() {
            writeln!(f, "Not of this stack: {}", self.of_others.join(", "))?;
        }
        writeln!(
            f,
            "{} identities of this stack without a domain, {} domains without an identity.",
            self.ours.len(),
            self.without_identity.len()
        )
    }
}

#[cfg(test)]
mod removed_tests;
#[cfg(test)]
mod tests;
