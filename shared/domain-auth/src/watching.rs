//! Watching a domain that SES has verified: what a look shows of the records that its mail needs,
//! and how many looks have to agree before the state changes.
//!
//! Mail needs the records by which SES verified the domain: DKIM if its three records have been
//! seen, and the TXT record if not. MAIL FROM, SPF and DMARC improve delivery, and do not put a
//! domain at risk.

pub(crate) mod watch;

use std::collections::HashSet;

use crate::diagnosis::{DiagnosisCode, RecordDiagnosis, RecordState};
use crate::dns::{DnsLook, RecordType};
use crate::domain::Domain;
use crate::identity::{AxisStatus, SesStatus};
use crate::records::{RecordData, RecordId};
use crate::state::Status;
pub(crate) use watch::DKIM;
use watch::all_found;

pub use watch::{Broken, STRIKES_APART, Sight, Watch};

/// How many authoritative servers have to agree that a record is gone. If fewer answer, as in a
/// zone with one server, SES has to confirm it.
const WITNESSES: usize = 2;

const MAIL_FROM: [RecordId; 2] = [RecordId::MailFromMx, RecordId::MailFromSpf];

/// Records that belong together, as one look saw them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    /// Every record is found.
    Whole,
    /// This many records are gone, and enough servers agree.
    Gone(usize),
    /// Some records seem to be gone, but too few servers agree.
    Doubtful,
    /// Unknown.
    Unclear,
}

/// Whether a domain in this state is watched: SES has verified it.
pub fn is_watched(status: Status) -> bool {
    match status {
        Status::Verified | Status::Authenticated | Status::AtRisk | Status::Rejected => true,
        Status::Contested | Status::Provisioning | Status::Pending => false,
        Status::Failed | Status::Removing => false,
    }
}

/// What a look shows of a watched domain. `ses` is the SES status of this look, if SES was asked.
pub fn sight(domain: &Domain, ses: Option<SesStatus>, dns: Option<&DnsLook>) -> Sight {
    let watch = domain.watch.having_seen(ses, None);
    if let Some(broken) = ses.and_then(|ses| broken_at_ses(watch, ses)) {
        return Sight::Bad(broken);
    }
    let known = ses.or_else(|| domain.ses.map(|look| look.status));
    // An identity that SES does not know is lost; the list of all identities will show that.
    let ses_is_well = known.is_none_or(|known| {
        known.verification != AxisStatus::NotStarted && broken_at_ses(watch, known).is_none()
    });
    let Some(dns) = dns else {
        // A domain that SES verified without records of its own, such as one below a verified
        // domain, has nothing to look for in DNS.
        let nothing_to_see = !watch.txt_seen && !watch.dkim_seen;
        let success = ses.is_some_and(|ses| ses.verification == AxisStatus::Success);
        return if nothing_to_see && success {
            Sight::Good
        } else {
            Sight::Unknown
        };
    };
    let identity = domain.state.identity();
    if identity.is_some_and(|identity| !identity.has_verifying_records()) {
        // It signs with its owner's keys, whose records are not known here.
        let success = ses.is_some_and(|ses| ses.verification == AxisStatus::Success);
        return if success { Sight::Good } else { Sight::Unknown };
    }
    // The records of the owner's keys are not known here either.
    let dkim_seen = watch.dkim_seen && identity.is_some_and(|identity| identity.dkim.is_some());
    let dkim = group(domain, dns, &DKIM);
    let txt = group(domain, dns, &[RecordId::Verification]);
    let whole = |whole: bool| {
        if whole && ses_is_well {
            Sight::Good
        } else {
            Sight::Unknown
        }
    };
    match (dkim, txt) {
        (Group::Whole, _) => whole(true),
        (Group::Gone(count), _) if dkim_seen => Sight::Bad(Broken::Dkim(count)),
        (Group::Doubtful | Group::Unclear, _) if dkim_seen => Sight::Unknown,
        (_, Group::Whole) => whole(true),
        (Group::Gone(_), Group::Gone(_)) if watch.txt_seen => Sight::Bad(Broken::Verification),
        (_, Group::Gone(_) | Group::Doubtful | Group::Unclear) => {
            let nothing_to_see = !watch.txt_seen && !watch.dkim_seen;
            whole(nothing_to_see && ses.is_some())
        }
    }
}

