//! The pieces that are missing before Lasso can send for a domain, or for good delivery of its
//! mail. They are returned to a client that says it is ready, and shown to Lasso support.

use crate::diagnosis::{Diagnosis, RecordDiagnosis, RecordState};
use crate::dns::DnsLook;
use crate::domain::Domain;
use crate::event::{MissingPiece, PublishedRecord, RecordStanding};
use crate::identity::{AxisStatus, SesStatus};
use crate::readiness::{AskedAt, readiness};
use crate::records::{Record, RecordId, Requirement};
use crate::state::State;

/// The missing pieces; those that sending depends on come first. A record whose state is unknown is
/// not missing.
pub fn missing_pieces(domain: &Domain, look: Option<&DnsLook>) -> Vec<MissingPiece> {
    let open = Open::of(domain, look);
    let whole = open.whole.map(|message| MissingPiece {
        record: None,
        requirement: Requirement::Required,
        message: message.to_owned(),
    });
    let mut pieces: Vec<MissingPiece> = whole.into_iter().collect();
    let diagnosis = look.map(|look| &look.diagnosis);
    for (ids, requirement) in [
        (&open.required, Requirement::Required),
        (&open.recommended, Requirement::Recommended),
    ] {
        let records = ids.iter().filter_map(|id| record(diagnosis?, *id));
        for record in records {
            add(&mut pieces, record, requirement);
        }
    }
    pieces
}

/// The number of missing pieces that sending depends on, and of the others. Each record counts, also if
/// one problem hides several.
pub fn missing_count(domain: &Domain, look: Option<&DnsLook>) -> (usize, usize) {
    let open = Open::of(domain, look);
    let whole = usize::from(open.whole.is_some());
    (whole + open.required.len(), open.recommended.len())
}

/// What is missing.
struct Open {
    /// A problem of the domain as a whole.
    whole: Option<&'static str>,
    /// The records that sending depends on.
    required: Vec<RecordId>,
    /// The other records.
    recommended: Vec<RecordId>,
}

impl Open {
    fn of(domain: &Domain, look: Option<&DnsLook>) -> Self {
        let status = domain.ses_of_identity().map(|ses| ses.status);
        // A look from before the domain lost its name is about other records.
        let look = look.filter(|_| domain.dns_looked_at.is_some());
        let ready = look.map(|look| {
            let asked_at = AskedAt::default();
            readiness(status, &look.diagnosis, asked_at, &domain.name)
        });
        let (required, recommended) = ready.map_or_else(Default::default, |ready| {
            (ready.missing_required, ready.missing_recommended)
        });
        let is_listed = required.contains(&RecordId::Ownership);
        Self {
            whole: of_the_domain(domain).filter(|_| !is_listed),
            required,
            recommended,
        }
    }
}

/// Adds a missing record. A problem that hides several records is one piece, for the domain as a
/// whole.
fn add(pieces: &mut Vec<MissingPiece>, record: &RecordDiagnosis, requirement: Requirement) {
    let same = pieces.iter_mut().find(|it| it.message == record.message);
    match same {
        Some(piece) => piece.record = None,
        None => pieces.push(MissingPiece {
            record: Some(record.id),
            requirement,
            message: record.message.clone(),
        }),
    }
}

/// The state of each of the domain's `records` in the last look.
pub fn standings(records: &[Record], look: Option<&DnsLook>) -> Vec<RecordStanding> {
    let diagnoses = look.map_or(&[][..], |look| &look.diagnosis.records);
    let standing = |diagnosis: &RecordDiagnosis| RecordStanding {
        id: diagnosis.id,
        state: diagnosis.state,
        code: diagnosis.code,
        message: diagnosis.message.clone(),
        record: published(records, diagnosis.id),
        fix: diagnosis.fix.as_ref().map(|fix| fix.text.clone()),
        fix_value: diagnosis.fix.as_ref().and_then(|fix| fix.value.clone()),
    };
    diagnoses.iter().map(standing).collect()
}

/// How each record of `domain` stands if Amazon SES has just been asked and DNS has not: what SES has verified
/// is found, and the last look tells about the others. A look that did not find what SES has verified is older than the
/// records, so it tells nothing.
pub fn standings_by_ses(domain: &Domain, last: Option<&DnsLook>) -> Vec<RecordStanding> {
    let records = domain.records();
    let mut last = standings(&records, last);
    let ses = domain.ses_of_identity().map(|ses| ses.status);
    let is_older = |seen: &RecordStanding| {
        let is_verified = ses.is_some_and(|status| has_verified(status, seen.id));
        is_verified && seen.state != RecordState::Found
    };
    if last.iter().any(is_older) {
        last.clear();
    }
    let standing = |record: &Record| {
        let seen = last.iter().find(|standing| standing.id == record.id);
        let is_verified = ses.is_some_and(|status| has_verified(status, record.id));
        match seen {
            Some(seen) => seen.clone(),
            None => RecordStanding {
                id: record.id,
                state: if is_verified {
                    RecordState::Found
                } else {
                    RecordState::NotLookedYet
                },
                code: None,
                message: String::new(),
                record: published(&records, record.id),
                fix: None,
                fix_value: None,
            },
        }
    };
    records.iter().map(standing).collect()
}

/// Whether Amazon SES could not say this without having found the record. It verifies a domain by the TXT record or
/// by DKIM, and of the records of the MAIL FROM domain it looks only for the MX record (Amazon SES developer guide, "Using a
/// custom MAIL FROM domain").
fn has_verified(status: SesStatus, id: RecordId) -> bool {
    let is_success = |axis: AxisStatus| axis == AxisStatus::Success;
    match id {
        RecordId::Verification => is_success(status.verification) && !is_success(status.dkim),
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => is_success(status.dkim),
        RecordId::MailFromMx => is_success(status.mail_from),
        RecordId::MailFromSpf | RecordId::Dmarc | RecordId::Ownership => false,
    }
}

fn published(records: &[Record], id: RecordId) -> Option<PublishedRecord> {
    let record = records.iter().find(|record| record.id == id)?;
    Some(PublishedRecord {
        kind: record.data.type_name().to_owned(),
        name: record.name.clone(),
        value: record.data.value(),
        requirement: record.requirement,
    })
}

/// The problem of the domain as a whole that prevents the final step.
fn of_the_domain(domain: &Domain) -> Option<&'static str> {
    let verified = domain
        .ses
        .is_some_and(|ses| ses.status.verification == AxisStatus::Success);
    match &domain.state {
        State::Provisioning(_) => {
            Some("Amazon SES has not returned the values of the records yet.")
        }
        State::Pending(_) if !verified => Some("Amazon SES has not verified the domain yet."),
        State::Failed(failed) => Some(failed.reason.sentence()),
        // The client has done its part.
        State::Contested(claim)
            if claim.taking_over_since.is_some() || claim.proven_at.is_some() =>
        {
            None
        }
        State::Contested(claim) if claim.unconfirmed.is_some() => {
            Some("The ownership record has not been seen at all name servers yet.")
        }
        State::Contested(_) => Some("The ownership record has not been seen yet."),
        State::Pending(_) | State::Verified(_) | State::Authenticated(_) => None,
        State::AtRisk(_) | State::Rejected(_) | State::Removing(_) => None,
    }
}

fn record(diagnosis: &Diagnosis, id: RecordId) -> Option<&RecordDiagnosis> {
    diagnosis.records.iter().find(|record| record.id == id)
}
