//! What is remembered of the looks at a domain, and what one look can say of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::diagnosis::RecordState;
use crate::dns::DnsLook;
use crate::identity::{AxisStatus, SesStatus};
use crate::records::RecordId;

/// How far apart two bad looks have to be before they count as two.
pub const STRIKES_APART: SignedDuration = SignedDuration::from_hours(6);

/// After how long another bad look at the same domain counts as one more.
const HELD_BACK_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// The records of DKIM.
pub(crate) const DKIM: [RecordId; 3] = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];

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
    /// Too few answers, or none. It counts for nothing.
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
                "The TXT record by which Amazon SES verified the domain is no longer in DNS."
                    .to_owned()
            }
            Self::Dkim(count) => {
                format!("Missing or wrong in DNS: {count} of the three DKIM records.")
            }
            Self::SesVerification => {
                "Amazon SES can no longer find the records by which it verified the domain."
                    .to_owned()
            }
            Self::SesDkim => "Amazon SES can no longer find the DKIM records.".to_owned(),
        }
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

pub(crate) fn all_found(dns: &DnsLook, ids: &[RecordId]) -> bool {
    ids.iter().all(|id| {
        let mut records = dns.diagnosis.records.iter();
        records.any(|record| record.id == *id && record.state == RecordState::Found)
    })
}
