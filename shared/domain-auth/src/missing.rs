//! What is still missing before Lasso can send for a domain, and before its mail fares well: what a
//! client is told that says that it is ready, and Lasso support with it.

use crate::diagnosis::{Diagnosis, RecordDiagnosis};
use crate::dns::DnsLook;
use crate::domain::Domain;
use crate::event::{MissingPiece, PublishedRecord, RecordStanding};
use crate::identity::AxisStatus;
use crate::readiness::{AskedAt, readiness};
use crate::records::{Record, RecordId, Requirement};
use crate::state::State;

/// What is missing, what sending depends on first. A record whose state is unknown is not missing.
pub fn missing_pieces(domain: &Domain, look: Option<&DnsLook>) -> Vec<MissingPiece> {
    let mut pieces: Vec<MissingPiece> = of_the_domain(domain)
        .map(|message| MissingPiece {
            record: None,
            requirement: Requirement::Required,
            message: message.to_owned(),
        })
        .into_iter()
        .collect();
    if let Some(look) = look {
        let ready = readiness(
            domain.ses_of_identity().map(|ses| ses.status),
            &look.diagnosis,
            AskedAt::default(),
            &domain.name,
        );
        for (ids, requirement) in [
            (&ready.missing_required, Requirement::Required),
            (&ready.missing_recommended, Requirement::Recommended),
        ] {
            let records = ids.iter().filter_map(|id| record(&look.diagnosis, *id));
            for record in records {
                add(&mut pieces, record, requirement);
            }
        }
    }
    pieces
}

/// Adds a record that is missing. What keeps several records from being seen is one piece, of the domain as a
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

/// How each of the domain's `records` stood in the last look.
pub fn standings(records: &[Record], look: Option<&DnsLook>) -> Vec<RecordStanding> {
    let diagnoses = look.map_or(&[][..], |look| &look.diagnosis.records);
    let standing = |diagnosis: &RecordDiagnosis| RecordStanding {
        id: diagnosis.id,
        state: diagnosis.state,
        code: diagnosis.code,
        message: diagnosis.message.clone(),
        record: published(records, diagnosis.id),
        fix: diagnosis.fix.as_ref().map(|fix| fix.text.clone()),
    };
    diagnoses.iter().map(standing).collect()
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

/// What keeps the domain as a whole from the final step.
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
        State::Contested(claim) if claim.taking_over_since.is_some() => {
            Some("The domain is still being transferred to this client.")
        }
        State::Contested(claim) if claim.proven_at.is_some() => {
            Some("Lasso support has not decided about the claim yet.")
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
