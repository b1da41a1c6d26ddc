//! What an import would do.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use domain_auth::domain::NewDomain;
use domain_auth::limits::ReadClientRecord;
use domain_auth::names::{ClientId, DomainName, Eligibility, EmailAddress};
use domain_auth::ports::{
    ClaimStore, ListIdentities, ListedIdentity, Ports, ReadDomains, StoreError,
};
use domain_auth::use_cases::SesTools;
use domain_auth::use_cases::import::{Expected, ImportAs, ImportRefusal, would_refuse};

use super::file::Row;
use super::outcome::{ContactNotTaken, Outcome, not_done, not_taken};
use crate::outcome::Error;

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
            Ok(Expected::Add) => {
                let kept = contacts.kept_beside(row, tools.store).await;
                outcome.contacts_not_taken.extend(kept.map_err(unread)?);
                outcome.imported += 1;
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

/// The names above a name, the next one first.
fn names_above(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(name.split_once('.'), |(_, rest)| rest.split_once('.'))
        .map(|(_, above)| above)
}

pub(super) fn is_verified(identity: &ListedIdentity) -> bool {
    use domain_auth::identity::AxisStatus;
    // Data that this code does not know is asked for separately.
    match identity.verification {
        Some(AxisStatus::Success) | None => true,
        Some(AxisStatus::TemporaryFailure) => true,
        Some(AxisStatus::Pending | AxisStatus::Failed | AxisStatus::NotStarted) => false,
    }
}
