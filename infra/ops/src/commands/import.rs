//! `lasso-ops import`: today's clients, of a CSV file, with the identities that SES has for them. Each row goes
//! through the use case [`domain_auth::use_cases::import`], so that a command which was killed is started
//! again: what is done is seen in the table.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use domain_auth::domain::NewDomain;
use domain_auth::history::Actor;
use domain_auth::limits::ReadClientRecord;
use domain_auth::names::{ClientId, Community, DomainName, Eligibility, EmailAddress};
use domain_auth::ports::{
    ClaimStore, Clock, DomainsByState, Identities, ListIdentities, ListedIdentity, Ports,
    ReadDomains, StoreError,
};
use domain_auth::state::Status;
use domain_auth::use_cases::import::{
    Expected, ImportAs, ImportError, ImportRefusal, Imported, import, would_refuse,
};
use domain_auth::use_cases::{Failure, SesTools};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};

use super::connected::{Connected, progress};
use super::patience;
use crate::aws::Aws;
use crate::options::{Import, Standing};
use crate::outcome::{Error, Report};
use crate::sentence::sentence;
use crate::stack::Stack;

/// How often a row is tried before it is left to the next start.
const ATTEMPTS: u32 = 6;

/// Names that a list in a line shows.
const SHOWN: usize = 50;

/// A row as it is written.
#[derive(Debug, Deserialize)]
struct Written {
    client: String,
    domain: String,
    #[serde(default)]
    community: Option<String>,
    #[serde(default)]
    contact_email: Option<String>,
}

/// A row that can be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its line in the file, counted from one.
    pub line: u64,
    /// What it says.
    pub new: NewDomain,
}

/// What came of a row that was not imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowNotDone {
    /// Its line in the file.
    pub line: u64,
    /// What it names.
    pub domain: String,
    /// Why it was not imported.
    pub reason: String,
}

/// A row whose contact was not taken. What else it says was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContactNotTaken {
    /// Its line in the file.
    pub line: u64,
    /// The domain, which has another contact.
    pub domain: String,
}

/// What came of all rows.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Whether it was only looked at what would be done.
    pub dry_run: bool,
    /// Rows that were imported now, or would be.
    pub imported: usize,
    /// Rows that had been imported before.
    pub already: usize,
    /// Rows that were not, in the order of the file.
    pub not_done: Vec<RowNotDone>,
    /// Rows whose contact was not taken, or would not be, because the domain has another one.
    pub contacts_not_taken: Vec<ContactNotTaken>,
    /// Verified domains at SES that no row names, and that no client has.
    pub identities_without_row: Vec<String>,
}

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

/// Reads the rows of a file. One that cannot be read is among those not done, and the others go on.
pub fn read(path: &Path) -> Result<(Vec<Row>, Vec<RowNotDone>), Error> {
    let file = |source| Error::File {
        path: path.display().to_string(),
        source,
    };
    let text = std::fs::read(path).map_err(file)?;
    rows(&text)
}

/// The columns that a file may have. A misspelt one would lose what is in it.
const COLUMNS: [&str; 4] = ["client", "domain", "community", "contact_email"];

fn rows(text: &[u8]) -> Result<(Vec<Row>, Vec<RowNotDone>), Error> {
    // What spreadsheets put in front of UTF-8.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let text = with_line_feeds(text);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_slice());
    let headers = reader.headers().cloned();
    let headers =
        headers.map_err(|error| Error::failed("the first line of the CSV file", error))?;
    if let Some(unknown) = headers.iter().find(|name| !COLUMNS.contains(name)) {
        return Err(Error::Input(format!(
            "the CSV file has an unknown column, {unknown:?}; the columns are {}",
            COLUMNS.join(", ")
        )));
    }
    for wanted in ["client", "domain"] {
        if !headers.iter().any(|header| header == wanted) {
            return Err(Error::Input(format!(
                "the first line of the CSV file has no column `{wanted}`: {}",
                COLUMNS.join(",")
            )));
        }
    }
    let (mut rows, mut not_done) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let line = |record: &csv::StringRecord| record.position().map_or(0, csv::Position::line);
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                not_done.push(RowNotDone {
                    line: error.position().map_or(0, csv::Position::line),
                    domain: String::new(),
                    reason: error.to_string(),
                });
                continue;
            }
        };
        let written: Result<Written, csv::Error> = record.deserialize(Some(&headers));
        let domain = written
            .as_ref()
            .map_or_else(|_| String::new(), |row| row.domain.clone());
        match written.map_err(|error| error.to_string()).and_then(parsed) {
            Ok(new) => rows.push(Row {
                line: line(&record),
                new,
            }),
            Err(reason) => not_done.push(RowNotDone {
                line: line(&record),
                domain,
                reason,
            }),
        }
    }
    Ok((rows, not_done))
}

