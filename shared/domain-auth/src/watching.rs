//! Watching a domain that SES has verified: what a look says of the records that its mail needs, and
//! how much has to be seen before that is believed.
//!
//! Mail needs what SES verified the domain by: DKIM once its three records have been seen, and the
//! TXT record where they have not. MAIL FROM, SPF and DMARC make mail better, and put no domain at
//! risk.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::diagnosis::{DiagnosisCode, RecordDiagnosis, RecordState};
use crate::dns::{DnsLook, RecordType};
use crate::domain::Domain;
use crate::identity::{AxisStatus, SesStatus};
use crate::records::{RecordData, RecordId};
use crate::state::Status;

/// How far apart two bad looks have to be before they count as two.
pub const STRIKES_APART: SignedDuration = SignedDuration::from_hours(6);

/// After how long another bad look at the same domain counts as one more.
const HELD_BACK_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// How many authoritative servers have to agree that a record is gone. Where fewer answer, as in a
/// zone with one server, SES is the second witness.
const WITNESSES: usize = 2;

const DKIM: [RecordId; 3] = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];
const MAIL_FROM: [RecordId; 2] = [RecordId::MailFromMx, RecordId::MailFromSpf];

/// What is remembered of the looks at a domain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Watch {
    /// The TXT record has been found.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub txt_seen: bool,
    /// The three DKIM records have been found together, by us or by SES.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dkim_seen: bool,
    /// When a look was bad for the first time since the last good one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bad_since: Option<Timestamp>,
    /// Since when bad looks were not believed, because too many others were bad at the same time. Of
    /// one domain, one in a day counts in that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_back_since: Option<Timestamp>,
}

/// What a look says of what the domain's mail needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// It is there.
    Good,
    /// It is gone, and enough witnesses say so.
    Bad(Broken),
    /// Nobody knows, or too few do. It counts for nothing.
    Unknown,
}

/// What is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The TXT record, in a domain without DKIM.
    Verification,
    /// Of the three DKIM records, so many.
    Dkim(usize),
    /// SES itself cannot see the records that it verified the domain by.
    SesVerification,
    /// SES itself cannot see the DKIM records.
    SesDkim,
}

impl Broken {
    /// A sentence for the person who has to repair it.
    pub fn sentence(self) -> String {
        match self {
            Self::Verification => {
                "The TXT record by which Amazon SES verified the domain is not in DNS any more."
                    .to_owned()
            }
            Self::Dkim(count) => {
                format!("Missing or wrong in DNS: {count} of the three DKIM records.")
            }
            Self::SesVerification => {
                "Amazon SES cannot find the records any more by which it verified the domain."
                    .to_owned()
            }
            Self::SesDkim => "Amazon SES cannot find the DKIM records any more.".to_owned(),
        }
    }
}

/// Records that belong together, in one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    /// Every one is found.
    Whole,
    /// So many are gone, and enough servers say so.
    Gone(usize),
    /// Some seem to be gone, and too few servers say so.
    Doubtful,
    /// Not known.
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

impl Watch {
    /// The same after a look: what it has found for the first time is from now on missed.
    #[must_use]
    pub fn having_seen(self, ses: Option<SesStatus>, dns: Option<&DnsLook>) -> Self {
        let found = |ids: &[RecordId]| dns.is_some_and(|dns| all_found(dns, ids));
        Self {
            txt_seen: self.txt_seen || found(&[RecordId::Verification]),
            dkim_seen: self.dkim_seen
                || found(&DKIM)
                || ses.is_some_and(|ses| ses.dkim == AxisStatus::Success),
            ..self
        }
    }

    /// The same after a look with this outcome.
    #[must_use]
    pub fn after(self, sight: Sight, now: Timestamp) -> Self {
        let (bad_since, held_back_since) = match sight {
            Sight::Good => (None, None),
            Sight::Bad(_) => (self.bad_since.or(Some(now)), None),
            Sight::Unknown => (self.bad_since, self.held_back_since),
        };
        Self {
            bad_since,
            held_back_since,
            ..self
        }
    }

    /// The same after a bad look that is not believed.
    #[must_use]
    pub fn held_back(self, now: Timestamp) -> Self {
        let held_back_since = self.held_back_since.filter(|_| self.repeats(now));
        Self {
            held_back_since: held_back_since.or(Some(now)),
            ..self
        }
    }

    /// Whether one more bad look, now, says nothing that was not counted before.
    pub fn repeats(self, now: Timestamp) -> bool {
        self.held_back_since
            .is_some_and(|since| now.duration_since(since) < HELD_BACK_AGAIN)
    }

    /// Whether one more bad look, now, is the second that counts.
    pub fn is_second(self, now: Timestamp) -> bool {
        self.bad_since
            .is_some_and(|since| now.duration_since(since) >= STRIKES_APART)
    }
}

/// What a look says of a domain that is watched. `ses` is what SES said in this look, if it was
/// asked.
pub fn sight(domain: &Domain, ses: Option<SesStatus>, dns: Option<&DnsLook>) -> Sight {
    let watch = domain.watch.having_seen(ses, None);
    if let Some(broken) = ses.and_then(|ses| broken_at_ses(watch, ses)) {
        return Sight::Bad(broken);
    }
    let known = ses.or_else(|| domain.ses.map(|look| look.status));
    // An identity of which SES knows nothing is lost, and the list of all will say so.
    let ses_is_well = known.is_none_or(|known| {
        known.verification != AxisStatus::NotStarted && broken_at_ses(watch, known).is_none()
    });
    let Some(dns) = dns else {
        // A domain that SES verified without any record of its own, such as one below a verified
        // domain, has nothing in DNS to look for.
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
        // It signs with keys of its owner, and DNS shows nothing of it that is known here.
        let success = ses.is_some_and(|ses| ses.verification == AxisStatus::Success);
        return if success { Sight::Good } else { Sight::Unknown };
    }
    // The records of keys of its owner are not known here either.
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

/// Whether DNS shows something else than SES said last, so that SES is worth a call.
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

/// The same for a person who asks, for whom it also matters that SES may have seen the TXT record.
pub fn wants_ses_at_once(domain: &Domain, dns: &DnsLook) -> bool {
    let verified = domain
        .ses
        .is_some_and(|look| look.status.verification == AxisStatus::Success);
    wants_ses(domain, dns) || (!verified && all_found(dns, &[RecordId::Verification]))
}

/// Whether the DKIM records are there although SES has stopped looking for them. An identity of which
/// SES knows nothing is lost: asking for it would make another one, with other tokens.
pub fn dkim_wants_restart(ses: SesStatus, dns: &DnsLook) -> bool {
    let is_known = ses.verification != AxisStatus::NotStarted;
    let stopped = matches!(ses.dkim, AxisStatus::Failed | AxisStatus::NotStarted);
    is_known && stopped && all_found(dns, &DKIM)
}

/// The same for the MAIL FROM domain.
pub fn mail_from_wants_restart(ses: SesStatus, dns: &DnsLook) -> bool {
    matches!(ses.mail_from, AxisStatus::Failed) && all_found(dns, &MAIL_FROM)
}

/// `Failed` on the first axis is more than a bad look: then SES has taken its verification back.
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

fn all_found(dns: &DnsLook, ids: &[RecordId]) -> bool {
    ids.iter().all(|id| {
        let mut records = dns.diagnosis.records.iter();
        records.any(|record| record.id == *id && record.state == RecordState::Found)
    })
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
    // Servers that disagree are no two witnesses: one of them has the record.
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

/// How many authoritative servers said something of a record.
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
