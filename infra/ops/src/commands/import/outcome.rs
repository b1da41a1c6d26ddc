//! The result of an import.

use std::fmt;

use domain_auth::names::EmailAddress;
use serde::Serialize;

use super::file::{Row, RowNotDone};
use crate::sentence::sentence;

/// Names that a list in a line shows.
const SHOWN: usize = 50;

/// A row whose contact was not taken. The rest of the row was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContactNotTaken {
    /// Its line in the file.
    pub line: u64,
    /// The domain, which has a different contact.
    pub domain: String,
}

/// The result for all rows.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Whether this was a dry run.
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

/// Says that the contact of a row was not taken, if its domain has another one.
pub(super) fn not_taken(row: &Row, kept: &EmailAddress) -> Option<ContactNotTaken> {
    let contact = row.new.contact_email.as_ref()?;
    (contact != kept).then(|| ContactNotTaken {
        line: row.line,
        domain: row.new.name.to_string(),
    })
}

pub(super) fn not_done(row: &Row, why: &(dyn std::error::Error + 'static)) -> RowNotDone {
    RowNotDone {
        line: row.line,
        domain: row.new.name.to_string(),
        reason: sentence(why),
    }
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