/// The text with one character at the end of each line. After CR LF the reader counts a line too late.
fn with_line_feeds(text: &[u8]) -> Vec<u8> {
    let next = text.iter().skip(1).map(Some).chain([None]);
    let pairs = text.iter().zip(next);
    let kept = pairs.filter(|pair| *pair != (&b'\r', Some(&b'\n')));
    kept.map(|(byte, _)| *byte).collect()
}

fn parsed(row: Written) -> Result<NewDomain, String> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let community = given(row.community).map(|text| Community::parse(&text));
    let contact = given(row.contact_email).map(|text| EmailAddress::parse(&text));
    Ok(NewDomain {
        client: ClientId::parse(&row.client).map_err(|error| format!("client: {error}"))?,
        name: DomainName::parse(&row.domain).map_err(|error| format!("domain: {error}"))?,
        community: community
            .transpose()
            .map_err(|error| format!("community: {error}"))?,
        contact_email: contact
            .transpose()
            .map_err(|error| format!("contact_email: {error}"))?,
    })
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

/// What an import would do, by the table and SES's list. The tags of identities, of which SES tells one in a
/// second, are read when it is done.
pub async fn plan<P>(
    tools: &SesTools<'_, P>,
    eligibility: &Eligibility,
    rows: &[Row],
    listed: &BTreeMap<DomainName, ListedIdentity>,
    wanted: ImportAs,
) -> Result<Outcome, Error>
where
    P: Ports<Store: ClaimStore + ReadClientRecord, Ses: ListIdentities>,
{
    let unread = |error| Error::failed("reading the table", error);
    let mut outcome = Outcome {
        dry_run: true,
        ..Outcome::default()
    };
    let mut taken = RowsTaken::default();
    let mut contacts = Contacts::default();
    let mut being_erased: BTreeMap<&ClientId, bool> = BTreeMap::new();
    for row in rows {
        let client = &row.new.client;
        if !being_erased.contains_key(client) {
            let record = tools.store.client_record(client).await.map_err(unread)?;
            being_erased.insert(client, record.erasure.is_some());
        }
        let expected = would_refuse(tools, eligibility, &row.new, wanted).await;
        let refusal = match expected.map_err(unread)? {
            Ok(Expected::Already) => {
                let kept = contacts.kept_beside(row, tools.store).await;
                outcome.contacts_not_taken.extend(kept.map_err(unread)?);
                outcome.already += 1;
                continue;
            }
            Err(refusal) => refusal,
            Ok(Expected::Import) if being_erased[client] => ImportRefusal::BeingErased,
            Ok(Expected::Import) => match (taken.by_another(row), listed.get(&row.new.name)) {
                (Some(other), _) => ImportRefusal::HeldByAnother {
                    client: other.client.clone(),
                    name: other.name.clone(),
                },
                (None, None) => ImportRefusal::NoIdentity,
                (None, Some(identity)) if !is_verified(identity) => ImportRefusal::NotVerified,
                (None, Some(_)) => {
                    taken.note(row);
                    let kept = contacts.kept_beside(row, tools.store).await;
                    outcome.contacts_not_taken.extend(kept.map_err(unread)?);
                    outcome.imported += 1;
                    continue;
                }
            },
        };
        outcome.not_done.push(not_done(row, &refusal));
    }
    Ok(outcome)
}

/// The names that earlier rows of a file would take, and each name above one of them.
#[derive(Default)]
struct RowsTaken<'a> {
    names: BTreeMap<&'a str, &'a NewDomain>,
    above: BTreeMap<&'a str, &'a NewDomain>,
}