/// Whether DNS contradicts the last SES answer, so that another call to SES is worthwhile.
pub fn wants_ses(domain: &Domain, dns: &DnsLook) -> bool {
    let Some(known) = domain.ses.map(|look| look.status) else {
        return true;
    };
    let dkim = group(domain, dns, &DKIM);
    let txt = group(domain, dns, &[RecordId::Verification]);
    let gone = |group| matches!(group, Group::Gone(_) | Group::Doubtful);
    let mail_from_is_gone = dns.diagnosis.records.iter().any(|record| {
        MAIL_FROM.contains(&record.id)
            && matches!(record.state, RecordState::Missing | RecordState::Wrong)
    });
    let success = AxisStatus::Success;
    (dkim == Group::Whole && known.dkim != success)
        || (gone(dkim) && (known.dkim == success || domain.watch.dkim_seen))
        || (gone(txt) && domain.watch.txt_seen && dkim != Group::Whole)
        || (all_found(dns, &MAIL_FROM) && known.mail_from != success)
        || (mail_from_is_gone && known.mail_from == success)
}

/// Whether DNS contradicts the last SES answer, for a person who asks. Then it also matters that
/// SES may have seen the TXT record.
pub fn wants_ses_at_once(domain: &Domain, dns: &DnsLook) -> bool {
    let verified = domain
        .ses
        .is_some_and(|look| look.status.verification == AxisStatus::Success);
    wants_ses(domain, dns) || (!verified && all_found(dns, &[RecordId::Verification]))
}

/// Whether the DKIM records are published although SES has stopped looking for them. If SES does
/// not know the identity, it is lost: a call would create another one, with other tokens.
pub fn dkim_wants_restart(ses: SesStatus, dns: &DnsLook) -> bool {
    let is_known = ses.verification != AxisStatus::NotStarted;
    let stopped = matches!(ses.dkim, AxisStatus::Failed | AxisStatus::NotStarted);
    is_known && stopped && all_found(dns, &DKIM)
}

/// Whether the MAIL FROM records are published although SES gave up on the MAIL FROM domain, or
/// does not have it.
pub fn mail_from_wants_restart(ses: SesStatus, dns: &DnsLook) -> bool {
    let is_known = ses.verification != AxisStatus::NotStarted;
    let inactive = matches!(ses.mail_from, AxisStatus::Failed | AxisStatus::NotStarted);
    is_known && inactive && all_found(dns, &MAIL_FROM)
}

/// `Failed` on the first axis is not a bad look: then SES has withdrawn its verification.
fn broken_at_ses(watch: Watch, ses: SesStatus) -> Option<Broken> {
    use AxisStatus::{Failed, NotStarted, Pending, Success, TemporaryFailure};
    match ses.verification {
        TemporaryFailure => return Some(Broken::SesVerification),
        Success | Failed | Pending | NotStarted => {}
    }
    match ses.dkim {
        TemporaryFailure | Failed if watch.dkim_seen => Some(Broken::SesDkim),
        TemporaryFailure | Failed | Success | Pending | NotStarted => None,
    }
}

fn group(domain: &Domain, dns: &DnsLook, ids: &[RecordId]) -> Group {
    let of_group = |record: &&RecordDiagnosis| ids.contains(&record.id);
    let records: Vec<&RecordDiagnosis> = dns.diagnosis.records.iter().filter(of_group).collect();
    if records.len() == ids.len() && records.iter().all(|r| r.state == RecordState::Found) {
        return Group::Whole;
    }
    let seems_gone = |record: &&&RecordDiagnosis| {
        matches!(record.state, RecordState::Missing | RecordState::Wrong)
    };
    // Servers that disagree are not two witnesses: one of them has the record.
    let agreed = |record: &&&RecordDiagnosis| {
        let disagreement = DiagnosisCode::NameserversDisagree;
        record.codes().all(|code| code != disagreement)
            && witnesses(domain, dns, record.id) >= WITNESSES
    };
    let gone = records.iter().filter(seems_gone);
    match (gone.clone().count(), gone.filter(agreed).count()) {
        (0, _) => Group::Unclear,
        (_, 0) => Group::Doubtful,
        (_, agreed) => Group::Gone(agreed),
    }
}

/// How many authoritative servers returned an answer about a record.
fn witnesses(domain: &Domain, dns: &DnsLook, id: RecordId) -> usize {
    let Some(record) = domain.records().into_iter().find(|record| record.id == id) else {
        return 0;
    };
    let record_type = match record.data {
        RecordData::Txt { .. } => RecordType::Txt,
        RecordData::Cname { .. } => RecordType::Cname,
        RecordData::Mx { .. } => RecordType::Mx,
    };
    let name = record.name.to_ascii_lowercase();
    let servers: HashSet<_> = dns
        .observations
        .iter()
        .filter(|seen| seen.question.record_type == record_type && seen.question.name == name)
        .flat_map(|seen| &seen.authoritative)
        .filter(|answer| answer.outcome.is_answer())
        .map(|answer| answer.server.address)
        .collect();
    servers.len()
}