impl<'a> RowsTaken<'a> {
    fn note(&mut self, row: &'a Row) {
        let name = row.new.name.as_str();
        self.names.entry(name).or_insert(&row.new);
        for above in names_above(name) {
            self.above.entry(above).or_insert(&row.new);
        }
    }

    /// The row of another client that would have the name, or one above or below it.
    fn by_another(&self, row: &Row) -> Option<&'a NewDomain> {
        let name = row.new.name.as_str();
        let up = [name].into_iter().chain(names_above(name));
        let mut found = up
            .filter_map(|name| self.names.get(name))
            .chain(self.above.get(name));
        found.find(|new| new.client != row.new.client).copied()
    }
}

/// The contacts that domains have, or would have after the rows so far.
#[derive(Default)]
struct Contacts<'a>(BTreeMap<(&'a ClientId, &'a DomainName), Option<EmailAddress>>);

impl<'a> Contacts<'a> {
    /// Notes the contact of a row, or says that the domain keeps another one.
    async fn kept_beside<S: ReadDomains>(
        &mut self,
        row: &'a Row,
        store: &S,
    ) -> Result<Option<ContactNotTaken>, StoreError> {
        let NewDomain { client, name, .. } = &row.new;
        let Some(contact) = &row.new.contact_email else {
            return Ok(None);
        };
        let kept = match self.0.entry((client, name)) {
            Entry::Occupied(kept) => kept.into_mut(),
            Entry::Vacant(unread) => {
                let domain = store.domain(client, name).await?;
                unread.insert(domain.and_then(|domain| domain.contact_email))
            }
        };
        Ok(not_taken(row, kept.get_or_insert_with(|| contact.clone())))
    }
}

/// Says that the contact of a row was not taken, if its domain has another one.
fn not_taken(row: &Row, kept: &EmailAddress) -> Option<ContactNotTaken> {
    let contact = row.new.contact_email.as_ref()?;
    (contact != kept).then(|| ContactNotTaken {
        line: row.line,
        domain: row.new.name.to_string(),
    })
}

/// The names above a name, the next one first.
fn names_above(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(name.split_once('.'), |(_, rest)| rest.split_once('.'))
        .map(|(_, above)| above)
}

fn is_verified(identity: &ListedIdentity) -> bool {
    use domain_auth::identity::AxisStatus;
    // What this code does not know is asked for by itself.
    match identity.verification {
        Some(AxisStatus::Success) | None => true,
        Some(AxisStatus::TemporaryFailure) => true,
        Some(AxisStatus::Pending | AxisStatus::Failed | AxisStatus::NotStarted) => false,
    }
}

fn not_done(row: &Row, why: &(dyn std::error::Error + 'static)) -> RowNotDone {
    RowNotDone {
        line: row.line,
        domain: row.new.name.to_string(),
        reason: sentence(why),
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

/// Imports one domain, and tries again where the reason of a failure ends by itself: SES throttles, another process
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

impl Outcome {
    /// Whether something needs a person.
    pub fn needs_a_person(&self) -> bool {
        !self.not_done.is_empty() || !self.contacts_not_taken.is_empty()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.not_done {
            writeln!(f, "line {}: {}: {}", row.line, row.domain, row.reason)?;
        }
        for ContactNotTaken { line, domain } in &self.contacts_not_taken {
            writeln!(
                f,
                "line {line}: {domain}: the domain keeps its contact; that of the line is another"
            )?;
        }
        if !self.identities_without_row.is_empty() {
            let all = &self.identities_without_row;
            let names = all[..all.len().min(SHOWN)].join(", ");
            write!(f, "Verified at SES, in no row, and of no client: {names}")?;
            match all.len().saturating_sub(SHOWN) {
                0 => writeln!(f)?,
                more => writeln!(f, ", and {more} more (--json has all)")?,
            }
        }
        let (imported, already, not_done) = (self.imported, self.already, self.not_done.len());
        if self.dry_run {
            writeln!(
                f,
                "{imported} would be imported, {already} are already, {not_done} would not. Nothing was changed: --yes does it."
            )
        } else {
            writeln!(
                f,
                "{imported} imported, {already} were already, {not_done} were not."
            )
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
